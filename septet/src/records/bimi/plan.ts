/** BIMI: the logo and its certificate against what is published; the owner's choices about local parts and avatars stay. */
import type { Live, Proposal } from '../../change/change.ts';
import { proposeTxt, type TxtVerdict } from '../../change/propose-txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { format, isDeclined, parse, type BimiRecord } from './record.ts';

export interface BimiWant {
  readonly name: DnsName;
  /** https URL of the logo. */
  readonly logo: string;
  /** https URL of the mark certificate; absent: one that stands there is kept. */
  readonly certificate?: string;
  readonly ttlSeconds: number;
}

/** The record by which a domain says that it wants no logo (BIMI-D, Declination to Publish). */
export const declinedRecord: BimiRecord = { location: '', evidence: '', avatar: 'brand' };

/** Another logo or certificate, and a refusal, are named in `loses`. */
export function proposeBimi(want: BimiWant, live: Live<'TXT'>): Proposal {
  const { name, ttlSeconds } = want;
  const fault = faultOf(want);
  if (fault) return fault;
  return proposeTxt({ name, ttlSeconds, isSameKind: isBimiText }, live, (same) => judge(want, same));
}

function judge(want: BimiWant, same: readonly string[]): TxtVerdict {
  const [only, ...more] = same;
  const fresh = { location: want.logo, evidence: want.certificate ?? '' };
  const anew = (comparison: 'absent' | 'conflicting', loses: readonly string[], note?: string): TxtVerdict => ({
    kind: 'publish',
    text: format({ ...fresh, avatar: 'brand' }),
    comparison,
    loses,
    notes: note === undefined ? [] : [note],
  });
  if (only === undefined) return anew('absent', []);
  if (more.length > 0) return anew('conflicting', same, 'Readers take several records for none.');
  const parsed = parse(only);
  if (parsed.kind !== 'good') return anew('conflicting', same, 'Readers cannot use the record that stands there.');
  const { value } = parsed;
  const sameLogo = sameUrl(value.location, want.logo);
  const sameMark = want.certificate === undefined || sameUrl(value.evidence, want.certificate);
  if (sameLogo && sameMark) return { kind: 'keep', comparison: kept(want, value, only) };
  // A certificate belongs to one logo and does not outlive it; without a logo it stood for itself (VMC-D).
  const orphan = want.certificate === undefined && value.location !== '' && value.evidence !== '';
  const evidence = want.certificate ?? (orphan ? '' : value.evidence);
  const text = format({ ...value, location: want.logo, evidence });
  const unread = parsed.problems.some(({ code }) => code === 'bimi.tag.unknown' || code.endsWith('.invalid'));
  const notes: string[] = [];
  if (isDeclined(value)) notes.push('The record that stands there says that the domain wants no logo.');
  if (value.localParts) notes.push('lps= stays as it is.');
  if (value.avatar === 'personal') notes.push('avp=personal stays as it is.');
  if (orphan) notes.push('The certificate that stands there belongs to the other logo and goes with it.');
  if (unread) notes.push('Tags that readers do not know are left out.');
  const replaces = (!sameLogo && value.location !== '') || (!sameMark && value.evidence !== '');
  return replaces || unread || isDeclined(value)
    ? { kind: 'publish', text, comparison: 'conflicting', loses: same, notes }
    : { kind: 'publish', text, comparison: 'weaker', loses: [], notes };
}

function kept(want: BimiWant, value: BimiRecord, text: string): 'equal' | 'equivalent' | 'superset' {
  const more = value.localParts !== undefined || value.avatar === 'personal';
  if (more || (want.certificate === undefined && value.evidence !== '')) return 'superset';
  return text === format({ location: want.logo, evidence: want.certificate ?? '', avatar: 'brand' })
    ? 'equal'
    : 'equivalent';
}

function faultOf(want: BimiWant): Extract<Proposal, { kind: 'blocked' }> | undefined {
  const parsed = parse(format({ location: want.logo, evidence: want.certificate ?? '', avatar: 'brand' }));
  const whole =
    parsed.kind === 'good' && parsed.value.location === want.logo && parsed.value.evidence === (want.certificate ?? '');
  if (whole && want.logo !== '') return undefined;
  return {
    kind: 'blocked',
    why: `The BIMI record would not be readable with the logo \`${want.logo}\`${want.certificate === undefined ? '' : ` and the certificate \`${want.certificate}\``}.`,
    cure: 'Give https URLs of a host name, the logo ending in .svg, with `,` and `;` written %2C and %3B.',
  };
}

const isBimiText = (text: string): boolean => parse(text).kind !== 'other';

/** Two spellings of one URL: the case of scheme and host, a default port, needless escapes. */
function sameUrl(a: string, b: string): boolean {
  if (a === b) return true;
  return URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href;
}

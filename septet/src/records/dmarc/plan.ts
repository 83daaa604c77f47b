/**
 * DMARC: a stage of the ramp against the record that stands. What the owner chose stays (strict alignment, report
 * addresses, policies of sub-domains, tags of others), and no reader is told a milder policy than now.
 */
import type { Live, Proposal } from '../../change/change.ts';
import { proposeTxt, type TxtVerdict } from '../../change/propose-txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { txtText, type RrSet } from '../../dns/rrset.ts';
import { authorisationName } from './destinations.ts';
import { mend } from './mend.ts';
import {
  destinationOf,
  extendedRecord,
  faultyReport,
  isWithoutEffect,
  loosened,
  meaning,
  rank,
  reaches,
  stageRecord,
  type StageName,
  type StageWant,
} from './plan-stage.ts';
import { effectText, readAs7489, readAs9989 } from './readers.ts';
import { type DmarcRecord, format, isDmarc, parse, type ProblemCode } from './record.ts';
import type { ReportUri } from './uri.ts';

export { rank, stageRecord };

export interface StageProposalWant extends StageWant {
  /** `_dmarc.<domain>`. */
  readonly name: DnsName;
  readonly stage: StageName;
  readonly ttlSeconds: number;
}

/**
 * The record of a stage. A record at a later stage is kept, and only extended by what else is wanted. Several records
 * are `conflicting`: receivers discard them all (RFC 9989 §4.10).
 */
export function proposeStage(want: StageProposalWant, live: Live<'TXT'>): Proposal {
  const { name, ttlSeconds } = want;
  const fault = faultyReport(want);
  if (fault !== undefined) {
    return {
      kind: 'blocked',
      why: `Reports cannot be sent to \`${fault}\`.`,
      cure: 'Write mailto: and a mail address, with `,`, `;` and `!` inside as %2C, %3B and %21 (RFC 9989 §4.6).',
    };
  }
  const set = live.kind === 'present' || live.kind === 'alias' ? live.set : undefined;
  // Where a record is in force, texts that only look like one are nobody's business: receivers pass them over.
  const inForce = (set?.data ?? []).some((txt) => isDmarc(txtText(txt)));
  const isSameKind = inForce ? isDmarc : (text: string): boolean => parse(text).kind !== 'other';
  return proposeTxt({ name, ttlSeconds, isSameKind }, live, (same) => judge(want, same));
}

function judge(want: StageProposalWant, same: readonly string[]): TxtVerdict {
  const [only, ...more] = same;
  if (only === undefined) {
    const record = stageRecord({ name: want.stage }, want);
    return { kind: 'publish', text: format(record), comparison: 'absent', loses: [], notes: remarks(record) };
  }
  const parsed = parse(only);
  if (more.length > 0 || parsed.kind !== 'good') {
    const note =
      more.length > 0
        ? 'Receivers discard several records (RFC 9989 §4.10); one takes their place and keeps their report addresses.'
        : 'Receivers pass over the record that stands there; the new one keeps its report addresses.';
    return startAgain(want, same, note);
  }
  return judgeOne(
    want,
    only,
    parsed.value,
    parsed.problems.map(({ code }) => code),
  );
}

function judgeOne(
  want: StageProposalWant,
  text: string,
  value: DmarcRecord,
  codes: readonly ProblemCode[],
): TxtVerdict {
  const broken = codes.some((code) => spoils.has(code));
  const known = broken ? withReadableTags(value) : value;
  const live = codes.some((code) => hidesAddresses.has(code)) ? withMendedAddresses(known, text) : known;
  const next = stageRecord({ name: want.stage }, want, live);
  const reached = !isWithoutEffect(live) && reaches(live, want.stage, want.readers);
  // Where only one generation of readers is behind the stage, the step must not pull the other back.
  const stays = reached || (!isWithoutEffect(live) && loosened(live, next).domain);
  const record = stays ? extendedRecord(live, want) : next;
  if (stays && !broken && meaning(record) === meaning(value))
    return { kind: 'keep', comparison: kept(want, text, value) };
  const looser = loosened(live, record);
  const testing = record.t === 'y' && live.t !== 'y';
  const notes = remarks(record, live);
  if (stays && isPast(record, next)) {
    notes.push('The policy is further than this stage and stays as it is.');
  }
  if (looser.existing) notes.push('Mail from sub-domains meets a milder policy than now.');
  else if (looser.ghost) {
    const why = testing ? 'While t=y stands, mail' : 'Mail';
    notes.push(`${why} from names that do not exist meets a milder policy than now.`);
  }
  if (broken) notes.push('Parts that receivers cannot read are left out.');
  const loses = broken || looser.existing || (looser.ghost && !testing);
  return {
    kind: 'publish',
    text: format(record),
    comparison: loses ? 'conflicting' : 'weaker',
    loses: loses ? [text] : [],
    notes,
  };
}

/** Whether some reader sees the record at a later stage than the other. */
function isPast(record: DmarcRecord, stage: DmarcRecord): boolean {
  const [is, other] = [rank(record), rank(stage)];
  return is.rfc9989 > other.rfc9989 || is.rfc7489 > other.rfc7489;
}

/** Faults behind which an address may hide that its owner meant. */
const hidesAddresses: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'dmarc.rua.syntax',
  'dmarc.syntax.glued',
  'dmarc.syntax.separator',
]);

/** Faults for which some receivers discard the record, or read another one than we do. */
const spoils: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'dmarc.syntax.glued',
  'dmarc.syntax.separator',
  'dmarc.syntax.duplicate_tag',
  'dmarc.value.charset',
  'dmarc.p.invalid',
  'dmarc.sp.invalid',
  'dmarc.np.invalid',
]);

function kept(want: StageProposalWant, text: string, live: DmarcRecord): 'equal' | 'equivalent' | 'superset' {
  const record = stageRecord({ name: want.stage }, want);
  if (meaning(record) !== meaning(live)) return 'superset';
  return text === format(record) ? 'equal' : 'equivalent';
}

/** Nothing is in force, so the ramp begins anew; who gets reports, and how strictly names must match, is carried over. */
function startAgain(want: StageProposalWant, same: readonly string[], note: string): TxtVerdict {
  const records = same.map((text): DmarcRecord => {
    const parsed = parse(text);
    return parsed.kind === 'good' && !parsed.problems.some(({ code }) => hidesAddresses.has(code))
      ? withReadableTags(parsed.value)
      : mend(text);
  });
  const [first] = records;
  const { adkim, aspf, fo, unknown } = first ?? {};
  const base: DmarcRecord = {
    ...(adkim ? { adkim } : {}),
    ...(aspf ? { aspf } : {}),
    ...(fo ? { fo } : {}),
    ...(unknown ? { unknown } : {}),
    rua: once(records.flatMap((record) => record.rua ?? [])),
    ruf: once(records.flatMap((record) => record.ruf ?? [])),
  };
  const record = stageRecord({ name: want.stage }, want, base);
  const notes = [note, ...remarks(record)];
  return { kind: 'publish', text: format(record), comparison: 'conflicting', loses: same, notes };
}

/** Without the unknown tags that would spoil the record anew: another tag or a foreign character in their values. */
function withReadableTags(value: DmarcRecord): DmarcRecord {
  const { unknown, ...rest } = value;
  const readable = (unknown ?? []).filter((tag) => {
    const parsed = parse(format({ p: 'none', unknown: [tag] }));
    return parsed.kind === 'good' && !parsed.problems.some(({ code }) => spoils.has(code));
  });
  return readable.length > 0 ? { ...rest, unknown: readable } : rest;
}

function withMendedAddresses(value: DmarcRecord, text: string): DmarcRecord {
  const meant = mend(text);
  const rua = once([...(value.rua ?? []), ...(meant.rua ?? [])]);
  const ruf = once([...(value.ruf ?? []), ...(meant.ruf ?? [])]);
  return { ...value, ...(rua.length > 0 ? { rua } : {}), ...(ruf.length > 0 ? { ruf } : {}) };
}

function once(uris: readonly ReportUri[]): readonly ReportUri[] {
  const seen = new Map<string, ReportUri>();
  for (const uri of uris) if (!seen.has(destinationOf(uri))) seen.set(destinationOf(uri), uri);
  return [...seen.values()];
}

/** What the record that a proposal keeps or publishes means for mail of the domain, to each generation of receivers. */
export function stageReaders(proposal: Proposal): { readonly rfc9989: string; readonly rfc7489: string } | undefined {
  const set = proposal.kind === 'keep' ? proposal.set : proposal.kind === 'change' ? proposal.change.after : undefined;
  const texts = set?.type === 'TXT' ? (set as RrSet<'TXT'>).data.map(txtText) : [];
  const parsed = parse(texts.find(isDmarc) ?? '');
  if (parsed.kind !== 'good') return undefined;
  return {
    rfc9989: effectText(readAs9989(parsed.value).domain),
    rfc7489: effectText(readAs7489(parsed.value).domain),
  };
}

/** What a person should know about the new record. */
function remarks(record: DmarcRecord, live?: DmarcRecord): string[] {
  const notes: string[] = [];
  const strict = [record.adkim && 'adkim=s', record.aspf && 'aspf=s'].filter((tag) => tag !== undefined);
  if (strict.length > 0) notes.push(`${strict.join(' and ')} stays: names must match to the letter.`);
  // The sampled stage of our own ramp (`t=y; pct=…`) ends as it is meant to.
  if (live?.pct !== undefined && live.t !== 'y' && record.pct === undefined)
    notes.push('pct= goes: RFC 9989 removed it.');
  if (live?.rf !== undefined || live?.ri !== undefined) notes.push('rf= and ri= go: RFC 9989 removed them.');
  if (live?.unknown) notes.push('Tags that no RFC knows stay; receivers pass them over.');
  // RFC 7489 §6.2: receivers have to honour two addresses and may stop there.
  if ((record.rua?.length ?? 0) > 2) notes.push('Older receivers send reports to the first two addresses only.');
  return notes;
}

/** The record by which a report address at another organisation agrees to take reports (RFC 9990 §4). */
export interface AuthorisationRecord {
  readonly name: DnsName;
  readonly text: string;
}

const authorisationText = 'v=DMARC1;';

/** Undefined when the name would be longer than DNS allows. */
export function authorisationRecord(policyDomain: DnsName, reportHost: DnsName): AuthorisationRecord | undefined {
  const name = authorisationName(policyDomain, reportHost);
  return name === undefined ? undefined : { name, text: authorisationText };
}

/** At `authorisationName`; a record with an address of its own sends the reports there, and stays. */
export function proposeAuthorisation(
  want: { readonly name: DnsName; readonly ttlSeconds: number },
  live: Live<'TXT'>,
): Proposal {
  return proposeTxt({ ...want, isSameKind: isDmarc, single: false }, live, (same) => {
    if (same.length === 0) {
      return { kind: 'publish', text: authorisationText, comparison: 'absent', loses: [], notes: [] };
    }
    if (same.includes(authorisationText)) return { kind: 'keep', comparison: same.length > 1 ? 'superset' : 'equal' };
    const plain = same.some((text) => /^v[ \t]*=[ \t]*DMARC1[ \t]*;?[ \t]*$/.test(text));
    return { kind: 'keep', comparison: plain && same.length === 1 ? 'equivalent' : 'superset' };
  });
}

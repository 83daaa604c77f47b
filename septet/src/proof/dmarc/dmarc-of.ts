/**
 * DMARC on what was proved (RFC 9989 §5.3, RFC 7489 §6.6): both generations of readers, for every author domain.
 *
 * SPF counts by its MAIL FROM identity alone. For the null sender that is `postmaster@<HELO>` (RFC 7208 §2.4), so the
 * HELO name is compared then; the HELO identity itself never counts (RFC 9989 §4.4.2).
 */
import { labels, parseName, type DnsName } from '../../dns/name.ts';
import type { Author } from '../../mail/author.ts';
import type { World } from '../../world/world.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import { dmarcQuestions, type DmarcQuestions, type Organisation } from './discovery.ts';
import type { DmarcOutcome, DmarcReading } from './outcome.ts';
import { readingOf, type Claim } from './reading.ts';
import { reportOf } from './report.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { SpfOutcome } from '../proof.ts';

export interface DmarcInput {
  readonly author: Author;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly envelope: Envelope;
}

/** RFC 9989 §11.5 leaves the number of author domains to the receiver, and warns of many. */
const maxAuthorDomains = 10;
/** Identifiers whose organisational domain is looked up, those that passed first. */
const maxIdentifiers = 30; // house

/**
 * No readings without an author domain. With several, each is judged, as RFC 9989 §5.3.1 allows; most receivers refuse
 * such mail. Rejects only with the reason of `signal`.
 */
export async function dmarcOf(
  world: World,
  input: DmarcInput,
  options: { readonly signal?: AbortSignal } = {},
): Promise<DmarcOutcome> {
  const domains = authorDomains(input.author).slice(0, maxAuthorDomains);
  const claims = claimsOf(input);
  const questions = dmarcQuestions(world, options);
  const readings: DmarcReading[] = [];
  for (const domain of domains) {
    // oxlint-disable-next-line no-await-in-loop -- almost always one; the answers of the first serve the others
    readings.push(...(await readingsOf(questions, domain, claims)));
  }
  const report = reportOf(readings, input);
  return { readings, ...(report ? { report } : {}) };
}

/** The author domains that are judged; none where From cannot be read. */
export function authorDomains(author: Author): readonly DnsName[] {
  if (author.kind === 'one') return [author.domain];
  return author.kind === 'several' ? author.domains : [];
}

async function readingsOf(
  questions: DmarcQuestions,
  domain: DnsName,
  claims: readonly Claim[],
): Promise<readonly DmarcReading[]> {
  const discovery = await questions.discoveryOf(domain);
  const organisations = new Map<DnsName, Organisation>();
  const wanted = [domain, ...new Set(claims.flatMap((claim) => claim.domain ?? []))].slice(0, maxIdentifiers + 1);
  const found = await Promise.all(wanted.map((name) => questions.organisationOf(name)));
  for (const [i, name] of wanted.entries()) {
    const organisation = found[i];
    if (organisation) organisations.set(name, organisation);
  }
  const { source } = discovery.walk;
  const inherited = source.kind === 'organisation' || source.kind === 'registry';
  // Only `np` asks for it (RFC 9989 §4.10.1).
  const asks = inherited && source.level.record?.np !== undefined;
  const existence = asks ? await questions.existenceOf(domain) : 'exists';
  const input = { discovery, claims, organisations, existence };
  return [readingOf('RFC 9989', input), readingOf('RFC 7489', input)];
}

/** What SPF and DKIM said, passing ones first. */
function claimsOf({ spf, dkim }: DmarcInput): readonly Claim[] {
  const claims: Claim[] = [];
  for (const { scope, domain, result, reason } of spf) {
    if (scope !== 'mfrom') continue;
    const name = identifierOf(domain);
    const outcome = result === 'pass' ? 'pass' : result === 'temperror' || result === 'unknown' ? 'open' : 'fail';
    if (name === undefined && outcome !== 'open') continue;
    claims.push({ method: 'spf', outcome, reason, ...(name === undefined ? {} : { domain: name }) });
  }
  for (const { domain, selector, result, reason } of dkim) {
    if (domain === undefined) continue;
    const outcome = result === 'pass' ? 'pass' : result === 'temperror' ? 'open' : 'fail';
    claims.push({ method: 'dkim', domain, outcome, reason, ...(selector === undefined ? {} : { selector }) });
  }
  const rank = ({ outcome }: Claim): number => (outcome === 'pass' ? 0 : outcome === 'open' ? 1 : 2);
  return claims.toSorted((a, b) => rank(a) - rank(b));
}

function identifierOf(domain: string): DnsName | undefined {
  const parsed = domain === '' ? undefined : parseName(domain);
  return parsed?.ok && labels(parsed.name).length > 1 ? parsed.name : undefined;
}

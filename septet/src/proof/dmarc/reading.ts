/**
 * One reader's verdict on one author domain: alignment of what was proved, the result, and what the record asks for.
 * Pure; the questions are answered before.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Discovery, Source } from '../../records/dmarc/discover.ts';
import { readAs7489, readAs9989, type Effect, type Reading } from '../../records/dmarc/readers.ts';
import type { Policy } from '../../records/dmarc/record.ts';
import type { Existence, Organisation } from './discovery.ts';
import type { DmarcReading, Identifier } from './outcome.ts';

/** What a method said, before it is compared with the author domain. */
export interface Claim {
  readonly method: 'spf' | 'dkim';
  /** Absent: nobody knows for which domain (no envelope). */
  readonly domain?: DnsName;
  readonly selector?: string;
  /** `open`: temperror, or not evaluated for want of the envelope. */
  readonly outcome: 'pass' | 'fail' | 'open';
  /** Why it is open, in a sentence. */
  readonly reason?: string;
}

export interface ReadingInput {
  readonly discovery: Discovery;
  readonly claims: readonly Claim[];
  /** Of the author and of every domain of `claims` that was looked at. */
  readonly organisations: ReadonlyMap<DnsName, Organisation>;
  /** Whether the author domain exists; asked only where a record above it decides. */
  readonly existence: Existence;
}

export type Reader = DmarcReading['reader'];

export function readingOf(reader: Reader, input: ReadingInput): DmarcReading {
  const { discovery, existence } = input;
  const source = reader === 'RFC 9989' ? discovery.walk.source : discovery.list.source;
  const level = 'level' in source ? source.level : undefined;
  const record = level?.record;
  const modes = { adkim: record?.adkim ?? 'r', aspf: record?.aspf ?? 'r' } as const;
  const organisation = organisationFor(reader, source, input, discovery.domain);
  const identifiers = input.claims.flatMap((claim) => identify(reader, source, input, modes, claim));
  const read = record && (reader === 'RFC 9989' ? readAs9989(record) : readAs7489(record));
  const published = publishedBy(reader, source, read, existence);
  const verdict = judge(discovery.domain, source, read, published, input.claims, identifiers, modes);
  const failed = verdict.result === 'fail' && published.kind === 'policy';
  const text = level?.texts[0];
  const applied = failed ? appliedOf(published) : { disposition: 'none' as const };
  return {
    reader,
    author: discovery.domain,
    ...verdict,
    ...(level && text !== undefined ? { record: { name: level.query, text } } : {}),
    source: source.kind,
    ...(organisation === 'unknown' ? {} : { organisationalDomain: organisation }),
    ...modes,
    identifiers,
    published,
    ...applied,
  };
}

/**
 * The organisational domain as this reader finds it. Where no record is met a tree walk has nothing to compare; then
 * the list tells what a record would bring about.
 */
function organisationFor(
  reader: Reader,
  source: Source,
  { organisations }: ReadingInput,
  domain: DnsName,
): DnsName | 'unknown' {
  const found = organisations.get(domain);
  if (!found) return 'unknown';
  return reader === 'RFC 7489' || source.kind === 'none' ? found.list : found.walk;
}

function identify(
  reader: Reader,
  source: Source,
  input: ReadingInput,
  modes: { readonly adkim: 'r' | 's'; readonly aspf: 'r' | 's' },
  { method, domain, selector, outcome }: Claim,
): readonly Identifier[] {
  if (domain === undefined) return [];
  const author = input.discovery.domain;
  const mine = organisationFor(reader, source, input, author);
  const theirs = domain === author ? mine : organisationFor(reader, source, input, domain);
  const unknown = mine === 'unknown' || theirs === 'unknown';
  const match = domain === author ? 'strict' : unknown ? 'unknown' : mine === theirs ? 'relaxed' : 'none';
  const passed = outcome === 'pass';
  const mode = method === 'dkim' ? modes.adkim : modes.aspf;
  return [
    {
      method,
      domain,
      ...(selector === undefined ? {} : { selector }),
      passed,
      match,
      aligned: passed && (match === 'strict' || (match === 'relaxed' && mode === 'r')),
      ...(theirs === 'unknown' ? {} : { organisationalDomain: theirs }),
    },
  ];
}

/** RFC 9989 §4.10.1: `p` for the owner of the record, `sp` for what is below, `np` for what does not exist. */
function publishedBy(reader: Reader, source: Source, read: Reading | undefined, existence: Existence): Effect {
  if (source.kind === 'unknown') return { kind: 'unknown' };
  if (!read) return { kind: 'no-dmarc' };
  if (source.kind === 'author') return read.domain;
  if (reader === 'RFC 7489' || existence === 'exists' || existence === 'denied-compactly') return read.existing;
  if (existence === 'missing') return read.ghost;
  return sameEffect(read.existing, read.ghost) ? read.existing : { kind: 'unknown' };
}

const sameEffect = (a: Effect, b: Effect): boolean =>
  a.kind === b.kind && (a.kind !== 'policy' || b.kind !== 'policy' || a.policy === b.policy);

function appliedOf(effect: Effect & { kind: 'policy' }): {
  readonly disposition: Policy;
  readonly sampled?: { readonly percent: number; readonly rest: Policy };
} {
  const { policy, sample } = effect;
  if (!sample) return { disposition: policy };
  return { disposition: sample.percent === 0 ? sample.rest : policy, sampled: sample };
}

/** RFC 9989 §5.3.5 and §5.3.6; the words of the results are those of RFC 8601. */
function judge(
  author: DnsName,
  source: Source,
  read: Reading | undefined,
  published: Effect,
  claims: readonly Claim[],
  identifiers: readonly Identifier[],
  modes: { readonly adkim: 'r' | 's'; readonly aspf: 'r' | 's' },
): Pick<DmarcReading, 'result' | 'reason'> {
  if (source.kind === 'unknown') {
    const level = source.failed[0];
    const what = level === undefined ? 'A question' : `The question for ${level.query} (${level.detail})`;
    return { result: 'temperror', reason: `${what} was not answered, so nobody can tell which record applies.` };
  }
  if (source.kind === 'none' || !read) {
    return { result: 'none', reason: `No DMARC record applies to ${author}.` };
  }
  if (read.degraded && published.kind === 'no-dmarc') {
    const reason = `The record at ${source.level.query} has no usable policy and no report address, so it is not applied.`;
    return { result: 'permerror', reason };
  }
  const aligned = identifiers.filter((identifier) => identifier.aligned);
  if (aligned.length > 0) {
    const methods = aligned.map(({ method, domain }) => `${method === 'spf' ? 'SPF' : 'DKIM'} passed for ${domain}`);
    return { result: 'pass', reason: `${[...new Set(methods)].join(', ')}, aligned with ${author}.` };
  }
  const open = openReason(claims, identifiers, modes);
  if (open !== undefined) return { result: 'temperror', reason: open };
  if (published.kind === 'unknown') {
    return {
      result: 'fail',
      reason: `Nothing that passed is aligned with ${author}; whether ${author} exists could not be told, which decides between sp and np.`,
    };
  }
  const passed = [
    ...new Set(
      identifiers
        .filter((identifier) => identifier.passed)
        .map(({ method, domain }) => `${method === 'spf' ? 'SPF' : 'DKIM'} for ${domain}`),
    ),
  ];
  const reason =
    passed.length > 0
      ? `${passed.join(', ')} passed, but is not aligned with ${author}.`
      : `Neither SPF nor DKIM passed.`;
  return { result: 'fail', reason };
}

/**
 * Why the message can neither pass nor fail: something that could make it pass was not to be told. What could not align
 * anyway does not count.
 */
function openReason(
  claims: readonly Claim[],
  identifiers: readonly Identifier[],
  modes: { readonly adkim: 'r' | 's'; readonly aspf: 'r' | 's' },
): string | undefined {
  for (const claim of claims) {
    if (claim.outcome === 'fail') continue;
    if (claim.domain === undefined) {
      if (claim.outcome === 'open') return claim.reason ?? 'SPF was not evaluated.';
      continue;
    }
    const identifier = identifiers.find(({ method, domain }) => method === claim.method && domain === claim.domain);
    const relaxed = (claim.method === 'dkim' ? modes.adkim : modes.aspf) === 'r';
    const match = identifier?.match ?? 'unknown';
    const could = match === 'strict' || (relaxed && match !== 'none');
    if (!could) continue;
    if (claim.outcome === 'open') return claim.reason ?? `${claim.method} for ${claim.domain} could not be evaluated.`;
    if (match === 'unknown')
      return `The organisational domain of ${claim.domain} could not be told, so neither can alignment.`;
  }
  return undefined;
}

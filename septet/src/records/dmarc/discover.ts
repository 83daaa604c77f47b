/**
 * Which DMARC record governs a domain, and which domain is its organisational domain, found in both ways:
 *
 * - RFC 9989 §4.10 walks the DNS tree: it asks for a record at the domain itself, then at its last seven labels, then at
 *   one label less each time; at most eight questions. `psd=y` and `psd=n` end the walk. The policy then comes from the
 *   domain itself, else from its organisational domain, else from the registry above; records in between do not count.
 * - RFC 7489 §6.6.3 asks at the domain itself and then at the organisational domain of the Public Suffix List (§3.2).
 *
 * Pure: it reads answers and names those that it lacks.
 */
import { type DnsName, ancestor, labels, root, under } from '../../dns/name.ts';
import { isPublicSuffix, registrableDomain } from '../../dns/public-suffix.ts';
import { type Answer, txtText } from '../../dns/rrset.ts';
import type { Problem } from '../../text/parsed.ts';
import { type DmarcRecord, isDmarc, parse, type ProblemCode } from './record.ts';

/** RFC 9989 §4.10 step 4: below the domain itself a walk starts with at most seven labels, eight questions in all. */
export const maxWalkQueries = 8;

/** What stands at `_dmarc.<domain>`. */
export interface Level {
  readonly domain: DnsName;
  /** The name that was asked. */
  readonly query: DnsName;
  /** `several` DMARC records count as none (RFC 9989 §4.10 step 2). */
  readonly outcome: 'one' | 'none' | 'several' | 'failed';
  /** For a person: `1 record`, `NXDOMAIN`, `no data`, `timeout`. */
  readonly detail: string;
  /** The TXT values that are DMARC records, and those that are not. */
  readonly texts: readonly string[];
  readonly others: readonly string[];
  /** The record, when there is exactly one. */
  readonly record?: DmarcRecord;
  readonly problems?: readonly Problem<ProblemCode>[];
  readonly ttlSeconds?: number;
  readonly server?: string;
}

/** Where a reader takes the policy from. */
export type Source =
  | { readonly kind: 'author' | 'organisation' | 'registry'; readonly level: Level }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly failed: readonly Level[] };

export type Organisation =
  | {
      readonly kind: 'known';
      readonly domain: DnsName;
      /** RFC 9989 §4.10.2: rules 1 to 3, or the start itself where no record was met. */
      readonly rule: 'psd=n' | 'below psd=y' | 'highest record' | 'no record';
    }
  | { readonly kind: 'unknown'; readonly failed: readonly Level[] };

export interface TreeWalk {
  /** The questions in order, up to the one that ended the walk. */
  readonly levels: readonly Level[];
  readonly stoppedBy?: 'psd=y' | 'psd=n';
  /** Domains between the start and its last seven labels, which no walk ever asks. */
  readonly skipped: readonly DnsName[];
  readonly organisation: Organisation;
  readonly source: Source;
}

export interface SuffixSearch {
  /** One or two questions. */
  readonly levels: readonly Level[];
  /** Absent when the domain is itself a public suffix. */
  readonly organisation?: DnsName;
  readonly source: Source;
}

export interface Discovery {
  readonly domain: DnsName;
  /** As RFC 9989 does it. */
  readonly walk: TreeWalk;
  /** As RFC 7489 does it. */
  readonly list: SuffixSearch;
}

export type Answers = (name: DnsName) => Answer<'TXT'> | undefined;
export type Needs = { readonly kind: 'needs'; readonly names: readonly DnsName[] };
export type DiscoveryResult = { readonly kind: 'done'; readonly discovery: Discovery } | Needs;
export type WalkResult = { readonly kind: 'done'; readonly walk: TreeWalk } | Needs;

/** The name of the DMARC record of a domain; undefined when it would be too long to exist. */
export function recordName(domain: DnsName): DnsName | undefined {
  return under('_dmarc', domain);
}

/** The domains that a walk from `start` asks, longest first, if nothing stops it. */
export function walkDomains(start: DnsName): readonly DnsName[] {
  const count = labels(start).length;
  if (count === 0) return [];
  const domains = [start];
  for (let left = Math.min(count, maxWalkQueries) - 1; left > 0; left--) domains.push(ancestor(start, left));
  return domains;
}

/** Both ways of discovery for one domain. `needs` names every answer that may still matter. */
export function discover(domain: DnsName, answers: Answers): DiscoveryResult {
  const result = walkTree(domain, answers);
  if (result.kind === 'needs') return result;
  const list = searchBySuffix(domain, answers, result.walk);
  if (list.kind === 'needs') return list;
  return { kind: 'done', discovery: { domain, walk: result.walk, list: list.search } };
}

/** RFC 9989 §4.10 from `start`. */
export function walkTree(start: DnsName, answers: Answers): WalkResult {
  const domains = walkDomains(start);
  const levels: Level[] = [];
  const missing: DnsName[] = [];
  let stoppedBy: 'psd=y' | 'psd=n' | undefined;
  for (const domain of domains) {
    const level = levelAt(domain, answers);
    if (level === undefined) {
      const name = recordName(domain);
      if (name !== undefined) missing.push(name);
      continue;
    }
    if (missing.length > 0) continue;
    levels.push(level);
    const psd = level.record?.psd;
    if (psd === 'y' || psd === 'n') {
      stoppedBy = `psd=${psd}`;
      break;
    }
  }
  if (missing.length > 0) return { kind: 'needs', names: missing };
  const walk = walkOf(start, levels, stoppedBy);
  return { kind: 'done', walk };
}

/**
 * What the walk would say for a sub-domain of its start that has no record of its own: the same levels with an empty
 * one in front.
 */
export function walkBelow(walk: TreeWalk, start: DnsName): TreeWalk {
  const child = under('sub', start);
  if (child === undefined) return walk;
  const count = labels(child).length;
  const kept = walk.levels.filter((level) => count <= maxWalkQueries || labels(level.domain).length < maxWalkQueries);
  const empty: Level = { domain: child, query: child, outcome: 'none', detail: 'no data', texts: [], others: [] };
  return walkOf(child, [empty, ...kept], walk.stoppedBy);
}

/** The level for a domain from its answer; undefined when the answer is not there yet. */
export function levelAt(domain: DnsName, answers: Answers): Level | undefined {
  const query = recordName(domain);
  if (query === undefined) {
    return { domain, query: domain, outcome: 'none', detail: 'name too long to exist', texts: [], others: [] };
  }
  const answer = answers(query);
  return answer && readLevel(domain, query, answer);
}

function readLevel(domain: DnsName, query: DnsName, answer: Answer<'TXT'>): Level {
  const { server } = answer;
  if (answer.kind === 'failed') {
    // Zone files rarely hold the registry above; its record, if any, is not worth an unknown verdict.
    if (answer.reason === 'unreachable' && isPublicSuffix(domain)) {
      return { domain, query, outcome: 'none', detail: 'nobody to ask', texts: [], others: [], server };
    }
    return { domain, query, outcome: 'failed', detail: answer.detail ?? answer.reason, texts: [], others: [], server };
  }
  if (answer.kind !== 'found') {
    const detail = answer.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
    return { domain, query, outcome: 'none', detail, texts: [], others: [], server };
  }
  const texts: string[] = [];
  const others: string[] = [];
  for (const txt of answer.set.data) {
    const text = txtText(txt);
    (isDmarc(text) ? texts : others).push(text);
  }
  const base = { domain, query, texts, others, ttlSeconds: answer.set.ttlSeconds, server };
  if (texts.length !== 1) {
    const detail = texts.length === 0 ? 'TXT that is not DMARC' : `${texts.length} records`;
    return { ...base, outcome: texts.length === 0 ? 'none' : 'several', detail };
  }
  const parsed = parse(texts[0]!);
  if (parsed.kind !== 'good') throw new TypeError('isDmarc and parse disagree');
  return { ...base, outcome: 'one', detail: '1 record', record: parsed.value, problems: parsed.problems };
}

function walkOf(start: DnsName, levels: readonly Level[], stoppedBy: TreeWalk['stoppedBy']): TreeWalk {
  const organisation = organisationOf(start, levels);
  const stopped = stoppedBy === undefined ? {} : { stoppedBy };
  return { levels, ...stopped, skipped: skippedDomains(start), organisation, source: sourceOf(levels, organisation) };
}

/** RFC 9989 §4.10.2. A failed question leaves it open, because a record there might decide. */
function organisationOf(start: DnsName, levels: readonly Level[]): Organisation {
  const failed = levels.filter((level) => level.outcome === 'failed');
  if (failed.length > 0) return { kind: 'unknown', failed };
  let highest: DnsName | undefined;
  for (const [i, level] of levels.entries()) {
    if (level.record === undefined) continue;
    if (level.record.psd === 'n') return { kind: 'known', domain: level.domain, rule: 'psd=n' };
    if (level.record.psd === 'y' && i > 0) {
      const below = ancestor(start, labels(level.domain).length + 1);
      return { kind: 'known', domain: below, rule: 'below psd=y' };
    }
    highest = level.domain;
  }
  return highest === undefined
    ? { kind: 'known', domain: start, rule: 'no record' }
    : { kind: 'known', domain: highest, rule: 'highest record' };
}

/** RFC 9989 §4.10.1: the author domain, its organisational domain, its registry. */
function sourceOf(levels: readonly Level[], organisation: Organisation): Source {
  const own = levels[0];
  if (own?.record) return { kind: 'author', level: own };
  if (organisation.kind === 'unknown') return organisation;
  const above = levels.find((level) => level.domain === organisation.domain);
  if (above?.record) return { kind: 'organisation', level: above };
  const registry = levels.find((level) => level.record?.psd === 'y');
  return registry ? { kind: 'registry', level: registry } : { kind: 'none' };
}

function skippedDomains(start: DnsName): readonly DnsName[] {
  const count = labels(start).length;
  if (count <= maxWalkQueries) return [];
  const skipped: DnsName[] = [];
  for (let left = count - 1; left >= maxWalkQueries; left--) skipped.push(ancestor(start, left));
  return skipped;
}

function searchBySuffix(
  domain: DnsName,
  answers: Answers,
  walk: TreeWalk,
): { readonly kind: 'done'; readonly search: SuffixSearch } | Needs {
  const organisation = registrableDomain(domain);
  const known = organisation === undefined ? {} : { organisation };
  const own = walk.levels[0];
  if (own === undefined || domain === root) {
    return { kind: 'done', search: { levels: [], ...known, source: { kind: 'none' } } };
  }
  const end = (levels: readonly Level[], source: Source) =>
    ({ kind: 'done', search: { levels, ...known, source } }) as const;
  if (own.record) return end([own], { kind: 'author', level: own });
  if (own.outcome === 'failed') return end([own], { kind: 'unknown', failed: [own] });
  // Several records end the search of RFC 7489 §6.6.3 step 5; a walk of RFC 9989 goes on.
  if (own.outcome === 'several' || organisation === undefined || organisation === domain) {
    return end([own], { kind: 'none' });
  }
  const above = walk.levels.find((level) => level.domain === organisation) ?? levelAt(organisation, answers);
  if (above === undefined) return { kind: 'needs', names: [recordName(organisation)!] };
  const levels = [own, above];
  if (above.record) return end(levels, { kind: 'organisation', level: above });
  if (above.outcome === 'failed') return end(levels, { kind: 'unknown', failed: [above] });
  return end(levels, { kind: 'none' });
}

/**
 * The static cost of an SPF record: what a receiver has to ask when no mechanism matches, which is the worst path.
 * Made from an observation; macros count as one look-up whose answer nobody knows.
 */
import type { DnsName } from '../../dns/name.ts';
import { isAbsent } from '../../dns/rrset.ts';
import type { Answer } from '../../dns/rrset.ts';
import { ip4Bits, parseIp4 } from './address.ts';
import { AnswerTable, spfOf } from './answers.ts';
import type { SpfOfTxt } from './answers.ts';
import { maxLookups } from './run.ts';
import type { SpfObservation } from './lookup.ts';
import type { SpfRecord } from './record.ts';
import type { Term } from './term.ts';

/** One record in the tree, in the order of evaluation. */
export interface TreeNode {
  readonly domain: DnsName;
  /** `domain` for the record itself. */
  readonly via: 'domain' | 'include' | 'redirect';
  /** Whether the path from the top has only `+` includes (and redirects), so that its addresses are authorised. */
  readonly authorises: boolean;
  readonly state: TreeState;
  readonly record?: SpfRecord;
  /** Octets of the record's text. */
  readonly octets: number;
  readonly terms: readonly TreeTerm[];
  /** Terms in this record that ask DNS, and with everything below it. */
  readonly ownLookups: number;
  readonly lookups: number;
  /** Void look-ups in this record, and with everything below it. */
  readonly ownVoids: number;
  readonly voids: number;
  /** IPv4 addresses that this record names itself with `+`, overlaps counted once per term. */
  readonly ownAddresses: number;
}

type TreeState =
  | 'good'
  /** The name exists without a record, does not exist, or has several records, or a broken one. */
  | 'none'
  | 'nxdomain'
  | 'multiple'
  | 'bad'
  /** The question was not answered. */
  | 'failed'
  /** An ancestor of itself: it is not entered again. */
  | 'loop'
  /** The tree is too large; not looked at. */
  | 'not-asked';

/** A mechanism or `redirect=`. `count` is the running number of look-ups behind it, before what is nested. */
export interface TreeTerm {
  readonly term: Term;
  readonly count: number;
  /** This term asks DNS. */
  readonly asks: boolean;
  /** Its own question has an empty answer. */
  readonly void: boolean;
  /** Its name depends on the message. */
  readonly dynamic: boolean;
  readonly nested?: TreeNode;
}

/** A run of IPv4 addresses, both ends inclusive, as unsigned numbers. */
export interface Range4 {
  readonly first: number;
  readonly last: number;
  readonly domain: DnsName;
}

export interface SpfTree {
  readonly root: TreeNode;
  /** Look-ups on the worst path; a lower bound when `complete` is false. */
  readonly lookups: number;
  readonly voids: number;
  /** False where a record could not be asked, a loop was cut, or the tree is too large. */
  readonly complete: boolean;
  /** The term with which the limit is exceeded. */
  readonly eleventh?: { readonly term: string; readonly domain: DnsName };
  /** The terms without an answer. */
  readonly voidTerms: readonly { readonly term: string; readonly domain: DnsName; readonly target: string }[];
  /** Terms with macros other than in `exp=`. */
  readonly dynamicTerms: readonly { readonly term: string; readonly domain: DnsName }[];
  /** IPv4 ranges that pass, over the whole tree. */
  readonly ranges: readonly Range4[];
  /** Targets that are reached more than once, in order. */
  readonly repeated: readonly DnsName[];
}

/** Stops a tree whose records include each other over and over. */
const maxVisits = 200;

class Walk {
  readonly table = new AnswerTable();
  readonly voidTerms: { term: string; domain: DnsName; target: string }[] = [];
  readonly dynamicTerms: { term: string; domain: DnsName }[] = [];
  readonly ranges: Range4[] = [];
  readonly visited = new Set<DnsName>();
  readonly repeated = new Set<DnsName>();
  readonly path: DnsName[] = [];
  visits = 0;
  lookups = 0;
  complete = true;
  eleventh: { term: string; domain: DnsName } | undefined;
}

/** The tree of an observation, walked once however often it is asked for. */
const trees = new WeakMap<SpfObservation, SpfTree>();

export function spfTree(observation: SpfObservation): SpfTree {
  let tree = trees.get(observation);
  if (tree === undefined) trees.set(observation, (tree = walkTree(observation)));
  return tree;
}

function walkTree(observation: SpfObservation): SpfTree {
  const walk = new Walk();
  for (const answer of observation.answers) walk.table.add(answer);
  const root = visit(walk, observation.domain, 'domain', true);
  return {
    root,
    lookups: walk.lookups,
    voids: walk.voidTerms.length,
    complete: walk.complete,
    ...(walk.eleventh && { eleventh: walk.eleventh }),
    voidTerms: walk.voidTerms,
    dynamicTerms: walk.dynamicTerms,
    ranges: walk.ranges,
    repeated: [...walk.repeated],
  };
}

function visit(walk: Walk, domain: DnsName, via: TreeNode['via'], authorises: boolean): TreeNode {
  const answer = walk.table.get(domain, 'TXT');
  const found = answer && spfOf(answer);
  const state = stateOf(walk, domain, answer, found);
  if (via !== 'domain' && state !== 'loop') {
    if (walk.visited.has(domain)) walk.repeated.add(domain);
  }
  const text = found?.texts[0];
  const record = found?.program?.record;
  if (state !== 'good' || !record) {
    if (state === 'failed' || state === 'loop' || state === 'not-asked') walk.complete = false;
    return {
      domain,
      via,
      authorises,
      state,
      octets: text?.length ?? 0,
      terms: [],
      ownLookups: 0,
      lookups: 0,
      ownVoids: 0,
      voids: 0,
      ownAddresses: 0,
    };
  }
  const first = !walk.visited.has(domain);
  walk.visited.add(domain);
  walk.path.push(domain);
  const lookupsBefore = walk.lookups;
  const voidsBefore = walk.voidTerms.length;
  const rangesBefore = walk.ranges.length;
  const terms: TreeTerm[] = [];
  let ownLookups = 0;
  let ownVoids = 0;
  let ownAddresses = 0;
  let ended = false;
  for (const term of record.terms) {
    if (!('qualifier' in term)) continue;
    if (first && authorises && term.qualifier === '+') ownAddresses += addRanges(walk, term, domain);
    const asks = term.kind !== 'ip4' && term.kind !== 'ip6' && term.kind !== 'all';
    if (!asks) terms.push({ term, count: walk.lookups, asks, void: false, dynamic: false });
    else {
      ownLookups++;
      const item = askingTerm(walk, term, domain, authorises && term.qualifier === '+');
      if (item.void) ownVoids++;
      terms.push(item);
    }
    if (term.kind === 'all') {
      ended = true;
      break;
    }
  }
  if (record.redirect && !ended) {
    const term = record.terms.find((each) => each.kind === 'redirect');
    if (term) {
      ownLookups++;
      terms.push(askingTerm(walk, term, domain, authorises));
    }
  }
  walk.path.pop();
  return {
    domain,
    via,
    authorises,
    state,
    record,
    octets: record.text.length,
    terms,
    ownLookups,
    lookups: walk.lookups - lookupsBefore,
    ownVoids,
    voids: walk.voidTerms.length - voidsBefore,
    ownAddresses: walk.ranges.length === rangesBefore ? 0 : ownAddresses,
  };
}

function stateOf(
  walk: Walk,
  domain: DnsName,
  answer: Answer<'TXT'> | undefined,
  found: SpfOfTxt | undefined,
): TreeState {
  if (walk.path.includes(domain)) return 'loop';
  if (!answer || !found || ++walk.visits > maxVisits) return 'not-asked';
  if (answer.kind === 'failed') return 'failed';
  if (answer.kind === 'nxdomain') return 'nxdomain';
  return found.kind;
}

function askingTerm(walk: Walk, term: Term, domain: DnsName, authorises: boolean): TreeTerm {
  const count = ++walk.lookups;
  if (count === maxLookups + 1) walk.eleventh = { term: term.text, domain };
  const spec = 'domain' in term ? term.domain : null;
  if (spec?.dynamic) {
    walk.dynamicTerms.push({ term: term.text, domain });
    return { term, count, asks: true, void: false, dynamic: true };
  }
  const target = spec === null ? domain : spec.name;
  if (target === null) return { term, count, asks: true, void: false, dynamic: false };
  if (term.kind === 'include' || term.kind === 'redirect') {
    return { term, count, asks: true, void: false, dynamic: false, nested: visit(walk, target, term.kind, authorises) };
  }
  const empty = isVoid(walk, term, target);
  if (empty) walk.voidTerms.push({ term: term.text, domain, target });
  return { term, count, asks: true, void: empty, dynamic: false };
}

/** Whether the term's own question is known to have an empty answer. `a` counts when neither family has an address. */
function isVoid(walk: Walk, term: Term, target: DnsName): boolean {
  const absent = (type: 'A' | 'AAAA' | 'MX'): boolean => {
    const answer = walk.table.get(target, type);
    return answer !== undefined && isAbsent(answer);
  };
  if (term.kind === 'a') return absent('A') && absent('AAAA');
  if (term.kind === 'mx') return absent('MX');
  return term.kind === 'exists' && absent('A');
}

/** Adds the IPv4 ranges that a `+` mechanism lets pass. Answers how many addresses they hold. */
function addRanges(walk: Walk, term: Term, domain: DnsName): number {
  if (term.kind === 'ip4') return addRange(walk, term.address >>> 0, term.prefix, domain);
  if (term.kind === 'all') return addRange(walk, 0, 0, domain);
  if (term.kind !== 'a' && term.kind !== 'mx') return 0;
  const target = term.domain === null ? domain : term.domain.name;
  if (target === null) return 0;
  const hosts: DnsName[] = [target];
  if (term.kind === 'mx') {
    const answer = walk.table.get(target, 'MX');
    hosts.pop();
    if (answer?.kind === 'found') for (const { exchange } of answer.set.data) hosts.push(exchange);
  }
  let count = 0;
  for (const host of hosts) {
    const answer = walk.table.get(host, 'A');
    if (answer?.kind === 'found')
      for (const text of answer.set.data) count += addRange(walk, parseIp4(text), term.prefix4, domain);
  }
  return count;
}

function addRange(walk: Walk, address: number, prefix: number, domain: DnsName): number {
  if (address < 0) return 0;
  const size = 2 ** (ip4Bits - prefix);
  const first = address - (address % size);
  walk.ranges.push({ first, last: first + size - 1, domain });
  return size;
}

/** How many different IPv4 addresses the ranges hold. */
export function countAddresses(ranges: readonly Range4[]): number {
  const sorted = ranges.toSorted((left, right) => left.first - right.first);
  let total = 0;
  let end = -1;
  for (const { first, last } of sorted) {
    if (last <= end) continue;
    total += last - Math.max(first, end + 1) + 1;
    end = last;
  }
  return total;
}

export interface TreeLine {
  /** 0 for the record of the domain. */
  readonly depth: number;
  readonly domain: DnsName;
  /** The term, or the record's text on the line that opens a record. */
  readonly text: string;
  /** The running number of look-ups; absent for terms that ask nothing. */
  readonly count?: number;
  readonly state?: TreeState;
  readonly void?: true;
  readonly dynamic?: true;
}

/** The tree as lines to print: every record, and its terms that ask DNS with the running count. */
export function treeLines(tree: SpfTree): readonly TreeLine[] {
  const lines: TreeLine[] = [];
  linesOf(tree.root, 0, lines);
  return lines;
}

function linesOf(node: TreeNode, depth: number, lines: TreeLine[]): void {
  lines.push({ depth, domain: node.domain, text: node.record?.text ?? '', state: node.state });
  for (const { term, asks, count, nested, dynamic, void: empty } of node.terms) {
    lines.push({
      depth: depth + 1,
      domain: node.domain,
      text: term.text,
      ...(asks && { count }),
      ...(empty && { void: true as const }),
      ...(dynamic && { dynamic: true as const }),
    });
    if (nested) linesOf(nested, depth + 2, lines);
  }
}

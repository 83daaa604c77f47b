/**
 * Optimising: the same verdicts for every address with fewer look-ups and octets. Out go repetitions, what is never
 * evaluated, what another term of the record covers, and what lets nobody pass; networks side by side are joined.
 */
import type { DnsName } from '../../dns/name.ts';
import {
  everybody,
  intersect,
  isEmpty,
  isWithin,
  networkOf,
  nobody,
  sameSet,
  subtract,
  unite,
  type AddressSet,
} from './address-set.ts';
import { noVerdicts, Reach, verdictKeys, verdictOf, type TermReach, type Verdicts } from './address-set-verdicts.ts';
import { compose } from './flatten.ts';
import { ownRecord, tableOf, unanswered, type Blocked } from './flatten-own.ts';
import type { Item } from './flatten-terms.ts';
import type { SpfObservation } from './lookup.ts';
import { keyOf } from './merge.ts';
import type { SpfRecord } from './record.ts';
import type { SplitOptions } from './split.ts';
import { priced, type Priced } from './split-priced.ts';
import { spfTree, type TreeNode } from './tree.ts';
import type { Mechanism, Term } from './term.ts';
import { verify } from './verify.ts';

export interface Removed {
  readonly term: string;
  /** Half a sentence: why nothing is lost. */
  readonly why: string;
}

export interface Optimised extends Priced {
  readonly kind: 'done';
  /** The record before it was cut into pieces; the live text when nothing can be gained. */
  readonly text: string;
  readonly removed: readonly Removed[];
}

/**
 * Pure: everything that is needed is in the observation (`lookup`). What only a later term covers stays where a limit
 * would be reached on the way to it; the judge of all addresses (`verify`) has the last word.
 */
export function optimise(seen: SpfObservation, options: SplitOptions = {}): Optimised | Blocked {
  const own = ownRecord(seen);
  if (own.kind === 'blocked') return own;
  const reach = new Reach(tableOf(seen.answers).source);
  for (const bold of [true, false]) {
    const result = attempt(own.record, seen, reach, options, bold);
    const trouble = unanswered(reach, seen.domain);
    if (trouble) return trouble;
    if (result.removed.length === 0 || verify(seen, result.after).kind === 'equal') return result;
  }
  return { kind: 'done', text: own.record.text, removed: [], ...priced(seen, own.record.text, options) };
}

/** `bold`: a term also goes when a later one covers it. */
function attempt(
  record: SpfRecord,
  seen: SpfObservation,
  reach: Reach,
  options: SplitOptions,
  bold: boolean,
): Optimised {
  const removed: Removed[] = [];
  const unlike = withoutRepeated(withoutDead(record, removed), seen.domain, removed);
  const left = withoutCovered(unlike, record, seen, reach, removed, bold);
  const words = shortest(left, reach, seen.domain);
  const modifiers = record.terms.filter((term) => !('qualifier' in term) && isKept(term, left));
  const made = ['v=spf1', ...words, ...modifiers.map((term) => term.text)].join(' ');
  const mechanismCount = record.terms.filter((term) => 'qualifier' in term).length;
  const gained = removed.length > 0 || words.length < mechanismCount || made.length < record.text.length;
  const text = gained ? made : record.text;
  return { kind: 'done', text, removed, ...priced(seen, text, options) };
}

function isKept(term: Term, left: readonly Mechanism[]): boolean {
  return term.kind !== 'redirect' || !left.some((each) => each.kind === 'all');
}

/** Mechanisms up to `all`; what stands behind it is never evaluated (RFC 7208 §5.1), and neither is `redirect=` (§6.1). */
function withoutDead(record: SpfRecord, removed: Removed[]): readonly Mechanism[] {
  const alive: Mechanism[] = [];
  const all = record.terms.find((term) => term.kind === 'all');
  for (const term of record.terms) {
    if (!('qualifier' in term)) {
      if (term.kind === 'redirect' && all)
        removed.push({ term: term.text, why: `${all.text} decides, so it is never followed` });
    } else if (alive.at(-1)?.kind === 'all')
      removed.push({ term: term.text, why: `it stands behind ${all?.text ?? 'all'} and is never evaluated` });
    else alive.push(term);
  }
  return alive;
}

/** Of two mechanisms that ask the same, the second never matches. */
function withoutRepeated(terms: readonly Mechanism[], domain: DnsName, removed: Removed[]): readonly Mechanism[] {
  const seen = new Set<string>();
  return terms.filter((term) => {
    if (term.kind === 'all') return true;
    const key = keyOf(term, domain);
    if (!seen.has(key)) {
      seen.add(key);
      return true;
    }
    removed.push({ term: term.text, why: 'the same stands before it' });
    return false;
  });
}

/** Terms that ask DNS and change nothing, the most expensive first. */
function withoutCovered(
  terms: readonly Mechanism[],
  record: SpfRecord,
  seen: SpfObservation,
  reach: Reach,
  removed: Removed[],
  bold: boolean,
): readonly Mechanism[] {
  const { domain } = seen;
  const reaches = new Map<Mechanism, TermReach>();
  for (const term of terms) reaches.set(term, reach.ofTerm(term, domain));
  const reachOf = (term: Mechanism): TermReach => reaches.get(term) as TermReach;
  const nodes = new Map<Term, TreeNode>();
  for (const { term, nested } of spfTree(seen).root.terms) if (nested) nodes.set(term, nested);
  const cost = (term: Mechanism): number => 1 + (nodes.get(term)?.lookups ?? 0);
  const end = (left: AddressSet): Verdicts => endOf(record, left, reach);
  let left = terms;
  const asking = terms.filter((term) => term.kind === 'include' || term.kind === 'a' || term.kind === 'mx');
  for (const term of asking.toSorted((a, b) => cost(b) - cost(a))) {
    const rest = left.filter((each) => each !== term);
    const { match } = reachOf(term);
    const near = bold ? rest : rest.slice(0, left.indexOf(term));
    const backing = near.filter((each) => backs(each, term, nodes)).map((each) => reachOf(each).match);
    if (!isEmpty(match) && !isWithin(match, unite(...backing))) continue;
    if (!sameOutcome(left, rest, reachOf, end)) continue;
    left = rest;
    removed.push({
      term: term.text,
      why: isEmpty(match) ? 'it lets nobody pass' : 'other terms of the record cover it',
    });
  }
  return left;
}

/**
 * Whether a term may stand in for another. What a service names can change tomorrow, so a service stands in only for
 * what it includes itself; the owner's networks and hosts stand in for anything.
 */
function backs(by: Mechanism, term: Mechanism, nodes: ReadonlyMap<Term, TreeNode>): boolean {
  if (by.kind === 'ip4' || by.kind === 'ip6') return true;
  if (by.kind === 'a' || by.kind === 'mx') return term.kind === 'a' || term.kind === 'mx';
  const target = nodes.get(term)?.domain;
  return by.kind === 'include' && target !== undefined && includes(nodes.get(by), target);
}

function includes(node: TreeNode | undefined, target: DnsName): boolean {
  return (
    node !== undefined &&
    (node.domain === target || node.terms.some((each) => each.nested && includes(each.nested, target)))
  );
}

function endOf(record: SpfRecord, left: AddressSet, reach: Reach): Verdicts {
  const { redirect } = record;
  if (!redirect) return { ...noVerdicts, neutral: left };
  if (redirect.dynamic) return { ...noVerdicts, open: left };
  const next = redirect.name === null ? 'none' : reach.of(redirect.name);
  if (next === 'none') return { ...noVerdicts, permerror: left };
  return next;
}

/** Whether two lists of mechanisms decide alike for every address and every message. */
function sameOutcome(
  a: readonly Mechanism[],
  b: readonly Mechanism[],
  reachOf: (term: Mechanism) => TermReach,
  end: (left: AddressSet) => Verdicts,
): boolean {
  const [one, other] = [outcomeOf(a, reachOf, end), outcomeOf(b, reachOf, end)];
  if (!verdictKeys.every((key) => sameSet(one.sets[key], other.sets[key]))) return false;
  const terms = new Set([...one.open.keys(), ...other.open.keys()]);
  return [...terms].every((term) => sameSet(one.open.get(term) ?? nobody, other.open.get(term) ?? nobody));
}

/** The verdicts when nothing that depends on the message matches, and the addresses for which each such term is asked. */
function outcomeOf(
  terms: readonly Mechanism[],
  reachOf: (term: Mechanism) => TermReach,
  end: (left: AddressSet) => Verdicts,
): { readonly sets: Verdicts; readonly open: ReadonlyMap<Mechanism, AddressSet> } {
  let left = everybody;
  const sets: Record<keyof Verdicts, AddressSet> = { ...noVerdicts };
  const open = new Map<Mechanism, AddressSet>();
  const take = (key: keyof Verdicts, set: AddressSet): void => {
    const some = intersect(set, left);
    if (isEmpty(some)) return;
    sets[key] = unite(sets[key], some);
    left = subtract(left, some);
  };
  for (const term of terms) {
    const reach = reachOf(term);
    take(verdictOf[term.qualifier], reach.match);
    take('permerror', reach.permerror);
    take('temperror', reach.temperror);
    const asked = intersect(reach.open, left);
    if (!isEmpty(asked)) open.set(term, asked);
  }
  const last = end(left);
  for (const key of verdictKeys) take(key, last[key]);
  return { sets, open };
}

/** The mechanisms as text, networks joined; brought together first where that makes fewer of them. */
function shortest(terms: readonly Mechanism[], reach: Reach, domain: DnsName): readonly string[] {
  const inPlace = compose(terms.map(itemOf));
  const together = compose(gathered(terms, reach, domain).map(itemOf));
  return together.length < inPlace.length ? together : inPlace;
}

function itemOf(term: Mechanism): Item {
  if (term.kind !== 'ip4' && term.kind !== 'ip6') return { kind: 'term', text: term.text };
  return { kind: 'networks', qualifier: term.qualifier, set: networkOf(term), text: term.text };
}

/** Networks brought forward past terms that only let pass as well and cannot fail: whoever matches first, it is a pass. */
function gathered(terms: readonly Mechanism[], reach: Reach, domain: DnsName): readonly Mechanism[] {
  const out: Mechanism[] = [];
  let place: number | undefined;
  for (const term of terms) {
    const isNetwork = term.kind === 'ip4' || term.kind === 'ip6';
    if (term.qualifier !== '+' || term.kind === 'all') place = undefined;
    else if (!isNetwork) {
      const { permerror, temperror, open } = reach.ofTerm(term, domain);
      if (!isEmpty(permerror) || !isEmpty(temperror) || !isEmpty(open)) place = undefined;
    }
    if (isNetwork && term.qualifier === '+' && place !== undefined) out.splice(place++, 0, term);
    else {
      out.push(term);
      if (isNetwork && term.qualifier === '+') place = out.length;
    }
  }
  return out;
}

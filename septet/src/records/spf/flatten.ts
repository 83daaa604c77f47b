/**
 * Flattening: `a`, `mx` and `include` replaced by the networks they stand for today, so that a record costs fewer
 * look-ups (RFC 7208 §4.6.4) and lets exactly the same senders pass. What it came from may change later; then the
 * networks are out of date, which is why their sources and TTLs are told.
 */
import type { DnsName } from '../../dns/name.ts';
import { isEmpty, mechanismsOf, networkOf, nobody, subtract, unite, type AddressSet } from './address-set.ts';
import { Reach } from './address-set-verdicts.ts';
import { ownRecord, tableOf, unanswered, type Blocked } from './flatten-own.ts';
import { Expander, isAll, signOf, type FlattenSource, type Item, type KeptTerm } from './flatten-terms.ts';
import type { SpfObservation } from './lookup.ts';
import { parse, type SpfRecord } from './record.ts';
import type { SplitOptions } from './split.ts';
import { priced, type Priced } from './split-priced.ts';
import { spfTree } from './tree.ts';
import type { Qualifier, Term } from './term.ts';

export interface FlattenOptions extends SplitOptions {
  /** Only these mechanisms, as text (`include:_spf.mailer.example`); all others stay. */
  readonly only?: readonly string[];
  /** Flatten no more than is needed for this many look-ups; the cheapest in octets first. */
  readonly toLookups?: number;
}

export type FlattenResult = Flattened | Blocked;

export interface Flattened extends Priced {
  readonly kind: 'done';
  /** The record before it was cut into pieces. The same as the live one when nothing could be flattened. */
  readonly text: string;
  /** Terms of the live record that were flattened, as written. */
  readonly flattened: readonly string[];
  /** What stays and why. */
  readonly kept: readonly KeptTerm[];
  /** Terms that are never evaluated and were left out. */
  readonly dead: readonly string[];
  readonly sources: readonly FlattenSource[];
}

/** A term that may be flattened, with what would stand in its place. */
interface Candidate {
  readonly term: Term;
  readonly items: readonly Item[];
  readonly exp?: string;
  readonly kept: readonly KeptTerm[];
  readonly sources: readonly FlattenSource[];
  readonly octets: number;
  readonly saved: number;
}

/** Mechanisms of `only` that the record does not have. */
export function notInRecord(record: SpfRecord, domain: DnsName, only: readonly string[]): readonly string[] {
  return only.filter((text) => !record.terms.some((term) => isNamed(term, domain, text)));
}

/** Whether a text such as `include:x` or `mx` names this term, whatever the qualifier and the case. */
function isNamed(term: Term, domain: DnsName, text: string): boolean {
  const parsed = parse(`v=spf1 ${text}`);
  const wanted = parsed.kind === 'good' ? parsed.value.terms[0] : undefined;
  if (!wanted || wanted.kind !== term.kind || !('domain' in wanted) || !('domain' in term)) return false;
  const target = (each: typeof wanted | typeof term): string => each.domain?.name ?? each.domain?.text ?? domain;
  return target(wanted) === target(term);
}

/** Pure: everything that is needed is in the observation (`lookup`). */
export function flatten(seen: SpfObservation, options: FlattenOptions = {}): FlattenResult {
  const own = ownRecord(seen);
  if (own.kind === 'blocked') return own;
  const { record } = own;
  const { domain } = seen;
  const reach = new Reach(tableOf(seen.answers).source);
  const { only } = options;
  const open: KeptTerm[] = [];
  const candidates: Candidate[] = [];
  for (const term of record.terms) {
    if (term.kind === 'all') break;
    if (only && !only.some((text) => isNamed(term, domain, text))) continue;
    const candidate = candidateOf(term, record, seen, reach);
    if (typeof candidate === 'object' && 'items' in candidate) candidates.push(candidate);
    else if (candidate) open.push(candidate);
  }
  const trouble = unanswered(reach, domain);
  if (trouble) return trouble;
  const chosen = options.toLookups === undefined ? [...candidates] : [];
  const result = (): Flattened => finish(seen, record, chosen, open, options);
  let done = result();
  if (options.toLookups === undefined) {
    if (only || done.price.lookupsAfter < done.price.lookupsBefore) return done;
    // Networks that need records of their own cost as much as what they replace, and go out of date besides.
    chosen.length = 0;
    return result();
  }
  const byCost = candidates.toSorted((a, b) => a.octets / Math.max(a.saved, 0.1) - b.octets / Math.max(b.saved, 0.1));
  for (const next of byCost) {
    if (done.price.lookupsAfter <= options.toLookups) break;
    chosen.push(next);
    const more = result();
    if (more.price.lookupsAfter < done.price.lookupsAfter) done = more;
    else chosen.pop();
  }
  return done;
}

function candidateOf(
  term: Term,
  record: SpfRecord,
  seen: SpfObservation,
  reach: Reach,
): Candidate | KeptTerm | undefined {
  const { domain } = seen;
  const expander = new Expander(reach, domain);
  let items: readonly Item[];
  let exp: string | undefined;
  if (term.kind === 'redirect') {
    if (!record.redirect || record.terms.some((each) => each.kind === 'all')) return undefined;
    const further = expander.redirect(term.domain);
    if (typeof further === 'string') return { term: term.text, why: further };
    items = further.items;
    if (further.exp && !further.exp.dynamic && !record.exp) exp = `exp=${further.exp.text}`;
  } else if (!('qualifier' in term) || term.kind === 'ip4' || term.kind === 'ip6' || term.kind === 'all') {
    return undefined;
  } else {
    items = expander.term(term, domain);
    const [first] = items;
    if (items.length === 1 && first?.kind === 'term' && first.text === term.text) return expander.kept[0];
  }
  const node = spfTree(seen).root.terms.find((each) => each.term === term);
  const asking = items.filter((item) => item.kind === 'term' && !isAll(item.text)).length;
  return {
    term,
    items,
    ...(exp !== undefined && { exp }),
    kept: expander.kept,
    sources: [...expander.sources.values()],
    octets: compose(items).join(' ').length - term.text.length,
    saved: 1 + (node?.nested?.lookups ?? 0) - asking,
  };
}

function finish(
  seen: SpfObservation,
  record: SpfRecord,
  chosen: readonly Candidate[],
  open: readonly KeptTerm[],
  options: SplitOptions,
): Flattened {
  const items: Item[] = [];
  const tail: string[] = [];
  const dead: string[] = [];
  let ended = false;
  for (const term of record.terms) {
    const candidate = chosen.find((each) => each.term === term);
    if (!('qualifier' in term)) {
      if (!candidate) tail.push(term.text);
    } else if (ended) dead.push(term.text);
    else if (term.kind === 'ip4' || term.kind === 'ip6')
      items.push({ kind: 'networks', qualifier: term.qualifier, set: networkOf(term), text: term.text });
    else if (candidate) items.push(...candidate.items);
    else items.push({ kind: 'term', text: term.text });
    if (term.kind === 'all') ended = true;
  }
  for (const { term, items: instead, exp } of chosen) {
    if (term.kind !== 'redirect') continue;
    items.push(...instead);
    if (exp !== undefined) tail.push(exp);
  }
  const text = chosen.length === 0 ? record.text : ['v=spf1', ...compose(items), ...tail].join(' ');
  const sources = new Map(chosen.flatMap((each) => each.sources).map((each) => [`${each.name} ${each.type}`, each]));
  return {
    kind: 'done',
    text,
    ...priced(seen, text, options),
    flattened: chosen.map((each) => each.term.text),
    kept: [...open, ...chosen.flatMap((each) => each.kept)],
    dead: chosen.length === 0 ? [] : dead,
    sources: [...sources.values()],
  };
}

/**
 * Items as mechanisms. Networks side by side with the same qualifier become the fewest that match the same; what an
 * earlier item has decided is left out where that is shorter.
 */
export function compose(items: readonly Item[]): readonly string[] {
  const out: string[] = [];
  const terms = new Set<string>();
  let decided: AddressSet = nobody;
  for (let at = 0; at < items.length;) {
    const item = items[at] as Item;
    if (item.kind === 'term') {
      // Of two terms that ask the same, the second never matches.
      const key = item.text.replace(/^[+~?-]/, '');
      if (!terms.has(key)) out.push(item.text);
      terms.add(key);
      at++;
      continue;
    }
    let end = at;
    while (end < items.length && joins(items[end], item.qualifier)) end++;
    const run = items.slice(at, end).filter((each) => each.kind === 'networks');
    out.push(...runTexts(run, item.qualifier, decided));
    decided = unite(decided, ...run.map((each) => each.set));
    at = end;
  }
  return out;
}

function joins(item: Item | undefined, qualifier: Qualifier): boolean {
  return item?.kind === 'networks' && item.qualifier === qualifier;
}

function runTexts(
  run: readonly (Item & { readonly kind: 'networks' })[],
  qualifier: Qualifier,
  decided: AddressSet,
): readonly string[] {
  const set = unite(...run.map((each) => each.set));
  if (isEmpty(subtract(set, decided))) return [];
  const written = run.map((each) => each.text);
  const sign = signOf(qualifier);
  const covers = [mechanismsOf(set), mechanismsOf(subtract(set, decided))].map((cover) =>
    cover.map((text) => sign + text),
  );
  // The owner's own networks stay as they are written where nothing is gained.
  if (written.every((text) => text !== undefined)) covers.unshift(written);
  return covers.reduce((best, cover) => (isShorter(cover, best) ? cover : best));
}

function isShorter(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length ? a.join(' ').length < b.join(' ').length : a.length < b.length;
}

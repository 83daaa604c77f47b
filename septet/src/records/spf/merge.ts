/**
 * Merging: mechanisms put into a record. No live sender is lost: every term stays in its order, what is new goes before
 * the end, and the end is never loosened.
 */
import { txtSet } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { isBelow } from '../../dns/name.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import { intersect, isEmpty, isWithin, unite, type AddressSet } from './address-set.ts';
import { Reach } from './address-set-verdicts.ts';
import { spfOf, type Source } from './answers.ts';
import { signOf } from './flatten-terms.ts';
import { parse, type SpfRecord } from './record.ts';
import type { Mechanism, Qualifier, Term } from './term.ts';

/** What one sender needs. `retired`: include targets of older instructions, which the mechanisms replace. */
export interface MergeNeed {
  readonly mechanisms: readonly string[];
  readonly retired: readonly string[];
}

export interface Merged {
  readonly text: string;
  /** Mechanisms that were put in. */
  readonly added: readonly string[];
  /** Live texts that go or no longer decide; a person must agree. */
  readonly loses: readonly string[];
  /** Sentences for a person. */
  readonly notes: readonly string[];
}

/** What stands for a term whatever its qualifier and its spelling. */
export function keyOf(term: Term, domain: DnsName): string {
  if (!('domain' in term)) return term.text.replace(/^[+~?-]/, '').toLowerCase();
  const target = term.domain === null ? domain : (term.domain.name ?? term.domain.text);
  const cidr = 'prefix4' in term ? `/${term.prefix4}//${term.prefix6}` : '';
  return `${term.kind}:${target}${cidr}`;
}

/** Reads one mechanism without qualifier; `undefined` for anything else. */
export function mechanismIn(text: string): Mechanism | undefined {
  const parsed = parse(`v=spf1 ${text}`);
  const term = parsed.kind === 'good' && parsed.value.terms.length === 1 ? parsed.value.terms[0] : undefined;
  return term && 'qualifier' in term && term.kind !== 'all' && term.qualifier === '+' ? term : undefined;
}

/** Puts what the senders need into a readable record of `domain`. `reach` knows what the record and the needs lead to. */
export function mergeInto(record: SpfRecord, domain: DnsName, needs: readonly MergeNeed[], reach: Reach): Merged {
  let terms: readonly Term[] = record.terms;
  const added: string[] = [];
  const loses: string[] = [];
  const notes: string[] = [];
  const gone: Mechanism[] = [];
  // A look-up that failed moves no term and adds none.
  const known = answered(reach.source);
  const calm = new Reach(known);
  // What stands behind a term that depends on the message counts too, for those whom that term does not match.
  const behind = new Reach(known, 'unmatched');
  for (const need of needs) {
    const retired = terms.filter((term) => isRetired(term, need)) as readonly Mechanism[];
    let place = retired[0] ? terms.indexOf(retired[0]) : undefined;
    terms = terms.filter((term) => !retired.includes(term as Mechanism));
    gone.push(...retired);
    for (const text of need.mechanisms) {
      const wanted = mechanismIn(text);
      if (!wanted) continue;
      const cover = coverOf(wanted, terms, domain, reach, behind);
      if (cover === 'itself') continue;
      if (cover === 'networks') {
        if (wanted.kind === 'include')
          notes.push(`All networks of ${text} are in the record as they are today, so the include is not added.`);
        continue;
      }
      const at = placeFor(wanted, terms, place, domain, behind);
      const shadow = at.shadow;
      if (shadow && 'qualifier' in shadow && shadow.qualifier !== '+') {
        loses.push(shadow.text);
        notes.push(`${text} comes before ${shadow.text}, which would decide against it.`);
      } else if (shadow) notes.push(`${text} comes before ${shadow.text}, which ends in an error.`);
      const maybe = terms.slice(0, at.index).find((term) => mayRefuse(term, domain, reach));
      if (maybe)
        notes.push(`${maybe.text} stays before ${text}; whether it decides against it depends on the message.`);
      const after = shadow && keyOf(shadow, domain) === keyOf(wanted, domain) ? at.index + 1 : at.index;
      // The same term further on decides nothing any more.
      const further = terms.slice(after).filter((term) => !isSame(term, wanted, domain));
      terms = [...terms.slice(0, at.index), wanted, ...further];
      if (place !== undefined && at.index <= place) place++;
      added.push(text);
    }
  }
  const text = textOf(terms);
  for (const term of gone) {
    const pass = passOf(text, domain, calm);
    const { match, open, temperror } = reach.ofTerm(term, domain);
    if (isWithin(match, pass) && isEmpty(unite(open, temperror))) notes.push(`${term.text} is an old name and goes.`);
    else {
      loses.push(term.text);
      notes.push(`${term.text} is an old name and goes; it lets addresses pass that nothing else does.`);
    }
  }
  return { text, added, loses, notes };
}

/** What DNS did not tell counts as a host without addresses, or a record that matches nobody. */
const answered =
  (source: Source): Source =>
  <T extends RrType>(name: DnsName, type: T): Answer<T> | undefined => {
    const answer = source(name, type);
    if (answer?.kind !== 'failed') return answer;
    const { server, chain, dnssec } = answer;
    const base = { name, type, server, chain, dnssec };
    if (type !== 'TXT') return { ...base, kind: 'nodata', negativeTtlSeconds: 0 };
    return { ...base, kind: 'found', set: txtSet(name, 0, 'v=spf1') } as unknown as Answer<T>;
  };

const isSame = (term: Term, wanted: Mechanism, domain: DnsName): boolean =>
  'qualifier' in term && term.qualifier === '+' && keyOf(term, domain) === keyOf(wanted, domain);

const textOf = (terms: readonly Term[]): string => ['v=spf1', ...terms.map((term) => term.text)].join(' ');

function isRetired(term: Term, need: MergeNeed): boolean {
  if (term.kind !== 'include' || term.domain.name === null) return false;
  const wanted = need.mechanisms.some((text) => text.toLowerCase() === `include:${term.domain.text.toLowerCase()}`);
  return !wanted && need.retired.some((name) => name.toLowerCase() === term.domain.name);
}

function recordOf(terms: readonly Term[]): SpfRecord | undefined {
  const parsed = parse(textOf(terms));
  return parsed.kind === 'good' ? parsed.value : undefined;
}

function passOf(text: string, domain: DnsName, reach: Reach): AddressSet {
  const parsed = parse(text);
  return parsed.kind === 'good' ? reach.ofRecord(parsed.value, domain).pass : { v4: [], v6: [] };
}

/** Whether the record lets pass what is wanted: by the same term, here or further in, or by its networks. */
function coverOf(
  wanted: Mechanism,
  terms: readonly Term[],
  domain: DnsName,
  reach: Reach,
  behind: Reach,
): 'itself' | 'networks' | undefined {
  const record = recordOf(terms);
  if (!record) return undefined;
  const isAddress = wanted.kind === 'ip4' || wanted.kind === 'ip6';
  // A term before it may have taken single addresses out on purpose, so that for a service its name decides.
  if (!isAddress && names(record, wanted, domain, domain, reach, new Set())) return 'itself';
  const { match, open, permerror, temperror } = reach.ofTerm(wanted, domain);
  if (isEmpty(match) || !isEmpty(unite(open, permerror, temperror))) return undefined;
  if (!isWithin(match, behind.ofRecord(record, domain).pass)) return undefined;
  if (isAddress) return 'networks';
  // A service changes its networks: only the owner's own list, kept on purpose, stands in for its include.
  const own = terms.filter((term) => 'qualifier' in term && term.qualifier === '+' && isOwn(term, domain));
  return isWithin(match, unite(...own.map((term) => reach.ofTerm(term as Mechanism, domain).match)))
    ? 'networks'
    : undefined;
}

function isOwn(term: Term, domain: DnsName): boolean {
  if (term.kind === 'include') return term.domain.name !== null && isBelow(term.domain.name, domain);
  return term.kind === 'ip4' || term.kind === 'ip6' || term.kind === 'a' || term.kind === 'mx';
}

/** Whether the term stands in the record, or behind its includes that let pass. */
function names(
  record: SpfRecord,
  wanted: Mechanism,
  of: DnsName,
  domain: DnsName,
  reach: Reach,
  seen: Set<DnsName>,
): boolean {
  seen.add(domain);
  const ended = record.terms.findIndex((term) => term.kind === 'all');
  for (const [index, term] of record.terms.entries()) {
    if (term.kind === 'exp' || term.kind === 'modifier' || (ended >= 0 && (index > ended || term.kind === 'redirect')))
      continue;
    if ('qualifier' in term && term.qualifier !== '+') continue;
    // Who passes by redirect= would pass by an include of the same record.
    const key = term.kind === 'redirect' ? `include:${term.domain.name}` : keyOf(term, domain);
    if (key === keyOf(wanted, of)) return true;
    if ((term.kind !== 'include' && term.kind !== 'redirect') || term.domain.name === null) continue;
    const target = term.domain.name;
    const answer = seen.has(target) ? undefined : reach.ask(target, 'TXT');
    const nested = answer && spfOf(answer).program?.record;
    if (nested && names(nested, wanted, of, target, reach, seen)) return true;
  }
  return false;
}

/** Where the mechanism goes: behind the last live one, unless that is too late for it. */
function placeFor(
  wanted: Mechanism,
  terms: readonly Term[],
  preferred: number | undefined,
  domain: DnsName,
  reach: Reach,
): { readonly index: number; readonly shadow?: Term } {
  const all = terms.findIndex((term) => term.kind === 'all');
  const last = terms.findLastIndex((term) => 'qualifier' in term) + 1;
  // Nothing behind `all` is looked at (RFC 7208 §5.1).
  const end = all >= 0 ? all : last;
  const index = Math.min(preferred ?? end, end);
  const { match } = reach.ofTerm(wanted, domain);
  for (const [at, term] of terms.slice(0, index).entries()) {
    if (!('qualifier' in term)) continue;
    if (term.qualifier !== '+' && keyOf(term, domain) === keyOf(wanted, domain)) return { index: at, shadow: term };
    const other = reach.ofTerm(term, domain);
    const against = unite(other.permerror, other.temperror, ...(term.qualifier === '+' ? [] : [other.match]));
    if (!isEmpty(intersect(match, against))) return { index: at, shadow: term };
  }
  return { index };
}

/** Whether a term refuses or not as the message has it: the owner's own block list, for example. */
function mayRefuse(term: Term, domain: DnsName, reach: Reach): boolean {
  return 'qualifier' in term && term.qualifier !== '+' && !isEmpty(reach.ofTerm(term, domain).open);
}

export const strictness: Readonly<Record<Qualifier, number>> = { '+': 0, '?': 1, '~': 2, '-': 3 };

/** How the record ends: the owner's `all` stays unless a stricter one is wanted. `notes` are sentences. */
export function withAll(
  record: SpfRecord,
  wanted: 'keep' | 'ramp' | '~' | '-' | '?',
): { readonly text: string; readonly notes: readonly string[]; readonly loses: readonly string[] } {
  const all = record.terms.find((term) => term.kind === 'all');
  const same = { text: textOf(record.terms), notes: [], loses: [] };
  if (!all) {
    if (wanted === 'keep') return same;
    if (record.redirect)
      return wanted === 'ramp'
        ? same
        : { ...same, notes: [`How the record ends is decided by ${record.redirect.text}, where redirect= leads.`] };
    const end = `${wanted === 'ramp' ? '~' : wanted}all`;
    const at = record.terms.findLastIndex((term) => 'qualifier' in term) + 1;
    const words = record.terms.map((term) => term.text);
    return { ...same, text: ['v=spf1', ...words.slice(0, at), end, ...words.slice(at)].join(' ') };
  }
  if (wanted === 'keep' || wanted === 'ramp' || all.qualifier === wanted) return same;
  if (strictness[wanted] < strictness[all.qualifier])
    return { ...same, notes: [`${all.text} stays: it is stricter than the ${wanted}all that was asked for.`] };
  const end = `${signOf(wanted)}all`;
  return {
    text: ['v=spf1', ...record.terms.map((term) => (term === all ? end : term.text))].join(' '),
    notes: [`The record ends in ${end} instead of ${all.text}.`],
    loses: all.qualifier === '+' ? [all.text] : [],
  };
}

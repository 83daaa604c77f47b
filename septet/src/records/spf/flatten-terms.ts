/**
 * One mechanism taken apart into what it stands for: networks, and terms that depend on the message or on an error and
 * therefore stay. Exact: an include matches only where the nested record passes (RFC 7208 §5.2), so what a nested record
 * refuses first is taken out of what it lets pass later.
 */
import type { DnsName } from '../../dns/name.ts';
import { isEmpty, nobody, subtract, unite, type AddressSet } from './address-set.ts';
import type { Reach } from './address-set-verdicts.ts';
import { spfOf } from './answers.ts';
import { transform, type DomainSpec, type MacroToken } from './macro.ts';
import { parse, type SpfRecord } from './record.ts';
import type { Mechanism, Qualifier, Term } from './term.ts';

/** A piece of a record, in its place. */
export type Item =
  | {
      readonly kind: 'networks';
      readonly qualifier: Qualifier;
      readonly set: AddressSet;
      /** As the owner wrote it; absent for what came out of another term. */
      readonly text?: string;
    }
  | { readonly kind: 'term'; readonly text: string };

/** A term that stays as it is, and why: half a sentence. */
export interface KeptTerm {
  readonly term: string;
  readonly why: string;
}

/** A record or host whose data went into networks; when it changes, they are out of date. */
export interface FlattenSource {
  readonly name: DnsName;
  readonly type: 'TXT' | 'A' | 'AAAA' | 'MX';
  /** Seconds. */
  readonly ttlSeconds: number;
}

/** What a mechanism or a redirection became; a `string` says why it cannot be taken apart. */
type Expansion = readonly Item[] | string;

/** Records looked into on all paths together, after which nothing more is taken apart. */
const maxVisits = 400;

const dependsOnMessage = 'what it matches depends on the message';

export class Expander {
  readonly reach: Reach;
  readonly kept: KeptTerm[] = [];
  readonly sources = new Map<string, FlattenSource>();
  readonly #path: DnsName[];
  #visits = 0;

  constructor(reach: Reach, domain: DnsName) {
    this.reach = reach;
    this.#path = [domain];
  }

  /** The items of one term of the record at `domain`; the term itself when it cannot be taken apart. */
  term(term: Mechanism, domain: DnsName): readonly Item[] {
    const before = this.#mark();
    const items = this.#expand(term, domain, term.qualifier);
    if (typeof items !== 'string') return items;
    this.#reset(before);
    this.kept.push({ term: term.text, why: items });
    return [{ kind: 'term', text: term.text }];
  }

  /** The items of the record that a `redirect=` leads to, with its own qualifiers, and its `exp=` where it has one. */
  redirect(spec: DomainSpec): { readonly items: readonly Item[]; readonly exp?: DomainSpec } | string {
    const target = spec.name;
    if (target === null) return dependsOnMessage;
    const record = this.#recordAt(target);
    if (typeof record === 'string') return record;
    const before = this.#mark();
    this.#path.push(target);
    const items: Item[] = [];
    for (const term of record.terms) {
      if (!('qualifier' in term)) continue;
      if (term.kind === 'all') {
        items.push({ kind: 'term', text: term.text });
        break;
      }
      const part = this.#expand(term, target, term.qualifier);
      if (typeof part !== 'string') items.push(...part);
      else {
        const text = rehomed(term, target, term.qualifier);
        if (text === undefined) {
          this.#path.pop();
          this.#reset(before);
          return part;
        }
        this.kept.push({ term: text, why: part });
        items.push({ kind: 'term', text });
      }
    }
    const ended = items.some((item) => item.kind === 'term' && isAll(item.text));
    const further = record.redirect && !ended ? this.redirect(record.redirect) : undefined;
    this.#path.pop();
    if (typeof further === 'string') {
      this.#reset(before);
      return further;
    }
    const exp = further ? further.exp : (record.exp ?? undefined);
    return { items: [...items, ...(further?.items ?? [])], ...(exp && { exp }) };
  }

  #expand(term: Mechanism, domain: DnsName, qualifier: Qualifier): Expansion {
    switch (term.kind) {
      case 'ip4':
      case 'ip6':
      case 'all':
        return [{ kind: 'networks', qualifier, set: this.reach.ofTerm(term, domain).match }];
      case 'ptr':
      case 'exists':
        return dependsOnMessage;
      case 'a':
      case 'mx': {
        if (term.domain?.dynamic) return dependsOnMessage;
        const { match, open, permerror, temperror } = this.reach.ofTerm(term, domain);
        if (!isEmpty(permerror)) return 'it finds more than ten exchanges, which is an error';
        if (!isEmpty(temperror) || !isEmpty(open)) return 'DNS did not answer for it';
        this.#noteHosts(term.domain?.name ?? domain, term.kind);
        return [{ kind: 'networks', qualifier, set: match }];
      }
      case 'include': {
        const target = term.domain.name;
        if (target === null) return term.domain.dynamic ? dependsOnMessage : 'it names no possible domain';
        return this.#nested(target, qualifier, { refused: nobody });
      }
    }
  }

  /** What an include of `target` matches. `state.refused` is what the nested records decided against so far. */
  #nested(target: DnsName, qualifier: Qualifier, state: { refused: AddressSet }): Expansion {
    const record = this.#recordAt(target);
    if (typeof record === 'string') return record;
    this.#path.push(target);
    const items = this.#nestedItems(record, target, qualifier, state);
    this.#path.pop();
    return items;
  }

  #nestedItems(record: SpfRecord, domain: DnsName, qualifier: Qualifier, state: { refused: AddressSet }): Expansion {
    const items: Item[] = [];
    for (const term of record.terms) {
      if (!('qualifier' in term)) continue;
      if (term.qualifier !== '+') {
        if (term.kind === 'all') return items;
        const { match, open, permerror, temperror } = this.reach.ofTerm(term, domain);
        if (!isEmpty(unite(open, permerror, temperror)))
          return `${term.text} in the record of ${domain} decides against addresses in a way that depends on the message`;
        state.refused = unite(state.refused, match);
        // Taken apart for its sources alone: what it refuses today is in the networks as well.
        const kept = this.kept.length;
        this.#expand(term, domain, qualifier);
        this.kept.length = kept;
        continue;
      }
      const before = this.#mark();
      const part = this.#expand(term, domain, qualifier);
      if (typeof part === 'string') {
        this.#reset(before);
        const text = rehomed(term, domain, qualifier);
        if (text === undefined || !isEmpty(state.refused)) return part;
        this.kept.push({ term: text, why: part });
        items.push({ kind: 'term', text });
      } else {
        if (!isEmpty(state.refused) && part.some((item) => item.kind === 'term')) return dependsOnMessage;
        for (const item of part)
          items.push(item.kind === 'networks' ? { ...item, set: subtract(item.set, state.refused) } : item);
      }
      if (term.kind === 'all') return items;
    }
    if (!record.redirect) return items;
    const next = record.redirect.name;
    if (next === null) return dependsOnMessage;
    const rest = this.#nested(next, qualifier, state);
    return typeof rest === 'string' ? rest : [...items, ...rest];
  }

  #recordAt(target: DnsName): SpfRecord | string {
    if (this.#path.includes(target)) return 'it leads back to itself';
    if (++this.#visits > maxVisits) return 'it leads to too many records';
    const answer = this.reach.ask(target, 'TXT');
    if (!answer || answer.kind === 'failed') return 'DNS did not answer for it';
    const found = spfOf(answer);
    if (!found.program) return `${target} has no valid SPF record, which is an error`;
    if (answer.kind === 'found') this.#note(target, 'TXT', answer.set.ttlSeconds);
    return found.program.record;
  }

  #noteHosts(target: DnsName, kind: 'a' | 'mx'): void {
    const hosts = [target];
    if (kind === 'mx') {
      const answer = this.reach.ask(target, 'MX');
      hosts.pop();
      if (answer?.kind === 'found') {
        this.#note(target, 'MX', answer.set.ttlSeconds);
        hosts.push(...answer.set.data.map((mx) => mx.exchange).filter((name) => name !== ''));
      }
    }
    for (const host of hosts)
      for (const type of ['A', 'AAAA'] as const) {
        const answer = this.reach.ask(host, type);
        if (answer?.kind === 'found') this.#note(host, type, answer.set.ttlSeconds);
      }
  }

  #note(name: DnsName, type: FlattenSource['type'], ttlSeconds: number): void {
    this.sources.set(`${name} ${type}`, { name, type, ttlSeconds });
  }

  #mark(): readonly [kept: number, sources: number] {
    return [this.kept.length, this.sources.size];
  }

  /** Forgets what an attempt noted that came to nothing. */
  #reset([kept, sources]: readonly [kept: number, sources: number]): void {
    this.kept.length = kept;
    for (const key of [...this.sources.keys()].slice(sources)) this.sources.delete(key);
  }
}

export const isAll = (text: string): boolean => /^[+~?-]?all$/i.test(text);
export const signOf = (qualifier: Qualifier): string => (qualifier === '+' ? '' : qualifier);

/**
 * The term as it has to be written in another record so that it means the same: what stands for the domain of its record
 * is written out. `undefined` when it cannot be (`%{p}` prefers names of the record's own domain).
 */
export function rehomed(term: Mechanism, domain: DnsName, qualifier: Qualifier): string | undefined {
  const sign = signOf(qualifier);
  if (!('domain' in term)) return `${sign}${term.text.replace(/^[+~?-]/, '')}`;
  const bare = term.text.replace(/^[+~?-]/, '');
  let text: string;
  if (term.domain === null) text = bare.replace(/^(?:a|mx|ptr)/i, (word) => `${word}:${literal(domain)}`);
  else {
    const tokens = term.domain.tokens;
    if (tokens.some((token) => typeof token !== 'string' && token.letter === 'p')) return undefined;
    const spec = tokens.map((token) => specText(token, domain)).join('');
    const at = bare.indexOf(':') + 1;
    text = term.domain.dynamic ? bare.slice(0, at) + spec + bare.slice(at + term.domain.text.length) : bare;
  }
  const parsed = parse(`v=spf1 ${sign}${text}`);
  return parsed.kind === 'good' && sameShape(parsed.value.terms[0], term) ? `${sign}${text}` : undefined;
}

function sameShape(a: Term | undefined, b: Mechanism): boolean {
  return a !== undefined && a.kind === b.kind;
}

function specText(token: MacroToken, domain: DnsName): string {
  if (typeof token === 'string') return literal(token);
  if (token.letter === 'd') return literal(transform(token, domain));
  const letter = token.escape ? token.letter.toUpperCase() : token.letter;
  return `%{${letter}${token.keep > 0 ? token.keep : ''}${token.reverse ? 'r' : ''}${token.delimiters}}`;
}

const literal = (text: string): string => text.replaceAll('%', '%%').replaceAll(' ', '%_');

/**
 * The verdicts of a record for all addresses at once, as sets: what check_host() (RFC 7208 §4) says as far as it does
 * not depend on the message, and without the limits of §4.6.4. `evaluate.ts` stays the judge; tests hold the two together.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import {
  allIp4,
  allIp6,
  everybody,
  intersect,
  isEmpty,
  network4,
  network6,
  networkOf,
  nobody,
  subtract,
  unite,
  type AddressSet,
} from './address-set.ts';
import { spfOf, wordsOf } from './answers.ts';
import type { Source } from './answers.ts';
import type { SpfRecord } from './record.ts';
import { maxNames } from './run.ts';
import type { HostTerm, Mechanism, Qualifier } from './term.ts';

/** Disjoint sets that hold every address together. */
export interface Verdicts {
  readonly pass: AddressSet;
  readonly fail: AddressSet;
  readonly softfail: AddressSet;
  readonly neutral: AddressSet;
  readonly permerror: AddressSet;
  readonly temperror: AddressSet;
  /** It depends on the message: a macro, `exists` or `ptr` is reached first. */
  readonly open: AddressSet;
}

/** What one mechanism does, whatever stands before it. Addresses in none of the sets do not match. */
export interface TermReach {
  readonly match: AddressSet;
  /** May match, may not, may fail: it depends on the message. */
  readonly open: AddressSet;
  readonly permerror: AddressSet;
  readonly temperror: AddressSet;
}

export const verdictKeys = ['pass', 'fail', 'softfail', 'neutral', 'permerror', 'temperror', 'open'] as const;
export const verdictOf: Readonly<Record<Qualifier, 'pass' | 'fail' | 'softfail' | 'neutral'>> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** A tree with more records than this on all its paths is not followed further. */
const maxVisits = 400;

const noReach: TermReach = { match: nobody, open: nobody, permerror: nobody, temperror: nobody };
export const noVerdicts: Verdicts = {
  pass: nobody,
  fail: nobody,
  softfail: nobody,
  neutral: nobody,
  permerror: nobody,
  temperror: nobody,
  open: nobody,
};

/** Reads records as sets from answers that are there already. Keeps what it has worked out; never asks DNS. */
export class Reach {
  readonly source: Source;
  /** Questions whose answers were needed and are not there: what was worked out then counts for nothing. */
  readonly missing = new Set<string>();
  /** Names and types of questions that DNS did not answer. */
  readonly failed = new Map<string, string>();
  /** The tree has too many records. */
  tooLarge = false;
  readonly #known = new Map<DnsName, Verdicts | 'none'>();
  readonly #path: DnsName[] = [];
  /** What a term that depends on the message does. */
  readonly #dynamic: TermReach;
  #visits = 0;
  #loops = 0;

  /** `unmatched`: what depends on the message counts as no match, and then nothing is `open` but for a redirection. */
  constructor(source: Source, dynamic: 'open' | 'unmatched' = 'open') {
    this.source = source;
    this.#dynamic = dynamic === 'open' ? { ...noReach, open: everybody } : noReach;
  }

  /** The verdicts of the record at a name; `none` where there is no record (RFC 7208 §2.6.1). */
  of(domain: DnsName): Verdicts | 'none' {
    const known = this.#known.get(domain);
    if (known) return known;
    if (this.#path.includes(domain)) {
      this.#loops++;
      return { ...noVerdicts, permerror: everybody };
    }
    if (++this.#visits > maxVisits) this.tooLarge = true;
    const answer = this.ask(domain, 'TXT');
    if (!answer || this.tooLarge) return { ...noVerdicts, open: everybody };
    if (answer.kind === 'failed') return { ...noVerdicts, temperror: everybody };
    const found = spfOf(answer);
    if (found.kind === 'none') return 'none';
    if (!found.program) return { ...noVerdicts, permerror: everybody };
    const loops = this.#loops;
    this.#path.push(domain);
    const verdicts = this.ofRecord(found.program.record, domain);
    this.#path.pop();
    // What was cut at a loop belongs to this path alone.
    if (loops === this.#loops) this.#known.set(domain, verdicts);
    return verdicts;
  }

  /** The verdicts of a record as if it stood at `domain`. */
  ofRecord(record: SpfRecord, domain: DnsName): Verdicts {
    const sets: Record<keyof Verdicts, AddressSet> = { ...noVerdicts };
    let left = everybody;
    const take = (key: keyof Verdicts, set: AddressSet): void => {
      const some = intersect(set, left);
      if (isEmpty(some)) return;
      sets[key] = unite(sets[key], some);
      left = subtract(left, some);
    };
    for (const term of record.terms) {
      if (!('qualifier' in term)) continue;
      const reach = this.ofTerm(term, domain);
      take(verdictOf[term.qualifier], reach.match);
      take('permerror', reach.permerror);
      take('temperror', reach.temperror);
      take('open', reach.open);
      if (isEmpty(left)) return sets;
    }
    if (!record.redirect) take('neutral', left);
    else if (record.redirect.dynamic) take('open', left);
    else {
      const next = record.redirect.name === null ? 'none' : this.of(record.redirect.name);
      if (next === 'none') take('permerror', left);
      else for (const key of verdictKeys) take(key, next[key]);
    }
    return sets;
  }

  /** What one mechanism of the record at `domain` matches. */
  ofTerm(term: Mechanism, domain: DnsName): TermReach {
    switch (term.kind) {
      case 'all':
        return { ...noReach, match: everybody };
      case 'ip4':
      case 'ip6':
        return { ...noReach, match: networkOf(term) };
      case 'ptr':
      case 'exists':
        return this.#dynamic;
      case 'include': {
        if (term.domain.dynamic) return this.#dynamic;
        const nested = term.domain.name === null ? 'none' : this.of(term.domain.name);
        if (nested === 'none') return { ...noReach, permerror: everybody };
        return { match: nested.pass, open: nested.open, permerror: nested.permerror, temperror: nested.temperror };
      }
      case 'a':
      case 'mx': {
        if (term.domain?.dynamic) return this.#dynamic;
        const target = term.domain === null ? domain : term.domain.name;
        if (target === null) return noReach;
        return term.kind === 'a' ? this.#hosts([target], term) : this.#exchanges(target, term);
      }
    }
  }

  ask<T extends 'TXT' | 'A' | 'AAAA' | 'MX'>(name: DnsName, type: T): Answer<T> | undefined {
    const answer = this.source(name, type);
    if (!answer) this.missing.add(`${name} ${type}`);
    else if (answer.kind === 'failed') this.failed.set(`${name} ${type}`, answer.detail ?? answer.reason);
    return answer;
  }

  #exchanges(target: DnsName, term: HostTerm): TermReach {
    const answer = this.ask(target, 'MX');
    if (!answer) return { ...noReach, open: everybody };
    if (answer.kind === 'failed') return { ...noReach, temperror: everybody };
    if (answer.kind !== 'found') return noReach;
    const names = answer.set.data.map((mx) => mx.exchange);
    if (names.length > maxNames) return { ...noReach, permerror: everybody };
    return this.#hosts(
      names.filter((name) => name !== ''),
      term,
    );
  }

  /** Hosts in turn: the first that DNS does not answer for ends the term for its family. */
  #hosts(names: readonly DnsName[], { prefix4, prefix6 }: HostTerm): TermReach {
    const matches: AddressSet[] = [];
    let temperror = nobody;
    let open = nobody;
    for (const family of [4, 6] as const) {
      const all = family === 4 ? allIp4 : allIp6;
      for (const name of names) {
        const answer = family === 4 ? this.ask(name, 'A') : this.ask(name, 'AAAA');
        if (!answer) open = unite(open, all);
        else if (answer.kind === 'failed') {
          temperror = unite(temperror, all);
          break;
        } else if (answer.kind === 'found') {
          const words = wordsOf(answer.set.data, family);
          if (family === 4) for (const word of words) matches.push(network4(word, prefix4));
          else for (let k = 0; k < words.length; k += 4) matches.push(network6(words.subarray(k, k + 4), prefix6));
        }
      }
    }
    const match = unite(...matches);
    return { match, open: subtract(open, match), permerror: nobody, temperror: subtract(temperror, match) };
  }
}

/** One term of an SPF record (RFC 7208 §4.6.1, §5, §6, §12). */
import type { Problem, Span } from '../../text/parsed.ts';
import { ip4Bits, ip6Bits, parseIp4, parseIp6 } from './address.ts';
import { diagnoseCharacters, diagnoseWord, gluedAt } from './diagnose.ts';
import type { Diagnosis, SpfProblemCode } from './diagnose.ts';
import { scanMacros, targetName } from './macro.ts';
import type { DomainSpec, MacroString } from './macro.ts';

export type Qualifier = '+' | '-' | '~' | '?';

interface TermBase {
  /** The term as written. */
  readonly text: string;
  readonly at: Span;
}
interface MechanismBase extends TermBase {
  readonly qualifier: Qualifier;
}

export interface AllTerm extends MechanismBase {
  readonly kind: 'all';
}
/** `include:` and `exists:` need a domain, `ptr` may have one. */
interface IncludeTerm extends MechanismBase {
  readonly kind: 'include';
  readonly domain: DomainSpec;
}
interface ExistsTerm extends MechanismBase {
  readonly kind: 'exists';
  readonly domain: DomainSpec;
}
interface PtrTerm extends MechanismBase {
  readonly kind: 'ptr';
  readonly domain: DomainSpec | null;
}
/** `a` and `mx`: without a domain they mean the domain of the record. */
export interface HostTerm extends MechanismBase {
  readonly kind: 'a' | 'mx';
  readonly domain: DomainSpec | null;
  readonly prefix4: number;
  readonly prefix6: number;
}
/** The address as written (host bits kept), as a signed 32-bit integer. */
export interface Ip4Term extends MechanismBase {
  readonly kind: 'ip4';
  readonly address: number;
  readonly prefix: number;
}
/** Four signed 32-bit integers, the most significant first. */
export interface Ip6Term extends MechanismBase {
  readonly kind: 'ip6';
  readonly address: readonly [number, number, number, number];
  readonly prefix: number;
}
interface TargetModifier extends TermBase {
  readonly kind: 'redirect' | 'exp';
  readonly domain: DomainSpec;
}
/** Any other `name=value`: without effect (RFC 7208 §6). */
interface UnknownModifier extends TermBase {
  readonly kind: 'modifier';
  /** Lower case. */
  readonly name: string;
  readonly value: MacroString;
}

export type Mechanism = AllTerm | IncludeTerm | ExistsTerm | PtrTerm | HostTerm | Ip4Term | Ip6Term;
export type Term = Mechanism | TargetModifier | UnknownModifier;

/**
 * Reads one word between blanks. On success problems may be added that the grammar forgives; otherwise the answer is
 * `undefined` and exactly one problem is added. `offset` is where the word stands in the record.
 */
export function parseTerm(word: string, offset: number, problems: Problem<SpfProblemCode>[]): Term | undefined {
  const reader = new Reader(word, offset, problems);
  return reader.term();
}

/** Whether a text is a term, whatever else might be said about it. */
export function isTerm(word: string): boolean {
  return parseTerm(word, 0, []) !== undefined;
}

class Reader {
  readonly #word: string;
  readonly #offset: number;
  readonly #problems: Problem<SpfProblemCode>[];

  constructor(word: string, offset: number, problems: Problem<SpfProblemCode>[]) {
    this.#word = word;
    this.#offset = offset;
    this.#problems = problems;
  }

  term(): Term | undefined {
    const word = this.#word;
    for (let i = 0; i < word.length; i++) {
      const code = word.charCodeAt(i);
      if (code <= 32 || code >= 127) return this.#fail(diagnoseCharacters(word) ?? diagnoseWord(word, isTerm));
    }
    const signed = isQualifier(word.charCodeAt(0));
    const start = signed ? 1 : 0;
    let end = start;
    while (end < word.length && isNameCharacter(word.charCodeAt(end))) end++;
    const sign = word[end];
    if (
      end === start ||
      !isLetter(word.charCodeAt(start)) ||
      (sign !== undefined && sign !== ':' && sign !== '/' && sign !== '=')
    ) {
      return this.#fail(diagnoseWord(word, isTerm));
    }
    const name = word.slice(start, end).toLowerCase();
    if (sign === '=') return signed ? this.#fail(diagnoseWord(word, isTerm)) : this.#modifier(name, end + 1);
    const base = { text: word, at: { offset: this.#offset, length: word.length } };
    const qualifier = (signed ? word[0] : '+') as Qualifier;
    switch (name) {
      case 'all':
        return sign === undefined ? { kind: 'all', qualifier, ...base } : this.#fail(diagnoseWord(word, isTerm));
      case 'include':
      case 'exists': {
        const domain = this.#argument(end);
        return domain && { kind: name, qualifier, domain, ...base };
      }
      case 'ptr': {
        if (sign === undefined) return { kind: 'ptr', qualifier, domain: null, ...base };
        const domain = this.#argument(end);
        return domain && { kind: 'ptr', qualifier, domain, ...base };
      }
      case 'a':
      case 'mx': {
        const cidr = this.#dualCidr(end);
        if (!cidr) return undefined;
        const { prefix4, prefix6 } = cidr;
        if (cidr.end === end) return { kind: name, qualifier, domain: null, prefix4, prefix6, ...base };
        const domain = this.#argument(end, cidr.end);
        return domain && { kind: name, qualifier, domain, prefix4, prefix6, ...base };
      }
      case 'ip4': {
        const network = this.#network(end, ip4Bits);
        if (!network) return undefined;
        const address = parseIp4(word, end + 1, network.end);
        if (address < 0) return this.#badNetwork('spf.ip4.invalid', end + 1, network.end);
        return { kind: 'ip4', qualifier, address: address | 0, prefix: network.prefix, ...base };
      }
      case 'ip6': {
        const network = this.#network(end, ip6Bits);
        if (!network) return undefined;
        const words = parseIp6(word, end + 1, network.end);
        if (!words) return this.#badNetwork('spf.ip6.invalid', end + 1, network.end);
        const [a = 0, b = 0, c = 0, d = 0] = words;
        return { kind: 'ip6', qualifier, address: [a, b, c, d], prefix: network.prefix, ...base };
      }
      default:
        return this.#fail(diagnoseWord(word, isTerm));
    }
  }

  #fail(diagnosis: Diagnosis): undefined {
    this.#report(diagnosis.code, diagnosis.offset, diagnosis.length, diagnosis.args);
    return undefined;
  }

  #report(code: SpfProblemCode, from: number, length: number, args: Readonly<Record<string, string>>): void {
    this.#problems.push({ code, offset: this.#offset + from, length, args });
  }

  #modifier(name: string, from: number): Term | undefined {
    const word = this.#word;
    const base = { text: word, at: { offset: this.#offset, length: word.length } };
    if (name === 'redirect' || name === 'exp') {
      const domain = this.#domainSpec(from, word.length);
      return domain && { kind: name, domain, ...base };
    }
    const value = word.slice(from);
    const scan = scanMacros(value, true);
    if (!scan.ok) {
      this.#report('spf.macro.syntax', from + scan.fault.offset, scan.fault.length, { term: word });
      return undefined;
    }
    if (isMechanismName(name)) this.#report('spf.syntax.equals_for_colon', 0, word.length, { term: word });
    return { kind: 'modifier', name, value: { text: value, tokens: scan.tokens }, ...base };
  }

  /** `:domain-spec` that begins at `from`. */
  #argument(from: number, to = this.#word.length): DomainSpec | undefined {
    if (this.#word[from] === ':') return this.#domainSpec(from + 1, to);
    return this.#fail(this.#word[from] === undefined ? this.#lacksDomain() : diagnoseWord(this.#word, isTerm));
  }

  #lacksDomain(): Diagnosis {
    return {
      code: 'spf.syntax.domain_tld',
      offset: 0,
      length: this.#word.length,
      args: { term: this.#word, reason: 'a domain name must follow, after a colon' },
    };
  }

  #domainSpec(from: number, to: number): DomainSpec | undefined {
    const word = this.#word;
    const text = word.slice(from, to);
    if (text === '') {
      this.#report('spf.syntax.space_after_colon', 0, word.length, { term: word });
      return undefined;
    }
    const scan = scanMacros(text, false);
    if (!scan.ok) {
      this.#report('spf.macro.syntax', from + scan.fault.offset, scan.fault.length, { term: word });
      return undefined;
    }
    if (!scan.endsInMacro && !hasTopLabel(text, scan.tail)) {
      this.#explainDomain(text, from, 'it must end in a dot and a top-level domain');
      return undefined;
    }
    const dynamic = scan.tokens.some((token) => typeof token !== 'string');
    const name = dynamic ? null : (targetName(scan.tokens.join('')) ?? null);
    if (!dynamic && (name === null || suspicious.test(text)))
      this.#explainDomain(text, from, 'no such name can exist: a label is empty or too long');
    else if (dynamic && /:\/\/|@/.test(text)) this.#explainDomain(text, from, '');
    return { text, tokens: scan.tokens, dynamic, name };
  }

  /** Reports the likeliest reason why a domain is not one. */
  #explainDomain(text: string, from: number, reason: string): void {
    const word = this.#word;
    const separator = text.search(/[,;]/);
    if (separator >= 0)
      return this.#report('spf.syntax.separator', from + separator, 1, {
        term: word,
        character: text[separator] ?? '',
      });
    const glued = gluedAt(word, isTerm);
    if (glued > 0) return this.#report('spf.syntax.missing_space', glued, word.length - glued, { term: word });
    if (/:\/\/|[@*]|\/(?!\d)/.test(text))
      return this.#report('spf.syntax.url_in_domain', from, text.length, { term: word });
    if (reason !== '') this.#report('spf.syntax.domain_tld', from, text.length, { term: word, reason });
  }

  /** `[ "/" 0-32 ] [ "//" 0-128 ]` at the end of the word; `end` is where it begins. */
  #dualCidr(from: number): { readonly end: number; readonly prefix4: number; readonly prefix6: number } | undefined {
    const word = this.#word;
    let end = word.length;
    let prefix4 = ip4Bits;
    let prefix6 = ip6Bits;
    if (from === end) return { end, prefix4, prefix6 };
    let digits = digitsBefore(word, end, from);
    if (digits < end && word[digits - 1] === '/' && word[digits - 2] === '/') {
      prefix6 = parsePrefix(word, digits, end, ip6Bits);
      if (prefix6 < 0) return this.#badPrefix('spf.ip6.invalid', digits, end, ip6Bits);
      end = digits - 2;
      digits = digitsBefore(word, end, from);
    }
    if (digits < end && word[digits - 1] === '/' && word[digits - 2] !== '/') {
      prefix4 = parsePrefix(word, digits, end, ip4Bits);
      if (prefix4 < 0) return this.#badPrefix('spf.ip4.invalid', digits, end, ip4Bits);
      end = digits - 1;
    }
    if (word[from] === '/' && end > from) return this.#badPrefix('spf.ip4.invalid', from, word.length, ip4Bits);
    return { end, prefix4, prefix6 };
  }

  /** `:address[/prefix]`; `end` is where the address ends. */
  #network(from: number, bits: number): { readonly end: number; readonly prefix: number } | undefined {
    const word = this.#word;
    const code = bits === ip4Bits ? 'spf.ip4.invalid' : 'spf.ip6.invalid';
    if (word[from] !== ':') {
      this.#report(code, 0, word.length, { term: word, reason: 'an address must follow, after a colon' });
      return undefined;
    }
    if (from + 1 === word.length) {
      this.#report('spf.syntax.space_after_colon', 0, word.length, { term: word });
      return undefined;
    }
    const slash = word.indexOf('/', from);
    if (slash < 0) return { end: word.length, prefix: bits };
    const prefix = parsePrefix(word, slash + 1, word.length, bits);
    if (prefix < 0) {
      if (gluedAt(word, isTerm) > 0 || /[%,;]/.test(word)) return this.#badNetwork(code, from + 1, word.length);
      return this.#badPrefix(code, slash + 1, word.length, bits);
    }
    return { end: slash, prefix };
  }

  #badPrefix(code: SpfProblemCode, from: number, to: number, bits: number): undefined {
    const length = Math.max(1, to - from);
    this.#report(code, Math.min(from, this.#word.length - 1), length, {
      term: this.#word,
      reason: `the prefix length is a number from 0 to ${bits} without leading zeros`,
    });
    return undefined;
  }

  #badNetwork(code: SpfProblemCode, from: number, to: number): undefined {
    const word = this.#word;
    const text = word.slice(from, to);
    if (word.includes('%')) {
      this.#report('spf.macro.in_literal', from, word.length - from, { term: word });
      return undefined;
    }
    const separator = word.search(/[,;]/);
    if (separator >= 0 || gluedAt(word, isTerm) > 0) return this.#fail(diagnoseWord(word, isTerm));
    let reason = 'this is not a whole address';
    if (code === 'spf.ip4.invalid' && parseIp6(text)) reason = 'this is an IPv6 address, which belongs in ip6:';
    else if (code === 'spf.ip6.invalid' && parseIp4(text) >= 0)
      reason = 'this is an IPv4 address, which belongs in ip4:';
    else if (/^\d+(?:\.\d+){3}:\d+$/.test(text)) reason = 'SPF knows no ports';
    else if (/[a-z]/i.test(text) && code === 'spf.ip4.invalid') reason = 'only an address can stand here, not a name';
    this.#report(code, from, text.length, { term: word, reason });
    return undefined;
  }
}

/** Characters that the grammar of a domain-spec allows and no host name has. */
const suspicious = /:\/\/|[@*,;]|\b(?:ip4|ip6|include|exists|redirect)[:=]|(?:ip4|ip6|include|exists):/i;

/** Whether the literal text behind the last macro ends in `"." toplabel [ "." ]` (RFC 7208 §7.1). */
function hasTopLabel(text: string, tail: number): boolean {
  const end = text.endsWith('.') ? text.length - 1 : text.length;
  const dot = text.lastIndexOf('.', end - 1);
  if (dot < tail || dot + 1 >= end) return false;
  let letters = false;
  for (let i = dot + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (isLetter(code)) letters = true;
    else if (code === 45) {
      if (i === dot + 1 || i === end - 1) return false;
      letters = true;
    } else if (code < 48 || code > 57) return false;
  }
  return letters;
}

function isMechanismName(name: string): boolean {
  switch (name) {
    case 'all':
    case 'include':
    case 'a':
    case 'mx':
    case 'ptr':
    case 'exists':
    case 'ip4':
    case 'ip6':
      return true;
    default:
      return false;
  }
}

function isQualifier(code: number): boolean {
  return code === 43 || code === 45 || code === 126 || code === 63;
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

function isNameCharacter(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45 || code === 95 || code === 46;
}

function digitsBefore(word: string, end: number, from: number): number {
  let i = end;
  while (i > from && word.charCodeAt(i - 1) >= 48 && word.charCodeAt(i - 1) <= 57) i--;
  return i;
}

/** A number without leading zeros, at most `most`; −1 otherwise. */
function parsePrefix(word: string, from: number, to: number, most: number): number {
  if (to <= from || to - from > 3 || (to - from > 1 && word.charCodeAt(from) === 48)) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = word.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= most ? value : -1;
}

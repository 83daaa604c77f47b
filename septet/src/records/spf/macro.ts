/**
 * Macro strings (RFC 7208 §7): `%{i}._spf.%{d2}`. They are read once into tokens; an evaluation only joins tokens.
 */
import { octetText, parseName } from '../../dns/name.ts';
import type { DnsName } from '../../dns/name.ts';

/** One `%{…}`. The letters: s sender, l local part, o sender domain, d domain, i address, p validated name, v family, h HELO; c r t only in explanations. */
export interface Macro {
  readonly letter: MacroLetter;
  /** How many parts from the right are kept; 0 keeps all. */
  readonly keep: number;
  readonly reverse: boolean;
  /** The characters at which the value is split; empty means no split unless `keep` or `reverse` ask for one at dots. */
  readonly delimiters: string;
  /** The letter was upper case: the value is URL-escaped (RFC 7208 §7.3). */
  readonly escape: boolean;
}

export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'v' | 'h' | 'c' | 'r' | 't';

/** Literal text or a macro. `%%`, `%_` and `%-` are already literal text. */
export type MacroToken = string | Macro;

export interface MacroString {
  readonly text: string;
  readonly tokens: readonly MacroToken[];
}

/** A `domain-spec` (RFC 7208 §7.1). */
export interface DomainSpec extends MacroString {
  /** Holds a macro, so that the name depends on the message. */
  readonly dynamic: boolean;
  /** The name, when there is no macro in it; `null` when it depends on the message or cannot exist in DNS. */
  readonly name: DnsName | null;
}

type MacroFault = { readonly offset: number; readonly length: number };

export type MacroScan =
  | { readonly ok: true; readonly tokens: readonly MacroToken[]; readonly endsInMacro: boolean; readonly tail: number }
  | { readonly ok: false; readonly fault: MacroFault };

const letters = 'slodipvhcrt';
const explanationLetters = 'crt';
const delimiterCharacters = '.-+,/_=';

/**
 * Splits a macro string into tokens. `offset` of a fault counts from the start of `text`.
 * `tail` is where the literal text behind the last macro begins. `explanation` allows the letters c, r and t.
 */
export function scanMacros(text: string, explanation: boolean): MacroScan {
  if (!text.includes('%')) return { ok: true, tokens: text === '' ? [] : [text], endsInMacro: false, tail: 0 };
  const tokens: MacroToken[] = [];
  let literal = '';
  let tail = 0;
  let i = 0;
  while (i < text.length) {
    const percent = text.indexOf('%', i);
    if (percent < 0) {
      literal += text.slice(i);
      break;
    }
    literal += text.slice(i, percent);
    const next = text[percent + 1];
    if (next === '%' || next === '_' || next === '-') {
      literal += next === '%' ? '%' : next === '_' ? ' ' : '%20';
      i = percent + 2;
    } else {
      const close = next === '{' ? text.indexOf('}', percent) : -1;
      const macro = close < 0 ? undefined : readMacro(text.slice(percent + 2, close), explanation);
      if (!macro) {
        const end = close < 0 ? Math.min(text.length, percent + 2) : close + 1;
        return { ok: false, fault: { offset: percent, length: end - percent } };
      }
      if (literal !== '') tokens.push(literal);
      literal = '';
      tokens.push(macro);
      i = close + 1;
    }
    tail = i;
  }
  if (literal !== '') tokens.push(literal);
  return { ok: true, tokens, endsInMacro: tail === text.length, tail };
}

function readMacro(body: string, explanation: boolean): Macro | undefined {
  const written = body[0] ?? '';
  const letter = written.toLowerCase();
  if (written === '' || !letters.includes(letter) || (!explanation && explanationLetters.includes(letter)))
    return undefined;
  let i = 1;
  let keep = 0;
  let digits = 0;
  for (; i < body.length; i++, digits++) {
    const digit = body.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    keep = Math.min(keep * 10 + digit, 999);
  }
  if (digits > 0 && keep === 0) return undefined;
  const reverse = body[i] === 'r' || body[i] === 'R';
  if (reverse) i++;
  for (let k = i; k < body.length; k++) if (!delimiterCharacters.includes(body[k] ?? '')) return undefined;
  return { letter: letter as MacroLetter, keep, reverse, delimiters: body.slice(i), escape: written !== letter };
}

/** Applies the transformers of one macro to its value (RFC 7208 §7.3). */
export function transform(macro: Macro, value: string): string {
  let out = value;
  if (macro.keep > 0 || macro.reverse || macro.delimiters !== '') {
    const parts = splitAtAny(value, macro.delimiters === '' ? '.' : macro.delimiters);
    if (macro.reverse) parts.reverse();
    out = (macro.keep > 0 && macro.keep < parts.length ? parts.slice(parts.length - macro.keep) : parts).join('.');
  }
  return macro.escape ? urlEscape(out) : out;
}

function splitAtAny(value: string, delimiters: string): string[] {
  if (delimiters.length === 1) return value.split(delimiters);
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < value.length; i++) {
    if (delimiters.includes(value[i] ?? '')) {
      parts.push(value.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(value.slice(from));
  return parts;
}

/** Percent-encodes everything outside the unreserved set of RFC 3986 §2.3. */
function urlEscape(value: string): string {
  return value.replaceAll(/[^A-Za-z0-9\-._~]/gu, (char) =>
    [...new TextEncoder().encode(char)]
      .map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** RFC 7208 §7.3: an expanded name is cut from the left, label by label, until it has at most 253 characters. */
const maxNameCharacters = 253;

/**
 * The name that an expanded `domain-spec` asks for: a trailing dot is ignored, too long a name loses labels on the left.
 * `undefined` when no DNS name can be made of it (an empty label, one of more than 63 octets, not ASCII).
 */
export function targetName(expanded: string): DnsName | undefined {
  let text = expanded.endsWith('.') ? expanded.slice(0, -1) : expanded;
  while (text.length > maxNameCharacters) {
    const dot = text.indexOf('.');
    if (dot < 0) return undefined;
    text = text.slice(dot + 1);
  }
  if (text === '') return undefined;
  let plain = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 126) return undefined;
    if (code <= 32 || code === 92) plain = false;
  }
  if (!plain) {
    let escaped = '';
    for (let i = 0; i < text.length; i++) escaped += text[i] === '.' ? '.' : octetText(text.charCodeAt(i));
    text = escaped;
  }
  const parsed = parseName(text);
  return parsed.ok && parsed.name !== '' ? parsed.name : undefined;
}

/** Whether any token is this macro letter. */
export function usesMacro(value: MacroString, ...wanted: readonly MacroLetter[]): boolean {
  return value.tokens.some((token) => typeof token !== 'string' && wanted.includes(token.letter));
}

/** Whether every character is ASCII and none a DEL. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false;
  return true;
}

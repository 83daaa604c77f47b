/** Why a word of an SPF record is not a term: the codes, and the search for what was probably meant. */
import { parseAddress } from './address.ts';

export type SpfProblemCode =
  | 'spf.syntax.unknown_mechanism'
  | 'spf.syntax.equals_for_colon'
  | 'spf.syntax.space_after_colon'
  | 'spf.syntax.missing_space'
  | 'spf.syntax.separator'
  | 'spf.syntax.character'
  | 'spf.syntax.qualifier'
  | 'spf.syntax.url_in_domain'
  | 'spf.syntax.domain_tld'
  | 'spf.ip4.invalid'
  | 'spf.ip6.invalid'
  | 'spf.redirect.colon'
  | 'spf.redirect.multiple'
  | 'spf.macro.syntax'
  | 'spf.macro.in_literal';

/** The term parser, handed in because it calls this file. */
type IsTerm = (word: string) => boolean;

export interface Diagnosis {
  readonly code: SpfProblemCode;
  /** From the start of the word. */
  readonly offset: number;
  readonly length: number;
  readonly args: Readonly<Record<string, string>>;
}

const gluedTerm = /[+~?-]?(?:(?:ip4|ip6|include|exists|mx|ptr|a):|(?:redirect|exp)=|(?:[+~?-]all$))/gi;

/** Where a second term begins inside a word (`ip4:192.0.2.1include:x`), or −1. The part before must be a term by itself. */
export function gluedAt(word: string, isTerm: IsTerm): number {
  if (word.length > 1000) return -1;
  const behindAll = /^[+~?-]?all(?=[a-z][a-z0-9_.-]*=)/i.exec(word)?.[0].length;
  if (behindAll !== undefined && isTerm(word.slice(behindAll))) return behindAll;
  for (const hit of word.matchAll(gluedTerm)) {
    if (hit.index === 0) continue;
    const rest = word.slice(hit.index);
    if (/^[+~?-]all$/i.test(rest) && /[.:\d]/.test(word.slice(0, hit.index))) return hit.index;
    if (isTerm(word.slice(0, hit.index)) && isTerm(rest)) return hit.index;
  }
  return -1;
}

/** The character whose UTF-8 octets begin at `offset`; a lone octet where they are not UTF-8. */
function signAt(word: string, offset: number): { readonly codePoint: number; readonly octets: number } {
  const lead = word.charCodeAt(offset);
  const octets = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  const text = Buffer.from(word.slice(offset, offset + octets), 'latin1').toString('utf8');
  const codePoint = text.codePointAt(0);
  const isSign = octets > 1 && codePoint !== undefined && codePoint !== 0xfffd;
  return isSign ? { codePoint, octets } : { codePoint: lead, octets: 1 };
}

/** What is wrong with the characters of a word, before its meaning is asked. */
export function diagnoseCharacters(word: string): Diagnosis | undefined {
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code > 32 && code < 127) continue;
    const blank = code < 32 || code === 0xa0;
    const { codePoint, octets } = signAt(word, i);
    const shown = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    return {
      code: blank ? 'spf.syntax.separator' : 'spf.syntax.character',
      offset: i,
      length: octets,
      args: { term: printable(word), character: shown },
    };
  }
  return undefined;
}

/** Why a word that should be a term is none. `hint` in the arguments is a whole sentence about what to write. */
export function diagnoseWord(word: string, isTerm: IsTerm): Diagnosis {
  const characters = diagnoseCharacters(word);
  if (characters) return characters;
  const whole = { offset: 0, length: word.length, args: { term: word } };
  const separator = word.search(/[,;]/);
  if (separator >= 0) {
    return {
      code: 'spf.syntax.separator',
      offset: separator,
      length: 1,
      args: { term: word, character: word[separator] ?? '' },
    };
  }
  if (/^[+~?-](?:[+~?-]|$)|^all[+~?-]$/i.test(word)) return { code: 'spf.syntax.qualifier', ...whole };
  const glued = gluedAt(word, isTerm);
  if (glued > 0)
    return { code: 'spf.syntax.missing_space', offset: glued, length: word.length - glued, args: { term: word } };
  if (/^[+~?-][a-z][a-z0-9_.-]*=/i.test(word)) {
    const meant = /^[+~?-](?:include|a|mx|ptr|exists|ip4|ip6)=/i.test(word);
    return { code: meant ? 'spf.syntax.equals_for_colon' : 'spf.syntax.qualifier', ...whole };
  }
  if (/^[+~?-]?(?:redirect|exp):/i.test(word)) return { code: 'spf.redirect.colon', ...whole };
  if (/:\/\/|@|\*/.test(word)) return { code: 'spf.syntax.url_in_domain', ...whole };
  return { code: 'spf.syntax.unknown_mechanism', ...whole, args: { term: word, hint: hintFor(word) } };
}

function hintFor(word: string): string {
  const meant = meantBy(word);
  return meant === undefined ? 'Remove it, or write the term that was meant.' : `Probably ${meant} was meant.`;
}

const misspelt: ReadonlyMap<string, string> = new Map([
  ['ipv4', 'ip4'],
  ['ipv6', 'ip6'],
  ['ip', 'ip4'],
  ['ipa4', 'ip4'],
  ['exist', 'exists'],
  ['includes', 'include'],
  ['host', 'a'],
]);
const names = ['include', 'ip4', 'ip6', 'exists', 'redirect', 'all', 'mx', 'ptr', 'a'] as const;

/** The term that a wrong word most likely stands for; `undefined` when nothing is near. */
export function meantBy(word: string): string | undefined {
  const cut = /^([+~?-]?)([^:=/]*)([:=/]?)(.*)$/s.exec(word);
  if (!cut) return undefined;
  const [, qualifier = '', written = '', sign = '', rest = ''] = cut;
  const bare = parseAddress(word.replace(/\/\d+$/, ''));
  if (bare) return `${bare.family === 4 ? 'ip4' : 'ip6'}:${word}`;
  const name = written.toLowerCase();
  if (sign === '' && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,}$/i.test(written))
    return `${qualifier}include:${written}`;
  const known = misspelt.get(name) ?? nearest(name);
  if (known === undefined) return undefined;
  if (known === 'all') return sign === '' || rest === '' ? `${qualifier}all` : undefined;
  if (known === 'redirect') return rest === '' ? undefined : `redirect=${rest}`;
  if (sign === '' || rest === '') return known === 'mx' || known === 'a' ? `${qualifier}${known}` : undefined;
  const ip6 = known === 'ip4' && rest.includes(':') && parseAddress(rest.replace(/\/\d+$/, ''))?.family === 6;
  return `${qualifier}${ip6 ? 'ip6' : known}:${rest}`;
}

function nearest(written: string): string | undefined {
  if (written.length < 2 || written.length > 12) return undefined;
  return names.find((name) => name.length > 1 && distance(written, name) <= (name.length > 4 ? 2 : 1));
}

/** Edit distance with swapped neighbours counted once. */
function distance(left: string, right: string): number {
  let before: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, k) => k);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let k = 1; k <= right.length; k++) {
      const same = left[i - 1] === right[k - 1] ? 0 : 1;
      let best = Math.min((last[k] ?? 0) + 1, (row[k - 1] ?? 0) + 1, (last[k - 1] ?? 0) + same);
      if (i > 1 && k > 1 && left[i - 1] === right[k - 2] && left[i - 2] === right[k - 1])
        best = Math.min(best, (before[k - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[right.length] ?? 0;
}

function printable(word: string): string {
  return word.replaceAll(/[^\u0021-\u007e]/g, '\u00b7');
}

/** The words of an address list (RFC 5322 §3.2), one after the other, without judging how they are put together. */
import { readComment } from './words.ts';

export interface Token {
  /**
   * `word`: an atom, or an encoded word; `literal`: what stands in square brackets, without them; `unclosed`: the one
   * character `"`, `(` or `[` whose partner does not come.
   */
  readonly kind: 'word' | 'quote' | 'literal' | 'comment' | 'special' | 'unclosed';
  /** Quotes, parentheses, quoted pairs and folds undone. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** RFC 5322 §3.2.3, without `[`, `]`, `(`, `)` and `"`, which have their own tokens; `]` and `)` alone are words. */
const specials = '<>@,;:.';

/** An encoded word is one word, also where it holds characters that it must not have (`=?utf-8?Q?Doe,_Jane?=`). */
const encodedWord = /=\?[^?\s<>"]{1,60}\?[bq]\?[^?\s<>"]*\?=/iy;
const atom = /[^ \t\r\n<>@,;:."([]+/y;
const blanks = /[ \t\r\n]+/y;

/**
 * The token that begins at `at` or behind blanks there; undefined at the end of the text. The characters of `plain` open
 * nothing: a caller puts there what was `unclosed` before, so that no text is searched to its end twice.
 */
export function nextToken(text: string, at: number, plain: string): Token | undefined {
  blanks.lastIndex = at;
  const start = blanks.test(text) ? blanks.lastIndex : at;
  if (start >= text.length) return undefined;
  const char = text.charAt(start);
  if (char === '(' || char === '"' || char === '[') {
    if (plain.includes(char)) return token('word', char, start, start + 1);
    const found = char === '(' ? comment(text, start) : enclosed(text, start, char);
    return found ?? token('unclosed', char, start, start + 1);
  }
  if (specials.includes(char)) return token('special', char, start, start + 1);
  if (char === '=') {
    encodedWord.lastIndex = start;
    const match = encodedWord.exec(text);
    if (match) return token('word', match[0], start, start + match[0].length);
  }
  atom.lastIndex = start;
  const word = atom.exec(text)?.[0] ?? char;
  return token('word', word, start, start + word.length);
}

function comment(text: string, start: number): Token | undefined {
  const read = readComment(text, start);
  return read.closed ? token('comment', unfolded(read.text), start, read.end) : undefined;
}

function enclosed(text: string, start: number, opening: '"' | '['): Token | undefined {
  const closing = opening === '"' ? '"' : ']';
  let out = '';
  let from = start + 1;
  for (let i = from; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\' && i + 1 < text.length) {
      out += text.slice(from, i);
      from = i + 1;
      i++;
    } else if (char === closing) {
      return token(opening === '"' ? 'quote' : 'literal', unfolded(out + text.slice(from, i)), start, i + 1);
    }
  }
  return undefined;
}

const unfolded = (text: string): string => text.replaceAll('\r\n', '');

const token = (kind: Token['kind'], text: string, start: number, end: number): Token => ({ kind, text, start, end });

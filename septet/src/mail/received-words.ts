/** Takes a trace field apart into its clauses (RFC 5321 §4.4): `from … by … via … with … id … for …; date`. */
import { readComment } from './words.ts';

export interface Clause {
  readonly words: readonly string[];
  /** Without their outer parentheses. */
  readonly comments: readonly string[];
}

export interface Clauses {
  readonly from?: Clause;
  readonly by?: Clause;
  readonly via?: Clause;
  readonly with?: Clause;
  readonly id?: Clause;
  readonly for?: Clause;
  /** A clause of Haraka; others write it as a comment. */
  readonly 'envelope-from'?: Clause;
  /** All comments, in the order in which they stand. */
  readonly comments: readonly string[];
  /** What stands behind the last semicolon, comments included. */
  readonly date: string;
}

type Keyword = Exclude<keyof Clauses, 'comments' | 'date'>;
const keywords: readonly Keyword[] = ['from', 'by', 'via', 'with', 'id', 'for', 'envelope-from'];
const isKeyword = (word: string): word is Keyword => (keywords as readonly string[]).includes(word);

/** Words and comments that are looked at; servers write a dozen or two. */
const maxPieces = 200; // house

/**
 * Splits the value of a field. A keyword counts once; the first of a kind is the server's own, because `from` stands
 * first and the words of a client follow it.
 *
 * What a client said may hold parentheses: `(` that touches a word of the `from` clause belongs to the word.
 */
export function splitReceived(value: string): Clauses {
  const clauses = new Map<Keyword, { words: string[]; comments: string[] }>();
  const comments: string[] = [];
  let current: { words: string[]; comments: string[] } | undefined;
  let keyword: Keyword | undefined;
  let fresh = false;
  let semicolon = -1;
  let at = 0;
  for (let pieces = 0; pieces < maxPieces && at < value.length; pieces++) {
    while (at < value.length && isBlank(value.charCodeAt(at))) at++;
    const char = value.charAt(at);
    if (char === '') break;
    if (char === ';') {
      semicolon = at;
      at++;
      continue;
    }
    if (char === '(') {
      const comment = readComment(value, at);
      const text = comment.text.replaceAll(/[ \t\r\n]+/g, ' ').trim();
      at = comment.end;
      comments.push(text);
      current?.comments.push(text);
      fresh = false;
      continue;
    }
    const end = endOfWord(value, at, keyword === 'from' && current?.comments.length === 0);
    const word = value.slice(at, end);
    at = end;
    const key = word.toLowerCase();
    // Behind `from` a client may have given a keyword as its name; `from by mx…` has no name of a client.
    const isName = fresh && keyword === 'from' && !(key === 'by' && !/^\s*\(/.test(value.slice(at, at + 20)));
    if (semicolon < 0 && isKeyword(key) && !clauses.has(key) && !isName) {
      keyword = key;
      current = { words: [], comments: [] };
      clauses.set(key, current);
      fresh = true;
      continue;
    }
    fresh = false;
    current?.words.push(word);
  }
  const last = lastSemicolon(value, semicolon);
  return { ...Object.fromEntries(clauses), comments, date: last < 0 ? '' : value.slice(last + 1) };
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;

function endOfWord(value: string, start: number, keepParentheses: boolean): number {
  let end = start;
  for (; end < value.length; end++) {
    const code = value.charCodeAt(end);
    if (isBlank(code) || code === 59) break;
    if (code === 40 && !keepParentheses) break;
  }
  return end === start ? start + 1 : end;
}

/** An identifier may hold a semicolon: the date stands behind the last one outside comments. */
function lastSemicolon(value: string, first: number): number {
  let last = first;
  if (first < 0) return -1;
  for (let i = first; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 59) last = i;
    else if (code === 40) i = readComment(value, i).end - 1;
  }
  return last;
}

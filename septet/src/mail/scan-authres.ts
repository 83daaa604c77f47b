/**
 * The lexical part of Authentication-Results (RFC 8601 §2.2): blanks and nested comments (CFWS, RFC 5322 §3.2.2), quoted
 * strings (RFC 5322 §3.2.4) and bare words. Every position is read a bounded number of times, so time is linear.
 */
import type { RepairCode } from './authres.ts';

/** Tells what had to be repaired between two places of the text. */
export type Note = (code: RepairCode, from: number, to: number, text: string) => void;

export interface AuthresScanner {
  /** Where the scanner stands. */
  at(): number;
  /** Goes back (or forth) to a place. Comments before it are not told again. */
  moveTo(place: number): void;
  /** The character here; empty at the end. */
  here(): string;
  /** Passes blanks and comments; the texts of comments go to the list of `collectInto`. */
  skip(): void;
  /** A run of characters up to a blank, `;`, `(` or one of `stops`; may be empty. */
  word(stops: string): string;
  /** A quoted string, when one begins here and is closed; its text without quotes and escapes. */
  quoted(): string | undefined;
  /** Whether the text goes on here as a pattern (sticky, of bounded length) says. */
  matches(pattern: RegExp): boolean;
  /** From now on comments belong to this list. */
  collectInto(list: string[]): void;
}

/** Comments that are kept of one result; more are passed over. */
export const maxComments = 100; // house

const isBlank = (character: string): boolean =>
  character === ' ' || character === '\t' || character === '\r' || character === '\n';

export function scanAuthres(text: string, note: Note): AuthresScanner {
  let at = 0;
  let comments: string[] = [];
  /** Comments up to here have been told. */
  let told = 0;
  // Once a comment does not close, the closing parenthesis of a later one has to come before the next semicolon; else
  // a text of many `(` would be read to its end for each of them.
  let commentsClose = true;
  let quotesClose = true;

  const comment = (): void => {
    const from = at;
    let depth = 0;
    let firstSemicolon = -1;
    let place = at;
    for (; place < text.length; place++) {
      const character = text[place];
      if (character === '\\') place++;
      else if (character === '(') depth++;
      else if (character === ')' && --depth === 0) break;
      else if (character === ';' && firstSemicolon < 0) {
        firstSemicolon = place;
        if (!commentsClose) break;
      }
    }
    const closed = depth === 0 && place < text.length;
    const end = closed ? place : firstSemicolon < 0 ? text.length : firstSemicolon;
    if (!closed) {
      commentsClose = false;
      note('comment.unclosed', from, end, 'A comment is not closed; it ends before the next semicolon.');
    }
    at = closed ? end + 1 : end;
    if (from < told) return;
    told = at;
    if (comments.length < maxComments) comments.push(unescape(text.slice(from + 1, end)));
  };

  return {
    at: () => at,
    moveTo(place) {
      at = place;
    },
    here: () => text[at] ?? '',
    skip() {
      for (;;) {
        const character = text[at];
        if (character === undefined) return;
        if (isBlank(character)) at++;
        else if (character === '(') comment();
        else return;
      }
    },
    word(stops) {
      const from = at;
      for (; at < text.length; at++) {
        const character = text[at] ?? '';
        if (isBlank(character) || character === ';' || character === '(' || stops.includes(character)) break;
      }
      return text.slice(from, at);
    },
    quoted() {
      if (text[at] !== '"' || !quotesClose) return undefined;
      for (let place = at + 1; place < text.length; place++) {
        const character = text[place];
        if (character === '\\') place++;
        else if (character === '"') {
          const inside = text.slice(at + 1, place);
          at = place + 1;
          return unescape(inside);
        }
      }
      quotesClose = false;
      return undefined;
    },
    matches(pattern) {
      pattern.lastIndex = at;
      return pattern.test(text);
    },
    collectInto(list) {
      comments = list;
    },
  };
}

/** Folds undone, quoted pairs (RFC 5322 §3.2.1) read. */
const unescape = (text: string): string => text.replaceAll('\r\n', '').replaceAll(/\\([^])/g, '$1');

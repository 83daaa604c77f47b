/**
 * Content-Type (RFC 2045 §5.1) and Content-Disposition (RFC 2183 §2): a word and parameters.
 *
 *     Content-Type: text/plain; charset="utf-8"; format=flowed
 *     Content-Disposition: attachment; filename*0*=utf-8''na%C3%AF; filename*1="ve.pdf"
 *
 * Values that RFC 2231 splits or encodes are joined and decoded. What mail programs write against the grammar is read as
 * they mean it, and noted.
 */
import type { Parsed, Problem } from '../text/parsed.ts';
import { joinExtended } from './extended-parameters.ts';
import type { ExtendedCode, RawParameter } from './extended-parameters.ts';

export type ContentTypeCode =
  /** There is no `type/subtype`, so it counts as `text/plain` (RFC 2045 §5.2). */
  | 'type.syntax'
  /** No word for the disposition. */
  | 'disposition.syntax'
  | 'parameter.semicolon_missing'
  /** Text between semicolons that is no `name=value`. */
  | 'parameter.no_value'
  /** A value with characters that ask for quotes (RFC 2045 §5.1, tspecials). */
  | 'parameter.unquoted'
  /** A second one of the same name: the first counts. */
  | 'parameter.duplicate'
  | 'quote.unclosed'
  | 'comment.unclosed'
  | 'limit.parameters'
  | ExtendedCode;

export interface ContentType {
  /** `text/html`, lower case. */
  readonly type: string;
  /** Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Disposition {
  /** `inline`, `attachment`, or what is written, lower case. */
  readonly disposition: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly fileName?: string;
}

/** Parameters of a field that are read. */
export const maxParameters = 200; // house

/** Reads a Content-Type: what follows the colon, folds or not, one character per octet. Never throws; linear. */
export function parseContentType(text: string): Parsed<ContentType, ContentTypeCode> {
  const scan = scanner(text);
  scan.blanks();
  const from = scan.at;
  const type = scan.word(/[A-Za-z0-9!#$&^_.+*'`{|}~%-]/);
  scan.blanks();
  let subtype = '';
  if (text[scan.at] === '/') {
    scan.at++;
    scan.blanks();
    subtype = scan.word(/[A-Za-z0-9!#$&^_.+*'`{|}~%-]/);
  }
  if (type === '' || subtype === '') {
    const end = text.indexOf(';', from);
    scan.note('type.syntax', from, Math.max(1, (end < 0 ? text.length : end) - from));
    return { kind: 'bad', problems: scan.problems };
  }
  const parameters = readParameters(text, scan);
  return {
    kind: 'good',
    value: { type: `${type}/${subtype}`.toLowerCase(), parameters },
    problems: scan.problems,
  };
}

/** Reads a Content-Disposition: what follows the colon, folds or not, one character per octet. Never throws; linear. */
export function parseDisposition(text: string): Parsed<Disposition, ContentTypeCode> {
  const scan = scanner(text);
  scan.blanks();
  const from = scan.at;
  const word = scan.word(/[A-Za-z0-9!#$&^_.+*'`{|}~%-]/);
  scan.blanks();
  // `filename=a.pdf` without a disposition is not the name of one.
  if (word === '' || text[scan.at] === '=') {
    scan.note('disposition.syntax', from, Math.max(1, scan.at - from));
    return { kind: 'bad', problems: scan.problems };
  }
  const parameters = readParameters(text, scan);
  const fileName = parameters.get('filename');
  return {
    kind: 'good',
    value: {
      disposition: word.toLowerCase(),
      parameters,
      ...(fileName === undefined || fileName === '' ? {} : { fileName }),
    },
    problems: scan.problems,
  };
}

interface Scanner {
  at: number;
  readonly problems: Problem<ContentTypeCode>[];
  note(code: ContentTypeCode, offset: number, length: number): void;
  /** Passes over blanks, folds and comments (RFC 5322 §3.2.2). */
  blanks(): void;
  word(characters: RegExp): string;
  /** At a `"`: the text inside, backslashes undone. */
  quoted(): string;
}

function scanner(text: string): Scanner {
  const problems: Problem<ContentTypeCode>[] = [];
  const self: Scanner = {
    at: 0,
    problems,
    note: (code, offset, length) => {
      problems.push({ code, offset, length });
    },
    blanks() {
      while (self.at < text.length) {
        const char = text[self.at] ?? '';
        if (isBlank(char)) self.at++;
        else if (char === '(') comment();
        else return;
      }
    },
    word(characters) {
      const from = self.at;
      while (self.at < text.length && characters.test(text[self.at] ?? '')) self.at++;
      return text.slice(from, self.at);
    },
    quoted() {
      const from = self.at;
      let value = '';
      for (self.at++; self.at < text.length; self.at++) {
        const char = text[self.at] ?? '';
        if (char === '"') {
          self.at++;
          return value;
        }
        if (char === '\\' && self.at + 1 < text.length) value += text[++self.at];
        else if (char !== '\r' && char !== '\n') value += char;
      }
      self.note('quote.unclosed', from, text.length - from);
      return value;
    },
  };
  const comment = (): void => {
    const from = self.at;
    let depth = 0;
    for (; self.at < text.length; self.at++) {
      const char = text[self.at];
      if (char === '\\') self.at++;
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) {
        self.at++;
        return;
      }
    }
    self.at = text.length;
    self.note('comment.unclosed', from, text.length - from);
  };
  return self;
}

const isBlank = (char: string): boolean => char === ' ' || char === '\t' || char === '\r' || char === '\n';

/** From behind the type to the end: `; name=value` again and again. */
function readParameters(text: string, scan: Scanner): ReadonlyMap<string, string> {
  const found: RawParameter[] = [];
  const seen = new Set<string>();
  for (;;) {
    scan.blanks();
    const semicolon = scan.at;
    let separated = false;
    while (text[scan.at] === ';') {
      separated = true;
      scan.at++;
      scan.blanks();
    }
    if (scan.at >= text.length) break;
    const from = scan.at;
    const name = scan.word(/[^\s()<>@,;:\\"/[\]?=]/).toLowerCase();
    scan.blanks();
    if (name === '' || text[scan.at] !== '=') {
      if (name === '') scan.at = Math.max(scan.at, from + 1);
      const end = text.indexOf(';', scan.at);
      scan.at = end < 0 ? text.length : end;
      scan.note('parameter.no_value', from, scan.at - from);
      continue;
    }
    if (found.length === maxParameters) {
      scan.note('limit.parameters', from, text.length - from);
      break;
    }
    if (!separated) scan.note('parameter.semicolon_missing', semicolon, Math.max(1, from - semicolon));
    scan.at++;
    scan.blanks();
    const value = text[scan.at] === '"' ? quotedValue(text, scan) : plainValue(text, scan);
    if (seen.has(name)) scan.note('parameter.duplicate', from, scan.at - from);
    else found.push({ name, value, at: { offset: from, length: scan.at - from } });
    seen.add(name);
  }
  return joinExtended(found, (code, at) => scan.note(code, at.offset, at.length));
}

/** A quoted string; several in a row are one value, as `"a" "b"` of folded file names. */
function quotedValue(text: string, scan: Scanner): string {
  let value = scan.quoted();
  for (;;) {
    const end = scan.at;
    scan.blanks();
    if (text[scan.at] !== '"') {
      if (scan.at >= text.length || text[scan.at] === ';') return value;
      scan.at = end;
      return value;
    }
    scan.note('parameter.unquoted', end, scan.at + 1 - end);
    value += scan.quoted();
  }
}

/** A value without quotes: a token, or what stands up to the semicolon. */
function plainValue(text: string, scan: Scanner): string {
  const from = scan.at;
  const token = scan.word(/[^\s()<>@,;:\\"/[\]?=]/);
  const end = scan.at;
  scan.blanks();
  if (scan.at >= text.length || text[scan.at] === ';') {
    if (token === '') scan.note('parameter.no_value', from, Math.max(1, end - from));
    return token;
  }
  // `charset=utf-8 format=flowed`: the next parameter without its semicolon.
  if (token !== '' && scan.at > end && /[^\s()<>@,;:\\"/[\]?=]/.test(text[scan.at] ?? '')) {
    const next = scan.at;
    scan.word(/[^\s()<>@,;:\\"/[\]?=]/);
    const follows = text[scan.at] === '=' && !/^\s*(;|$)/.test(text.slice(scan.at + 1, scan.at + 8));
    scan.at = next;
    if (follows) return token;
  }
  const semicolon = text.indexOf(';', end);
  scan.at = semicolon < 0 ? text.length : semicolon;
  scan.note('parameter.unquoted', from, scan.at - from);
  return text
    .slice(from, scan.at)
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .trim();
}

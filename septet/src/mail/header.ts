/**
 * The header of a message (RFC 5322 §2.2, §3.6, §4.5) as it stands: order, case, folds and octets are kept, because
 * signatures are made over them.
 *
 * Text is held with one character per octet (`latin1`), so that nothing is lost; `words.ts` decodes what is shown. A
 * message that comes from a file of a Unix system ends its lines with LF alone; its line ends count as CRLF, as they
 * were when it was sent. In a message whose header ends its lines with CRLF, a bare LF is an octet like others.
 */

export interface Field {
  /** The name as written, without blanks before the colon. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** The whole field as written, folds as CRLF, without the line end that closes it. */
  readonly raw: string;
  /** Where the colon stands in `raw`. */
  readonly colon: number;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

/** How the lines of a header end. `lf`: every bare LF of the message is a line end. */
export type LineEnd = 'crlf' | 'lf';

export type HeaderCode =
  /** Neither a field nor the continuation of one: the line is passed over. */
  | 'line.not_field'
  /** A name with a character that names must not have. */
  | 'name.character'
  /** Blanks between name and colon (RFC 5322 §4.5, obsolete). */
  | 'name.blank'
  /** A line of blanks only, inside a field (RFC 5322 §4.2, obsolete). */
  | 'fold.blank_line'
  /** A line of more than 998 octets (RFC 5322 §2.1.1). */
  | 'line.too_long'
  /** Octets above 127 without SMTPUTF8 form: they are not UTF-8. */
  | 'octets.not_utf8'
  /** UTF-8 in the header (RFC 6532). */
  | 'octets.utf8'
  | 'octets.nul'
  | 'octets.bare_cr'
  /** A bare LF in a message whose lines end with CRLF. */
  | 'octets.bare_lf'
  /** The text ends inside the header: there is no empty line, so there is no body. */
  | 'end.missing'
  /** More fields or octets than are read; what is above is not. */
  | 'limit.fields'
  | 'limit.octets';

export interface HeaderProblem {
  readonly code: HeaderCode;
  /** From 1; the first place where it was met. */
  readonly line: number;
  /** How often it was met. */
  readonly count: number;
}

export interface Header {
  readonly fields: readonly Field[];
  readonly lineEnd: LineEnd;
  /** Octets of the input up to the body, the empty line included. */
  readonly octets: number;
  /** Lines up to the body, the empty line included. */
  readonly lines: number;
  readonly problems: readonly HeaderProblem[];
}

/** What follows the colon, as written, folds included. */
export const bodyOf = (field: Field): string => field.raw.slice(field.colon + 1);

/** What follows the colon on one line: folds undone (RFC 5322 §2.2.3), blanks at both ends removed. */
export const valueOf = (field: Field): string =>
  bodyOf(field)
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .trim();

/** All fields of a name (lower case), from the top. */
export const fieldsOf = (header: Header, key: string): readonly Field[] =>
  header.fields.filter((field) => field.key === key);

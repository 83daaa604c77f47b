/**
 * Reads the header of a message (RFC 5322 §2.2) without losing an octet, and without ever refusing it: what does not fit
 * is noted as a problem and the rest is still read.
 *
 * The header ends at the first empty line and nowhere else: a line in its midst that is no field is passed over, together
 * with the lines that continue it. The first line end of the header says how the lines end (see `header.ts`); where that
 * is CRLF a bare LF is an octet like others, and where it is LF a CRLF ends a line as well.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { Field, Header, HeaderCode, HeaderProblem, LineEnd } from './header.ts';

/** Octets of a header that are read; what is above is passed over with `limit.octets`. */
export const maxHeaderOctets = 2 * 1024 * 1024; // house
/** Fields of a header that are read; what is above is passed over with `limit.fields`. */
export const maxFields = 10_000; // house
/** Octets of a line without its line end. */
export const maxLineOctets = 998; // RFC 5322 §2.1.1

export interface HeaderOptions {
  /** The number of the first line, where the header stands inside something else; 1 where it is not said. */
  readonly firstLine?: number;
  /** How lines end, where the message around this header has said so already. */
  readonly lineEnd?: LineEnd;
  /** What a reader of a stream has passed over behind `bytes`, which then hold `maxHeaderOctets`. */
  readonly passedOver?: PassedOver;
}

export interface PassedOver {
  readonly octets: number;
  /** Line ends among these octets. */
  readonly lines: number;
  /** The empty line came. */
  readonly ended: boolean;
}

const lf = 10;
const cr = 13;
const blank = 32;
const tab = 9;

/**
 * Reads a header block with its empty line, or one that the input ends in. Octets behind the empty line do not count.
 * Linear in the length of the header; never throws.
 */
export function parseHeader(bytes: Uint8Array, options: HeaderOptions = {}): Header {
  const buffer = asBuffer(bytes);
  const lineEnd = options.lineEnd ?? lineEndOf(buffer);
  const end = options.passedOver === undefined ? endOfHeader(buffer, lineEnd) : -1;
  return read(buffer, end, lineEnd, options);
}

/** A message that is in memory: its header, and its body as it stands. The body is a view of the same memory. */
export function splitMessage(bytes: Uint8Array): { readonly header: Header; readonly body: Uint8Array } {
  const header = parseHeader(bytes);
  return { header, body: bytes.subarray(header.octets) };
}

/** CRLF or LF, as the first line end of the header says; CRLF where there is none among the octets that are read. */
export function lineEndOf(bytes: Uint8Array): LineEnd {
  const first = bytes.indexOf(lf);
  return first < 0 || first >= maxHeaderOctets || (first > 0 && bytes[first - 1] === cr) ? 'crlf' : 'lf';
}

/** Where the body begins: behind the first empty line. -1 where there is no empty line. */
function endOfHeader(bytes: Buffer, lineEnd: LineEnd): number {
  if (bytes[0] === cr && bytes[1] === lf) return 2;
  if (bytes[0] === lf && lineEnd === 'lf') return 1;
  return endOfEmptyLine(bytes, lineEnd, 0);
}

/** The place behind the first empty line that follows a line end at `from` or later; -1 where there is none. */
export function endOfEmptyLine(bytes: Buffer, lineEnd: LineEnd, from: number): number {
  if (lineEnd === 'crlf') {
    const at = bytes.indexOf('\r\n\r\n', from, 'latin1');
    return at < 0 ? -1 : at + 4;
  }
  const plain = bytes.indexOf('\n\n', from, 'latin1');
  const mixed = (plain < 0 ? bytes : bytes.subarray(0, plain + 1)).indexOf('\n\r\n', from, 'latin1');
  if (mixed >= 0) return mixed + 3;
  return plain < 0 ? -1 : plain + 2;
}

function read(bytes: Buffer, end: number, lineEnd: LineEnd, options: HeaderOptions): Header {
  const firstLine = options.firstLine ?? 1;
  const octets = end < 0 ? bytes.length : end;
  const kept = Math.min(octets, maxHeaderOctets);
  const cut = kept < octets || options.passedOver !== undefined;
  const text = bytes.toString('latin1', 0, kept);
  const problems = new Map<HeaderCode, HeaderProblem>();
  const note = (code: HeaderCode, line: number, count = 1): void => {
    const known = problems.get(code);
    problems.set(code, { code, line: known?.line ?? line, count: (known?.count ?? 0) + count });
  };
  const eightBit = !isAscii(bytes.subarray(0, kept));
  const nul = text.includes('\0');

  const fields: Field[] = [];
  let line = firstLine;
  /** The field, or the line that is none, which is being read: where it begins, its line, its lines, where its first ends. */
  let start = -1;
  let startLine = firstLine;
  let startEnd = 0;
  let stop = 0;
  /** The next colon, looked for once: a header without colons must not be searched to its end line by line. */
  let colon = -2;

  const close = (): void => {
    if (start < 0) return;
    const from = start;
    start = -1;
    if (eightBit) noteEightBit(bytes, from, stop, startLine, lineEnd, note);
    if (colon !== -1 && colon < from) colon = text.indexOf(':', from);
    const name = colon > from && colon < startEnd ? nameOf(text, from, colon) : undefined;
    if (name === undefined) {
      note('line.not_field', startLine);
      return;
    }
    if (fields.length === maxFields) {
      note('limit.fields', startLine);
      return;
    }
    if (name.length < colon - from) note('name.blank', startLine);
    if (!isFieldName(name)) note('name.character', startLine);
    let raw = text.slice(from, stop);
    if (lineEnd === 'lf' && stop > startEnd) raw = raw.replaceAll(/\r?\n/g, '\r\n');
    fields.push({ name, key: name.toLowerCase(), raw, colon: colon - from, line: startLine });
  };

  let at = 0;
  let ended = false;
  let nextCr = text.indexOf('\r');
  while (at < kept) {
    let feed = text.indexOf('\n', at);
    if (lineEnd === 'crlf') {
      while (feed >= 0 && (feed === at || text.charCodeAt(feed - 1) !== cr)) {
        note('octets.bare_lf', line);
        feed = text.indexOf('\n', feed + 1);
      }
    }
    const last = feed < 0;
    const content = last ? kept : feed > at && text.charCodeAt(feed - 1) === cr ? feed - 1 : feed;
    while (nextCr >= 0 && nextCr < content) {
      if (nextCr >= at) note('octets.bare_cr', line);
      nextCr = text.indexOf('\r', nextCr + 1);
    }
    if (content === at && !last) {
      ended = true;
      line++;
      at = feed + 1;
      break;
    }
    if (last && cut) break;
    if (content - at > maxLineOctets) note('line.too_long', line);
    if (nul) noteNul(text, at, content, line, note);
    const first = text.charCodeAt(at);
    if ((first === blank || first === tab) && start >= 0) {
      if (isBlank(text, at, content)) note('fold.blank_line', line);
    } else {
      close();
      start = at;
      startLine = line;
      startEnd = content;
    }
    stop = content;
    at = last ? kept : feed + 1;
    line++;
  }
  if (cut) {
    // The field that the limit cuts would be half a field: it counts among what is passed over.
    const from = start < 0 ? at : start;
    const beyond = options.passedOver;
    note('limit.octets', start < 0 ? line : startLine, octets - from + (beyond?.octets ?? 0));
    line += countLines(bytes, at, octets, lineEnd) + (beyond?.lines ?? 0);
    ended = beyond?.ended ?? end >= 0;
  } else close();
  if (!ended) note('end.missing', Math.max(firstLine, line - 1));
  return {
    fields,
    lineEnd,
    octets: octets + (options.passedOver?.octets ?? 0),
    lines: line - firstLine,
    problems: [...problems.values()],
  };
}

/** The name in front of the colon without blanks at its end; undefined where blanks stand inside, so that it is no name. */
function nameOf(text: string, start: number, colon: number): string | undefined {
  let end = colon;
  while (end > start && isWhite(text.charCodeAt(end - 1))) end--;
  for (let i = start; i < end; i++) if (isWhite(text.charCodeAt(i))) return undefined;
  return end === start ? undefined : text.slice(start, end);
}

/** RFC 5322 §3.6.8: printable ASCII without the colon. */
function isFieldName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 33 || code > 126) return false;
  }
  return true;
}

const isWhite = (code: number): boolean => code === blank || code === tab;

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isWhite(text.charCodeAt(i))) return false;
  return true;
}

type Note = (code: HeaderCode, line: number, count?: number) => void;

function noteNul(text: string, start: number, end: number, line: number, note: Note): void {
  const piece = text.slice(start, end);
  for (let i = piece.indexOf('\0'); i >= 0; i = piece.indexOf('\0', i + 1)) note('octets.nul', line);
}

/** Counts fields, not octets: whether octets are UTF-8 shows only over the whole of a field. */
function noteEightBit(
  bytes: Buffer,
  start: number,
  end: number,
  startLine: number,
  lineEnd: LineEnd,
  note: Note,
): void {
  const field = bytes.subarray(start, end);
  if (isAscii(field)) return;
  const first = field.findIndex((octet) => octet > 127);
  note(isUtf8(field) ? 'octets.utf8' : 'octets.not_utf8', startLine + countLines(field, 0, first, lineEnd));
}

function countLines(bytes: Buffer, start: number, end: number, lineEnd: LineEnd): number {
  let count = 0;
  for (let i = bytes.indexOf(lf, start); i >= 0 && i < end; i = bytes.indexOf(lf, i + 1)) {
    if (lineEnd === 'lf' || (i > start && bytes[i - 1] === cr)) count++;
  }
  return count;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

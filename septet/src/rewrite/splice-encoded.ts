/**
 * Splices in a part in quoted-printable or base64 (RFC 2045 §6.7, §6.8). In quoted-printable only what is replaced is
 * encoded anew, so that all other lines stay as they were; base64 is encoded anew as a whole.
 */
import { Buffer } from 'node:buffer';
import type { Splice } from './splice.ts';

/** Characters of an encoded line without its line end (RFC 2045 §6.7 rule 5, §6.8). */
const maxColumns = 76;
const lf = 10;
const cr = 13;
const blank = 32;
const tab = 9;
const equals = 61;

export interface QuotedPrintable {
  readonly octets: Buffer;
  /** Where the decoded octet at `place` stands encoded. Places are asked for in order. */
  readonly placeOf: (place: number) => number;
}

function hexValue(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 48 && octet <= 57) return octet - 48;
  const upper = octet & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}

/** Whether `=XX` stands there, before `end`. */
const isEscape = (encoded: Buffer, at: number, end: number): boolean =>
  encoded[at] === equals && at + 2 < end && hexValue(encoded[at + 1]) >= 0 && hexValue(encoded[at + 2]) >= 0;

/** Decodes as `quotedPrintableDecoder` of mail/ does, and remembers where each line came from. Never throws; linear. */
export function readQuotedPrintable(encoded: Buffer): QuotedPrintable {
  const out = Buffer.allocUnsafe(encoded.length);
  /** Four of each line: where it begins encoded, and decoded; where its text ends, and where blanks behind it end. */
  const lines: number[] = [];
  let length = 0;
  for (let at = 0; at < encoded.length;) {
    const feed = encoded.indexOf(lf, at);
    const next = feed < 0 ? encoded.length : feed + 1;
    const contentEnd = feed < 0 ? encoded.length : feed > at && encoded[feed - 1] === cr ? feed - 1 : feed;
    let end = contentEnd;
    while (end > at && (encoded[end - 1] === blank || encoded[end - 1] === tab)) end--;
    const soft = end > at && encoded[end - 1] === equals;
    if (soft) end--;
    lines.push(at, length, end, contentEnd);
    for (; at < end; at++) {
      const octet = encoded[at] ?? 0;
      if (octet === equals && isEscape(encoded, at, end)) {
        out[length++] = hexValue(encoded[at + 1]) * 16 + hexValue(encoded[at + 2]);
        at += 2;
      } else out[length++] = octet;
    }
    if (!soft) for (at = contentEnd; at < next; at++) out[length++] = encoded[at] ?? 0;
    at = next;
  }
  let line = 0;
  const placeOf = (place: number): number => {
    while (line + 4 < lines.length && (lines[line + 5] ?? 0) <= place) line += 4;
    const [start = 0, from = 0, end = 0, contentEnd = 0] = lines.slice(line, line + 4);
    let at = start;
    for (let to = from; to < place && at < encoded.length; to++) {
      // Blanks at the end of a line are not in the decoded text.
      if (at === end) at = contentEnd;
      at += at < end && isEscape(encoded, at, end) ? 3 : 1;
    }
    return at;
  };
  return { octets: out.subarray(0, length), placeOf };
}

/** `splices` in order, none over another, at places of the decoded text. */
export function spliceQuotedPrintable(
  encoded: Buffer,
  { placeOf }: QuotedPrintable,
  splices: readonly Splice[],
  lineEnd: string,
): Buffer {
  const places = splices.map(({ from, to }) => {
    const begin = placeOf(from);
    return [begin, Math.max(begin, placeOf(to))] as const;
  });
  const pieces: Buffer[] = [];
  let at = 0;
  /** Characters that stand on the line so far. */
  let column = 0;
  const keep = (to: number): void => {
    const piece = encoded.subarray(at, to);
    const feed = piece.lastIndexOf(lf);
    column = feed < 0 ? column + piece.length : piece.length - feed - 1;
    pieces.push(piece);
    at = to;
  };
  for (const [index, { text }] of splices.entries()) {
    const [from, to] = places[index] ?? [0, 0];
    keep(from);
    const written = encodeText(text, column, lineEnd);
    pieces.push(Buffer.from(written.text, 'latin1'));
    column = written.column;
    at = to;
    // What follows on the line moves to a line of its own where there is no room.
    const feed = encoded.indexOf(lf, to);
    const lineStop = feed < 0 ? encoded.length : feed > to && encoded[feed - 1] === cr ? feed - 1 : feed;
    const stop = Math.min(lineStop, places[index + 1]?.[0] ?? lineStop);
    if (stop > to && column + (stop - to) >= maxColumns) {
      pieces.push(Buffer.from(`=${lineEnd}`, 'latin1'));
      column = 0;
    }
  }
  keep(encoded.length);
  return Buffer.concat(pieces);
}

/** ASCII text from `column` on, with soft line breaks. There is always room for the `=` of another. */
function encodeText(text: string, from: number, lineEnd: string): { readonly text: string; readonly column: number } {
  const encoded = text.replaceAll('=', '=3D');
  let out = '';
  let column = from;
  for (let at = 0; at < encoded.length;) {
    let end = at + Math.max(0, maxColumns - 1 - column);
    // `=3D` is not parted.
    if (encoded[end - 1] === '=') end--;
    else if (encoded[end - 2] === '=' && end - 2 >= at) end -= 2;
    if (end <= at) {
      out += `=${lineEnd}`;
      column = 0;
      continue;
    }
    const piece = encoded.slice(at, end);
    out += piece;
    column += piece.length;
    at += piece.length;
    if (at >= encoded.length) break;
    out += `=${lineEnd}`;
    column = 0;
  }
  return { text: out, column };
}

/** Lines of 76 characters, each closed by `lineEnd` but for the last where `closed` is false. */
export function encodeBase64(octets: Buffer, lineEnd: string, closed: boolean): Buffer {
  const text = octets.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += maxColumns) lines.push(text.slice(at, at + maxColumns));
  return Buffer.from(lines.join(lineEnd) + (closed ? lineEnd : ''), 'latin1');
}

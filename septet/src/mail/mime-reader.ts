/**
 * Reads the body of a message in one pass, in pieces of any length: its parts (RFC 2045, RFC 2046 §5.1.1), the text of
 * those that are for reading, and what its lines look like. Nothing else is kept, so the size of a message does not matter.
 *
 * A line is a delimiter when it is the boundary of an open multipart and nothing else but blanks behind it: RFC 2046
 * §5.1.1 lets a reader be content with the beginning of the line, but then `--abc` is met in `--abcd`. The delimiter of an
 * outer multipart closes the inner ones. A bare LF ends a line here even where it is otherwise an octet like others,
 * because mail programs read parts so; `BodyFacts.bareLf` tells of it.
 */
import type { Header } from './header.ts';
import { lineScanner } from './line-scanner.ts';
import { maxDepth, maxParts, maxTextOctets } from './mime.ts';
import type { MimeReader } from './mime.ts';
import { maxBoundaryOctets, openParts } from './open-parts.ts';
import type { MimeLimits, OnPart } from './open-parts.ts';

const defaultLimits: MimeLimits = {
  maxDepth,
  maxParts,
  maxTextOctets,
  maxHeaderOctets: 1024 * 1024, // house
};

const lf = 10;
const cr = 13;
const tab = 9;
const blank = 32;
const hyphen = 45;

/** A longer line is no delimiter: the longest boundary that is looked for, hyphens, and padding. */
const maxDelimiterOctets = maxBoundaryOctets + 500; // house

const nothing: Buffer = Buffer.alloc(0);

export interface MimeOptions extends Partial<MimeLimits> {
  /** Is told of every part without parts when it begins, and may take its content while it goes by. */
  readonly onPart?: OnPart;
}

/**
 * A reader for the body of a message with this header. `write` may be given the same memory again and again: what is kept
 * is copied. Never throws on input; time is linear in the body.
 */
export function mimeReader(header: Header, options: MimeOptions = {}): MimeReader {
  const firstLine = header.lines + 1;
  const { onPart, ...limits } = options;
  const parts = openParts(header, { ...defaultLimits, ...limits }, firstLine, onPart);
  const scanner = lineScanner(header.lineEnd, firstLine, lineBegins);

  /** The piece that is read, and how many octets were before it. Places in `held` count negative, back from its start. */
  let piece: Uint8Array = nothing;
  let base = 0;
  /** The end of the pieces before: a line end and the beginning of a line that cannot be judged yet. */
  let held: Buffer = nothing;
  /** Up to here octets went to their part. */
  let fed = 0;
  /** The line that cannot be judged yet: where it begins, and the octets of the line end in front of it. */
  let waiting: { at: number; readonly lineEnd: number } | undefined =
    parts.hasBoundary() || parts.phase() === 'header' ? { at: 0, lineEnd: 0 } : undefined;

  function feed(to: number): void {
    if (to <= fed) return;
    if (parts.phase() !== 'none') {
      if (fed < 0) parts.take(held.subarray(held.length + fed, held.length + Math.min(to, 0)));
      if (to > 0) parts.take(fed <= 0 && to === piece.length ? piece : piece.subarray(Math.max(0, fed), to));
    }
    fed = to;
  }

  function lineBegins(at: number, lineEnd: number): void {
    const inHeader = parts.phase() === 'header';
    if (!inHeader && !parts.hasBoundary()) return;
    if (at >= piece.length) {
      waiting = { at, lineEnd };
      return;
    }
    const first = piece[at];
    if (first !== hyphen && !(inHeader && (first === lf || first === cr))) return;
    const second = piece[at + 1];
    if (first === hyphen && second !== hyphen && second !== undefined) return;
    const end = piece.indexOf(lf, at);
    if (end >= 0) judge(piece, at, end, at, lineEnd);
    else if (piece.length - at <= maxDelimiterOctets) waiting = { at, lineEnd };
  }

  /** The line `from` to `to` of `bytes`, its LF at `to`; `at`: where it begins in the piece. */
  function judge(bytes: Uint8Array, from: number, to: number, at: number, lineEnd: number): void {
    const next = at + to - from + 1;
    const afterCr = to > from && bytes[to - 1] === cr;
    const nextLine = scanner.line() + (afterCr || header.lineEnd === 'lf' ? 1 : 0);
    let end = afterCr ? to - 1 : to;
    if (end === from) {
      if (parts.phase() !== 'header') return;
      feed(next);
      parts.endHeader(base + next, nextLine);
      return;
    }
    if (to - from > maxDelimiterOctets || bytes[from] !== hyphen || bytes[from + 1] !== hyphen) return;
    while (end > from && (bytes[end - 1] === blank || bytes[end - 1] === tab)) end--;
    const delimiter = parts.delimiter(bytes, from, end);
    if (delimiter === undefined) return;
    feed(at - lineEnd);
    parts.delimit(delimiter, base + at - lineEnd, scanner.line(), nextLine);
    fed = Math.max(fed, next);
  }

  /** The line that waits goes on in this piece. False: it does not end here either. */
  function continueLine(line: { at: number; readonly lineEnd: number }): boolean {
    const end = piece.indexOf(lf);
    const begun = -line.at;
    if (end < 0) {
      if (begun + piece.length > maxDelimiterOctets) {
        waiting = undefined;
        return true;
      }
      held = Buffer.concat([held, piece]);
      line.at -= piece.length;
      fed -= piece.length;
      return false;
    }
    waiting = undefined;
    if (begun + end > maxDelimiterOctets) return true;
    const whole = Buffer.concat([held.subarray(held.length - begun), piece.subarray(0, end)]);
    judge(whole, 0, whole.length, line.at, line.lineEnd);
    return true;
  }

  return {
    write(bytes) {
      if (bytes.length === 0) return;
      piece = bytes;
      const decided = waiting === undefined || continueLine(waiting);
      scanner.scan(bytes);
      if (decided) holdBack();
      base += bytes.length;
    },
    end() {
      piece = nothing;
      if (waiting !== undefined && waiting.at < 0) {
        const { at, lineEnd } = waiting;
        judge(held, held.length + at, held.length, at, lineEnd);
      }
      feed(0);
      const line = scanner.line();
      return { ...parts.end(base, line), body: scanner.facts() };
    },
  };

  /** Feeds what is decided; keeps a copy of the rest, which the next piece follows. */
  function holdBack(): void {
    const { length } = piece;
    let from = length;
    if (waiting !== undefined) from = waiting.at - waiting.lineEnd;
    else if (piece[length - 1] === cr && (parts.hasBoundary() || parts.phase() === 'header')) from = length - 1;
    feed(from);
    // A delimiter or header end that was met is not fed again, and a line end that was held may lie in front of the piece.
    const start = Math.max(Math.min(from, length), fed);
    if (start === length) held = nothing;
    else if (start >= 0) held = Buffer.from(piece.subarray(start));
    else held = Buffer.concat([held.subarray(held.length + start), piece]);
    fed = -held.length;
    if (waiting !== undefined) waiting.at -= length;
  }
}

/**
 * Reads messages from a stream, one after the other, without holding a body in memory.
 *
 * The input is one message, or a mailbox file (RFC 4155 and the `mboxrd` habit): that begins with a line `From …` which is
 * no field, and every further line `From address date` behind an empty line begins a message. In a mailbox file `>From `
 * at the beginning of a line of a body stands for `From `, `>>From ` for `>From `, and the empty line in front of the next
 * message (or the end) belongs to the file. A single message that a local delivery has given such a first line is a mailbox
 * file of one message.
 *
 * Lines count from 1 in each message; the `From ` line does not count. A byte order mark at the beginning of the input
 * (a file that an editor has saved) is no part of the message and is dropped.
 */
import type { Header, LineEnd } from './header.ts';
import { mailboxBody, maxFromLineOctets } from './mailbox-body.ts';
import type { Body, Source } from './mailbox-body.ts';
import type { IncomingMessage } from './message.ts';
import { endOfEmptyLine, lineEndOf, maxHeaderOctets, parseHeader } from './parse-header.ts';

const nothing = Buffer.alloc(0);

/**
 * Yields the messages of the input; nothing for an empty one. A body that the reader leaves is skipped when the next
 * message is asked for, and yields nothing from then on. What reading `chunks` throws is thrown on.
 */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncIterable<IncomingMessage> {
  const iterator = chunks[Symbol.asyncIterator]();
  const source: Source = {
    rest: nothing,
    async more() {
      for (;;) {
        const next = await iterator.next();
        if (next.done) return undefined;
        const { value } = next;
        if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      }
    },
  };
  try {
    await fillFirstLine(source);
    if (source.rest[0] === 0xef && source.rest[1] === 0xbb && source.rest[2] === 0xbf) {
      source.rest = source.rest.subarray(3);
    }
    if (source.rest.length === 0 && !(await fill(source))) return;
    let fromLine = takeFromLine(source);
    const mailbox = fromLine !== undefined;
    for (let number = 1; ; number++) {
      const header = await readHeader(source);
      const body = mailbox ? mailboxBody(source) : wholeBody(source);
      const shown = { number, header, body: iterable(body.next) };
      yield fromLine === undefined ? shown : { ...shown, fromLine };
      while ((await body.next()) !== undefined);
      if (!body.another()) return;
      fromLine = takeFromLine(source) ?? '';
    }
  } finally {
    await iterator.return?.();
  }
}

/** A body that reaches to the end of the input. */
function wholeBody(source: Source): Body {
  let ended = false;
  return {
    async next() {
      if (ended) return undefined;
      if (source.rest.length > 0) {
        const piece = source.rest;
        source.rest = nothing;
        return piece;
      }
      const piece = await source.more();
      ended = piece === undefined;
      return piece;
    },
    another: () => false,
  };
}

/** Can be left and taken up again: where one reader stops, the next goes on. */
function iterable(next: () => Promise<Uint8Array | undefined>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const value = await next();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    }),
  };
}

/** Puts another piece behind what is there; false at the end of the input. For pieces that are few and small. */
async function fill(source: Source): Promise<boolean> {
  const piece = await source.more();
  if (piece === undefined) return false;
  source.rest = source.rest.length === 0 ? piece : Buffer.concat([source.rest, piece]);
  return true;
}

/** Reads until the first line is there, or is too long for a `From ` line. */
async function fillFirstLine(source: Source): Promise<void> {
  while (source.rest.length <= maxFromLineOctets + 3 && !source.rest.includes(10) && (await fill(source)));
}

/** Takes the `From ` line at the beginning away, and answers what it says. `From :` is a field (RFC 5322 §4.5). */
function takeFromLine(source: Source): string | undefined {
  const end = source.rest.indexOf(10);
  const line = source.rest.toString('latin1', 0, Math.min(end < 0 ? source.rest.length : end, maxFromLineOctets));
  if (!line.startsWith('From ') || /^From[ \t]+:/.test(line) || end >= maxFromLineOctets) return undefined;
  if (end < 0 && source.rest.length >= maxFromLineOctets) return undefined;
  source.rest = end < 0 ? nothing : source.rest.subarray(end + 1);
  return line.slice(5).replace(/\r$/, '');
}

/** Reads the header block; what follows it stays in `source.rest`. */
async function readHeader(source: Source): Promise<Header> {
  let block = source.rest;
  let room: Buffer | undefined;
  let searched = 0;
  let lineEnd: LineEnd | undefined;
  for (;;) {
    if (lineEnd === undefined && (block.includes(10) || block.length > maxHeaderOctets)) lineEnd = lineEndOf(block);
    const end = lineEnd === undefined ? -1 : endOfBlock(block, lineEnd, searched);
    if (end >= 0) {
      source.rest = block.subarray(end);
      return parseHeader(block.subarray(0, end));
    }
    if (block.length > maxHeaderOctets) return readLongHeader(source, block, lineEnd ?? 'crlf');
    searched = Math.max(0, block.length - 3);
    const piece = await source.more();
    if (piece === undefined) {
      source.rest = nothing;
      return parseHeader(block);
    }
    // Room that doubles: a header that comes octet by octet must not be copied octet by octet.
    const length = block.length + piece.length;
    if (room === undefined || room.length < length) {
      const wider = Buffer.allocUnsafe(Math.max(4096, length * 2));
      block.copy(wider);
      room = wider;
    }
    piece.copy(room, block.length);
    block = room.subarray(0, length);
  }
}

function endOfBlock(block: Buffer, lineEnd: LineEnd, searched: number): number {
  if (searched === 0) {
    if (block[0] === 13 && block[1] === 10) return 2;
    if (block[0] === 10 && lineEnd === 'lf') return 1;
  }
  return endOfEmptyLine(block, lineEnd, searched);
}

/** Reads on to the empty line, keeping nothing but how much it was. */
async function readLongHeader(source: Source, block: Buffer, lineEnd: LineEnd): Promise<Header> {
  const kept = block.subarray(0, maxHeaderOctets);
  let octets = 0;
  let lines = 0;
  /** The last octets before `piece`, because the empty line may be cut anywhere. */
  let before = kept.subarray(-3);
  let piece: Buffer | undefined = block.subarray(maxHeaderOctets);
  source.rest = nothing;
  while (piece !== undefined) {
    const joined = Buffer.concat([before, piece]);
    const found = endOfEmptyLine(joined, lineEnd, 0);
    const end = found < 0 ? joined.length : found;
    octets += end - before.length;
    for (let i = joined.indexOf(10, before.length); i >= 0 && i < end; i = joined.indexOf(10, i + 1)) {
      if (lineEnd === 'lf' || joined[i - 1] === 13) lines++;
    }
    if (found >= 0) {
      source.rest = joined.subarray(end);
      return parseHeader(kept, { lineEnd, passedOver: { octets, lines, ended: true } });
    }
    before = Buffer.from(joined.subarray(-3));
    piece = await source.more();
  }
  return parseHeader(kept, { lineEnd, passedOver: { octets, lines, ended: false } });
}

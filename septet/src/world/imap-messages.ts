/**
 * Reads the messages of a mailbox that are new since last time, by UID (RFC 3501 §2.3.1.1), and marks none of them: small
 * ones several at a time, large ones in pieces. Each is whole in memory before it is given out, so that a connection that
 * ends in the middle never leaves half a report behind.
 */
import type { ImapFault } from './imap-faults.ts';

/** How far a mailbox has been read. */
export interface MailboxPosition {
  readonly uidValidity: number;
  /** Every message up to this UID has been taken. */
  readonly lastUid: number;
}

export interface MailboxMessage {
  readonly kind: 'message';
  readonly uid: number;
  readonly uidValidity: number;
  /** The message as the server sends it (CRLF), at most 1 MiB a piece. Reading never fails, and may be done again. */
  readonly octets: AsyncIterable<Uint8Array>;
  /** Octets that are there. */
  readonly size: number;
  /** When the server got it, seconds since 1970; absent where the server does not say. */
  readonly internalDate?: number;
}

export type MailboxItem =
  | MailboxMessage
  /** A message that is passed over; `why` is a sentence. */
  | { readonly kind: 'skipped'; readonly uid: number; readonly uidValidity: number; readonly why: string }
  /** Something a person may want to know; reading goes on. */
  | { readonly kind: 'notice'; readonly text: string }
  /** The last item: it could not be read to the end. */
  | { readonly kind: 'failed'; readonly fault: ImapFault };

export interface MessageRow {
  readonly uid: number;
  /** As the server says it. */
  readonly size: number;
  readonly internalDate?: number;
}

/** What reading needs of a connection. All of them throw what `fault` understands. */
export interface MailboxCommands {
  readonly uidValidity: number;
  /** Of the messages that are there, from this UID on; ascending. */
  uids(from: number): Promise<readonly number[]>;
  rows(uids: readonly number[]): Promise<readonly MessageRow[]>;
  /** Whole messages; those that are gone meanwhile are absent. */
  whole(uids: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>>;
  /** Fewer octets than `length` only at the end; `undefined`: the message is gone. */
  piece(uid: number, start: number, length: number): Promise<Uint8Array | undefined>;
  /** The message by BINARY (RFC 3516), which keeps NUL; `undefined` where the server has it not. */
  binary(uid: number): Promise<Uint8Array | undefined>;
  /** Marks or moves; a sentence when that was not to be done. */
  done(uids: readonly number[]): Promise<string | undefined>;
  fault(error: unknown): ImapFault;
  /** Whether the server said no to this, and the connection goes on. */
  refused(error: unknown): boolean;
}

const rowsAtOnce = 200;
const batchOctets = 4 * 1024 * 1024;
const pieceOctets = 1024 * 1024;

/**
 * The messages with a UID above `since`, in that order; all of them when UIDVALIDITY is another one. A message counts as
 * taken when the next one is asked for; then it is marked or moved, where that is wanted.
 */
export async function* readMessages(
  commands: MailboxCommands,
  since: MailboxPosition | undefined,
  maxOctets: number,
): AsyncGenerator<MailboxItem, void, undefined> {
  const { uidValidity } = commands;
  const from = since?.uidValidity === uidValidity ? since.lastUid + 1 : 1;
  try {
    // `n:*` holds the last message even when its UID is below n (RFC 3501 §6.4.8).
    const uids = (await commands.uids(from)).filter((uid) => uid >= from).sort((a, b) => a - b);
    for (let at = 0; at < uids.length; at += rowsAtOnce) {
      // oxlint-disable-next-line no-await-in-loop -- one connection answers one after another
      const rows = await commands.rows(uids.slice(at, at + rowsAtOnce));
      const known = new Set(uids);
      const wanted = rows.filter(({ uid }) => known.has(uid)).sort((a, b) => a.uid - b.uid);
      for (const batch of batches(wanted, maxOctets)) {
        // oxlint-disable-next-line no-await-in-loop -- the same
        yield* marked(commands, await itemsOf(commands, batch, maxOctets));
      }
    }
  } catch (error) {
    yield { kind: 'failed', fault: commands.fault(error) };
  }
}

/** Small messages that follow each other go together; each other one is alone. */
function batches(rows: readonly MessageRow[], maxOctets: number): readonly (readonly MessageRow[])[] {
  const out: (readonly MessageRow[])[] = [];
  let batch: MessageRow[] = [];
  let octets = 0;
  for (const row of rows) {
    const large = row.size > batchOctets || row.size > maxOctets;
    if (batch.length > 0 && (large || octets + row.size > batchOctets)) {
      out.push(batch);
      batch = [];
      octets = 0;
    }
    if (large) out.push([row]);
    else {
      batch.push(row);
      octets += row.size;
    }
  }
  if (batch.length > 0) out.push(batch);
  return out;
}

async function* marked(
  commands: MailboxCommands,
  items: readonly MailboxItem[],
): AsyncGenerator<MailboxItem, void, undefined> {
  const taken: number[] = [];
  let trouble: string | undefined;
  try {
    for (const item of items) {
      yield item;
      if (item.kind === 'message') taken.push(item.uid);
    }
  } finally {
    // Also when the reader goes away in the middle: what it took is marked, the message in its hands is not.
    if (taken.length > 0) trouble = await commands.done(taken);
  }
  if (trouble !== undefined) yield { kind: 'notice', text: trouble };
}

async function itemsOf(
  commands: MailboxCommands,
  batch: readonly MessageRow[],
  maxOctets: number,
): Promise<readonly MailboxItem[]> {
  const [first] = batch;
  if (first === undefined) return [];
  if (first.size > maxOctets) return [tooLarge(commands, first, maxOctets)];
  try {
    if (first.size > batchOctets) return await inPieces(commands, first, maxOctets);
    const found = await commands.whole(batch.map(({ uid }) => uid));
    const items: MailboxItem[] = [];
    for (const row of batch) {
      const octets = found.get(row.uid);
      if (octets === undefined) continue;
      if (octets.length > maxOctets) items.push(tooLarge(commands, row, maxOctets));
      // oxlint-disable-next-line no-await-in-loop -- one connection answers one after another
      else items.push(message(commands, row, [await withNul(commands, row.uid, octets)]));
    }
    return items;
  } catch (error) {
    if (!commands.refused(error)) throw error;
    if (batch.length > 1) return await oneByOne(commands, batch, maxOctets);
    // Messages that others delete meanwhile are refused as well, and are nobody's loss.
    if (!(await commands.uids(first.uid)).includes(first.uid)) return [];
    const why = `The server does not hand out message ${first.uid}. ${commands.fault(error).text} It is passed over; save it from a mail program and import the file.`;
    return [{ kind: 'skipped', uid: first.uid, uidValidity: commands.uidValidity, why }];
  }
}

async function oneByOne(
  commands: MailboxCommands,
  batch: readonly MessageRow[],
  maxOctets: number,
): Promise<readonly MailboxItem[]> {
  const items: MailboxItem[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one connection answers one after another
  for (const row of batch) items.push(...(await itemsOf(commands, [row], maxOctets)));
  return items;
}

async function inPieces(
  commands: MailboxCommands,
  row: MessageRow,
  maxOctets: number,
): Promise<readonly MailboxItem[]> {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one connection answers one after another
    const piece = await commands.piece(row.uid, octets, pieceOctets);
    if (piece === undefined) return [];
    if (piece.length > 0) pieces.push(piece);
    octets += piece.length;
    if (octets > maxOctets) return [tooLarge(commands, row, maxOctets)];
    if (piece.length < pieceOctets) return [message(commands, row, pieces)];
  }
}

/**
 * A literal must not hold NUL (RFC 3501 §9), and servers write 0x80 instead. Where there may be one, BINARY is asked; it is
 * believed when nothing else differs, as it also takes off transfer encodings.
 */
async function withNul(commands: MailboxCommands, uid: number, octets: Uint8Array): Promise<Uint8Array> {
  if (!octets.includes(0x80)) return octets;
  const exact = await commands.binary(uid);
  if (exact?.length !== octets.length) return octets;
  return exact.every((octet, at) => octet === octets[at] || (octet === 0 && octets[at] === 0x80)) ? exact : octets;
}

function message(commands: MailboxCommands, row: MessageRow, pieces: readonly Uint8Array[]): MailboxMessage {
  return {
    kind: 'message',
    uid: row.uid,
    uidValidity: commands.uidValidity,
    octets: {
      async *[Symbol.asyncIterator]() {
        for (const whole of pieces) {
          for (let at = 0; at < whole.length; at += pieceOctets) yield whole.subarray(at, at + pieceOctets);
        }
      },
    },
    size: pieces.reduce((sum, piece) => sum + piece.length, 0),
    ...(row.internalDate === undefined ? {} : { internalDate: row.internalDate }),
  };
}

function tooLarge(commands: MailboxCommands, { uid, size }: MessageRow, maxOctets: number): MailboxItem {
  const mib = (octets: number): string => `${Math.ceil((octets / (1024 * 1024)) * 10) / 10} MiB`;
  return {
    kind: 'skipped',
    uid,
    uidValidity: commands.uidValidity,
    why: `Message ${uid} has ${mib(size)}, more than the limit of ${mib(maxOctets)}, and is passed over. Save it from a mail program and import the file.`,
  };
}

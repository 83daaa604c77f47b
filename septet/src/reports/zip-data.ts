/** The data of one member of a zip file: octets as they are asked for, then how they ended. */
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Cursor } from './zip-cursor.ts';

export type MemberEnd =
  /** Octets that were read, packed and plain, and the CRC-32 of the plain ones. */
  | { readonly kind: 'end'; readonly packed: number; readonly plain: number; readonly crc: number }
  | { readonly kind: 'faulty'; readonly why: string }
  /** The file ended. */
  | { readonly kind: 'cut' };

export interface MemberData {
  next(): Promise<Uint8Array | MemberEnd>;
  /** After a fault: goes on behind the data, where their length is known; false where the file ends before. */
  skip(): Promise<boolean>;
  close(): void;
}

/** Octets that are handed to the inflater at once: it makes at most 1032 of one, so 4 MB. */
const stepOctets = 4096; // house

/** `length`: of the packed data, where it is known; else they say themselves where they end. */
export function inflated(cursor: Cursor, length: number | undefined): MemberData {
  const inflater = createInflateRaw({ chunkSize: 64 * 1024 });
  let [fed, plain, crc] = [0, 0, 0];
  /** What the inflater may not have used. */
  let recent: Buffer[] = [];
  let recentOctets = 0;
  const state = { stopped: false };
  let ranOut = false;
  let thrown: { readonly error: unknown } | undefined;
  async function* source(): AsyncGenerator<Buffer> {
    for (;;) {
      if (state.stopped || (length !== undefined && fed >= length)) return;
      try {
        ranOut = !(await cursor.fill(1));
      } catch (error) {
        thrown = { error };
        return;
      }
      // Meanwhile the data may have ended; what came is not theirs.
      if (state.stopped || ranOut) return;
      const step = cursor.held().subarray(0, Math.min(stepOctets, (length ?? Infinity) - fed));
      cursor.drop(step.length);
      fed += step.length;
      recent.push(step);
      recentOctets += step.length;
      while (recent.length > 1 && fed - recentOctets + (recent[0]?.length ?? 0) <= inflater.bytesWritten)
        recentOctets -= recent.shift()?.length ?? 0;
      yield step;
    }
  }
  const input = Readable.from(source(), { objectMode: false, highWaterMark: 1 });
  input.pipe(inflater);
  const iterator: AsyncIterator<Buffer> = inflater[Symbol.asyncIterator]();
  const close = (): void => {
    state.stopped = true;
    input.destroy();
    inflater.destroy();
  };
  return {
    async next() {
      try {
        const step = await iterator.next();
        if (step.done !== true) {
          plain += step.value.length;
          crc = crc32(step.value, crc);
          return step.value;
        }
      } catch (error) {
        close();
        if (thrown !== undefined) throw thrown.error;
        // zlib asks for more than there is.
        if (ranOut && error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR') return { kind: 'cut' };
        return { kind: 'faulty', why: error instanceof Error ? error.message : String(error) };
      }
      close();
      if (thrown !== undefined) throw thrown.error;
      const packed = inflater.bytesWritten;
      const used = packed - (fed - recentOctets);
      cursor.giveBack(Buffer.concat(recent).subarray(used));
      fed = packed;
      recent = [];
      return { kind: 'end', packed, plain, crc };
    },
    skip: () => cursor.pass((length ?? fed) - fed),
    close,
  };
}

/** Without a length in front the data end where a descriptor fits them. */
export function storedOctets(cursor: Cursor, length: number | undefined, descriptor: number): MemberData {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(descriptor);
  let [read, crc] = [0, 0];
  const take = (octets: number): Buffer => {
    const piece = cursor.held().subarray(0, octets);
    cursor.drop(octets);
    read += piece.length;
    crc = crc32(piece, crc);
    return piece;
  };
  const end = (): MemberEnd => ({ kind: 'end', packed: read, plain: read, crc });
  const bounded = async (most: number): Promise<Uint8Array | MemberEnd> => {
    if (read >= most) return end();
    if (!(await cursor.fill(1))) return { kind: 'cut' };
    return take(Math.min(cursor.held().length, most - read));
  };
  const searched = async (): Promise<Uint8Array | MemberEnd> => {
    if (!(await cursor.fill(16))) return { kind: 'cut' };
    const held = cursor.held();
    const at = held.indexOf(mark);
    if (at !== 0) return take(at < 0 ? held.length - 3 : at);
    if (held.readUInt32LE(4) === crc && held.readUInt32LE(8) === read % 2 ** 32) return end();
    return take(4);
  };
  return {
    next: () => (length === undefined ? searched() : bounded(length)),
    skip: () => cursor.pass(Math.max(0, (length ?? 0) - read)),
    close: () => {},
  };
}

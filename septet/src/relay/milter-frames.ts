/**
 * The frames of the milter protocol, version 6, as Postfix and Sendmail speak it (libmilter's mfdef.h): a length of four
 * octets, a letter, and what belongs to it. Pure.
 */
import { Buffer } from 'node:buffer';

export interface Frame {
  readonly letter: string;
  readonly data: Buffer;
}

/** Of one frame: a header of Postfix has 102,400 octets at most (header_size_limit), a piece of a body 65,535. */
const maxFrameOctets = 4 * 1024 * 1024; // house

export interface FrameReader {
  /** The frames that these octets complete; `undefined` when they are no milter frames. */
  read(octets: Uint8Array): readonly Frame[] | undefined;
}

export function frameReader(): FrameReader {
  let pieces: Uint8Array[] = [];
  let held = 0;
  return {
    read(octets) {
      pieces.push(octets);
      held += octets.length;
      if (held < 4) return [];
      // Pieces are joined only when the frame that they make is whole.
      if (pieces.length > 1 && (pieces[0]?.length ?? 0) < 4) pieces = [Buffer.concat(pieces)];
      const first = pieces[0] ?? octets;
      const wanted = Buffer.from(first.buffer, first.byteOffset, first.byteLength).readUInt32BE(0);
      if (wanted < 1 || wanted > maxFrameOctets) return undefined;
      if (held < wanted + 4) return [];
      const all = Buffer.concat(pieces);
      const frames: Frame[] = [];
      let at = 0;
      while (all.length - at >= 4) {
        const length = all.readUInt32BE(at);
        if (length < 1 || length > maxFrameOctets) return undefined;
        if (all.length - at - 4 < length) break;
        frames.push({ letter: String.fromCharCode(all[at + 4] ?? 0), data: all.subarray(at + 5, at + 4 + length) });
        at += 4 + length;
      }
      pieces = at < all.length ? [all.subarray(at)] : [];
      held = all.length - at;
      return frames;
    },
  };
}

export function frame(letter: string, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const data = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(data.reduce((sum, { length }) => sum + length, 1));
  head.write(letter, 4, 'latin1');
  return Buffer.concat([head, ...data]);
}

export function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** The texts of a frame, each of which ends with NUL; one character an octet. */
export function texts(data: Buffer): readonly string[] {
  const parts = data.toString('latin1').split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

/** What the mail server lets us do (SMFIF_*). */
export const actions = { addHeader: 0x01, changeBody: 0x02, changeHeader: 0x10 } as const;

/** Steps that we need not hear of, and answers that need not be given (SMFIP_*). */
export const steps = {
  noConnect: 0x01,
  noHelo: 0x02,
  noUnknown: 0x100,
  noData: 0x200,
  skip: 0x400,
  noReplyHeader: 0x80,
  noReplyMail: 0x4000,
  noReplyRecipient: 0x8000,
  /** Header values keep the blank behind the colon. */
  leadingSpace: 0x100000,
} as const;

/**
 * The message behind DATA (RFC 5321 §4.5.2), octet by octet: dots are taken off, and only CRLF.CRLF ends it. A line feed or
 * carriage return of its own is told: some servers take `LF.LF` for the end, which lets a sender smuggle a second message
 * behind the first, so such a message is not handed on.
 */
import { Buffer } from 'node:buffer';
import type { Room } from './room.ts';

export interface ContentReader {
  /** Takes octets; answers how many belong to the message, its end included. */
  read(octets: Uint8Array): number;
  /** The end has come. */
  readonly done: boolean;
  /** Octets of the message so far, also those that are no longer kept. */
  readonly seen: number;
  /** Why nothing is kept: more came than one message may have, or than there is room for all. */
  readonly dropped: 'too large' | 'no room' | undefined;
  /** CR or LF alone. */
  readonly bare: boolean;
  /** An octet above 127. */
  readonly eightBit: boolean;
  take(): Buffer;
  /** Gives the room back; what was taken is no longer to be used. */
  release(): void;
}

const firstRoom = 16 * 1024;

const at_ = { mid: 0, cr: 1, start: 2, dot: 3, dotCr: 4 } as const;
type State = (typeof at_)[keyof typeof at_];

export function contentReader(maxOctets: number, memory: Room): ContentReader {
  let room: Buffer = Buffer.alloc(0);
  let kept = 0;
  let seen = 0;
  let state: State = at_.start;
  let [done, bare, eightBit] = [false, false, false];
  let dropped: ContentReader['dropped'];
  const hold = (larger: Buffer): void => {
    memory.give(room.length);
    room = larger;
  };
  const drop = (why: NonNullable<ContentReader['dropped']>): void => {
    dropped = why;
    hold(Buffer.alloc(0));
    kept = 0;
  };
  /** Room for so many octets more. */
  const grow = (octets: number): void => {
    const least = kept + octets;
    if (least <= room.length) return;
    if (kept > maxOctets) return drop('too large');
    const wanted = Math.max(least, Math.min(Math.max(room.length * 2, firstRoom), maxOctets + 2));
    if (!memory.take(wanted)) return drop('no room');
    const larger = Buffer.allocUnsafe(wanted);
    room.copy(larger, 0, 0, kept);
    hold(larger);
  };
  return {
    get done() {
      return done;
    },
    get seen() {
      return seen;
    },
    get dropped() {
      return dropped;
    },
    get bare() {
      return bare;
    },
    get eightBit() {
      return eightBit;
    },
    read(octets) {
      // At most one octet more goes out than came in: a CR that was held back.
      if (dropped === undefined) grow(octets.length + 1);
      for (let at = 0; at < octets.length; at++) {
        const octet = octets[at] ?? 0;
        if (octet === 0x2e && state === at_.start) {
          state = at_.dot;
          continue;
        }
        if (octet === 0x0d && state === at_.dot) {
          state = at_.dotCr;
          continue;
        }
        if (octet === 0x0a && state === at_.dotCr) {
          done = true;
          if (dropped === undefined && kept > maxOctets) drop('too large');
          return at + 1;
        }
        if (state === at_.dotCr) {
          // `.CR` and no LF: the line goes on.
          bare = true;
          seen++;
          if (dropped === undefined) room[kept++] = 0x0d;
        }
        if (octet === 0x0a) {
          if (state !== at_.cr) bare = true;
          state = state === at_.cr ? at_.start : at_.mid;
        } else {
          if (state === at_.cr) bare = true;
          state = octet === 0x0d ? at_.cr : at_.mid;
          if (octet > 127) eightBit = true;
        }
        seen++;
        if (dropped === undefined) room[kept++] = octet;
      }
      if (dropped === undefined && kept > maxOctets) drop('too large');
      return octets.length;
    },
    take: () => room.subarray(0, kept),
    release: () => hold(Buffer.alloc(0)),
  };
}

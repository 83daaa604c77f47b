/**
 * The octets of a message while it comes in. Pieces are copied into one growing buffer, because a client may send one
 * octet at a time, and a list of such pieces takes a hundred times the memory of what they hold.
 */
import { Buffer } from 'node:buffer';

export interface Budget {
  /** Octets that all messages on their way may take together. */
  readonly octets: number;
  used: number;
}

export type Stored = 'kept' | 'too-large' | 'no-room';

export interface OctetStore {
  /** Says what became of the piece; after anything but `kept` the octets are gone. */
  add(piece: Uint8Array): Stored;
  /** Octets that came, also those that were not kept. */
  readonly seen: number;
  readonly state: Stored;
  /** What was kept, in a buffer of its own. */
  take(): Buffer;
  /** Gives the memory back to the budget; may be called again. */
  release(): void;
}

const firstOctets = 16 * 1024;

export function octetStore(maxOctets: number, budget: Budget): OctetStore {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let seen = 0;
  let state: Stored = 'kept';
  const resize = (octets: number): void => {
    budget.used += octets - buffer.length;
    const next = Buffer.allocUnsafeSlow(octets);
    buffer.copy(next, 0, 0, Math.min(length, octets));
    buffer = next;
  };
  const drop = (why: Stored): Stored => {
    length = 0;
    resize(0);
    state = why;
    return why;
  };
  return {
    add(piece) {
      seen += piece.length;
      if (state !== 'kept') return state;
      const wanted = length + piece.length;
      if (wanted > maxOctets) return drop('too-large');
      if (wanted > buffer.length) {
        const octets = Math.min(maxOctets, Math.max(wanted, firstOctets, buffer.length * 2));
        if (budget.used + octets - buffer.length > budget.octets) return drop('no-room');
        resize(octets);
      }
      buffer.set(piece, length);
      length = wanted;
      return state;
    },
    get seen() {
      return seen;
    },
    get state() {
      return state;
    },
    take: () => Buffer.from(buffer.subarray(0, length)),
    release: () => {
      length = 0;
      resize(0);
    },
  };
}

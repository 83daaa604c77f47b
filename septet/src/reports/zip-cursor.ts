/** A place in a stream of octets: some are held, and more are asked for when they are needed. */
import type { PieceStream } from './piece-stream.ts';

export interface Cursor {
  /** What is here already. */
  held(): Buffer;
  /** Asks until so many octets are held; false at the end. */
  fill(octets: number): Promise<boolean>;
  drop(octets: number): void;
  /** Puts octets back in front. */
  giveBack(octets: Uint8Array): void;
  /** Drops so many, asked for or not; false where there are not so many. */
  pass(octets: number): Promise<boolean>;
}

/** `count` is told how many octets were dropped, and with a minus how many were given back. */
export function cursorOf(stream: PieceStream, count: (octets: number) => void): Cursor {
  let held: Buffer = Buffer.alloc(0);
  /** One question at a time, whoever asks. */
  let asked: Promise<unknown> = Promise.resolve();
  const ask = async (octets: number): Promise<boolean> => {
    while (held.length < octets) {
      const piece = await stream.next();
      if (piece === undefined) return false;
      const view = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      held = held.length === 0 ? view : Buffer.concat([held, view]);
    }
    return true;
  };
  const fill = (octets: number): Promise<boolean> => {
    const next = asked.then(() => ask(octets));
    asked = next.catch(() => {});
    return next;
  };
  const drop = (octets: number): void => {
    count(Math.min(octets, held.length));
    held = held.subarray(octets);
  };
  return {
    held: () => held,
    fill,
    drop,
    giveBack: (octets) => {
      if (octets.length === 0) return;
      count(-octets.length);
      held = Buffer.concat([octets, held]);
    },
    async pass(octets) {
      let left = octets;
      while (left > 0) {
        if (!(await fill(1))) return false;
        const some = Math.min(left, held.length);
        drop(some);
        left -= some;
      }
      return true;
    },
  };
}

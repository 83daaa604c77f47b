/**
 * Messages that came to the test address, and what was proved of them: in memory, so many, so large, so long. Each has a
 * token that nobody guesses; who knows it may read the report, and nothing lists the tokens.
 */
import type { Proof } from '../../proof/proof.ts';

export interface ShelfOptions {
  readonly maxCount: number;
  /** Of all messages together. */
  readonly maxOctets: number;
  readonly keepMs: number;
  /** Milliseconds since 1970. */
  now(): number;
  randomBytes(count: number): Uint8Array;
}

export interface ShelfEntry {
  readonly octets: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Absent while it is being evaluated. */
  readonly proof?: Proof;
}

export interface MessageShelf {
  /** Answers the token of the message. The oldest go first where there is no room. */
  put(octets: Uint8Array, receivedAt: number): string;
  /** Nothing happens where the message has gone by now. */
  prove(token: string, proof: Proof): void;
  find(token: string): ShelfEntry | undefined;
  /** Drops what is older than `keepMs`. */
  sweep(): void;
  readonly count: number;
  readonly octets: number;
}

const tokenOctets = 16; // 128 bits

export function messageShelf(options: ShelfOptions): MessageShelf {
  /** The oldest first. */
  const entries = new Map<string, ShelfEntry>();
  let octets = 0;
  const drop = (token: string): void => {
    octets -= entries.get(token)?.octets.length ?? 0;
    entries.delete(token);
  };
  const isOver = (entry: ShelfEntry): boolean => options.now() - entry.receivedAt >= options.keepMs;
  const sweep = (): void => {
    for (const [token, entry] of entries) if (isOver(entry)) drop(token);
  };
  return {
    put(message, receivedAt) {
      sweep();
      const token = Buffer.from(options.randomBytes(tokenOctets)).toString('hex');
      drop(token);
      entries.set(token, { octets: message, receivedAt });
      octets += message.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= options.maxCount && octets <= options.maxOctets) break;
        drop(oldest);
      }
      return token;
    },
    prove(token, proof) {
      const entry = entries.get(token);
      if (entry) entries.set(token, { ...entry, proof });
    },
    find(token) {
      const entry = entries.get(token);
      return entry === undefined || isOver(entry) ? undefined : entry;
    },
    sweep,
    get count() {
      return entries.size;
    },
    get octets() {
      return octets;
    },
  };
}

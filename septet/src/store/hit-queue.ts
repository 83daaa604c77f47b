/**
 * Group commit: what comes in one turn of the event loop is written in one transaction. Waiting for more costs more than
 * it gains, and a commit for each is twelve times slower (issue 6, figures).
 */
import { StoreFault } from './sql-fault.ts';

export interface HitQueue<T> {
  /** Resolves when it is on disk. Rejects with what the write rejected with, or at once where too many wait. */
  add(item: T): Promise<void>;
  /** When nothing waits any more. */
  settled(): Promise<void>;
}

export function hitQueue<T>(write: (items: readonly T[]) => Promise<void>, most: number): HitQueue<T> {
  interface Waiting {
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }
  let items: T[] = [];
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (items.length > 0) {
      await turn();
      const [batch, told] = [items, waiting];
      [items, waiting] = [[], []];
      try {
        await write(batch);
        for (const { resolve } of told) resolve();
      } catch (error) {
        for (const { reject } of told) reject(error);
      }
    }
    running = undefined;
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        if (items.length >= most) {
          reject(new StoreFault(`More than ${most} clicks and opens wait to be stored.`, true));
          return;
        }
        items.push(item);
        waiting.push({ resolve, reject });
        running ??= run();
      }),
    settled: async () => running,
  };
}

/** Lets the sockets be read first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

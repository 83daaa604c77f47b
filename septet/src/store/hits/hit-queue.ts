/**
 * Group commit: what comes in one turn of the event loop, or while the write before is under way, is written in one
 * transaction. Waiting for more costs more than it gains, and a commit for each is twelve times slower (issue 6, figures).
 */
import { StoreFault } from '../sql/sql-fault.ts';

export interface HitQueue<T> {
  /**
   * Resolves when it is on disk. Rejects with what the write rejected with, or at once where too many wait. All that are
   * written together get the same promise: whoever waits for many need not wait for each.
   */
  add(item: T): Promise<void>;
  /** When nothing waits any more. */
  settled(): Promise<void>;
}

/** `write` rejects, and never throws. */
export function hitQueue<T>(write: (items: readonly T[]) => Promise<void>, most: number): HitQueue<T> {
  interface Batch extends PromiseWithResolvers<void> {
    readonly items: T[];
  }
  let next: Batch | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    await turn();
    let settle = (): void => {};
    while (next !== undefined) {
      const { items, resolve, reject } = next;
      next = undefined;
      const writing = write(items);
      // Those of the write before are answered while this one is under way.
      settle();
      settle = await writing.then(
        () => resolve,
        (error: unknown) => () => reject(error),
      );
    }
    running = undefined;
    settle();
  };
  return {
    add: (item) => {
      if (next !== undefined && next.items.length >= most)
        return Promise.reject(new StoreFault(`More than ${most} clicks and opens wait to be stored.`, true));
      next ??= { ...Promise.withResolvers<void>(), items: [] };
      next.items.push(item);
      running ??= run();
      return next.promise;
    },
    settled: async () => running,
  };
}

/** Lets the sockets be read first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Work that is done together: the store flushes the disk once for all reports that finish in the same turn, so they wait
 * for each other a little.
 */

export interface Together {
  /**
   * Takes work that weighs so much (rows); what it answers is called when all of its group are done, in the order in which
   * they were added. Resolves when more may come; rejects with the first fault of earlier work, after which nothing more is
   * taken.
   */
  add(weight: number, work: () => Promise<() => void>): Promise<void> | void;
  /** When all of it is done. Rejects with the first fault. */
  settle(): Promise<void>;
}

const most = 64;
const mostWeight = 20_000;
const longestWaitMs = 50;

export function together(): Together {
  let waiting: (() => Promise<() => void>)[] = [];
  let weight = 0;
  let timer: NodeJS.Timeout | undefined;
  /** The group that is at work. */
  let running: Promise<void> = Promise.resolve();
  let fault: { readonly error: unknown } | undefined;
  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const group = waiting;
    [waiting, weight] = [[], 0];
    if (group.length === 0) return running;
    const before = running;
    running = (async () => {
      await before;
      if (fault !== undefined) return;
      const ends = await Promise.allSettled(group.map((work) => work()));
      for (const end of ends) {
        if (end.status === 'rejected') fault ??= { error: end.reason };
        else end.value();
      }
    })();
    return running;
  };
  const told = (): void => {
    if (fault !== undefined) throw fault.error;
  };
  return {
    add(more, work) {
      told();
      waiting.push(work);
      weight += more;
      if (waiting.length >= most || weight >= mostWeight) {
        const before = running;
        void start();
        // One group is at work, and one is gathered meanwhile.
        return before.then(told);
      }
      timer ??= setTimeout(() => void start(), longestWaitMs);
    },
    async settle() {
      await start();
      told();
    },
  };
}

/** Evaluates messages behind the server's back: some at a time, told in the order in which they came. */

export interface ProofQueue {
  /** False where enough wait; it is for the caller to ask before it adds. */
  hasRoom(): boolean;
  /** `tell` is called when the one before has been told. */
  add<T>(work: () => Promise<T>, tell: (result: T) => Promise<void>): void;
  /** Resolves when all that was added is told. */
  idle(): Promise<void>;
}

/** What `work` or `tell` rejects with is handed to `failed`; the queue goes on. */
export function proofQueue({
  atOnce,
  maxWaiting,
  failed,
}: {
  atOnce: number;
  maxWaiting: number;
  failed(error: unknown): void;
}): ProofQueue {
  let running = 0;
  let open = 0;
  let told: Promise<void> = Promise.resolve();
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> => {
    if (running++ < atOnce) return Promise.resolve();
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    running--;
    waiting.shift()?.();
  };
  return {
    hasRoom: () => open < maxWaiting,
    add(work, tell) {
      open++;
      const result = turn().then(work).finally(leave);
      // Waited for below; until then nobody listens.
      result.catch(() => {});
      told = told
        .then(async () => tell(await result))
        .catch(failed)
        .finally(() => void open--);
    },
    idle: () => told,
  };
}

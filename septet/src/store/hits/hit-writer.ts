/**
 * Writes batches of hits in a thread of its own, which is started with the first of them. One batch is on its way at a time;
 * what comes meanwhile makes the next.
 */
import { Worker } from 'node:worker_threads';
import { putHit } from './hit-rows.ts';
import type { Value } from '../sql/sql-bulk.ts';
import { StoreFault } from '../sql/sql-fault.ts';
import type { TrackingHit } from '../tracking.ts';

/** The columns of all hits in turn, as JSON: one text is copied faster than its parts. Empty: close. */
export type HitRequest = string;
export interface HitReply {
  readonly fault?: string;
  readonly retryable?: boolean;
  readonly bug?: string;
}

export interface HitWriter {
  /** Resolves when all are on disk; rejects with `StoreFault`, and then none is. */
  write(hits: readonly TrackingHit[]): Promise<void>;
  close(): Promise<void>;
}

/** The code as it runs here: type-stripped, or built. */
const program = import.meta.url.endsWith('.ts')
  ? new URL('./hit-thread.ts', import.meta.url)
  : new URL('./hit-thread.js', import.meta.url);

export function threadWriter(file: string): HitWriter {
  let worker: Worker | undefined;
  let settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  const answered = (error?: Error): void => {
    const { resolve, reject } = settle ?? {};
    settle = undefined;
    // Alone, the thread keeps no program alive.
    worker?.unref();
    if (error) reject?.(error);
    else resolve?.();
  };
  const start = (): Worker => {
    const made = new Worker(program, { workerData: { file } });
    made.on('message', ({ fault, retryable, bug }: HitReply) => {
      if (fault !== undefined) answered(new StoreFault(fault, retryable === true));
      else answered(bug === undefined ? undefined : new Error(bug));
    });
    made.on('error', (error: Error) =>
      answered(new StoreFault(`Clicks cannot be written: ${error.message}`, true, error)),
    );
    made.on('exit', () => {
      if (worker === made) worker = undefined;
      answered(new StoreFault('The thread that writes clicks has ended.', true));
    });
    return made;
  };
  return {
    write: (hits) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        settle = { resolve, reject };
        const values: Value[] = [];
        for (const hit of hits) putHit(values, hit);
        worker.ref();
        worker.postMessage(JSON.stringify(values) satisfies HitRequest);
      }),
    close: async () => {
      const open = worker;
      if (!open) return;
      const ended = new Promise<void>((resolve) => open.once('exit', () => resolve()));
      open.ref();
      open.postMessage('' satisfies HitRequest);
      await ended;
    },
  };
}

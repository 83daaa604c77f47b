/** The entrance of worker threads: each loads the program for itself, with the compiled code that earlier runs left. */
import { enableCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { Port } from './cli/check-worker.ts';

// A thread does not inherit this from the program. What follows is imported after it, or it would be compiled anew.
enableCompileCache();
const [{ serveBatches }, { processIo }] = await Promise.all([
  import('./cli/check-worker.ts'),
  import('./process-io.ts'),
]);
if (parentPort) serveBatches(parentPort as Port, processIo());

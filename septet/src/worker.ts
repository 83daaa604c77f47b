/** The entrance of worker threads. */
import { parentPort } from 'node:worker_threads';
import { serveBatches, type Port } from './cli/check/check-worker.ts';
import { processIo } from './process-io.ts';

if (parentPort) serveBatches(parentPort as Port, processIo());

/** The process around the program as an `Io`: streams, files, clock, environment, worker threads. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { InputError, type Io } from './cli/io.ts';

export function processIo(): Io {
  const { env, stdout, stderr } = process;
  const plain = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0';
  return {
    // A stream that breaks ends the program in `main.ts`; nobody waits for it here.
    out: (text) => (stdout.write(text) ? undefined : once(stdout, 'drain').then(nothing, nothing)),
    err: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : Number(env['COLUMNS']) || 80,
    colours: !plain && (forced || (stdout.isTTY === true && env['TERM'] !== 'dumb')),
    progress: stderr.isTTY === true,
    interactive: process.stdin.isTTY === true && stdout.isTTY === true,
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    readFile: async (path) => {
      try {
        return path === '-' ? await readAll() : await readFile(path);
      } catch (error) {
        throw new InputError(unreadable(path, error));
      }
    },
    lines: (path) => lines(path),
    chunks: (path) => chunks(path),
    writeFile: async (path, text) => {
      const draft = `${path}.${randomBytes(4).toString('hex')}.part`;
      try {
        await writeFile(draft, text, { mode: 0o644 });
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw new InputError(`${path} could not be written: ${reasonOf(error)}.`);
      }
    },
    startWorker: () => new Worker(new URL('../bin/worker.js', import.meta.url), workerLimits),
    pid: process.pid,
    untilInterrupted: () =>
      new Promise((resolve) => {
        const stop = (): void => {
          for (const signal of endingSignals) process.off(signal, stop);
          resolve();
        };
        for (const signal of endingSignals) process.on(signal, stop);
      }),
    now: () => Date.now(),
    randomBytes: pooledBytes(),
    env,
  };
}

const nothing = (): void => {};
const endingSignals = ['SIGINT', 'SIGTERM'] as const;

/** Random octets out of a pool: asking the system for a few at a time costs more than the octets. */
function pooledBytes(): (count: number) => Uint8Array {
  let pool = new Uint8Array(0);
  let used = 0;
  return (count) => {
    if (count > 1024) return randomBytes(count);
    if (used + count > pool.length) {
      pool = randomBytes(8192);
      used = 0;
    }
    return pool.slice(used, (used += count));
  };
}

/**
 * Keeps a check of any number of domains under 300 MB with one thread; `npm run bench:check -- --memory` measures it. The
 * young generation decides how much is copied, and V8 lets the old one grow between two collections by a share that
 * follows from its limit: 1.3 times near 200 MB, 1.7 near 1200, 4 from 2048 on, which takes 100 MB more.
 */
const workerLimits = { resourceLimits: { maxYoungGenerationSizeMb: 48, maxOldGenerationSizeMb: 1200 } };

async function readAll(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

async function* lines(path: string): AsyncIterable<string> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (error) {
    throw new InputError(unreadable(path, error));
  }
}

async function* chunks(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* path === '-' ? process.stdin : createReadStream(path, { highWaterMark: pieceOctets });
  } catch (error) {
    throw new InputError(unreadable(path, error));
  }
}

/** Larger pieces cost memory, smaller ones time. */
const pieceOctets = 64 * 1024;

const unreadable = (path: string, error: unknown): string =>
  `${path === '-' ? 'Standard input' : path} cannot be read: ${reasonOf(error)}.`;

function reasonOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'permission denied',
    ENOSPC: 'no space is left',
  };
  return (code && words[code]) ?? (error instanceof Error ? error.message : String(error));
}

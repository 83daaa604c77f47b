/**
 * Where the process meets the program: builds what is outside (streams, files, clock, environment) and hands it to the
 * CLI. The only file that touches `process`.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { run } from './cli/run.ts';
import type { Io } from './cli/io.ts';
import { InputError } from './cli/io.ts';

export async function main(args: readonly string[]): Promise<void> {
  // A reader that goes away (`septet … | head`) ends the program quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.exitCode = await run(args, processIo());
}

function processIo(): Io {
  const { env, stdout, stderr } = process;
  const plain = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : Number(env['COLUMNS']) || 80,
    colours: !plain && (forced || (stdout.isTTY === true && env['TERM'] !== 'dumb')),
    progress: stderr.isTTY === true,
    readFile: async (path) => {
      try {
        return path === '-' ? await readAll() : await readFile(path);
      } catch (error) {
        throw new InputError(unreadable(path, error));
      }
    },
    lines: (path) => lines(path),
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
    now: () => Date.now(),
    randomBytes: (count) => randomBytes(count),
    env,
  };
}

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

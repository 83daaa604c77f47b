/** An `Io` for commands that listen or ask: real files, texts as streams, and an interrupt at will. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { InputError, type Io } from '../../src/cli/io.ts';

export interface TestIo {
  readonly io: Io;
  out(): string;
  err(): string;
  interrupt(): void;
  /** Resolves with the match when standard output or standard error shows it. */
  shows(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
}

export interface TestIoOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What a person types, asked for line by line; with it the terminal is interactive. */
  readonly lines?: () => AsyncIterable<string>;
}

export function testIo({ env = {}, lines }: TestIoOptions = {}): TestIo {
  let out = '';
  let err = '';
  let interrupt = (): void => {};
  const interrupted = new Promise<void>((resolve) => (interrupt = resolve));
  const contents = async (file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new InputError(`${file} cannot be read: ${String(error)}.`);
    }
  };
  const io: Io = {
    out: (text) => void (out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
    err: (text) => void (err += text),
    columns: 80,
    colours: false,
    progress: false,
    interactive: lines !== undefined,
    exists: (file) =>
      readFile(file).then(
        () => true,
        () => false,
      ),
    readFile: contents,
    lines: lines ?? (() => nothing()),
    async *chunks(file) {
      yield await contents(file);
    },
    writeFile: (file, text) => writeFile(file, text),
    pid: process.pid,
    untilInterrupted: () => interrupted,
    now: () => Date.now(),
    randomBytes: (count) => randomBytes(count),
    env,
  };
  return {
    io,
    out: () => out,
    err: () => err,
    interrupt: () => interrupt(),
    async shows(pattern, withinMs = 10_000) {
      const limit = performance.now() + withinMs;
      for (;;) {
        const match = pattern.exec(out) ?? pattern.exec(err);
        if (match) return match;
        if (performance.now() > limit) throw new Error(`${pattern} was not shown:\n${out}\n${err}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

async function* nothing(): AsyncIterable<string> {}

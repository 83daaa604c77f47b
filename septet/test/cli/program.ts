/** Runs the program for tests: as a child process, and within this process with an `Io` of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestContext } from 'node:test';
import { InputError, type Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { serveDns, type DnsServer, type ServeOptions } from '../../src/dns/server.ts';
import { zoneWorld } from '../zone-world.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Outside {
  /** Standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const entrance = path.resolve(import.meta.dirname, '../../bin/septet.js');
const guard = pathToFileURL(path.resolve(import.meta.dirname, '../loopback-only.ts')).href;

/** Starts `septet …`; like the tests it can only reach loopback addresses. */
export function start(args: readonly string[], outside: Outside = {}): ChildProcess {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [entrance, ...args], {
    env: { PATH, COLUMNS: '80', NODE_OPTIONS: `--import ${guard}`, ...outside.env },
    ...(outside.cwd === undefined ? {} : { cwd: outside.cwd }),
  });
}

/** Runs `septet …` to its end. */
export async function septet(args: readonly string[], outside: Outside = {}): Promise<Finished> {
  const child = start(args, outside);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => {}); // It need not read what it is given.
  child.stdin?.end(outside.input ?? '');
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? (signal ? 128 : -1)));
  });
  return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
}

export interface Inside {
  readonly input?: string;
  readonly columns?: number;
  readonly colours?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command line in this process; files are real, the streams are texts. */
export async function within(args: readonly string[], inside: Inside = {}): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  const { readFile } = await import('node:fs/promises');
  const contents = async (file: string): Promise<Buffer> => {
    if (file === '-') return Buffer.from(inside.input ?? '');
    try {
      return await readFile(file);
    } catch (error) {
      throw new InputError(`${file} cannot be read: ${String(error)}.`);
    }
  };
  const io: Io = {
    out: (text) => void (stdout += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
    err: (text) => void (stderr += text),
    columns: inside.columns ?? 80,
    colours: inside.colours ?? false,
    progress: false,
    interactive: false,
    exists: (file) =>
      readFile(file).then(
        () => true,
        () => false,
      ),
    pid: process.pid,
    readFile: contents,
    async *lines(file) {
      const text = (await contents(file)).toString('utf8');
      if (text !== '') yield* text.replace(/\n$/, '').split('\n');
    },
    async *chunks(file) {
      yield await contents(file);
    },
    writeFile: (file, text) => writeFile(file, text),
    now: () => Date.parse('2026-11-23T12:00:00Z'),
    randomBytes: (count) => new Uint8Array(count).fill(7),
    env: inside.env ?? {},
  };
  const code = await run(args, io);
  return { code, stdout, stderr };
}

/** A folder with these files, which is removed after the test. Answers the path of a file in it. */
export async function folder(
  t: Pick<TestContext, 'after'>,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<(name: string) => string> {
  const place = await mkdtemp(path.join(tmpdir(), 'septet-cli-'));
  t.after(() => rm(place, { recursive: true, force: true }));
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path.join(place, name), content)));
  return (name) => path.join(place, name);
}

/** A resolver on loopback that answers from a function, closed after the test. */
export async function serve(t: Pick<TestContext, 'after'>, answer: ServeOptions['answer']): Promise<DnsServer> {
  const server = await serveDns({ answer });
  t.after(() => server.close());
  return server;
}

/** A resolver on loopback that knows these zone texts. */
export function serveZone(t: Pick<TestContext, 'after'>, text: string): Promise<DnsServer> {
  const { resolver } = zoneWorld(text);
  return serve(t, (question) => resolver.query(question.name, question.type));
}

/** The lines of a JSON text with one value a line. */
export const jsonLines = (text: string): readonly Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A PostgreSQL of our own for tests: own data folder, free port on 127.0.0.1, full sync, as another user than root. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { access, chown, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, temporaryFolder } from './process.ts';

export interface Postgres {
  /** With a new, empty database in it. */
  database(): Promise<string>;
  readonly port: number;
  readonly folder: string;
  /** Ends the server as `fast` shutdown does, or at once as a crash does. */
  halt(how?: 'fast' | 'crash'): Promise<void>;
  /** After `halt`. */
  start(): Promise<void>;
  /** Octets on disk. */
  size(url: string): Promise<number>;
  stop(): Promise<void>;
}

/** Where Debian keeps the newest version. */
async function programs(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  for (const version of [...versions].sort((a, b) => Number(b) - Number(a))) {
    const folder = join(root, version, 'bin');
    const there = await access(join(folder, 'initdb')).then(
      () => true,
      () => false,
    );
    if (there) return folder;
  }
  return undefined;
}

/** `false` when it is here; else the reason for `skip`. In CI its absence is an error. */
export async function postgresMissing(): Promise<string | false> {
  if ((await programs()) !== undefined) return false;
  const reason = 'not installed here: postgresql';
  if (process.env['CI'] === 'true') throw new Error(`${reason}; CI installs what the tests need`);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

/** PostgreSQL refuses to run as root: then it is the user that Debian made for it. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<Postgres> {
  const bin = await programs();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = await temporaryFolder('postgres');
  const port = await freePort();
  const user = owner();
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? user.uid);
  const data = join(folder, 'data');
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', PGTZ: 'UTC' };
  await command(join(bin, 'initdb'), ['-D', data, '-U', 'septet', '-A', 'trust', '-E', 'UTF8'], { env, ...user });
  const all = {
    port: String(port),
    listen_addresses: "'127.0.0.1'",
    unix_socket_directories: "''",
    fsync: 'on',
    max_connections: '60',
    shared_buffers: "'64MB'",
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(data, 'postgresql.conf'), lines.join(''), { flag: 'a' });
  let child: ChildProcess | undefined;
  let log = '';
  const start = async (): Promise<void> => {
    const started = spawn(join(bin, 'postgres'), ['-D', data], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-20_000)));
    }
    const from = log.length;
    const limit = performance.now() + 30_000;
    for (;;) {
      const answers = await ready(bin, port, env);
      if (answers) return;
      if (started.exitCode !== null || performance.now() > limit) {
        throw new Error(`PostgreSQL did not start:\n${log.slice(from)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const halt = async (how: 'fast' | 'crash' = 'fast'): Promise<void> => {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    // SIGINT is a fast shutdown, SIGQUIT an immediate one: the next start recovers from the log.
    running.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    const timer = setTimeout(() => running.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  const stop = async (): Promise<void> => {
    await halt();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  let databases = 0;
  const psql = (database: string, text: string): Promise<string> =>
    command(join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'septet', '-d', database, '-Atqc', text], {
      env,
    });
  return {
    port,
    folder,
    database: async () => {
      const name = `store${++databases}`;
      await psql('postgres', `create database ${name}`);
      return `postgres://septet@127.0.0.1:${port}/${name}`;
    },
    size: async (url) =>
      Number(await psql(new URL(url).pathname.slice(1), 'select pg_database_size(current_database())')),
    halt,
    start,
    stop,
  };
}

async function ready(bin: string, port: number, env: NodeJS.ProcessEnv): Promise<boolean> {
  return command(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], { env }).then(
    () => true,
    () => false,
  );
}

function command(
  path: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly uid?: number; readonly gid?: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { ...options, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(out.trim()) : reject(new Error(`${path}: ${err}`))));
  });
}

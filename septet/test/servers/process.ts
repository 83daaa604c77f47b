/** Starting and stopping real servers on loopback, each with its own free port and temporary folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the binary is; Debian's servers are not in every user's path. */
export async function findBinary(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** `false` when all binaries are here; else the reason for `skip`. In CI their absence is an error. */
export async function missing(...names: readonly string[]): Promise<string | false> {
  const absent: string[] = [];
  for (const name of names) if ((await findBinary(name)) === undefined) absent.push(name);
  if (absent.length === 0) return false;
  const reason = `not installed here: ${absent.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(`${reason}; CI installs what the tests need`);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

/** A port of the address that is free for UDP and TCP. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, address, () => {
        const bound = server.address();
        server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0));
      });
    });
    const free = await new Promise<boolean>((resolve) => {
      const socket = createSocket('udp4');
      socket.once('error', () => resolve(false));
      socket.bind(port, address, () => socket.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}

export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `septet-${name}-`));
}

export interface Running {
  /** What the server said on stdout and stderr so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Runs the server until `stop`, which also removes `folder`. Waits until `ready` answers true. */
export async function run(
  path: string,
  args: readonly string[],
  folder: string,
  ready: (log: string) => Promise<boolean>,
): Promise<Running> {
  let log = '';
  const child: ChildProcess = spawn(path, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
    });
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const limit = performance.now() + 20_000;
  while (!(await ready(log))) {
    if (child.exitCode !== null || performance.now() > limit) {
      await stop();
      throw new Error(`${path} did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { log: () => log, stop };
}

/** `septet` as a real process of a laboratory, which can be killed at any moment. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Lab } from './lab.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** SIGKILL. */
  kill(): void;
  killed(): boolean;
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

export interface ChildOptions {
  /** No file may grow beyond so many octets, as on a disk that is full. */
  readonly mostOctets?: number;
}

const entrance = path.resolve(import.meta.dirname, '../../bin/septet.js');
const guard = pathToFileURL(path.resolve(import.meta.dirname, '../loopback-only.ts')).href;

export function startChild(lab: Pick<Lab, 'env' | 'args'>, args: readonly string[], options: ChildOptions = {}): Child {
  const command = [process.execPath, entrance, ...args, ...lab.args];
  if (options.mostOctets !== undefined) command.unshift('prlimit', `--fsize=${options.mostOctets}`);
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env['PATH'] ?? '', COLUMNS: '80', NODE_OPTIONS: `--import ${guard}`, ...lab.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let killed = false;
  return {
    kill: () => {
      killed = true;
      child.kill('SIGKILL');
    },
    killed: () => killed,
    pid: child.pid ?? 0,
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    }),
  };
}

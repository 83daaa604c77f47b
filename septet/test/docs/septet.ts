/** Runs the command as a person at the project's root does, without the network. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../../..');
const preload = path.join(root, 'septet/test/loopback-only.ts');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function septet(args: readonly string[], options: { readonly input?: string } = {}): Ran {
  const run = spawnSync(process.execPath, ['--import', preload, path.join(root, 'septet/bin/septet.js'), ...args], {
    cwd: root,
    encoding: 'utf8',
    input: options.input ?? '',
    env: { PATH: process.env['PATH'] },
    timeout: 60_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

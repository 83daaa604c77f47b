/** The relay as a process between Postfixes, and what the last of them has delivered. */
import { execFile, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { start } from '../cli/program.ts';
import type { Postfix } from '../servers/postfix.ts';
import { findBinary } from '../servers/process.ts';

/**
 * A queue that tries again within seconds. With a shorter backoff a run of the queue may meet a message in the moment in
 * which it is put off, and Postfix then leaves that message alone for long (`skipped, still being delivered`).
 */
export const quickQueue = {
  minimal_backoff_time: '3s',
  maximal_backoff_time: '4s',
  queue_run_delay: '1s',
  maximal_queue_lifetime: '1h',
  bounce_queue_lifetime: '1h',
  smtp_connect_timeout: '5s',
  default_destination_concurrency_limit: '20',
  initial_destination_concurrency: '20',
  default_destination_concurrency_failed_cohort_limit: '1000',
};

export const configText = `domains:
  sender.test:
    tracking: { host: track.sender.test, target: app.sender.test }
`;

export interface RelayProcess {
  readonly child: ChildProcess;
  /** Standard error. */
  said(): string;
  /** The events so far (`--json`). */
  events(): readonly Record<string, unknown>[];
  stop(): Promise<void>;
}

/** Runs `septet relay … --json` until it listens. */
export async function startRelay(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RelayProcess> {
  const child = start(['relay', ...args, '--json'], { env });
  let said = '';
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (said += text));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (told += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const limit = performance.now() + 20_000;
  while (!said.includes('End with')) {
    if (child.exitCode !== null || performance.now() > limit) throw new Error(`the relay did not start:\n${said}`);
    // oxlint-disable-next-line no-await-in-loop -- it looks again and again
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    child,
    said: () => said,
    events: () => {
      const lines = told.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Messages of smtp-source, ten at a time. */
export async function flood(port: number, count: number, octets = 4000): Promise<void> {
  const source = (await findBinary('smtp-source')) ?? '';
  const words = `-s 10 -m ${count} -l ${octets} -f news@sender.test -t reader@receiver.test -S Load 127.0.0.1:${port}`;
  await promisify(execFile)(source, words.split(' '), { timeout: 60_000 });
}

const folderOf = async (postfix: Postfix): Promise<string> =>
  /configuration (\S+)\/etc/.exec(await postfix.log())?.[1] ?? '';

/**
 * How often each Message-ID lies in the mailbox; waits until `count` are there and its queue is empty
 */
export async function delivered(postfix: Postfix, count: number): Promise<ReadonlyMap<string, number>> {
  const limit = performance.now() + 60_000;
  const folder = await folderOf(postfix);
  const read = new Set<string>();
  const times = new Map<string, number>();
  for (;;) {
    /* oxlint-disable no-await-in-loop -- it looks again and again */
    const box = `${folder}/mail/all/new`;
    for (const name of await readdir(box).catch(() => [])) {
      if (read.has(name)) continue;
      read.add(name);
      const id = /^Message-Id: (\S+)/im.exec(await readFile(`${box}/${name}`, 'latin1'))?.[1] ?? name;
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    const over = performance.now() > limit;
    if (times.size >= count || over) {
      const waiting = [...(await postfix.waiting('active')), ...(await postfix.waiting('incoming'))];
      if (waiting.length === 0 || over) return times;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    /* oxlint-enable no-await-in-loop */
  }
}

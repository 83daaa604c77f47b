/** Another process that imports, and what has to hold of a store after it, whatever became of the process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StorePlace } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import * as s from './samples.ts';

const program = path.join(import.meta.dirname, 'importing-child.ts');
const guard = pathToFileURL(path.join(import.meta.dirname, '../loopback-only.ts')).href;
const query = { domain: s.domain, ...s.always };

export interface Importing {
  /** `7 stored`, as it was said so far. */
  readonly said: () => readonly string[];
  readonly kill: () => void;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

export function importing(
  place: StorePlace,
  first: number,
  last: number,
  together: number,
  { patience = 30, mostOctets }: { readonly patience?: number; readonly mostOctets?: number } = {},
): Importing {
  const args = ['--import', guard, program, JSON.stringify(place), String(first), String(last)];
  const limit = mostOctets === undefined ? [] : ['prlimit', `--fsize=${mostOctets}`];
  const [command = '', ...rest] = [...limit, process.execPath, ...args, String(together), String(patience)];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    // A line that was cut off was not said.
    said: () => out.split('\n').slice(0, -1),
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr }))),
  };
}

/** Each report that is there, whole and once, and rollups that agree with the rows. */
export async function consistent(store: Store): Promise<ReadonlySet<string>> {
  const listed = await store.reports.list(query, 100_000);
  const ids = listed.map(({ head }) => head.reportId);
  assert.equal(new Set(ids).size, ids.length, 'a report is there twice');
  const rows = new Map<string, number>();
  let messages = 0;
  for await (const { reportId, row } of store.reports.rows(query)) {
    rows.set(reportId, (rows.get(reportId) ?? 0) + 1);
    messages += row.count;
  }
  for (const { head } of listed) assert.equal(rows.get(head.reportId), head.rows, `rows of ${head.reportId}`);
  assert.equal(rows.size, ids.length, 'rows without a report');
  for (const by of ['day', 'source', 'receiver', 'disposition'] as const) {
    const lines = await store.reports.tally(query, by);
    assert.equal(
      lines.reduce((sum, line) => sum + line.messages, 0),
      messages,
      `rollup by ${by}`,
    );
  }
  return new Set(ids);
}

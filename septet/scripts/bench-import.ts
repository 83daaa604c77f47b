/**
 * The figures of `septet reports import` and `show`, through the command itself.
 *
 *     node septet/scripts/bench-import.ts [--small 10000] [--rows 10000000] [--keep FOLDER]
 *
 * `--small` reports of ten rows in a file each are imported into SQLite, every one on disk when it counts; at least 1,000 a
 * second. `--rows` rows of a year are put into a store, then `reports show --since 365d` reads them: at most 100 ms for what
 * the rollups and the table take, besides the start of the program with an empty store. `--keep` keeps the store there, and uses it again.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { dnsName } from '../src/dns/name.ts';
import type { AggregateRow } from '../src/reports/aggregate.ts';
import { openStore } from '../src/store/open-store.ts';
import { reportPieces } from './make-reports.ts';

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '10000000' },
    keep: { type: 'string' },
  },
});
const [small, rows] = [Number(values.small), Number(values.rows)];
const entrance = path.resolve(import.meta.dirname, '../bin/septet.js');
const domain = dnsName('example.com');
const dayMs = 86_400_000;
const rowsAReport = 1000;
const now = Math.floor(performance.timeOrigin);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const count = (value: number): string => Math.round(value).toLocaleString('en');
const folder = mkdtempSync(path.join(tmpdir(), 'septet-bench-'));
try {
  if (small > 0) importSmall();
  if (rows > 0) await showYear(values.keep ?? path.join(folder, 'year'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds, and what it wrote. */
function septet(...args: readonly string[]): { readonly ms: number; readonly stdout: string } {
  const from = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [entrance, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  if (status !== 0) throw new Error(stderr);
  return { ms: performance.now() - from, stdout };
}

function importSmall(): void {
  const place = path.join(folder, 'in');
  mkdirSync(place);
  for (let n = 0; n < small; n++) {
    const form = n % 2 === 0 ? '9990' : '7489';
    const text = [...reportPieces({ rows: 10, form, seed: n, reportId: `r${n}`, reporter: `Receiver ${n % 20}` })].join(
      '',
    );
    writeFileSync(path.join(place, `${n}.xml.gz`), gzipSync(text));
  }
  const { ms, stdout } = septet('reports', 'import', place, '--data', path.join(folder, 'data'), '--domain', domain);
  if (!stdout.includes(`${count(small)} DMARC reports stored`)) throw new Error(stdout);
  const rate = small / (ms / 1000);
  say(
    `${rate >= 1000 ? 'met   ' : 'MISSED'} import of ${count(small)} reports of 10 rows: ${count(rate)} a second, with the start of the program (at least 1,000)`,
  );
}

async function showYear(data: string): Promise<void> {
  if (existsSync(path.join(data, 'septet.sqlite'))) say(`the store in ${data} is used again`);
  else await fill(data);
  const show = (place: string, by: string): number =>
    septet('reports', 'show', domain, '--since', '365d', '--by', by, '--data', place).ms;
  const rounds = 7;
  for (const by of ['source', 'day', 'receiver', 'result']) {
    // In turn, so that what else the machine does meets both alike. The empty one loads and opens the same.
    let [empty, full] = [Infinity, Infinity];
    for (let round = 0; round < rounds; round++) {
      empty = Math.min(empty, show(path.join(folder, 'empty'), by));
      full = Math.min(full, show(data, by));
    }
    const own = full - empty;
    say(
      `${own < 100 ? 'met   ' : 'MISSED'} show --since 365d --by ${by}: ${own.toFixed(0)} ms (at most 100) besides the ${empty.toFixed(0)} ms with an empty store`,
    );
  }
}

async function fill(data: string): Promise<void> {
  const from = performance.now();
  const store = await openStore(
    { kind: 'sqlite', file: path.join(data, 'septet.sqlite') },
    { now: () => now, randomBytes },
  );
  const reports = Math.ceil(rows / rowsAReport);
  const put = async (n: number): Promise<void> => {
    const begin = Math.floor((now - 364 * dayMs) / dayMs + (n % 364)) * 86_400;
    const draft = store.reports.draft();
    const own = rowsOf(n);
    await draft.rows(own);
    const messages = own.reduce((sum, row) => sum + row.count, 0);
    const reporter = `receiver${n % 20}.example`;
    await draft.finish(
      {
        kind: 'aggregate',
        form: 'RFC 9990',
        reporter,
        reportId: `year ${n}`,
        range: { begin, end: begin + 86_399 },
        errors: [],
        policy: { domain, p: 'none' },
        extensions: [],
        rows: own.length,
        messages,
        repairs: [],
      },
      { source: { origin: `${n}.xml`, inside: [] }, trust: 'file', importedAt: now, domain },
    );
  };
  for (let n = 0; n < reports; n += 16)
    await Promise.all(Array.from({ length: Math.min(16, reports - n) }, (_, i) => put(n + i)));
  await store.close();
  say(`${count(rows)} rows of a year in ${count((performance.now() - from) / 1000)} s`);
}

/** 200 senders, and one row in ten that proves nothing. */
function rowsOf(seed: number): readonly AggregateRow[] {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: rowsAReport }, (): AggregateRow => {
    const sender = next(200);
    const known = next(10) > 0;
    return {
      sourceIp: `198.18.${sender}.${next(250)}`,
      count: 1 + next(200),
      disposition: known ? 'none' : 'quarantine',
      dkim: known ? 'pass' : 'fail',
      spf: known && next(2) === 0 ? 'pass' : 'fail',
      reasons: [],
      headerFrom: domain,
      dkimAuth: known ? [{ domain: `sender${sender}.example`, selector: 's', result: 'pass' }] : [],
      spfAuth: [{ domain: `bounce.sender${sender}.example`, result: known ? 'pass' : 'softfail' }],
    };
  });
}

/**
 * The store's figures: import of small reports and of a large one, tallies over a year of many rows, size, memory.
 *
 *     node septet/scripts/bench-store.ts [--small 10000] [--large 1000000] [--rows 10000000] [--sources 200] [--postgres URL]
 *
 * All goes through the same code as an import; each small report is on disk when it counts. `--rows` fills a year with
 * reports of 1,000 rows from `--sources` senders and 20 receivers. With `--postgres` the same on an empty database.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dnsName } from '../src/dns/name.ts';
import type { AggregateHead, AggregateRow } from '../src/reports/aggregate.ts';
import { openStore } from '../src/store/open-store.ts';
import type { ImportFacts, Store } from '../src/store/store.ts';

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '10000' },
    large: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '10000000' },
    sources: { type: 'string', default: '200' },
    postgres: { type: 'string' },
  },
});
const [small, large, rows, sources] = [values.small, values.large, values.rows, values.sources].map(Number) as [
  number,
  number,
  number,
  number,
];
const domain = dnsName('example.com');
const day = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const count = (value: number): string => Math.round(value).toLocaleString('en');
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
const memory = (): string => {
  const octets = Math.max(peak, process.memoryUsage.rss());
  peak = 0;
  return `${count(octets / 1e6)} MB resident`;
};

const folder = mkdtempSync(path.join(tmpdir(), 'septet-bench-'));
const file = path.join(folder, 'septet.db');
const open = (): Promise<Store> =>
  openStore(values.postgres === undefined ? { kind: 'sqlite', file } : { kind: 'postgres', url: values.postgres }, {
    now: () => now,
    randomBytes,
  });
try {
  let store = await open();
  say(`${store.kind}, Node ${process.version}, before: ${memory()}`);
  await smallOnes(store, 'one after the other', 1);
  await smallOnes(store, '64 at a time', 64);
  await largeOne(store);
  await year(store);
  await store.close();
  if (values.postgres === undefined) say(`file: ${count(statSync(file).size / 1e6)} MB`);
  store = await open();
  await tallies(store);
  await store.close();
} finally {
  clearInterval(watch);
  rmSync(folder, { recursive: true, force: true });
}

async function smallOnes(store: Store, how: string, together: number): Promise<void> {
  if (small === 0) return;
  const from = performance.now();
  for (let n = 0; n < small; n += together) {
    const group = Array.from({ length: Math.min(together, small - n) }, (_, i) =>
      put(store, `${how} ${n + i}`, n + i, [batch(10, n + i)]),
    );
    await Promise.all(group);
  }
  const seconds = (performance.now() - from) / 1000;
  say(`${count(small)} reports of 10 rows, ${how}: ${count(small / seconds)} reports a second; ${memory()}`);
}

async function largeOne(store: Store): Promise<void> {
  if (large === 0) return;
  const from = performance.now();
  await put(store, 'large', 1, many(large));
  const seconds = (performance.now() - from) / 1000;
  say(
    `one report of ${count(large)} rows: ${count(large / seconds)} rows a second, ${seconds.toFixed(1)} s; ${memory()}`,
  );
}

async function year(store: Store): Promise<void> {
  const from = performance.now();
  const reports = Math.ceil(rows / 1000);
  for (let n = 0; n < reports; n += 16) {
    const group = Array.from({ length: Math.min(16, reports - n) }, (_, i) =>
      put(store, `year ${n + i}`, n + i, [batch(1000, n + i)]),
    );
    await Promise.all(group);
  }
  const seconds = (performance.now() - from) / 1000;
  say(`${count(rows)} rows of a year: ${count(rows / seconds)} rows a second, ${count(seconds)} s; ${memory()}`);
}

async function tallies(store: Store): Promise<void> {
  const query = { domain, since: now - 365 * day, until: now };
  for (const by of ['day', 'source', 'receiver', 'disposition'] as const) {
    const times: number[] = [];
    let lines = 0;
    let messages = 0;
    for (let round = 0; round < 5; round++) {
      const from = performance.now();
      const table = await store.reports.tally(query, by);
      times.push(performance.now() - from);
      lines = table.length;
      messages = table.reduce((sum, line) => sum + line.messages, 0);
    }
    const told = times.map((time) => time.toFixed(1)).join(', ');
    say(`tally of 365 days by ${by}: ${told} ms; ${count(lines)} lines, ${count(messages)} messages`);
  }
  const from = performance.now();
  const table = await store.reports.sourceDays({ ...query, since: now - 90 * day });
  say(`sourceDays of 90 days: ${(performance.now() - from).toFixed(1)} ms, ${count(table.length)} lines; ${memory()}`);
}

function* many(total: number): Generator<readonly AggregateRow[]> {
  for (let done = 0; done < total; done += 1000) yield batch(Math.min(1000, total - done), done);
}

async function put(store: Store, id: string, n: number, batches: Iterable<readonly AggregateRow[]>): Promise<void> {
  const draft = store.reports.draft();
  let [rows, messages] = [0, 0];
  for (const some of batches) {
    rows += some.length;
    for (const { count } of some) messages += count;
    await draft.rows(some);
  }
  const begin = Math.floor((now - 365 * day) / 1000 / 86_400 + (n % 365)) * 86_400;
  const reporter = `receiver${n % 20}.example`;
  const head: AggregateHead = {
    kind: 'aggregate',
    form: 'RFC 7489',
    reporter,
    email: `dmarc@${reporter}`,
    reportId: id,
    range: { begin, end: begin + 86_399 },
    errors: [],
    policy: { domain, p: 'none', adkim: 'r', aspf: 'r', pct: 100 },
    extensions: [],
    rows,
    messages,
    repairs: [],
  };
  const facts: ImportFacts = { source: { origin: `${id}.xml.gz`, inside: [] }, trust: 'file', importedAt: now, domain };
  const outcome = await draft.finish(head, facts);
  if (outcome.kind !== 'stored' || outcome.rows !== rows) throw new Error(`not stored: ${JSON.stringify(outcome)}`);
}

/** Nine rows in ten prove a sender; the others come from networks that prove nothing. */
function batch(length: number, seed: number): readonly AggregateRow[] {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length }, (): AggregateRow => {
    const sender = next(sources);
    const known = next(10) > 0;
    return {
      sourceIp: `198.${18 + (sender % 2)}.${sender % 250}.${next(250)}`,
      count: 1 + next(200),
      disposition: known ? 'none' : 'quarantine',
      dkim: known ? 'pass' : 'fail',
      spf: known && next(2) === 0 ? 'pass' : 'fail',
      reasons: [],
      headerFrom: 'example.com',
      dkimAuth: known
        ? [{ domain: `sender${sender}.example`, selector: `s${sender % 3}`, result: 'pass' }]
        : [{ domain: 'example.com', result: 'fail' }],
      spfAuth: [{ domain: `bounce.sender${sender}.example`, scope: 'mfrom', result: known ? 'pass' : 'softfail' }],
    };
  });
}

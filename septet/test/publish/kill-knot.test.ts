/**
 * A real process is killed (SIGKILL) at every point of a run against Knot, and the next run ends in the same zone. The
 * points: each connection to the server before anything of it goes on, each update after it was carried out and before
 * its answer comes back, each line of the journal as it appears, the journal's last line cut off, the disk full.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import path from 'node:path';
import { undoable, unfinished } from '../../src/store/evidence.ts';
import { readJournal } from '../../src/store/files/journal-file.ts';
import { missing } from '../servers/process.ts';
import { emptyZone, startLab, type Lab } from './lab.ts';
import { startChild } from './child.ts';
import { startUpdateProxy, type UpdateProxy, type Watch } from './update-proxy.ts';

const skip = await missing('knotd', 'unbound', 'kdig', 'prlimit');

/** Each point has a zone of its own. */
const zones = Array.from({ length: 48 }, (_, i) => `k${i}.net`);
const ed25519 = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

type Kill =
  | { readonly at: 'connection'; readonly number: number; readonly cut?: 'last line' | 'last two lines' }
  | { readonly at: 'reply'; readonly update: number }
  | { readonly at: 'line'; readonly lines: number }
  | { readonly at: 'full disk'; readonly lines: number };

suite('killed while publishing to Knot', { skip }, () => {
  let lab: Lab;
  const proxies: UpdateProxy[] = [];
  const watches: (Watch | undefined)[] = zones.map(() => undefined);

  before(async () => {
    lab = await startLab({
      zones: zones.map((origin) => ({ origin, text: emptyZone(origin) })),
      resolvers: 1,
      secondary: false,
    });
    for (const index of zones.keys()) {
      proxies.push(
        await startUpdateProxy(lab.primary, {
          request: (passing) => watches[index]?.request(passing) ?? true,
          reply: (passing) => watches[index]?.reply(passing) ?? true,
        }),
      );
    }
    await lab.configure(
      zones
        .map(
          (zone, index) => `${zone}:
  ${lab.dns(proxies[index]?.server)}
  people: false
  ttl: 60
  mx: [ 10 web.com ]
  senders:
    - custom: { name: One, dkim: [{ selector: a, value: "${ed25519}" }, { selector: b, value: "${ed25519}" }] }`,
        )
        .join('\n'),
    );
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await lab?.stop();
  });

  const publishing = (zone: string): readonly string[] => ['publish', zone, '--yes', '--wait', '5s'];
  const journalOf = (zone: string): string => path.join(lab.folder, 'state', `${zone}.journal.ndjson`);
  /** The records of a zone, as if all had the same name. */
  const recordsOf = async (zone: string): Promise<readonly string[]> =>
    (await lab.records(zone)).map((record) => record.replaceAll(zone, 'k.net')).sort();

  let used = 0;
  let expected: readonly string[] = [];

  async function killed(kill: Kill): Promise<void> {
    const index = used++;
    const zone = zones[index] ?? assert.fail('more points than zones');
    const where = JSON.stringify({ zone, ...kill });
    const filler = kill.at === 'full disk' ? await fill(zone) : 0;
    const limit = kill.at === 'full disk' ? { mostOctets: filler + cutOf(kill.lines) } : {};
    const child = startChild(lab, publishing(zone), limit);
    let updates = 0;
    watches[index] = {
      request: ({ connection }) => {
        if (kill.at !== 'connection' || connection !== kill.number) return !child.killed();
        child.kill();
        return false;
      },
      reply: ({ isUpdate }) => {
        if (kill.at !== 'reply' || !isUpdate || updates++ !== kill.update) return !child.killed();
        child.kill();
        return false;
      },
    };
    if (kill.at === 'line') {
      const timer = setInterval(() => {
        const file = journalOf(zone);
        const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
        if (lines >= kill.lines) child.kill();
      }, 1);
      await child.ended;
      clearInterval(timer);
    }
    const ended = await child.ended;
    if (kill.at === 'full disk') {
      assert.equal(ended.code, 2, where + ended.stderr);
      assert.match(ended.stderr, /^The journal .* cannot be written: /, where);
    } else if (kill.at !== 'line') assert.equal(ended.signal, 'SIGKILL', where + ended.stderr);
    watches[index] = undefined;
    if (kill.at === 'connection' && kill.cut) await cut(zone, kill.cut);

    const left = readJournal(existsSync(journalOf(zone)) ? readFileSync(journalOf(zone), 'utf8') : '');
    assert.ok(left.torn.length <= 1, where);
    // What stands in the zone and was not there before has its intent on the disk.
    const intended = new Set(
      left.entries.flatMap((entry) => (entry.kind === 'intent' ? entry.changes.map((change) => change.name) : [])),
    );
    for (const record of await lab.records(zone)) {
      const name = record.split('. ')[0] ?? '';
      assert.ok(/ NS ns\d\.lab\.net\.$/.test(record) || intended.has(name as never), `${where}: ${record}`);
    }

    const next = await lab.run(publishing(zone));
    assert.equal(next.code, 0, where + next.stdout + next.stderr);
    assert.deepEqual(await recordsOf(zone), expected, where);
    const { entries } = readJournal(readFileSync(journalOf(zone), 'utf8'));
    assert.deepEqual(unfinished(entries), [], where);
    const steps = undoable(entries).map((intent) => intent.step);
    assert.deepEqual([...new Set(steps)].sort(), ['dkim.custom', 'mx', 'spf']);
    assert.equal(steps.length, 3, `${where}: no step is written twice`);
  }

  let lineLengths: readonly number[] = [];
  /** In the middle of the line after so many. */
  const cutOf = (lines: number): number =>
    lineLengths.slice(0, lines).reduce((sum, length) => sum + length, 0) + Math.floor((lineLengths[lines] ?? 0) / 2);

  /** A journal with a past, longer than any other file of the run. */
  async function fill(zone: string): Promise<number> {
    const line = `${JSON.stringify({ kind: 'visible', at: '2026-01-01T00:00:00Z', step: 'x'.repeat(1000) })}\n`;
    await mkdir(path.dirname(journalOf(zone)), { recursive: true });
    await writeFile(journalOf(zone), line.repeat(200));
    return line.length * 200;
  }

  async function cut(zone: string, what: 'last line' | 'last two lines'): Promise<void> {
    const text = readFileSync(journalOf(zone), 'utf8');
    const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
    const last = what === 'last line' ? starts.at(-2) : starts.at(-3);
    const end = what === 'last line' ? text.length : (starts.at(-2) ?? 0);
    assert.ok(last !== undefined && last < end);
    await truncate(journalOf(zone), Math.floor((last + end) / 2));
  }

  test('every point', async (t) => {
    // A run that nobody kills tells the points.
    const zone = zones[used++] ?? '';
    const seen: { connection: number; isUpdate: boolean }[] = [];
    watches[0] = { request: (passing) => seen.push(passing) > 0, reply: () => true };
    const whole = await lab.run(publishing(zone));
    assert.equal(whole.code, 0, whole.stdout + whole.stderr);
    watches[0] = undefined;
    expected = await recordsOf(zone);
    assert.equal(expected.length, 6);
    assert.ok(!expected.some((record) => record.includes('_dmarc')), 'the keys have to leave the caches first');
    const text = readFileSync(journalOf(zone), 'utf8');
    const lines = text.trimEnd().split('\n');
    lineLengths = lines.map((line) => line.length + 1);
    const connections = new Set(seen.map((passing) => passing.connection)).size;
    const updates = [...new Set(seen.filter((passing) => passing.isUpdate).map((passing) => passing.connection))];
    assert.equal(updates.length, 3);

    const points: Kill[] = [
      ...Array.from({ length: connections }, (_, number): Kill => ({ at: 'connection', number })),
      ...updates.map((_, update): Kill => ({ at: 'reply', update })),
      ...lines.slice(0, -1).map((_, index): Kill => ({ at: 'line', lines: index + 1 })),
      ...updates.slice(0, 2).flatMap((number): Kill[] => [
        { at: 'connection', number, cut: 'last line' },
        { at: 'connection', number, cut: 'last two lines' },
      ]),
      ...lines.flatMap((line, index): Kill[] =>
        /^\{"kind":"(plan|intent|result)"/.test(line) && index < 5 ? [{ at: 'full disk', lines: index }] : [],
      ),
    ];
    t.diagnostic(
      `${points.length} points: ${connections} connections, ${updates.length} replies, ${lines.length} lines`,
    );
    const began = performance.now();
    const waiting = [...points];
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let kill = waiting.shift(); kill; kill = waiting.shift()) await killed(kill);
      }),
    );
    t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
});

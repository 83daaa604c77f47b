/**
 * `reports import` when things break: killed at any moment, two at once on one file, a disk that takes no more, a database
 * that goes away and comes back. What it said is stored is there, whole and once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import type { StorePlace } from '../../src/store/open-store.ts';
import { missing } from '../servers/process.ts';
import { databases, reopen } from '../store/databases.ts';
import { consistent } from '../store/importing.ts';
import { xml } from '../watch/intake-mail.ts';
import { folder, jsonLines } from './program.ts';

const entrance = path.resolve(import.meta.dirname, '../../bin/septet.js');
const guard = pathToFileURL(path.resolve(import.meta.dirname, '../loopback-only.ts')).href;
const noLimits = await missing('prlimit');

interface Importing {
  /** Ids that it said are stored; a line that was cut off was not said. */
  readonly said: () => readonly string[];
  readonly events: () => readonly Record<string, unknown>[];
  readonly err: () => string;
  readonly kill: () => void;
  readonly ended: Promise<number | null>;
}

function importing(
  place: StorePlace,
  files: string,
  more: readonly string[] = [],
  limit: readonly string[] = [],
): Importing {
  const where = place.kind === 'sqlite' ? ['--data', path.dirname(place.file)] : ['--store', place.url];
  const args = [
    'reports',
    'import',
    files,
    '--json',
    '--domain',
    'example.com',
    '--resolver',
    '127.0.0.1:9',
    ...where,
    ...more,
  ];
  const [command = '', ...rest] = [...limit, process.execPath, entrance, ...args];
  const { PATH = '' } = process.env;
  const child = spawn(command, rest, {
    env: { PATH, NODE_OPTIONS: `--import ${guard}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const events = (): readonly Record<string, unknown>[] => jsonLines(out.slice(0, out.lastIndexOf('\n') + 1));
  return {
    events,
    said: () => events().flatMap(({ kind, reportId }) => (kind === 'stored' ? [String(reportId)] : [])),
    // Lines are wrapped where the paths allow.
    err: () => err.replaceAll(/\s+/g, ' '),
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `count` reports in a folder; every 25th has more rows than wait in memory. */
async function reportsIn(place: string, count: number): Promise<void> {
  await mkdir(place, { recursive: true });
  for (let n = 0; n < count; n++) {
    const text = xml({ id: `r${n}`, rows: n % 25 === 24 ? 3000 : 10, seed: n });
    // oxlint-disable-next-line no-await-in-loop -- one file after another
    await writeFile(path.join(place, `${String(n).padStart(5, '0')}.xml.gz`), gzipSync(text, { level: 1 }));
  }
}

const sqliteAt = (at: (name: string) => string): StorePlace => ({ kind: 'sqlite', file: at('data/septet.sqlite') });

test(
  'killed at random moments: nothing that was said is lost, nothing is there twice',
  { timeout: 120_000 },
  async (t) => {
    const at = await folder(t, {});
    await reportsIn(at('in'), 300);
    const place = sqliteAt(at);
    const said = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const child = importing(place, at('in'));
      const limit = performance.now() + 20_000;
      const before = said.size;
      // oxlint-disable-next-line no-await-in-loop -- one process after another
      while (child.said().length === 0 && child.events().length === 0 && performance.now() < limit) await pause(5);
      // oxlint-disable-next-line no-await-in-loop -- the same
      await pause(Math.random() * 250);
      child.kill();
      // oxlint-disable-next-line no-await-in-loop -- the same
      await child.ended;
      for (const id of child.said()) {
        assert.ok(!said.has(id), `${id} was said twice to be stored`);
        said.add(id);
      }
      assert.ok(said.size >= before);
    }
    const middle = await reopen(place);
    const there = await consistent(middle);
    await middle.close();
    assert.deepEqual(
      [...said].filter((id) => !there.has(id)),
      [],
    );
    const last = importing(place, at('in'));
    assert.equal(await last.ended, 0, last.err());
    const store = await reopen(place);
    assert.equal((await consistent(store)).size, 300);
    await store.close();
  },
);

test('two at once on one SQLite file: each report once', async (t) => {
  const at = await folder(t, {});
  await reportsIn(at('in'), 200);
  const place = sqliteAt(at);
  const children = [importing(place, at('in')), importing(place, at('in'))];
  for (const child of children) assert.equal(await child.ended, 0, child.err());
  const said = children.flatMap((child) => child.said());
  assert.equal(new Set(said).size, said.length);
  assert.equal(said.length, 200);
  const store = await reopen(place);
  assert.equal((await consistent(store)).size, 200);
  await store.close();
});

test('a disk that takes no more: a sentence, exit code 3, and later it goes on', { skip: noLimits }, async (t) => {
  const at = await folder(t, {});
  await reportsIn(at('in'), 400);
  const place = sqliteAt(at);
  const full = importing(place, at('in'), ['--patience', '1'], ['prlimit', '--fsize=1500000']);
  assert.equal(await full.ended, 3, full.err());
  assert.match(full.err(), /Nothing of this was stored.* It is tried again for 1 seconds/);
  const middle = await reopen(place);
  const there = await consistent(middle);
  await middle.close();
  assert.ok(full.said().length > 0);
  assert.deepEqual(
    full.said().filter((id) => !there.has(id)),
    [],
  );
  const rest = importing(place, at('in'));
  assert.equal(await rest.ended, 0, rest.err());
  const store = await reopen(place);
  assert.equal((await consistent(store)).size, 400);
  await store.close();
});

for (const database of (await databases()).filter(({ kind }) => kind === 'postgres')) {
  describe('PostgreSQL', { skip: database.skip }, () => {
    before(() => database.begin());
    after(() => database.end());

    test(
      'a server that goes away and comes back: told, and everything is stored once',
      { timeout: 120_000 },
      async (t) => {
        const at = await folder(t, {});
        await reportsIn(at('in'), 600);
        const place = await database.place();
        const child = importing(place, at('in'), ['--patience', '60']);
        const limit = performance.now() + 30_000;
        while (child.said().length < 50 && performance.now() < limit) await pause(5);
        await database.server().halt('crash');
        await pause(3000);
        assert.match(child.err(), /tried again for 60 seconds/);
        await database.server().start();
        assert.equal(await child.ended, 0, child.err());
        const said = child.said();
        assert.equal(new Set(said).size, 600);
        assert.equal(said.length, 600);
        const store = await reopen(place);
        assert.equal((await consistent(store)).size, 600);
        await store.close();
      },
    );

    test('a server that stays away: a sentence and exit code 3', async (t) => {
      const at = await folder(t, {});
      await reportsIn(at('in'), 2);
      const child = importing({ kind: 'postgres', url: 'postgres://nobody:secretword@127.0.0.1:9/none' }, at('in'), [
        '--patience',
        '1',
      ]);
      assert.equal(await child.ended, 3, child.err());
      assert.match(child.err(), /does not answer/);
      assert.ok(!child.err().includes('secretword'));
    });
  });
}

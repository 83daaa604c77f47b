/** Full disks, servers that go away, files that are none of ours: a sentence, nothing lost, and it goes on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { patiently, StoreFault } from '../../src/store/sql/sql-fault.ts';
import type { Store } from '../../src/store/store.ts';
import { missing, temporaryFolder } from '../servers/process.ts';
import { databases, reopen, secretKey } from './databases.ts';
import { consistent, importing } from './importing.ts';
import * as s from './samples.ts';

const all = await databases();
const root = process.getuid?.() === 0 ? false : 'a small disk is mounted by root only';
const noLimits = await missing('prlimit');

/** A disk of so many octets. */
async function smallDisk(folder: string, octets: number): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${octets}`, 'tmpfs', folder]);
  return { [Symbol.asyncDispose]: async () => void execFileSync('umount', [folder]) };
}

/** Imports until a fault, and answers it with how many went in before. */
async function fill(store: Store): Promise<{ readonly fault: StoreFault; readonly stored: readonly string[] }> {
  const stored: string[] = [];
  for (let n = 0; n < 100_000; n++) {
    try {
      await s.put(store, s.numbered(n, n % 20 === 19 ? 7000 : 10));
      stored.push(`report-${n}`);
    } catch (error) {
      assert.ok(error instanceof StoreFault, String(error));
      return { fault: error, stored };
    }
  }
  throw new Error('the disk did not fill');
}

/** Why tests with a mounted disk cannot run; in CI that is an error. */
async function noDisk(): Promise<string | false> {
  if (root !== false) return root;
  const folder = await temporaryFolder('mount');
  try {
    await using _ = await smallDisk(folder, 65_536);
    return false;
  } catch {
    return 'this machine does not let a test mount a disk';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
const unmountable = await noDisk();
if (unmountable !== false) process.stderr.write(`skipped: ${unmountable}\n`);

describe('SQLite', () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder('trouble');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('a full disk: told, nothing lost, and it goes on when there is room', { skip: unmountable }, async () => {
    const disk = path.join(folder, 'disk');
    await using _ = await smallDisk(disk, 8_000_000);
    await writeFile(path.join(disk, 'filler'), new Uint8Array(2_500_000));
    const file = path.join(disk, 'septet.db');
    const store = await reopen({ kind: 'sqlite', file });
    const { fault, stored } = await fill(store);
    assert.match(fault.message, /disk is full.*septet\.db.*make room|septet\.db cannot be read or written/);
    assert.equal(fault.retryable, true);
    assert.ok(stored.length > 10);
    const there = await consistent(store);
    assert.deepEqual(
      stored.filter((id) => !there.has(id)),
      [],
    );
    await rm(path.join(disk, 'filler'));
    const next = s.numbered(stored.length, 10);
    assert.equal((await s.put(store, next)).kind, 'stored');
    await store.close();
    const again = await reopen({ kind: 'sqlite', file });
    assert.equal((await consistent(again)).size, stored.length + 1);
    await again.close();
  });

  test('a limit on the size of files', { skip: noLimits }, async () => {
    const place = { kind: 'sqlite', file: path.join(folder, 'limited', 'septet.db') } as const;
    const child = importing(place, 0, 10_000, 4, { patience: 0, mostOctets: 1_500_000 });
    const { code, stderr } = await child.ended;
    assert.equal(code, 3, stderr);
    assert.match(stderr, /septet\.db.*Nothing of this was stored/);
    const store = await reopen(place);
    const there = await consistent(store);
    assert.deepEqual(
      child.said().filter((line) => !there.has(`report-${line.split(' ')[0]}`)),
      [],
    );
    assert.ok(child.said().length > 0);
    await store.close();
  });

  test('files that are not ours are refused, and stay as they are', async () => {
    const text = path.join(folder, 'text.db');
    await writeFile(text, 'Dear reader, this is no database at all.\n'.repeat(200));
    await assert.rejects(reopen({ kind: 'sqlite', file: text }), fault(/text\.db is no SQLite database/));
    const foreign = path.join(folder, 'foreign.db');
    const database = new DatabaseSync(foreign);
    database.exec('create table cats (name text)');
    database.close();
    await assert.rejects(reopen({ kind: 'sqlite', file: foreign }), fault(/foreign\.db is the database of another/));
    const inside = path.join(text, 'deeper', 'septet.db');
    await assert.rejects(reopen({ kind: 'sqlite', file: inside }), fault(/cannot be opened/));
    assert.equal((await stat(text)).size, 8200);
  });

  test('a newer schema is refused; the file is for its owner only', async () => {
    const file = path.join(folder, 'newer', 'septet.db');
    await (await reopen({ kind: 'sqlite', file })).close();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const database = new DatabaseSync(file);
    assert.equal(Object.values(database.prepare('pragma journal_mode').get() ?? {})[0], 'wal');
    database.exec("insert into migration values (99, 'from the future', 0)");
    database.close();
    await assert.rejects(reopen({ kind: 'sqlite', file }), fault(/newer septet \(schema 99, this one knows \d+\)/));
  });

  test('a writer that takes long: others wait', async () => {
    const file = path.join(folder, 'busy', 'septet.db');
    const store = await reopen({ kind: 'sqlite', file });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const waiting = s.put(store, { id: 'a' });
    setTimeout(() => other.exec('commit'), 900);
    await store.sources.mark({ domain: s.domain, sourceKey: 'spf=a.example', mark: 'mine', at: 1 });
    assert.equal((await waiting).kind, 'stored');
    other.close();
    await store.close();
  });

  test('a key of the wrong length', async () => {
    const file = path.join(folder, 'key', 'septet.db');
    await assert.rejects(reopen({ kind: 'sqlite', file }, { secretKey: secretKey.slice(1) }), fault(/31 octets.*32/));
  });
});

const postgres = all.find(({ kind }) => kind === 'postgres')!;

describe('PostgreSQL', { skip: postgres.skip }, () => {
  before(() => postgres.begin());
  after(() => postgres.end());

  test('the server restarts in the middle of an import', { timeout: 90_000 }, async () => {
    const place = await postgres.place();
    const child = importing(place, 0, 500, 4);
    for (const how of ['fast', 'crash'] as const) {
      const before = child.said().length;
      while (child.said().length <= before + 40) await pause(5);
      await postgres.server().halt(how);
      await pause(600);
      await postgres.server().start();
    }
    assert.deepEqual(await child.ended, { code: 0, stderr: '' });
    const store = await reopen(place);
    assert.equal((await consistent(store)).size, 500);
    assert.equal(new Set(child.said().map((line) => line.split(' ')[0])).size, 500);
    await store.close();
  });

  test('an open store whose server goes away: a fault that may be tried again, then it goes on', async () => {
    const place = await postgres.place();
    const store = await reopen(place);
    const draft = store.reports.draft();
    await draft.rows([s.row()]);
    const held = Promise.withResolvers<string>();
    const started = Promise.withResolvers<void>();
    const working = store.ramps.exclusively(s.domain, 'a', () => {
      started.resolve();
      return held.promise;
    });
    await started.promise;
    await postgres.server().halt('crash');
    const head = s.headOf('a', [s.row()]);
    await assert.rejects(draft.finish(head, s.factsOf()), (error: unknown) => {
      assert.ok(error instanceof StoreFault && error.retryable, String(error));
      assert.match(error.message, /^The database postgres:\/\/127\.0\.0\.1:\d+\/store\d+ does not answer/);
      return true;
    });
    const waiting = patiently(() => draft.finish(head, s.factsOf()), 30);
    await pause(500);
    await postgres.server().start();
    assert.equal((await waiting).kind, 'stored');
    held.resolve('done');
    assert.equal(await working, 'done');
    assert.equal(await store.ramps.exclusively(s.domain, 'a', async () => 'again'), 'again');
    await store.close();
  });

  test('a machine that dies leaves no lock behind', async () => {
    const place = await postgres.place();
    const [first, second] = [await reopen(place), await reopen(place)];
    const started = Promise.withResolvers<void>();
    const never = first.ramps.exclusively(s.domain, 'a', () => {
      started.resolve();
      return new Promise<never>(() => {});
    });
    await started.promise;
    assert.equal(await second.ramps.exclusively(s.domain, 'b', async () => 'b'), undefined);
    await first.close();
    assert.equal(await patientlyTaken(second), 'b');
    assert.ok(never);
    await second.close();
  });

  test('eight open a new database at once', async () => {
    const place = await postgres.place();
    const stores = await Promise.all(Array.from({ length: 8 }, () => reopen(place)));
    const outcomes = await Promise.all(stores.map((store) => s.put(store, { id: 'a' })));
    assert.equal(outcomes.filter(({ kind }) => kind === 'stored').length, 1);
    for (const store of stores) await store.close();
  });

  test('a full disk: told, nothing lost, and it goes on when there is room', { skip: unmountable }, async () => {
    const disk = path.join(postgres.server().folder, 'disk');
    await using _ = await smallDisk(disk, 24_000_000);
    const { uid, gid } = await stat(path.join(postgres.server().folder, 'data'));
    await chown(disk, uid, gid);
    await chmod(disk, 0o700);
    await writeFile(path.join(disk, 'filler'), new Uint8Array(4_000_000));
    await mkdir(path.join(disk, 'space'), { mode: 0o700 });
    await chown(path.join(disk, 'space'), uid, gid);
    const url = `postgres://septet@127.0.0.1:${postgres.server().port}/full`;
    const { default: pg } = await import('pg');
    const client = new pg.Client(url.replace('/full', '/postgres'));
    await client.connect();
    try {
      await client.query(`create tablespace small location '${path.join(disk, 'space')}'`);
      await client.query('create database "full" tablespace small');
      const store = await reopen({ kind: 'postgres', url });
      const { fault, stored } = await fill(store);
      assert.match(fault.message, /^The disk of postgres:.* is full\. Nothing of this was stored; make room/);
      assert.equal(fault.retryable, true);
      assert.ok(stored.length > 10);
      await rm(path.join(disk, 'filler'));
      assert.equal((await s.put(store, s.numbered(stored.length, 10))).kind, 'stored');
      assert.equal((await consistent(store)).size, stored.length + 1);
      await store.close();
    } finally {
      await client.query('drop database if exists "full"');
      await client.query('drop tablespace if exists small');
      await client.end();
    }
  });

  test('sentences: nobody there, no such database, no such user, no URL; never a password', async () => {
    const port = postgres.server().port;
    const cases: readonly (readonly [string, RegExp, boolean])[] = [
      ['postgres://septet:hunter2@127.0.0.1:1/store', /127\.0\.0\.1:1\/store does not answer \(ECONNREFUSED\)/, true],
      [`postgres://septet:hunter2@127.0.0.1:${port}/nowhere`, /nowhere does not exist.*createdb/, false],
      [`postgres://nobody:hunter2@127.0.0.1:${port}/postgres`, /does not let this user in/, false],
      ['mysql://root:hunter2@127.0.0.1/x', /named by a URL such as postgres:/, false],
      ['hunter2', /named by a URL such as postgres:/, false],
    ];
    for (const [url, sentence, retryable] of cases) {
      await assert.rejects(reopen({ kind: 'postgres', url }), (error: unknown) => {
        assert.ok(error instanceof StoreFault, String(error));
        assert.match(error.message, sentence);
        assert.equal(error.retryable, retryable);
        assert.ok(!`${error.message}${error.stack}${String(error.cause)}`.includes('hunter2'));
        return true;
      });
    }
  });

  test('a newer schema is refused', async () => {
    const place = await postgres.place();
    assert.ok(place.kind === 'postgres');
    await (await reopen(place)).close();
    const { default: pg } = await import('pg');
    const client = new pg.Client(place.url);
    await client.connect();
    await client.query("insert into septet.migration values (99, 'from the future', 0)");
    await client.end();
    await assert.rejects(reopen(place), fault(/newer septet \(schema 99/));
  });
});

const fault =
  (sentence: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StoreFault, String(error));
    assert.match(error.message, sentence);
    assert.equal(error.retryable, false);
    return true;
  };

async function patientlyTaken(store: Store): Promise<string | undefined> {
  for (let tries = 0; tries < 100; tries++) {
    const done = await store.ramps.exclusively(s.domain, 'b', async () => 'b');
    if (done !== undefined) return done;
    await pause(20);
  }
  return undefined;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

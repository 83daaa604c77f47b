/** `septet backup` and `septet restore`, on both databases and between them; nothing is overwritten or left half done. */
import assert from 'node:assert/strict';
import { access, chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, suite, test, type TestContext } from 'node:test';
import { openStore, type StorePlace } from '../../src/store/open-store.ts';
import { clean } from '../watch/scenarios.ts';
import { simulate } from '../../src/watch/simulate/simulate.ts';
import { importReports } from '../watch/move-world.ts';
import { databases, options } from '../store/databases.ts';
import { domain, now } from '../store/samples.ts';
import { folder, within } from './program.ts';

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const argsOf = (place: StorePlace): readonly string[] =>
  place.kind === 'sqlite' ? ['--data', path.dirname(place.file)] : ['--store', place.url];

/** Reports of five days, a mark, and a ramp. */
async function filled(place: StorePlace): Promise<void> {
  const store = await openStore(place, options);
  for (const { reports } of simulate(clean(), 5, 1)) await importReports(store, reports, now);
  await store.sources.mark({ domain, sourceKey: 'ip=192.0.2.0/24', mark: 'mine', note: 'the shop', at: now });
  await store.ramps.save({ domain, ramp: 'dmarc', stage: 'none', since: now, revision: 0 });
  await store.close();
}

const all = await databases();
suite('backup', { concurrency: false }, () => {
  for (const database of all) {
    before(() => (database.skip ? undefined : database.begin()));
    after(() => (database.skip ? undefined : database.end()));
  }
  /** A folder of `--data`, or a database of its own. */
  const placeOf = async (database: (typeof all)[number], data: (name: string) => string, name: string) => {
    if (database.kind === 'sqlite') return { kind: 'sqlite', file: path.join(data(name), 'septet.sqlite') } as const;
    return database.place();
  };

  for (const from of all) {
    for (const to of all) {
      test(`from ${from.kind} to ${to.kind}, and the same again`, { skip: from.skip || to.skip }, async (t) => {
        const file = await folder(t, {});
        const [one, other] = [await placeOf(from, file, 'one'), await placeOf(to, file, 'other')];
        await filled(one);
        const made = await within(['backup', file('one.backup'), ...argsOf(one)]);
        assert.deepEqual([made.code, made.stderr], [0, '']);
        assert.match(flat(made.stdout), /one\.backup: \d+ lines, \d+ kB\. Secrets in it stay encrypted;/);
        assert.equal((await stat(file('one.backup'))).mode & 0o777, 0o600);
        const restored = await within(['restore', file('one.backup'), ...argsOf(other)]);
        assert.deepEqual([restored.code, restored.stderr], [0, '']);
        assert.match(flat(restored.stdout), /Restored into .*: rows of .*\breport row \d+\b.*ramp state 1/);
        const again = await within(['backup', '-', ...argsOf(other)]);
        assert.equal(again.stdout, await readFile(file('one.backup'), 'utf8'));
        // Not into a store that holds something.
        const twice = await within(['restore', '-', ...argsOf(other)], { input: again.stdout });
        assert.equal(twice.code, 2);
        assert.match(twice.stderr, /is not empty\. Restore into a new store\./);
      });
    }
  }
});

describe('a backup that cannot be', () => {
  const backedUp = async (t: TestContext) => {
    const file = await folder(t, {});
    await filled({ kind: 'sqlite', file: path.join(file('data'), 'septet.sqlite') });
    return file;
  };

  test('a file that is there stays, unless it is to be overwritten', async (t) => {
    const file = await backedUp(t);
    await writeFile(file('there'), 'mine');
    const { code, stderr } = await within(['backup', file('there'), '--data', file('data')]);
    assert.equal(code, 2);
    assert.match(flat(stderr), /there is there already, and stays\. Name another file, or overwrite it with --force\./);
    assert.equal(await readFile(file('there'), 'utf8'), 'mine');
    assert.equal((await within(['backup', file('there'), '--data', file('data'), '--force'])).code, 0);
    assert.match(await readFile(file('there'), 'utf8'), /^\{"septet":"backup"/);
    assert.deepEqual((await readdir(file('.'))).sort(), ['data', 'there']);
  });

  test('no store, no folder, no permission: a sentence, and nothing is left', async (t) => {
    const file = await backedUp(t);
    const nothing = await within(['backup', file('x'), '--data', file('none')]);
    assert.equal(nothing.code, 2);
    assert.match(flat(nothing.stderr), /Nothing is stored yet: .*none\/septet\.sqlite is not there\./);
    const home = await within(['backup', file('x')], { env: { HOME: file('home') } });
    assert.match(
      flat(home.stderr),
      /Nothing is stored yet: .*home\/\.local\/share\/septet\/septet\.sqlite is not there\./,
    );
    await assert.rejects(access(file('home')));
    const noFolder = await within(['backup', file('no/x'), '--data', file('data')]);
    assert.match(noFolder.stderr, /could not be written: its folder is not there\. Nothing was left behind\./);
    if (process.getuid?.() !== 0) {
      await mkdir(file('closed'));
      await chmod(file('closed'), 0o500);
      const closed = await within(['backup', file('closed/x'), '--data', file('data')]);
      assert.match(closed.stderr, /could not be written: permission denied/);
      await chmod(file('closed'), 0o700);
    }
    assert.deepEqual(
      (await readdir(file('.'))).filter((name) => name.endsWith('.part') || name === 'x'),
      [],
    );
  });
});

describe('a restore that cannot be', () => {
  test('what is no backup, cut off, damaged or missing leaves no store behind', async (t) => {
    const file = await folder(t, { 'no.backup': '<xml>\n', 'other.json': '{"a":1}\n', empty: '' });
    await filled({ kind: 'sqlite', file: path.join(file('data'), 'septet.sqlite') });
    await within(['backup', file('good'), '--data', file('data')]);
    const lines = (await readFile(file('good'), 'utf8')).trimEnd().split('\n');
    await writeFile(file('torn'), `${lines.slice(0, -1).join('\n')}\n`);
    await writeFile(file('half'), lines.join('\n').slice(0, -400));
    await writeFile(file('less'), `${lines.filter((line) => !line.includes('"source_mark","columns"')).join('\n')}\n`);
    const cases: readonly (readonly [string, RegExp])[] = [
      ['missing', /missing cannot be read: there is no such file/],
      ['no.backup', /Line 1 of .*no\.backup cannot be read: it is no backup of septet\. Nothing was restored\./],
      ['other.json', /This is no backup of septet: its first line does not say so\./],
      ['empty', /The backup is not whole: its last line is missing\. Nothing was restored\./],
      ['torn', /The backup is not whole: its last line is missing\. Nothing was restored\./],
      ['half', /Line \d+ of .*half cannot be read: the file is damaged or was cut off\. Nothing was restored\./],
      ['less', /The backup is not whole: rows of source_mark are missing\. Nothing was restored\./],
    ];
    for (const [name, says] of cases) {
      const { code, stdout, stderr } = await within(['restore', file(name), '--data', file('new')]);
      assert.deepEqual([code, stdout], [2, ''], name);
      assert.match(flat(stderr), says);
      assert.deepEqual(await readdir(file('new')).catch(() => []), [], name);
    }
    // A store that was there and empty stays.
    const store = await openStore({ kind: 'sqlite', file: path.join(file('new'), 'septet.sqlite') }, options);
    await store.close();
    assert.equal((await within(['restore', file('torn'), '--data', file('new')])).code, 2);
    await access(path.join(file('new'), 'septet.sqlite'));
    assert.equal((await within(['restore', file('good'), '--data', file('new')])).code, 0);
  });
});

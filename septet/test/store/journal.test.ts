/** The journal in the store, on both databases: entries in order, and of two writers one is told. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { evidenceOf } from '../../src/store/evidence.ts';
import { JournalMoved, journalShelf } from '../../src/store/shelves/journal-shelf.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import type { StorePlace } from '../../src/store/open-store.ts';
import type { SqlAccess } from '../../src/store/sql/sql-access.ts';
import { databases, options } from './databases.ts';

const domain = dnsName('example.com');
const at = '2026-11-23T12:00:00.000Z';
const visible = (step: string, day = 1): JournalEntry => ({
  kind: 'visible',
  at: new Date(Date.parse(at) + day * 86_400_000).toISOString(),
  step,
});

const accessOf = async (place: StorePlace): Promise<SqlAccess> =>
  place.kind === 'sqlite'
    ? (await import('../../src/store/sql/sqlite-file.ts')).openSqlite(place.file, options)
    : (await import('../../src/store/sql/postgres-pool.ts')).openPostgres(place.url, options);

for (const database of await databases()) {
  describe(database.kind, { skip: database.skip }, () => {
    before(() => database.begin());
    after(() => database.end());

    test('entries stay in the order of the calls, each domain for itself', async () => {
      const place = await database.place();
      const sql = await accessOf(place);
      const journal = await journalShelf(sql).open(domain);
      assert.deepEqual([journal.entries, journal.torn], [[], []]);
      const entries = Array.from({ length: 30 }, (_, i) => visible(`step ${i}`, 30 - i));
      await Promise.all(entries.map((entry) => journal.append(entry)));
      await (await journalShelf(sql).open(dnsName('other.example'))).append(visible('elsewhere'));
      await sql.close();
      const again = await accessOf(place);
      const read = await journalShelf(again).open(domain);
      assert.deepEqual(read.entries, entries);
      assert.deepEqual(read.torn, []);
      assert.equal(evidenceOf(read.entries).visibleSince.size, 30);
      await again.close();
    });

    test('of two writers the second is told, sees what the first wrote, and goes on', async () => {
      const place = await database.place();
      const [one, two] = [await accessOf(place), await accessOf(place)];
      const [first, second] = [await journalShelf(one).open(domain), await journalShelf(two).open(domain)];
      await first.append(visible('first'));
      await assert.rejects(second.append(visible('second')), (error: unknown) => {
        assert.ok(error instanceof JournalMoved);
        assert.match(error.message, /^Another septet has written into the journal of example\.com meanwhile\./);
        return true;
      });
      assert.deepEqual(second.entries, [visible('first')]);
      await second.append(visible('second'));
      await first.refresh();
      assert.deepEqual(first.entries, [visible('first'), visible('second')]);
      await Promise.all([one.close(), two.close()]);
    });

    test('of many that write at once, each place has one entry and none is lost', async () => {
      const place = await database.place();
      const sql = await accessOf(place);
      const shelf = journalShelf(sql);
      const write = async (name: string): Promise<void> => {
        const journal = await shelf.open(domain);
        for (let tries = 0; ; tries++) {
          try {
            await journal.append(visible(name));
            return;
          } catch (error) {
            if (!(error instanceof JournalMoved) || tries > 100) throw error;
          }
        }
      };
      const names = Array.from({ length: 12 }, (_, i) => `writer ${i}`);
      await Promise.all(names.map(write));
      const { entries } = await shelf.open(domain);
      assert.deepEqual(entries.map((entry) => ('step' in entry ? entry.step : '')).sort(), names.sort());
      await sql.close();
    });

    test('an entry that this septet does not know is named, and the others are read', async () => {
      const sql = await accessOf(await database.place());
      const shelf = journalShelf(sql);
      const journal = await shelf.open(domain);
      await journal.append(visible('known'));
      await journal.append({ kind: 'later', at } as unknown as JournalEntry);
      await journal.append(visible('after'));
      const read = await shelf.open(domain);
      assert.deepEqual(read.entries, [visible('known'), visible('after')]);
      assert.equal(read.torn.length, 1);
      await sql.close();
    });
  });
}

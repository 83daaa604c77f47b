/** Backup and restore from either database to the other: equal afterwards; what is no whole backup is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { schemaVersion } from '../../src/store/sql/migrations.ts';
import { StoreFault } from '../../src/store/sql/sql-fault.ts';
import type { Store } from '../../src/store/store.ts';
import { databases, reopen } from './databases.ts';
import * as s from './samples.ts';

const all = await databases();
const skip = all.find(({ skip }) => skip !== false)?.skip ?? false;

async function filled(store: Store): Promise<void> {
  await Promise.all(Array.from({ length: 130 }, (_, n) => s.put(store, s.numbered(n))));
  await s.put(store, { id: 'odd', rows: [s.row({ headerFrom: 'ü\0\ud800' })], head: { reporter: 'Zürich \0 ~ A' } });
  const place = { domain: s.domain, name: s.domain, type: 'MX', seenFrom: 'x' } as const;
  for (const at of [1, 2]) {
    await store.observations.add([{ ...place, state: 'present', data: [`10 mx${at}.example.`], at }], 'us');
  }
  await store.sources.mark({ domain: s.domain, sourceKey: 'spf=a.example', mark: 'mine', at: 3 });
  await store.sources.rememberReverseNames(new Map([['192.0.2.1', null]]), 4);
  const state = { domain: s.domain, ramp: 'dmarc', stage: 'none', since: 1, revision: 0 } as const;
  await store.ramps.save(state, { domain: s.domain, ramp: 'dmarc', at: 1, kind: 'stays', why: 'It is early.' });
  await store.alerts.raise({ domain: s.domain, key: 'k', severity: 'info', text: 't', since: 1 });
  await store.secrets.put('token', 'value');
  await store.reports.addRefusal({ code: 'empty', text: 'It is empty.' }, s.foreignFacts());
}

async function* lines(items: readonly unknown[]): AsyncGenerator<unknown> {
  for (const item of items) yield JSON.parse(JSON.stringify(item)) as unknown;
}

describe('backup', { skip }, () => {
  before(async () => {
    for (const database of all) await database.begin();
  });
  after(async () => {
    for (const database of all) await database.end();
  });

  for (const from of all) {
    for (const to of all) {
      test(`from ${from.kind} to ${to.kind}`, async () => {
        const [first, second] = await Promise.all([reopen(await from.place()), reopen(await to.place())]);
        try {
          await filled(first);
          const saved = await s.collect(first.backup());
          const counts = await second.restore(lines(saved));
          assert.equal(counts['report_row'], 1301);
          assert.deepEqual(await s.collect(second.backup()), saved);
          const query = { domain: s.domain, ...s.always };
          for (const by of ['day', 'source', 'receiver', 'disposition'] as const) {
            assert.deepEqual(await second.reports.tally(query, by), await first.reports.tally(query, by));
          }
          assert.deepEqual(await s.collect(second.reports.rows(query)), await s.collect(first.reports.rows(query)));
          assert.equal(await second.secrets.get('token'), 'value');
          // New ones find their place behind the restored.
          assert.equal((await s.put(second, s.numbered(5))).kind, 'duplicate');
          assert.equal((await s.put(second, s.numbered(500))).kind, 'stored');
          await second.reports.addRefusal({ code: 'empty', text: 'It is empty.' }, s.foreignFacts());
          await assert.rejects(second.restore(lines(saved)), /is not empty/);
        } finally {
          await first.close();
          await second.close();
        }
      });
    }

    test(`${from.kind}: what is damaged is refused whole`, async () => {
      const first = await reopen(await from.place());
      const second = await reopen(await from.place());
      try {
        await filled(first);
        const saved = await s.collect(first.backup());
        const bad: readonly (readonly [readonly unknown[], RegExp])[] = [
          [[], /not whole/],
          [[{ hello: 1 }], /no backup of septet/],
          [[{ septet: 'backup', schema: 99 }], /schema 99/],
          [saved.slice(0, -1), /last line is missing/],
          [saved.toSpliced(2, 1), /rows of report are missing|damaged|not whole|violates|FOREIGN KEY/],
          [[saved[0], { table: 'pg_authid', columns: [], rows: [] }], /not of a table/],
          [[saved[0], { table: 'secret', columns: ['name', 'sealed'], rows: [['a', {}]] }], /damaged/],
          [[...saved, saved[1]], /after its end/],
        ];
        for (const [items, sentence] of bad) await assert.rejects(second.restore(lines(items)), sentence);
        const empty = await s.collect(second.backup());
        assert.equal(empty.length, 2);
      } finally {
        await first.close();
        await second.close();
      }
    });

    test(`${from.kind}: a backup shows one moment while others write`, async () => {
      const store = await reopen(await from.place());
      try {
        await filled(store);
        const items: unknown[] = [];
        let n = 1000;
        for await (const item of store.backup()) {
          items.push(item);
          await s.put(store, s.numbered(n++));
        }
        const { counts } = items.at(-1) as { readonly counts: Readonly<Record<string, number>> };
        assert.equal(counts['report'], 131);
        assert.equal(counts['report_row'], 1301);
      } finally {
        await store.close();
      }
    });
  }

  test('a fault of the lines themselves leaves the store empty and usable', async () => {
    const store = await reopen(await all[0]!.place());
    try {
      const torn = async function* (): AsyncGenerator<unknown> {
        yield { septet: 'backup', schema: schemaVersion };
        throw new Error('torn');
      };
      await assert.rejects(store.restore(torn()), /^Error: torn$/);
      assert.equal((await s.put(store, { id: 'a' })).kind, 'stored');
      await assert.rejects(store.restore(lines([])), (error) => error instanceof StoreFault && !error.retryable);
    } finally {
      await store.close();
    }
  });
});

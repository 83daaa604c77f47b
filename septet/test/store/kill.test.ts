/** Processes that are killed while they import, and two that import the same: none acknowledged is lost, none doubled. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StorePlace } from '../../src/store/open-store.ts';
import { databases, reopen } from './databases.ts';
import { consistent, importing } from './importing.ts';
import * as s from './samples.ts';

for (const database of await databases()) {
  describe(database.kind, { skip: database.skip }, () => {
    before(() => database.begin());
    after(() => database.end());

    test('killed at random moments', { timeout: 120_000 }, async () => {
      const place = await database.place();
      const acknowledged = new Set<string>();
      let first = 0;
      for (let round = 0; round < 8; round++) {
        const child = importing(place, first, first + 100_000, round % 2 === 0 ? 8 : 1);
        const limit = performance.now() + 20_000;
        while (child.said().length === 0 && performance.now() < limit) await pause(5);
        await pause(Math.random() * 400);
        child.kill();
        const { stderr } = await child.ended;
        assert.equal(stderr, '');
        const said = child.said();
        assert.ok(said.length > 0, 'the child said nothing');
        for (const line of said) acknowledged.add(`report-${line.split(' ')[0]}`);
        // What was stored but not said comes again as a duplicate.
        first = Math.max(0, ...said.map((line) => Number(line.split(' ')[0]))) - 5;
      }
      const store = await reopen(place);
      try {
        const there = await consistent(store);
        assert.deepEqual(
          [...acknowledged].filter((id) => !there.has(id)),
          [],
        );
        // At most those that were on their way when a child died.
        assert.ok(there.size - acknowledged.size <= 8 * 8, `${there.size} there, ${acknowledged.size} acknowledged`);
      } finally {
        await store.close();
      }
    });

    test('two processes import the same reports at once', { timeout: 60_000 }, async () => {
      const place = await database.place();
      const children = [importing(place, 0, 200, 4), importing(place, 0, 200, 4)];
      for (const { ended } of children) assert.deepEqual(await ended, { code: 0, stderr: '' });
      const said = children.flatMap((child) => child.said());
      for (let n = 0; n < 200; n++) {
        const kinds = said.filter((line) => line.startsWith(`${n} `)).map((line) => line.slice(String(n).length + 1));
        assert.deepEqual(kinds.sort(), ['duplicate true', 'stored'], `report ${n}`);
      }
      const store = await reopen(place);
      try {
        assert.equal((await consistent(store)).size, 200);
      } finally {
        await store.close();
      }
    });

    test('what a crash left of a large report goes at the next open, what lives stays', async () => {
      const place = await database.place();
      const rows = s.numberedRows(1, 6000);
      const [dead, living] = [await reopen(place), await reopen(place)];
      const drafts = [dead, living].map((store) => store.reports.draft());
      for (const draft of drafts) await draft.rows(rows);
      // As if it had died: its lock goes, its rows stay.
      await dead.close();
      const store = await reopen(place, { now: () => s.now + 30 * 60_000 });
      try {
        const head = s.headOf('living', rows);
        assert.equal((await drafts[1]?.finish(head, s.factsOf()))?.kind, 'stored');
        assert.equal((await consistent(store)).size, 1);
        // PostgreSQL cannot see from afar who lives: after an hour without a word it is dead.
        const later = await reopen(place, { now: () => s.now + 2 * 3_600_000 });
        await later.close();
        assert.equal(await draftsIn(place), 0);
      } finally {
        await living.close();
        await store.close();
      }
    });
  });
}

async function draftsIn(place: StorePlace): Promise<number> {
  if (place.kind === 'sqlite') {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(place.file, { readOnly: true });
    const row = database.prepare('select count(*) as n from draft').get();
    database.close();
    return Number(row?.['n']);
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client(place.url);
  await client.connect();
  const { rows } = await client.query<{ n: string }>('select count(*) as n from septet.draft');
  await client.end();
  return Number(rows[0]?.n);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One suite on both databases: sources, observations, ramps, alerts, secrets. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import type { StorePlace } from '../../src/store/open-store.ts';
import { StoreFault } from '../../src/store/sql/sql-fault.ts';
import type { Observation, RampState, Store } from '../../src/store/store.ts';
import { databases, reopen } from './databases.ts';
import * as s from './samples.ts';

const other = dnsName('example.net');

for (const database of await databases()) {
  describe(database.kind, { skip: database.skip }, () => {
    let store: Store;
    let place: StorePlace;
    before(() => database.begin());
    after(async () => {
      await store?.close();
      await database.end();
    });
    beforeEach(async () => {
      await store?.close();
      place = await database.place();
      store = await reopen(place);
    });

    test('marks of sources and reverse names', async () => {
      const mark = { domain: s.domain, sourceKey: 'spf=a.example', mark: 'mine', at: 1 } as const;
      await store.sources.mark(mark);
      await store.sources.mark({ ...mark, mark: 'forwarder', note: 'a list', at: 2 });
      assert.deepEqual(await store.sources.marks(s.domain), [{ ...mark, mark: 'forwarder', note: 'a list', at: 2 }]);
      assert.equal(await store.sources.unmark(s.domain, 'spf=a.example'), true);
      assert.equal(await store.sources.unmark(s.domain, 'spf=a.example'), false);
      const names = Array.from({ length: 1200 }, (_, i) => [`a${i}`, i % 2 ? `n${i}` : null] as const);
      await store.sources.rememberReverseNames(new Map(names), 3);
      await store.sources.rememberReverseNames(new Map([['a1', null]]), 4);
      const found = await store.sources.reverseNames([...names.map(([address]) => address), 'z']);
      assert.equal(found.size, 1200);
      assert.deepEqual(found.get('a1'), { name: null, at: 4 });
      assert.deepEqual(found.get('a3'), { name: 'n3', at: 3 });
    });

    test('observations: kept when they differ; not seen is not gone', async () => {
      const seen = (changes: Partial<Observation>): Observation => ({
        domain: s.domain,
        name: dnsName('_dmarc.example.com'),
        type: 'TXT',
        seenFrom: 'resolver 192.0.2.53',
        state: 'present',
        data: ['v=DMARC1; p=none'],
        at: 1000,
        ...changes,
      });
      const add = (...all: Observation[]) => store.observations.add(all, 'others');
      const first = seen({});
      assert.deepEqual(await add(first), [{ after: first, by: 'others' }]);
      assert.deepEqual(await add(seen({ at: 2000, ttlSeconds: 7 })), []);
      assert.deepEqual(await add(seen({ at: 3000, state: 'unknown', data: [] })), []);
      const gone = seen({ at: 4000, state: 'absent', data: [] });
      const changes = await add(gone, seen({ at: 4000, seenFrom: 'resolver 192.0.2.54' }));
      assert.deepEqual(
        changes.map(({ before, after }) => [before?.at, after.state]),
        [
          [2000, 'absent'],
          [undefined, 'present'],
        ],
      );
      // Late news.
      assert.deepEqual(await add(seen({ at: 3500 })), []);
      assert.deepEqual((await store.observations.last(s.domain))[0], gone);
      const history = await store.observations.history(s.domain, { since: 0, until: 4001 });
      assert.deepEqual(
        history.map(({ after }) => [after.at, after.state]),
        [
          [1000, 'present'],
          [4000, 'absent'],
          [4000, 'present'],
        ],
      );
      assert.equal(
        (await store.retain({ rows: 9, rollups: 9, failures: 9, observations: 9 }, s.now))['observations'],
        3,
      );
      assert.equal((await store.observations.last(s.domain)).length, 2);
    });

    test('two stores that read and then write at once: both wait their turn, no fault', async () => {
      const second = await reopen(place);
      try {
        const seen = (n: number): Observation => ({
          domain: s.domain,
          name: s.domain,
          type: 'MX',
          seenFrom: `server ${n}`,
          state: 'present',
          data: [],
          at: n,
        });
        const stores = [store, second, store, second, store, second];
        const changes = await Promise.all(stores.map((store, n) => store.observations.add([seen(n)], 'us')));
        assert.equal(changes.flat().length, 6);
        const same = await Promise.all(stores.map((store) => store.observations.add([seen(9)], 'us')));
        assert.equal(same.flat().length, 1);
      } finally {
        await second.close();
      }
    });

    test('ramps: compare and set', async () => {
      const state: RampState = { domain: s.domain, ramp: 'dmarc', stage: 'none', since: 1, revision: 0 };
      const event = { domain: s.domain, ramp: 'dmarc', at: 5, kind: 'advanced', why: 'It begins.' } as const;
      const firsts = await Promise.all(Array.from({ length: 8 }, () => store.ramps.save(state, event)));
      assert.equal(firsts.filter(Boolean).length, 1);
      const seen = { ...state, stage: 'quarantine', revision: 1 };
      const seconds = await Promise.all(Array.from({ length: 8 }, () => store.ramps.save(seen, event)));
      assert.equal(seconds.filter(Boolean).length, 1);
      assert.equal(await store.ramps.save({ ...seen, revision: 9 }, event), false);
      assert.deepEqual(await store.ramps.states(), [{ ...seen, revision: 2 }]);
      assert.deepEqual(await store.ramps.states(other), []);
      assert.deepEqual(await store.ramps.events(s.domain, { since: 0, until: 6 }), [event, event]);
      assert.deepEqual(await store.ramps.events(s.domain, { since: 6, until: 9 }), []);
    });

    test('one machine at a time moves a domain', async () => {
      const second = await reopen(place);
      try {
        const started = Promise.withResolvers<void>();
        const held = Promise.withResolvers<string>();
        const work = store.ramps.exclusively(s.domain, 'a', () => {
          started.resolve();
          return held.promise;
        });
        await started.promise;
        assert.equal(await second.ramps.exclusively(s.domain, 'b', async () => 'two'), undefined);
        assert.equal(await store.ramps.exclusively(s.domain, 'a', async () => 'three'), undefined);
        assert.equal(await second.ramps.exclusively(other, 'b', async () => 'other'), 'other');
        held.resolve('done');
        assert.equal(await work, 'done');
        assert.equal(await second.ramps.exclusively(s.domain, 'b', async () => 'free'), 'free');
        await assert.rejects(
          second.ramps.exclusively(s.domain, 'b', () => Promise.reject(new Error('work'))),
          /^Error: work$/,
        );
        assert.equal(await store.ramps.exclusively(s.domain, 'a', async () => 'again'), 'again');
      } finally {
        await second.close();
      }
    });

    test('alerts: on change only', async () => {
      const alert = { domain: s.domain, key: 'ramp.stuck', severity: 'warning', text: 'It waits.', since: 5 } as const;
      const at = await Promise.all(Array.from({ length: 6 }, () => store.alerts.raise(alert)));
      assert.equal(at.filter(Boolean).length, 1);
      assert.equal(await store.alerts.raise({ ...alert, since: 9 }), false);
      assert.equal(await store.alerts.raise({ ...alert, severity: 'error', since: 9 }), true);
      assert.deepEqual(await store.alerts.open(s.domain), [{ ...alert, severity: 'error' }]);
      assert.deepEqual(await store.alerts.open(other), []);
      assert.equal(await store.alerts.settle(s.domain, 'ramp.stuck', 10), true);
      assert.equal(await store.alerts.settle(s.domain, 'ramp.stuck', 10), false);
    });

    test('secrets: encrypted, bound to their name and key, never in an error', async () => {
      const value = 'hunter2-töken';
      await store.secrets.put('imap', value);
      await store.secrets.put('imap', value);
      assert.equal(await store.secrets.get('imap'), value);
      assert.equal(await store.secrets.get('none'), undefined);
      assert.deepEqual(await store.secrets.names(), ['imap']);
      const text = JSON.stringify(await s.collect(store.backup()));
      assert.ok(text.includes('v1:') && !text.includes('hunter2') && !text.includes(btoa('hunter2')));
      const wrong = await reopen(place, { secretKey: new Uint8Array(32).fill(8) });
      const none = await reopen(place, { secretKey: undefined } as never);
      try {
        for (const store of [wrong, none]) {
          const error = await store.secrets.get('imap').catch((error: unknown) => error);
          assert.ok(error instanceof StoreFault);
          assert.ok(!`${error.message} ${error.stack}`.includes('hunter2'));
        }
        await assert.rejects(none.secrets.put('x', value), /openssl rand -base64 32/);
      } finally {
        await wrong.close();
        await none.close();
      }
      assert.equal(await store.secrets.remove('imap'), true);
      assert.equal(await store.secrets.remove('imap'), false);
    });
  });
}

/** Clicks, suppressions, webhooks on their way and hosted policies: one suite on both databases. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { hitQueue } from '../../src/store/hits/hit-queue.ts';
import type { StorePlace } from '../../src/store/open-store.ts';
import { StoreFault } from '../../src/store/sql/sql-fault.ts';
import type { Store } from '../../src/store/store.ts';
import type { Delivery, Suppression, TrackingHit } from '../../src/store/tracking.ts';
import { databases, reopen } from '../store/databases.ts';
import { collect } from '../store/samples.ts';

const shop = dnsName('shop.example');
const other = dnsName('other.example');
const day = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const always = { since: 0, until: now + 400 * day };

const hit = (more: Partial<TrackingHit> = {}): TrackingHit => ({
  domain: shop,
  at: now,
  kind: 'click',
  agent: 'person',
  campaign: 'autumn',
  message: 'm1',
  reader: '0011223344556677',
  ...more,
});
const suppression = (more: Partial<Suppression> = {}): Suppression => ({
  domain: shop,
  kind: 'unsubscribed',
  recipient: 'Ann@shop.example',
  reader: '0011223344556677',
  at: now,
  source: 'one-click',
  campaign: 'autumn',
  ...more,
});
const delivery = (id: string, more: Partial<Delivery> = {}): Delivery => ({
  id,
  domain: shop,
  at: now,
  body: '{"a":1}',
  tries: 0,
  nextAt: now,
  ...more,
});

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

    test('hits come back, and count by campaign and day, bots apart', async () => {
      const link = { link: 3, address: '192.0.2.0', campaign: 'ü\0', message: '\0' };
      await Promise.all([
        ...Array.from({ length: 150 }, () => store.tracking.add(hit())),
        store.tracking.add(hit({ ...link, at: now - day })),
        store.tracking.add(hit({ agent: 'scanner' })),
        store.tracking.add(hit({ kind: 'open' })),
        store.tracking.add(hit({ kind: 'open', agent: 'proxy' })),
        store.tracking.add(hit({ kind: 'open', agent: 'scanner' })),
        store.tracking.add(hit({ domain: other, campaign: '' })),
      ]);
      const none = { opens: 0, unsubscribes: 0, proxyOpens: 0, scanners: 0 };
      const autumn = { domain: shop, clicks: 150, opens: 1, unsubscribes: 0, proxyOpens: 1, scanners: 2 };
      const odd = { domain: shop, clicks: 1, ...none };
      const alone = { domain: other, clicks: 1, ...none };
      assert.deepEqual(await store.tracking.tally(always, 'campaign'), [
        { ...alone, key: '' },
        { ...autumn, key: 'autumn' },
        { ...odd, key: 'ü\u2400' },
      ]);
      assert.deepEqual(await store.tracking.tally({ ...always, domain: shop }, 'day'), [
        { ...odd, key: '2026-11-22' },
        { ...autumn, key: '2026-11-23' },
      ]);
      assert.deepEqual(await store.tracking.tally({ since: now - day, until: now - day + 1 }, 'campaign'), [
        { ...odd, key: 'ü\u2400' },
      ]);
      const hits = await store.tracking.hits({ domain: shop, ...always }, 1000);
      assert.equal(hits.length, 155);
      assert.deepEqual(hits.at(-1), hit({ ...link, at: now - day, campaign: 'ü\u2400', message: '\u2400' }));
      assert.deepEqual(hits[0], hit({ kind: hits[0]?.kind ?? 'click', agent: hits[0]?.agent ?? 'person' }));
    });

    test('what was added is there after a second opening', async () => {
      await store.tracking.add(hit());
      const second = await reopen(place);
      assert.equal((await second.tracking.tally(always, 'day'))[0]?.clicks, 1);
      await second.close();
    });

    test('single hits are forgotten, counts stay until the rollups go', async () => {
      await Promise.all([1, 2, 3].map((n) => store.tracking.add(hit({ at: now - n * day }))));
      await store.tracking.add(hit({ domain: other, at: now - 3 * day }));
      assert.equal(await store.tracking.forget(shop, now - day), 2);
      assert.equal((await store.tracking.hits({ domain: shop, ...always }, 9)).length, 1);
      assert.equal((await store.tracking.hits({ domain: other, ...always }, 9)).length, 1);
      assert.equal((await store.tracking.tally({ domain: shop, ...always }, 'campaign'))[0]?.clicks, 3);
      const gone = await store.retain({ rows: 9, rollups: 2, failures: 9, observations: 9 }, now);
      assert.equal(gone['trackingDays'], 2);
      assert.equal((await store.tracking.tally({ domain: shop, ...always }, 'campaign'))[0]?.clicks, 2);
    });

    test('an unsubscribe counts once, with its webhook, whoever comes again', async () => {
      const once = (id: string, recipient: string) =>
        store.tracking.unsubscribe(hit({ kind: 'unsubscribe' }), suppression({ recipient }), delivery(id));
      const outcomes = await Promise.all([once('a', 'ann@shop.example'), once('b', 'ANN@shop.example ')]);
      assert.deepEqual([...outcomes].sort(), ['known', 'new']);
      assert.equal(await once('c', 'Bob@shop.example'), 'new');
      const [line] = await store.tracking.tally(always, 'campaign');
      assert.equal(line?.unsubscribes, 2);
      assert.equal(await store.outbox.waiting(), 2);
      assert.equal(await store.suppressions.has(shop, 'unsubscribed', 'aNN@Shop.example'), true);
      assert.equal(await store.suppressions.has(other, 'unsubscribed', 'ann@shop.example'), false);
    });

    test('suppressions: added, listed in pages, removed; those who are not to be tracked', async () => {
      const many = Array.from({ length: 2300 }, (_, n) =>
        suppression({ recipient: `r${String(n).padStart(4, '0')}@x.example`, source: 'import' }),
      );
      assert.equal(await store.suppressions.add([...many, ...many.slice(0, 10)]), 2300);
      assert.equal(await store.suppressions.add(many.slice(0, 3)), 0);
      const listed = await collect(store.suppressions.list(shop));
      assert.deepEqual(listed, many);
      assert.deepEqual(await collect(store.suppressions.list(other)), []);
      assert.equal(await store.suppressions.remove(shop, 'unsubscribed', 'R0000@X.example'), true);
      assert.equal(await store.suppressions.remove(shop, 'unsubscribed', 'r0000@x.example'), false);
      assert.equal(await store.suppressions.remove(shop, 'do-not-track', 'r0001@x.example'), false);
      const before = await store.suppressions.state();
      await store.suppressions.add([
        suppression({ kind: 'do-not-track', reader: 'aa' }),
        suppression({ kind: 'do-not-track', reader: '', recipient: 'unknown' }),
      ]);
      assert.deepEqual(await store.suppressions.untracked(), new Set([`${shop} aa`]));
      assert.notEqual(await store.suppressions.state(), before);
    });

    test('two that take from the outbox get each delivery once, until its time comes again', async () => {
      for (const id of ['a', 'b', 'c', 'd']) {
        const recipient = `${id}@x.example`;
        await store.tracking.unsubscribe(hit({ kind: 'unsubscribe' }), suppression({ recipient }), delivery(id));
      }
      const second = await reopen(place);
      const taken = await Promise.all([
        store.outbox.take(now, now + 60_000, 3),
        second.outbox.take(now, now + 60_000, 3),
        store.outbox.take(now - 1, now, 9),
      ]);
      const ids = taken.flat().map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(ids.length >= 3);
      await store.outbox.done('a');
      await store.outbox.later('b', now + 5);
      const again = await second.outbox.take(now + 60_000, now + 70_000, 9);
      assert.deepEqual(again.map(({ id }) => id).sort(), ['b', 'c', 'd']);
      assert.equal(again.find(({ id }) => id === 'b')?.tries, 2);
      assert.equal(again[0]?.body, '{"a":1}');
      await second.close();
    });

    test('hosted policies and exchanges: the latest time of each', async () => {
      const fact = (name: string, at: number, value = '') => ({ domain: shop, name, value, at });
      const long = 'x'.repeat(100_000);
      await store.hosted.remember('policy', [fact('b', 7, long), fact('a', 5)]);
      await store.hosted.remember('policy', [fact('a', 3, 'older')]);
      await store.hosted.remember('exchange', [fact('mx.shop.example', 9)]);
      await store.hosted.remember('asset', []);
      assert.deepEqual(await store.hosted.facts('policy'), [fact('a', 5), fact('b', 7, long)]);
      assert.deepEqual(await store.hosted.facts('exchange'), [fact('mx.shop.example', 9)]);
      assert.deepEqual(await store.hosted.facts('asset'), []);
      assert.equal(await store.hosted.forget(6), 1);
    });

    test('all of it is in a backup', async () => {
      await store.tracking.unsubscribe(hit({ kind: 'unsubscribe', link: 1 }), suppression(), delivery('a'));
      await store.hosted.remember('policy', [{ domain: shop, name: 'x', value: 'y', at: 1 }]);
      const lines = await collect(store.backup());
      const second = await reopen(await database.place());
      const again = async function* (): AsyncGenerator<unknown> {
        for (const line of lines) yield JSON.parse(JSON.stringify(line)) as unknown;
      };
      const counts = await second.restore(again());
      for (const table of ['tracking_hit', 'tracking_day', 'suppression', 'outbox', 'hosted'])
        assert.equal(counts[table], 1, table);
      assert.deepEqual(await collect(second.backup()), lines);
      await second.tracking.add(hit());
      await second.close();
    });
  });
}

describe('the queue of hits', () => {
  test('writes what comes together in one go, and refuses what is too much', async () => {
    const batches: number[] = [];
    const queue = hitQueue<number>(async (items) => void batches.push(items.length), 5);
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => queue.add(n)));
    assert.deepEqual(batches, [5]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [...Array<string>(5).fill('fulfilled'), 'rejected'],
    );
    const refused = outcomes[5];
    assert.ok(refused?.status === 'rejected' && refused.reason instanceof StoreFault && refused.reason.retryable);
    await queue.add(7);
    assert.deepEqual(batches, [5, 1]);
    await queue.settled();
  });

  test('a write that fails fails all that waited for it, and the next one works', async () => {
    let broken = true;
    const queue = hitQueue<number>(async () => {
      if (broken) throw new StoreFault('The disk is full.', true);
    }, 100);
    const both = await Promise.allSettled([queue.add(1), queue.add(2)]);
    assert.ok(both.every(({ status }) => status === 'rejected'));
    broken = false;
    await queue.add(3);
  });
});

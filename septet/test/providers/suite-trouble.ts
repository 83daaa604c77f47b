/** The part of the provider suite in which servers refuse, fail and lose connections; for hosts that speak HTTP. */
import assert from 'node:assert/strict';
import { sameData } from '../../src/change/change.ts';
import type { DnsName } from '../../src/dns/name.ts';
import { change, expectFault, expectRead, type Bench } from './bench.ts';
import { aSet, txt } from './samples.ts';

type Tried = (name: string, run: (bench: Bench) => Promise<void>) => void;

export function troubleTests(tried: Tried, at: (prefix: string) => DnsName): void {
  const troubled = (
    name: string,
    run: (bench: Bench & { http: NonNullable<Bench['http']> }) => Promise<void>,
  ): void => {
    tried(name, async (bench) => {
      const { http } = bench;
      if (http === undefined) return;
      try {
        await run({ ...bench, http });
      } finally {
        http.calm();
      }
    });
  };

  troubled('waits and goes on after 429', async ({ host, zone, http, liveAt }) => {
    const set = txt(at('_after-429'), 600, 'made');
    http.trouble({ on: 'any', status: 429, headers: { 'retry-after': '2' } });
    http.trouble({ on: 'write', status: 429 });
    assert.deepEqual(await host.apply(zone, [change(undefined, withTtl(host.limits.minTtlSeconds, set))]), {
      kind: 'applied',
    });
    assert.ok(sameData(await liveAt(set.name, 'TXT'), set));
  });

  troubled('gives up after a row of 429 and says so', async ({ host, zone, http, liveAt }) => {
    const set = txt(at('_always-429'), 600, 'never');
    http.trouble({ on: 'any', status: 429, times: 50 });
    expectFault(await host.apply(zone, [change(undefined, withTtl(host.limits.minTtlSeconds, set))]), 'rate-limited');
    const read = await host.read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'rate-limited');
    assert.equal(await liveAt(set.name, 'TXT'), undefined);
  });

  troubled('reads again after 500 and after a lost connection', async ({ host, zone, http }) => {
    http.trouble({ on: 'read', status: 500 }, { on: 'read', status: 0 });
    expectRead(await host.read(zone, [zone]));
  });

  troubled('says that the server fails when it goes on failing', async ({ host, zone, http }) => {
    http.trouble({ on: 'any', status: 503, times: 50 });
    const read = await host.read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'unreachable');
    http.calm();
    http.trouble({ on: 'any', status: 0, times: 50 });
    const lost = await host.read(zone, [zone]);
    assert.equal(lost.kind === 'fault' && lost.reason, 'unreachable');
  });

  troubled('says what it lacks at 403', async ({ host, zone, http, liveAt }) => {
    const set = withTtl(host.limits.minTtlSeconds, txt(at('_after-403'), 600, 'never'));
    http.trouble({ on: 'write', status: 403, times: 50 });
    const applied = await host.apply(zone, [change(undefined, set)]);
    expectFault(applied, 'not-permitted', 'not-authenticated');
    assert.equal(await liveAt(set.name, 'TXT'), undefined);
  });

  troubled('is not fooled by a page that is no answer', async ({ host, zone, http }) => {
    http.trouble({ on: 'any', status: 200, body: '<html>Welcome to the hotel</html>', times: 50 });
    const read = await host.read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'malformed');
  });

  for (const carriedOut of [false, true]) {
    const which = carriedOut ? 'after it has written' : 'before it has written';
    troubled(`can be run again when the server fails in the middle, ${which}`, async (bench) => {
      const { host, zone, http, liveAt } = bench;
      const seconds = Math.max(600, host.limits.minTtlSeconds);
      const prefix = carriedOut ? 'late' : 'early';
      const changes = [
        change(undefined, aSet(at(`${prefix}-1`), seconds, '192.0.2.41')),
        change(undefined, txt(at(`_${prefix}-2`), seconds, 'two', 'deux')),
        change(undefined, aSet(at(`${prefix}-3`), seconds, '192.0.2.43')),
      ];
      http.trouble({ on: 'write', after: host.atomic ? 0 : 1, status: 500, times: 50, carriedOut });
      const broken = await host.apply(zone, changes);
      http.calm();
      // When all was carried out, a host that reads back may know it.
      assert.ok(broken.kind !== 'applied' || carriedOut, JSON.stringify(broken));
      if (broken.kind === 'stopped') {
        assert.ok(broken.done.length > 0 && broken.done.length < changes.length);
        assert.equal(broken.fault.reason, 'unreachable');
        for (const done of broken.done) assert.ok(sameData(await liveAt(done.name, done.type), done.after));
      } else if (broken.kind === 'fault') {
        assert.equal(broken.reason, 'unreachable');
        if (!carriedOut) {
          for (const one of changes)
            assert.equal(await liveAt(one.name, one.type), undefined, 'a fault: nothing written');
        }
      }
      assert.deepEqual(await host.apply(zone, changes), { kind: 'applied' }, 'the second run completes');
      for (const one of changes) {
        const live = await liveAt(one.name, one.type);
        assert.ok(sameData(live, one.after), `${one.name}: ${JSON.stringify(live)}`);
      }
    });
  }
}

const withTtl = <T extends { readonly ttlSeconds: number }>(least: number, set: T): T => ({
  ...set,
  ttlSeconds: Math.max(least, set.ttlSeconds),
});

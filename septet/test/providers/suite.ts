/**
 * The suite that every DNS host passes, whether it stands for a real server or for a fake. What a host cannot store
 * (`limits`) is not left out: it has to be refused before anything is written.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sameData } from '../../src/change/change.ts';
import type { DnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { checkLimits } from '../../src/providers/limits.ts';
import { applies, change, expectFault, expectRead, nameIn, type Bench } from './bench.ts';
import { aSet, apexSamples, samplesBelow, txt, txtSamples } from './samples.ts';
import { troubleTests } from './suite-trouble.ts';

export interface SuiteOptions {
  /** The reason why the whole suite is skipped, or `false`. */
  readonly skip?: string | false;
  /** What cannot be tried here although `limits` allows it, by the name of the sample or test, with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

const ttl = (host: DnsHost): number => Math.max(600, host.limits.minTtlSeconds);

export function hostSuite(title: string, setUp: () => Promise<Bench>, options: SuiteOptions = {}): void {
  const { skip = false, except = {} } = options;
  describe(`${title}: what every host does`, { skip }, () => {
    let bench: Bench;
    before(async () => {
      bench = await setUp();
    });
    after(async () => {
      await bench?.stop();
    });
    const tried = (name: string, run: (here: Bench) => Promise<void>): void => {
      test(name, { skip: except[name] ?? false }, () => run(bench));
    };
    const at = (prefix: string): DnsName => nameIn(bench, prefix);

    tried('a name without records reads as nothing', async ({ host, zone }) => {
      const read = expectRead(await host.read(zone, [at('nothing-here')]));
      assert.equal(read.zone, zone);
      assert.deepEqual(read.sets, []);
      assert.deepEqual(read.special, []);
    });

    tried('reading shows every RRset at the names asked for, and at no other', async ({ host, zone, put }) => {
      const seconds = ttl(host);
      await put(aSet(at('shown'), seconds, '192.0.2.1', '192.0.2.2'));
      await put(txt(at('shown'), seconds, 'first', 'second'));
      await put(txt(at('not-shown'), seconds, 'hidden'));
      const read = expectRead(await host.read(zone, [at('shown'), zone, at('nothing-here')]));
      assert.deepEqual(
        read.sets
          .filter((set) => set.name === at('shown'))
          .map((set) => set.type)
          .toSorted(),
        ['A', 'TXT'],
      );
      assert.ok(read.sets.every((set) => set.name === zone || set.name === at('shown')));
      const shown = read.sets.find((set) => set.type === 'TXT' && set.name === at('shown'));
      assert.ok(sameData(shown, txt(at('shown'), seconds, 'first', 'second')));
      assert.equal(shown?.ttlSeconds, seconds);
    });

    for (const { label, sets } of [...samplesBelow, ...apexSamples, ...txtSamples]) {
      tried(`creates, replaces and removes ${label}, or refuses it`, async ({ host, zone, liveAt }) => {
        const samples = sets(zone, ttl(host));
        const { name, type } = samples[0];
        let live = await liveAt(name, type);
        for (const sample of samples) {
          const wanted = change(live, sample);
          if (checkLimits(wanted, host.limits).length === 0) {
            await applies(bench, wanted);
            live = sample;
          } else {
            expectFault(await host.apply(zone, [wanted]), 'rejected');
            assert.ok(sameData(await liveAt(name, type), live), 'nothing was written');
          }
        }
        if (live) await applies(bench, change(live, undefined));
      });
    }

    tried('keeps the members and RRsets of others', async ({ host, zone, put, liveAt }) => {
      const name = at('_shared');
      await put(txt(name, ttl(host), 'somebody else wrote this'));
      await put(aSet(name, ttl(host), '192.0.2.7'));
      const live = expectRead(await host.read(zone, [name])).sets.find((set) => set.type === 'TXT');
      assert.ok(live);
      const added = txt(name, ttl(host), 'somebody else wrote this', 'v=spf1 -all');
      await applies(bench, change(live, added));
      assert.ok(sameData(await liveAt(name, 'A'), aSet(name, ttl(host), '192.0.2.7')), 'the A record stays');
      await applies(bench, change(added, live));
    });

    tried('makes a change that is there already without a word', async ({ host, zone, http, liveAt }) => {
      const set = txt(at('_twice'), ttl(host), 'once');
      const wanted = { name: set.name, type: set.type, after: set };
      await applies(bench, wanted);
      http?.sent();
      assert.deepEqual(await host.apply(zone, [wanted]), { kind: 'applied' });
      const writes = http?.sent().filter((request) => request.method !== 'GET') ?? [];
      assert.equal(writes.length, 0, 'nothing is written twice');
      assert.ok(sameData(await liveAt(set.name, 'TXT'), set));
      await applies(bench, change(set, undefined));
      assert.deepEqual(await host.apply(zone, [change(set, undefined)]), { kind: 'applied' });
    });

    tried('does nothing when nothing is to be done', async ({ host, zone }) => {
      assert.deepEqual(await host.apply(zone, []), { kind: 'applied' });
    });

    for (const [what, there, expected] of [
      ['appeared', 'theirs', undefined],
      ['changed', 'theirs', 'seen'],
      ['went', undefined, 'seen'],
      ['grew', 'seen+theirs', 'seen'],
    ] as const) {
      tried(`refuses when the RRset ${what} in the meantime`, async ({ host, zone, put, liveAt }) => {
        const name = at(`_stale-${what}`);
        const of = (texts: string | undefined): RrSet | undefined =>
          texts === undefined ? undefined : txt(name, ttl(host), ...texts.split('+'));
        const live = of(there);
        if (live !== undefined) await put(live);
        const fresh = at(`fresh-${what}`);
        const fault = expectFault(
          await host.apply(zone, [
            { name: fresh, type: 'A', after: aSet(fresh, ttl(host), '192.0.2.9') },
            change(of(expected), of('ours') as RrSet),
          ]),
          'changed',
        );
        assert.deepEqual(fault.at, { name, type: 'TXT' });
        assert.ok(sameData(await liveAt(name, 'TXT'), live), 'theirs stays');
        assert.equal(await liveAt(fresh, 'A'), undefined, 'the other change is not made either');
      });
    }

    tried('carries several changes out at once', async ({ host, zone, liveAt }) => {
      const [gone, other, made] = [at('_gone'), at('other'), at('_made')];
      const seconds = ttl(host);
      await applies(bench, change(undefined, txt(gone, seconds, 'goes')));
      await applies(bench, change(undefined, aSet(other, seconds, '192.0.2.20')));
      const applied = await host.apply(zone, [
        change(txt(gone, seconds, 'goes'), undefined),
        change(aSet(other, seconds, '192.0.2.20'), aSet(other, seconds, '192.0.2.21')),
        change(undefined, txt(made, seconds, 'comes')),
      ]);
      assert.deepEqual(applied, { kind: 'applied' });
      assert.equal(await liveAt(gone, 'TXT'), undefined);
      assert.ok(sameData(await liveAt(other, 'A'), aSet(other, seconds, '192.0.2.21')));
      assert.ok(sameData(await liveAt(made, 'TXT'), txt(made, seconds, 'comes')));
    });

    tried('puts a TXT record in the place of a CNAME and back', async ({ host, zone, liveAt }) => {
      const name = at('s9._domainkey');
      const alias: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds: ttl(host), data: [at('target')] };
      const text = txt(name, ttl(host), 'v=DKIM1; p=');
      await applies(bench, change(undefined, alias));
      for (const changes of [
        [change(alias, undefined), change(undefined, text)],
        [change(text, undefined), change(undefined, alias)],
      ]) {
        assert.deepEqual(await host.apply(zone, changes), { kind: 'applied' });
        for (const made of changes) {
          assert.ok(sameData(await liveAt(name, made.type), made.after), `${made.type} after the change`);
        }
      }
    });

    tried('refuses a CNAME beside other records', async ({ host, zone, liveAt }) => {
      const name = at('occupied');
      await applies(bench, change(undefined, aSet(name, ttl(host), '192.0.2.30')));
      const alias: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds: ttl(host), data: [at('target')] };
      expectFault(await host.apply(zone, [change(undefined, alias)]), 'rejected', 'changed');
      assert.equal(await liveAt(name, 'CNAME'), undefined);
      assert.ok(sameData(await liveAt(name, 'A'), aSet(name, ttl(host), '192.0.2.30')));
    });

    tried('keeps the TTL, and changes it alone', async ({ host, liveAt }) => {
      const name = at('_ttl');
      const [one, two] = [ttl(host), ttl(host) + 300];
      await applies(bench, change(undefined, txt(name, one, 'same')));
      assert.equal((await liveAt(name, 'TXT'))?.ttlSeconds, one);
      await applies(bench, change(txt(name, one, 'same'), txt(name, two, 'same')));
      assert.equal((await liveAt(name, 'TXT'))?.ttlSeconds, two);
    });

    tried('compares data and not TTLs with what was seen', async ({ host, zone, put }) => {
      const name = at('_seen-through-a-cache');
      await put(txt(name, ttl(host), 'same'));
      const seen = txt(name, 17, 'same');
      const applied = await host.apply(zone, [change(seen, txt(name, ttl(host), 'same', 'more'))]);
      assert.deepEqual(applied, { kind: 'applied' });
    });

    tried('refuses a TTL that the host cannot store', async ({ host, zone, liveAt }) => {
      const { minTtlSeconds, maxTtlSeconds } = host.limits;
      const name = at('_too-short');
      for (const seconds of [minTtlSeconds - 1, maxTtlSeconds + 1]) {
        if (seconds < 0) continue;
        expectFault(await host.apply(zone, [change(undefined, txt(name, seconds, 'short'))]), 'rejected');
        assert.equal(await liveAt(name, 'TXT'), undefined);
      }
    });

    tried('refuses a text that is too long for the host', async ({ host, zone, liveAt }) => {
      const name = at('_too-long');
      const set = txt(name, ttl(host), 'x'.repeat(host.limits.maxTxtOctets + 1));
      const fault = expectFault(await host.apply(zone, [change(undefined, set)]), 'rejected');
      assert.match(fault.detail + fault.cure, /octets/);
      assert.equal(await liveAt(name, 'TXT'), undefined);
    });

    tried('stores the null MX or refuses it', async ({ host, zone, liveAt }) => {
      const set: RrSet<'MX'> = {
        name: at('no-mail'),
        type: 'MX',
        ttlSeconds: ttl(host),
        data: [{ preference: 0, exchange: '' as DnsName }],
      };
      if (host.limits.nullMx) await applies(bench, change(undefined, set));
      else {
        expectFault(await host.apply(zone, [change(undefined, set)]), 'rejected');
        assert.equal(await liveAt(set.name, 'MX'), undefined);
      }
    });

    tried('carries an RRset of many members', async ({ host }) => {
      const many = Array.from({ length: 30 }, (_, i) => `192.0.2.${i + 1}`);
      const set = aSet(at('many'), ttl(host), ...many);
      await applies(bench, change(undefined, set));
      await applies(bench, change(set, aSet(at('many'), ttl(host), ...many.slice(1))));
    });

    tried('refuses names outside the zone', async ({ host, zone }) => {
      const name = 'elsewhere.test' as DnsName;
      expectFault(await host.apply(zone, [change(undefined, txt(name, ttl(host), 'x'))]), 'rejected');
    });

    tried('says that the token is wrong, and does not show it', async ({ wrongToken, host, zone, liveAt, secrets }) => {
      const set = txt(at('_forbidden'), ttl(host), 'x');
      const read = await wrongToken.read(zone, [zone]);
      const applied = await wrongToken.apply(zone, [change(undefined, set)]);
      // A name server may let everybody read; then writing alone is refused.
      if (read.kind === 'fault') assert.equal(read.reason, 'not-authenticated');
      const fault = expectFault(applied, 'not-authenticated');
      for (const secret of secrets) assert.ok(!JSON.stringify([read, fault]).includes(secret), 'no secret in a fault');
      assert.ok(fault.cure.length > 10);
      assert.equal(await liveAt(set.name, 'TXT'), undefined);
    });

    tried('says that it does not have the zone', async ({ host }) => {
      const zone = 'not-here.test' as DnsName;
      const read = await host.read(zone, [zone]);
      assert.equal(read.kind === 'fault' && read.reason, 'no-zone');
      expectFault(await host.apply(zone, [change(undefined, txt(zone, ttl(host), 'x'))]), 'no-zone');
    });

    tried('stops when it is told to', async ({ host, zone }) => {
      const reason = new Error('the person has gone');
      const options = { signal: AbortSignal.abort(reason) };
      await assert.rejects(host.read(zone, [zone], options), reason);
      await assert.rejects(host.apply(zone, [change(undefined, txt(at('_n'), 600, 'x'))], options), reason);
    });

    troubleTests(tried, at);
  });
}

/** Publishing to a real PowerDNS by its API: killed at every write, answered with 500, twice, and taken back. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { undoable, unfinished } from '../../src/store/evidence.ts';
import { missing } from '../servers/process.ts';
import { missingPowerDns, startPowerDns, type PowerDnsServer } from '../servers/powerdns.ts';
import { startChild } from './child.ts';
import { startHttpProxy, type HttpProxy, type HttpWatch } from './http-proxy.ts';
import { emptyZone, startLab, type Lab } from './lab.ts';

const skip = (await missingPowerDns()) || (await missing('knotd', 'unbound', 'kdig'));
const zones = Array.from({ length: 12 }, (_, i) => `p${i}.net`);
const ed25519 = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

interface ApiZone {
  readonly rrsets: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly records: readonly { readonly content: string }[];
  }[];
}

suite('publishing to PowerDNS', { skip, concurrency: false }, () => {
  let lab: Lab;
  let server: PowerDnsServer;
  const proxies: HttpProxy[] = [];
  const watches: (HttpWatch | undefined)[] = zones.map(() => undefined);

  before(async () => {
    server = await startPowerDns();
    for (const [index, zone] of zones.entries()) {
      const nameservers = ['ns1.lab.net.', 'ns2.lab.net.'];
      await server.api('POST', '/zones', { name: `${zone}.`, kind: 'Native', nameservers });
      proxies.push(
        await startHttpProxy(server.url, {
          request: (passing) => watches[index]?.request(passing) ?? 'on',
          reply: (passing) => watches[index]?.reply(passing) ?? 'on',
        }),
      );
    }
    lab = await startLab({
      zones: [{ origin: 'unused.net', text: emptyZone('unused.net') }],
      stubs: Object.fromEntries(zones.map((zone) => [zone, [server.server]])),
      env: { PDNS: server.apiKey, WRONG: 'a-wrong-key-0815' },
    });
    await configure('PDNS');
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await lab?.stop();
    await server?.stop();
  });

  const configure = (variable: string): Promise<void> =>
    lab.configure(
      zones
        .map(
          (zone, index) => `${zone}:
  dns: { host: powerdns, url: "${proxies[index]?.url}", apiKey: "\${${variable}}", servers: ["${server.server}"] }
  people: false
  ttl: 60
  mx: [ 10 web.com ]
  senders:
    - custom: { name: One, dkim: [{ selector: a, value: "${ed25519}" }, { selector: b, value: "${ed25519}" }] }`,
        )
        .join('\n'),
    );
  const publishing = (zone: string): readonly string[] => ['publish', zone, '--yes', '--wait', '5s'];
  const recordsOf = async (zone: string): Promise<readonly string[]> => {
    const { rrsets } = (await server.api('GET', `/zones/${zone}.`)) as ApiZone;
    return rrsets
      .filter(({ type }) => type !== 'SOA')
      .flatMap(({ name, type, ttl, records }) => records.map(({ content }) => `${name} ${ttl} ${type} ${content}`))
      .map((record) => record.replaceAll(zone, 'p.net'))
      .sort();
  };

  test('from an empty zone and back; a second run writes nothing', async () => {
    const [zone = ''] = zones;
    const empty = await recordsOf(zone);
    const methods: string[] = [];
    watches[0] = {
      request: ({ method }) => (methods.push(method) > 0 ? 'on' : 'never'),
      reply: () => 'on',
    };
    const first = await lab.run(publishing(zone));
    assert.deepEqual([first.code, first.stderr], [0, ''], first.stdout + first.stderr);
    assert.equal(methods.filter((method) => method === 'PATCH').length, 3);
    assert.deepEqual((await recordsOf(zone)).length, empty.length + 4);
    const journal = (await lab.journal(zone)).text;
    methods.splice(0);
    const second = await lab.run(publishing(zone));
    assert.match(second.stdout, /^Nothing had to be written\./);
    assert.ok(methods.every((method) => method === 'GET'));
    assert.equal((await lab.journal(zone)).text, journal);
    for (const step of ['dkim.custom', 'spf', 'mx']) {
      const undone = await lab.run(['undo', zone, '--yes']);
      assert.match(undone.stdout, new RegExp(`${step} is as it was before`), undone.stdout + undone.stderr);
    }
    assert.deepEqual(await recordsOf(zone), empty);
    assert.equal((await lab.run(publishing(zone))).code, 0);
  });

  test('killed at every write: before it is sent, when its answer is lost, and at the next request', async (t) => {
    const expected = await recordsOf(zones[0] ?? '');
    const kills = (['request', 'reply', 'next'] as const).flatMap((at) => [0, 1, 2].map((write) => ({ at, write })));
    const began = performance.now();
    const killed = async (kill: (typeof kills)[number], index: number): Promise<void> => {
      const zone = zones[index] ?? '';
      const where = JSON.stringify({ zone, ...kill });
      const child = startChild(lab, publishing(zone));
      let writes = 0;
      const now = (at: string): 'on' | 'never' => {
        if (at === kill.at && writes === kill.write + 1) child.kill();
        return child.killed() ? 'never' : 'on';
      };
      watches[index] = {
        request: ({ method }) => {
          if (method !== 'PATCH') return now('next');
          writes++;
          return now('request');
        },
        reply: ({ method }) => (method === 'PATCH' ? now('reply') : 'on'),
      };
      const { signal, stderr } = await child.ended;
      assert.equal(signal, 'SIGKILL', where + stderr);
      watches[index] = undefined;
      const next = await lab.run(publishing(zone));
      assert.equal(next.code, 0, where + next.stdout + next.stderr);
      assert.deepEqual(await recordsOf(zone), expected, where);
      const { entries } = await lab.journal(zone);
      assert.deepEqual([unfinished(entries).length, undoable(entries).length], [0, 3], where);
    };
    const waiting = kills.map((kill, i) => ({ kill, index: i + 1 }));
    await Promise.all(
      Array.from({ length: 1 }, async () => {
        for (let one = waiting.shift(); one; one = waiting.shift()) await killed(one.kill, one.index);
      }),
    );
    t.diagnostic(`${kills.length} points in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });

  test('500 in the middle: told with the step, what was written stays, and the next run goes on', async () => {
    const index = 10;
    const zone = zones[index] ?? '';
    let writes = 0;
    watches[index] = {
      request: ({ method }) => (method === 'PATCH' && ++writes >= 2 ? 500 : 'on'),
      reply: () => 'on',
    };
    const broken = await lab.run(publishing(zone));
    assert.equal(broken.code, 3, broken.stdout + broken.stderr);
    assert.match(broken.stderr, /^spf: PowerDNS .*500/);
    assert.match(
      broken.stderr.replaceAll('\n', ' '),
      /1 step written before it, and stays\. Run septet publish p10\.net again to go on, or septet undo p10\.net/,
    );
    assert.equal((await recordsOf(zone)).length, 3);
    const status = await lab.run(['status', zone]);
    assert.match(status.stdout, /mx +done/);
    watches[index] = undefined;
    assert.equal((await lab.run(publishing(zone))).code, 0);
    assert.deepEqual(await recordsOf(zone), await recordsOf(zones[0] ?? ''));
  });

  test('a wrong key: told, nothing written, not even a line', async () => {
    await configure('WRONG');
    const zone = zones[11] ?? '';
    const wrong = await lab.run(publishing(zone));
    assert.equal(wrong.code, 2, wrong.stdout + wrong.stderr);
    assert.match(wrong.stderr, /PowerDNS .*key/s);
    assert.equal((await lab.journal(zone)).text, '');
    const traces = await lab.traces();
    for (const secret of [server.apiKey, 'a-wrong-key-0815']) assert.ok(!traces.includes(secret));
  });
});

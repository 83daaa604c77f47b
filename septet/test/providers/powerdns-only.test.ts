/** What only PowerDNS has: comments, disabled records, LUA and ALIAS, secondary and signed zones. At a real PowerDNS. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sameData } from '../../src/change/change.ts';
import { absolute, dnsName, type DnsName } from '../../src/dns/name.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { powerDnsHost } from '../../src/providers/powerdns/powerdns.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { missingPowerDns, startPowerDns, type PowerDnsServer } from '../servers/powerdns.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { seenAt } from './own-servers.ts';
import { aSet, txt } from './samples.ts';
import { troubledHttp, type TroubledHttp } from './troubled-http.ts';

const skip = await missingPowerDns();
const zone = dnsName('example.com');
const at = (prefix: string): DnsName => dnsName(`${prefix}.example.com`);

describe('PowerDNS alone', { skip }, () => {
  let server: PowerDnsServer;
  let http: TroubledHttp;
  let host: DnsHost;
  let seen: ReturnType<typeof seenAt>;
  const hostAt = (options: { readonly url?: string; readonly server?: string } = {}): DnsHost =>
    powerDnsHost({
      url: server.url,
      apiKey: server.apiKey,
      outside: { http: http.http, now: () => Date.now(), sleep: () => Promise.resolve() },
      ...options,
    });
  const make = (name: string, more: object = {}): Promise<unknown> =>
    server.api('POST', '/zones', { name: `${name}.`, kind: 'Native', nameservers: [`ns1.${name}.`], ...more });
  const patch = (...rrsets: readonly object[]): Promise<unknown> =>
    server.api('PATCH', '/zones/example.com.', { rrsets: rrsets.map((one) => ({ changetype: 'REPLACE', ...one })) });
  before(async () => {
    server = await startPowerDns();
    http = troubledHttp(httpClient({ timeoutMs: 3000 }));
    host = hostAt();
    seen = seenAt(server.server);
    await make('example.com');
  });
  after(async () => {
    await seen?.close();
    await server?.stop();
  });

  test('the URL may end in /api/v1 or in a slash', async () => {
    for (const end of ['/', '/api/v1', '/api/v1/']) {
      expectRead(await hostAt({ url: server.url + end }).read(zone, [zone]));
    }
  });

  test('it tells the name servers of the zone, and no record but those asked for', async () => {
    const read = expectRead(await host.read(zone, [at('nobody')]));
    assert.deepEqual(read.nameServers, [at('ns1')]);
    assert.deepEqual(read.sets, []);
  });

  test('a server with another id is told', async () => {
    const fault = await hostAt({ server: 'elsewhere' }).read(zone, [zone]);
    assert.equal(fault.kind === 'fault' && fault.reason, 'no-zone');
    assert.match(fault.kind === 'fault' ? fault.cure : '', /called elsewhere/);
  });

  test('comments of an RRset stay', async () => {
    const name = at('_commented');
    const records = [{ content: '"one"', disabled: false }];
    const comments = [{ content: 'ask Ines', account: 'ines' }];
    await patch({ name: absolute(name), type: 'TXT', ttl: 600, records, comments });
    const more = txt(name, 600, 'one', 'two');
    assert.deepEqual(await host.apply(zone, [change(txt(name, 600, 'one'), more)]), { kind: 'applied' });
    const all = JSON.stringify(await server.api('GET', `/zones/example.com.?rrset_name=${absolute(name)}`));
    assert.match(all, /ask Ines/);
  });

  test('disabled records are not deleted by accident', async () => {
    const name = at('_disabled');
    const records = [
      { content: '"on"', disabled: false },
      { content: '"off"', disabled: true },
    ];
    await patch({ name: absolute(name), type: 'TXT', ttl: 600, records });
    const read = expectRead(await host.read(zone, [name]));
    assert.ok(sameData(read.sets[0], txt(name, 600, 'on')));
    assert.match(read.special[0]?.what ?? '', /disabled/);
    const fault = expectFault(await host.apply(zone, [change(read.sets[0], txt(name, 600, 'mine'))]), 'rejected');
    assert.match(fault.detail, /disabled/);
    assert.match(JSON.stringify(await server.api('GET', '/zones/example.com.')), /\\"off\\"/);
  });

  test('LUA and ALIAS are not RRsets, and nothing is put in their place', async () => {
    const [lua, alias] = [at('lua'), at('alias')];
    await patch(
      {
        name: absolute(lua),
        type: 'LUA',
        ttl: 60,
        records: [{ content: 'A "ifportup(443, {\'192.0.2.1\'})"', disabled: false }],
      },
      { name: absolute(alias), type: 'ALIAS', ttl: 60, records: [{ content: 'www.example.net.', disabled: false }] },
    );
    const read = expectRead(await host.read(zone, [lua, alias]));
    assert.deepEqual(read.sets, []);
    assert.deepEqual(read.special.map(({ name }) => name).toSorted(), [alias, lua]);
    for (const name of [lua, alias]) {
      expectFault(await host.apply(zone, [change(undefined, aSet(name, 60, '192.0.2.1'))]), 'rejected');
    }
    const text = change(undefined, txt(alias, 60, 'beside'));
    assert.deepEqual(await host.apply(zone, [text]), { kind: 'applied' }, 'a text beside it does no harm');
  });

  test('a secondary zone is not written to', async () => {
    await server.api('POST', '/zones', { name: 'second.test.', kind: 'Slave', masters: ['127.0.0.1:1'] });
    const second = dnsName('second.test');
    const fault = expectFault(await host.apply(second, [change(undefined, txt(second, 60, 'x'))]), 'rejected');
    assert.match(fault.detail, /secondary zone/);
    assert.match(fault.cure, /primary/);
  });

  test('a signed zone without api_rectify gets a note', async () => {
    await make('signed.test', { dnssec: true, api_rectify: false });
    const signed = dnsName('signed.test');
    const read = expectRead(await host.read(signed, [signed]));
    assert.match(read.special[0]?.what ?? '', /pdnsutil rectify-zone signed\.test/);
    await make('mended.test', { dnssec: true, api_rectify: true });
    const mended = expectRead(await host.read(dnsName('mended.test'), [dnsName('mended.test')]));
    assert.deepEqual(mended.special, []);
    assert.ok(mended.sets.every(({ type }) => type === 'SOA' || type === 'NS'));
  });

  test('what PowerDNS objects to is quoted', async () => {
    const set = { ...txt(at('wide'), 60, 'x'), name: dnsName('a*b.example.com') };
    http.trouble({ on: 'write', status: 422, body: '{"error":"RRset a*b.example.com. IN TXT: no such thing"}' });
    const fault = expectFault(await host.apply(zone, [change(undefined, set)]), 'rejected');
    assert.match(fault.detail, /no such thing/);
  });

  test('many names are read in one request', async () => {
    http.sent();
    const names = Array.from({ length: 40 }, (_, i) => at(`n${i}`));
    expectRead(await host.read(zone, names));
    assert.equal(http.sent().length, 2);
  });

  test('when the reply to a write is lost, reading again tells that it was made', async () => {
    const set = txt(at('_lost'), 600, 'made');
    http.trouble({ on: 'write', status: 0, carriedOut: true });
    assert.deepEqual(await host.apply(zone, [change(undefined, set)]), { kind: 'applied' });
    assert.ok(sameData(await seen.liveAt(set.name, 'TXT'), set));
  });

  test('the top of the zone keeps its SOA and NS', async () => {
    const [ns] = expectRead(await host.read(zone, [zone])).sets.filter(({ type }) => type === 'NS');
    expectFault(await host.apply(zone, [change(ns, undefined)]), 'rejected');
  });
});

/** Gandi beyond the suite. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { gandiHost } from '../../src/providers/gandi/gandi.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { fakeZone as zone, goodToken, quickOutside } from './fakes/fake.ts';
import { fakeGandi, type FakeGandi } from './fakes/gandi.ts';
import { aSet, txt } from './samples.ts';
import { troubledHttp } from './troubled-http.ts';

describe('Gandi', () => {
  let fake: FakeGandi;
  const http = troubledHttp(httpClient());
  const open = (token = goodToken): DnsHost =>
    gandiHost({ token, url: `${fake.server.url}/`, outside: quickOutside(http.http), pageSize: 2 });
  const row = (rrset_name: string, rrset_type: string, ...rrset_values: readonly string[]) => ({
    rrset_name,
    rrset_type,
    rrset_ttl: 300,
    rrset_values,
  });
  const first = change(undefined, txt(zone, 600, 'x'));

  before(async () => {
    fake = await fakeGandi({ [goodToken]: 'write', reader: 'read', old: 'expired' }, zone);
  });
  after(() => fake.server.stop());
  beforeEach(() => {
    fake.sets = [];
    fake.server.hooks.budget = undefined;
    http.calm();
    http.sent();
  });

  test('reads every page, relative targets, aliases and unread types', async () => {
    fake.sets = [
      row('@', 'MX', '10 mail', '20 mx.example.net.'),
      row('@', 'ALIAS', 'site.example.net.'),
      row('*', 'CNAME', 'www'),
      row('www', 'HTTPS', '1 . alpn=h2'),
      row('@', 'TXT', '"v=spf1 " "-all"'),
    ];
    const read = expectRead(await open().read(zone, [zone, dnsName(`*.${zone}`), dnsName(`www.${zone}`)]));
    const of = (type: string): unknown => read.sets.find((set) => set.type === type)?.data;
    assert.deepEqual(of('MX'), [
      { preference: 10, exchange: `mail.${zone}` },
      { preference: 20, exchange: 'mx.example.net' },
    ]);
    assert.deepEqual(of('CNAME'), [`www.${zone}`]);
    assert.deepEqual(of('TXT'), [{ strings: ['v=spf1 ', '-all'] }]);
    assert.deepEqual(
      read.special.map(({ what }) => /ALIAS|HTTPS/.exec(what)?.[0]),
      ['ALIAS', 'HTTPS'],
    );
    assert.equal(read.nameServers[0], 'ns-1-a.gandi.net');
  });

  test('does not follow the address in Link', async () => {
    const link = '<https://evil.example/v5/livedns/domains/example.com/records?page=2>; rel="next"';
    fake.server.hooks.before = ({ path, query }) =>
      path.endsWith('/records') && query.get('page') === '1'
        ? { status: 200, headers: { link }, body: '[]' }
        : undefined;
    expectRead(await open().read(zone, [zone]));
    fake.server.hooks.before = undefined;
    assert.ok(http.sent().every(({ url }) => url.startsWith(fake.server.url)));
  });

  test('names the permission that is missing, and knows a token that has expired', async () => {
    const fault = expectFault(await open('reader').apply(zone, [first]), 'not-permitted');
    assert.match(fault.detail, /Manage domain name technical configurations/);
    expectFault(await open('old').apply(zone, [first]), 'not-authenticated');
  });

  test('stops in the middle and goes on where it stopped', async () => {
    const changes = [first, change(undefined, aSet(zone, 600, '192.0.2.1'))];
    http.trouble({ on: 'write', after: 1, status: 500, times: 9 });
    const applied = await open().apply(zone, changes);
    assert.deepEqual(applied.kind === 'stopped' && applied.done, [first]);
    http.calm();
    assert.deepEqual(await open().apply(zone, changes), { kind: 'applied' });
  });

  test('looks again before each write, and stops when somebody else was faster', async () => {
    const second = change(undefined, aSet(zone, 600, '192.0.2.1'));
    http.beforeWrite(() => {
      fake.put(zone, 'A', 600, ['192.0.2.99']);
      return Promise.resolve();
    });
    const applied = await open().apply(zone, [first, second]);
    assert.deepEqual(applied.kind === 'stopped' && applied.done, [first]);
    assert.equal(applied.kind === 'stopped' && applied.fault.reason, 'changed');
    assert.deepEqual(fake.sets.find(({ rrset_type }) => rrset_type === 'A')?.rrset_values, ['192.0.2.99']);
  });

  test('says what Gandi says', async () => {
    const body = JSON.stringify({
      status: 'error',
      errors: [{ location: 'body', name: 'items', description: `no, ${goodToken}` }],
    });
    http.trouble({ on: 'write', status: 400, body });
    const fault = expectFault(await open().apply(zone, [first]), 'rejected');
    assert.match(fault.detail, /items: no, …/);
    fake.server.hooks.budget = 0;
    const read = await open().read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'rate-limited');
  });
});

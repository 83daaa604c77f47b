/** DigitalOcean beyond the suite: single records, nothing atomic. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { digitalOceanHost } from '../../src/providers/digitalocean/digitalocean.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { allScopes, fakeDigitalOcean, type FakeDigitalOcean, type Scope } from './fakes/digitalocean.ts';
import { fakeZone as zone, goodToken, quickOutside } from './fakes/fake.ts';
import { aSet, txt } from './samples.ts';
import { troubledHttp } from './troubled-http.ts';

describe('DigitalOcean', () => {
  let fake: FakeDigitalOcean;
  let apex: FakeDigitalOcean['records'];
  const http = troubledHttp(httpClient());
  const open = (token = goodToken): DnsHost =>
    digitalOceanHost({ token, url: fake.server.url, outside: quickOutside(http.http) });
  const texts = (): readonly string[] => fake.records.filter(({ type }) => type === 'TXT').map(({ data }) => data);

  before(async () => {
    const without = (scope: Scope): readonly Scope[] => allScopes.filter((one) => one !== scope);
    fake = await fakeDigitalOcean(
      { [goodToken]: allScopes, ...Object.fromEntries(allScopes.map((scope) => [`no-${scope}`, without(scope)])) },
      zone,
    );
    apex = fake.records;
  });
  after(() => fake.server.stop());
  beforeEach(() => {
    fake.records = apex;
    fake.server.hooks.before = undefined;
    fake.server.hooks.budget = undefined;
    http.calm();
    http.sent();
  });

  test('reads @ for the domain, targets without dots, and the name servers', async () => {
    const row = { priority: null, port: null, weight: null, flags: null, tag: null, ttl: 60 };
    fake.records = [
      ...apex,
      { ...row, id: 10, type: 'CNAME', name: 'www', data: '@' },
      { ...row, id: 11, type: 'MX', name: '@', data: 'mail.example.com', priority: 5 },
      { ...row, id: 12, type: 'CAA', name: '@', data: 'ca.example', flags: 0, tag: 'issue' },
      { ...row, id: 13, type: 'WEIRD', name: 'odd', data: 'x' },
    ];
    const read = expectRead(await open().read(zone, [zone, dnsName(`www.${zone}`), dnsName(`odd.${zone}`)]));
    const of = (type: string): unknown => read.sets.find((set) => set.type === type)?.data;
    assert.deepEqual(of('CNAME'), [zone]);
    assert.deepEqual(of('MX'), [{ preference: 5, exchange: `mail.${zone}` }]);
    assert.deepEqual(of('CAA'), [{ flags: 0, tag: 'issue', value: 'ca.example' }]);
    assert.equal(read.nameServers.length, 3);
    assert.match(read.special[0]?.what ?? '', /WEIRD/);
  });

  test('rewrites a record where it stands, so that there are never two or none', async () => {
    fake.put(zone, 'TXT', 600, ['"v=spf1 ~all"', '"kept"']);
    const applied = await open().apply(zone, [
      change(txt(zone, 600, 'v=spf1 ~all', 'kept'), txt(zone, 600, 'kept', 'v=spf1 -all')),
    ]);
    assert.deepEqual(applied, { kind: 'applied' });
    const writes = http.sent().filter(({ method }) => method !== 'GET');
    assert.deepEqual(
      writes.map(({ method }) => method),
      ['PATCH'],
    );
    assert.deepEqual(texts().toSorted(), ['kept', 'v=spf1 -all']);
  });

  test('puts an RRset back that it could write by half only', async () => {
    fake.put(zone, 'TXT', 600, ['"old"', '"older"']);
    const wanted = change(txt(zone, 600, 'old', 'older'), txt(zone, 600, 'a', 'b', 'c'));
    http.trouble({ on: 'write', after: 2, status: 422, body: '{"id":"unprocessable_entity","message":"no more"}' });
    const fault = expectFault(await open().apply(zone, [wanted]), 'rejected');
    assert.match(fault.detail, /no more/);
    assert.deepEqual(texts().toSorted(), ['old', 'older'], 'as it was');
  });

  test('says that an RRset is half written when it can be neither finished nor put back', async () => {
    fake.put(zone, 'TXT', 600, ['"old"']);
    const first = change(undefined, aSet(dnsName(`a.${zone}`), 600, '192.0.2.1'));
    http.trouble({ on: 'write', after: 2, status: 500, times: 100 });
    const applied = await open().apply(zone, [first, change(txt(zone, 600, 'old'), txt(zone, 600, 'a', 'b'))]);
    assert.equal(applied.kind, 'stopped');
    if (applied.kind !== 'stopped') return;
    assert.deepEqual(applied.done, [first]);
    assert.match(applied.fault.detail, /neither as it was nor as it shall be/);
    assert.deepEqual(applied.fault.at, { name: zone, type: 'TXT' });
    assert.deepEqual(texts(), ['a']);
  });

  test('puts an RRset back of which a part was written with an answer that cannot be read', async () => {
    fake.put(zone, 'TXT', 600, ['"old"']);
    http.trouble({ on: 'write', status: 200, body: '<html>', carriedOut: true });
    const wanted = change(txt(zone, 600, 'old'), txt(zone, 600, 'a', 'b'));
    expectFault(await open().apply(zone, [wanted]), 'malformed');
    assert.deepEqual(texts(), ['old'], 'as it was');
  });

  test('takes a lost answer for what it was', async () => {
    http.trouble({ on: 'write', status: 0, carriedOut: true });
    const wanted = change(undefined, txt(zone, 600, 'once'));
    assert.deepEqual(await open().apply(zone, [wanted]), { kind: 'applied' });
    assert.deepEqual(texts(), ['once']);
  });

  test('names the scope that is missing', async () => {
    fake.put(zone, 'TXT', 600, ['"old"']);
    const old = txt(zone, 600, 'old');
    const tries: readonly (readonly [Scope, RrSet | undefined, RrSet | undefined])[] = [
      ['domain:read', old, undefined],
      ['domain:create', old, txt(zone, 600, 'old', 'new')],
      ['domain:update', old, txt(zone, 600, 'new')],
      ['domain:delete', old, undefined],
    ];
    for (const [scope, before_, after_] of tries) {
      const fault = expectFault(await open(`no-${scope}`).apply(zone, [change(before_, after_)]), 'not-permitted');
      assert.match(fault.detail, new RegExp(scope));
      assert.deepEqual(texts(), ['old']);
    }
  });

  test('refuses octets that JSON cannot carry, before anything is written', async () => {
    const wanted = change(undefined, txt(zone, 600, '\u00ff\u00fe'));
    assert.match(expectFault(await open().apply(zone, [wanted]), 'rejected').detail, /UTF-8/);
    assert.deepEqual(http.sent(), []);
  });

  test('gives up when its hour is full', async () => {
    fake.server.hooks.budget = 0;
    const read = await open().read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'rate-limited');
    assert.match(JSON.stringify(read), /7 seconds/);
  });
});

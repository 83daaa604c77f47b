/** Hetzner beyond the suite: actions that take their time, comments, locks and modes. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { hetznerHost } from '../../src/providers/hetzner/hetzner.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { fakeZone as zone, goodToken, quickOutside } from './fakes/fake.ts';
import { fakeHetzner, type FakeHetzner } from './fakes/hetzner.ts';
import { aSet, txt } from './samples.ts';
import { troubledHttp } from './troubled-http.ts';

describe('Hetzner', () => {
  let fake: FakeHetzner;
  const http = troubledHttp(httpClient());
  const open = (token = goodToken): DnsHost =>
    hetznerHost({ token, url: fake.server.url, outside: quickOutside(http.http), pageSize: 4 });
  const plain = { ttl: null, labels: {}, protection: { change: false } };
  const first = change(undefined, txt(zone, 600, 'x'));

  before(async () => {
    fake = await fakeHetzner({ [goodToken]: 'write', reader: 'read' }, zone);
  });
  after(() => fake.server.stop());
  beforeEach(() => {
    fake.sets = [];
    fake.mode = 'primary';
    fake.running = 1;
    fake.failNext = undefined;
    http.calm();
    http.sent();
  });

  test('reads the TTL of the zone, relative targets and the name servers', async () => {
    fake.sets = [
      { ...plain, name: '@', type: 'MX', records: [{ value: '10 mail' }, { value: '20 mx.example.net.' }] },
      { ...plain, name: 'www', type: 'CNAME', records: [{ value: '@' }] },
      { ...plain, name: 'www', type: 'HTTPS', records: [{ value: '1 . alpn=h2' }] },
    ];
    const read = expectRead(await open().read(zone, [zone, dnsName(`www.${zone}`)]));
    assert.deepEqual(read.sets[0], {
      name: zone,
      type: 'MX',
      ttlSeconds: 3600,
      data: [
        { preference: 10, exchange: `mail.${zone}` },
        { preference: 20, exchange: 'mx.example.net' },
      ],
    });
    assert.deepEqual(read.sets[1]?.data, [zone]);
    assert.match(read.special[0]?.what ?? '', /HTTPS/);
    assert.deepEqual(read.nameServers, ['hydrogen.ns.hetzner.com', 'oxygen.ns.hetzner.com', 'helium.ns.hetzner.de']);
  });

  test('keeps the comments of records that stay', async () => {
    const records = [
      { value: '"kept"', comment: 'by hand' },
      { value: '"goes"', comment: 'old' },
    ];
    fake.sets = [{ ...plain, ttl: 600, name: '@', type: 'TXT', records }];
    const wanted = change(txt(zone, 600, 'kept', 'goes'), txt(zone, 900, 'new', 'kept'));
    assert.deepEqual(await open().apply(zone, [wanted]), { kind: 'applied' });
    assert.deepEqual(fake.sets[0]?.records, [{ value: '"new"' }, { value: '"kept"', comment: 'by hand' }]);
    assert.equal(fake.sets[0]?.ttl, 900);
  });

  test('follows an action to its end, and no further', async () => {
    fake.running = 5;
    assert.deepEqual(await open().apply(zone, [first]), { kind: 'applied' });
    assert.equal(http.sent().filter(({ url }) => url.includes('/actions/')).length, 5);
    fake.running = 1e9;
    // It is stored, although its action does not end: what counts is what is read back.
    assert.deepEqual(await open().apply(zone, [change(txt(zone, 600, 'x'), txt(zone, 600, 'y'))]), { kind: 'applied' });
    assert.equal(http.sent().filter(({ url }) => url.includes('/actions/')).length, 61);
  });

  test('says what an action died of', async () => {
    fake.failNext = 'action_failed';
    fake.sets = [{ ...plain, ttl: 600, name: '@', type: 'TXT', records: [{ value: '"x"' }] }];
    http.beforeWrite(() => Promise.resolve());
    const wanted = change(txt(zone, 600, 'x'), txt(zone, 600, 'y'));
    // The fake stores what the failed action was for; put it back before it is read again.
    const before_ = fake.sets;
    fake.server.hooks.before = ({ path }) => {
      if (path.startsWith('/v1/actions/')) fake.sets = before_;
      return undefined;
    };
    const fault = expectFault(await open().apply(zone, [wanted]), 'rejected');
    fake.server.hooks.before = undefined;
    assert.match(fault.detail, /action_failed: it went wrong/);
  });

  test('waits while another action holds the zone', async () => {
    const body = (code: string): string => JSON.stringify({ error: { code, message: 'wait', details: {} } });
    http.trouble(
      { on: 'write', status: 423, body: body('locked') },
      { on: 'write', status: 409, body: body('conflict') },
    );
    assert.deepEqual(await open().apply(zone, [first]), { kind: 'applied' });
    http.trouble({ on: 'write', status: 409, body: body('uniqueness_error'), times: 9 });
    expectFault(await open().apply(zone, [change(undefined, aSet(zone, 600, '192.0.2.1'))]), 'changed');
  });

  test('names the permission, the mode and the protection that stand in the way', async () => {
    const fault = expectFault(await open('reader').apply(zone, [first]), 'not-permitted');
    assert.match(fault.detail + fault.cure, /Read & Write/);
    fake.mode = 'secondary';
    assert.match(expectFault(await open().apply(zone, [first]), 'rejected').cure, /secondary.*primary/);
    fake.mode = 'primary';
    const protection = { change: true };
    fake.sets = [{ ...plain, ttl: 600, name: '@', type: 'TXT', records: [{ value: '"x"' }], protection }];
    const wanted = change(txt(zone, 600, 'x'), txt(zone, 600, 'y'));
    assert.match(expectFault(await open().apply(zone, [wanted]), 'rejected').cure, /protection/);
  });

  test('stops in the middle and goes on where it stopped', async () => {
    const changes = [first, change(undefined, aSet(zone, 600, '192.0.2.1'))];
    http.trouble({ on: 'write', after: 1, status: 503, times: 9 });
    const applied = await open().apply(zone, changes);
    assert.equal(applied.kind === 'stopped' && applied.fault.reason, 'unreachable');
    assert.deepEqual(applied.kind === 'stopped' && applied.done, [first]);
    http.calm();
    assert.deepEqual(await open().apply(zone, changes), { kind: 'applied' });
  });

  test('waits until the hour of the limit is over, which the header tells', async () => {
    fake.server.hooks.budget = 0;
    const read = await open().read(zone, [zone]);
    fake.server.hooks.budget = undefined;
    assert.equal(read.kind === 'fault' && read.reason, 'rate-limited');
    assert.match(JSON.stringify(read), /rate_limit_exceeded/);
  });
});

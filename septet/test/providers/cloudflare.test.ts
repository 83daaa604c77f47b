/** Cloudflare beyond the suite: its official SDK sees and makes the same records, and what only Cloudflare has. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { sameData } from '../../src/change/change.ts';
import { dnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { cloudflareHost } from '../../src/providers/cloudflare/cloudflare.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { fakeCloudflare, type CloudflareRight, type CloudflareZone, type FakeCloudflare } from './fakes/cloudflare.ts';
import { fakeZone as zone, goodToken, quickOutside } from './fakes/fake.ts';
import { aSet, txt } from './samples.ts';
import { troubledHttp } from './troubled-http.ts';

const rights: readonly CloudflareRight[] = ['zone:read', 'dns:read', 'dns:edit'];
const noDkim = dnsName('s1._domainkey.example.com');

describe('Cloudflare', () => {
  let fake: FakeCloudflare;
  const http = troubledHttp(httpClient());
  const outside = quickOutside(http.http);
  const open = (token = goodToken, pageSize = 100): DnsHost =>
    cloudflareHost({ token, url: `${fake.server.url}/client/v4/`, outside, pageSize });
  const sdk = (): Cloudflare =>
    new Cloudflare({ apiToken: goodToken, baseURL: `${fake.server.url}/client/v4`, maxRetries: 0 });

  before(async () => {
    const zones: readonly CloudflareZone[] = [
      { name: zone },
      { name: 'twice.test', account: 'a' },
      { name: 'twice.test', account: 'b' },
      { name: 'moved.test', account: 'a', status: 'pending' },
      { name: 'moved.test', account: 'b' },
    ];
    fake = await fakeCloudflare(
      {
        [goodToken]: rights,
        'no-zone-read': ['dns:read', 'dns:edit'],
        'no-dns': ['zone:read'],
        reader: ['zone:read', 'dns:read'],
      },
      zones,
    );
  });
  after(() => fake.server.stop());
  beforeEach(() => {
    fake.records = [];
    fake.server.hooks.budget = undefined;
    http.calm();
  });

  test('sees what the SDK makes', async () => {
    const client = sdk();
    const [found] = (await client.zones.list({ name: zone })).result;
    assert.ok(found);
    const zone_id = found.id;
    await client.dns.records.create({ zone_id, type: 'A', name: `mail.${zone}`, content: '192.0.2.1', ttl: 300 });
    await client.dns.records.create({ zone_id, type: 'A', name: `mail.${zone}`, content: '192.0.2.2', ttl: 300 });
    await client.dns.records.create({ zone_id, type: 'MX', name: zone, content: `mail.${zone}`, priority: 10, ttl: 1 });
    const text = `v=DKIM1; p=${'A'.repeat(300)}`;
    const content = `"${text.slice(0, 255)}" "${text.slice(255)}"`;
    await client.dns.records.create({ zone_id, type: 'TXT', name: noDkim, content, ttl: 3600 });
    const read = expectRead(await open().read(zone, [zone, noDkim, dnsName(`mail.${zone}`)]));
    const wanted: readonly RrSet[] = [
      aSet(dnsName(`mail.${zone}`), 300, '192.0.2.1', '192.0.2.2'),
      { name: zone, type: 'MX', ttlSeconds: 300, data: [{ preference: 10, exchange: dnsName(`mail.${zone}`) }] },
      txt(noDkim, 3600, text),
    ];
    assert.deepEqual(
      read.sets.toSorted((a, b) => (a.type < b.type ? -1 : 1)),
      wanted,
    );
    assert.deepEqual(read.nameServers, ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com']);
  });

  test('makes what the SDK sees and would make', async () => {
    const alias: RrSet<'CNAME'> = {
      name: noDkim,
      type: 'CNAME',
      ttlSeconds: 600,
      data: [dnsName('s1.dkim.example.net')],
    };
    const mx: RrSet<'MX'> = {
      name: zone,
      type: 'MX',
      ttlSeconds: 600,
      data: [{ preference: 0, exchange: dnsName('.') }],
    };
    const caa: RrSet<'CAA'> = {
      name: zone,
      type: 'CAA',
      ttlSeconds: 600,
      data: [{ flags: 0, tag: 'issue', value: 'ca.example' }],
    };
    const tlsa: RrSet<'TLSA'> = {
      name: dnsName(`_25._tcp.mail.${zone}`),
      type: 'TLSA',
      ttlSeconds: 600,
      data: [{ usage: 3, selector: 1, matchingType: 1, data: 'ab'.repeat(32) }],
    };
    const srv: RrSet<'SRV'> = {
      name: dnsName(`_imaps._tcp.${zone}`),
      type: 'SRV',
      ttlSeconds: 600,
      data: [{ priority: 1, weight: 2, port: 993, target: dnsName(`mail.${zone}`) }],
    };
    const sets = [alias, mx, caa, tlsa, srv, txt(zone, 600, 'v=spf1 -all'), aSet(zone, 600, '192.0.2.1')];
    assert.deepEqual(
      await open().apply(
        zone,
        sets.map((set) => change(undefined, set)),
      ),
      { kind: 'applied' },
    );
    const ours = [];
    for await (const record of sdk().dns.records.list({ zone_id: fake.zoneId, per_page: 2 })) ours.push(record);
    const bare = ours.map(({ type, name, content, ttl, proxied }) => ({ type, name, content, ttl, proxied }));
    assert.deepEqual(
      bare.find(({ type }) => type === 'CNAME'),
      {
        type: 'CNAME',
        name: noDkim,
        content: 's1.dkim.example.net',
        ttl: 600,
        proxied: false,
      },
    );
    const read = expectRead(
      await open().read(
        zone,
        sets.map(({ name }) => name),
      ),
    );
    for (const set of sets)
      assert.ok(
        read.sets.some((one) => sameData(one, set) && one.ttlSeconds === 600),
        set.type,
      );
    // The same by the SDK's own batch on an empty zone gives the same records.
    fake.records = [];
    const zone_id = fake.zoneId;
    const common = { ttl: 600, proxied: false };
    await sdk().dns.records.batch({
      zone_id,
      posts: [
        { ...common, type: 'CNAME', name: noDkim, content: 's1.dkim.example.net' },
        { ...common, type: 'MX', name: zone, content: '.', priority: 0 },
        { ...common, type: 'CAA', name: zone, data: { flags: 0, tag: 'issue', value: 'ca.example' } },
        {
          ...common,
          type: 'TLSA',
          name: `_25._tcp.mail.${zone}`,
          data: { usage: 3, selector: 1, matching_type: 1, certificate: 'ab'.repeat(32) },
        },
        {
          ...common,
          type: 'SRV',
          name: `_imaps._tcp.${zone}`,
          data: { priority: 1, weight: 2, port: 993, target: `mail.${zone}` },
        },
        { ...common, type: 'TXT', name: zone, content: '"v=spf1 -all"' },
        { ...common, type: 'A', name: zone, content: '192.0.2.1' },
      ],
    });
    const theirs = fake.records.map(({ type, name, content, ttl, proxied }) => ({ type, name, content, ttl, proxied }));
    assert.deepEqual(bare, theirs);
  });

  test('changes with the SDK’s result: one patched, one deleted, one left alone', async () => {
    const one = fake.create({
      type: 'TXT',
      name: zone,
      content: '"v=spf1 ~all"',
      ttl: 600,
      comment: 'by hand',
      tags: ['mail:spf'],
    });
    const two = fake.create({ type: 'TXT', name: zone, content: '"kept"', ttl: 600, comment: 'keep me' });
    fake.create({ type: 'TXT', name: zone, content: '"goes"', ttl: 600 });
    const wanted = change(txt(zone, 600, 'v=spf1 ~all', 'kept', 'goes'), txt(zone, 600, 'kept', 'v=spf1 -all'));
    assert.deepEqual(await open().apply(zone, [wanted]), { kind: 'applied' });
    const seen = await sdk().dns.records.get(one.id, { zone_id: fake.zoneId });
    assert.equal(seen.content, '"v=spf1 -all"');
    assert.equal(seen.comment, 'by hand');
    assert.deepEqual(seen.tags, ['mail:spf']);
    assert.equal(
      fake.records.find(({ id }) => id === two.id),
      two,
      'not touched',
    );
    assert.equal(fake.records.length, 2);
    // And the other way round: the SDK edits and deletes, and the client sees it.
    const common = { zone_id: fake.zoneId, type: 'TXT', name: zone, ttl: 900 } as const;
    await sdk().dns.records.edit(one.id, { ...common, content: '"v=spf1 mx -all"' });
    await sdk().dns.records.update(two.id, { ...common, content: '"kept, too"' });
    const read = expectRead(await open().read(zone, [zone]));
    assert.ok(sameData(read.sets[0], txt(zone, 900, 'v=spf1 mx -all', 'kept, too')));
    assert.equal(read.sets[0]?.ttlSeconds, 900);
    await sdk().dns.records.delete(two.id, { zone_id: fake.zoneId });
    assert.equal(expectRead(await open().read(zone, [zone])).sets[0]?.data.length, 1);
  });

  test('says so when the zone changes between two pages', async () => {
    for (let i = 0; i < 5; i++) fake.create({ type: 'A', name: `h${i}.${zone}`, content: '192.0.2.1', ttl: 60 });
    fake.server.hooks.before = ({ query }) => {
      if (query.get('page') === '2') fake.drop(`h0.${zone}`, 'A');
      return undefined;
    };
    const read = await open(goodToken, 2).read(zone, [zone]);
    fake.server.hooks.before = undefined;
    assert.match(JSON.stringify(read), /changed at Cloudflare while it was read/);
  });

  test('shows proxied and flattened records as special, and does not touch them', async () => {
    const track = dnsName(`track.${zone}`);
    fake.create({ type: 'CNAME', name: track, content: 'app.example.net', proxied: true });
    fake.create({ type: 'CNAME', name: zone, content: 'site.example.net' });
    fake.create({ type: 'TXT', name: zone, content: '"v=spf1 -all"', ttl: 600 });
    fake.create({ type: 'CNAME', name: noDkim, content: 'd.example.net', settings: { flatten_cname: true } });
    fake.create({ type: 'HTTPS', name: track.replace('track', 'www'), content: '1 . alpn="h2"' });
    const read = expectRead(await open().read(zone, [zone, track, noDkim, dnsName(`www.${zone}`)]));
    assert.deepEqual(
      read.sets.map(({ name, type }) => `${name} ${type}`),
      [`${zone} TXT`],
    );
    const what = new Map(read.special.map((item) => [item.name, item.what]));
    assert.match(what.get(track) ?? '', /proxied/);
    assert.match(what.get(zone) ?? '', /flattens/);
    assert.match(what.get(noDkim) ?? '', /flattens/);
    assert.match(what.get(dnsName(`www.${zone}`)) ?? '', /HTTPS/);
    const records = fake.records;
    const alias: RrSet<'CNAME'> = { name: track, type: 'CNAME', ttlSeconds: 600, data: [dnsName('app.example.net')] };
    expectFault(await open().apply(zone, [change(undefined, alias)]), 'rejected');
    assert.equal(fake.records, records);
    // Beside a flattened CNAME at the apex other records may stand.
    const spf = change(txt(zone, 600, 'v=spf1 -all'), txt(zone, 600, 'v=spf1 mx -all'));
    assert.deepEqual(await open().apply(zone, [spf]), { kind: 'applied' });
  });

  test('writes all or nothing', async () => {
    const host = dnsName(`host.${zone}`);
    fake.create({ type: 'A', name: host, content: '192.0.2.1', proxied: true });
    const records = fake.records;
    const alias: RrSet<'CNAME'> = { name: host, type: 'CNAME', ttlSeconds: 600, data: [dnsName('x.example.net')] };
    const applied = await open().apply(zone, [change(undefined, txt(zone, 600, 'first')), change(undefined, alias)]);
    const fault = expectFault(applied, 'rejected');
    assert.match(fault.detail, /81053/);
    assert.equal(fake.records, records);
  });

  test('says so when a record goes between reading and writing', async () => {
    fake.create({ type: 'TXT', name: zone, content: '"one"', ttl: 600 });
    http.beforeWrite(() => {
      fake.drop(zone, 'TXT');
      return Promise.resolve();
    });
    const applied = await open().apply(zone, [change(txt(zone, 600, 'one'), txt(zone, 600, 'two'))]);
    assert.deepEqual(expectFault(applied, 'changed').at, { name: zone, type: 'TXT' });
    assert.equal(fake.records.length, 0);
  });

  test('names the permission that is missing', async () => {
    const set = change(undefined, txt(zone, 600, 'x'));
    const blind = await open('no-zone-read').read(zone, [zone]);
    assert.equal(blind.kind === 'fault' && blind.reason, 'not-permitted');
    assert.match(JSON.stringify(blind), /Zone → Zone → Read/);
    const deaf = await open('no-dns').read(zone, [zone]);
    assert.equal(deaf.kind === 'fault' && deaf.reason, 'not-permitted');
    assert.match(JSON.stringify(deaf), /Zone → DNS → Read/);
    assert.match(expectFault(await open('reader').apply(zone, [set]), 'not-permitted').detail, /Zone → DNS → Edit/);
    expectFault(await open('nobody-knows-this').apply(zone, [set]), 'not-authenticated');
    expectFault(await open('two words').apply(zone, [set]), 'not-authenticated');
  });

  test('tells zones of one name apart', async () => {
    const twice = await open().read(dnsName('twice.test'), [dnsName('twice.test')]);
    assert.equal(twice.kind === 'fault' && twice.reason, 'no-zone');
    assert.match(JSON.stringify(twice), /several accounts/);
    expectRead(await open().read(dnsName('moved.test'), [dnsName('moved.test')]));
    const none = await open().read(dnsName('none.test'), [dnsName('none.test')]);
    assert.match(JSON.stringify(none), /Zone → Zone → Read/);
  });

  test('reads every page, and waits when the host has had enough', async () => {
    for (let i = 0; i < 23; i++) fake.create({ type: 'A', name: `h${i}.${zone}`, content: `192.0.2.${i}`, ttl: 60 });
    const names = Array.from({ length: 23 }, (_, i) => dnsName(`h${i}.${zone}`));
    assert.equal(expectRead(await open(goodToken, 7).read(zone, names)).sets.length, 23);
    fake.server.hooks.budget = 3;
    const tired = await open(goodToken, 7).read(zone, names);
    assert.equal(tired.kind === 'fault' && tired.reason, 'rate-limited');
    assert.match(JSON.stringify(tired), /4 seconds/);
  });
});

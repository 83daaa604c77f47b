/** Route 53 beyond the suite: its official SDK sees and makes the same records, and what only Route 53 has. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { sameData } from '../../src/change/change.ts';
import { dnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { route53Host } from '../../src/providers/route53/route53.ts';
import { change, expectFault, expectRead } from './bench.ts';
import { fakeZone as zone, goodToken, quickOutside } from './fakes/fake.ts';
import { fakeRoute53, type FakeRoute53 } from './fakes/route53.ts';
import { aSet, txt, txtSamples } from './samples.ts';
import { troubledHttp } from './troubled-http.ts';

const keys = { accessKeyId: 'AKIAEXAMPLE0000000001', secretAccessKey: goodToken };
const lent = {
  accessKeyId: 'ASIAEXAMPLE0000000002',
  secretAccessKey: `${goodToken}/+=`,
  sessionToken: 'session//token==',
};
const poor = { accessKeyId: 'AKIAEXAMPLE0000000003', secretAccessKey: 'poor' };
const id = 'Z1PUBLIC';

describe('Route 53', () => {
  let fake: FakeRoute53;
  const http = troubledHttp(httpClient());
  const outside = quickOutside(http.http);
  const open = (more: Partial<Parameters<typeof route53Host>[0]> = {}): DnsHost =>
    route53Host({ ...keys, url: fake.server.url, outside, pageSize: 2, ...more });
  const sdk = (credentials: typeof keys = keys): Route53Client =>
    new Route53Client({ region: 'us-east-1', endpoint: fake.server.url, credentials, maxAttempts: 1 });
  const denied: string[] = [];

  before(async () => {
    fake = await fakeRoute53(
      [keys, lent, { ...poor, denied }],
      [
        { id, name: zone },
        { id: 'Z2PRIVATE', name: zone, private: true },
        { id: 'Z3ONE', name: 'twice.test' },
        { id: 'Z4TWO', name: 'twice.test' },
        { id: 'Z5INNER', name: 'inner.test', private: true },
      ],
    );
  });
  after(() => fake.server.stop());
  beforeEach(() => {
    fake.sets.set(id, []);
    fake.pending = 1;
    denied.length = 0;
    http.calm();
  });

  const upsert = (set: ResourceRecordSet): Promise<unknown> =>
    sdk().send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: id,
        ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: set }] },
      }),
    );

  test('sees what the SDK makes', async () => {
    const zones = await sdk().send(new ListHostedZonesByNameCommand({ DNSName: zone }));
    assert.ok(zones.HostedZones?.some((one) => one.Id === `/hostedzone/${id}`));
    const values = (...list: readonly string[]): ResourceRecordSet['ResourceRecords'] =>
      list.map((Value) => ({ Value }));
    await upsert({ Name: `*.${zone}`, Type: 'A', TTL: 60, ResourceRecords: values('192.0.2.1', '192.0.2.2') });
    await upsert({
      Name: zone,
      Type: 'MX',
      TTL: 300,
      ResourceRecords: values('10 mail.example.com', '20 b.example.net.'),
    });
    await upsert({
      Name: zone,
      Type: 'TXT',
      TTL: 300,
      ResourceRecords: values('"v=spf1 " "-all"', '"caf\\303\\251 \\"<&>\\""'),
    });
    const wildcard = dnsName(`*.${zone}`);
    const read = expectRead(await open().read(zone, [zone, wildcard]));
    const mx = (preference: number, exchange: string) => ({ preference, exchange: dnsName(exchange) });
    const wanted: readonly RrSet[] = [
      aSet(wildcard, 60, '192.0.2.1', '192.0.2.2'),
      { name: zone, type: 'MX', ttlSeconds: 300, data: [mx(10, 'mail.example.com'), mx(20, 'b.example.net')] },
      txt(zone, 300, 'v=spf1 -all', 'caf\u00c3\u00a9 "<&>"'),
    ];
    assert.equal(read.sets.length, wanted.length);
    for (const set of wanted)
      assert.ok(read.sets.some((one) => sameData(one, set) && one.ttlSeconds === set.ttlSeconds));
    assert.deepEqual(read.nameServers, ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net']);
  });

  test('makes what the SDK sees', async () => {
    const wildcard = dnsName(`*.${zone}`);
    const texts = txtSamples.flatMap(({ sets }) => sets(zone, 600)[0]);
    const sets = [aSet(wildcard, 60, '192.0.2.1'), ...texts];
    assert.deepEqual(
      await open().apply(
        zone,
        sets.map((set) => change(undefined, set)),
      ),
      { kind: 'applied' },
    );
    const seen = await sdk().send(new ListResourceRecordSetsCommand({ HostedZoneId: id, MaxItems: 300 }));
    const first = seen.ResourceRecordSets?.find(({ Type }) => Type === 'A');
    assert.deepEqual(first, { Name: `\\052.${zone}.`, Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] });
    assert.equal(seen.ResourceRecordSets?.length, sets.length);
    // What the SDK reads, it may write back: then nothing has changed for us.
    for (const set of seen.ResourceRecordSets ?? []) await upsert(set);
    const read = expectRead(
      await open().read(
        zone,
        sets.map(({ name }) => name),
      ),
    );
    for (const set of sets)
      assert.ok(
        read.sets.some((one) => sameData(one, set)),
        set.name,
      );
  });

  test('signs as the SDK does, with lent keys too', async () => {
    expectRead(await open(lent).read(zone, [zone]));
    const client = new Route53Client({
      region: 'us-east-1',
      endpoint: fake.server.url,
      credentials: lent,
      maxAttempts: 1,
    });
    await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: id, StartRecordName: `*.${zone}`, StartRecordType: 'TXT' }),
    );
    const wrong = { ...keys, secretAccessKey: 'another' };
    await assert.rejects(sdk(wrong).send(new ListHostedZonesByNameCommand({})), { name: 'SignatureDoesNotMatch' });
    const read = await open(wrong).read(zone, [zone]);
    assert.equal(read.kind === 'fault' && read.reason, 'not-authenticated');
    assert.match(JSON.stringify(read), /clock/);
    const { sessionToken: _, ...half } = lent;
    const torn = await open(half).read(zone, [zone]);
    assert.equal(torn.kind === 'fault' && torn.reason, 'not-authenticated');
  });

  test('is refused by Route 53 itself when somebody else was faster, be it with the TTL alone', async () => {
    const [one, two] = [txt(zone, 600, 'one'), txt(zone, 600, 'two')];
    const theirs: readonly RrSet[] = [txt(zone, 900, 'one'), txt(zone, 600, 'one', 'theirs')];
    for (const set of theirs) {
      fake.put(zone, 'TXT', 600, ['"one"']);
      http.beforeWrite(() => {
        fake.put(zone, 'TXT', set.ttlSeconds, set.data.length > 1 ? ['"one"', '"theirs"'] : ['"one"']);
        return Promise.resolve();
      });
      const fresh = change(undefined, aSet(dnsName(`fresh.${zone}`), 600, '192.0.2.1'));
      const fault = expectFault(await open().apply(zone, [fresh, change(one, two)]), 'changed');
      assert.deepEqual(fault.at, { name: zone, type: 'TXT' });
      assert.equal(fake.sets.get(id)?.length, 1, 'the other change is not made either');
    }
    fake.sets.set(id, []);
    http.beforeWrite(() => {
      fake.put(zone, 'TXT', 600, ['"theirs"']);
      return Promise.resolve();
    });
    expectFault(await open().apply(zone, [change(undefined, two)]), 'changed');
  });

  test('waits until the change is INSYNC, and does not when it may not ask', async () => {
    fake.pending = 4;
    const asked = (): number => fake.server.asked.filter(({ path }) => path.includes('/change/')).length;
    const begun = asked();
    assert.deepEqual(await open().apply(zone, [change(undefined, txt(zone, 600, 'x'))]), { kind: 'applied' });
    assert.equal(asked() - begun, 5);
    denied.push('route53:GetChange', 'route53:GetHostedZone');
    const applied = await open(poor).apply(zone, [change(txt(zone, 600, 'x'), undefined)]);
    assert.deepEqual(applied, { kind: 'applied' });
    assert.deepEqual(expectRead(await open(poor).read(zone, [zone])).nameServers, []);
  });

  test('names the permission that is missing, and no user', async () => {
    const wanted = change(undefined, txt(zone, 600, 'x'));
    for (const what of ['ListHostedZonesByName', 'ListResourceRecordSets', 'ChangeResourceRecordSets']) {
      denied.length = 0;
      denied.push(`route53:${what}`);
      const fault = expectFault(await open(poor).apply(zone, [wanted]), 'not-permitted');
      assert.match(fault.detail, new RegExp(`route53:${what}`));
      assert.doesNotMatch(JSON.stringify(fault), /123456789012/);
    }
    assert.deepEqual(fake.sets.get(id), []);
  });

  test('tells zones of one name apart', async () => {
    const twice = dnsName('twice.test');
    const inner = dnsName('inner.test');
    const many = await open().read(twice, [twice]);
    assert.equal(many.kind === 'fault' && many.reason, 'no-zone');
    assert.match(JSON.stringify(many), /Z3ONE, Z4TWO.*hostedZone/);
    expectRead(await open({ hostedZone: 'Z4TWO' }).read(twice, [twice]));
    assert.match(
      JSON.stringify(await open({ hostedZone: id }).read(twice, [twice])),
      /is example\.com and not twice\.test/,
    );
    assert.match(JSON.stringify(await open({ hostedZone: 'ZNOTHERE' }).read(twice, [twice])), /no-zone/);
    assert.match(JSON.stringify(await open({ hostedZone: '../x' }).read(twice, [twice])), /no-zone/);
    assert.match(JSON.stringify(await open().read(inner, [inner])), /private zone only/);
    const named = await open({ hostedZone: 'Z2PRIVATE' }).read(zone, [zone]);
    assert.match(JSON.stringify(named), /no-zone.*Z2PRIVATE is private/);
  });

  test('shows aliases and routed sets as special, and does not touch them', async () => {
    const alias =
      '<AliasTarget><HostedZoneId>Z2</HostedZoneId><DNSName>x.elb.amazonaws.com.</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>';
    fake.sets.set(id, [
      { name: `${zone}.`, type: 'A', more: alias },
      ...['a', 'b', 'c'].map((setIdentifier) => ({
        name: `w.${zone}.`,
        type: 'TXT',
        ttl: 60,
        values: [`"${setIdentifier}"`],
        setIdentifier,
        more: '<Weight>1</Weight>',
      })),
    ]);
    const weighted = dnsName(`w.${zone}`);
    const read = expectRead(await open().read(zone, [zone, weighted]));
    assert.deepEqual(read.sets, []);
    assert.equal(read.special.length, 4, 'all pages at one name');
    assert.match(read.special[0]?.what ?? '', /alias/);
    expectFault(await open().apply(zone, [change(undefined, aSet(zone, 60, '192.0.2.1'))]), 'rejected');
    expectFault(await open().apply(zone, [change(undefined, txt(weighted, 60, 'x'))]), 'rejected');
    assert.deepEqual(await open().apply(zone, [change(undefined, txt(zone, 60, 'x'))]), { kind: 'applied' });
  });

  test('sends again what was throttled, and says so when it does not end', async () => {
    const wanted = change(undefined, txt(zone, 600, 'x'));
    const body = (code: string): string =>
      `<ErrorResponse><Error><Code>${code}</Code><Message>wait</Message></Error></ErrorResponse>`;
    http.trouble({ on: 'read', status: 400, body: body('Throttling') });
    http.trouble({ on: 'write', status: 400, body: body('PriorRequestNotComplete') });
    assert.deepEqual(await open().apply(zone, [wanted]), { kind: 'applied' });
    fake.server.hooks.budget = 2;
    const read = await open().read(zone, [zone]);
    fake.server.hooks.budget = undefined;
    assert.equal(read.kind === 'fault' && read.reason, 'rate-limited');
  });
});

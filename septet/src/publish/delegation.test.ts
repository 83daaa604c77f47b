import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domain, fault, FakeZone } from '../../test/publish/fake-zone.ts';
import { dnsName, type DnsName } from '../dns/name.ts';
import type { DnsHost } from '../providers/host.ts';
import type { World } from '../world/world.ts';
import { delegationFault } from './delegation.ts';

const servedBy = (...names: readonly string[]): DnsHost => ({
  ...new FakeZone([]).host,
  read: async (zone) => ({
    kind: 'read',
    zone,
    nameServers: names.map((name) => dnsName(name)),
    sets: [],
    special: [],
  }),
});
const delegatedTo = (...names: readonly string[]): Pick<World, 'authoritative'> => ({
  authoritative: (async (zone: DnsName) => ({
    kind: 'found',
    authority: { zone, delegated: names.map((name) => ({ name: dnsName(name) })) },
  })) as unknown as NonNullable<World['authoritative']>,
});

test('a zone that is delegated elsewhere is not published to', async () => {
  const host = servedBy('ns1.fake.example', 'ns2.fake.example');
  const found = await delegationFault(host, domain, delegatedTo('ns1.other.example', 'ns2.other.example'));
  assert.equal(
    found?.detail,
    'example.com is delegated to ns1.other.example, ns2.other.example, and The fake host serves it as ns1.fake.example, ns2.fake.example. Nobody would see what is published there.',
  );
  assert.equal(found?.reason, 'no-zone');
});

test('one server in common is enough, and where nobody tells nothing is said', async () => {
  const host = servedBy('ns1.fake.example', 'ns2.fake.example');
  assert.equal(await delegationFault(host, domain, delegatedTo('ns2.fake.example', 'ns9.other.example')), undefined);
  assert.equal(await delegationFault(host, domain, delegatedTo()), undefined);
  assert.equal(await delegationFault(servedBy(), domain, delegatedTo('ns1.other.example')), undefined);
  assert.equal(await delegationFault(host, domain, undefined), undefined, 'the owner has named the servers');
});

test('a host that does not have the zone, or does not let one in, says so itself', async () => {
  const host: DnsHost = { ...servedBy(), read: async () => fault('not-authenticated') };
  assert.equal((await delegationFault(host, domain, undefined))?.reason, 'not-authenticated');
});

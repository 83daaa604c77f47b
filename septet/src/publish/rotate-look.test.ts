import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted, ed25519Key, rsa2048 } from '../../test/dkim-keys.ts';
import { zoneWorld } from '../../test/zone-world.ts';
import { dnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import type { World } from '../world/world.ts';
import { lookAtKey, negativeTtlSeconds } from './rotate-look.ts';

const domain = dnsName('example.com');
const record = `v=DKIM1; k=rsa; p=${rsa2048}`;
const want = { selector: 's2', record };
const zone = (lines: string, minimum = 900): string =>
  `$ORIGIN example.com.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 ${minimum}\n@ NS ns1\nns1 A 9.9.9.10\n${lines}\n`;
const there = zone(`s2._domainkey TXT ${quoted(record)}`);

/** A zone of which each server has its own text; `asked` counts the questions to the resolver. */
function servers(...texts: readonly string[]): { authority: Authority; world: World; asked: () => number } {
  const worlds = texts.map((text) => zoneWorld(text));
  const base = zoneWorld(there);
  let asked = 0;
  const world: World = {
    ...base,
    resolver: {
      query: (name, type) => {
        asked++;
        return base.resolver.query(name, type);
      },
    },
  };
  const authority: Authority = {
    zone: domain,
    delegated: [],
    apex: [],
    ask: (name, type) =>
      Promise.all(
        worlds.map(async ({ resolver }, i) => ({
          server: dnsName(`ns${i + 1}.example.net`),
          address: `192.0.2.${i + 1}`,
          answer: await resolver.query(name, type),
        })),
      ),
  };
  return { authority, world, asked: () => asked };
}

test('seen on every server and at the resolver, however the record is spelled', async () => {
  const spelled = zone(`s2._domainkey TXT ${quoted(`k=rsa; t=s; p=${rsa2048}`)}`);
  const { authority, world } = servers(there, spelled);
  const look = await lookAtKey(world, domain, want, authority);
  assert.deepEqual(look, { kind: 'visible', detail: 'is seen on all 2 servers and at one resolver' });
});

test('one server without it: named, and no resolver is asked, which would remember', async () => {
  const { authority, world, asked } = servers(there, zone(''));
  const look = await lookAtKey(world, domain, want, authority);
  assert.deepEqual(look, { kind: 'absent', detail: 'is not there yet at ns2.example.net (192.0.2.2)' });
  assert.equal(asked(), 0);
});

test('another key, an alias, a test flag: not what is wanted', async () => {
  for (const other of [
    `s2._domainkey TXT "v=DKIM1; k=ed25519; p=${ed25519Key()}"`,
    's2._domainkey CNAME nowhere.example.com.',
    `s2._domainkey TXT ${quoted(`v=DKIM1; t=y; p=${rsa2048}`)}`,
    's2._domainkey TXT "v=DKIM1; p="',
  ]) {
    const { authority, world } = servers(zone(other));
    // oxlint-disable-next-line no-await-in-loop -- four questions
    assert.equal((await lookAtKey(world, domain, want, authority)).kind, 'other', other);
  }
});

test('no answer is unknown and never absent', async () => {
  const { world } = servers();
  const silent = zoneWorld('$ORIGIN example.org.\n@ 60 SOA ns h 1 1 1 1 1\n');
  const look = await lookAtKey({ ...world, otherResolvers: [silent.resolver] }, domain, want);
  assert.equal(look.kind, 'unknown');
});

test('the World finds the servers where nobody names them', async () => {
  const { authority, world } = servers(zone(''));
  const look = await lookAtKey({ ...world, authoritative: async () => ({ kind: 'found', authority }) }, domain, want);
  assert.equal(look.kind, 'absent');
  const alone = await lookAtKey(world, domain, want);
  assert.deepEqual(alone, { kind: 'visible', detail: 'is seen at one resolver' });
});

test('servers that cannot be found are unknown, whatever the resolver remembers', async () => {
  const { world } = servers();
  const lost: World = { ...world, authoritative: async () => ({ kind: 'failed', detail: 'timeout' }) };
  const look = await lookAtKey(lost, domain, want);
  assert.equal(look.kind, 'unknown');
  assert.match(look.detail, /the servers of the zone/);
});

test('a revoked key is wanted as revoked', async () => {
  const revoked = { selector: 's2', record: 'v=DKIM1; p=' };
  const { world } = servers();
  assert.equal((await lookAtKey(world, domain, revoked)).kind, 'other');
  const gone = zoneWorld(zone('s2._domainkey TXT "v=DKIM1; k=rsa; p="'));
  assert.equal((await lookAtKey(gone, domain, revoked)).kind, 'visible');
});

test('how long an absence is remembered: the SOA says, half an hour where nobody tells', async () => {
  assert.equal(await negativeTtlSeconds(zoneWorld(zone('', 900)), domain), 900);
  assert.equal(await negativeTtlSeconds(zoneWorld(zone('', 86_400)), domain), 3600);
  assert.equal(await negativeTtlSeconds(zoneWorld(zone('')), dnsName('sub.example.com')), 900);
  assert.equal(await negativeTtlSeconds(zoneWorld(zone('')), dnsName('example.net')), 1800);
});

test('what the servers say of the absence counts, not what is left of it in a cache', async () => {
  const { authority } = servers(zone(''));
  const cache = zoneWorld(zone('').replace('$TTL 3600', '$TTL 5'));
  assert.equal(await negativeTtlSeconds(cache, domain), 5);
  assert.equal(await negativeTtlSeconds(cache, domain, authority), 900);
  const world: World = { ...cache, authoritative: async () => ({ kind: 'found', authority }) };
  assert.equal(await negativeTtlSeconds(world, domain), 900);
});

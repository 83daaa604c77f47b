import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../change/change.ts';
import { txtOf } from '../change/txt.ts';
import { dnsName, root } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import { hostKinds } from './host-kinds.ts';
import type { HostLimits } from '../plan/limits.ts';
import { checkLimits, hostLimits } from './limits.ts';

const name = dnsName('s1._domainkey.example.com');
const of = (set: RrSet): Change => ({ name: set.name, type: set.type, after: set });
const txt = (ttlSeconds: number, ...texts: readonly string[]): Change =>
  of({ name, type: 'TXT', ttlSeconds, data: texts.map(txtOf) });
const limits = (key: string): HostLimits => hostLimits[key] as HostLimits;
const rules = (change: Change, key: string): readonly string[] =>
  checkLimits(change, limits(key)).map(({ rule }) => rule);

/** As long as the record of a key of so many bits: 2048 → 410 octets, 4096 → 752. */
const key = (bits: 2048 | 4096): string => `v=DKIM1; k=rsa; p=${'A'.repeat(bits === 2048 ? 392 : 736)}`;

test('every host that a configuration may name has limits, but for the unknown one', () => {
  for (const { key } of hostKinds) if (key !== 'other') assert.ok(hostLimits[key], key);
});

test('every host takes the records of a usual sender', () => {
  const mx: RrSet<'MX'> = { name, type: 'MX', ttlSeconds: 3600, data: [{ preference: 10, exchange: name }] };
  const cname: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds: 3600, data: [name] };
  for (const host of Object.keys(hostLimits)) {
    assert.deepEqual(rules(txt(3600, key(2048)), host), [], host);
    assert.deepEqual(rules(txt(3600, 'v=spf1 include:_spf.example.net -all', 'x=y'), host), [], host);
    assert.deepEqual(rules(of(mx), host), [], host);
    assert.deepEqual(rules(of(cname), host), [], host);
  }
});

for (const [what, change, host, expected] of [
  ['a key of 4096 bits at DigitalOcean', txt(3600, key(4096)), 'digitalocean', ['txt-length']],
  ['a key of 4096 bits at Route 53', txt(3600, key(4096)), 'route53', []],
  ['a TTL under the floor', txt(60, 'x'), 'gandi', ['ttl-floor']],
  ['a TTL at the floor', txt(300, 'x'), 'gandi', []],
  ['a TTL over the ceiling', txt(86_401, 'x'), 'cloudflare', ['ttl-ceiling']],
  ['a TTL of 0 at a server of one’s own', txt(0, 'x'), 'rfc2136', []],
  ['a TTL of 32 bits', txt(0x8000_0000, 'x'), 'rfc2136', ['ttl-ceiling']],
  ['quotes at Namecheap', txt(3600, 'say "x"'), 'namecheap', ['txt-quote']],
  ['a backslash at DigitalOcean', txt(3600, 'a\\b'), 'digitalocean', ['txt-backslash']],
  ['an empty text at Cloudflare', txt(3600, ''), 'cloudflare', ['txt-empty']],
  ['an empty text at BIND', txt(3600, ''), 'bind', []],
  ['2,044 octets in nine strings at Cloudflare', txt(3600, 'x'.repeat(2044)), 'cloudflare', ['txt-length']],
  ['2,020 octets at Cloudflare', txt(3600, 'x'.repeat(2020)), 'cloudflare', []],
  [
    'five such texts at one name',
    txt(3600, ...'abcde'.split('').map((c) => c.repeat(2000))),
    'cloudflare',
    ['txt-name-sum'],
  ],
  ['octets that need escapes at Route 53', txt(3600, '\u00ff'.repeat(1100)), 'route53', ['txt-length']],
] as const) {
  test(`${what}: ${expected.length === 0 ? 'fits' : expected.join()}`, () => {
    assert.deepEqual(rules(change, host), expected);
    for (const { text } of checkLimits(change, limits(host)))
      assert.match(text, /^s1\._domainkey\.example\.com TXT: .+\.$/);
  });
}

test('the null MX', () => {
  const mx: RrSet<'MX'> = { name, type: 'MX', ttlSeconds: 3600, data: [{ preference: 0, exchange: root }] };
  const refused = Object.keys(hostLimits).filter((host) => rules(of(mx), host).includes('null-mx'));
  assert.deepEqual(refused, ['digitalocean', 'godaddy', 'namecheap']);
});

test('types that a host does not have', () => {
  const ds: RrSet = { name, type: 'DS', ttlSeconds: 3600, data: [] };
  assert.deepEqual(rules(of(ds), 'digitalocean'), ['type']);
  assert.match(checkLimits(of(ds), limits('digitalocean'))[0]?.text ?? '', /Use A, AAAA/);
});

test('a choice of TTLs and names without underscores', () => {
  const strict: HostLimits = { ...limits('bind'), ttlChoices: [300, 3600], underscoreCname: false };
  const cname: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds: 600, data: [name] };
  assert.deepEqual(
    checkLimits(of(cname), strict).map(({ rule }) => rule),
    ['ttl-choice', 'underscore-cname'],
  );
  const plain = { ...cname, name: dnsName('track.example.com'), ttlSeconds: 300 };
  assert.deepEqual(checkLimits(of(plain), strict), []);
});

test('a removal always fits', () => {
  assert.deepEqual(rules({ name, type: 'TXT' }, 'digitalocean'), []);
});

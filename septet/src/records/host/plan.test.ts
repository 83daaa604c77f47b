import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld } from '../../../test/zone-world.ts';
import { parseAddress } from '../../dns/address.ts';
import { dnsName } from '../../dns/name.ts';
import { lookupHost } from './lookup.ts';
import { hostWork, type HostWork } from './plan.ts';

const helo = dnsName('mail.example.com');
const reverse = '8.8.8.8.in-addr.arpa';
const zones = (ptr: string, a: string): readonly string[] => [
  `$ORIGIN 8.in-addr.arpa.\n@ SOA ns. h. 1 1 1 1 1\n${ptr}`,
  `$ORIGIN example.com.\n@ SOA ns. h. 1 1 1 1 1\n${a}`,
];

async function work(
  address: string,
  name: typeof helo | undefined,
  ptr: string,
  a: string,
): Promise<readonly HostWork[]> {
  const parsed = parseAddress(address);
  assert.ok(parsed);
  const seen = await lookupHost(zoneWorld(zones(ptr, a)), { addresses: [parsed], helo: name });
  return hostWork({ address, ...(name === undefined ? {} : { helo: name }) }, seen);
}

const ptrTo = (name: string): string => `${reverse}. PTR ${name}\n`;
const done = (all: readonly HostWork[]): readonly boolean[] => all.map((one) => one.done);

test('the reverse name is asked of the owner of the address, the way back of the owner of the name', async () => {
  const all = await work('8.8.8.8', helo, '', 'x A 192.0.2.1\n');
  const [ptr, a] = all;
  assert.ok(ptr?.kind === 'record' && a?.kind === 'record');
  assert.deepEqual([ptr.name, ptr.type, ptr.data], [reverse, 'PTR', ['mail.example.com.']]);
  assert.match(ptr.who, /8\.8\.8\.8/);
  assert.deepEqual([a.name, a.type, a.data], [helo, 'A', ['8.8.8.8']]);
  assert.deepEqual(done(all), [false, false]);
});

test('each way is done when it leads to the other', async () => {
  const forward = 'mail A 8.8.8.8\n';
  assert.deepEqual(done(await work('8.8.8.8', helo, ptrTo('mail.example.com.'), forward)), [true, true]);
  assert.deepEqual(done(await work('::ffff:8.8.8.8', helo, ptrTo('mail.example.com.'), forward)), [true, true]);
  assert.deepEqual(done(await work('8.8.8.8', helo, ptrTo('mail.example.com.'), 'mail A 192.0.2.1\n')), [true, false]);
  assert.deepEqual(done(await work('8.8.8.8', helo, ptrTo('other.example.com.'), `${forward}other A 8.8.8.8\n`)), [
    false,
    true,
  ]);
});

test('without a HELO name any name that leads back will do', async () => {
  const found = await work('8.8.8.8', undefined, ptrTo('any.example.com.'), 'any A 8.8.8.8\n');
  assert.deepEqual(
    found.map((one) => one.kind === 'record' && one.data),
    [['any.example.com.']],
  );
  assert.deepEqual(done(found), [true]);
  const [note] = await work('8.8.8.8', undefined, ptrTo('any.example.com.'), 'any A 192.0.2.1\n');
  assert.ok(
    note?.kind === 'note' && !note.done && note.text.includes(reverse) && note.text.includes('any.example.com.'),
  );
});

test('an address that no receiver sees, one that was not asked, and one that is none', async () => {
  const [own] = await work('192.168.1.2', helo, '', 'x A 192.0.2.1\n');
  assert.ok(own?.kind === 'note' && !own.done && own.text.includes('not a public address'));
  const nobody = hostWork({ address: '8.8.8.8', helo }, { addresses: [], answers: [] });
  assert.deepEqual(done(nobody), [false, false]);
  assert.ok(nobody.every((one) => one.kind === 'record' && one.detail.includes('was not asked')));
  assert.equal(hostWork({ address: '8.8.8', helo }, { addresses: [], answers: [] })[0]?.kind, 'note');
});

test('an answer that did not come is no absence', async () => {
  const parsed = parseAddress('8.8.8.8');
  assert.ok(parsed);
  const failures = [[reverse, 'PTR', 'timeout']] as const;
  const world = zoneWorld(zones('', 'mail A 8.8.8.8\n'), { failures });
  const [ptr] = hostWork({ address: '8.8.8.8', helo }, await lookupHost(world, { addresses: [parsed], helo }));
  assert.ok(ptr?.kind === 'record' && !ptr.done && ptr.detail.includes('nobody could tell'));
});

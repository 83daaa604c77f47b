import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressText,
  everybody,
  holdsAddress,
  intersect,
  isWithin,
  mechanismsOf,
  network4,
  network6,
  networkOf,
  nobody,
  sameSet,
  subtract,
  unite,
  type AddressSet,
} from './address-set.ts';
import { parse } from './record.ts';

/** Networks in 10.0.0.0/24 and 2001:db8::/120, so that brute force can look at every address. */
const small = fc
  .array(fc.tuple(fc.boolean(), fc.nat(255), fc.integer({ min: 0, max: 8 })), { maxLength: 8 })
  .map((networks) =>
    unite(
      ...networks.map(([six, host, bits]) =>
        six ? network6([0x20010db8, 0, 0, host], 120 + bits) : network4(0x0a000000 + host, 24 + bits),
      ),
    ),
  );
const places: readonly (number | bigint)[] = Array.from({ length: 256 }, (_, k) => k).flatMap((k) => [
  0x0a000000 + k,
  (0x20010db8n << 96n) + BigInt(k),
]);

test('union, difference and intersection are those of the single addresses', () => {
  fc.assert(
    fc.property(small, small, (a, b) => {
      const [both, rest, shared] = [unite(a, b), subtract(a, b), intersect(a, b)];
      for (const place of places) {
        const [inA, inB] = [holdsAddress(a, place), holdsAddress(b, place)];
        assert.equal(holdsAddress(both, place), inA || inB);
        assert.equal(holdsAddress(rest, place), inA && !inB);
        assert.equal(holdsAddress(shared, place), inA && inB);
      }
      assert.ok(isWithin(shared, a) && isWithin(rest, a) && isWithin(a, both));
      assert.ok(sameSet(unite(rest, shared), a));
      assert.ok(sameSet(subtract(everybody, subtract(everybody, a)), a));
    }),
  );
});

function read(mechanisms: readonly string[]): AddressSet {
  const parsed = parse(['v=spf1', ...mechanisms].join(' '));
  assert.equal(parsed.kind, 'good');
  if (parsed.kind !== 'good') return nobody;
  return unite(
    ...parsed.value.terms.map((term) => (term.kind === 'ip4' || term.kind === 'ip6' ? networkOf(term) : nobody)),
  );
}

/** The fewest networks that hold exactly these of the 256 addresses, worked out from the top down. */
function fewest(isIn: (host: number) => boolean, from = 0, size = 256): number {
  const members = Array.from({ length: size }, (_, k) => isIn(from + k));
  if (members.every(Boolean)) return 1;
  if (!members.some(Boolean)) return 0;
  return fewest(isIn, from, size / 2) + fewest(isIn, from + size / 2, size / 2);
}

test('a set as mechanisms: exact, and as few as can be', () => {
  fc.assert(
    fc.property(small, (set) => {
      const mechanisms = mechanismsOf(set);
      assert.ok(sameSet(read(mechanisms), set), mechanisms.join(' '));
      const four = fewest((host) => holdsAddress(set, 0x0a000000 + host));
      const six = fewest((host) => holdsAddress(set, (0x20010db8n << 96n) + BigInt(host)));
      assert.equal(mechanisms.length, four + six);
    }),
  );
});

test('any ranges of both families come back from their mechanisms', () => {
  const four = fc
    .tuple(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const big = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  const six = fc.tuple(big, big).map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
  fc.assert(
    fc.property(four, six, (v4, v6) => {
      const set: AddressSet = { v4: [v4], v6: [v6] };
      assert.ok(sameSet(read(mechanismsOf(set)), set));
    }),
  );
});

test('the ends of both families', () => {
  assert.deepEqual(mechanismsOf(everybody), ['ip4:0.0.0.0/0', 'ip6:::/0']);
  assert.deepEqual(mechanismsOf(subtract(everybody, everybody)), []);
  assert.deepEqual(mechanismsOf(unite(network4(-1, 32), network4(-2, 32))), ['ip4:255.255.255.254/31']);
  assert.equal(addressText((1n << 128n) - 1n), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
  assert.equal(addressText(2 ** 32 - 1), '255.255.255.255');
  const without = subtract(everybody, network6([0x20010db8, 0, 0, 0], 32));
  assert.equal(mechanismsOf(without).length, 1 + 32);
});

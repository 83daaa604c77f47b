/** What keeps the test address small: the rate of a client, and the octets of messages on their way. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { octetStore, type Budget } from './octet-store.ts';
import { rateLimit } from './rate-limit.ts';

test('a client may come so many times in any minute, and another one as often', () => {
  let time = 0;
  const rate = rateLimit({ perMinute: 2, now: () => time });
  const takes = (client: string): boolean => rate.take(client);
  assert.deepEqual(
    [takes('192.0.2.1'), takes('192.0.2.1'), takes('192.0.2.1'), takes('192.0.2.2')],
    [true, true, false, true],
  );
  time = 59_999;
  assert.equal(takes('192.0.2.1'), false);
  time = 60_000;
  assert.equal(takes('192.0.2.1'), true);
});

test('a /64 of IPv6 is one client', () => {
  const rate = rateLimit({ perMinute: 1, now: () => 0 });
  assert.equal(rate.take('2001:db8::1'), true);
  assert.equal(rate.take('2001:db8::ffff:1'), false);
  assert.equal(rate.take('2001:db8:0:1::1'), true);
});

test('a client that is refused all the time is let in again when its minute is over', () => {
  let time = 0;
  const rate = rateLimit({ perMinute: 1, now: () => time });
  rate.take('192.0.2.1');
  for (time = 1000; time < 60_000; time += 1000) assert.equal(rate.take('192.0.2.1'), false);
  assert.equal(rate.take('192.0.2.1'), true);
});

test('pieces of any length come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 20 }), (pieces) => {
      const budget: Budget = { octets: 1e9, used: 0 };
      const store = octetStore(1e6, budget);
      for (const piece of pieces) assert.equal(store.add(piece), 'kept');
      assert.deepEqual(store.take(), Buffer.concat(pieces));
      store.release();
      assert.equal(budget.used, 0);
    }),
  );
});

test('a message may have its limit and no octet more, and gives its memory back', () => {
  const budget: Budget = { octets: 1e6, used: 0 };
  const store = octetStore(100_000, budget);
  assert.equal(store.add(new Uint8Array(100_000)), 'kept');
  assert.equal(budget.used, 100_000);
  assert.equal(store.add(new Uint8Array(1)), 'too-large');
  assert.equal(budget.used, 0);
  assert.equal(store.add(new Uint8Array(5)), 'too-large');
  assert.equal(store.seen, 100_006);
});

test('messages share a budget', () => {
  const budget: Budget = { octets: 150_000, used: 0 };
  const one = octetStore(100_000, budget);
  const other = octetStore(100_000, budget);
  assert.equal(one.add(new Uint8Array(100_000)), 'kept');
  assert.equal(other.add(new Uint8Array(60_000)), 'no-room');
  one.release();
  const third = octetStore(100_000, budget);
  assert.equal(third.add(new Uint8Array(60_000)), 'kept');
});

test('octets that come one by one take no more memory than twice their number', () => {
  const budget: Budget = { octets: 1e9, used: 0 };
  const store = octetStore(1e7, budget);
  for (let index = 0; index < 200_000; index++) store.add(new Uint8Array([index & 255]));
  assert.ok(budget.used <= 400_000, `${budget.used} octets`);
});

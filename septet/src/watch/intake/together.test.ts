import assert from 'node:assert/strict';
import { test } from 'node:test';
import { together } from './together.ts';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('work starts together, and is told in the order in which it was added', async () => {
  const group = together();
  const told: number[] = [];
  let [running, most] = [0, 0];
  for (let n = 0; n < 100; n++) {
    // oxlint-disable-next-line no-await-in-loop -- that is what is tried
    await group.add(1, async () => {
      most = Math.max(most, ++running);
      await later(n % 5);
      running--;
      return () => void told.push(n);
    });
  }
  await group.settle();
  assert.deepEqual(
    told,
    Array.from({ length: 100 }, (_, n) => n),
  );
  assert.ok(most >= 16 && most <= 64, `${most} at a time`);
});

test('a group that is never full starts by itself', async () => {
  const group = together();
  const done = Promise.withResolvers<void>();
  void group.add(1, () => Promise.resolve(() => done.resolve()));
  await done.promise;
});

test('heavy work does not wait for more', async () => {
  const group = together();
  let started = 0;
  for (let n = 0; n < 3; n++) {
    void group.add(10_000, () => {
      started++;
      return Promise.resolve(() => {});
    });
  }
  await later(0);
  assert.equal(started, 2);
  await group.settle();
  assert.equal(started, 3);
});

test('after a fault nothing more is taken, and the fault is told', async () => {
  const group = together();
  const told: string[] = [];
  void group.add(1, () => Promise.resolve(() => void told.push('before')));
  void group.add(1, () => Promise.reject(new Error('away')));
  await assert.rejects(group.settle(), /away/);
  assert.deepEqual(told, ['before']);
  assert.throws(() => void group.add(1, () => Promise.resolve(() => {})), /away/);
});

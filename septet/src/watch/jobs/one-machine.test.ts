import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { oneMachine } from './one-machine.ts';
import { jobId, type DueJob } from './job-kinds.ts';
import { jobsAtOnce } from './runner.ts';

const job = (n: number, turn = 1): DueJob => ({ kind: 'check', subject: dnsName(`d${n}.example`), turn, since: n });

test('a few at a time, none twice while it waits or runs, and again afterwards', async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const runner = oneMachine(async (one) => {
    begun.push(jobId(one));
    await new Promise<void>((resolve) => ends.push(resolve));
  });
  const jobs = Array.from({ length: jobsAtOnce + 2 }, (_, n) => job(n));
  await runner.offer(jobs);
  await runner.offer(jobs);
  assert.equal(begun.length, jobsAtOnce);
  while (begun.length < jobs.length || ends.length > 0) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(begun, jobs.map(jobId));
  await runner.offer([job(0)]);
  assert.equal(begun.length, jobs.length + 1);
  ends.shift()?.();
  await runner.close();
});

test('at the end what runs is waited for, and what waits does not begin', async () => {
  let [begun, ended] = [0, 0];
  const runner = oneMachine(async () => {
    begun++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    ended++;
  });
  await runner.offer(Array.from({ length: 20 }, (_, n) => job(n)));
  await runner.close();
  assert.deepEqual([begun, ended], [jobsAtOnce, jobsAtOnce]);
  await runner.offer([job(99)]);
  assert.equal(begun, jobsAtOnce);
});

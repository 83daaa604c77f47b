import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { dueJobs, jobId, nextAt, type JobRun, type Schedule } from './job-kinds.ts';

const minute = 60_000;
const hour = 60 * minute;
const [a, b] = [dnsName('a.example'), dnsName('b.example')];
const schedule: Schedule = {
  domains: [a, b],
  pace: { checkMs: hour, importMs: hour, rampsMs: hour, retainMs: 24 * hour, tellMs: minute },
};
const run = (over: Partial<JobRun>): JobRun => ({
  kind: 'check',
  subject: a,
  at: 10 * hour,
  verdict: 'fine',
  text: 'Done.',
  failures: 0,
  ...over,
});

test('what was never done is due, evidence before steps', () => {
  assert.deepEqual(dueJobs(schedule, [], 0).map(jobId), [
    'import',
    'check a.example',
    'check b.example',
    'ramps a.example',
    'ramps b.example',
    'retain',
    'tell',
  ]);
});

test('kinds that have nothing to do here are none', () => {
  const without = new Set(['import', 'tell', 'retain'] as const);
  assert.ok(dueJobs({ ...schedule, without }, [], 0).every(({ kind }) => kind === 'check' || kind === 'ramps'));
});

test('what was done is due an hour after it began; a minute early is on time', () => {
  const runs = [run({})];
  const due = (now: number): boolean => dueJobs(schedule, runs, now).some((job) => jobId(job) === 'check a.example');
  assert.equal(due(10 * hour), false);
  assert.equal(due(11 * hour - 2 * minute), false);
  assert.equal(due(11 * hour - minute), true);
});

test('what failed is tried again after a minute, then later and later, and never later than usual', () => {
  const after = (failures: number): number => nextAt(run({ failures }), hour) - 10 * hour;
  assert.deepEqual([1, 2, 3, 4].map(after), [minute, 2 * minute, 4 * minute, 8 * minute]);
  assert.equal(after(50), hour);
  assert.equal(nextAt(run({ failures: 1 }), 10_000), 10 * hour + 10_000);
});

test('the longest overdue comes first within its kind', () => {
  const runs = [run({ at: 5 * hour }), run({ subject: b, at: 3 * hour })];
  const checks = dueJobs(schedule, runs, 10 * hour).filter(({ kind }) => kind === 'check');
  assert.deepEqual(
    checks.map(({ subject }) => subject),
    [b, a],
  );
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AggregateRow } from '../../reports/aggregate.ts';
import { randomOf } from './random.ts';
import type { Scenario, StageName } from './scenario.ts';
import { mailOf, simulate } from './simulate.ts';

const scenario = (over: Partial<Scenario> = {}): Scenario => ({
  domain: 'example.com',
  start: '2026-01-05',
  people: false,
  readers: 'both',
  receivers: [
    { name: 'old.example', share: 0.5, reader: '7489', delayDays: 1, reliability: 1 },
    { name: 'new.example', share: 0.5, reader: '9989', delayDays: 2, reliability: 1, knowsForwarders: 1 },
  ],
  sources: [
    {
      name: 'postfix',
      address: '192.0.2.10',
      perDay: 1000,
      signs: ['example.com'],
      returnPath: 'bounce.example.com',
      dkim: 0.5,
      spf: 0.5,
    },
  ],
  forwarders: [],
  spoofers: [],
  plan: { services: [], addresses: [] },
  marks: [],
  approvals: [],
  stages: [{ day: 0, stage: 'none' }],
  ...over,
});
const failing = (stage: StageName, receiver: string, over: Partial<Scenario> = {}): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { report } of mailOf(scenario(over), 0, stage, 1)) {
    if (report.head.reporter !== receiver) continue;
    for (const row of report.rows.filter(({ dkim, spf }) => dkim === 'fail' && spf === 'fail')) {
      const key = `${row.disposition} ${row.reasons.map(({ type }) => type).join()}`.trim();
      counts.set(key, (counts.get(key) ?? 0) + row.count);
    }
  }
  return counts;
};
const keys = (counts: ReadonlyMap<string, number>): readonly string[] => [...counts.keys()].sort();

describe('what receivers do under the policy of the day', () => {
  for (const [stage, old, young] of [
    ['none', ['none'], ['none']],
    ['sampled', ['none sampled_out', 'quarantine'], ['none policy_test_mode']],
    ['quarantine', ['quarantine'], ['quarantine']],
    ['reject', ['reject'], ['reject']],
  ] as const) {
    test(stage, () => {
      assert.deepEqual(keys(failing(stage, 'old.example')), old);
      assert.deepEqual(keys(failing(stage, 'new.example')), young);
    });
  }
  test('readers of RFC 7489 draw one in ten', () => {
    const counts = failing('sampled', 'old.example');
    const drawn = counts.get('quarantine') ?? 0;
    const all = drawn + (counts.get('none sampled_out') ?? 0);
    assert.ok(Math.abs(drawn - all / 10) <= 1, `${drawn} of ${all}`);
  });
  test('a domain that looks after new readers only publishes no pct, so old ones quarantine all', () => {
    assert.deepEqual(keys(failing('sampled', 'old.example', { readers: '9989' })), ['quarantine']);
  });
  test('what passes is `pass` in reports of RFC 9990 and `none` in older ones', () => {
    const passing = (receiver: string) =>
      new Set(
        mailOf(scenario(), 0, 'reject', 1)
          .filter(({ report }) => report.head.reporter === receiver)
          .flatMap(({ report }) => report.rows.filter(({ dkim }) => dkim === 'pass').map((row) => row.disposition)),
      );
    assert.deepEqual([...passing('old.example')], ['none']);
    assert.deepEqual([...passing('new.example')], ['pass']);
  });
  test('a forwarder that is recognised is spared', () => {
    const forwarders = [{ name: 'list', address: '203.0.113.5', share: 1, keepsDkim: 0, envelope: 'lists.example' }];
    assert.deepEqual(keys(failing('reject', 'new.example', { forwarders })), ['none trusted_forwarder']);
    assert.deepEqual(keys(failing('reject', 'old.example', { forwarders })), ['reject']);
  });
  test('the published policy stands in the head, for each generation in its words', () => {
    const heads = mailOf(scenario(), 0, 'sampled', 1).map(({ report }) => report.head);
    assert.deepEqual(
      heads.map(({ form, policy }) => [form, policy.p, policy.pct, policy.testing]),
      [
        ['RFC 7489', 'quarantine', 10, undefined],
        ['RFC 9990', 'quarantine', undefined, true],
      ],
    );
  });
});

describe('the reports of a simulation', () => {
  const all = (over: Partial<Scenario> = {}, seed = 1) => [...simulate(scenario(over), 5, seed)];

  test('come when the receiver sends them', () => {
    const arrivals = all().map(({ reports }) => reports.map(({ head }) => `${head.reporter} ${head.range.begin}`));
    const day = (index: number) => Date.UTC(2026, 0, 5 + index) / 1000;
    assert.deepEqual(arrivals.slice(0, 3), [
      [],
      [`old.example ${day(0)}`],
      [`new.example ${day(0)}`, `old.example ${day(1)}`],
    ]);
  });
  test('never come on the day that they are about', () => {
    const receivers = scenario().receivers.map((receiver) => ({ ...receiver, delayDays: 0 }));
    assert.deepEqual(
      all({ receivers }).map(({ reports }) => reports.length),
      [0, 2, 2, 2, 2],
    );
  });
  test('heads count their rows, a day ends with its last second', () => {
    for (const { head, rows } of all().flatMap(({ reports }) => reports)) {
      assert.equal(head.rows, rows.length);
      assert.equal(
        head.messages,
        rows.reduce((sum: number, row: AggregateRow) => sum + row.count, 0),
      );
      assert.equal(head.range.end - head.range.begin, 86_399);
    }
  });
  test('are the same for the same seed, and others for another', () => {
    assert.deepEqual(all(), all());
    const odd = scenario().sources.map((source) => ({ ...source, perDay: 333, dkim: 0.7 }));
    assert.notDeepEqual(all({ sources: odd }, 1), all({ sources: odd }, 2));
  });
  test('one source more leaves the mail of the others alone', () => {
    const [postfix] = scenario().sources;
    assert.ok(postfix);
    const more = all({ sources: [postfix, { ...postfix, name: 'other', address: '192.0.2.99' }] });
    const rowsOf = (days: typeof more) =>
      days.flatMap(({ reports }) => reports.flatMap(({ rows }) => rows.filter((row) => row.sourceIp === '192.0.2.10')));
    assert.deepEqual(rowsOf(more), rowsOf(all()));
  });
  test('stop with a silent receiver, and are lost with an unreliable one', () => {
    const receivers = scenario().receivers.map((receiver) => ({ ...receiver, silentFrom: 0 }));
    assert.equal(all({ receivers }).flatMap(({ reports }) => reports).length, 0);
    const never = scenario().receivers.map((receiver) => ({ ...receiver, reliability: 0 }));
    assert.equal(all({ receivers: never }).flatMap(({ reports }) => reports).length, 0);
  });
  test('follow the stages of the scenario', () => {
    const stages = [
      { day: 0, stage: 'none' },
      { day: 2, stage: 'reject' },
    ] as const;
    const policies = all({ stages }).flatMap(({ reports }) => reports.map(({ head }) => head.policy.p));
    assert.deepEqual([...new Set(policies)], ['none', 'reject']);
  });
});

describe('numbers', () => {
  test('parts are whole, between none and all, and right on the average', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, count, share) => {
          const part = randomOf(seed).part(count, share);
          assert.ok(Number.isInteger(part) && part >= 0 && part <= count);
          assert.ok(Math.abs(part - count * share) < 1);
        },
      ),
    );
    const random = randomOf(7);
    let sum = 0;
    for (let i = 0; i < 10_000; i++) sum += random.part(1, 0.3);
    assert.ok(Math.abs(sum - 3000) < 150, `${sum}`);
  });
});

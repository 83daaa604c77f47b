/** Whole DMARC ramps over simulated weeks, as a person would read them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rampLimits } from '../../src/watch/ramp/ramp.ts';
import { runRamp } from '../../src/watch/simulate/run-ramp.ts';
import type { Scenario } from '../../src/watch/simulate/scenario.ts';
import { timelineText } from '../../src/watch/simulate/timeline.ts';
import { clean, newcomer, own, ses } from './scenarios.ts';

const timeline = (scenario: Scenario, days = 84): string => timelineText(runRamp(scenario, { days, seed: 1 }));
/** The steps alone. */
const steps = (scenario: Scenario, days = 84): readonly string[] =>
  timeline(scenario, days)
    .split('\n')
    .filter((line) => /→|←/.test(line));
const newcomerKey = 'dkim=mailer.example spf=mailer.example';

/** Until the reports of the first week are in. */
const firstWeek = `\
2026-01-05  none        waits for days, coverage, volume, pass-rate, each-sender, errors
2026-01-06  none        waits for days, coverage, new-sender (2 days)
2026-01-08  none        waits for days, new-sender (4 days)`;

describe('a ramp over twelve weeks', () => {
  test('a clean domain without people reaches reject on the earliest days: 21 + 7 + 14', () => {
    assert.equal(
      timeline(clean()),
      `${firstWeek}
2026-01-12  none        waits for days (14 days)
2026-01-26  none        → sampled
2026-01-27  sampled     waits for days, coverage (2 days)
2026-01-29  sampled     waits for days (4 days)
2026-02-02  sampled     → quarantine
2026-02-03  quarantine  waits for days, coverage (2 days)
2026-02-05  quarantine  waits for days (11 days)
2026-02-16  quarantine  → reject
2026-02-17  reject      the last stage is reached (41 days)`,
    );
  });

  test('a domain with people takes 28 + 7 + 28 days, and ends at quarantine unless reject is confirmed', () => {
    const people = ['2026-02-02  none        → sampled', '2026-02-09  sampled     → quarantine'];
    assert.deepEqual(steps(clean({ people: true })), people);
    assert.deepEqual(steps(clean({ people: true, rejectConfirmed: true })), [
      ...people,
      '2026-03-09  quarantine  → reject',
    ]);
  });

  test('a misconfigured newcomer holds it until the owner says whose it is', () => {
    const sources = [own, ses, { ...newcomer, from: 10 }];
    assert.equal(
      timeline(clean({ sources })),
      `${firstWeek}
2026-01-12  none        waits for days (4 days)
2026-01-16  none        waits for days, unclassified (10 days)
2026-01-26  none        waits for unclassified (63 days)`,
    );
    const marks = [{ day: 40, source: newcomerKey, mark: 'not mine' } as const];
    assert.equal(steps(clean({ sources, marks }))[0], '2026-02-14  none        → sampled');
  });

  test('a newcomer of ours holds it until it passes, however it is marked', () => {
    const sources = [own, ses, { ...newcomer, from: 10 }];
    const marks = [{ day: 12, source: newcomerKey, mark: 'mine' } as const];
    assert.deepEqual(steps(clean({ sources, marks })), []);
  });

  test('a break after a step takes it back at once, and the ramp begins again when the mail passes', () => {
    const sources = [own, { ...ses, broken: { from: 29, until: 31, dkim: 0.9, spf: 1 } }];
    const [first, second, back, ...again] = steps(clean({ sources }));
    assert.deepEqual([first, second], ['2026-01-26  none        → sampled', '2026-02-02  sampled     → quarantine']);
    assert.match(
      back ?? '',
      /^2026-02-04  quarantine  ← sampled: of the mail of Amazon SES 9\d\.\d+ % passes; it was 100 %/,
    );
    assert.match(again.at(-1) ?? '', /quarantine  → reject$/);
  });

  test('a break after the watch window alerts and holds', () => {
    const sources = [own, { ...ses, broken: { from: 37, until: 40, dkim: 0, spf: 1 } }];
    const lines = timeline(clean({ sources }), 60).split('\n');
    assert.deepEqual(lines.slice(-3), [
      '2026-02-05  quarantine  waits for days (7 days)',
      '2026-02-12  quarantine  waits for days, pass-rate, each-sender, dkim-rate; alert (4 days)',
      '2026-02-16  quarantine  waits for pass-rate, each-sender, dkim-rate; alert (18 days)',
    ]);
  });

  test('the largest reporter falls silent and holds it', () => {
    const receivers = clean().receivers.map((receiver) =>
      receiver.name === 'google.com' ? { ...receiver, silentFrom: 15 } : receiver,
    );
    assert.equal(
      timeline(clean({ receivers })),
      `${firstWeek}
2026-01-12  none        waits for days (13 days)
2026-01-25  none        waits for days, coverage
2026-01-26  none        waits for coverage (63 days)`,
    );
  });

  test('forwarders that keep the signature do not hold it, with our envelope or theirs', () => {
    const forwarders = [
      { name: 'rewriting', address: '203.0.113.80', share: 0.02, keepsDkim: 1, envelope: 'forward.example' },
      { name: 'plain', address: '203.0.113.90', share: 0.01, keepsDkim: 1 },
    ];
    assert.deepEqual(steps(clean({ forwarders })), steps(clean()));
  });

  test('lists that break it do not hold it either where receivers know them', () => {
    const forwarders = [
      { name: 'list', address: '203.0.113.81', share: 0.01, keepsDkim: 0, envelope: 'lists.example' },
    ];
    const receivers = clean().receivers.map((receiver) => ({ ...receiver, knowsForwarders: 1 }));
    assert.deepEqual(steps(clean({ forwarders, receivers })), steps(clean()));
    assert.deepEqual(steps(clean({ forwarders })), []);
    const marks = [{ day: 20, source: 'spf=lists.example', mark: 'forwarder' } as const];
    assert.deepEqual(steps(clean({ forwarders, marks })), steps(clean()));
  });

  test('forged mail from many networks does not hold it for good', () => {
    const addresses = Array.from({ length: 200 }, (_, n) => `100.${64 + (n >> 6)}.${n % 64}.7`);
    const spoofers = [{ name: 'botnet', addresses, perDay: 20 }];
    assert.deepEqual(steps(clean({ spoofers })), steps(clean()));
  });

  test('where a person is asked, only a yes to the next step counts, given while the stage before it stands', () => {
    const limits = { ...rampLimits, asksAlways: true };
    const approvals = [
      { day: 5, stage: 'quarantine' },
      { day: 25, stage: 'sampled' },
    ];
    const lines = timelineText(runRamp(clean({ approvals }), { days: 40, seed: 1, limits })).split('\n');
    assert.deepEqual(lines.slice(4), [
      '2026-01-26  none        waits for approval (4 days)',
      '2026-01-30  none        → sampled',
      '2026-01-31  sampled     waits for days, coverage, approval (2 days)',
      '2026-02-02  sampled     waits for days, approval (4 days)',
      '2026-02-06  sampled     waits for approval (8 days)',
    ]);
  });

  test('a small domain waits for volume', () => {
    const sources = [{ ...own, perDay: 15 }];
    assert.deepEqual(steps(clean({ sources })), []);
    const [first] = steps(clean({ sources: [{ ...own, perDay: 21 }] }));
    assert.match(first ?? '', /→ sampled$/);
  });

  test('twelve weeks take well under a second, the clock goes along, and the seed decides all', () => {
    const times: number[] = [];
    const started = performance.now();
    const moments = [...runRamp(clean(), { days: 84, seed: 5, clock: (now) => times.push(now) })];
    const took = performance.now() - started;
    assert.ok(took < 1000, `${took.toFixed(0)} ms`);
    assert.deepEqual(
      times,
      moments.map(({ now }) => now),
    );
    assert.deepEqual([...runRamp(clean(), { days: 84, seed: 5 })], moments);
  });
});

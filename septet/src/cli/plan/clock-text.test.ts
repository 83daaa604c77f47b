import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clockText, spanText } from './clock-text.ts';

test('a clock time is as short as it can be', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  assert.equal(clockText(Date.parse('2026-11-23T14:32:59Z'), now), 'today 14:32 UTC');
  assert.equal(clockText(Date.parse('2026-11-24T07:00:00Z'), now), '24 November 07:00 UTC');
  assert.equal(clockText(Date.parse('2027-01-02T00:00:00Z'), now), '2 January 2027 00:00 UTC');
});

test('a span is told in the unit that a person would use', () => {
  const spans: readonly (readonly [number, string])[] = [
    [0, '0 seconds'],
    [1, '1 second'],
    [45, '45 seconds'],
    [60, '1 minute'],
    [90, '90 seconds'],
    [660, '11 minutes'],
    [3600, '1 hour'],
    [3660, '61 minutes'],
    [7200, '2 hours'],
    [86_400, '1 day'],
    [28 * 86_400, '28 days'],
  ];
  for (const [seconds, text] of spans) assert.equal(spanText(seconds), text);
});

test('a span is never off by more than a third', () => {
  const size = { second: 1, minute: 60, hour: 3600, day: 86_400 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40_000_000 }), (seconds) => {
      const [, count, unit] = /^(\d+) (second|minute|hour|day)s?$/.exec(spanText(seconds)) ?? [];
      const told = Number(count) * size[unit as keyof typeof size];
      assert.ok(Math.abs(told - seconds) <= seconds / 3, `${seconds}: ${spanText(seconds)}`);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lastAt, nextAt, quietUntil } from './wall-clock.ts';

const vienna = 'Europe/Vienna';
const at = (text: string, zone = vienna) => {
  const [hours, minutes] = text.split(':').map(Number);
  return { minutes: (hours ?? 0) * 60 + (minutes ?? 0), zone };
};
const iso = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 16);
const next = (time: string, after: string, zone?: string): string | undefined =>
  iso(nextAt(at(time, zone), Date.parse(`${after}Z`)));

test('the next time of day: winter, summer, behind and before UTC, at the time itself', () => {
  assert.equal(next('08:00', '2026-01-10T06:59'), '2026-01-10T07:00');
  assert.equal(next('08:00', '2026-01-10T07:00'), '2026-01-11T07:00', 'behind, not at');
  assert.equal(next('08:00', '2026-07-10T05:59'), '2026-07-10T06:00');
  assert.equal(next('00:00', '2026-07-10T21:59'), '2026-07-10T22:00');
  assert.equal(next('08:00', '2026-01-10T00:00', 'Pacific/Auckland'), '2026-01-10T19:00');
  assert.equal(next('08:00', '2026-01-10T00:00', 'America/Los_Angeles'), '2026-01-10T16:00');
  assert.equal(next('05:45', '2026-01-10T12:00', 'Asia/Kathmandu'), '2026-01-11T00:00');
});

test('the clock put forward (29 March 2026, 02:00 to 03:00): the time that is left out is the change itself', () => {
  assert.equal(next('02:30', '2026-03-28T12:00'), '2026-03-29T01:00');
  assert.equal(next('02:00', '2026-03-28T12:00'), '2026-03-29T01:00');
  assert.equal(next('01:59', '2026-03-28T12:00'), '2026-03-29T00:59');
  assert.equal(next('03:00', '2026-03-28T12:00'), '2026-03-29T01:00');
  assert.equal(next('02:30', '2026-03-29T01:00'), '2026-03-30T00:30');
});

test('the clock put back (25 October 2026, 03:00 to 02:00): the first of two counts, once a day', () => {
  assert.equal(next('02:30', '2026-10-24T12:00'), '2026-10-25T00:30');
  assert.equal(next('02:30', '2026-10-25T00:30'), '2026-10-26T01:30');
  assert.equal(next('03:00', '2026-10-24T12:00'), '2026-10-25T02:00');
});

test('a change of half an hour, and one at midnight', () => {
  // Lord Howe: 5 April 2026, 02:00 +11:00 becomes 01:30 +10:30.
  assert.equal(next('01:45', '2026-04-04T00:00', 'Australia/Lord_Howe'), '2026-04-04T14:45');
  // Beirut: 29 March 2026, 00:00 +02:00 becomes 01:00 +03:00.
  assert.equal(next('00:30', '2026-03-28T12:00', 'Asia/Beirut'), '2026-03-28T22:00');
});

test('quiet hours end when the clock shows their end, whatever the night does', () => {
  const quiet = { from: at('22:00'), until: at('07:00') };
  const cases: readonly (readonly [now: string, end: string | undefined])[] = [
    ['2026-01-10T20:59', undefined],
    ['2026-01-10T21:00', '2026-01-11T06:00'],
    ['2026-01-11T05:59', '2026-01-11T06:00'],
    ['2026-01-11T06:00', undefined],
    // A night of eight hours and one of ten.
    ['2026-03-28T21:00', '2026-03-29T05:00'],
    ['2026-10-24T20:00', '2026-10-25T06:00'],
    ['2026-10-25T01:30', '2026-10-25T06:00'],
  ];
  for (const [now, end] of cases) assert.equal(iso(quietUntil(quiet, Date.parse(`${now}Z`))), end, now);
  const noon = { from: at('12:00'), until: at('13:30') };
  assert.equal(iso(quietUntil(noon, Date.parse('2026-06-01T10:30Z'))), '2026-06-01T11:30');
  assert.equal(quietUntil(noon, Date.parse('2026-06-01T11:30Z')), undefined);
  // An end that comes twice: the first counts, and the hour that comes again is not quiet again.
  const twice = { from: at('22:00'), until: at('02:30') };
  assert.equal(iso(quietUntil(twice, Date.parse('2026-10-25T00:29Z'))), '2026-10-25T00:30');
  assert.equal(quietUntil(twice, Date.parse('2026-10-25T01:10Z')), undefined);
});

test('property: the next is behind, the last is not, at most 25 hours lie between, and each comes back to itself', () => {
  const zone = fc.constantFrom('UTC', vienna, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Asia/Beirut');
  const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) });
  fc.assert(
    fc.property(zone, fc.integer({ min: 0, max: 1439 }), instant, (name, minutes, now) => {
      const time = { minutes, zone: name };
      const [before, after] = [lastAt(time, now), nextAt(time, now)];
      assert.ok(before <= now && now < after);
      assert.ok(after - before >= 22 * 3_600_000 && after - before <= 26 * 3_600_000);
      assert.equal(lastAt(time, after), after);
      assert.equal(nextAt(time, before), after);
    }),
    { numRuns: 300 },
  );
});

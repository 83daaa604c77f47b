import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pauseAfter, retryAfterMs } from './pauses.ts';

const minute = 60_000;

test('pauses grow from five minutes to six hours, with a spread', () => {
  assert.deepEqual(
    [1, 2, 3, 7, 8, 1000].map((failures) => pauseAfter(failures, 0.5) / minute),
    [5, 10, 20, 320, 360, 360],
  );
  assert.equal(pauseAfter(1, 0), 4 * minute);
  assert.equal(pauseAfter(1, 1), 6 * minute);
});

test('never earlier than the authority asks for, and not later than a week and a bit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(2_000_000_000),
      (failures, share, asked) => {
        const pause = pauseAfter(failures, share, asked);
        assert.ok(pause >= Math.min(asked, 7 * 24 * 60 * minute));
        assert.ok(pause <= 7 * 24 * 60 * minute + minute);
      },
    ),
  );
});

test('Retry-After in both forms, and what is none of them', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  assert.equal(retryAfterMs('120', now), 120_000);
  assert.equal(retryAfterMs('Mon, 23 Nov 2026 12:01:00 GMT', now), minute);
  assert.equal(retryAfterMs('Mon, 23 Nov 2020 12:01:00 GMT', now), 0);
  for (const text of [undefined, '', '-1', 'soon', '2026-11-23', '12345678901234567890'])
    assert.equal(retryAfterMs(text, now), undefined, String(text));
});

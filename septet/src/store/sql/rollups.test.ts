import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addTo,
  countersOf,
  dayMs,
  dayOf,
  daysOf,
  dayText,
  middleOf,
  monthOf,
  noSums,
  shapeFacts,
  splitByMonths,
} from './rollups.ts';

const day = fc.integer({ min: 0, max: 2_932_896 });

test('a report counts on the UTC day of the middle of its range', () => {
  const text = (begin: string, end: string): string =>
    dayText(dayOf(middleOf({ begin: Date.parse(begin) / 1000, end: Date.parse(end) / 1000 })));
  assert.equal(text('2026-11-01T00:00:00Z', '2026-11-01T23:59:59Z'), '2026-11-01');
  assert.equal(text('2026-11-01T07:00:00Z', '2026-11-02T06:59:59Z'), '2026-11-01');
  assert.equal(text('2026-11-01T17:00:00Z', '2026-11-02T16:59:59Z'), '2026-11-02');
  assert.equal(dayText(dayOf(middleOf({ begin: 1e300, end: 1e300 }))), '9999-12-31');
  assert.equal(dayText(dayOf(middleOf({ begin: NaN, end: 1 }))), '1970-01-01');
});

test('a period takes whole days', () => {
  const at = (text: string): number => Date.parse(text);
  const days = (since: string, until: string): readonly string[] => {
    const { from, to } = daysOf({ since: at(since), until: at(until) });
    return [dayText(from), dayText(to)];
  };
  assert.deepEqual(days('2026-11-01T12:00Z', '2026-11-03T00:00Z'), ['2026-11-01', '2026-11-03']);
  assert.deepEqual(days('2026-11-01T12:00Z', '2026-11-03T00:01Z'), ['2026-11-01', '2026-11-04']);
  assert.deepEqual(daysOf({ since: 5 * dayMs, until: 2 * dayMs }), { from: 5, to: 5 });
  assert.deepEqual(daysOf({ since: -Infinity, until: Infinity }), { from: 0, to: 2_932_897 });
});

test('months and the days at the edges cover a period exactly', () => {
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 1000 }), (from, length) => {
      const to = from + length;
      const { before, months, after } = splitByMonths({ from, to });
      const pieces = [before, months, after].filter(([a, b]) => a < b);
      let at = from;
      for (const [a, b] of pieces) {
        assert.equal(a, at);
        at = b;
      }
      assert.equal(at, to);
      if (months[0] < months[1]) {
        assert.equal(monthOf(months[0]), months[0]);
        assert.equal(monthOf(months[1]), months[1]);
      }
      assert.ok(length < 62 || months[0] < months[1], 'two months hold a whole one');
    }),
  );
});

test('forwarders and errors are seen in the reasons and results', () => {
  const none = { reasons: [], dkimAuth: [], spfAuth: [] };
  const forwarded = (type: string, comment?: string): boolean =>
    shapeFacts({ ...none, reasons: [{ type, ...(comment === undefined ? {} : { comment }) }] }).forwarded;
  assert.deepEqual(
    ['forwarded', 'mailing_list', 'trusted_forwarder'].map((type) => forwarded(type)),
    [true, true, true],
  );
  assert.equal(forwarded('local_policy', 'arc=pass as[1].d.google.com'), true);
  assert.equal(forwarded('local_policy', 'arc=fail'), false);
  assert.equal(forwarded('local_policy'), false);
  assert.equal(forwarded('sampled_out'), false);
  assert.equal(shapeFacts(none).errors, false);
  assert.equal(shapeFacts({ ...none, spfAuth: [{ domain: 'a', result: 'permerror' }] }).errors, true);
  assert.equal(shapeFacts({ ...none, dkimAuth: [{ domain: 'a', result: 'temperror' }] }).errors, true);
});

test('counters of a row; sums stop at 2^53 - 1', () => {
  const row = { count: 5, dkim: 'fail', spf: 'pass', disposition: 'reject' } as const;
  assert.deepEqual(countersOf(row, { forwarded: true, errors: false }), [5, 5, 0, 5, 0, 5, 5, 0]);
  assert.deepEqual(
    countersOf({ count: 2, disposition: 'none' }, { forwarded: false, errors: true }),
    [2, 0, 0, 0, 0, 0, 0, 2],
  );
  const sums = noSums();
  addTo(sums, [Number.MAX_SAFE_INTEGER]);
  addTo(sums, [5, 5]);
  assert.deepEqual(sums.slice(0, 2), [Number.MAX_SAFE_INTEGER, 5]);
});

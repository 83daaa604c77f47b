import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDate } from './date.ts';

const at = (iso: string): number => Date.parse(iso);

test('dates of today', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Mon, 23 Nov 2026 10:00:00 +0000', '2026-11-23T10:00:00Z'],
    [' Mon,\r\n 23 Nov 2026\r\n 10:00:00 -0530\t(a (nested) comment)', '2026-11-23T15:30:00Z'],
    ['1 Jan 2026 00:00 +1400', '2025-12-31T10:00:00Z'],
    ['29 Feb 2024 23:59:59 -0000', '2024-02-29T23:59:59Z'],
    ['Sat, 31 Dec 2016 23:59:60 +0000', '2017-01-01T00:00:00Z'],
    ['mon, 23 NOV 2026 10:00:00 +0000', '2026-11-23T10:00:00Z'],
  ];
  for (const [text, iso] of cases) assert.deepEqual(parseDate(text), { at: at(iso), obsolete: false }, text);
});

test('dates of yesterday', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z'],
    ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600', '1997-11-21T15:55:06Z'],
    ['1 Jan 49 00:00 UT', '2049-01-01T00:00:00Z'],
    ['1 Jan 50 00:00 Z', '1950-01-01T00:00:00Z'],
    ['1 Jan 126 00:00 EST', '2026-01-01T05:00:00Z'],
    ['Thu, 03 Dec 2009 10:50:22 PDT', '2009-12-03T17:50:22Z'],
    ['3 Dec 2009 10:50:22 A', '2009-12-03T10:50:22Z'],
    ['3 Dec 2009 10:50:22 CEST', '2009-12-03T10:50:22Z'],
    ['(c) 3 Dec 2009 10:50 +0000', '2009-12-03T10:50:00Z'],
    ['3 Dec 2009 9:50 +0000', '2009-12-03T09:50:00Z'],
    ['3 Dec 2009 10:50:22+0000', '2009-12-03T10:50:22Z'],
    ['Thu , 3 Dec 2009 10:50 +0000', '2009-12-03T10:50:00Z'],
  ];
  for (const [text, iso] of cases) assert.deepEqual(parseDate(text), { at: at(iso), obsolete: true }, text);
});

test('a wrong name of the day is told', () => {
  assert.deepEqual(parseDate('Tue, 23 Nov 2026 10:00:00 +0000'), {
    at: at('2026-11-23T10:00:00Z'),
    obsolete: false,
    wrongDay: true,
  });
});

test('what is no date', () => {
  const cases = [
    '', 'today', 'May 8, 2005 1:17 PM', '2026-11-23T10:00:00Z', 'Mon, 23 Nov 2026 10:00:00', '30 Feb 2026 10:00 +0000',
    '29 Feb 2026 10:00 +0000', '0 Nov 2026 10:00 +0000', '31 Nov 2026 10:00 +0000', '23 Nov 2026 24:00 +0000',
    '23 Nov 2026 10:60 +0000', '23 Nov 2026 10:00:61 +0000', '23 Nov 2026 10:00 +0060', '23 Nov 1899 10:00 +0000',
    'Xyz, 23 Nov 2026 10:00 +0000', '23 Nvo 2026 10:00 +0000', '23 Nov 999999 10:00 +0000', '(23 Nov 2026 10:00 +0000',
    `23 Nov 2026 10:00 +0000${' '.repeat(1000)}`,
  ]; // prettier-ignore
  for (const text of cases) assert.equal(parseDate(text), undefined, text);
});

test('property: what toUTCString writes is read back, and any text is survived', () => {
  const dates = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(dates, (date) => {
      const read = parseDate(date.toUTCString().replace('GMT', '+0000'));
      assert.deepEqual(read, { at: Math.floor(date.getTime() / 1000) * 1000, obsolete: false });
    }),
  );
  const pieces = fc.constantFrom(
    'Mon',
    ',',
    ' ',
    '(',
    ')',
    '\\',
    '23',
    'Nov',
    '2026',
    ':',
    '10',
    '+0000',
    'GMT',
    '\r\n',
  );
  fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (list) => void parseDate(list.join(''))));
});

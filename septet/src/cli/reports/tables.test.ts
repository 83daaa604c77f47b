/** Numbers, periods, sparklines, cells and keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { periodOf, periodText } from './period.ts';
import { csvCell } from './show-csv.ts';
import { limitsOf } from './size-limit.ts';
import { keyOf } from './sources-mark.ts';
import { sparkline } from './sparkline.ts';
import { spool } from './spool.ts';
import { tlsShown } from './tls-shown.ts';
import { percentText, plural } from './words.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

test('shares: only all is 100 %, only none is 0 %', () => {
  assert.deepEqual(
    [percentText(9999, 10_000), percentText(1, 1), percentText(0, 5), percentText(1, 10_000), percentText(0, 0)],
    ['99.9 %', '100 %', '0.0 %', '<0.1 %', '-'],
  );
  assert.deepEqual(
    [plural(1, 'row'), plural(1000, 'row'), plural(2, 'box', 'boxes')],
    ['1 row', '1,000 rows', '2 boxes'],
  );
});

test('periods: days back, or from a date on; the days of both ends are in', () => {
  assert.deepEqual(periodOf({ since: '2d' }, now), { since: now - 2 * 86_400_000, until: now });
  assert.equal(periodText(periodOf({ since: '2026-11-01', until: '2026-11-03' }, now)), '2026-11-01 to 2026-11-03');
  assert.equal(periodText(periodOf({ since: '7d', until: '2026-11-03' }, now)), '2026-10-28 to 2026-11-03');
  for (const since of ['', '0d', '-3d', '5', '2026-13-01', '40000d', '2027-01-01'])
    assert.throws(() => periodOf({ since }, now), { name: 'InputError' }, since);
});

test('sparkline: the highest is full, days without reports are dots, never too wide', () => {
  assert.equal(sparkline([0, 1, 4, 8, undefined], 10), '▁▂▅█·');
  assert.equal(sparkline([], 10), '');
  assert.equal(sparkline([0, 0], 10), '▁▁');
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 500 }),
      fc.integer({ min: 1, max: 80 }),
      (values, width) => {
        const line = sparkline(values, width);
        assert.ok([...line].length <= width);
        assert.equal(
          line.includes('█'),
          values.some((value) => value !== undefined && value > 0),
        );
      },
    ),
  );
});

test('cells: nothing that a spreadsheet computes, and quotes read back', () => {
  for (const text of ['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '\r=1', '\n@x', '\uFEFF=1'])
    assert.match(csvCell(text), /^"?'/);
  assert.equal(csvCell('a "b", c'), '"a ""b"", c"');
  fc.assert(
    fc.property(fc.string(), (text) => {
      const cell = csvCell(text);
      const plain = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      assert.ok(plain === text || plain === `'${text}`);
      assert.doesNotMatch(plain, /^\s*[=+\-@]/);
    }),
  );
});

test('keys of sources: as the reports have them, or of an address; names are none', () => {
  assert.equal(keyOf('192.0.2.7'), 'ip=192.0.2.0/24');
  assert.equal(keyOf('ip=2001:db8:1:2::7/64'), 'ip=2001:db8:1::/48');
  assert.equal(keyOf('DKIM=b.example,a.example  spf=c.example'), 'dkim=a.example,b.example spf=c.example');
  assert.equal(keyOf('dkim=mail.a.example'), 'dkim=a.example');
  for (const text of ['', 'Amazon SES', 'dkim=', 'spf=', 'example.com', 'spf=a.example dkim=b.example'])
    assert.equal(keyOf(text), undefined, text);
});

test('TLS: by type and host, other domains passed over', () => {
  const policy = (policyDomain: string, resultType: string, failedSessions: number) => ({
    policyType: 'sts',
    policyString: [],
    policyDomain,
    mxHosts: [],
    successful: 10,
    failed: failedSessions,
    failures: [{ resultType, failedSessions, receivingMxHostname: 'mx.example.com' }],
  });
  const report = (reporter: string, ...policies: readonly ReturnType<typeof policy>[]) => ({
    report: { kind: 'tls' as const, reporter, reportId: reporter, range: { begin: 0, end: 1 }, policies, repairs: [] },
  });
  const shown = tlsShown('example.com', [
    report('a', policy('example.com', 'certificate-expired', 2), policy('other.example', 'certificate-expired', 9)),
    report('b', policy('example.com', 'certificate-expired', 3), policy('example.com', 'starttls-not-supported', 4)),
  ]);
  assert.deepEqual([shown.reports, shown.successful, shown.failed], [2, 30, 9]);
  assert.deepEqual(shown.failures, [
    { type: 'certificate-expired', host: 'mx.example.com', sessions: 5, reporters: ['a', 'b'] },
    { type: 'starttls-not-supported', host: 'mx.example.com', sessions: 4, reporters: ['b'] },
  ]);
  assert.deepEqual(
    shown.reporters.map(({ reporter }) => reporter),
    ['b', 'a'],
  );
});

test('what is put aside comes back, small or large', async () => {
  for (const pieces of [0, 3, 400]) {
    const kept = spool();
    let whole = '';
    for (let n = 0; n < pieces; n++) {
      const text = `${n}é`.repeat(2000);
      whole += text;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await kept.write(text);
    }
    const read: Buffer[] = [];
    for await (const piece of kept.pieces()) read.push(Buffer.from(piece));
    await kept.close();
    assert.equal(Buffer.concat(read).toString('utf8'), whole);
  }
});

test('sizes', () => {
  assert.equal(limitsOf('1.5').maxOctets, 1_500_000);
  for (const text of ['', '0', 'x', '-1', '1e9']) assert.throws(() => limitsOf(text), { name: 'InputError' });
});

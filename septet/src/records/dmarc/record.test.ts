import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../../test/shared-data.ts';
import { mend, mended } from './mend.ts';
import { type DmarcRecord, type FailureOption, format, isDmarc, parse } from './record.ts';
import { parseReportUri, type ReportUri } from './uri.ts';

function good(text: string): { value: DmarcRecord; codes: readonly string[] } {
  const parsed = parse(text);
  assert.equal(parsed.kind, 'good', text);
  if (parsed.kind !== 'good') throw new Error(text);
  return { value: parsed.value, codes: parsed.problems.map((problem) => problem.code) };
}

function uri(text: string): ReportUri {
  const result = parseReportUri(text);
  assert.ok(result.ok, text);
  return result.uri;
}

test('a plain record has no problems', () => {
  const { value, codes } = good('v=DMARC1; p=quarantine; np=reject; rua=mailto:dmarc@example.com');
  assert.deepEqual(codes, []);
  assert.deepEqual(value, { p: 'quarantine', np: 'reject', rua: [uri('mailto:dmarc@example.com')] });
});

test('what counts as a DMARC record', () => {
  for (const text of ['v=DMARC1', 'v=DMARC1;', 'v = DMARC1 ; p=none', 'v=DMARC1;p=none', 'v=DMARC1\t;p=none']) {
    assert.ok(isDmarc(text), text);
    assert.equal(parse(text).kind, 'good', text);
  }
  for (const text of [
    'v=dmarc1; p=none',
    'V=DMARC1; p=none',
    ' v=DMARC1; p=none',
    'v=DMARC1 p=none',
    'v=DMARC1, p=none',
    'v=DMARC2; p=none',
    'p=none; v=DMARC1',
    '"v=DMARC1; p=none"',
    '_dmarc: v=DMARC1; p=none',
    'v=DMARC; p=none',
    'p=none; rua=mailto:a@example.com',
  ]) {
    assert.ok(!isDmarc(text), text);
    assert.equal(parse(text).kind, 'bad', text);
  }
  for (const text of [
    '',
    'v=spf1 include:dmarc.example -all',
    'forward-email=abc',
    'google-site-verification=DMARC1',
    'p=1',
  ]) {
    assert.equal(parse(text).kind, 'other', text);
  }
});

test('problems of a text, with the marked characters', () => {
  const cases: readonly [text: string, ...expected: readonly (readonly [code: string, marked: string])[]][] = [
    ['v=dmarc1; p=none', ['dmarc.v.bad', 'v=dmarc1']],
    ['V=DMARC1; p=none', ['dmarc.v.bad', 'V=DMARC1']],
    ['p=none; v=DMARC1', ['dmarc.v.bad', 'p=none; v=DMARC1']],
    ['p=none; rua=mailto:a@example.com', ['dmarc.v.bad', 'p=none']],
    ['v=DMARC1 p=none', ['dmarc.syntax.separator', ' ']],
    ['v=DMARC1, p=none', ['dmarc.syntax.separator', ', ']],
    ['v:DMARC1; p=none', ['dmarc.syntax.separator', 'v:DMARC1']],
    ['v=DMARC1; p:none', ['dmarc.syntax.separator', 'p:none']],
    ['v=DMARC1; p=none; reject', ['dmarc.syntax.separator', 'reject']],
    ['v=DMARC1; p=none, sp=none', ['dmarc.syntax.separator', ', ']],
    ['v=DMARC1; p=none rua=mailto:a@example.com', ['dmarc.syntax.glued', ' rua=']],
    ['v=DMARC1; p=none; rua=mailto:a@example.com fo=1', ['dmarc.syntax.glued', ' fo=']],
    ['v=DMARC1; p=none; p=reject', ['dmarc.syntax.duplicate_tag', 'p=reject']],
    ['v=DMARC1; p=none; ruas=mailto:a@example.com', ['dmarc.tag.unknown', 'ruas']],
    ['v=DMARC1; p=none; rua=', ['dmarc.tag.empty_value', 'rua=']],
    ['v=DMARC1; p=none; fo=;', ['dmarc.tag.empty_value', 'fo=']],
    ['v=DMARC1; p=none; sp=re\u00e2\u0080\u0093ject', ['dmarc.value.charset', '\u00e2\u0080\u0093']],
    ['v=DMARC1; p=None', ['dmarc.tag.case', 'None']],
    ['v=DMARC1; rua=mailto:a@example.com', ['dmarc.p.missing', 'v=DMARC1']],
    ['v=DMARC1; p=monitor', ['dmarc.p.invalid', 'monitor']],
    ['v=DMARC1; p=', ['dmarc.p.invalid', 'p=']],
    ['v=DMARC1; sp=none; p=none', ['dmarc.p.not_second', 'p=none']],
    ['v=DMARC1; p=reject; sp=rejct', ['dmarc.sp.invalid', 'rejct']],
    ['v=DMARC1; p=reject; np=no', ['dmarc.np.invalid', 'no']],
    ['v=DMARC1; p=reject; t=yes', ['dmarc.t.invalid', 'yes']],
    ['v=DMARC1; p=reject; psd=x', ['dmarc.psd.invalid', 'x']],
    ['v=DMARC1; p=reject; adkim=relaxed', ['dmarc.adkim_aspf.invalid', 'relaxed']],
    ['v=DMARC1; p=reject; fo=0:1', ['dmarc.fo.invalid', '0:1']],
    ['v=DMARC1; p=reject; fo=1:d:d', ['dmarc.fo.invalid', '1:d:d']],
    ['v=DMARC1; p=reject; fo=d:1:s'],
    ['v=DMARC1; p=none; pct=101', ['dmarc.pct.invalid', '101']],
    ['v=DMARC1; p=none; ri=86400', ['dmarc.rf_ri.removed', 'ri=86400']],
    ['v=DMARC1; p=none; rua=a@example.com', ['dmarc.rua.syntax', 'a@example.com']],
    ['v=DMARC1; p=none; rua=mailto:a@example.com;mailto:b@example.com', ['dmarc.rua.syntax', 'mailto:b@example.com']],
    [
      'v=DMARC1; p=none; rua=mailto:a@example.com mailto:b@example.com',
      ['dmarc.rua.syntax', 'mailto:a@example.com mailto:b@example.com'],
    ],
    ['v=DMARC1; p=none; rua=mailto:a@example.com,,mailto:b@example.com', ['dmarc.rua.syntax', ',']],
    ['v=DMARC1; p=none; rua=mailto:a!b@example.com', ['dmarc.rua.syntax', 'mailto:a!b@example.com']],
    ['v=DMARC1; p=none; rua=mailto://a@example.com', ['dmarc.rua.syntax', 'mailto://a@example.com']],
    ['v=DMARC1; p=none; rua=mailto:a@example.com!10m', ['dmarc.rua.size_suffix', '!10m']],
    ['v=DMARC1; p=none; rua=mailto:a@example.com , mailto:a%2Cb%21@example.com'],
  ];
  for (const [text, ...expected] of cases) {
    const parsed = parse(text);
    assert.notEqual(parsed.kind, 'other', text);
    const problems = parsed.kind === 'other' ? [] : parsed.problems;
    const marked = problems.map(({ code, offset, length }) => [code, text.slice(offset, offset + length)]);
    assert.deepEqual(marked, expected, text);
  }
});

test('a mended record has no problem left', () => {
  const cases: readonly (readonly [text: string, mended: string])[] = [
    ['v=DMARC1, p=none', 'v=DMARC1; p=none'],
    ['v=DMARC1 p=reject rua=dmarc@example.com', 'v=DMARC1; p=reject; rua=mailto:dmarc@example.com'],
    ['v=dmarc1; p=Quarantine', 'v=DMARC1; p=quarantine'],
    ['v=DMARC1; p=rejct; sp=quarentine', 'v=DMARC1; p=reject; sp=quarantine'],
    ['v=DMARC1; rua=mailto:a@example.com', 'v=DMARC1; p=none; rua=mailto:a@example.com'],
    [
      'v=DMARC1; p=none; rua=mailto:a@example.com;mailto:b@example.com!10m',
      'v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com',
    ],
    ['v=DMARC1; p=none; pct=100; fo=1; ri=86400; rf=afrf', 'v=DMARC1; p=none'],
    ['v=DMARC1; p=reject; t=y; pct=0', 'v=DMARC1; p=reject; t=y; pct=0'],
    ['v=DMARC1; p=none; ruas=mailto:a@example.com; adkim=strict', 'v=DMARC1; p=none; rua=mailto:a@example.com'],
    ['_dmarc: v=DMARC1; p=none;', 'v=DMARC1; p=none'],
    ['v=DMARC1\\; p=none\\; sp=\u00a0reject', 'v=DMARC1; p=none; sp=reject'],
  ];
  for (const [text, expected] of cases) {
    assert.equal(mended(text), expected, text);
    assert.deepEqual(good(expected).codes, [], expected);
    assert.equal(mended(expected), expected, 'mending twice');
  }
});

const policy = fc.constantFrom('none', 'quarantine', 'reject');
const policyTag = fc.oneof(
  policy,
  fc.stringMatching(/^[a-z]{1,6}x$/).map((invalid) => ({ invalid })),
);
const reportUri = fc
  .tuple(
    fc.constantFrom(
      'mailto:a@example.com',
      'mailto:a%2Cb@xn--bcher-kva.example?subject=x',
      'https://example.com/in',
      'data:1',
    ),
    fc.option(fc.stringMatching(/^\d{1,3}[kmgt]?$/), { nil: undefined }),
  )
  .map(([text, size]) => uri(size === undefined ? text : `${text}!${size}`));
const fo = fc
  .tuple(fc.constantFrom('0', '1', ''), fc.subarray(['d', 's']))
  .map(([number, letters]) => [number, ...letters].filter((option) => option !== '') as FailureOption[])
  .filter((options) => options.length > 0);
const text = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const arbitraryRecord = fc
  .record(
    {
      p: policyTag,
      sp: policyTag,
      np: policyTag,
      t: fc.constantFrom('y', 'n'),
      psd: fc.constantFrom('y', 'n', 'u'),
      adkim: fc.constantFrom('r', 's'),
      aspf: fc.constantFrom('r', 's'),
      fo,
      rua: fc.array(reportUri, { maxLength: 3 }),
      ruf: fc.array(reportUri, { maxLength: 3 }),
      pct: fc.integer({ min: 0, max: 100 }),
      rf: text,
      ri: text,
      unknown: fc.uniqueArray(
        fc.record({ name: fc.stringMatching(/^x[a-z]{3,9}$/), value: text }, { noNullPrototype: true }),
        {
          minLength: 1,
          maxLength: 3,
          selector: ({ name }) => name,
        },
      ),
      pLate: fc.constant(true),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map(({ pLate, ...rest }) => {
    const hasOther = Object.keys(rest).some((key) => key !== 'p');
    return (rest.p !== undefined && pLate && hasOther ? { ...rest, pLate } : rest) as DmarcRecord;
  });

test('parse(format(v)) is v', () => {
  fc.assert(
    fc.property(arbitraryRecord, (value) => {
      assert.deepEqual(good(format(value)).value, value);
    }),
    { numRuns: 1000 },
  );
});

test('parse and mend bear any text', () => {
  const piece = fc.constantFrom(
    'v=DMARC1',
    ';',
    '=',
    ',',
    ' ',
    'p',
    'rua',
    'mailto:',
    'a@b.c',
    '!10m',
    '%2',
    'none',
    '\u00a0',
    '"',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary-ascii' })), { maxLength: 40 }), (pieces) => {
      bears(pieces.join(''));
      bears(`v=DMARC1;${pieces.join('')}`);
    }),
    { numRuns: 1000 },
  );
  for (const long of [';', '=', ',', ' ', 'p=none;', 'rua=mailto:a@b.c,', 'x=1;', 'a@b ']) {
    const text = `v=DMARC1;${long.repeat(Math.ceil(65_000 / long.length))}`;
    const start = performance.now();
    bears(text);
    bears(`v=DMARC1; p=a${long.repeat(20_000)}x=1`);
    assert.ok(performance.now() - start < 10_000, `slow on ${JSON.stringify(long)}`);
  }
  const many = Array.from({ length: 8000 }, (_, i) => `y${i}=1;z`).join(';');
  const start = performance.now();
  bears(`v=DMARC1;${many}`);
  assert.ok(performance.now() - start < 10_000, 'slow on many tags');
  bears('v=DMARC1; p=none; constructor=1; __proto__=2; toString=3');
});

test('parse and mend bear mutated records of real zones', (t) => {
  const folder = sharedData(t, 'zones');
  if (folder === undefined) return;
  const texts = realRecords(folder);
  assert.ok(texts.length > 40, `${texts.length} records`);
  for (const text of texts) {
    bears(text);
    assert.equal(parse(text).kind, 'good', text);
  }
  let seed = 1;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 5000; round++) {
    let text = texts[next(texts.length)]!;
    for (let i = 0; i <= next(4); i++) {
      const at = next(text.length + 1);
      const cut = next(4);
      const put = [
        '',
        ';',
        ',',
        ' ',
        '=',
        '!',
        '"',
        ':',
        String.fromCharCode(next(256)),
        texts[next(texts.length)]!.slice(0, 20),
      ];
      text = text.slice(0, at) + put[next(put.length)]! + text.slice(at + cut);
    }
    bears(text);
  }
});

function realRecords(folder: string): readonly string[] {
  const texts = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.zone')) continue;
    for (const line of readFileSync(path.join(folder, file), 'utf8').split('\n')) {
      const match = /^_dmarc\S*\s.*\bTXT\s+"(v=DMARC1[^"]*)"\s*$/.exec(line);
      if (match?.[1]) texts.add(match[1].replaceAll('\\;', ';'));
    }
  }
  return [...texts];
}

/** No exception, marks inside the text, a value that survives format, and a mended text without faults. */
function bears(text: string): void {
  const parsed = parse(text);
  assert.equal(parsed.kind === 'good', isDmarc(text));
  if (parsed.kind !== 'other') {
    for (const { offset, length } of parsed.problems) {
      assert.ok(offset >= 0 && length >= 0 && offset + length <= text.length, JSON.stringify(text));
    }
  }
  const value = mend(text);
  const again = parse(format(value));
  assert.equal(again.kind, 'good');
  if (again.kind === 'good') {
    assert.deepEqual(again.problems, [], `${JSON.stringify(text)} → ${format(value)}`);
    assert.deepEqual(again.value, value);
  }
}

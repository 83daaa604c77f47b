import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { format, isBimi, localPartSelector, normaliseLocalPart, parse } from './record.ts';
import type { BimiRecord } from './record.ts';

const host = fc.constantFrom('example.com', 'logo.example.net', 'a.b.example.org');
const uri = (endings: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(host, fc.stringMatching(/^[A-Za-z0-9_~-]{1,12}$/), fc.constantFrom(...endings))
    .map(([name, file, ending]) => `https://${name}/${file}${ending}`);
const prefix = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);

test('what is formatted is parsed back', () => {
  const records: fc.Arbitrary<BimiRecord> = fc
    .record({
      location: fc.oneof(fc.constant(''), uri(['.svg', '.svgz', ''])),
      evidence: fc.oneof(fc.constant(''), uri(['.pem'])),
      avatar: fc.constantFrom('brand' as const, 'personal' as const),
      localParts: fc.option(fc.array(prefix, { maxLength: 3 }), { nil: undefined }),
    })
    .map(({ localParts, ...rest }) => (localParts ? { ...rest, localParts } : rest));
  fc.assert(
    fc.property(records, (record) => {
      const parsed = parse(format(record));
      assert.equal(parsed.kind, 'good');
      assert.deepEqual(parsed.kind === 'good' && parsed.value, record);
    }),
  );
});

test('problems lie inside the text, and nothing throws', () => {
  const piece = fc.constantFrom(
    'v=BIMI1',
    ';',
    ' ',
    'l=',
    'a=',
    'https://example.com/a.svg',
    ',',
    '=',
    ':',
    'lps=a,b_',
    'avp=x',
    'bimi',
    'v',
  );
  const soup = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(soup, (text) => {
      const parsed = parse(text);
      for (const { offset, length } of parsed.kind === 'other' ? [] : parsed.problems) {
        assert.ok(offset >= 0 && length >= 0 && offset + length <= text.length);
      }
    }),
    { numRuns: 1000 },
  );
});

const codes = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.kind === 'other' ? ['other'] : [parsed.kind, ...parsed.problems.map(({ code }) => code)];
};

const good = 'v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/mark.pem';
const table: readonly (readonly [string, readonly string[]])[] = [
  [good, ['good']],
  [`${good};`, ['good']],
  ['v=BIMI1;l=;a=;', ['good']],
  ['v=BIMI1; l=', ['good']],
  [' v = BIMI1 ; l = https://example.com/logo.svgz ', ['good']],
  ['v=BIMI1; l=https://example.com/logo', ['good']],
  ['v=BIMI1; l=https://example.com:8443/logo.svg?v=2', ['good']],
  ['v=spf1 -all', ['other']],
  ['bimi-verification=abc', ['other']],
  ['the bimi record', ['other']],
  ['V=BIMI1; l=', ['bad', 'bimi.v']],
  ['v=bimi1; l=', ['bad', 'bimi.v']],
  ['v=BIMI2; l=', ['bad', 'bimi.v']],
  ['l=; v=BIMI1', ['bad', 'bimi.v']],
  ['v:BIMI1; l=', ['bad', 'bimi.v']],
  ['v=BIMI1 l=https://example.com/logo.svg', ['bad', 'bimi.v']],
  ['v=BIMI1; l:https://example.com/logo.svg', ['bad', 'bimi.l.missing', 'bimi.syntax']],
  ['v=BIMI1; l=; l=', ['bad', 'bimi.syntax']],
  ['v=BIMI1;; l=', ['bad', 'bimi.syntax']],
  ['v=BIMI1; a=', ['bad', 'bimi.l.missing']],
  ['v=BIMI1; l=; a=https://example.com/a.pem', ['good', 'bimi.l.empty_with_a']],
  ['v=BIMI1; l=http://example.com/a.svg', ['bad', 'bimi.l.not_https']],
  ['v=BIMI1; l=https://192.0.2.1/a.svg', ['bad', 'bimi.l.not_https']],
  ['v=BIMI1; l=https://[2001:db8::1]/a.svg', ['bad', 'bimi.l.not_https']],
  ['v=BIMI1; l=https:///a.svg', ['bad', 'bimi.l.not_https']],
  ['v=BIMI1; l=https://localhost/a.svg', ['bad', 'bimi.l.not_https']],
  ['v=BIMI1; l=https://a.example/a.svg,https://b.example/b.svg', ['bad', 'bimi.l.multiple']],
  ['v=BIMI1; l=https://a.example/a b.svg', ['bad', 'bimi.l.multiple']],
  ['v=BIMI1; l=https://a.example/a.PNG', ['bad', 'bimi.l.extension']],
  ['v=BIMI1; l=https://a.example/a.svg; a=http://a.example/a.pem', ['bad', 'bimi.a.not_https']],
  ['v=BIMI1; l=https://a.example/a.svg; a=https://a.example/a.crt', ['good', 'bimi.a.extension']],
  ['v=BIMI1; l=https://a.example/a.svg; avp=both', ['good', 'bimi.avp.invalid']],
  ['v=BIMI1; l=https://a.example/a.svg; lps=', ['good']],
  ['v=BIMI1; l=https://a.example/a.svg; lps=news,a_b', ['good', 'bimi.lps.invalid']],
  ['v=BIMI1; l=https://a.example/a.svg; s=default', ['good', 'bimi.tag.unknown']],
];

for (const [text, expected] of table) test(`record: ${text}`, () => assert.deepEqual(codes(text), expected));

test('readers take only records that begin exactly', () => {
  assert.ok(isBimi('v=BIMI1'));
  assert.ok(isBimi('v=BIMI1; l='));
  assert.ok(!isBimi('v=BIMI10; l='));
  assert.ok(!isBimi('v=bimi1; l='));
});

test('a local part becomes a selector', () => {
  assert.deepEqual(normaliseLocalPart('news_letter.uk+7'), {
    steps: ['news_letter.uk+7', 'news_letter.uk', 'news-letter-uk'],
    selector: 'news-letter-uk',
  });
  assert.equal(normaliseLocalPart('._News__.-x-').selector, 'news-x');
  assert.equal(normaliseLocalPart('müller').selector, undefined);
  assert.equal(normaliseLocalPart('+x').selector, undefined);
  assert.equal(normaliseLocalPart('-').selector, undefined);
  assert.equal(normaliseLocalPart('x'.repeat(64)).selector, undefined);
});

test('lps chooses the local parts that count', () => {
  const record: BimiRecord = { location: '', evidence: '', avatar: 'brand' };
  assert.equal(localPartSelector(record, 'news'), undefined);
  assert.equal(localPartSelector({ ...record, localParts: [] }, 'News'), 'news');
  assert.equal(localPartSelector({ ...record, localParts: ['brand-'] }, 'brand.news'), 'brand-news');
  assert.equal(localPartSelector({ ...record, localParts: ['brand-'] }, 'news'), undefined);
});

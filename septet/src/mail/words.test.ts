import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCharset, decodeOctets, decodeWords, readComment } from './words.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test('encoded words are decoded, and joined where only blanks stand between them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['=?UTF-8?B?44G/?=', 'み'],
    ['=?utf-8?q?a_b=C3=A4?= c', 'a bä c'],
    ['=?iso-8859-1?Q?=E4?= =?utf-8?B?w6Q=?=', 'ää'],
    ['=?utf-8?B?44G/?=\r\n\t=?utf-8?B?44KL?=', 'みる'],
    // One character in two words, as many programs cut it.
    ['=?utf-8?B?44E=?= =?utf-8?B?vw==?=', 'み'],
    ['=?utf-8?Q?=E3=81?= =?UTF-8?B?vw==?=', 'み'],
    ['a =?utf-8?Q?b?= c', 'a b c'],
    ['=?us-ascii*en?Q?a?=', 'a'],
    ['=?ks_c_5601-1987?B?sKE=?=', '가'],
    ['=?iso-2022-jp?B?GyRCJCIbKEI=?=', 'あ'],
    ['=?utf-8?Q??=', ''],
    ['=?utf-8?Q?100%=ZZ?=', '100%=ZZ'],
    // Left as written: charsets that nobody knows, and what is no encoded word.
    ['=?x-unknown?Q?a?= =?x-unknown?Q?b?= =?utf-8?Q?c?=', '=?x-unknown?Q?a?= =?x-unknown?Q?b?= c'],
    ['=?utf-8?X?a?= =?utf-8?Q?a', '=?utf-8?X?a?= =?utf-8?Q?a'],
    ['=?utf-8?Q?=FF?=', '\ufffd'],
    [latin1('grüße =?utf-8?Q?=C3=A4?= ü'), 'grüße ä ü'],
    ['\xe4', '\xe4'],
  ];
  for (const [text, expected] of cases) assert.equal(decodeWords(text), expected, text);
});

test('what a charset says of the octets', () => {
  const bytes = Uint8Array.of(0x61, 0xe4);
  const cases: readonly (readonly [Uint8Array, string, string, boolean, boolean])[] = [
    [bytes, 'ISO-8859-1', 'aä', true, false],
    [bytes, ' windows-1252 ', 'aä', true, false],
    [bytes, 'utf-8', 'a\ufffd', true, true],
    [bytes, 'us-ascii', 'aä', true, true],
    [bytes, 'utf-7', 'aä', false, false],
    [bytes, 'x'.repeat(1000), 'aä', false, false],
    [Buffer.from('aä'), 'us-ascii', 'aä', true, true],
    [Buffer.from('aä'), 'unknown-8bit', 'aä', false, false],
    [Uint8Array.of(0xb0, 0xa1), 'cp949', '가', true, false],
    [Uint8Array.of(), '', '', true, false],
  ];
  for (const [octets, charset, text, known, faulty] of cases) {
    assert.deepEqual(decodeCharset(octets, charset), { text, known, faulty }, charset);
  }
});

test('octets that are not UTF-8, and texts that are decoded already, stay', () => {
  assert.equal(decodeOctets(latin1('añ')), 'añ');
  assert.equal(decodeOctets('a\xf1'), 'a\xf1');
  assert.equal(decodeOctets('ł\xc3\xb1'), 'ł\xc3\xb1');
});

test('comments nest, and quote', () => {
  assert.deepEqual(readComment('x(a (b\\) c) d)e', 1), { text: 'a (b) c) d', end: 14, closed: true });
  assert.deepEqual(readComment('(a (b', 0), { text: 'a (b', end: 5, closed: false });
  const deep = '('.repeat(200_000);
  assert.equal(readComment(deep, 0).closed, false);
  assert.equal(readComment(deep + ')'.repeat(200_000), 0).end, 400_000);
});

test('property: any text is decoded without an exception; ASCII without =? stays', () => {
  const pieces = fc.constantFrom(
    '=?',
    '?=',
    'utf-8',
    '?B?',
    '?q?',
    'w6Q=',
    '=C3',
    '_',
    ' ',
    '\r\n ',
    'x',
    '\xe4',
    '*de',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
      const text = list.join('');
      const decoded = decodeWords(text);
      if (!text.includes('=?') && !text.includes('\xe4')) assert.equal(decoded, text);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (text.startsWith('\ufeff')) return;
      assert.equal(decodeWords(`=?utf-8?B?${Buffer.from(text).toString('base64')}?=`), text.toWellFormed());
    }),
  );
});

test('long hostile texts take linear time', () => {
  for (const piece of ['=?', '=?a?q?', '=?a?q??=', '=?a', '?', '=?utf-8?Q?=C3?= ', '=?x?q?a?= ']) {
    const begun = performance.now();
    decodeWords(piece.repeat(1_000_000 / piece.length));
    assert.ok(performance.now() - begun < 60_000, piece);
  }
});

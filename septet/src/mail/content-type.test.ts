import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseContentType, parseDisposition } from './content-type.ts';

/** The type, the parameters as an object, the codes. */
const read = (text: string): readonly [string, Readonly<Record<string, string>>, readonly string[]] => {
  const parsed = parseContentType(text);
  if (parsed.kind === 'other') throw new Error('never other');
  const codes = parsed.problems.map((problem) => problem.code);
  return parsed.kind === 'bad'
    ? ['bad', {}, codes]
    : [parsed.value.type, Object.fromEntries(parsed.value.parameters), codes];
};

const cases: readonly (readonly [string, ReturnType<typeof read>])[] = [
  [' text/html', ['text/html', {}, []]],
  ['Text/HTML; Charset="UTF-8"', ['text/html', { charset: 'UTF-8' }, []]],
  [
    'text/plain (a (nested) comment); charset = us-ascii ; format=flowed (x)',
    ['text/plain', { charset: 'us-ascii', format: 'flowed' }, []],
  ],
  ['multipart/mixed;\r\n\tboundary="a b\\"c"', ['multipart/mixed', { boundary: 'a b"c' }, []]],
  ['text/plain;', ['text/plain', {}, []]],
  ['text/plain; charset=', ['text/plain', { charset: '' }, ['parameter.no_value']]],
  ['text/plain charset=utf-8', ['text/plain', { charset: 'utf-8' }, ['parameter.semicolon_missing']]],
  [
    'text/plain; charset=utf-8 format=flowed',
    ['text/plain', { charset: 'utf-8', format: 'flowed' }, ['parameter.semicolon_missing']],
  ],
  ['image/png; name=my logo.png', ['image/png', { name: 'my logo.png' }, ['parameter.unquoted']]],
  [
    'multipart/mixed; boundary=----=_Part_1?x/y',
    ['multipart/mixed', { boundary: '----=_Part_1?x/y' }, ['parameter.unquoted']],
  ],
  ['text/plain; charset=a; charset=b', ['text/plain', { charset: 'a' }, ['parameter.duplicate']]],
  ['text/plain; nonsense; charset=a', ['text/plain', { charset: 'a' }, ['parameter.no_value']]],
  ['text/plain; charset="a', ['text/plain', { charset: 'a' }, ['quote.unclosed']]],
  ['text/plain (never closed', ['text/plain', {}, ['comment.unclosed']]],
  ['text', ['bad', {}, ['type.syntax']]],
  ['', ['bad', {}, ['type.syntax']]],
  ['; charset=utf-8', ['bad', {}, ['type.syntax']]],
  ["text/plain; name*=utf-8'de'na%C3%AFve%20x", ['text/plain', { name: 'naïve x' }, []]],
  ['text/plain; name*1="b c"; name*0*=utf-8\'\'%C3%A4; name*2*=%C3%B6', ['text/plain', { name: 'äb cö' }, []]],
  // A character that two sections share.
  ["text/plain; name*0*=utf-8''%C3; name*1*=%A4", ['text/plain', { name: 'ä' }, []]],
  ['text/plain; name*0=a; name*2=c', ['text/plain', { name: 'a' }, ['extended.gap']]],
  ['text/plain; name*1=a', ['text/plain', {}, ['extended.gap']]],
  ["text/plain; name=plain; name*=utf-8''better", ['text/plain', { name: 'better' }, []]],
  ['text/plain; name*=%41', ['text/plain', { name: 'A' }, ['extended.charset_missing']]],
  ["text/plain; name*=utf-8''100%", ['text/plain', { name: '100%' }, ['extended.escape']]],
  ["text/plain; name*=x-nobody''a", ['text/plain', { name: 'a' }, ['extended.charset_unknown']]],
  ["text/plain; name*=utf-8''%FF", ['text/plain', { name: '\ufffd' }, ['extended.charset_faulty']]],
  ['text/plain; name="=?utf-8?Q?na=C3=AFve?="', ['text/plain', { name: 'naïve' }, []]],
  // Raw UTF-8, one character per octet; a boundary stays octets.
  ['text/plain; name="na\xc3\xafve"; boundary="\xc3\xaf"', ['text/plain', { name: 'naïve', boundary: '\xc3\xaf' }, []]],
];

for (const [text, expected] of cases)
  test(`reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(read(text), expected);
  });

test('a problem says where it is', () => {
  const parsed = parseContentType(' text/plain; name=a b; x');
  assert.deepEqual(parsed.kind === 'good' ? parsed.problems : [], [
    { code: 'parameter.unquoted', offset: 18, length: 3 },
    { code: 'parameter.no_value', offset: 23, length: 1 },
  ]);
});

test('dispositions', () => {
  const value = (text: string): unknown => {
    const parsed = parseDisposition(text);
    return parsed.kind === 'good' ? [parsed.value.disposition, parsed.value.fileName] : parsed.kind;
  };
  assert.deepEqual(value(' Attachment; filename="a.pdf"; size=3'), ['attachment', 'a.pdf']);
  assert.deepEqual(value('inline'), ['inline', undefined]);
  assert.deepEqual(value('attachment; filename='), ['attachment', undefined]);
  assert.deepEqual(value('form-data; name=x'), ['form-data', undefined]);
  assert.deepEqual(value("attachment; filename=a.txt; filename*=utf-8''%C3%A4.txt"), ['attachment', 'ä.txt']);
  assert.equal(value('filename=a.pdf'), 'bad');
  assert.equal(value(''), 'bad');
});

test('values in quotes come back, whatever they hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), (text) => {
      const [, parameters, codes] = read(`text/plain; x="${text.replaceAll(/["\\]/g, '\\$&')}"; y=z`);
      assert.deepEqual([parameters, codes], [{ x: text, y: 'z' }, []]);
    }),
  );
});

test('RFC 2231 sections come back, however they are cut and ordered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), fc.nat(40), (text, at) => {
      const clean = Buffer.from(text).toString('utf8');
      const encoded = [...Buffer.from(clean)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`);
      const first = encoded.slice(0, at).join('');
      const [, parameters] = read(`a/b; n*1*=${encoded.slice(at).join('')}; n*0*=utf-8'en'${first}`);
      assert.equal(parameters['n'], clean.replace(/^\ufeff/, ''));
    }),
  );
});

test('any text is read without an exception, and a long one without delay', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '/', ';', '=', '"', '(', ')', '\\', '*', "'", '%', '\r\n ', ' ', 'n*0*', '\xff')),
      (parts) => {
        read(parts.join(''));
        parseDisposition(parts.join(''));
      },
    ),
    { numRuns: 1000 },
  );
  const before = performance.now();
  for (const part of ['(', '"', ';', 'a=b c ', ';a=', '\\', 'a*0=b;', '=?utf-8?q?', '=', ' "a" '])
    read(`text/plain; x=${part.repeat(300_000 / part.length)}`);
  assert.ok(performance.now() - before < 100_000);
});

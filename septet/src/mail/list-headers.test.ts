import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOneClick, parseListId, parseListUnsubscribe } from './list-headers.ts';

const uris = (value: string): readonly [readonly string[], readonly string[]] => {
  const parsed = parseListUnsubscribe(value);
  return [parsed.uris.map((entry) => entry.uri), parsed.problems.map((problem) => problem.code)];
};

const https = 'https://news.example.com/u/abc?x=1&y=%20';
const mailto = 'mailto:u@example.com?subject=stop';

const cases: readonly (readonly [string, ReturnType<typeof uris>])[] = [
  [` <${https}>`, [[https], []]],
  [` <${https}>,\r\n <${mailto}>`, [[https, mailto], []]],
  [`(web) <${https}> (or (by) mail), <${mailto}>`, [[https, mailto], []]],
  [`<https://a.example/\r\n\tlong>`, [['https://a.example/long'], ['uri.folded']]],
  ['<https://a.example/a b>', [['https://a.example/ab'], ['uri.blank']]],
  ['< https://a.example/ >', [['https://a.example/'], ['uri.blank']]],
  [https, [[], ['bracket.missing']]],
  [`<${https}>, ${mailto}, <x:y>`, [[https], ['bracket.missing']]],
  [`<${https}> text, <${mailto}>`, [[https, mailto], ['comma.missing']]],
  [`<${https}><${mailto}>`, [[https], ['comma.missing']]],
  [`<${https}`, [[https], ['bracket.unclosed']]],
  ['<>', [[], ['uri.empty']]],
  ['', [[], ['item.empty']]],
  [`,<${https}>`, [[https], ['item.empty']]],
  [`<${https}>,`, [[https], ['item.empty']]],
  ['<unsubscribe>', [['unsubscribe'], ['uri.scheme_missing']]],
  ['<https://a.example/ä>', [['https://a.example/ä'], ['uri.character']]],
  ['<https://a.example/%zz>', [['https://a.example/%zz'], ['uri.character']]],
  [`<${https}> (open`, [[https], ['comment.unclosed']]],
];
for (const [value, expected] of cases)
  test(`List-Unsubscribe: ${JSON.stringify(value)}`, () => {
    assert.deepEqual(uris(value), expected);
  });

test('says scheme and place of each', () => {
  assert.deepEqual(parseListUnsubscribe(' <HTTPS://a.example/>, <mailto:a@b.example>').uris, [
    { uri: 'HTTPS://a.example/', scheme: 'https', at: { offset: 2, length: 18 } },
    { uri: 'mailto:a@b.example', scheme: 'mailto', at: { offset: 24, length: 18 } },
  ]);
});

test('no more than fifty are read', () => {
  const [found, codes] = uris(Array.from({ length: 60 }, () => '<a:b>').join(','));
  assert.equal(found.length, 50);
  assert.deepEqual(codes, ['limit.uris']);
});

test('one-click is the literal of RFC 8058 and nothing else', () => {
  assert.equal(isOneClick(' List-Unsubscribe=One-Click'), true);
  assert.equal(isOneClick('\r\n List-Unsubscribe=One-Click '), true);
  for (const value of [
    '',
    'List-Unsubscribe=One-Click;',
    'List-Unsubscribe = One-Click',
    '"List-Unsubscribe=One-Click"',
    'list-unsubscribe=one-click',
    'One-Click',
    'List-Unsubscribe=One-Click, x=y',
  ])
    assert.equal(isOneClick(value), false, value);
});

test('List-Id', () => {
  const id = (value: string): unknown => {
    const parsed = parseListId(value);
    if (parsed.kind === 'other') return 'other';
    const codes = parsed.problems.map((problem) => problem.code);
    return parsed.kind === 'bad' ? ['bad', codes] : [parsed.value.id, parsed.value.description, codes];
  };
  assert.deepEqual(id(' "The \\"Weekly\\"" <Weekly.News.example.com>'), [
    'weekly.news.example.com',
    'The "Weekly"',
    [],
  ]);
  assert.deepEqual(id('=?utf-8?q?W=C3=B6che?= <w.example.com>'), ['w.example.com', 'Wöche', []]);
  assert.deepEqual(id('<w.example.com>'), ['w.example.com', undefined, []]);
  assert.deepEqual(id('<w.example.com> (comment)'), ['w.example.com', undefined, []]);
  assert.deepEqual(id('"a <b>" <w.example.com>'), ['w.example.com', 'a <b>', []]);
  assert.deepEqual(id('w.example.com'), ['w.example.com', undefined, ['bracket.missing']]);
  assert.deepEqual(id('<w.example.com'), ['w.example.com', undefined, ['bracket.missing']]);
  assert.deepEqual(id('<w.example.com> x'), ['w.example.com', undefined, ['text.stray']]);
  assert.deepEqual(id('<weekly>'), ['weekly', undefined, ['id.syntax']]);
  assert.deepEqual(id(`<${'a'.repeat(250)}.example>`), [`${'a'.repeat(250)}.example`, undefined, ['id.too_long']]);
  assert.deepEqual(id('<>'), ['bad', ['id.empty']]);
  assert.deepEqual(id(''), ['bad', ['id.empty']]);
  assert.deepEqual(id('a list of words'), ['bad', ['bracket.missing']]);
});

test('any text is read without an exception, and a long one without delay', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<', '>', ',', '(', ')', ' ', '\r\n ', '"', '\\', 'a:b', '.', '\xff')),
      (parts) => {
        parseListUnsubscribe(parts.join(''));
        parseListId(parts.join(''));
      },
    ),
    { numRuns: 1000 },
  );
  const before = performance.now();
  for (const part of ['<', '(', ',', '<>', ' ', 'a.', '"']) {
    parseListUnsubscribe(part.repeat(300_000));
    parseListId(part.repeat(300_000));
  }
  assert.ok(performance.now() - before < 100_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutTo, painter, underlined, wrap } from './paint.ts';
import { visible, visibleJson, widthOf } from './visible.ts';

test('what would steer a terminal is shown and not sent', () => {
  assert.equal(visible('a\u001b[31mred\u0007\u007f'), 'a\\027[31mred\\007\\127');
  assert.equal(visible('\u009b31m'), '\\15531m');
  assert.equal(visible('pay\u202epal'), 'pay\\u{202e}pal');
  assert.equal(visible('zero\u200bwidth'), 'zero\\u{200b}width');
  assert.equal(visible('§ 4.6.4 “quoted” – é'), '§ 4.6.4 “quoted” – é');
});

test('octets that are UTF-8 are shown as their characters, others as numbers', () => {
  assert.equal(visible('sch\u00c3\u00b6n'), 'schön');
  assert.equal(visible('\u00e2\u0080\u00ae', { octets: true }), '\\226\\128\\174');
  assert.equal(visible('sch\u00f6n', { octets: true }), 'sch\\246n');
});

test('JSON keeps its value and steers nothing', () => {
  const value = { text: '\u001b[0m\u009b1m\u202e\u007fé' };
  const json = visibleJson(value);
  assert.deepEqual(JSON.parse(json), value);
  assert.doesNotMatch(json, /[\p{Cc}\p{Cf}]/u);
});

test('words wrap at the width, and longer ones are cut behind a mark', () => {
  assert.equal(wrap('one two three', 9, '  ', '- '), '- one two\n  three');
  assert.equal(
    wrap('see example.com._report._dmarc.other.example now', 24, '  '),
    ['  see', '  example.com._report.', '  _dmarc.other.example', '  now'].join('\n'),
  );
  assert.equal(
    wrap('rua=mailto:reports@dmarc.service.example,mailto:x@y.example;ruf=mailto:long@dmarc.service.example', 43, '  '),
    [
      '  rua=mailto:reports@dmarc.service.example,',
      '  mailto:x@y.example;',
      '  ruf=mailto:long@dmarc.service.example',
    ].join('\n'),
    'an address stays whole',
  );
  assert.equal(
    wrap('rua=mailto:reports@dmarc.service.example', 36, '  '),
    '  rua=mailto:\n  reports@dmarc.service.example',
  );
  assert.equal(wrap('x'.repeat(25), 12, '  '), `  ${'x'.repeat(10)}\n  ${'x'.repeat(10)}\n  xxxxx`);
  assert.equal(widthOf('日本'), 4);
  assert.equal(cutTo('a long summary', 9), 'a long s…');
});

test('marks stand under their characters, also under UTF-8 and escapes', () => {
  const at = (text: string, offset: number, length: number, width = 80): readonly string[] =>
    underlined(text, [{ offset, length }], width, '  ');
  assert.deepEqual(at('p=none', 2, 4), ['  p=none', '    ~~~~']);
  assert.deepEqual(at('\u00c3\u00b6p=x', 4, 1), ['  öp=x', '     ~']);
  assert.deepEqual(at('\u001bp=x', 3, 1), ['  \\027p=x', '        ~']);
  assert.deepEqual(at('\u00e6\u0097\u00a5=x', 4, 1), ['  日=x', '     ~']);
  assert.deepEqual(at('v=spf1', 6, 1), ['  v=spf1', '        ~']);
  assert.deepEqual(at('v=spf1 ', 6, 1), ['  v=spf1', '        ~']);
  assert.deepEqual(underlined('', [], 80, '  '), []);
});

test('a long text breaks behind blanks and shows the lines around its marks', () => {
  const text = `v=spf1 ${'ip4:192.0.2.1 '.repeat(30)}-all`;
  const lines = underlined(text, [{ offset: text.length - 4, length: 4 }], 60, '  ');
  assert.equal(lines[1], '  …');
  assert.match(lines.at(-2) ?? '', /-all$/);
  assert.match(lines.at(-1) ?? '', /^ +~~~~$/);
  for (const line of lines) {
    assert.ok(line.length <= 60);
    assert.equal(line, line.trimEnd());
  }
});

test('the width has bounds', () => {
  assert.equal(painter(10, false).columns, 40);
  assert.equal(painter(500, false).columns, 120);
});

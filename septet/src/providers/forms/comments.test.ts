import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ascii, commentLines, proseLines } from './comments.ts';

test('comments are wrapped at 80 columns, and a word is never broken', () => {
  const word = 'x'.repeat(120);
  const lines = commentLines('# ', `${'word '.repeat(30)}${word} end`, '  ');
  assert.ok(lines.every((line) => line.startsWith('# ') && (line.length <= 80 || line.includes(word))));
  assert.equal(lines.map((line) => line.slice(2).trim()).join(' '), `${'word '.repeat(30)}${word} end`);
});

test('whatever the text, each line is a comment of printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const line of commentLines('; ', text)) assert.match(line, /^; [ -~]*$/);
      for (const line of proseLines(text)) assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('typographic marks have their ASCII', () => {
  assert.equal(ascii('\u201cZo\u00eb\u201d \u2013 a \u2192 b\u2026 \u4e2d'), '"Zoe" - a -> b... ?');
});

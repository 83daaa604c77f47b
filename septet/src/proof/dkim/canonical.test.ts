import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../../mail/header.ts';
import { canonicalField, canonicalSignature, withoutSignature } from './canonical.ts';
import { selectFields } from './select.ts';

const field = (raw: string, line = 1): Field => {
  const colon = raw.indexOf(':');
  const name = raw.slice(0, colon).trimEnd();
  return { name, key: name.toLowerCase(), raw, colon, line };
};

test('RFC 6376 §3.4.5: the example of both forms of a header', () => {
  const a = field('A: X');
  const b = field('B : Y\t\r\n\tZ  ');
  assert.equal(canonicalField(a, 'relaxed'), 'a:X');
  assert.equal(canonicalField(b, 'relaxed'), 'b:Y Z');
  assert.equal(canonicalField(a, 'simple'), 'A: X');
  assert.equal(canonicalField(b, 'simple'), 'B : Y\t\r\n\tZ  ');
});

test('the relaxed form: empty values, folds only, blanks around', () => {
  assert.equal(canonicalField(field('Subject:'), 'relaxed'), 'subject:');
  assert.equal(canonicalField(field('Subject: \t '), 'relaxed'), 'subject:');
  assert.equal(canonicalField(field('Subject:\r\n one\r\n\t two \r\n '), 'relaxed'), 'subject:one two');
  assert.equal(canonicalField(field('SUBJECT:\tx\ty'), 'relaxed'), 'subject:x y');
});

test('the relaxed form leaves octets that are no blanks: bare CR, bare LF, NUL, 8 bit, no-break space', () => {
  assert.equal(canonicalField(field('X: a\rb\nc\0d\xa0e\x0bf\xe4'), 'relaxed'), 'x:a\rb\nc\0d\xa0e\x0bf\xe4');
});

test('property: the relaxed form is made of its own relaxed form', () => {
  const pieces = fc.constantFrom('a', 'B', ' ', '\t', '\r\n ', '\xe9', ':', '  ', '\r\n\t');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const once = canonicalField(field(`Name:${parts.join('')}`), 'relaxed');
      assert.equal(canonicalField(field(once), 'relaxed'), once);
      assert.doesNotMatch(once, /[\t ]{2}|\t|[ ]$|^name: |\r\n/);
    }),
  );
});

test('b= is emptied with the blanks and folds around its value, and nothing else', () => {
  for (const [given, wanted] of [
    ['D: v=1; b=abc; s=x', 'D: v=1; b=; s=x'],
    ['D: v=1; b=abc\r\n\tdef==\r\n ; s=x', 'D: v=1; b=; s=x'],
    ['D: b = a b c ; bh=b; s=x', 'D: b =; bh=b; s=x'],
    ['D: bh=b=; x=b=c;\r\n b=\r\n abc', 'D: bh=b=; x=b=c;\r\n b='],
    ['D: a=1;b=abc;', 'D: a=1;b=;'],
    ['D: bh=x; B=y; abc; d', 'D: bh=x; B=y; abc; d'],
    ['b: v=1', 'b: v=1'],
    ['D: b=', 'D: b='],
  ] as const) {
    assert.equal(withoutSignature(given), wanted);
  }
  assert.equal(canonicalSignature(field('D: v=1;  b=abc;\r\n s=x'), 'relaxed'), 'd:v=1; b=; s=x');
  assert.equal(canonicalSignature(field('D: v=1;  b=abc;\r\n s=x'), 'simple'), 'D: v=1;  b=;\r\n s=x');
});

test('RFC 6376 §5.4.2: fields of one name are taken from the bottom, and a name too many means none', () => {
  const fields = ['Received: 1', 'From: f', 'Received: 2', 'received: 3', 'To: t'].map((raw, i) => field(raw, i + 1));
  const lines = (names: readonly string[]) => selectFields(fields, names).map((one) => one?.line);
  assert.deepEqual(lines(['received', 'Received', 'RECEIVED', 'received', 'from', 'from', 'cc']), [
    4,
    3,
    1,
    undefined,
    2,
    undefined,
    undefined,
  ]);
  assert.deepEqual(lines([]), []);
});

test('selecting is linear: 10,000 fields and 20,000 names', () => {
  const fields = Array.from({ length: 10_000 }, (_, i) => field(`X-${i % 5000}: y`, i + 1));
  const names = Array.from({ length: 20_000 }, (_, i) => `x-${i % 7000}`);
  const from = performance.now();
  const selected = selectFields(fields, names);
  assert.ok(performance.now() - from < 20_000);
  assert.equal(selected.filter((one) => one !== undefined).length, 10_000);
  assert.equal(selected[0]?.line, 5001);
});

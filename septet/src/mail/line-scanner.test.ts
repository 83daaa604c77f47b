import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineScanner } from './line-scanner.ts';
import type { LineEnd } from './header.ts';
import type { BodyFacts } from './mime.ts';

const factsOf = (pieces: readonly Uint8Array[], lineEnd: LineEnd = 'crlf', firstLine = 1): BodyFacts => {
  const scanner = lineScanner(lineEnd, firstLine, () => undefined);
  for (const piece of pieces) scanner.scan(piece);
  return scanner.facts();
};
const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

test('lines, the longest, and what must not be in them', () => {
  assert.deepEqual(factsOf([octets('ab\r\nabcd\r\n\0\rx\ny\xe4\xf6')], 'crlf', 10), {
    octets: 17,
    lines: 3,
    longestLine: { octets: 7, line: 12 },
    longLines: 0,
    bareLf: 1,
    bareCr: 1,
    nul: 1,
    eightBit: 2,
    closed: false,
  });
});

test('in a message of bare LFs these are line ends', () => {
  const facts = factsOf([octets('ab\nabc\r\n\n')], 'lf');
  assert.deepEqual(
    {
      lines: facts.lines,
      bareLf: facts.bareLf,
      bareCr: facts.bareCr,
      longest: facts.longestLine,
      closed: facts.closed,
    },
    { lines: 3, bareLf: 0, bareCr: 0, longest: { octets: 3, line: 2 }, closed: true },
  );
});

test('998 octets are not too long, 999 are; an empty body is no line', () => {
  assert.equal(factsOf([octets(`${'x'.repeat(998)}\r\n`)]).longLines, 0);
  assert.equal(factsOf([octets(`${'x'.repeat(999)}\r\n`)]).longLines, 1);
  assert.equal(factsOf([octets('x'.repeat(999))]).longLines, 1);
  assert.deepEqual(factsOf([]), { ...factsOf([octets('')]), lines: 0, octets: 0, closed: true });
});

test('tells where each line begins, across pieces too', () => {
  const seen: string[] = [];
  const scanner = lineScanner('crlf', 5, (at, lineEnd) => {
    seen.push(`${at}/${lineEnd}/${scanner.line()}`);
  });
  scanner.scan(octets('ab\r'));
  scanner.scan(octets('\ncd\r\ne\nf'));
  assert.deepEqual(seen, ['1/2/6', '5/2/7', '7/1/7']);
});

/** The same facts by splitting. */
const slowly = (text: string, lineEnd: LineEnd): BodyFacts => {
  const parts = text.split(lineEnd === 'lf' ? /\r?\n/ : '\r\n');
  const closed = parts[parts.length - 1] === '';
  const lines = closed ? parts.slice(0, -1) : parts;
  let longest = { octets: 0, line: 1 };
  for (const [index, line] of lines.entries())
    if (line.length > longest.octets) longest = { octets: line.length, line: index + 1 };
  const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
  return {
    octets: text.length,
    lines: lines.length,
    longestLine: longest,
    longLines: lines.filter((line) => line.length > 998).length,
    bareLf: lineEnd === 'lf' ? 0 : count(/(?<!\r)\n/g),
    bareCr: count(/\r(?!\n)/g),
    nul: count(/\0/g),
    eightBit: count(/[\x80-\xff]/g),
    closed,
  };
};

const body = fc
  .array(
    fc.oneof(
      fc.constantFrom('\r\n', '\n', '\r', '\0', '\xff', '\x80', '\x7f', '\t', ' ', '\x1f', 'word', 'x'.repeat(999)),
      fc.string({ maxLength: 30 }).map((text) => Buffer.from(text).toString('latin1')),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('counts what splitting counts, however the pieces fall and lie in memory', () => {
  fc.assert(
    fc.property(
      body,
      fc.constantFrom<LineEnd>('crlf', 'lf'),
      fc.array(fc.nat({ max: 50 }), { maxLength: 20 }),
      (text, lineEnd, cuts) => {
        const whole = octets(text);
        const pieces: Uint8Array[] = [];
        let from = 0;
        for (const cut of cuts) {
          pieces.push(whole.subarray(from, from + cut));
          from = Math.min(whole.length, from + cut);
        }
        pieces.push(whole.subarray(from));
        assert.deepEqual(factsOf(pieces, lineEnd), slowly(text, lineEnd));
      },
    ),
    { numRuns: 300 },
  );
});

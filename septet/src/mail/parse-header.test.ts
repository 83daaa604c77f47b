import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../test/shared-data.ts';
import { bodyOf, fieldsOf, valueOf } from './header.ts';
import type { Header } from './header.ts';
import { maxFields, maxHeaderOctets, parseHeader, splitMessage } from './parse-header.ts';

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const header = (text: string): Header => parseHeader(octets(text));
const codes = (read: Header): readonly string[] =>
  read.problems.map(({ code, line, count }) => `${code} ${line}×${count}`);

test('fields keep their order, case, folds and lines', () => {
  const read = header('Received: from a\r\n\tby b; x\r\nFROM: a@b\r\nfrom: c@d\r\nX:\r\n\r\nbody: none\r\n');
  assert.deepEqual(
    read.fields.map(({ name, key, line }) => [name, key, line]),
    [
      ['Received', 'received', 1],
      ['FROM', 'from', 3],
      ['from', 'from', 4],
      ['X', 'x', 5],
    ],
  );
  assert.equal(read.fields[0]!.raw, 'Received: from a\r\n\tby b; x');
  assert.equal(valueOf(read.fields[0]!), 'from a\tby b; x');
  assert.equal(bodyOf(read.fields[3]!), '');
  assert.equal(fieldsOf(read, 'from').length, 2);
  assert.deepEqual(
    [read.lineEnd, read.octets, read.lines, read.problems],
    ['crlf', 'Received: from a\r\n\tby b; x\r\nFROM: a@b\r\nfrom: c@d\r\nX:\r\n\r\n'.length, 6, []],
  );
});

test('in a file with LF folds are CRLF, and a CRLF ends a line too', () => {
  const { header: read, body } = splitMessage(octets('A: b\n c\nB: d\r\n e\r\n\r\nbody\n'));
  assert.equal(read.lineEnd, 'lf');
  assert.deepEqual(
    read.fields.map((field) => field.raw),
    ['A: b\r\n c', 'B: d\r\n e'],
  );
  assert.deepEqual(codes(read), []);
  assert.equal(Buffer.from(body).toString(), 'body\n');
});

test('where the first line ends with CRLF, a bare LF ends neither line nor header', () => {
  const read = header('A: b\r\nB: c\nC: d\n\nD: e\r\n\r\n');
  assert.deepEqual(
    read.fields.map((field) => field.raw),
    ['A: b', 'B: c\nC: d\n\nD: e'],
  );
  assert.deepEqual(codes(read), ['octets.bare_lf 2×3']);
});

test('every problem is named with its first line and its number', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['no field\r\n more\r\nA: b\r\nnor this\r\n\r\n', ['a'], ['line.not_field 1×2']],
    [' begins with a blank\r\nA: b\r\n\r\n', ['a'], ['line.not_field 1×1']],
    [': no name\r\nA: b\r\n\r\n', ['a'], ['line.not_field 1×1']],
    ['two words: b\r\n\r\n', [], ['line.not_field 1×1']],
    ['From a@b Mon Nov 23 10:00:00 2026\r\nA: b\r\n\r\n', ['a'], ['line.not_field 1×1']],
    ['From \t: a@b\r\n\r\n', ['from'], ['name.blank 1×1']],
    ['N\xe4me: b\r\n\r\n', ['n\xe4me'], ['octets.not_utf8 1×1', 'name.character 1×1']],
    ['A: b\r\n \t\r\n c\r\n\r\n', ['a'], ['fold.blank_line 2×1']],
    ['A: b\r\n  \r\n\r\nx', ['a'], ['fold.blank_line 2×1']],
    [`A: b\r\nB: ${'x'.repeat(995)}\r\nC: ${'x'.repeat(996)}\r\n\r\n`, ['a', 'b', 'c'], ['line.too_long 3×1']],
    ['A: b\r\n \xc3\xa4\r\nB: \xc3\xa4\r\n\r\n', ['a', 'b'], ['octets.utf8 2×2']],
    ['A: \xe4\r\n\r\n', ['a'], ['octets.not_utf8 1×1']],
    ['A: \0\0\r\nB: \0\r\n\r\n', ['a', 'b'], ['octets.nul 1×3']],
    ['A: b\rc\r\nB: \r\r\n\r\n', ['a', 'b'], ['octets.bare_cr 1×2']],
    ['A: b\nB: c\rd\n\n', ['a', 'b'], ['octets.bare_cr 2×1']],
    ['A: b\r\nB: c', ['a', 'b'], ['end.missing 2×1']],
    ['A: b\r\n', ['a'], ['end.missing 1×1']],
    ['', [], ['end.missing 1×1']],
    ['\r\nA: b\r\n', [], []],
    ['\nA: b\n', [], []],
  ];
  for (const [text, keys, expected] of cases) {
    const read = header(text);
    assert.deepEqual([read.fields.map((field) => field.key), codes(read)], [keys, expected], JSON.stringify(text));
  }
});

test('a header inside something else counts its lines from there, and its line ends may be told', () => {
  const read = parseHeader(octets('A: b\n c\nB: d\n\n'), { firstLine: 10 });
  assert.deepEqual([read.fields.map((field) => field.line), read.lines], [[10, 12], 4]);
  assert.equal(parseHeader(octets('A: b\nB: c'), { lineEnd: 'crlf' }).fields.length, 1);
});

test('10,000 fields are read, what is above is counted', () => {
  assert.equal(maxFields, 10_000);
  const all = header(`${'A: b\r\n'.repeat(10_000)}\r\n`);
  assert.deepEqual([all.fields.length, codes(all)], [10_000, []]);
  const above = header(`${'A: b\r\n'.repeat(10_003)}\r\nbody`);
  assert.deepEqual([above.fields.length, codes(above), above.lines], [10_000, ['limit.fields 10001×3'], 10_004]);
});

test('a header of 1 MB is read whole; above 2 MiB the rest is passed over and the body still found', () => {
  const big = header(`A: b\r\n${'B: c\r\n d\r\n'.repeat(9_000)}C: ${'x'.repeat(1_000_000)}\r\n\r\n`);
  assert.deepEqual([big.fields.length, codes(big)], [9002, ['line.too_long 18002×1']]);
  const text = `A: b\r\nC: ${`${'x'.repeat(900)}\r\n `.repeat(3000)}\r\nD: e\r\n\r\nbody`;
  const { header: cut, body } = splitMessage(octets(text));
  assert.deepEqual(
    [cut.fields.map((field) => field.raw), codes(cut)],
    [['A: b'], [`limit.octets 2×${text.length - 'A: b\r\n'.length - 'body'.length}`]],
  );
  assert.deepEqual([Buffer.from(body).toString(), cut.lines, cut.octets], ['body', 3004, text.length - 4]);
  assert.ok(text.length > maxHeaderOctets);
});

test('hostile headers take linear time', () => {
  const pieces = ['\n', '\r', 'a\n', 'a: b\n ', ': ', '\0', '\xff', 'a\r\n', ' \r\n', 'a:\r\n', '\r\r\n', 'a\n\r'];
  for (const piece of pieces) {
    for (const first of ['A: b\r\n', 'A: b\n', '']) {
      const bytes = octets(first + piece.repeat(2_500_000 / piece.length));
      const begun = performance.now();
      splitMessage(bytes);
      assert.ok(performance.now() - begun < 60_000, JSON.stringify([first, piece]));
    }
  }
});

/** For a header without faults of its lines: fields with CRLF and the empty line are the input. */
const joins = (bytes: Buffer, context: string): boolean => {
  const read = parseHeader(bytes);
  const loses = /^(?:line\.not_field|limit|end)/;
  if (read.problems.some((problem) => loses.test(problem.code))) return false;
  const joined = `${read.fields.map((field) => `${field.raw}\r\n`).join('')}\r\n`;
  const input = bytes.toString('latin1', 0, read.octets);
  assert.equal(joined, read.lineEnd === 'crlf' ? input : input.replaceAll(/\r?\n/g, '\r\n'), context);
  for (const field of read.fields) {
    assert.equal(field.raw.charAt(field.colon), ':');
    assert.equal(field.raw.slice(0, field.colon).replace(/[ \t]+$/, ''), field.name);
  }
  return true;
};

const pieces = fc.constantFrom(
  'A',
  'From',
  ':',
  ' ',
  '\t',
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\xe4',
  '\xc3\xa4',
  'x: y',
  '\r\n\r\n',
);
const anything = fc.array(pieces, { maxLength: 60 }).map((list) => octets(list.join('')));

test('property: no octet is lost, nothing is thrown, the parts are the whole', () => {
  let joined = 0;
  fc.assert(
    fc.property(anything, (bytes) => {
      if (joins(bytes, JSON.stringify(bytes.toString('latin1')))) joined++;
      const { header: read, body } = splitMessage(bytes);
      assert.equal(read.octets + body.length, bytes.length);
      const ended = !read.problems.some((problem) => problem.code === 'end.missing');
      assert.ok(ended || body.length === 0);
      const lines = bytes.toString('latin1', 0, read.octets).split(read.lineEnd === 'crlf' ? '\r\n' : '\n').length - 1;
      assert.ok(read.lines === lines || (!ended && read.lines === lines + 1));
    }),
    { numRuns: 3000 },
  );
  assert.ok(joined > 50, `${joined}`);
});

test('the 105 real messages: headers join back to their octets, as they are, as CRLF, and mutated', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const files = globSync(`${folder}/**/*`).filter((file) => statSync(file).isFile());
  assert.ok(files.length >= 104, `${files.length}`);
  let joined = 0;
  for (const file of files) {
    const bytes = readFileSync(file);
    if (joins(bytes, file)) joined++;
    if (joins(octets(bytes.toString('latin1').replaceAll(/\r?\n/g, '\r\n')), file)) joined++;
    for (let i = 0; i < 20; i++) {
      // The same places in every run: the length and the round decide.
      const mutated = Buffer.from(bytes.subarray(0, bytes.length - ((i * 37) % bytes.length)));
      const place = (i * 7919 + bytes.length * 31) % Math.max(1, Math.min(mutated.length, 2000));
      mutated[place] = [0, 9, 10, 13, 32, 58, 228, 255][i % 8]!;
      joins(mutated, file);
    }
  }
  // Of the 105, 25 have a `From ` line, a line that is no field, or no end.
  assert.ok(joined > 150, `${joined}`);
});

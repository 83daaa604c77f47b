import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mimeReader } from './mime-reader.ts';
import type { MimePart, MimeTree } from './mime.ts';
import type { MimeLimits } from './open-parts.ts';
import { splitMessage } from './parse-header.ts';

const readPieces = (message: string, sizes: readonly number[], limits: Partial<MimeLimits> = {}): MimeTree => {
  const { header, body } = splitMessage(Buffer.from(message, 'latin1'));
  const reader = mimeReader(header, limits);
  let from = 0;
  for (const size of sizes) {
    // The memory of a piece is used again by its owner.
    const piece = Buffer.from(body.subarray(from, from + size));
    reader.write(piece);
    piece.fill(0x2d);
    from += size;
  }
  reader.write(body.subarray(from));
  return reader.end();
};
const read = (message: string, limits: Partial<MimeLimits> = {}): MimeTree => readPieces(message, [], limits);
const lines = (...text: readonly string[]): string => text.join('\r\n');

/** `path type octets line text` of every part, in order. */
const parts = (tree: MimeTree): readonly string[] => {
  const found: string[] = [];
  const visit = (part: MimePart): void => {
    const text = part.text === undefined ? '' : ` ${JSON.stringify(part.text)}`;
    found.push(`${part.path || '-'} ${part.type} ${part.octets} @${part.line}${text}${part.cut ? ' cut' : ''}`);
    for (const child of part.children) visit(child);
  };
  visit(tree.root);
  return found;
};
const codes = (tree: MimeTree): readonly string[] =>
  tree.problems.map((problem) => `${problem.code} ${problem.path || '-'} @${problem.line}`);

const alternative = lines(
  'Content-Type: multipart/alternative; boundary=b',
  '',
  'preamble',
  '--b',
  '',
  'plain',
  '--b  ',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>na=C3=AFve</p>',
  '',
  '--b--',
  'epilogue',
  '--b',
  '',
);

test('a message without a word on it is text', () => {
  const tree = read('From: a@b.example\r\n\r\nHello\r\n');
  assert.deepEqual(parts(tree), ['- text/plain 7 @3 "Hello\\r\\n"']);
  assert.deepEqual([tree.parts, tree.problems, tree.body.lines], [1, [], 1]);
});

test('an alternative: preamble and epilogue are no parts, the line end belongs to the delimiter', () => {
  const tree = read(alternative);
  assert.deepEqual(parts(tree), [
    '- multipart/alternative 161 @3',
    '1 text/plain 5 @6 "plain"',
    '2 text/html 19 @11 "<p>naïve</p>\\r\\n"',
  ]);
  assert.deepEqual([tree.parts, tree.problems], [3, []]);
});

test('a part ends without an empty line, or at once', () => {
  const tree = read(
    lines('Content-Type: multipart/mixed; boundary=b', '', '--b', 'X: y', '--b', '', '--b', '', '', '--b--'),
  );
  assert.deepEqual(parts(tree), [
    '- multipart/mixed 32 @3',
    '1 text/plain 0 @5 ""',
    '2 text/plain 0 @7 ""',
    '3 text/plain 0 @9 ""',
  ]);
  assert.deepEqual(
    tree.root.children[0]?.header.fields.map((field) => [field.name, field.line]),
    [['X', 4]],
  );
  assert.deepEqual(tree.problems, []);
});

test('boundaries whose names begin alike', () => {
  const tree = read(
    lines(
      'Content-Type: multipart/mixed; boundary=abc',
      '',
      '--abcd',
      '--abc',
      'Content-Type: multipart/related; boundary="abc-1"',
      '',
      '--abc-1',
      '',
      '--abc-',
      '--abc-1x',
      '--abc-1--',
      '--abc-1',
      '--abc',
      '',
      'last',
      '--abc--',
    ),
  );
  assert.deepEqual(
    parts(tree).map((part) => part.replace(/ \d+ @\d+/, '')),
    ['- multipart/mixed', '1 multipart/related', '1.1 text/plain "--abc-\\r\\n--abc-1x"', '2 text/plain "last"'],
  );
  assert.deepEqual(codes(tree), []);
});

test('the delimiter of the outer multipart ends the inner ones, and that is told', () => {
  const tree = read(
    lines(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: multipart/mixed; boundary=i',
      '',
      '--i',
      '',
      'one',
      '--o',
      '',
      'two',
    ),
  );
  assert.deepEqual(parts(tree).slice(2), ['1.1 text/plain 3 @8 "one"', '2 text/plain 3 @11 "two"']);
  assert.deepEqual(codes(tree), ['boundary.unclosed 1 @9', 'boundary.unclosed - @11']);
});

test('an attached message counts as IMAP counts', () => {
  const message = (type: string, ...body: readonly string[]): string =>
    lines(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      '',
      'text',
      '--o',
      'Content-Type: message/rfc822',
      '',
      'Subject: x',
      type,
      '',
      ...body,
      '--o--',
      '',
    );
  assert.deepEqual(parts(read(message('X: y', 'inner'))), [
    '- multipart/mixed 84 @3',
    '1 text/plain 4 @5 "text"',
    '2 message/rfc822 25 @9',
    '2.1 text/plain 5 @12 "inner"',
  ]);
  const nested = read(message('Content-Type: multipart/mixed; boundary=i', '--i', '', 'a', '--i--'));
  assert.deepEqual(
    parts(nested).map((part) => part.split(' @')[0]),
    ['- multipart/mixed 131', '1 text/plain 4', '2 message/rfc822 72', '2.TEXT multipart/mixed 15', '2.1 text/plain 1'],
  );
  assert.equal(nested.root.children[1]?.children[0]?.header.fields[0]?.line, 9);
});

test('in a digest the parts are messages; a message of a message', () => {
  const tree = read(lines('Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: x', '', 'y', '--b--'));
  assert.deepEqual(
    parts(tree).map((part) => part.split(' @')[0]),
    ['- multipart/digest 29', '1 message/rfc822 15', '1.1 text/plain 1'],
  );
  const forwarded = read(
    lines('Content-Type: message/rfc822', '', 'Content-Type: message/rfc822', '', 'Subject: x', '', 'y'),
  );
  assert.deepEqual(
    parts(forwarded).map((part) => part.split(' ')[0]),
    ['-', '1.1', '1.1.1'],
  );
});

test('attachments keep no text, nor do parts in them; an unknown disposition is one', () => {
  const part = (disposition: string): string =>
    lines(`Content-Disposition: ${disposition}; filename="a.txt"`, 'Content-Type: text/plain', '', 'text');
  for (const [disposition, kept] of [
    ['attachment', undefined],
    ['x-other', undefined],
    ['inline', 'text'],
  ] as const) {
    const { root } = read(part(disposition));
    assert.deepEqual([root.text, root.fileName], [kept, 'a.txt']);
  }
  const within = read(lines('Content-Type: message/rfc822', 'Content-Disposition: attachment', '', '', 'text'));
  assert.equal(within.root.children[0]?.text, undefined);
});

test('faults of a part are told with its path and line', () => {
  const one = (header: string, body = 'x'): readonly string[] => codes(read(`${header}\r\n\r\n${body}`));
  assert.deepEqual(one('Content-Type: text'), ['type.invalid - @1']);
  assert.deepEqual(one('Content-Type: text/html\r\nContent-Type: text/plain'), ['type.invalid - @1']);
  assert.deepEqual(one('Content-Type: multipart/mixed'), ['boundary.missing - @3']);
  assert.deepEqual(one('Content-Type: multipart/mixed; boundary="a#"', '--a#\r\n\r\n--a#--'), [
    'boundary.invalid - @3',
  ]);
  assert.deepEqual(one('Content-Type: multipart/mixed; boundary=a'), ['boundary.unclosed - @3']);
  assert.deepEqual(one('Content-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: base64', '--a--'), [
    'encoding.composite - @2',
  ]);
  assert.deepEqual(one('Content-Transfer-Encoding: x-uuencode'), ['encoding.unknown - @1']);
  assert.deepEqual(one('Content-Transfer-Encoding: 7-bit'), ['encoding.unknown - @1']);
  assert.deepEqual(one('Content-Transfer-Encoding: 7bit (comment)'), []);
  assert.deepEqual(one('Content-Transfer-Encoding: base64', 'a'), ['encoding.faulty - @3']);
  assert.deepEqual(one('Content-Type: text/plain; charset=x-nobody', '\xe4'), ['charset.unknown - @3']);
  assert.deepEqual(one('Content-Type: text/plain; charset=utf-8', '\xe4'), ['charset.faulty - @3']);
  assert.deepEqual(one('X: y', '\xe4'), ['charset.faulty - @3']);
  assert.deepEqual(one('Content-Type: multipart/mixed; boundary=a', '--a\r\nno field\r\n\r\n--a--'), [
    'header.faulty 1 @4',
  ]);
});

test('encodings that are misspelt are read as they are meant', () => {
  for (const [name, text] of [
    ['"quoted-printable"', 'a='],
    ['quoted_printable;', 'a='],
    ['Quoted Printable', 'a='],
    ['8bits', 'a=3D'],
    ['nonsense', 'a=3D'],
  ] as const)
    assert.equal(read(`Content-Transfer-Encoding: ${name}\r\n\r\na=3D`).root.text, text);
});

test('charsets: octets that ASCII does not have, ISO-2022-JP, and a part in base64', () => {
  const text = (header: string, body: string): string | undefined => read(`${header}\r\n\r\n${body}`).root.text;
  assert.equal(text('Content-Type: text/plain; charset=iso-8859-1', 'na\xefve'), 'naïve');
  assert.equal(text('X: no charset', 'na\xc3\xafve'), 'naïve');
  assert.equal(text('Content-Type: text/plain; charset=iso-2022-jp', '\x1b$B$"\x1b(B'), 'あ');
  assert.equal(text('Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64', '4oKs\r\n'), '€');
});

test('line ends of LF alone, and a bare LF in front of a delimiter', () => {
  const unix = read(alternative.replaceAll('\r\n', '\n'));
  assert.deepEqual(parts(unix).slice(1), ['1 text/plain 5 @6 "plain"', '2 text/html 18 @11 "<p>naïve</p>\\n"']);
  const mixed = read('Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\n\ntext\n--b--\n');
  assert.deepEqual(parts(mixed).slice(1), ['1 text/plain 4 @3 "text"']);
  assert.equal(mixed.body.bareLf, 4);
});

/** `depth` multiparts in one another. */
const deep = (depth: number): string => {
  let message = '';
  for (let i = 0; i < depth; i++) message += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`;
  return `${message}\r\ntext\r\n`;
};

test('a thousand parts in one another are told and cost no time', () => {
  const before = performance.now();
  const tree = read(deep(1000));
  assert.ok(performance.now() - before < 20_000);
  assert.equal(tree.parts, 21);
  assert.ok(
    tree.problems.some((problem) => problem.code === 'limit.depth' && problem.path === Array(20).fill('1').join('.')),
  );
  assert.equal(read(deep(5)).parts, 6);
  const messages = 'Content-Type: message/rfc822\r\n\r\n'.repeat(1000);
  assert.deepEqual([read(messages).parts, codes(read(messages)).length], [21, 1]);
});

test('more parts than are read: told once, and the lines are still counted', () => {
  const body = '--b\r\n\r\nx\r\n'.repeat(5000);
  const tree = read(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${body}--b--\r\n`);
  assert.deepEqual([tree.parts, codes(tree)], [1000, ['limit.parts - @3000']]);
  assert.equal(tree.body.lines, 15_001);
});

test('text is kept up to a limit, all parts together', () => {
  const tree = read(
    lines('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'abcdef', '--b', '', 'ghi', '--b--'),
    {
      maxTextOctets: 8,
    },
  );
  assert.deepEqual(
    tree.root.children.map((part) => [part.text, part.cut, part.octets]),
    [
      ['abcdef', undefined, 6],
      ['gh', true, 3],
    ],
  );
});

test('the header of a part is read up to a limit', () => {
  const tree = read(
    lines(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      `X: ${'y'.repeat(200)}`,
      '',
      'z',
      '--b--',
    ),
    { maxHeaderOctets: 100 },
  );
  assert.deepEqual(parts(tree)[1], '1 text/html 1 @7 "z"');
  assert.deepEqual(codes(tree), ['header.faulty 1 @4']);
});

test('a boundary that is not looked for does no harm', () => {
  const long = 'x'.repeat(600);
  assert.deepEqual(codes(read(`Content-Type: multipart/mixed; boundary=${long}\r\n\r\n--${long}\r\n\r\n`)), [
    'boundary.invalid - @3',
  ]);
  const padded = `--b${' '.repeat(2000)}`;
  assert.deepEqual(codes(read(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${padded}\r\n\r\n`)), [
    'boundary.unclosed - @5',
  ]);
});

const piece = fc.constantFrom(
  '--a',
  '--b',
  '--a--',
  '--b--',
  '--',
  '-',
  'a',
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '=',
  '=\r\n',
  '=41',
  'YQ==',
  '\xe4',
  '\r\n--a\r\n',
  '\r\n--b--\r\n',
  '\r\n--b\r\n\r\n',
  'word ',
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Type: text/html\r\n',
  'Content-Transfer-Encoding: base64\r\n\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n\r\n',
  'x'.repeat(1100),
);

test('pieces of any length give what the whole gives', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('\r\n', '\n'),
      fc.constantFrom('multipart/mixed; boundary=a', 'multipart/digest; boundary="a"', 'message/rfc822', 'text/plain'),
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.oneof(fc.nat(3), fc.nat(40), fc.nat(1200)), { maxLength: 60 }),
      (lineEnd, type, body, sizes) => {
        const message = `Content-Type: ${type}${lineEnd}${lineEnd}${body.join('')}`;
        assert.deepEqual(readPieces(message, sizes), read(message));
      },
    ),
    { numRuns: 1500 },
  );
});

test('one octet at a time', () => {
  assert.deepEqual(readPieces(alternative, Array(alternative.length).fill(1)), read(alternative));
});

/** A multipart of parts; its boundary occurs nowhere in them. */
const tree = fc.letrec<{ part: string; leaf: string }>((tie) => ({
  leaf: fc
    .array(fc.constantFrom('text', '\r\n', '--', '-', ' '), { maxLength: 6 })
    .map((words) => `Content-Type: text/plain\r\n\r\n${words.join('')}`),
  part: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc
      .tuple(fc.array(tie('part'), { minLength: 1, maxLength: 4 }), fc.uuid())
      .map(
        ([inner, boundary]) =>
          `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${inner.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--`,
      ),
  ),
}));

test('what is put together comes apart again', () => {
  /** Builds the message anew from the tree. */
  const again = (part: MimePart): string => {
    const boundary = part.parameters.get('boundary');
    if (boundary === undefined) return `Content-Type: text/plain\r\n\r\n${part.text}`;
    const inner = part.children.map((child) => `--${boundary}\r\n${again(child)}\r\n`).join('');
    return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${inner}--${boundary}--`;
  };
  fc.assert(
    fc.property(tree.part, (message) => {
      const read_ = read(message);
      assert.deepEqual(read_.problems, []);
      assert.equal(again(read_.root), message);
    }),
    { numRuns: 300 },
  );
});

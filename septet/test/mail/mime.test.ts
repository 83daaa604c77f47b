/** The MIME reader on real messages: whole and in pieces, mutated, and on bodies that are too big to be kept. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHtml } from '../../src/mail/html-links.ts';
import { mimeReader } from '../../src/mail/mime-reader.ts';
import type { MimePart, MimeTree } from '../../src/mail/mime.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { linksInText } from '../../src/mail/text-links.ts';
import { sharedData } from '../shared-data.ts';

const filesIn = (folder: string, ending: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .sort();

function readPieces(message: Uint8Array, octets: number): MimeTree {
  const { header, body } = splitMessage(message);
  const reader = mimeReader(header);
  for (let at = 0; at < body.length; at += octets) reader.write(body.subarray(at, at + octets));
  return reader.end();
}
const read = (message: Uint8Array): MimeTree => readPieces(message, Infinity);
const all = (part: MimePart): readonly MimePart[] => [part, ...part.children.flatMap(all)];

test('the messages of mikel/mail: whole and in pieces alike, and what is in them', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const files = filesIn(folder, /(\.eml|sample_output_multipart)$/);
  assert.equal(files.length, 104);
  const seen = { parts: 0, texts: 0, attachments: 0, files: 0, links: 0 };
  const codes: Record<string, number> = {};
  for (const file of files) {
    const message: Buffer = readFileSync(path.join(folder, file));
    const tree = read(message);
    for (const octets of [1, 7, 64, 1000]) assert.deepEqual(readPieces(message, octets), tree, file);
    assert.equal(tree.body.octets, splitMessage(message).body.length, file);
    const lines = message.toString('latin1').split('\n').length + 1;
    for (const part of all(tree.root)) {
      seen.parts++;
      if (part.text !== undefined) seen.texts++;
      if (part.disposition === 'attachment') seen.attachments++;
      if (part.fileName !== undefined) seen.files++;
      if (part.type === 'text/html') seen.links += readHtml(part.text ?? '').links.length;
      if (part.type === 'text/plain') seen.links += linksInText(part.text ?? '').links.length;
      assert.ok(part.line >= 1 && part.line <= lines, `${file} ${part.path}`);
      assert.ok(part.octets <= tree.body.octets, `${file} ${part.path}`);
    }
    assert.equal(tree.parts, all(tree.root).length, file);
    for (const { code } of tree.problems) codes[code] = (codes[code] ?? 0) + 1;
  }
  assert.deepEqual(seen, { parts: 224, texts: 117, attachments: 23, files: 29, links: 187 });
  assert.deepEqual(codes, {
    'header.faulty': 2,
    'boundary.unclosed': 6,
    'encoding.faulty': 3,
    'encoding.unknown': 10,
    'charset.faulty': 4,
    'type.invalid': 1,
    'charset.unknown': 1,
  });
});

test('texts of single messages', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const parts = (file: string): readonly MimePart[] => all(read(readFileSync(path.join(folder, file))).root);
  assert.match(parts('multi_charset/japanese_iso_2022.eml')[0]?.text ?? '', /^すみません。/);
  assert.match(parts('multi_charset/japanese_shift_jis.eml')[0]?.text ?? '', /あいうえお/);
  assert.deepEqual(
    parts('mime_emails/email_with_similar_boundaries.eml').map((part) => `${part.path} ${part.type}`),
    [' multipart/mixed', '1 multipart/alternative', '1.1 text/plain', '1.2 text/html', '2 application/octetstream'],
  );
  assert.equal(parts('attachment_emails/attachment_with_base64_encoded_name.eml')[2]?.fileName, 'This is a test.pdf');
});

test('mutated messages: never an exception, never long, and pieces still give what the whole gives', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const messages = filesIn(folder, /(\.eml|sample_output_multipart)$/).map((file) =>
    readFileSync(path.join(folder, file)),
  );
  const bits = [
    '\r\n',
    '\n',
    '\r\n\r\n',
    '--',
    '\0',
    '\xff',
    '=',
    '"',
    ';',
    'Content-Type: multipart/mixed; boundary=x\r\n',
  ];
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(40),
    put: fc.constantFrom('', ...bits),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...messages),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 3000 }),
      (original, changes, octets) => {
        let message: Buffer = original;
        for (const { at, removed, put } of changes) {
          const place = Math.floor(at * message.length);
          message = Buffer.concat([
            message.subarray(0, place),
            Buffer.from(put, 'latin1'),
            message.subarray(place + removed),
          ]);
        }
        const before = performance.now();
        const tree = read(message);
        assert.deepEqual(readPieces(message, octets), tree);
        for (const part of all(tree.root)) {
          readHtml(part.text ?? '');
          linksInText(part.text ?? '');
        }
        assert.ok(performance.now() - before < 2000);
      },
    ),
    { numRuns: 1500 },
  );
});

/** Reads `megabytes` of a repeated piece; answers the tree and how much memory came to it. */
function readLarge(header: string, piece: string, megabytes: number): readonly [MimeTree, number] {
  const { header: parsed } = splitMessage(Buffer.from(`${header}\r\n\r\n`));
  const reader = mimeReader(parsed);
  const octets = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)), 'latin1');
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 1024 / 1024;
  };
  const before = used();
  let most = 0;
  for (let read = 0; read < megabytes * 1024 * 1024; read += octets.length) {
    reader.write(octets);
    if (read % (octets.length * 100) === 0) most = Math.max(most, used() - before);
  }
  return [reader.end(), most];
}

for (const [name, header, piece, megabytes] of [
  ['text', 'Content-Type: text/plain', 'The quick brown fox jumps over the lazy dog.\r\n', 100],
  ['an attachment', 'Content-Type: image/png\r\nContent-Transfer-Encoding: base64', `${'QUJD'.repeat(19)}\r\n`, 100],
  ['text in base64', 'Content-Type: text/html\r\nContent-Transfer-Encoding: base64', `${'QUJD'.repeat(19)}\r\n`, 100],
  ['one line', 'Content-Type: multipart/mixed; boundary=b', 'x', 100],
  ['blanks in quoted-printable', 'Content-Transfer-Encoding: quoted-printable', ' ', 20],
  ['a header that does not end', 'Content-Type: message/rfc822', 'X: y\r\n', 50],
  ['delimiters', 'Content-Type: multipart/mixed; boundary=b', '--b\r\n', 20],
  ['lines like delimiters', 'Content-Type: multipart/mixed; boundary=b', '--c\r\n', 20],
  ['empty lines', 'Content-Type: multipart/mixed; boundary=b', '\r\n', 20],
] as const)
  test(`${megabytes} MB of ${name}: memory stays flat`, () => {
    const before = performance.now();
    const [tree, memory] = readLarge(header, piece, megabytes);
    assert.ok(memory < 60, `${memory.toFixed(0)} MB came to it`);
    assert.ok(performance.now() - before < 15_000);
    assert.ok(tree.body.octets >= megabytes * 1024 * 1024);
    assert.ok(tree.parts <= 1000);
  });

test('HTML of mail templates: every address that a plain search finds is a link', (t) => {
  const folder = sharedData(t, 'html');
  if (folder === undefined) return;
  let compared = 0;
  for (const file of filesIn(folder, /(leemunroe|listmonk)\/.*\.(html|tpl)$/)) {
    const html: string = readFileSync(path.join(folder, file), 'utf8');
    const shown: string = html.replaceAll(/<!--.*?-->|<script\b.*?<\/script>/gs, '');
    const searched: readonly (string | undefined)[] = [...shown.matchAll(/<a\s[^>]*?href="([^"{]+)"/g)].map((match) =>
      match[1]?.replaceAll('&amp;', '&'),
    );
    const found: readonly string[] = readHtml(html)
      .links.filter((link) => link.kind === 'link' && !link.href.includes('{'))
      .map((link) => link.href);
    assert.deepEqual(found, searched, file);
    compared += found.length;
  }
  assert.equal(compared, 14);
});

test('mutated HTML: never an exception, every link inside the text', (t) => {
  const folder = sharedData(t, 'html');
  if (folder === undefined) return;
  const pages = filesIn(folder, /\.(html|tpl)$/).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  fc.assert(
    fc.property(
      fc.constantFrom(...pages),
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(30),
          fc.constantFrom('', '<', '>', '"', '&', '<!--', '<a ', '</', '\0'),
        ),
      ),
      (page, changes) => {
        let html = page;
        for (const [at, removed, put] of changes) {
          const place = Math.floor(at * html.length);
          html = html.slice(0, place) + put + html.slice(place + removed);
        }
        for (const link of readHtml(html).links) {
          assert.equal(html[link.at], '<');
          assert.ok(link.href !== '' && link.text.length <= 300);
        }
      },
    ),
    { numRuns: 500 },
  );
});

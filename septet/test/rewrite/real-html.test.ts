/** Real HTML: its links map one to one by an independent parser, and all other octets are equal. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { mimeReader } from '../../src/mail/mime-reader.ts';
import { sharedData } from '../shared-data.ts';
import { checkHtml } from './check-html.ts';

function htmlFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(html|tpl|json)$/.test(file))
    .map((file) => path.join(folder, file));
}

test('HTML of real senders: links one to one, every other octet as it was', (t) => {
  const folder = sharedData(t, 'html');
  if (folder === undefined) return;
  let links = 0;
  const files = [...htmlFiles(path.join(folder, 'leemunroe')), ...htmlFiles(path.join(folder, 'listmonk'))];
  for (const file of files) links += checkHtml(readFileSync(file), 'utf-8', file);
  assert.ok(files.length >= 14 && links >= 5, `${files.length} files, ${links} links`);
});

test('HTML parts of 105 messages: links one to one, every other octet as it was', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  let parts = 0;
  let links = 0;
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.eml')) continue;
    const { header, body } = splitMessage(readFileSync(path.join(folder, file)));
    const contents: { readonly charset: string; readonly pieces: Buffer[] }[] = [];
    const reader = mimeReader(header, {
      onPart: ({ type, parameters }) => {
        if (type !== 'text/html') return undefined;
        const content = { charset: parameters.get('charset') ?? 'us-ascii', pieces: [] as Buffer[] };
        contents.push(content);
        return (piece) => void content.pieces.push(Buffer.from(piece));
      },
    });
    reader.write(body);
    reader.end();
    for (const { charset, pieces } of contents) {
      parts++;
      links += checkHtml(Buffer.concat(pieces), charset, file);
    }
  }
  assert.ok(parts >= 10 && links >= 5, `${parts} parts, ${links} links`);
});

test('real HTML that was damaged at random: the same', (t) => {
  const folder = sharedData(t, 'html');
  if (folder === undefined) return;
  const files = [...htmlFiles(path.join(folder, 'leemunroe')), ...htmlFiles(path.join(folder, 'listmonk'))];
  const pieces = [
    '<',
    '>',
    '"',
    "'",
    '=',
    ' ',
    '/',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    '<a href=',
    'href="http://x.example/y" ',
  ];
  pieces.push(
    '</a>',
    '<title>',
    '&amp;',
    '<template>',
    '</template>',
    '<base href="http://b.example/">',
    '\n',
    '</body>',
    '<!',
    '<?',
    '</',
  );
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (const file of files) {
    const html = readFileSync(file, 'latin1');
    for (let round = 0; round < 60; round++) {
      let damaged = html;
      for (let i = 1 + random(6); i > 0; i--) {
        const at = random(damaged.length);
        damaged = damaged.slice(0, at) + (pieces[random(pieces.length)] ?? '') + damaged.slice(at + random(4));
      }
      checkHtml(Buffer.from(damaged, 'latin1'), 'utf-8', `${file}, round ${round}`);
    }
  }
});

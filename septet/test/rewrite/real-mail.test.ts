/** Real messages: what went through us decodes alike, leaves all else as it was, and our DKIM verifies. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { mimeReader } from '../../src/mail/mime-reader.ts';
import { verifyMessage } from '../../src/proof/verify.ts';
import { recordOf } from '../../src/records/dkim/make-key.ts';
import { rewriteMessage } from '../../src/rewrite/rewrite.ts';
import type { RewriteWish } from '../../src/rewrite/wish.ts';
import { tokenWriter } from '../../src/rewrite/tokens.ts';
import { sharedData } from '../shared-data.ts';
import { zoneWorld, zoneWorldNow } from '../zone-world.ts';
import { keysForTests } from './keys.ts';
import { targetBehind } from './check-html.ts';

const host = dnsName('track.example.com');
const domain = dnsName('example.com');
const writer = tokenWriter(keysForTests(1));
const key = generateKeyPairSync('ed25519').privateKey;
const world = zoneWorld(
  `$ORIGIN example.com.\n@ 3600 SOA ns. root. 1 1 1 1 60\ns1._domainkey 60 TXT "${recordOf(key)}"\n`,
);
const wish: RewriteWish = {
  domain,
  host,
  message: 'm-1',
  campaign: 'spring',
  recipient: 'reader@example.org',
  clicks: true,
  opens: true,
  text: true,
  unsubscribe: 'replace',
  keepUnsubscribeLinks: false,
};
const sign = { domain, selector: 's1', keys: [{ key }], now: zoneWorldNow };

interface Leaf {
  readonly type: string;
  readonly transferEncoding: string;
  readonly header: string;
  readonly content: string;
}

/** The parts of a message with their content, transfer encoding undone, one character per octet. */
function leavesOf(octets: Uint8Array): readonly Leaf[] {
  const { header, body } = splitMessage(octets);
  const leaves: { type: string; transferEncoding: string; header: string; pieces: Buffer[] }[] = [];
  const reader = mimeReader(header, {
    onPart: (part) => {
      const own = part.header === header ? '' : part.header.fields.map(({ raw }) => raw).join('\n');
      const { type, transferEncoding } = part;
      const leaf = { type, transferEncoding, header: own, pieces: [] as Buffer[] };
      leaves.push(leaf);
      return (piece) => void leaf.pieces.push(Buffer.from(piece));
    },
  });
  reader.write(body);
  reader.end();
  return leaves.map(({ pieces, ...leaf }) => ({ ...leaf, content: Buffer.concat(pieces).toString('latin1') }));
}

const pixel = /<img src="https:\/\/track\.example\.com\/o\/[\w-]+"[^>]*>/g;
const clicks = /https:\/\/track\.example\.com\/c\/[\w-]+/g;

/** A text with our addresses turned back, as a pattern would find them before: targets, whatever way they were written. */
const turnedBack = (text: string): string =>
  text
    .replaceAll(pixel, '')
    .replaceAll(clicks, (address) => targetBehind(address) ?? '?')
    .replaceAll('&amp;', '&');

const messages = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.eml'))
    .sort()
    .map((file) => path.join(folder, file));

test('105 messages: parts decode alike, lines stay in bounds, our signature verifies, unread ones pass through', async (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const totals = { messages: 0, links: 0, pixels: 0, signed: 0, passed: 0 };
  for (const file of messages(folder)) {
    const octets = readFileSync(file);
    const { octets: out, changed, notes } = rewriteMessage(octets, wish, { writer, sign });
    totals.messages++;
    totals.links += changed.links;
    totals.pixels += changed.pixels;
    if (notes.some(({ code }) => code === 'message.unreadable')) {
      totals.passed++;
      assert.equal(out, octets, `${file}: passes untouched`);
      continue;
    }
    const before = leavesOf(octets);
    const after = leavesOf(out);
    assert.equal(after.length, before.length, file);
    let found = 0;
    for (const [index, leaf] of before.entries()) {
      const now = after[index];
      const place = `${file}, part ${index + 1}, ${leaf.type}`;
      assert.ok(now, place);
      assert.equal(now.type, leaf.type, place);
      assert.equal(now.transferEncoding, leaf.transferEncoding, place);
      assert.equal(now.header, leaf.header, place);
      found += now.content.match(clicks)?.length ?? 0;
      if (now.content === leaf.content) continue;
      assert.match(leaf.type, /^text\/(?:html|plain)$/, place);
      assert.equal(turnedBack(now.content), leaf.content.replaceAll('&amp;', '&'), place);
    }
    assert.equal(found, changed.links, file);
    checkLines(out, octets, file);
    checkHeader(out, octets, file);
    assert.equal(Buffer.from(out).includes('\r\n'), octets.includes('\r\n'), `${file}: line ends are of the same kind`);
    if (!changed.signed) continue;
    totals.signed++;
    const { header, body } = splitMessage(out);
    // oxlint-disable-next-line no-await-in-loop -- one message at a time
    const proof = await verifyMessage(world, { number: 1, header, body: pieces(body) }, { source: file });
    const [first] = proof.dkim;
    assert.equal(first?.result, 'pass', `${file}: ${first?.reason ?? 'no signature'}`);
    // A second time nothing is left to do but to sign, and that is done.
    const again = rewriteMessage(out, wish, { writer, sign });
    assert.equal(again.octets, out, `${file}: a second time nothing changes`);
  }
  assert.ok(totals.messages >= 100 && totals.links >= 10 && totals.pixels >= 5, JSON.stringify(totals));
  assert.ok(totals.signed >= 80, JSON.stringify(totals));
});

// oxlint-disable-next-line require-await -- what a message from outside looks like
async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

/** No line is over 998 octets that was not before. */
function checkLines(out: Uint8Array, octets: Uint8Array, file: string): void {
  const longest = (bytes: Uint8Array): number =>
    Buffer.from(bytes)
      .toString('latin1')
      .split(/\r?\n/)
      .reduce<number>((most, line) => Math.max(most, line.length), 0);
  const most = longest(out);
  assert.ok(most <= Math.max(998, longest(octets)), `${file}: a line of ${most} octets`);
}

/** The header is what it was, without old signatures and with our fields. */
function checkHeader(out: Uint8Array, octets: Uint8Array, file: string): void {
  const fields = (bytes: Uint8Array): readonly string[] =>
    splitMessage(bytes)
      .header.fields.filter(({ key }) => !/^(?:dkim-signature|list-unsubscribe|list-unsubscribe-post)$/.test(key))
      .map(({ raw }) => raw);
  assert.deepEqual(fields(out), fields(octets), file);
}

test('real messages that were damaged at random: nothing throws, parts stay as many, what is left is as it was', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const inserted = [
    '\r\n',
    '\n',
    '--',
    '=',
    '<a href="https://x.example/">',
    '"',
    '\0',
    '\xff',
    ': ',
    'Content-Type: text/html\r\n',
    '=\r\n',
  ];
  let seed = 11;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (const file of messages(folder)) {
    const mail = readFileSync(file, 'latin1').slice(0, 40_000);
    for (let round = 0; round < 8; round++) {
      let damaged = mail;
      for (let i = 1 + random(5); i > 0; i--) {
        const at = random(damaged.length);
        damaged = damaged.slice(0, at) + (inserted[random(inserted.length)] ?? '') + damaged.slice(at + random(6));
      }
      const octets = Buffer.from(damaged, 'latin1');
      const { octets: out, changed, notes } = rewriteMessage(octets, wish, { writer });
      assert.equal(leavesOf(out).length, leavesOf(octets).length, `${file}, round ${round}`);
      if (changed.links + changed.pixels === 0 && !changed.unsubscribe) assert.equal(out, octets);
      else assert.ok(out.length > octets.length / 2 && notes.every(({ text }) => text.length > 20));
    }
  }
});

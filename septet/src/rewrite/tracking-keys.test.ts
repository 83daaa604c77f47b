import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { tokenReader, tokenWriter } from './tokens.ts';
import {
  openTrackingKeys,
  readTrackingKeys,
  rotateTrackingKeys,
  trackingKeysFile,
  TrackingKeysFault,
  type KeyMaking,
} from './tracking-keys.ts';

function making(): KeyMaking {
  let count = 0;
  return {
    now: () => Date.parse('2026-11-23T12:00:00Z'),
    randomBytes: (length) => Uint8Array.from({ length }, () => (count += 37) & 255),
  };
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-tracking-keys-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const host = dnsName('track.example.com');
const ids = { message: 'm', campaign: '', reader: '0123456789abcdef' };
const pathOf = (address: string): string => address.slice(`https://${host}`.length);

test('the first use makes the file, readable by its owner alone; the next one reads it', () =>
  inFolder(async (root) => {
    const folder = path.join(root, 'data', 'deeper');
    assert.equal(await readTrackingKeys(folder), undefined);
    const made = await openTrackingKeys(folder, making());
    assert.deepEqual(await readdir(folder), [trackingKeysFile], 'and no draft is left');
    assert.equal((await stat(path.join(folder, trackingKeysFile))).mode & 0o777, 0o600);
    const again = await openTrackingKeys(folder, {
      now: () => assert.fail('nothing is made'),
      randomBytes: () => assert.fail('nothing is made'),
    });
    const address = tokenWriter(made).click(host, ids, 1, 'https://example.com/');
    assert.equal(tokenReader(again).read(host, pathOf(address)).kind, 'good');
  }));

test('programs that start together agree on one file', () =>
  inFolder(async (folder) => {
    const shared = making();
    const all = await Promise.all(Array.from({ length: 8 }, () => openTrackingKeys(folder, shared)));
    const addresses = new Set(all.map((keys) => tokenWriter(keys).open(host, ids)));
    assert.equal(addresses.size, 1);
    assert.deepEqual(await readdir(folder), [trackingKeysFile]);
  }));

test('a rotation adds a key that signs; old addresses and pseudonyms stay', () =>
  inFolder(async (folder) => {
    const random = making();
    const first = await openTrackingKeys(folder, random);
    const old = tokenWriter(first).open(host, ids);
    const second = await rotateTrackingKeys(folder, random);
    assert.deepEqual(
      second.keys.map(({ id }) => id),
      [1, 2],
    );
    const read = await readTrackingKeys(folder);
    assert.ok(read);
    assert.equal(tokenReader(read).read(host, pathOf(old)).kind, 'good');
    assert.notEqual(tokenWriter(read).open(host, ids), old);
    const domain = dnsName('example.com');
    assert.equal(tokenWriter(read).reader(domain, 'a@b.example'), tokenWriter(first).reader(domain, 'a@b.example'));
  }));

test('ids are used again when all 255 are taken, and the oldest key goes', () =>
  inFolder(async (folder) => {
    const secret = 'A'.repeat(43);
    const keys = Array.from({ length: 254 }, (_, i) => ({ id: i + 2, secret, createdAt: '2026-01-01T00:00:00Z' }));
    await writeFile(path.join(folder, trackingKeysFile), JSON.stringify({ version: 1, readers: secret, keys }));
    const rotated = await rotateTrackingKeys(folder, making());
    assert.equal(rotated.keys.length, 254);
    assert.equal(rotated.keys[0]?.id, 3);
    assert.equal(rotated.keys.at(-1)?.id, 1);
  }));

test('a damaged file is named with what is wrong, and no octet of a key', () =>
  inFolder(async (folder) => {
    const secret = 'k'.repeat(43);
    const key = { id: 1, secret, createdAt: '2026-01-01T00:00:00Z' };
    const good = { version: 1, readers: secret, keys: [key] };
    const cases: readonly [unknown, RegExp][] = [
      ['{', /not JSON/],
      [[], /not a JSON object/],
      [{ ...good, version: 2 }, /"version" is not 1/],
      [{ ...good, readers: 'short' }, /"readers"/],
      [{ ...good, keys: [] }, /no list of keys/],
      [{ ...good, keys: [{ ...key, id: 0 }] }, /keys\[0\]\.id/],
      [{ ...good, keys: [{ ...key, id: 256 }] }, /keys\[0\]\.id/],
      [{ ...good, keys: [key, key] }, /keys\[1\]\.id stands there twice/],
      [{ ...good, keys: [{ ...key, secret: `${secret}k` }] }, /keys\[0\]\.secret/],
      [{ ...good, keys: [{ ...key, createdAt: 'once' }] }, /createdAt/],
      ['x'.repeat(200_000), /too large/],
    ];
    for (const [content, expected] of cases) {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      // oxlint-disable-next-line no-await-in-loop -- one file
      await writeFile(path.join(folder, trackingKeysFile), text);
      // oxlint-disable-next-line no-await-in-loop -- one file
      await assert.rejects(openTrackingKeys(folder, making()), (error: unknown) => {
        assert.ok(error instanceof TrackingKeysFault);
        assert.match(error.message, expected);
        assert.ok(error.message.includes(folder) && !error.message.includes('kkkk'), error.message);
        return true;
      });
      // oxlint-disable-next-line no-await-in-loop -- one file
      assert.equal(await readFile(path.join(folder, trackingKeysFile), 'utf8'), text, 'and nothing writes over it');
    }
  }));

test('a file where the folder should be is said', () =>
  inFolder(async (folder) => {
    await writeFile(path.join(folder, 'data'), '');
    await assert.rejects(
      openTrackingKeys(path.join(folder, 'data'), making()),
      /a file stands where a folder is needed/,
    );
  }));

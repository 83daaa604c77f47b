/** The shelf of messages, and the pages that show it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Proof } from '../../proof/proof.ts';
import { messageShelf, type ShelfOptions } from './message-shelf.ts';
import { reportPages } from './report-pages.ts';

const proof = { version: 1, source: 'x' } as unknown as Proof;
const octets = (count: number): Uint8Array => new Uint8Array(count).fill(65);

function shelfOf(options: Partial<ShelfOptions> = {}) {
  const clock = { time: 1000 };
  const shelf = messageShelf({
    maxCount: 3,
    maxOctets: 1000,
    keepMs: 60_000,
    now: () => clock.time,
    randomBytes: (count) => randomBytes(count),
    ...options,
  });
  return { shelf, clock };
}

test('the oldest go first, by count and by octets', () => {
  const { shelf } = shelfOf();
  const tokens = [1, 2, 3, 4].map((count) => shelf.put(octets(count), 1000));
  assert.deepEqual(
    tokens.map((token) => shelf.find(token)?.octets.length),
    [undefined, 2, 3, 4],
  );
  const large = shelf.put(octets(996), 1000);
  assert.equal(shelf.find(large)?.octets.length, 996);
  assert.deepEqual([shelf.count, shelf.octets], [2, 1000]);
});

test('what is larger than the shelf is not kept, and empties nothing for good', () => {
  const { shelf } = shelfOf();
  const token = shelf.put(octets(1001), 1000);
  assert.equal(shelf.find(token), undefined);
  assert.deepEqual([shelf.count, shelf.octets], [0, 0]);
});

test('after its time a message is gone at once, and its memory with the next sweep', () => {
  const { shelf, clock } = shelfOf();
  const token = shelf.put(octets(5), clock.time);
  clock.time += 59_999;
  assert.ok(shelf.find(token));
  clock.time += 1;
  assert.equal(shelf.find(token), undefined);
  assert.equal(shelf.count, 1);
  shelf.sweep();
  assert.equal(shelf.count, 0);
});

test('a token has 128 random bits and a proof comes later, or too late', () => {
  const { shelf } = shelfOf();
  const token = shelf.put(octets(1), 1000);
  assert.match(token, /^[0-9a-f]{32}$/);
  assert.equal(shelf.find(token)?.proof, undefined);
  shelf.prove(token, proof);
  assert.equal(shelf.find(token)?.proof, proof);
  shelf.prove('0'.repeat(32), proof);
  assert.equal(shelf.find('0'.repeat(32)), undefined);
});

function pagesOf() {
  const { shelf } = shelfOf();
  const token = shelf.put(Buffer.from('From: a@example.com\r\n\r\n\xff', 'latin1'), 1000);
  const pages = reportPages(shelf, { html: () => '<!doctype html>', json: () => '{}\n' });
  return { shelf, token, get: (url: string, method = 'GET') => pages({ method, url }) };
}

test('a report is there as a page, as JSON and as the raw message', () => {
  const { shelf, token, get } = pagesOf();
  assert.equal(get(`/r/${token}`).status, 503);
  shelf.prove(token, proof);
  const page = get(`/r/${token}`);
  assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
  assert.equal(get(`/r/${token}.json`).body, '{}\n');
  const raw = get(`/r/${token}.eml`);
  assert.equal(raw.headers['content-type'], 'text/plain; charset=utf-8');
  assert.match(raw.headers['content-disposition'] ?? '', /^attachment; filename="message-[0-9a-f]{8}\.eml"$/);
  assert.equal(Buffer.from(raw.body as Uint8Array).at(-1), 255);
});

test('every answer forbids to load, frame, guess and keep', () => {
  const { shelf, token, get } = pagesOf();
  shelf.prove(token, proof);
  for (const answer of [get(`/r/${token}`), get(`/r/${token}.eml`), get('/'), get('/', 'POST')]) {
    assert.match(
      answer.headers['content-security-policy'] ?? '',
      /default-src 'none'; style-src 'unsafe-inline'; img-src data:/,
    );
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  }
});

test('nothing lists the messages, and what is not there looks the same everywhere', () => {
  const { token, get } = pagesOf();
  const wrong = [
    '/',
    '/r',
    '/r/',
    `/r/${'0'.repeat(32)}`,
    `/r/${token}/`,
    `/r/${token}?x`,
    `/r/${token}.html`,
    `/r/${token.toUpperCase()}x`,
    '/r/..%2f',
    '*',
  ];
  const answers = new Set(wrong.map((url) => JSON.stringify(get(url))));
  assert.equal(answers.size, 1);
  assert.equal(get('/').status, 404);
  assert.equal(get(`/r/${token}`, 'POST').status, 405);
  assert.equal(get(`/r/${token}.eml`, 'HEAD').status, 200);
});

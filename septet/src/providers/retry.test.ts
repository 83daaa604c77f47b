import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostOutside, HttpReply } from './host.ts';
import { askedWaitMs, longestAskedWaitMs, withRetries } from './retry.ts';

const now = Date.UTC(2026, 10, 23, 12);

const reply = (status: number, headers: Readonly<Record<string, string>> = {}): HttpReply => ({
  kind: 'reply',
  status,
  headers,
  body: '',
});
const lost: HttpReply = { kind: 'failed', detail: 'lost' };

/** A server that gives these replies one after the other, the last for ever, and a clock that counts what is slept. */
function scene(...replies: readonly HttpReply[]): {
  readonly outside: HostOutside;
  send(): Promise<HttpReply>;
  readonly slept: number[];
  sent(): number;
} {
  const slept: number[] = [];
  let sent = 0;
  return {
    slept,
    sent: () => sent,
    send: () => Promise.resolve(replies[Math.min(sent++, replies.length - 1)] as HttpReply),
    outside: {
      http: () => Promise.reject(new Error('not used')),
      now: () => now,
      sleep: (milliseconds, signal) => {
        signal?.throwIfAborted();
        slept.push(milliseconds);
        return Promise.resolve();
      },
    },
  };
}

const statusOf = (outcome: HttpReply): number | string => (outcome.kind === 'reply' ? outcome.status : outcome.detail);

for (const [what, replies, idempotent, last, sent] of [
  ['success is given back at once', [reply(200)], true, 200, 1],
  ['429 is sent again', [reply(429), reply(200)], false, 200, 2],
  ['500 is sent again where that is harmless', [reply(500), reply(503), reply(200)], true, 200, 3],
  ['500 is not sent again where that may write twice', [reply(500), reply(200)], false, 500, 1],
  ['a lost connection is tried again where that is harmless', [lost, reply(200)], true, 200, 2],
  ['a lost connection is given back where it may have written', [lost, reply(200)], false, 'lost', 1],
  ['404 is an answer', [reply(404), reply(200)], true, 404, 1],
  ['400 and 403 are answers', [reply(403), reply(200)], true, 403, 1],
  ['after four times it is enough', [reply(429)], true, 429, 4],
] as const) {
  test(what, async () => {
    const here = scene(...replies);
    assert.equal(statusOf(await withRetries(here.outside, here.send, { idempotent })), last);
    assert.equal(here.sent(), sent);
    assert.equal(here.slept.length, sent - 1);
  });
}

test('waits double and carry jitter', async () => {
  const here = scene(reply(503));
  await withRetries(here.outside, here.send, { idempotent: true, attempts: 8 });
  const whole = [500, 1000, 2000, 4000, 8000, 8000, 8000];
  assert.equal(here.slept.length, whole.length);
  for (const [i, most] of whole.entries()) {
    const waited = here.slept[i] ?? 0;
    assert.ok(waited >= most / 2 && waited <= most, `${waited} of ${most}`);
  }
  assert.ok(new Set(here.slept.slice(4)).size > 1, 'equal waits differ by their jitter');
});

test('Retry-After is obeyed, in seconds and as a date', async () => {
  const date = new Date(now + 7000).toUTCString();
  const here = scene(reply(429, { 'retry-after': '3' }), reply(503, { 'retry-after': date }), reply(200));
  await withRetries(here.outside, here.send, { idempotent: true });
  assert.deepEqual(here.slept, [3000, 7000]);
});

test('more than a minute is not waited for', async () => {
  const here = scene(reply(429, { 'retry-after': '3600' }), reply(200));
  const outcome = await withRetries(here.outside, here.send, { idempotent: true });
  assert.equal(statusOf(outcome), 429);
  assert.equal(askedWaitMs(outcome, now), 3_600_000);
  assert.ok(longestAskedWaitMs < 3_600_000);
});

test('ratelimit-reset counts at 429 only, and nonsense counts nowhere', () => {
  const reset = { 'ratelimit-reset': String(now / 1000 + 12) };
  assert.equal(askedWaitMs(reply(429, reset), now), 12_000);
  assert.equal(askedWaitMs(reply(200, reset), now), undefined);
  assert.equal(askedWaitMs(reply(429, { 'retry-after': 'soon' }), now), undefined);
  assert.equal(askedWaitMs(reply(429, { 'retry-after': '-5' }), now) ?? 0, 0);
  assert.equal(askedWaitMs(lost, now), undefined);
});

test('a refusal of the kind the caller knows counts as 429', async () => {
  const here = scene(reply(400), reply(200));
  const throttled = (seen: HttpReply): boolean => seen.kind === 'reply' && seen.status === 400;
  assert.equal(statusOf(await withRetries(here.outside, here.send, { idempotent: false, throttled })), 200);
});

test('the signal ends it with its reason', async () => {
  const reason = new Error('stop');
  const here = scene(reply(429));
  const signal = AbortSignal.abort(reason);
  await assert.rejects(withRetries(here.outside, here.send, { idempotent: true, signal }), reason);
  assert.equal(here.sent(), 0);
});

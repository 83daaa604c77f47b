import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cachingResolver, type CacheOptions } from './cache.ts';
import { dnsName, type DnsName } from './name.ts';
import type { QueryOptions, Resolver } from './resolver.ts';
import type { Answer, RrType } from './rrset.ts';

const name = dnsName('example.test');
const base = { name, type: 'TXT', server: 'test', chain: [], dnssec: 'unknown' } as const;
const found = (ttlSeconds: number, more: Partial<Answer> = {}): Answer =>
  ({ kind: 'found', ...base, set: { name, type: 'TXT', ttlSeconds, data: [{ strings: ['x'] }] }, ...more }) as Answer;

/** A resolver whose answers are given one by one, and a cache over it with its own clock. */
function setup(answers: Answer[], options: Partial<CacheOptions> = {}) {
  const asked: { name: DnsName; type: RrType; options: QueryOptions | undefined }[] = [];
  const clock = { now: 1_000_000 };
  const inner: Resolver = {
    query: ((one: DnsName, type: RrType, given?: QueryOptions) => {
      asked.push({ name: one, type, options: given });
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]);
    }) as Resolver['query'],
  };
  return { cache: cachingResolver(inner, { now: () => clock.now, ...options }), asked, clock };
}

test('an answer counts for its TTL and not a second longer', async () => {
  const { cache, asked, clock } = setup([found(60)]);
  const first = await cache.query(name, 'TXT');
  clock.now += 59_999;
  assert.equal(await cache.query(name, 'TXT'), first, 'the very object');
  assert.equal(cache.peek(name, 'TXT'), first);
  assert.equal(asked.length, 1);
  clock.now += 1;
  assert.equal(cache.peek(name, 'TXT'), undefined);
  await cache.query(name, 'TXT');
  assert.equal(asked.length, 2);
});

test('the shortest TTL of the chain counts', async () => {
  const chain = [{ owner: name, target: dnsName('b.test'), ttlSeconds: 5 }];
  const { cache, clock } = setup([found(60, { chain })]);
  await cache.query(name, 'TXT');
  clock.now += 5000;
  assert.equal(cache.peek(name, 'TXT'), undefined);
});

test('absence counts for its negative TTL, and 0 is not kept', async () => {
  const { cache, clock } = setup([{ kind: 'nxdomain', ...base, negativeTtlSeconds: 30 }]);
  await cache.query(name, 'TXT');
  clock.now += 29_000;
  assert.equal(cache.peek(name, 'TXT')?.kind, 'nxdomain');
  clock.now += 1000;
  assert.equal(cache.peek(name, 'TXT'), undefined);
  const none = setup([{ kind: 'nodata', ...base, negativeTtlSeconds: 0 }]);
  await none.cache.query(name, 'TXT');
  assert.equal(none.cache.size, 0);
});

test('a failure counts for five seconds at most', async () => {
  const { cache, asked, clock } = setup([{ kind: 'failed', ...base, reason: 'timeout' }]);
  await cache.query(name, 'TXT');
  await cache.query(name, 'TXT');
  assert.equal(asked.length, 1);
  clock.now += 5000;
  await cache.query(name, 'TXT');
  assert.equal(asked.length, 2);
  const never = setup([{ kind: 'failed', ...base, reason: 'timeout' }], { failureTtlSeconds: 0 });
  await never.cache.query(name, 'TXT');
  assert.equal(never.cache.size, 0);
});

test('types and the DO bit are kept apart', async () => {
  const { cache, asked } = setup([found(60)]);
  await cache.query(name, 'TXT');
  await cache.query(name, 'MX');
  await cache.query(name, 'TXT', { dnssec: true });
  assert.deepEqual(
    asked.map((one) => `${one.type} ${one.options?.dnssec === true}`),
    ['TXT false', 'MX false', 'TXT true'],
  );
});

test('never more entries than allowed; what was used last stays', async () => {
  const { cache } = setup([found(60)], { maxEntries: 2 });
  await cache.query(dnsName('a.test'), 'TXT');
  await cache.query(dnsName('b.test'), 'TXT');
  cache.peek(dnsName('a.test'), 'TXT');
  await cache.query(dnsName('c.test'), 'TXT');
  assert.equal(cache.size, 2);
  assert.ok(cache.peek(dnsName('a.test'), 'TXT'));
  assert.equal(cache.peek(dnsName('b.test'), 'TXT'), undefined);
});

test('a predicate keeps what several domains share', async () => {
  const { cache } = setup([found(60)], { shouldKeep: (_name, type) => type === 'MX' });
  await cache.query(name, 'TXT');
  assert.equal(cache.size, 0);
});

/** An inner resolver that answers when told, and honours its signal. */
function slow() {
  const asked: { answer: (answer: Answer) => void; signal: AbortSignal | undefined }[] = [];
  const inner: Resolver = {
    query: ((_name: DnsName, _type: RrType, options?: QueryOptions) =>
      new Promise<Answer>((answer, reject) => {
        asked.push({ answer, signal: options?.signal });
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
      })) as Resolver['query'],
  };
  return { asked, cache: cachingResolver(inner, { now: () => 0 }) };
}

test('two who ask at the same time share one look-up; one who leaves does not take the other along', async () => {
  const { asked, cache } = slow();
  const leaving = new AbortController();
  const staying = new AbortController();
  const first = cache.query(name, 'TXT', { signal: leaving.signal });
  const second = cache.query(name, 'TXT', { signal: staying.signal });
  const third = cache.query(name, 'TXT');
  assert.equal(asked.length, 1);
  leaving.abort(new Error('leaving'));
  await assert.rejects(first, /leaving/);
  assert.equal(asked[0]?.signal?.aborted, false);
  asked[0]?.answer(found(60));
  assert.equal(await second, await third);
});

test('when all have left, the look-up ends, and the next asker begins a new one', async () => {
  const { asked, cache } = slow();
  const leaving = new AbortController();
  const both = [1, 2].map(() => cache.query(name, 'TXT', { signal: leaving.signal }));
  leaving.abort(new Error('leaving'));
  for (const one of both) await assert.rejects(one, /leaving/);
  assert.equal(asked[0]?.signal?.aborted, true);
  const again = cache.query(name, 'TXT');
  assert.equal(asked.length, 2);
  asked[1]?.answer(found(60));
  assert.equal((await again).kind, 'found');
  await assert.rejects(cache.query(dnsName('b.test'), 'TXT', { signal: leaving.signal }), /leaving/);
});

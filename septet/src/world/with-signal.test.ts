import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit } from '../audit/audit.ts';
import { dnsName } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import { fakeFetch, zoneWorld } from '../../test/zone-world.ts';
import { withSignal } from './with-signal.ts';

const deaf: Resolver = {
  query: (_name, _type, options) =>
    new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
    }),
};

test('an abort rejects what is asked, with its reason', async () => {
  const stop = new AbortController();
  const world = withSignal({ ...zoneWorld(''), resolver: deaf, fetch: fakeFetch({}) }, stop.signal);
  const pending = world.resolver.query(dnsName('example.com'), 'TXT');
  stop.abort(new Error('enough'));
  await assert.rejects(pending, /enough/);
  await assert.rejects(async () => world.fetch?.('https://example.com/', { maxOctets: 1, timeoutMs: 1 }), /enough/);
});

test('an audit that is aborted rejects with the reason, at either depth', async () => {
  for (const depth of ['full', 'bulk'] as const) {
    const signal = AbortSignal.timeout(20);
    const world = { ...zoneWorld(''), resolver: deaf };
    await assert.rejects(audit(world, dnsName('example.com'), { depth, signal }), { name: 'TimeoutError' });
  }
});

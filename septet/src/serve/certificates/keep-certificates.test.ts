import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dnsName } from '../../dns/name.ts';
import { makeAuthority } from '../../sandbox/certificates.ts';
import type { HttpsFetch } from '../../world/world.ts';
import { openCertificates, type ChangedSettings, type KeeperInput } from './keep-certificates.ts';
import { kept, pemText, type CertificateShelf } from './shelf.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const authority = makeAuthority('Test', now);
const issued = (name: string, days = 60) =>
  authority.issue([name], { notBefore: new Date(now - day), notAfter: new Date(now + days * day) });

function memory(): CertificateShelf & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    put: async (name, text) => void texts.set(name, text),
    get: async (name) => texts.get(name),
    remove: async (name) => texts.delete(name),
    names: async () => [...texts.keys()],
  };
}

function inputOf(names: readonly string[], more: Partial<KeeperInput> = {}) {
  const asked: string[] = [];
  const told: string[] = [];
  const fetch: HttpsFetch = async (url) => {
    asked.push(url);
    return { kind: 'failed', url, redirects: [], reason: 'timeout', detail: 'no answer' };
  };
  const input: KeeperInput = {
    names: names.map((name) => dnsName(name)),
    shelf: memory(),
    shared: false,
    exclusively: (_name, work) => work(),
    readFile: () => Promise.reject(new Error('no files here')),
    world: { resolver: { query: () => Promise.reject(new Error('no DNS here')) } },
    fetch,
    now: () => now,
    randomBytes: (count) => randomBytes(count),
    sleep: async (milliseconds, signal) =>
      void (await sleep(Math.min(milliseconds, 5), undefined, signal ? { signal } : {})),
    log: (line) => void told.push(line),
    ...more,
  };
  return { input, asked, told };
}

const acme = { directory: 'https://acme.example/dir', challenge: 'http-01', agree: true } as const;

async function runFor(milliseconds: number, input: KeeperInput) {
  const certificates = await openCertificates(input);
  const ending = new AbortController();
  const running = certificates.run(ending.signal);
  await sleep(milliseconds);
  ending.abort();
  await running;
  return certificates;
}

test('a given certificate serves at once, and nothing is ordered for its names', async () => {
  const { key, certificate } = issued('mta-sts.example.com');
  const { input, asked } = inputOf(['mta-sts.example.com'], {
    acme,
    given: [{ cert: certificate, key, from: 'sandbox' }],
  });
  const certificates = await runFor(50, input);
  assert.ok(certificates.contextFor('MTA-STS.example.com.'));
  assert.equal(certificates.contextFor('example.com'), undefined);
  assert.deepEqual(asked, []);
  const { issuer, ...facts } = certificates.facts()[0] ?? { issuer: '' };
  assert.equal(issuer, 'Test');
  assert.deepEqual(facts, {
    name: 'mta-sts.example.com',
    state: 'good',
    notBefore: now - day,
    notAfter: now + 60 * day,
    from: 'sandbox',
  });
});

test('files before what was ordered, what is valid before what has ended', async () => {
  const name = 'mta-sts.example.com';
  const [ended, ordered] = [issued(name, -0.5), issued(name)];
  const shelf = memory();
  await shelf.put(kept.certificate(name), pemText(ordered.key, ordered.certificate));
  const given = [{ cert: ended.certificate, key: ended.key, from: 'sandbox' }];
  const { input } = inputOf([name], { acme, given, shelf });
  const certificates = await openCertificates(input);
  assert.equal(certificates.facts()[0]?.from, 'acme https://acme.example/dir');
  await shelf.remove(kept.certificate(name));
  const alone = await openCertificates(input);
  assert.equal(alone.facts()[0]?.from, 'sandbox');
  assert.notEqual(alone.facts()[0]?.state, 'good');
});

test('without an authority nothing is asked; what was kept serves', async () => {
  const name = 'mta-sts.example.com';
  const { key, certificate } = issued(name);
  const shelf = memory();
  await shelf.put(kept.certificate(name), pemText(key, certificate));
  const { input, asked } = inputOf([name, 'track.example.com'], { shelf });
  const certificates = await runFor(50, input);
  assert.deepEqual(asked, []);
  assert.deepEqual(
    certificates.facts().map(({ name, state, from }) => `${name} ${state} ${from}`),
    ['mta-sts.example.com good acme', 'track.example.com waiting nowhere'],
  );
});

test('a name that another machine works on waits; a shelf that fails is told, and the loop goes on', async () => {
  const busy = inputOf(['mta-sts.example.com'], { acme, exclusively: async () => undefined });
  await runFor(50, busy.input);
  assert.deepEqual([busy.asked, busy.told], [[], []]);
  const shelf = memory();
  let broken = false;
  const get: typeof shelf.get = async (name) => {
    if (broken) throw new Error('the database has gone away');
    return shelf.texts.get(name);
  };
  const failing = inputOf(['mta-sts.example.com'], { acme, shelf: { ...shelf, get }, refreshMs: 10 });
  const certificates = await openCertificates(failing.input);
  broken = true;
  const ending = new AbortController();
  const running = certificates.run(ending.signal);
  await sleep(100);
  ending.abort();
  await running;
  assert.ok(failing.told.includes('Certificates cannot be read: the database has gone away.'), failing.told.join('\n'));
});

test('an order that is under way ends with the signal, and no pause is noted for it', async () => {
  const shelf = memory();
  const { input } = inputOf(['mta-sts.example.com'], {
    acme,
    shelf,
    fetch: (_url, { signal }) =>
      new Promise((_resolve, reject) => void signal?.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const begun = performance.now();
  await runFor(50, input);
  assert.ok(performance.now() - begun < 2000);
  assert.equal(shelf.texts.has(kept.state('mta-sts.example.com')), false);
});

test(
  'settings that change are taken without a restart: files, and an authority that is tried at once',
  { timeout: 10_000 },
  async () => {
    const { key, certificate } = issued('track.example.com');
    const disk: Record<string, string> = { 'a.pem': certificate, 'a.key': key };
    let changed: ChangedSettings | undefined;
    const { input, asked, told } = inputOf(['mta-sts.example.com', 'track.example.com'], {
      acme: { ...acme, agree: false },
      refreshMs: 10,
      now: () => now + Math.floor(performance.now()),
      readFile: async (path) => Buffer.from(disk[path] ?? ''),
      reread: async () => {
        const now = changed;
        changed = undefined;
        return now;
      },
    });
    const certificates = await openCertificates(input);
    const ending = new AbortController();
    const running = certificates.run(ending.signal);
    while (told.length === 0) await sleep(10); // oxlint-disable-line no-await-in-loop
    assert.deepEqual(asked, []);
    assert.match(told[0] ?? '', /are not agreed to/);
    assert.equal(certificates.contextFor('track.example.com'), undefined);
    changed = { acme, files: [{ cert: 'a.pem', key: 'a.key' }], fetch: input.fetch };
    while (asked.length === 0) await sleep(10); // oxlint-disable-line no-await-in-loop
    ending.abort();
    await running;
    assert.ok(certificates.contextFor('track.example.com'));
    assert.deepEqual([...new Set(asked)], [acme.directory]);
    assert.equal(certificates.facts().find(({ name }) => name === dnsName('track.example.com'))?.state, 'good');
  },
);

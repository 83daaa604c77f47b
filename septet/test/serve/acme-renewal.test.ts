/** Renewal in time (RFC 9773), and an authority that fails: against pebble, with what it lacks added on the way to it. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Certificates } from '../../src/serve/certificates/certificates.ts';
import { openCertificates, type KeeperInput } from '../../src/serve/certificates/keep-certificates.ts';
import { folderShelf, type CertificateShelf } from '../../src/serve/certificates/shelf.ts';
import type { FetchOutcome, HttpsFetch } from '../../src/world/world.ts';
import { missing, temporaryFolder } from '../servers/process.ts';
import {
  handshake,
  startLaboratory,
  startSmallServer,
  stateOf,
  until,
  type Laboratory,
  type SmallServer,
} from './acme-laboratory.ts';

const skip = await missing('pebble', 'knotd');
const name = 'mta-sts.example.test';
const [hour, day] = [3_600_000, 86_400_000];
let laboratory: Laboratory;
let server: SmallServer;
const held = { certificates: undefined as unknown as Certificates };
const folders: string[] = [];

before(async () => {
  if (skip !== false) return;
  server = await startSmallServer(held, { http: 0, https: 0 });
  laboratory = await startLaboratory(server);
});
after(async () => {
  await server?.stop();
  await laboratory?.stop();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function opened(more: Partial<KeeperInput>, folder?: string) {
  const place = folder ?? (await temporaryFolder('renewal'));
  if (folder === undefined) folders.push(place);
  const certificates = await openCertificates(laboratory.input([name], place, more));
  held.certificates = certificates;
  const ending = new AbortController();
  const running = certificates.run(ending.signal);
  return {
    certificates,
    folder: place,
    end: async () => {
      ending.abort();
      await running;
    },
  };
}

const reply = (
  url: string,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): FetchOutcome => ({
  kind: 'response',
  url,
  redirects: [],
  status,
  headers,
  body: Buffer.from(JSON.stringify(json)),
  address: '127.0.0.1',
  elapsedMs: 1,
});

async function inMemory(from: CertificateShelf): Promise<CertificateShelf> {
  const texts = new Map<string, string>();
  for (const name of await from.names()) texts.set(name, (await from.get(name)) ?? '');
  return {
    put: async (name, text) => void texts.set(name, text),
    get: async (name) => texts.get(name),
    remove: async (name) => texts.delete(name),
    names: async () => [...texts.keys()],
  };
}

/** What a signed request carries (RFC 7515 §7.2.2). */
const payloadOf = (body: Uint8Array | undefined): Record<string, unknown> => {
  const { payload } = JSON.parse(Buffer.from(body ?? []).toString('utf8')) as { payload: string };
  return payload === ''
    ? {}
    : (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>);
};

test(
  'the authority says when: it is renewed in the window, names what it replaces, and serves throughout',
  { skip },
  async () => {
    let clock = 0;
    const asked: string[] = [];
    const orders: Record<string, unknown>[] = [];
    const now = (): number => Date.now() + clock;
    const window = { start: Date.now() + 30 * day, end: Date.now() + 31 * day };
    const inner = laboratory.input([], '').fetch;
    const fetch: HttpsFetch = async (url, limits) => {
      const renewals = `https://acme.example.test:${laboratory.pebble.port}/renewal`;
      if (url.startsWith(`${renewals}/`)) {
        asked.push(url.slice(renewals.length + 1));
        const explained = {
          suggestedWindow: { start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() },
        };
        return reply(
          url,
          200,
          { ...explained, explanationURL: 'https://acme.example.test/why' },
          { 'retry-after': '21600' },
        );
      }
      if (limits.method === 'POST') {
        const payload = payloadOf(limits.body);
        if (Array.isArray(payload['identifiers'])) orders.push(payload);
      }
      const outcome = await inner(url, limits);
      if (url !== laboratory.pebble.directory || outcome.kind !== 'response') return outcome;
      return reply(url, 200, {
        ...(JSON.parse(Buffer.from(outcome.body).toString('utf8')) as object),
        renewalInfo: renewals,
      });
    };
    const { certificates, end } = await opened({ fetch, now });
    try {
      await until(
        'the first certificate and its window',
        laboratory.log,
        () => stateOf(certificates, name) === 'good' && asked.length > 0,
      );
      const root = await laboratory.pebble.root();
      const first = await handshake(laboratory.tlsPort, name, root);
      clock = 29.9 * day;
      await until('it asks again after Retry-After', laboratory.log, () => asked.length > 1);
      assert.equal(
        orders.filter((order) => !('replaces' in order)).length,
        orders.length,
        'nothing is renewed before the window',
      );
      clock = 31.1 * day;
      await until(
        'renewal',
        laboratory.log,
        async () => (await handshake(laboratory.tlsPort, name, root)).serial !== first.serial,
      );
      assert.equal(orders.at(-1)?.['replaces'], asked[0]);
      assert.match(asked[0] ?? '', /^[\w-]+\.[\w-]+$/);
      assert.match(
        laboratory.log.join('\n'),
        /the authority says why it is renewed then: https:\/\/acme\.example\.test\/why/,
      );
      // The id is what openssl shows: the key identifier of the issuer, and the serial number.
      assert.equal(
        Buffer.from(asked[0]?.split('.')[1] ?? '', 'base64url')
          .toString('hex')
          .replace(/^0+/, ''),
        first.serial.toLowerCase().replace(/^0+/, ''),
      );
    } finally {
      await end();
    }
  },
);

test(
  'an authority that fails for a day: the old certificate serves on, a dozen tries with growing pauses, told; then it heals',
  { skip },
  async () => {
    const first = await opened({});
    await until('a certificate', laboratory.log, () => stateOf(first.certificates, name) === 'good');
    await first.end();
    const { notBefore = 0, notAfter = 0 } = first.certificates.facts()[0] ?? {};
    // Virtual time: to sleep is to be there.
    let time = notBefore + ((notAfter - notBefore) * 2) / 3 + hour;
    const begun = time;
    const tries: number[] = [];
    let down = true;
    const inner = laboratory.input([], '').fetch;
    const fetch: HttpsFetch = async (url, limits) => {
      if (!down) return inner(url, limits);
      tries.push(time);
      return { kind: 'failed', url, redirects: [], reason: 'timeout', detail: 'no answer within 30 seconds' };
    };
    const log: string[] = [];
    const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
      // Whatever is going on gets a few turns.
      for (let turns = 0; turns < 5; turns++) await turn(); // oxlint-disable-line no-await-in-loop
      signal?.throwIfAborted();
      time += milliseconds;
    };
    const shelf = await inMemory(folderShelf(first.folder)); // no waiting for a disk in virtual time
    const { certificates, end } = await opened(
      { fetch, now: () => time, sleep, shelf, log: (line) => void log.push(line) },
      first.folder,
    );
    try {
      await until('a day', log, () => time > begun + day && stateOf(certificates, name) === 'failed');
      const [facts] = certificates.facts();
      assert.equal(facts?.state, 'failed');
      assert.match(
        facts?.fault ?? '',
        /^The authority acme\.example\.test:\d+ cannot be asked: no answer within 30 seconds\.$/,
      );
      assert.ok(certificates.contextFor(name), 'serves on');
      assert.match(log[0] ?? '', /Until \d{4}-\d\d-\d\d the certificate there is serves on\. Next try \d{4}-/);
      assert.ok(log.length >= 5 && log.length <= 14, `${log.length} tries told:\n${log.join('\n')}`);
      // Questions for the time of renewal come with the tries, not at every turn of the loop.
      assert.ok(tries.length <= 200, `${tries.length} requests`);
      down = false;
      await until('renewal', log, () => stateOf(certificates, name) === 'good');
      assert.match(log.at(-1) ?? '', /^mta-sts\.example\.test has a certificate of Pebble/);
    } finally {
      await end();
    }
  },
);

test('a limit of the authority: not before its Retry-After, also after a restart', { skip }, async () => {
  const inner = laboratory.input([], '').fetch;
  let orders = 0;
  const fetch: HttpsFetch = async (url, limits) => {
    if (limits.method !== 'POST' || !Array.isArray(payloadOf(limits.body)['identifiers'])) return inner(url, limits);
    orders++;
    const problem = {
      type: 'urn:ietf:params:acme:error:rateLimited',
      detail: 'too many certificates (5) already issued\u001b[31m',
    };
    return reply(url, 429, problem, { 'retry-after': '86400' });
  };
  const first = await opened({ fetch });
  await until('the refusal', laboratory.log, () => stateOf(first.certificates, name) === 'failed');
  await first.end();
  const again = await opened({ fetch }, first.folder);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await again.end();
  const [facts] = again.certificates.facts();
  assert.ok((facts?.nextTryAt ?? 0) > Date.now() + day - hour);
  assert.match(
    facts?.fault ?? '',
    /refuses the order for mta-sts\.example\.test: too many certificates \(5\) already issued \[31m\. It is tried again when the authority allows it\.$/,
  );
  assert.equal(orders, 1);
});

test(
  'an authority that wants accounts bound: without the key a sentence, with it a certificate, and no secret told',
  { skip },
  async () => {
    const hmacKey = Buffer.from('a key of thirty-two octets or so').toString('base64url');
    const its = await startSmallServer(held, { http: 0, https: 0 });
    const bound = await startLaboratory(its, { eab: { 'kid-7': hmacKey } });
    const usual = laboratory;
    laboratory = bound;
    try {
      const { directory } = bound.pebble;
      const without = await opened({});
      await until('the refusal', bound.log, () => stateOf(without.certificates, name) === 'failed');
      await without.end();
      assert.match(
        without.certificates.facts()[0]?.fault ?? '',
        /refuses the new account: .* Set serve\.acme\.eab with the key id and HMAC key/,
      );
      const acme = { directory, challenge: 'http-01', agree: true, eab: { kid: 'kid-7', hmacKey } } as const;
      const withKey = await opened({ acme });
      await until('a certificate', bound.log, () => stateOf(withKey.certificates, name) === 'good');
      await withKey.end();
      const wrong = await opened({
        acme: { ...acme, eab: { kid: 'kid-7', hmacKey: Buffer.from('wrong').toString('base64url') } },
      });
      await until('the refusal', bound.log, () => stateOf(wrong.certificates, name) === 'failed');
      await wrong.end();
      assert.doesNotMatch(bound.log.join('\n'), new RegExp(`${hmacKey}|PRIVATE`));
    } finally {
      laboratory = usual;
      await its.stop();
      await bound.stop();
    }
  },
);

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import type { FetchOutcome, HttpsFetch } from '../../world/world.ts';
import { loadAcme } from './acme-calls.ts';
import { order } from './acme-order.ts';
import type { PendingChallenges } from './challenges.ts';

const base = 'https://acme.example';
const name = dnsName('mta-sts.example.com');

interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Said => ({
  status,
  headers: { 'content-type': 'application/json', 'replay-nonce': 'bm9uY2U', ...headers },
  body: JSON.stringify(value),
});

/** An authority that does everything right, except that it issues what is no certificate. */
function rightAnswer(url: string): Said {
  const order = {
    status: 'ready',
    identifiers: [{ type: 'dns', value: name }],
    authorizations: [`${base}/authz`],
    finalize: `${base}/finalize`,
  };
  const challenge = {
    type: 'http-01',
    url: `${base}/challenge`,
    token: 'a-token-of-sixteen-characters',
    status: 'pending',
  };
  switch (new URL(url).pathname) {
    case '/directory':
      return json(200, { newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/new-order` });
    case '/nonce':
      return json(200, '');
    case '/account':
      return json(201, { status: 'valid' }, { location: `${base}/account/1` });
    case '/new-order':
      return json(201, { ...order, status: 'pending' }, { location: `${base}/order` });
    case '/authz':
      return json(200, { status: 'valid', identifier: order.identifiers[0], challenges: [challenge] });
    case '/order':
      return json(200, { ...order, status: 'valid', certificate: `${base}/certificate` });
    case '/certificate':
      return { status: 200, headers: { 'replay-nonce': 'bm9uY2U' }, body: 'no certificate' };
    default:
      return json(200, order);
  }
}

function ordering(answer: (url: string, call: number) => Said | 'broken') {
  let [time, calls] = [0, 0];
  const texts = new Map<string, string>();
  const pending = new Set<object>();
  const fetch: HttpsFetch = async (url): Promise<FetchOutcome> => {
    const said = answer(url, calls++);
    if (said === 'broken')
      return { kind: 'failed', url, redirects: [], reason: 'protocol', detail: 'the connection broke' };
    return {
      kind: 'response',
      url,
      redirects: [],
      address: '192.0.2.1',
      elapsedMs: 1,
      ...said,
      body: Buffer.from(said.body),
    };
  };
  const challenges: PendingChallenges = {
    answer: async () => undefined,
    context: () => undefined,
    refresh: async () => {},
    put: async () => {
      const one = {};
      pending.add(one);
      return async () => void pending.delete(one);
    },
  };
  const outcome = order(
    {
      settings: { directory: `${base}/directory`, challenge: 'http-01', agree: true },
      shelf: {
        put: async (key, value) => void texts.set(key, value),
        get: async (key) => texts.get(key),
        remove: async (key) => texts.delete(key),
        names: async () => [...texts.keys()],
      },
      challenges,
      fetch,
      acme: loadAcme,
      exclusively: (_lock, work) => work(),
      sleep: async (milliseconds) => void (time += milliseconds),
      now: () => time,
    },
    name,
    new AbortController().signal,
  );
  return { outcome, pending, calls: () => calls };
}

test('an authority that does everything right is asked to the end', async () => {
  const { outcome } = ordering(rightAnswer);
  assert.equal((await outcome).kind, 'issued');
});

test('whatever an authority answers, the order ends with a sentence, and no challenge stays', async () => {
  const odd = fc.oneof(
    fc.constant('right' as const),
    fc.constant('right' as const),
    fc.constant('right' as const),
    fc.constant('broken' as const),
    fc.record({ status: fc.constantFrom(200, 201, 204, 301, 400, 403, 404, 429, 500, 503), value: fc.jsonValue() }),
    fc.record({
      status: fc.constantFrom(200, 201, 400),
      value: fc.record({
        status: fc.constantFrom('pending', 'processing', 'ready', 'valid', 'invalid', 'expired', 7),
        type: fc.constantFrom('urn:ietf:params:acme:error:badNonce', 'urn:ietf:params:acme:error:serverInternal'),
        challenges: fc.oneof(fc.jsonValue(), fc.constant([{ type: 'http-01', url: `${base}/challenge`, token: 'x' }])),
        authorizations: fc.constantFrom([], [`${base}/authz`], ['ftp://x'], 'x', [null]),
        error: fc.jsonValue(),
      }),
    }),
    fc.constantFrom('', '<html>', '{', '\u0000'),
  );
  const script = fc.array(odd, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(script, async (script) => {
      const { outcome, pending, calls } = ordering((url, call) => {
        const said = script[call];
        if (said === undefined || said === 'right') return rightAnswer(url);
        if (said === 'broken') return said;
        if (typeof said === 'string') return { status: 200, headers: {}, body: said };
        return json(said.status, said.value);
      });
      const ended = await outcome;
      assert.equal(pending.size, 0);
      assert.ok(calls() < 2000);
      if (ended.kind === 'issued') return;
      assert.match(ended.fault, /^[^\p{Cc}]{10,1000}[.!?]$/u);
    }),
    { numRuns: 300 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import { dataOf } from '../dns/rrset.ts';
import { fakeFetch, zoneWorld } from '../../test/zone-world.ts';
import { readRecording, recordingWorld, replayWorld, type Recording } from './recording.ts';
import type { FetchLimits, World } from './world.ts';

const apex = dnsName('example.com');
const zone = `example.com. SOA ns.example.com. h.example.com. 1 2 3 4 5
example.com. NS ns.example.com.
example.com. TXT "a" "b"
ns.example.com. A 192.0.2.53`;
const limits = { maxOctets: 100, timeoutMs: 1000 };

function fullWorld(): World {
  const base = zoneWorld(zone);
  const authority: Authority = {
    zone: apex,
    delegated: [{ name: dnsName('ns.example.com'), addresses: ['192.0.2.53'] }],
    apex: [dnsName('ns.example.com')],
    ask: async (name, type) => [
      { server: dnsName('ns.example.com'), address: '192.0.2.53', answer: await base.resolver.query(name, type) },
    ],
  };
  return {
    ...base,
    otherResolvers: [zoneWorld('example.com. TXT "old"').resolver],
    authoritative: (name) =>
      Promise.resolve(name === apex ? { kind: 'found', authority } : { kind: 'failed', detail: 'nobody' }),
    fetch: fakeFetch({ 'https://example.com/': { body: 'h\u00e9' }, 'https://bad.example.com/': { failed: 'tls' } }),
  };
}

const copy = (recording: Recording): Recording => {
  const read = readRecording(JSON.parse(JSON.stringify(recording)));
  assert.ok(typeof read !== 'string', String(read));
  return read;
};

/** Everything that can be asked, as one value. */
async function all(world: World): Promise<unknown> {
  const found = await world.authoritative?.(apex);
  return {
    now: world.now(),
    random: [...world.randomBytes(8)],
    answers: await Promise.all([
      world.resolver.query(apex, 'TXT'),
      world.resolver.query(apex, 'TXT', { dnssec: true }),
      world.resolver.query(apex, 'MX'),
      world.resolver.query(dnsName('none.example.com'), 'A'),
      world.otherResolvers[0]?.query(apex, 'TXT'),
    ]),
    authority:
      found?.kind === 'found' ? [found.authority.zone, found.authority.delegated, found.authority.apex] : found,
    asked: found?.kind === 'found' ? await found.authority.ask(apex, 'NS') : [],
    nobody: await world.authoritative?.(dnsName('other.test')),
    pages: await Promise.all([
      page(world, 'https://example.com/'),
      page(world, 'https://example.com/', { maxOctets: 1 }),
      page(world, 'https://bad.example.com/', { family: 6 }),
    ]),
  };
}

async function page(world: World, url: string, more: Partial<FetchLimits> = {}): Promise<unknown> {
  const outcome = await world.fetch?.(url, { ...limits, ...more });
  return outcome?.kind === 'response' ? { ...outcome, body: Buffer.from(outcome.body).toString('hex') } : outcome;
}

test('a replay answers what the recorded world answered, over JSON', async () => {
  const { world, recording } = recordingWorld(fullWorld());
  const then = await all(world);
  const now = await all(replayWorld(copy(recording())));
  assert.deepEqual(now, then);
});

test('what was not recorded is failed, and says so; never absent', async () => {
  const { world, recording } = recordingWorld(fullWorld());
  await all(world);
  const replay = replayWorld(copy(recording()));
  const answer = await replay.resolver.query(dnsName('new.example.com'), 'A');
  assert.ok(answer.kind === 'failed' && answer.detail === 'not in the recording');
  const page = await replay.fetch?.('https://new.example.com/', limits);
  assert.ok(page?.kind === 'failed' && page.detail === 'not in the recording');
  const nobody = await replay.authoritative?.(dnsName('new.test'));
  assert.deepEqual(nobody, { kind: 'failed', detail: 'not in the recording' });
});

test('an offline world stays offline in the replay', () => {
  const replay = replayWorld(copy(recordingWorld(zoneWorld(zone)).recording()));
  assert.equal(replay.fetch, undefined);
  assert.equal(replay.authoritative, undefined);
  assert.deepEqual(replay.otherResolvers, []);
});

test('a question asked twice gets the same answer twice, though the world has changed', async () => {
  let asked = 0;
  const changing = zoneWorld('');
  const { world, recording } = recordingWorld({
    ...changing,
    resolver: { query: (name, type) => zoneWorld(`example.com. TXT "${++asked}"`).resolver.query(name, type) },
  });
  const answers = await Promise.all([world.resolver.query(apex, 'TXT'), world.resolver.query(apex, 'TXT')]);
  const later = await world.resolver.query(apex, 'TXT');
  assert.equal(asked, 1);
  for (const answer of [...answers, later]) assert.deepEqual(dataOf(answer), [{ strings: ['1'] }]);
  assert.equal(recording().dns.length, 1);
});

test('keys of GET and HEAD are what they were before there was POST', async () => {
  const { world, recording } = recordingWorld(fullWorld());
  await page(world, 'https://example.com/');
  await page(world, 'https://example.com/', { method: 'HEAD', family: 6, maxRedirects: 2 });
  assert.deepEqual(
    recording().fetched.map(({ request }) => request),
    ['GET https://example.com/ 100 octets, 0 redirects', 'HEAD https://example.com/ 100 octets, 2 redirects, IPv6'],
  );
});

test('a POST is recorded by what was sent, and sent once', async () => {
  const sent: string[] = [];
  const { world, recording } = recordingWorld({
    ...zoneWorld(zone),
    fetch: (url, { body, method, maxOctets, timeoutMs }) => {
      sent.push(`${method ?? 'GET'} ${Buffer.from(body ?? []).toString()}`);
      return fakeFetch({ [url]: { body: `answer ${sent.length}` } })(url, { maxOctets, timeoutMs });
    },
  });
  const post = (text: string, contentType = 'text/plain'): Partial<FetchLimits> => ({
    method: 'POST',
    body: Buffer.from(text),
    contentType,
  });
  const asked = [post('a'), post('a'), post('b'), post('a', 'text/html'), {}];
  const run = async (one: World): Promise<readonly unknown[]> => {
    const out: unknown[] = [];
    for (const more of asked) out.push(await page(one, 'https://example.com/', more));
    return out;
  };
  const then = await run(world);
  assert.deepEqual(sent, ['POST a', 'POST b', 'POST a', 'GET ']);
  assert.deepEqual(await run(replayWorld(copy(recording()))), then);
  assert.deepEqual(then[0], then[1]);
  assert.notDeepEqual(then[0], then[2]);
});

test('files that are no recording are told so', () => {
  const good = recordingWorld(zoneWorld(zone)).recording();
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /not a recording/],
    ['text', /not a recording/],
    [[], /not a recording/],
    [{ septetRecording: 99 }, /version 99/],
    [{ ...good, dns: undefined }, /"dns" is missing/],
    [{ ...good, fetched: {} }, /"fetched" is missing/],
    [{ ...good, now: 'today' }, /clock/],
    [{ ...good, resolvers: undefined }, /clock or its number/],
    [{ ...good, dns: [{ question: 1 }] }, /damaged/],
    [{ ...good, dns: [null] }, /damaged/],
  ];
  for (const [value, sentence] of cases) {
    const read = readRecording(value);
    assert.ok(typeof read === 'string', JSON.stringify(value));
    assert.match(read, sentence);
  }
  assert.equal(typeof readRecording(good), 'object');
});

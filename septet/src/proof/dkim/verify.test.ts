import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPublicKey, generateKeyPairSync, hash, sign as signOctets, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { rfc6376, rfc8463 } from '../../../test/proof/dkim-samples.ts';
import { zoneWorld, zoneWorldNow, type ZoneWorldOptions } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { recordOf } from '../../records/dkim/make-key.ts';
import { bodyHasher } from './body.ts';
import { keyFinder } from './key.ts';
import type { DkimFault, DkimOutcome, DkimResult } from './outcome.ts';
import { signMessage, type SignOptions } from './sign.ts';
import { maxSignatures, prepare, verifyDkim, verifySignatures } from './verify.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const rsa2 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const example = dnsName('example.com');

const message =
  'From: a@example.com\r\nTo: b@example.net\r\nSubject: one\r\n two\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nHello  you \r\n\r\nBye\r\n\r\n';
const split = (text: string) => splitMessage(Buffer.from(text, 'latin1'));
const sign = (text: string, key: KeyObject = rsa, more: Partial<SignOptions> = {}): string =>
  signMessage(split(text), { domain: example, selector: 's1', keys: [{ key }], now: zoneWorldNow - 60_000, ...more }) +
  text;

const quoted = (text: string): string => (text.match(/.{1,250}/g) ?? ['']).map((part) => `"${part}"`).join(' ');
const zone = (...records: readonly (readonly [name: string, text: string])[]): string =>
  records.map(([name, text]) => `${name}. TXT ${quoted(text)}\n`).join('');
const at = 's1._domainkey.example.com';
const good = zone([at, recordOf(rsa)]);

const verify = (text: string, records: string = good, options: ZoneWorldOptions = {}, now = zoneWorldNow) =>
  verifyDkim(split(text), zoneWorld(records || 'nothing.example. A 192.0.2.1', options), now);
async function one(text: string, records?: string, options?: ZoneWorldOptions, now?: number): Promise<DkimOutcome> {
  const outcomes = await verify(text, records, options, now);
  assert.equal(outcomes.length, 1);
  return outcomes[0] as DkimOutcome;
}
const expect = (outcome: DkimOutcome, result: DkimResult, fault?: DkimFault): void => {
  assert.deepEqual([outcome.result, outcome.fault], [result, fault], outcome.reason);
  assert.match(outcome.reason, /^\S.*\.$/s);
};
/** A tag of the signature that stands on top, replaced after signing. */
const altered = (text: string, from: RegExp, to: string): string => {
  assert.match(text, from);
  return text.replace(from, to);
};

test('the samples of RFC 6376 and RFC 8463 pass', async () => {
  const records = zone(
    ['brisbane._domainkey.example.com', rfc6376.record],
    ['brisbane._domainkey.football.example.com', rfc8463.ed25519Record],
    ['test._domainkey.football.example.com', rfc8463.rsaRecord],
  );
  expect(await one(rfc6376.message, records), 'pass');
  const both = await verify(`${rfc8463.ed25519Field}\r\n${rfc8463.rsaField}\r\n${rfc8463.message}`, records);
  assert.deepEqual(
    both.map(({ result, selector, key }) => [result, selector, key?.type, key?.bits]),
    [
      ['pass', 'brisbane', 'ed25519', 256],
      ['pass', 'test', 'rsa', 1024],
    ],
  );
  // The same as a file of a Unix system.
  expect(await one(rfc6376.message.replaceAll('\r\n', '\n'), records), 'pass');
});

test('what is told of a signature', async () => {
  const signed = sign(message, rsa, { expiresSeconds: 3600 });
  const { reason, bodyHash, signatureStart, key, ...rest } = await one(signed);
  assert.equal(reason, 'The signature holds.');
  assert.equal(bodyHash?.signed, bodyHash?.computed);
  assert.equal(signatureStart?.length, 8);
  assert.deepEqual(key, {
    name: at,
    aliases: [],
    server: 'zone .',
    kind: 'found',
    texts: [recordOf(rsa)],
    type: 'rsa',
    bits: 1024,
  });
  const made = zoneWorldNow / 1000 - 60;
  assert.deepEqual(rest, {
    line: 1,
    domain: 'example.com',
    selector: 's1',
    identity: '@example.com',
    algorithm: 'rsa-sha256',
    canonicalization: { header: 'relaxed', body: 'relaxed' },
    signedHeaders: ['from', 'to', 'subject', 'date', 'from'],
    timestamp: made,
    expires: made + 3600,
    result: 'pass',
  });
});

test('what was altered is told apart: body, header field, signature, key', async () => {
  const signed = sign(message);
  const body = await one(signed.replace('Bye', 'Buy'));
  expect(body, 'fail', 'body_hash');
  assert.match(body.reason, /header fields were not/);
  const both = await one(signed.replace('Bye', 'Buy').replace('Subject: one', 'Subject: 1'));
  expect(both, 'fail', 'body_hash');
  assert.match(both.reason, /does not fit the header fields either/);
  expect(await one(signed.replace('Subject: one', 'Subject: 1')), 'fail', 'signature');
  expect(await one(signed, zone([at, recordOf(rsa2)])), 'fail', 'signature');
  // What the relaxed form forgives.
  const touched = signed
    .replace('Subject: one\r\n two', 'SUBJECT:one \t two ')
    .replace('Hello  you \r\n', 'Hello you\r\n');
  expect(await one(`${touched}\r\n\r\n`), 'pass');
  expect(await one(sign(message, rsa, { form: { header: 'simple', body: 'simple' } })), 'pass');
});

test('a From put in above or below breaks a signature that oversigns it', async () => {
  const signed = sign(message);
  expect(await one(`From: evil@example.org\r\n${signed}`), 'fail', 'signature');
  expect(await one(signed.replace('To: b', 'From: evil@example.org\r\nTo: b')), 'fail', 'signature');
  const bare = sign(message, rsa, { oversign: [] });
  expect(await one(`From: evil@example.org\r\n${bare}`), 'pass');
});

test('a signature that names itself in h= covers the others only', async () => {
  const first = sign(message);
  const second = sign(first, rsa2, { selector: 's2', headers: ['from', 'dkim-signature'] });
  const outcomes = await verify(second, zone([at, recordOf(rsa)], ['s2._domainkey.example.com', recordOf(rsa2)]));
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ['pass', 'pass'],
  );
});

test('time: expired, not yet, in the future, without end', async () => {
  const signed = sign(message, rsa, { expiresSeconds: 3600 });
  expect(await one(signed, good, {}, zoneWorldNow + 3_530_000), 'pass');
  expect(await one(signed, good, {}, zoneWorldNow + 3_601_000), 'permerror', 'expired');
  expect(await one(signed, good, {}, zoneWorldNow - 200_000), 'pass');
  expect(await one(signed, good, {}, zoneWorldNow - 3_600_000), 'pass', 'future');
  expect(await one(altered(signed, /x=\d+/, 'x=1')), 'permerror', 'timestamps');
});

test('l= that leaves octets unsigned passes with a warning, l= beyond the body fails', async () => {
  const [short, long] = [5, 5000].map((length) => withLength(message, length));
  const e1 = zone(['e1._domainkey.example.com', recordOf(ed25519)]);
  const outcome = await one(short ?? '', e1);
  expect(outcome, 'pass', 'body_length');
  assert.deepEqual(outcome.length, { signed: 5, beyond: 15 });
  assert.match(outcome.reason, /15 more are not signed/);
  expect(await one(`${short}added\r\n`, e1), 'pass', 'body_length');
  expect(await one((short ?? '').replace('Hello', 'Hallo'), e1), 'fail', 'body_hash');
  expect(await one(long ?? '', e1), 'fail', 'body_length');
});

/** Signs with `l=`, which our signer never writes: by hand, over text made here. */
function withLength(text: string, length: number): string {
  const { header, body } = split(text);
  const hasher = bodyHasher([{ form: 'simple', hash: 'sha256', length }], 'crlf');
  hasher.write(body);
  const bh = hasher.end()[0]?.digest.toString('base64');
  const field = `DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=example.com; s=e1; h=from; l=${length}; bh=${bh}; b=`;
  const from = header.fields[0]?.raw ?? '';
  return `${field}${signDigest(`${from}\r\n${field}`)}\r\n${text}`;
}

test('keys: what stands at the name decides', async () => {
  const signed = sign(message);
  const record = recordOf(rsa);
  const p = record.slice(record.indexOf('p='));
  const pkcs1 = createPublicKey(rsa).export({ format: 'der', type: 'pkcs1' }).toString('base64');
  const small = createPublicKey(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey)
    .export({ format: 'der', type: 'spki' })
    .toString('base64');
  const pem = rsa.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const ecdsa = createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    .export({ format: 'der', type: 'spki' })
    .toString('base64');
  const cases: readonly (readonly [text: string, result: DkimResult, fault?: DkimFault])[] = [
    [p, 'pass'],
    [`v=DKIM1; h=sha1:sha256; s=web:email; t=y:x; n=a note; x=1; ${p};`, 'pass'],
    [`v=DKIM1; s=*; t=s; ${p}`, 'pass'],
    [`p=${pkcs1}`, 'pass'],
    ['v=DKIM1; p=', 'permerror', 'key_revoked'],
    [`v=DKIM1; h=sha1; ${p}`, 'permerror', 'key_hash'],
    [`v=DKIM1; s=tlsrpt; ${p}`, 'permerror', 'key_service'],
    [`v=DKIM1; k=ed25519; ${p}`, 'permerror', 'key_unusable'],
    [`v=DKIM1; k=dsa; ${p}`, 'permerror', 'key_type'],
    [recordOf(ed25519), 'permerror', 'key_type'],
    [`v=DKIM2; ${p}`, 'permerror', 'key_syntax'],
    [`${p}; v=DKIM1`, 'permerror', 'key_syntax'],
    [`v=DKIM1; junk; ${p}`, 'permerror', 'key_syntax'],
    [`v=DKIM1; k=rsa; p=${small}`, 'permerror', 'key_short'],
    [`v=DKIM1; p=${pem}`, 'permerror', 'key_unusable'],
    [`v=DKIM1; p=${ecdsa}`, 'permerror', 'key_unusable'],
    [`${record.slice(0, -100)}`, 'permerror', 'key_unusable'],
    ['v=spf1 -all', 'permerror', 'key_syntax'],
  ];
  for (const [text, result, fault] of cases) expect(await one(signed, zone([at, text])), result, fault);
  const leaked = await one(signed, zone([at, `v=DKIM1; p=${pem}`]));
  assert.doesNotMatch(leaked.reason, /[A-Za-z0-9+/]{30}/);
});

test('keys: none, no answer, several, behind an alias', async () => {
  const signed = sign(message);
  const record = recordOf(rsa);
  const missing = await one(signed, '');
  expect(missing, 'permerror', 'key_missing');
  assert.deepEqual([missing.key?.kind, missing.key?.detail], ['missing', 'NXDOMAIN']);
  expect(await one(signed, `${at}. A 192.0.2.1\n`), 'permerror', 'key_missing');
  for (const reason of ['servfail', 'timeout', 'refused', 'malformed', 'unreachable'] as const) {
    const outcome = await one(signed, good, { failures: [[at, 'TXT', reason]] });
    expect(outcome, 'temperror', 'key_unavailable');
    assert.equal(outcome.key?.kind, 'unavailable');
  }
  const alias = await one(signed, `${at}. CNAME k.vendor.example.\n${zone(['k.vendor.example', record])}`);
  expect(alias, 'pass');
  assert.deepEqual(alias.key?.aliases, ['k.vendor.example']);
  // RFC 6376 §6.1.2 step 4: each is tried; other TXT does no harm.
  const several = await one(signed, zone([at, recordOf(rsa2)], [at, 'v=spf1 -all'], [at, record], [at, 'v=DKIM1; p=']));
  expect(several, 'pass');
  assert.deepEqual([several.key?.kind, several.key?.texts.length], ['several', 4]);
  const wrong = await one(signed, zone([at, recordOf(rsa2)], [at, 'v=DKIM1; p=']));
  expect(wrong, 'fail', 'signature');
  const unrelated = await one(signed, zone([at, 'a token'], [at, record]));
  assert.equal(unrelated.key?.kind, 'found');
});

test('t=s wants i= at d= itself; t=y is told and decides nothing', async () => {
  const field =
    'DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=example.com; s=e1; i=@mail.example.com; h=from;';
  const bh = wholeBodyHash(message);
  const head = `${field} bh=${bh}; b=`;
  const from = split(message).header.fields[0]?.raw ?? '';
  const signed = `${head}${signDigest(`${from}\r\n${head}`)}\r\n${message}`;
  const record = recordOf(ed25519);
  const e1 = 'e1._domainkey.example.com';
  expect(await one(signed, zone([e1, record])), 'pass');
  expect(await one(signed, zone([e1, record.replace('k=', 't=y:s; k=')])), 'permerror', 'i_strict');
  const testing = await one(signed, zone([e1, record.replace('k=', 't=y; k=')]));
  expect(testing, 'pass');
  assert.equal(testing.key?.testing, true);
  assert.match(testing.reason, /t=y/);
});

test('fields that cannot be read are neutral; what RFC 8301 and RFC 6376 refuse is permerror; no key is asked for', async () => {
  const signed = sign(message);
  const cases: readonly (readonly [from: RegExp, to: string, result: DkimResult, fault: DkimFault])[] = [
    [/v=1/, 'v=3', 'neutral', 'version'],
    [/a=rsa-sha256/, 'a=rsa-sha512', 'neutral', 'algorithm_unknown'],
    [/c=relaxed/, 'c=nofws', 'neutral', 'canonicalization_unknown'],
    [/v=1/, 'v=1; q=http', 'neutral', 'query_unknown'],
    [/bh=/, 'bh', 'neutral', 'syntax'],
    [/a=rsa-sha256/, 'a=rsa-sha1', 'permerror', 'sha1'],
    [/v=1; /, '', 'permerror', 'tag_missing'],
    [/h=from:to:(.*):from;/, 'h=to:$1;', 'permerror', 'from_unsigned'],
    [/v=1/, 'v=1; i=@example.org', 'permerror', 'i_outside_d'],
  ];
  const silent = { failures: [[at, 'TXT', 'servfail']] } as const;
  for (const [from, to, result, fault] of cases)
    expect(await one(altered(signed, from, to), good, silent), result, fault);
});

test(`of 200 signatures ${maxSignatures} are evaluated, in bounded time, and the rest is told`, async () => {
  const signed = sign(message);
  const field = signed.slice(0, signed.indexOf('From:'));
  let asked = 0;
  const world = zoneWorld(good);
  const counting = {
    resolver: { query: (...a: Parameters<typeof world.resolver.query>) => (asked++, world.resolver.query(...a)) },
  };
  const from = performance.now();
  const outcomes = await verifyDkim(split(field.repeat(199) + signed), counting as typeof world, zoneWorldNow);
  assert.ok(performance.now() - from < 20_000);
  assert.equal(asked, maxSignatures);
  assert.equal(outcomes.length, 200);
  assert.equal(outcomes.filter(({ result }) => result === 'pass').length, maxSignatures);
  expect(outcomes.at(-1) as DkimOutcome, 'neutral', 'limit');
  assert.equal(outcomes.at(-1)?.line, 199 * field.split('\r\n').length - 199 + 1);
});

test('a message without signatures has no outcome and wants no hash', async () => {
  assert.deepEqual(await verify(message), []);
  assert.deepEqual(prepare(split(message).header, 0).wants, []);
  assert.deepEqual(await verify(''), []);
});

test('keys are read once: the finder remembers them by their text', async () => {
  const findKey = keyFinder(zoneWorld(good));
  const [first, second] = [await findKey('s1', example), await findKey('s1', example)];
  assert.ok(first.key !== undefined && first.key === second.key);
});

test('property: an octet changed anywhere never makes anything throw, and never passes where it is signed', async () => {
  const signed = sign(message, ed25519);
  const findKey = keyFinder(zoneWorld(zone([at, recordOf(ed25519)])));
  await fc.assert(
    fc.asyncProperty(fc.nat(signed.length - 1), fc.integer({ min: 0, max: 255 }), async (place, octet) => {
      const octets = Buffer.from(signed, 'latin1');
      const before = octets[place];
      octets[place] = octet;
      const { header, body } = splitMessage(octets);
      const prepared = prepare(header, zoneWorldNow);
      const hasher = bodyHasher(prepared.wants, header.lineEnd);
      hasher.write(body);
      const outcomes = await verifySignatures(prepared, hasher.end(), findKey);
      // Inside a word of the body nothing is forgiven.
      const word = signed.indexOf('Hello') <= place && place < signed.indexOf('Hello') + 5;
      if (word && before !== octet) assert.notEqual(outcomes[0]?.result, 'pass');
      if (before === octet) assert.equal(outcomes[0]?.result, 'pass');
    }),
    { numRuns: 400 },
  );
});

function signDigest(text: string): string {
  return signOctets(null, hash('sha256', Buffer.from(text, 'latin1'), 'buffer'), ed25519).toString('base64');
}

function wholeBodyHash(text: string): string {
  const hasher = bodyHasher([{ form: 'simple', hash: 'sha256' }], 'crlf');
  hasher.write(split(text).body);
  return hasher.end()[0]?.digest.toString('base64') ?? '';
}

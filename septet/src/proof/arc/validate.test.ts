import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { ed25519Key, judge, plain, sealed, zone } from '../../../test/proof/arc-chains.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import { prepareArc } from './validate.ts';

const three = (): string =>
  sealed(sealed(sealed(plain), { domain: 'relay.example' }), {
    domain: 'list.example',
    key: ed25519Key,
    selector: 'e1',
  });

test('a message without ARC has no chain', async () => {
  const outcome = await judge(plain);
  assert.equal(outcome.result, 'none');
  assert.deepEqual(outcome.sets, []);
});

test('three sets, RSA and Ed25519, verify, and so does every message signature', async () => {
  const outcome = await judge(three());
  assert.equal(outcome.result, 'pass', outcome.reason);
  assert.equal(outcome.oldestPass, 0);
  assert.deepEqual(
    outcome.sets.map(({ instance, domain, selector, claimed }) => [instance, domain, selector, claimed]),
    [
      [1, 'list.example', 's1', 'none'],
      [2, 'relay.example', 's1', 'pass'],
      [3, 'list.example', 'e1', 'pass'],
    ],
  );
  assert.equal(outcome.sets[0]?.results?.authservId, 'mx.list.example');
  assert.equal(outcome.sets[2]?.message?.key?.type, 'ed25519');
});

test('a footer between two sealers breaks the older message signature only: oldest-pass tells it', async () => {
  const outcome = await judge(sealed(`${sealed(plain)}A footer\r\n`, { domain: 'relay.example' }));
  assert.equal(outcome.result, 'pass', outcome.reason);
  assert.equal(outcome.oldestPass, 2);
  assert.equal(outcome.sets[0]?.message?.fault, 'body_hash');
});

test('a change after the last sealer fails the chain, and the seals still tell that the sets are whole', async () => {
  const outcome = await judge(`${three()}A footer\r\n`);
  assert.equal(outcome.result, 'fail');
  assert.match(outcome.reason, /set 3 \(list\.example\), the newest.*body was changed/);
  assert.equal(outcome.oldestPass, undefined);
  assert.deepEqual(
    outcome.sets.map(({ seal }) => seal?.result),
    ['pass', 'pass', 'pass'],
  );
});

test('a changed field of an old set fails every seal above it', async () => {
  const outcome = await judge(three().replace(/(i=1;\r\n {2}mx\.list\.example;\r\n {2}spf=)pass/, '$1fail'));
  assert.equal(outcome.result, 'fail');
  assert.match(outcome.reason, /^The seal of set 3/);
  assert.deepEqual(
    outcome.sets.map(({ seal }) => seal?.result),
    ['fail', 'fail', 'fail'],
  );
});

const withoutField = (message: string, name: string, instance: number): string =>
  message.replace(
    new RegExp(`^${name}:(?:(?!\\r\\n(?![ \\t]))[^])*?i=${instance}[;\\r](?:(?!\\r\\n(?![ \\t]))[^])*\\r\\n`, 'm'),
    '',
  );

test('the form of the chain: sets that lack a field, stand twice, leave a gap, or claim what they may not', async () => {
  const two = sealed(sealed(plain), { domain: 'relay.example' });
  const cases: readonly (readonly [string, RegExp])[] = [
    [withoutField(two, 'ARC-Authentication-Results', 1), /Set 1 has no ARC-Authentication-Results/],
    [withoutField(two, 'ARC-Message-Signature', 2), /Set 2 has no ARC-Message-Signature/],
    [withoutField(two, 'ARC-Seal', 1), /Set 1 has no ARC-Seal/],
    [`ARC-Authentication-Results: i=1; x; none\r\n${two}`, /Set 1 has more than one ARC-Authentication-Results/],
    [two.slice(0, two.indexOf('ARC-Seal', 10)) + plain, /has no set 1/],
    [two.replace('cv=none', 'cv=pass'), /set 1 has cv=pass where cv=none/],
    [two.replace('cv=pass', 'cv=none'), /set 2 has cv=none where cv=pass/],
    [two.replace('cv=pass', 'cv=fail'), /says cv=fail/],
    [`ARC-Authentication-Results: x; none; i=3\r\n${two}`, /line 1 has no instance/],
    [`ARC-Seal: i=51; cv=pass\r\n${two}`, /no instance from 1 to 50.*i=51/],
  ];
  for (const [message, reason] of cases) {
    const outcome = await judge(message);
    assert.equal(outcome.result, 'fail');
    assert.match(outcome.reason, reason);
    assert.match(outcome.reason, /RFC 8617 §/);
  }
});

test('a key that cannot be looked up is temperror, unless something else has failed for certain', async () => {
  const failures = [['s1._domainkey.relay.example', 'TXT', 'servfail']] as const;
  const outcome = await judge(three(), { failures });
  assert.equal(outcome.result, 'temperror');
  assert.match(outcome.reason, /could not be looked up.*§5\.2\.1/);
  assert.equal(outcome.oldestPass, 3);
  assert.equal((await judge(`${three()}x`, { failures })).result, 'fail');
});

test('a missing key fails, and says which', async () => {
  const outcome = await judge(three(), { zone: zone.replace(/^s1\._domainkey\.relay.*\n/m, '') });
  assert.equal(outcome.result, 'fail');
  assert.equal(outcome.sets[1]?.seal?.fault, 'key_missing');
  assert.match(outcome.reason, /set 2 \(relay\.example\).*no key at s1\._domainkey\.relay\.example/);
});

test('what a message signature and a seal must not have', async () => {
  const one = sealed(plain);
  const bad = async (message: string): Promise<string> => (await judge(message)).reason;
  assert.match(await bad(one.replace('ARC-Seal: a=rsa-sha256;', 'ARC-Seal: a=rsa-sha256; h=from;')), /must not have/);
  assert.match(await bad(one.replace(/h=from:/, 'h=arc-seal:from:')), /must not sign/);
  assert.match(await bad(one.replace(/h=from:/, 'h=')), /does not name From/);
  assert.match(await bad(one.replace('a=rsa-sha256', 'a=rsa-sha1')), /rsa-sha1/);
});

test('50 sets verify; 200 and heaps of junk are turned away without a key being asked for', async () => {
  let message = plain;
  for (let i = 0; i < 50; i++) message = sealed(message, { key: ed25519Key, selector: 'e1' });
  const outcome = await judge(message);
  assert.equal(outcome.result, 'pass', outcome.reason);
  assert.equal(outcome.sets.length, 50);

  const many = Array.from({ length: 200 }, (_, i) => `ARC-Seal: i=${i + 1}; cv=pass; a=x\r\n`).join('');
  const prepared = prepareArc(parseHeader(Buffer.from(`${many}\r\n`)));
  assert.equal(prepared.collected.kind, 'broken');
  assert.equal(prepared.wants.length, 0);
  assert.ok(prepared.collected.kind === 'broken' && prepared.collected.told.length <= 50);
});

test('random changes never throw, and never pass where a seal was changed', async () => {
  const whole = sealed(sealed(plain), { domain: 'relay.example' });
  const end = whole.indexOf('Received:');
  await fc.assert(
    fc.asyncProperty(fc.nat(end - 1), fc.integer({ min: 33, max: 126 }), async (at, octet) => {
      const changed = whole.slice(0, at) + String.fromCharCode(octet) + whole.slice(at + 1);
      const outcome = await judge(changed);
      const same = (text: string): string => text.slice(0, end).toLowerCase().replaceAll(/\s+/g, '');
      if (same(changed) !== same(whole)) assert.notEqual(outcome.result, 'pass', changed.slice(0, end));
    }),
    { numRuns: 150 },
  );
});

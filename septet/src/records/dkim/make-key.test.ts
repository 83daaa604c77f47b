import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { readKey } from './key.ts';
import {
  factsOf,
  fitsRecord,
  keyName,
  keyTypes,
  makeKey,
  maxPemOctets,
  parseSelector,
  pemOf,
  readPrivateKey,
  recordOf,
  revokedRecord,
} from './make-key.ts';
import { parse } from './record.ts';

const domain = dnsName('example.com');

/** A verifier's way: the key out of the record alone. */
function published(record: string): KeyObject {
  const parsed = parse(record);
  assert.equal(parsed.kind, 'good');
  const octets = Buffer.from(parsed.kind === 'good' ? parsed.value.publicKey : '', 'base64');
  const ed25519 = octets.length === 32;
  const der = ed25519 ? Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), octets]) : octets;
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

test('each type of key: the record verifies what the private half signs, and another key does not', async () => {
  for (const type of keyTypes) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: generating keys takes the whole processor
    const key = await makeKey(type);
    const record = recordOf(key);
    const parsed = parse(record);
    assert.equal(parsed.kind === 'good' ? parsed.problems.length : -1, 0, record);
    const data = Buffer.from('a message');
    const hash = type === 'ed25519' ? null : 'sha256';
    assert.ok(verify(hash, data, published(record), sign(hash, data, key)), type);
    assert.ok(!verify(hash, Buffer.from('another'), published(record), sign(hash, data, key)));
    assert.deepEqual(
      factsOf(key),
      type === 'ed25519' ? { type, bits: 256 } : { type: 'rsa', bits: Number(type.slice(3)) },
    );
  }
});

test('PEM and back is the same key, and so is PKCS#1', async () => {
  const key = await makeKey('rsa2048');
  for (const pem of [pemOf(key), key.export({ format: 'pem', type: 'pkcs1' }).toString(), `\r\n${pemOf(key)}\n\n`]) {
    const read = readPrivateKey(pem);
    assert.equal(read.kind, 'good');
    assert.ok(read.kind === 'good' && read.key.equals(key) && read.warnings.length === 0);
  }
  const ed = await makeKey('ed25519');
  const read = readPrivateKey(pemOf(ed));
  assert.ok(read.kind === 'good' && read.key.equals(ed));
});

test('a record fits the key it was made of, in whatever spelling, and no other', async () => {
  const [one, other] = [await makeKey('rsa2048'), await makeKey('rsa2048')];
  const record = recordOf(one);
  assert.ok(fitsRecord(one, record));
  assert.ok(!fitsRecord(other, record));
  assert.ok(!fitsRecord(one, revokedRecord));
  assert.ok(!fitsRecord(one, 'v=spf1 -all'));
  const spki = Buffer.from(record.slice(record.indexOf('p=') + 2), 'base64');
  assert.ok(fitsRecord(one, `p=${spki.subarray(24).toString('base64')}; t=s`), 'PKCS#1, tags in another order');
});

test('an empty p= is read as a revoked key', () => {
  const parsed = parse(revokedRecord);
  assert.ok(parsed.kind === 'good' && parsed.value.publicKey === '');
});

test('what is no usable private key is refused with a sentence that says what to do', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = pemOf(rsa.privateKey);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /holds no PEM/],
    ['v=DKIM1; k=rsa; p=MIIB', /is a key record: the public half/],
    [rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(), /public half/],
    [
      rsa.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(),
      /encrypted.*openssl pkey/,
    ],
    [
      rsa.privateKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(),
      /encrypted/,
    ],
    [pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), /of the kind ECDSA/],
    [pemOf(generateKeyPairSync('ed448').privateKey), /of the kind Ed448/],
    [pemOf(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey), /768 bits.*RFC 8301/],
    [pem.slice(0, 600), /damaged or cut off/],
    [pem + pem, /2 PEM blocks/],
    ['-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n', /certificate/],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n', /OpenSSH/],
    ['x'.repeat(maxPemOctets + 1), /64 kB/],
  ];
  for (const [text, why] of cases) {
    const read = readPrivateKey(text);
    assert.equal(read.kind, 'bad', text.slice(0, 40));
    if (read.kind === 'bad') assert.match(read.why, why);
  }
});

test('short keys and odd exponents are taken with a warning', () => {
  const short = readPrivateKey(pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey));
  assert.match(short.kind === 'good' ? short.warnings.join() : '', /1024 bits; signers should use 2048/);
  const three = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey;
  const odd = readPrivateKey(pemOf(three));
  assert.match(odd.kind === 'good' ? odd.warnings.join() : '', /exponent is 3/);
});

test('whatever is in the file: no exception, and never a part of the text in the sentence', () => {
  const secret = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj';
  fc.assert(
    fc.property(
      fc.constantFrom('PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'PUBLIC KEY'),
      fc.string({ maxLength: 200 }),
      (label, noise) => {
        const read = readPrivateKey(`-----BEGIN ${label}-----\n${secret}${noise}\n-----END ${label}-----\n`);
        assert.ok(read.kind === 'bad' && !read.why.includes(secret.slice(0, 12)));
      },
    ),
    { numRuns: 200 },
  );
});

test('selectors: small letters, labels joined by dots, nothing that is no name or leaves the folder', () => {
  assert.equal(parseSelector('S1', domain), 's1');
  assert.equal(parseSelector(' s1._domainkey.example.com ', domain), 's1');
  assert.equal(parseSelector('march.2026', domain), 'march.2026');
  for (const text of ['', '.', '..', '../x', 'a/b', '-a', 'a-', 'a..b', 'ä', 'a b', 'a'.repeat(64), 's*']) {
    assert.equal(parseSelector(text, domain), undefined, text);
  }
  assert.equal(keyName('s1', domain), 's1._domainkey.example.com');
});

test('the public half holds no private octets', async () => {
  const key = await makeKey('rsa2048');
  const record = recordOf(key);
  assert.equal(readKey(Buffer.from(record.slice(record.indexOf('p=') + 2), 'base64')).kind, 'rsa');
});

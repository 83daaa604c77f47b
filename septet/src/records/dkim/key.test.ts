import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { checkPrimeSync, createPublicKey, generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { certificate, rsaModulus, spki } from '../../../test/dkim-keys.ts';
import { type KeyMaterial, publishable, readKey } from './key.ts';
import { sampleEd25519, shareFactor, weaknessOf } from './weak-keys.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const der = pair.publicKey.export({ type: 'spki', format: 'der' });

test('bits, modulus and exponent agree with OpenSSL', () => {
  for (const modulusLength of [1024, 1025, 1031, 2048]) {
    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength,
      publicExponent: modulusLength === 1031 ? 3 : 65537,
    });
    for (const type of ['spki', 'pkcs1'] as const) {
      const bytes = publicKey.export({ type, format: 'der' });
      const key = readKey(bytes);
      assert.ok(key.kind === 'rsa');
      assert.equal(key.form, type);
      assert.equal(key.bits, publicKey.asymmetricKeyDetails?.modulusLength);
      assert.equal(key.exponent, String(publicKey.asymmetricKeyDetails?.publicExponent));
      const jwk = publicKey.export({ format: 'jwk' });
      assert.equal(BigInt(`0x${key.modulus}`), BigInt(`0x${Buffer.from(jwk.n ?? '', 'base64url').toString('hex')}`));
      assert.equal(publishable(key), publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
      assert.equal(weaknessOf(key.modulus), undefined);
    }
  }
});

test('what else people paste is told apart', () => {
  const kinds = (bytes: Uint8Array): string => {
    const key: KeyMaterial = readKey(bytes);
    if (key.kind === 'private') return `private ${key.format}`;
    if (key.kind === 'foreign') return `foreign ${key.algorithm}`;
    return key.kind === 'ed25519' ? `ed25519 ${key.form}` : key.kind;
  };
  assert.equal(kinds(pair.privateKey.export({ type: 'pkcs1', format: 'der' })), 'private PKCS#1');
  assert.equal(kinds(pair.privateKey.export({ type: 'pkcs8', format: 'der' })), 'private PKCS#8');
  assert.equal(kinds(pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(0, 255)), 'private PKCS#8');
  const locked = { type: 'pkcs8', format: 'der', cipher: 'aes-128-cbc', passphrase: 'x' } as const;
  assert.equal(kinds(pair.privateKey.export(locked)), 'private PKCS#8');
  const ed = generateKeyPairSync('ed25519');
  assert.equal(kinds(ed.privateKey.export({ type: 'pkcs8', format: 'der' })), 'private PKCS#8');
  const spkiForm = ed.publicKey.export({ type: 'spki', format: 'der' });
  assert.equal(spkiForm.length, 44);
  assert.equal(kinds(spkiForm), 'ed25519 spki');
  assert.equal(kinds(spkiForm.subarray(12)), 'ed25519 raw');
  assert.equal(publishable(readKey(spkiForm)), spkiForm.subarray(12).toString('base64'));
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.equal(kinds(ec.publicKey.export({ type: 'spki', format: 'der' })), 'foreign ECDSA');
  assert.equal(kinds(ec.privateKey.export({ type: 'sec1', format: 'der' })), 'private SEC1');
  assert.equal(kinds(Buffer.from('hello world, this is text')), 'unreadable');
  assert.equal(kinds(new Uint8Array()), 'unreadable');
  assert.equal(kinds(Buffer.from(certificate, 'base64')), 'certificate');
  assert.equal(kinds(Buffer.from(certificate, 'base64').subarray(0, 190)), 'certificate');
});

test('a cut key says how much is missing, a longer one how much is left over', () => {
  assert.deepEqual(readKey(der.subarray(0, 190)), { kind: 'truncated', declaredOctets: 294, presentOctets: 190 });
  const longer = readKey(Buffer.concat([der, Buffer.from('xyz')]));
  assert.ok(longer.kind === 'rsa' && longer.trailingOctets === 3);
});

test('any octets are read without an exception; what counts as RSA is read the same by OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(293), fc.nat(255), fc.nat(294), (noise, at, octet, cut) => {
      readKey(noise);
      const changed = Buffer.from(der);
      changed[at] = octet;
      readKey(changed.subarray(0, cut));
      const key = readKey(changed);
      if (key.kind !== 'rsa' || key.trailingOctets > 0) return;
      const canonical = publishable(key);
      const back = createPublicKey({ key: Buffer.from(canonical ?? '', 'base64'), format: 'der', type: 'spki' });
      assert.equal(back.asymmetricKeyDetails?.modulusLength, key.bits);
    }),
    { numRuns: 500 },
  );
});

test('weak keys', () => {
  const n = rsaModulus(2048);
  assert.equal(weaknessOf(n.toString(16)), undefined);
  assert.equal(weaknessOf((n * 3n).toString(16)), 'small-factor');
  assert.equal(weaknessOf((n + 1n).toString(16)), 'small-factor');

  const p = generatePrimeSync(512, { bigint: true });
  let q = p + 2n;
  while (!checkPrimeSync(q)) q += 2n;
  assert.equal(weaknessOf((p * q).toString(16)), 'close-primes');
  assert.equal(weaknessOf((p * p).toString(16)), 'close-primes');
  const far = generatePrimeSync(512, { bigint: true });
  assert.equal(weaknessOf((p * far).toString(16)), undefined);

  // A modulus that is a power of 65537 modulo the small primes, as those of the Infineon library are.
  const product = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].reduce(
    (all, prime) => all * BigInt(prime),
    1n,
  );
  let roca = (65537n ** 5n % product) + product * (n >> 128n);
  while (weaknessOf(roca.toString(16)) === 'small-factor') roca += product;
  assert.equal(weaknessOf(roca.toString(16)), 'roca');

  assert.ok(shareFactor((p * q).toString(16), (p * far).toString(16)));
  assert.ok(!shareFactor((p * q).toString(16), (far * 65537n).toString(16)));
  assert.ok(!shareFactor((p * q).toString(16), (p * q).toString(16)));
});

test('the keys printed in the standards', () => {
  const rfc6376 =
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB';
  const key = readKey(Buffer.from(rfc6376, 'base64'));
  assert.ok(key.kind === 'rsa' && key.bits === 1024 && weaknessOf(key.modulus) === 'sample-key');
  const ed = readKey(Buffer.from('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', 'base64'));
  assert.ok(ed.kind === 'ed25519' && ed.publicKey === sampleEd25519);
});

test('a modulus of absurd length costs no time', () => {
  const started = process.hrtime.bigint();
  const huge = readKey(Buffer.from(spki((1n << 200_000n) + 1n), 'base64'));
  assert.ok(huge.kind === 'rsa' && huge.bits === 200_001);
  assert.equal(weaknessOf(huge.modulus), undefined);
  assert.ok(process.hrtime.bigint() - started < 10_000_000_000n);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { findBinary, missing } from '../servers/process.ts';
import { certificateRequest, challengeCertificate, newKey } from '../../src/serve/certificates/request-forms.ts';

const name = dnsName('mta-sts.example.com');
const skip = await missing('openssl');
const openssl = (await findBinary('openssl')) ?? '';

test('openssl reads the request, and its signature holds', { skip }, () => {
  const request = certificateRequest(name, createPrivateKey(newKey()));
  const text = execFileSync(openssl, ['req', '-verify', '-noout', '-text'], {
    input: request,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  assert.match(text, /DNS:mta-sts\.example\.com/);
  assert.match(text, /ASN1 OID: prime256v1/);
  assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
});

test(
  'openssl and Node read the certificate for acme-tls/1: the one name, and the digest as a critical extension',
  { skip },
  () => {
    const authorization = 'token.thumbprint';
    const key = createPrivateKey(newKey());
    const now = Date.now();
    const serial = randomBytes(8);
    serial[0] = 0x80; // needs a zero octet in front
    const pem = challengeCertificate(name, authorization, key, { now, serial });
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.subjectAltName, 'DNS:mta-sts.example.com');
    assert.ok(certificate.verify(certificate.publicKey) && certificate.checkPrivateKey(key));
    assert.ok(Date.parse(certificate.validFrom) < now && Date.parse(certificate.validTo) > now);
    assert.equal(certificate.serialNumber.toLowerCase(), serial.toString('hex'));
    const text = execFileSync(openssl, ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' });
    assert.match(text, /1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
    const digest = createHash('sha256').update(authorization).digest('hex');
    assert.ok(certificate.raw.toString('hex').includes(`0420${digest}`));
  },
);

test('times from 2050 on are written in full (RFC 5280 §4.1.2.5)', () => {
  const now = Date.parse('2049-12-30T12:00:00Z');
  const pem = challengeCertificate(name, 'x', createPrivateKey(newKey()), { now, serial: Uint8Array.of(0x40, 1) });
  const certificate = new X509Certificate(pem);
  assert.equal(new Date(certificate.validFrom).toISOString(), '2049-12-29T12:00:00.000Z');
  assert.equal(new Date(certificate.validTo).toISOString(), '2050-01-06T12:00:00.000Z');
});

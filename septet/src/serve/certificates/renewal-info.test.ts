import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { selfSigned } from '../../sandbox/certificates.ts';
import { certIdFrom, certIdOf, momentIn, nextAskMs, readRenewalInfo, twoThirds } from './renewal-info.ts';

const hour = 3_600_000;

test('the id of a certificate is that of the example (RFC 9773 §4.1), zero octet of the serial number included', () => {
  const keyIdentifier = Buffer.from('69885b6b87464041e1b37b847ba0ae2cde01c8d4', 'hex');
  assert.equal(certIdFrom(keyIdentifier, Buffer.from('0087654321', 'hex')), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

test('a certificate that does not name its authority’s key has no id', () => {
  const { certificate } = selfSigned(['a.example'], Date.now());
  assert.equal(certIdOf(new X509Certificate(certificate)), undefined);
});

test('a window is read; what ends before it starts, or is no time, is none', () => {
  const window = { start: '2027-01-02T03:04:05Z', end: '2027-01-03T03:04:05.25+01:00' };
  assert.deepEqual(readRenewalInfo({ suggestedWindow: window, explanationURL: 'https://a.example/why' }), {
    start: Date.parse(window.start),
    end: Date.parse(window.end),
    explanation: 'https://a.example/why',
  });
  for (const bad of [
    undefined,
    null,
    [],
    {},
    { suggestedWindow: { start: window.end, end: window.start } },
    { suggestedWindow: { start: window.start, end: window.start } },
    { suggestedWindow: { start: 'soon', end: window.end } },
    { suggestedWindow: { start: '2027', end: window.end } },
  ])
    assert.equal(readRenewalInfo(bad), undefined, JSON.stringify(bad));
  const odd = readRenewalInfo({ suggestedWindow: window, explanationURL: 'javascript:alert(1)' });
  assert.equal(odd?.explanation, undefined);
});

test('foreign JSON never throws', () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => void readRenewalInfo(json)));
});

test('moments lie in their window; two thirds is two thirds; questions come once a minute to once a day', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (start, length, share) => {
        const at = momentIn({ start, end: start + length }, share);
        assert.ok(at >= start && at <= start + length);
      },
    ),
  );
  assert.equal(twoThirds({ notBefore: 1000, notAfter: 1000 + 90 * hour }), 1000 + 60 * hour);
  assert.deepEqual([undefined, 0, 5 * hour, 100 * hour].map(nextAskMs), [6 * hour, 60_000, 5 * hour, 24 * hour]);
});

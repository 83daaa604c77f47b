import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caaNamesOf } from './issuers.ts';

test('an issuer is known by its own names in CAA records, and unknown ones by none', () => {
  assert.deepEqual(caaNamesOf("C=US, O=Let's Encrypt, CN=R11"), ['letsencrypt.org']);
  assert.equal(caaNamesOf('C=US, O=Google Trust Services, CN=WR2')[0], 'pki.goog');
  assert.equal(caaNamesOf('C=US, O=Amazon, CN=Amazon RSA 2048 M03')[0], 'amazon.com');
  assert.deepEqual(caaNamesOf('CN=Septet test authority'), []);
});

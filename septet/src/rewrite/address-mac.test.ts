import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressMac } from './address-mac.ts';

test('it is HMAC-SHA256, one text after the other', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.array(fc.string({ maxLength: 300 }), { maxLength: 4 }),
      (secret, texts) => {
        const key = createSecretKey(secret);
        const mac = addressMac(key, 300);
        for (const text of texts)
          assert.equal(mac(text), createHmac('sha256', key).update(text, 'latin1').digest('base64url'));
      },
    ),
  );
});

test('the first example of RFC 4231 §4.2', () => {
  const mac = addressMac(createSecretKey(Buffer.alloc(20, 0x0b)), 8);
  const expected = 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7';
  assert.equal(Buffer.from(mac('Hi There'), 'base64url').toString('hex'), expected);
  assert.throws(() => mac('nine of it'), RangeError);
  assert.throws(() => addressMac(createSecretKey(Buffer.alloc(65)), 8), RangeError);
});

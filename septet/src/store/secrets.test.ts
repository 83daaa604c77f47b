import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSecretKey, seal, unseal } from './secrets.ts';
import { StoreFault } from './sql/sql-fault.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

test('what is sealed opens with its key and name, and with nothing else', () => {
  fc.assert(
    fc.property(octets(32), octets(12), fc.string(), fc.string({ unit: 'grapheme' }), (key, nonce, name, value) => {
      const sealed = seal(key, name, value, nonce);
      assert.equal(unseal(key, name, sealed), value);
      const other = key.map((octet) => octet ^ 1);
      assert.throws(() => unseal(other, name, sealed), StoreFault);
      assert.throws(() => unseal(key, `${name}x`, sealed), StoreFault);
    }),
  );
});

test('a changed or torn text does not open, and the fault does not tell the value', () => {
  const key = new Uint8Array(32).fill(1);
  const sealed = seal(key, 'token', 'hunter2', new Uint8Array(12));
  const raw = Buffer.from(sealed.slice(3), 'base64');
  for (let i = 0; i < raw.length; i++) {
    const changed = Buffer.from(raw);
    changed[i]! ^= 1;
    assert.throws(
      () => unseal(key, 'token', `v1:${changed.toString('base64')}`),
      /^Error: The secret token cannot be read/,
    );
  }
  for (const torn of ['', 'v1:', 'hunter2', sealed.slice(0, 30), `v2:${sealed.slice(3)}`]) {
    assert.throws(
      () => unseal(key, 'token', torn),
      (error) => error instanceof StoreFault && !error.message.includes('hunter2') && error.cause === undefined,
    );
  }
});

test('keys in base64, base64url and hexadecimal', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
  const buffer = Buffer.from(key);
  for (const text of [
    buffer.toString('hex'),
    buffer.toString('hex').toUpperCase(),
    buffer.toString('base64'),
    buffer.toString('base64url'),
    ` ${buffer.toString('base64')}\n`,
  ]) {
    assert.deepEqual(Buffer.from(parseSecretKey(text)), buffer);
  }
  for (const text of ['', 'geheim', buffer.toString('hex').slice(2), `${buffer.toString('base64')}AAAA`]) {
    assert.throws(
      () => parseSecretKey(text),
      (error) =>
        error instanceof StoreFault &&
        /32 octets/.test(error.message) &&
        (text === '' || !error.message.includes(text)),
    );
  }
});

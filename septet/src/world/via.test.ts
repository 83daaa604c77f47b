/** How `--via` is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLoopback, parseVia, viaText, type ViaResult } from './via.ts';

const env = { MAIL_PASSWORD: 'p@ss:w/rd%', EMPTY: '' };
const via = (text: string): ViaResult => parseVia(text, env);
const good = (text: string) => {
  const result = via(text);
  assert.equal(result.kind, 'good', result.kind === 'bad' ? result.why : '');
  return result as Extract<ViaResult, { kind: 'good' }>;
};

test('host, port, TLS and login are read', () => {
  assert.deepEqual(good('smtp://mail.example.com'), {
    kind: 'good',
    via: { host: 'mail.example.com', port: 587, tls: 'required' },
    literalPassword: false,
  });
  assert.deepEqual(good('SMTPS://mail.example.com/').via, { host: 'mail.example.com', port: 465, tls: 'implicit' });
  assert.deepEqual(good('smtp://127.0.0.1:2525').via, { host: '127.0.0.1', port: 2525, tls: 'optional' });
  assert.deepEqual(good('smtp://[2001:db8::1]:25?tls=optional').via, {
    host: '2001:db8::1',
    port: 25,
    tls: 'optional',
  });
  assert.equal(good('smtp://localhost:25?tls=required').via.tls, 'required');
  assert.deepEqual(good('smtp://a%40b:c%25@host').via.login, { user: 'a@b', password: 'c%' });
  assert.equal(good('Postfix=smtp://host').sender, 'postfix');
  assert.equal(good('ses-2=smtp://u:a=b@host').sender, 'ses-2');
  assert.equal(good('smtp://u:a=b@host').sender, undefined);
});

test('a password comes out of the environment as it stands there', () => {
  const result = good('smtp://me:${MAIL_PASSWORD}@host');
  assert.deepEqual(result.via.login, { user: 'me', password: 'p@ss:w/rd%' });
  assert.equal(result.literalPassword, false);
  assert.equal(good('smtp://me:secret@host').literalPassword, true);
});

test('what cannot be used gets a sentence that names the cure and never the password', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['mail.example.com', /no address of a server\. Write smtp:\/\//],
    ['https://host', /begins with smtp:\/\/ or smtps:\/\//],
    ['smtp://me:hunter2@host:99999', /port 99999/],
    ['smtp://me:hunter2@host:0', /port 0/],
    ['smtp://me@host', /user without a password/],
    ['smtp://me:${UNSET}@host', /UNSET, which is not set/],
    ['smtp://me:${EMPTY}@host', /EMPTY, which is not set/],
    ['smtp://me:hunter2%@host', /write % as %25/],
    ['smtps://me:hunter2@host?tls=optional', /takes no \?tls=/],
    ['smtp://me:hunter2@host?tls=never', /tls=required or tls=optional/],
    [`smtp://me:hunter2@${'h'.repeat(3000)}`, /too long/],
  ];
  for (const [text, words] of cases) {
    const result = via(text);
    assert.equal(result.kind, 'bad', text);
    assert.match(result.kind === 'bad' ? result.why : '', words);
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
  }
});

test('no text makes it throw or hang', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'smtp:/@?=[]%${}.1a'), maxLength: 60 }), (text) => void via(text)),
  );
  fc.assert(fc.property(fc.string(), (text) => void via(`smtp://${text}`)));
});

test('loopback is what cannot leave the machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.equal(isLoopback(host), true, host);
  for (const host of ['10.0.0.1', 'localhost.example.com', '0.0.0.0', '2001:db8::1'])
    assert.equal(isLoopback(host), false, host);
  assert.equal(viaText({ host: '::1', port: 25, tls: 'optional', login: { user: 'u', password: 'p' } }), '[::1]:25');
});

/** `relay:` in the configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './read-config.ts';

const read = (relay: string, env: Readonly<Record<string, string>> = {}) =>
  readConfig(`domains: { example.com: {} }\nrelay:\n${relay}\n`, { file: '/etc/septet/septet.yaml', env });

test('every key is read; paths are meant from the folder of the file, and secrets stay where they are', () => {
  const result = read(`  listen: 127.0.0.1:2600
  to: smtp://app:\${PASSWORD}@mail.example.com:587
  milter: unix:/run/septet/milter
  name: relay.example.com
  networks: [ 127.0.0.0/8, 10.0.0.0/24 ]
  users: [ { name: app, password: \${RELAY_PASSWORD} }, { name: other, password: { file: other } } ]
  certificate: relay.pem
  key: /keys/relay.pem
  maxSize: 50
  onFault: tempfail
  text: true
  unsubscribe: replace`);
  assert.ok(result.kind === 'good', JSON.stringify(result));
  assert.deepEqual(result.config.relay, {
    listen: '127.0.0.1:2600',
    to: { kind: 'text', text: 'smtp://app:${PASSWORD}@mail.example.com:587' },
    milter: 'unix:/run/septet/milter',
    name: 'relay.example.com',
    networks: ['127.0.0.0/8', '10.0.0.0/24'],
    users: [
      { name: 'app', password: { kind: 'env', name: 'RELAY_PASSWORD' } },
      { name: 'other', password: { kind: 'file', name: '/etc/septet/other' } },
    ],
    certificate: '/etc/septet/relay.pem',
    key: '/keys/relay.pem',
    maxSize: 50,
    onFault: 'tempfail',
    text: true,
    unsubscribe: 'replace',
  });
  const other = (to: string) => {
    const one = read(`  to: ${to}`);
    return one.kind === 'good' ? one.config.relay?.to : undefined;
  };
  assert.deepEqual(other('direct'), { kind: 'direct' });
  assert.deepEqual(other('${RELAY_TO}'), { kind: 'env', name: 'RELAY_TO' });
  assert.deepEqual(other('{ file: to }'), { kind: 'file', name: '/etc/septet/to' });
});

test('what cannot be used is told at its place, and no password is repeated', () => {
  for (const [text, words] of [
    ['  to: smtp://u:hidden@mail.example.com', /relay\.to holds a password/],
    ['  to: http://mail.example.com', /relay\.to/],
    ['  listen: 2526', /relay\.listen is an address and a port/],
    ['  milter: 127.0.0.1:1', /relay\.milter is inet/],
    ['  users: [ { name: app, password: hidden } ]', /is a secret and is not written out/],
    ['  users: [ { name: app } ]', /lacks password/],
    ['  certificate: a.pem', /relay\.certificate needs key too/],
    ['  onFault: drop', /relay\.onFault is accept or tempfail/],
    ['  wohin: x', /is not a key in relay/],
  ] as const) {
    const result = read(text);
    assert.ok(result.kind === 'bad', text);
    const messages = result.problems.map(({ message }) => message).join('\n');
    assert.match(messages, words);
    assert.doesNotMatch(messages, /hidden/);
  }
});

/** The options of `septet relay`, with the section of the configuration below them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayConfig } from '../../config/relay-keys.ts';
import { InputError } from '../io.ts';
import { relaySettings, type RelayOptions } from './relay-options.ts';

const io = {
  env: { PASSWORD: 's', RELAY_PASSWORD: 'a password', TO: 'smtp://10.0.0.1:25' },
  readFile: async () => Buffer.from(''),
};
const settings = (options: RelayOptions, config: RelayConfig = {}) => relaySettings(options, config, io);

test('defaults: this machine, port 2526, 25 MB, and no login', async () => {
  const read = await settings({ to: 'smtp://127.0.0.1:10026' });
  assert.deepEqual(
    [read.smtp?.host, read.smtp?.port, read.maxOctets, read.users, read.name, read.milter, read.onFault],
    ['127.0.0.1', 2526, 26_214_400, [], 'localhost', undefined, 'accept'],
  );
  assert.ok(read.smtp?.target.kind === 'next' && read.smtp.target.place.tls === 'optional');
  assert.deepEqual((await settings({ milter: true })).milter, { kind: 'inet', host: '127.0.0.1', port: 8891 });
  assert.equal((await settings({ milter: true })).smtp, undefined);
  assert.deepEqual((await settings({ milter: 'unix:/run/m' })).milter, { kind: 'unix', path: '/run/m' });
});

test('a next server elsewhere is spoken to over TLS that is checked, and the password comes from the environment', async () => {
  const { smtp } = await settings({ to: 'smtp://app:${PASSWORD}@mail.example.com:587', listen: '[::1]:0' });
  assert.ok(smtp?.target.kind === 'next');
  const { place } = smtp.target;
  assert.deepEqual(
    [place.tls, place.secure.verify, place.login, place.loginInClear, smtp.host],
    ['required', true, { user: 'app', password: 's' }, false, '::1'],
  );
});

test('the configuration holds what no option says', async () => {
  const config: RelayConfig = {
    listen: '127.0.0.1:2600',
    to: { kind: 'env', name: 'TO' },
    milter: 'inet:127.0.0.1:8892',
    name: 'relay.example.com',
    networks: ['10.0.0.0/8'],
    users: [{ name: 'app', password: { kind: 'env', name: 'RELAY_PASSWORD' } }],
    maxSize: 5,
    onFault: 'tempfail',
  };
  const read = await settings({}, config);
  assert.deepEqual(
    [read.smtp?.port, read.maxOctets, read.users, read.name, read.milter, read.onFault, read.networks[0]?.prefixLength],
    [
      2600,
      5 * 1024 ** 2,
      [{ name: 'app', password: 'a password' }],
      'relay.example.com',
      { kind: 'inet', host: '127.0.0.1', port: 8892 },
      'tempfail',
      8,
    ],
  );
  assert.equal((await settings({ listen: '127.0.0.1:1' }, config)).smtp?.port, 1);
  assert.equal((await settings({ direct: true }, config)).smtp?.target.kind, 'direct');
  // The milter alone.
  assert.equal((await settings({ milter: true }, config)).smtp, undefined);
});

test('each that cannot be used gets its sentence', async () => {
  const to = 'smtp://127.0.0.1:25';
  const cases: readonly (readonly [RelayOptions, RegExp, RelayConfig?])[] = [
    [{}, /needs to know where mail goes/],
    [{ listen: '127.0.0.1:25' }, /needs to know|add --to/],
    [{ listen: '127.0.0.1:25', milter: true }, /has to go somewhere/],
    [{ to, direct: true }, /exclude each other/],
    [{ direct: true }, /Give --name/],
    [{ to: 'http://x' }, /--to begins with smtp/],
    [{ to: 'smtp://u:literal@127.0.0.1:25' }, /--to holds a password/],
    [{ to: 'smtp://u:${NOPE}@127.0.0.1:25' }, /NOPE, which is not set/],
    [{ to: 'smtp://u:${PASSWORD}@mail.example.com:25?tls=optional' }, /does not go out without TLS/],
    [{ to: 'a=smtp://127.0.0.1:25' }, /begins with smtp/],
    [{ to: 'smtp://127.0.0.1:2526' }, /leads back to the relay/],
    [{ to, listen: '2526' }, /--listen is an address/],
    [{ to, listen: 'mail.example.com:25' }, /--listen is an address/],
    [{ to, milter: '127.0.0.1:8891' }, /--milter is inet/],
    [{ to, milter: 'inet:x' }, /--milter inet: is an address/],
    [{ to, milter: `unix:/${'x'.repeat(107)}` }, /107 octets/],
    [{ to, name: 'a b' }, /--name is a host name/],
    [{ to, network: ['x'] }, /--network is an address/],
    [{ to, network: ['0.0.0.0/0'] }, /whole Internet/],
    [{ to, maxSize: '1' }, /--max-size is a size/],
    [{ to, maxConnections: '0' }, /--max-connections/],
    [{ to, onFault: 'drop' }, /--on-fault is accept or tempfail/],
    [{ to, cert: 'a' }, /--cert needs --tls-key/],
    [{ to, tlsKey: 'a' }, /--tls-key needs --cert/],
    [
      { to, listen: '0.0.0.0:2526' },
      /log in over TLS alone/,
      { users: [{ name: 'a', password: { kind: 'env', name: 'RELAY_PASSWORD' } }] },
    ],
    [
      { to },
      /relay\.users\.password is in the environment variable NOPE/,
      { users: [{ name: 'a', password: { kind: 'env', name: 'NOPE' } }] },
    ],
    [{}, /relay\.to is in the environment variable NOPE/, { to: { kind: 'env', name: 'NOPE' } }],
  ];
  for (const [options, words, config] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await assert.rejects(
      settings(options, config),
      (error) => error instanceof InputError && words.test(error.message) && !error.message.includes('literal'),
      JSON.stringify(options),
    );
  }
});

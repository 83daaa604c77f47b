/** swaks in front and smtp-server behind: TLS and AUTH on both sides, and the dialects of clients. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import type { NextPlace } from '../../src/world/next-server.ts';
import { folder } from '../cli/program.ts';
import { findBinary, missing } from '../servers/process.ts';
import { network, relay } from './parties.ts';

const skip = await missing('swaks');
const authority = makeAuthority('Test authority', Date.now());
const next = authority.issue(['next.test']);
const front = authority.issue(['relay.test']);
const users = [{ name: 'app', password: 'pass word' }];
const strangers = { networks: [network('192.0.2.0/24')], users };

interface Taken {
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly text: string;
}

/** smtp-server that wants TLS and a login. */
async function nextOf(t: TestContext, options: SMTPServerOptions = {}) {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    key: next.key,
    cert: next.certificate,
    authMethods: ['PLAIN', 'LOGIN'],
    logger: false,
    onAuth: ({ username = '', password }, _session, done) =>
      done(username === 'relay' && password === 's\u00e9cret' ? null : new Error('no'), { user: username }),
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (piece: Buffer) => void (text += piece.toString('latin1')));
      stream.on('end', () => {
        taken.push({ user: session.user, secure: session.secure, text });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const bound = server.server.address();
  return { taken, port: typeof bound === 'object' && bound ? bound.port : 0 };
}

const login = { user: 'relay', password: 's\u00e9cret' };
const place = (more: Partial<NextPlace> = {}): Partial<NextPlace> => ({
  tls: 'required',
  secure: { name: 'next.test', verify: true, ca: [authority.certificate] },
  login,
  loginInClear: false,
  ...more,
});

const swaks = async (port: number, ...args: readonly string[]): Promise<string> => {
  const path = (await findBinary('swaks')) ?? '';
  const words = [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--helo',
    'desk',
    '-f',
    'a@x.test',
    '-t',
    'b@x.test',
    '-n',
  ];
  return new Promise((resolve) => execFile(path, [...words, ...args], (_error, out, err) => resolve(out + err)));
};

const tls = { key: front.key, cert: front.certificate };

test('TLS and a login on both sides, PLAIN and LOGIN', { skip }, async (t) => {
  const file = await folder(t, { 'ca.pem': authority.certificate });
  for (const method of ['PLAIN', 'LOGIN']) {
    /* oxlint-disable no-await-in-loop -- one after the other */
    const behind = await nextOf(t, { authMethods: [method] });
    const { port } = await relay(t, behind.port, { tls, admission: strangers, place: place() });
    const verified = ['--tls-verify', '--tls-ca-path', file('ca.pem')];
    const said = await swaks(port, '--tls', ...verified, '--auth', method, '-au', 'app', '-ap', 'pass word');
    assert.match(said, /235 2\.7\.0/);
    assert.match(said, /<~\s+250 (2\.0\.0 )?OK/i);
    assert.deepEqual(
      behind.taken.map(({ user, secure }) => [user, secure]),
      [['relay', true]],
    );
    assert.match(await swaks(port, '--tls', '--auth', method, '-au', 'app', '-ap', 'wrong'), /535 5\.7\.8/);
    assert.match(await swaks(port, '--tls'), /530 5\.7\.0/);
    assert.equal(behind.taken.length, 1);
    /* oxlint-enable no-await-in-loop */
  }
});

test('TLS from the first octet', { skip }, async (t) => {
  const behind = await nextOf(t, { secure: true });
  const { port } = await relay(t, behind.port, { place: place({ tls: 'implicit' }) });
  assert.match(await swaks(port), /250 (2\.0\.0 )?OK/i);
  assert.equal(behind.taken[0]?.secure, true);
});

test(
  'what is wrong with TLS or the login of the next server is a 421 for the client, and a line for us',
  { skip },
  async (t) => {
    const behind = await nextOf(t);
    for (const [wrong, words] of [
      [{ secure: { name: 'other.test', verify: true, ca: [authority.certificate] } }, /no TLS with the next server/],
      [{ secure: { name: 'next.test', verify: true } }, /no TLS with the next server/],
      [{ login: { user: 'relay', password: 'x' } }, /refused the login with 535/],
      [{ tls: 'never' }, /no TLS with the next server/],
    ] as const) {
      /* oxlint-disable no-await-in-loop -- one after the other */
      const started = await relay(t, behind.port, { place: place(wrong) });
      assert.match(await swaks(started.port), /421 4\.4\.1/);
      const told = started.events.find(({ event }) => event === 'next');
      assert.match(told?.event === 'next' ? told.why : '', words);
      assert.doesNotMatch(JSON.stringify(started.events), /s\u00e9cret|"relay"/);
      /* oxlint-enable no-await-in-loop */
    }
    const plain = await nextOf(t, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    const { port } = await relay(t, plain.port, { place: place() });
    assert.match(await swaks(port), /421 4\.4\.1/);
    assert.equal(plain.taken.length, 0);
  },
);

test('dialects: pipelined, HELO, a null sender, a large message, many recipients', { skip }, async (t) => {
  const behind = await nextOf(t, { authOptional: true, size: 2_000_000 });
  const { port } = await relay(t, behind.port, { maxOctets: 1_500_000, place: { tls: 'never' } });
  const line = `${'x'.repeat(900)}\n`;
  const file = await folder(t, { 'large.txt': line.repeat(1400), 'huge.txt': line.repeat(1800) });
  const sent: readonly (readonly string[])[] = [
    ['--pipeline'],
    ['--protocol', 'SMTP'],
    ['--from', '<>'],
    ['--to', Array.from({ length: 50 }, (_, index) => `r${index}@x.test`).join(',')],
    ['--attach-body', '.leading dots\n..\n.'],
    ['--body', file('large.txt')],
  ];
  for (const args of sent) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    assert.match(await swaks(port, ...args), /<-\s+250 (2\.0\.0 )?OK/i, String(args[0]));
  }
  assert.equal(behind.taken.length, sent.length);
  assert.match(await swaks(port, '--body', file('huge.txt')), /552 5\.3\.4/);
});

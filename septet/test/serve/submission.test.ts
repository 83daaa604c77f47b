/** Giving messages to servers: our own listener, with and without TLS, and servers that say no. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { submit, type SubmissionOutcome } from '../../src/world/submission.ts';
import type { Via } from '../../src/world/via.ts';
import { freePort, missing } from '../servers/process.ts';
import { certificate, listener } from './clients.ts';

const message = Buffer.from('From: a@example.com\r\nSubject: x\r\n\r\n.a\r\n..b\r\n', 'latin1');
const envelope = { from: 'a@example.com', to: ['test-x@mx.test'] };
const login = { user: 'me@example.com', password: 'hunter2-secret' };
const limits = { timeoutMs: 3000 };
const via = (port: number, more: Partial<Via> = {}): Via => ({ host: '127.0.0.1', port, tls: 'optional', ...more });

/** A server that answers each command from a table; the key is the beginning of the command. */
async function scripted(t: Pick<TestContext, 'after'>, replies: Readonly<Record<string, string>>): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(replies['greeting'] ?? '220 mx.test ESMTP\r\n');
    let data = false;
    socket.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split('\r\n').slice(0, -1)) {
        if (data && line !== '.') continue;
        const key = data ? 'end' : (Object.keys(replies).find((begin) => line.toUpperCase().startsWith(begin)) ?? '');
        data = !data && line === 'DATA' && replies['DATA'] === undefined;
        socket.write(replies[key] ?? (data ? '354 go\r\n' : '250 ok\r\n'));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const noSecrets = (outcome: SubmissionOutcome): void =>
  assert.doesNotMatch(JSON.stringify(outcome), /hunter2|aHVudGVyMi|me@example\.com/);

test('a message arrives octet for octet, with the server’s answer', async (t) => {
  const server = await listener(t);
  const outcome = await submit(message, envelope, via(server.port), limits);
  assert.deepEqual([outcome.kind, outcome.kind === 'accepted' && outcome.tls], ['accepted', false]);
  assert.match(outcome.kind === 'accepted' ? outcome.answer : '', /^250 /);
  assert.deepEqual(server.messages[0]?.octets, message);
  assert.equal(server.messages[0]?.envelope.mailFrom, 'a@example.com');
});

test('addresses beyond ASCII and octets beyond 127 arrive', async (t) => {
  const server = await listener(t);
  const text = Buffer.from('Subject: ü\r\n\r\né\r\n', 'utf8');
  const outcome = await submit(text, { from: 'josé@example.com', to: ['test-ü@mx.test'] }, via(server.port), limits);
  assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
  assert.deepEqual(server.messages[0]?.octets, text);
  assert.equal(server.messages[0]?.envelope.mailFrom, 'josé@example.com');
});

test('TLS is used where it is offered, and its certificate must fit', { skip: await missing('openssl') }, async (t) => {
  const { key, cert } = await certificate(t);
  const server = await listener(t, { tls: { key, cert } });
  const trusted = await submit(message, envelope, via(server.port, { tls: 'required', ca: [cert] }), limits);
  assert.deepEqual([trusted.kind, trusted.kind === 'accepted' && trusted.tls], ['accepted', true]);
  const stranger = await submit(message, envelope, via(server.port, { tls: 'required' }), limits);
  assert.equal(stranger.kind, 'no-tls', JSON.stringify(stranger));
  assert.match(JSON.stringify(stranger), /--ca/);
  assert.equal(server.messages.length, 1);
});

test('without TLS nothing is sent where it is required', async (t) => {
  const server = await listener(t);
  const outcome = await submit(message, envelope, via(server.port, { tls: 'required', login }), limits);
  assert.equal(outcome.kind, 'no-tls', JSON.stringify(outcome));
  noSecrets(outcome);
  assert.equal(server.messages.length, 0);
});

test('each way a server says no names where, with its words and without the login', async (t) => {
  const auth = 'EHLO';
  const offers = '250-mx.test\r\n250 AUTH PLAIN LOGIN\r\n';
  const cases: readonly (readonly [Readonly<Record<string, string>>, string, number])[] = [
    [{ greeting: '554 5.7.1 no\r\n' }, 'greeting', 554],
    [{ [auth]: offers, AUTH: '535 5.7.8 hunter2-secret of me@example.com is wrong\r\n' }, 'login', 535],
    [{ [auth]: offers, AUTH: '235 ok\r\n', MAIL: '550 5.1.8 sender\r\n' }, 'sender', 550],
    [{ [auth]: offers, AUTH: '235 ok\r\n', RCPT: '550 5.1.1 nobody\r\n' }, 'recipient', 550],
    [{ [auth]: offers, AUTH: '235 ok\r\n', DATA: '451 4.3.0 later\r\n' }, 'message', 451],
    [{ [auth]: offers, AUTH: '235 ok\r\n', end: '554 5.7.1 spam\r\n' }, 'message', 554],
  ];
  for (const [replies, stage, code] of cases) {
    const port = await scripted(t, replies);
    const outcome = await submit(message, envelope, via(port, { login }), limits);
    assert.equal(outcome.kind, 'refused', JSON.stringify([replies, outcome]));
    assert.deepEqual(
      outcome.kind === 'refused' && [outcome.stage, outcome.code],
      [stage, code],
      JSON.stringify(outcome),
    );
    noSecrets(outcome);
  }
});

test('a server that is not there, or says nothing, is unreachable', async (t) => {
  const nobody = await submit(message, envelope, via(await freePort(), { login }), limits);
  assert.match(JSON.stringify(nobody), /unreachable.*no server listens there/);
  const silent = await scripted(t, { greeting: ' ' });
  const slow = await submit(message, envelope, via(silent, { login }), { timeoutMs: 200 });
  assert.match(JSON.stringify(slow), /unreachable.*no answer in time/);
  const web = await scripted(t, { greeting: 'HTTP/1.1 400 Bad Request\r\n' });
  const wrong = await submit(message, envelope, via(web, { login }), limits);
  assert.notEqual(wrong.kind, 'accepted');
  for (const outcome of [nobody, slow, wrong]) noSecrets(outcome);
});

test('some recipients that are not taken do not stop the others', async (t) => {
  const server = await listener(t);
  const outcome = await submit(
    message,
    { ...envelope, to: ['test-a@mx.test', 'root@mx.test'] },
    via(server.port),
    limits,
  );
  assert.deepEqual(outcome.kind === 'accepted' && outcome.refused, ['root@mx.test']);
});

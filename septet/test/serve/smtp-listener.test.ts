/** The SMTP server of the test address, spoken to octet by octet and by swaks. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { Refusal } from '../../src/serve/intake/smtp-listener.ts';
import { ListenFault } from '../../src/serve/listen-fault.ts';
import { findBinary, missing } from '../servers/process.ts';
import { certificate, listener, talk } from './clients.ts';

const transaction = 'EHLO client.test\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<test-x@mx.test>\r\n';
const until = async (done: () => boolean): Promise<void> => {
  const limit = performance.now() + 5000;
  while (!done() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(done(), 'it did not come about in 5 seconds');
};

test('every octet is kept: 8-bit, NUL, long lines, dots; and the envelope is told', async (t) => {
  const server = await listener(t);
  const client = await talk(t, server.port);
  const message = Buffer.from(
    `From: a@example.com\r\nX: ${'y'.repeat(5000)}\r\n\r\n\x00\xe9\xff\ttext \r\n.x\r\n..\r\n\r\n`,
    'latin1',
  );
  const ehlo = await client.say('EHLO Client.Test\r\n');
  assert.match(ehlo, /8BITMIME/);
  assert.match(ehlo, /SMTPUTF8/);
  assert.match(ehlo, /PIPELINING/);
  assert.match(ehlo, /SIZE 100000/);
  assert.doesNotMatch(ehlo, /STARTTLS|AUTH/);
  assert.match(await client.say('MAIL FROM:<a@example.com> BODY=8BITMIME SIZE=6000\r\n'), /^250/);
  assert.match(await client.say('RCPT TO:<test-x@mx.test>\r\n'), /^250/);
  assert.match(await client.say('DATA\r\n'), /^354/);
  const stuffed = message.toString('latin1').replace(/^\./gm, '..');
  client.send(Buffer.from(stuffed, 'latin1'));
  assert.match(await client.say('.\r\n'), /^250 2\.\d\.0/);
  const [got] = server.messages;
  assert.deepEqual(got?.octets, message);
  assert.deepEqual(got?.envelope, {
    ip: '127.0.0.1',
    helo: 'client.test',
    mailFrom: 'a@example.com',
    recipients: ['test-x@mx.test'],
    tls: 'not offered',
    protocol: 'ESMTP',
  });
  assert.ok(Math.abs((got?.receivedAt ?? 0) - Date.now()) < 5000);
});

test('a whole session in one packet, the null sender, and SMTPUTF8', async (t) => {
  const asked: string[] = [];
  const server = await listener(t, { accepts: (address) => asked.push(address) > 0 });
  const client = await talk(t, server.port);
  client.send('EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<test-1@mx.test>\r\nRCPT TO:<test-2@mx.test>\r\nDATA\r\n');
  for (let index = 0; index < 4; index++) assert.match(await client.reply(), /^250/);
  assert.match(await client.reply(), /^354/);
  client.send('Subject: 1\r\n\r\n1\r\n.\r\nMAIL FROM:<jos\xc3\xa9@ex\xc3\xa4mple.com> SMTPUTF8\r\n');
  client.send(Buffer.from('', 'latin1'));
  assert.match(await client.reply(), /^250/);
  await client.reply();
  client.send(
    Buffer.from('RSET\r\nMAIL FROM:<josé@exämple.com> SMTPUTF8\r\nRCPT TO:<test-ü@mx.täst>\r\nDATA\r\n', 'utf8'),
  );
  for (let index = 0; index < 3; index++) assert.match(await client.reply(), /^250/);
  assert.match(await client.reply(), /^354/);
  assert.match(await client.say('Subject: 2\r\n\r\n2\r\n.\r\nQUIT\r\n'), /^250/);
  assert.match(await client.reply(), /^221/);
  assert.deepEqual(
    server.messages.map(({ envelope }) => [envelope.mailFrom, ...envelope.recipients, envelope.protocol]),
    [
      ['', 'test-1@mx.test', 'test-2@mx.test', 'ESMTP'],
      ['josé@xn--exmple-cua.com', 'test-ü@mx.xn--tst-qla', 'UTF8SMTP'],
    ],
  );
  assert.equal(asked.at(-1), 'test-ü@mx.xn--tst-qla');
});

test('a recipient that is none is answered 550, a login 5xx, and a message that is too large 552', async (t) => {
  const server = await listener(t, { maxOctets: 2000 });
  const client = await talk(t, server.port);
  await client.say('EHLO c\r\n');
  assert.match(await client.say('AUTH PLAIN AGEAYg==\r\n'), /^5\d\d/);
  assert.match(await client.say('STARTTLS\r\n'), /^5\d\d/);
  assert.match(await client.say('MAIL FROM:<a@example.com> SIZE=2001\r\n'), /^552/);
  assert.match(await client.say('MAIL FROM:<a@example.com>\r\n'), /^250/);
  assert.match(await client.say('RCPT TO:<root@mx.test>\r\n'), /^550/);
  assert.match(await client.say('DATA\r\n'), /^503/);
  assert.match(await client.say('RCPT TO:<test-x@mx.test>\r\n'), /^250/);
  await client.say('DATA\r\n');
  assert.match(await client.say(`${'x'.repeat(70)}\r\n`.repeat(40) + '.\r\n'), /^552/);
  // The session goes on, and a message that is just small enough is taken.
  client.send('MAIL FROM:<a@example.com>\r\nRCPT TO:<test-x@mx.test>\r\nDATA\r\n');
  for (let index = 0; index < 3; index++) await client.reply();
  assert.match(await client.say(`${'x'.repeat(1998)}\r\n.\r\n`), /^250/);
  assert.equal(server.messages.length, 1);
});

test('a client that never ends its message is cut off', async (t) => {
  const server = await listener(t, { maxOctets: 2000 });
  const client = await talk(t, server.port);
  client.send(`${transaction}DATA\r\n`);
  for (let index = 0; index < 4; index++) await client.reply();
  client.send('x'.repeat(20_000));
  assert.match(await client.reply(), /^421/);
  await client.ended;
  assert.deepEqual(server.messages, []);
});

test('a client that stalls is let go, before and within its message', async (t) => {
  const server = await listener(t, { timeoutMs: 150 });
  const idle = await talk(t, server.port);
  const inside = await talk(t, server.port);
  inside.send(`${transaction}DATA\r\nSubject: half`);
  assert.match(await idle.reply(), /^421/);
  await Promise.all([idle.ended, inside.ended]);
  assert.deepEqual(server.messages, []);
});

test('a client that sends an octet now and then has ten times as long and no longer', async (t) => {
  const server = await listener(t, { timeoutMs: 150 });
  const client = await talk(t, server.port);
  const started = performance.now();
  const timer = setInterval(() => client.send('N'), 40);
  t.after(() => clearInterval(timer));
  await client.ended;
  const took = performance.now() - started;
  assert.ok(took > 700 && took < 4000, `${took} ms`);
});

test('a client that goes away in its message leaves nothing behind', async (t) => {
  const server = await listener(t);
  const client = await talk(t, server.port);
  client.send(`${transaction}DATA\r\nSubject: half\r\n`);
  for (let index = 0; index < 4; index++) await client.reply();
  client.leave();
  await until(() => server.log.length > 0);
  assert.match(server.log.join(), /A message of 127\.0\.0\.1 was not kept/);
  const other = await talk(t, server.port);
  await server.close();
  await other.ended;
  assert.deepEqual(server.messages, []);
});

test('more messages than the rate allows are answered 450, more connections than there may be 421', async (t) => {
  const server = await listener(t, { ratePerMinute: 2, maxConnections: 2 });
  const client = await talk(t, server.port);
  await client.say('EHLO c\r\n');
  const asks: string[] = [];
  for (let index = 0; index < 3; index++) {
    asks.push((await client.say('MAIL FROM:<a@example.com>\r\n')).slice(0, 3));
    await client.say('RSET\r\n');
  }
  assert.deepEqual(asks, ['250', '250', '450']);
  await talk(t, server.port);
  const third = await talk(t, server.port);
  await third.ended;
  assert.equal((await client.say('NOOP\r\n')).slice(0, 3), '250');
});

test('what onMessage says is what the client is told', async (t) => {
  const replies: (Error | undefined)[] = [
    new Refusal(451, 'not now'),
    new Refusal(554, 'never'),
    Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }),
    undefined,
  ];
  const server = await listener(t, {
    onMessage: async () => {
      const error = replies.shift();
      if (error) throw error;
    },
  });
  const client = await talk(t, server.port);
  await client.say('EHLO c\r\n');
  const answers: string[] = [];
  for (let index = 0; index < 4; index++) {
    await client.say('MAIL FROM:<a@example.com>\r\n');
    await client.say('RCPT TO:<test-x@mx.test>\r\n');
    await client.say('DATA\r\n');
    answers.push(await client.say('Subject: x\r\n\r\nx\r\n.\r\n'));
  }
  assert.match(answers[0] ?? '', /^451 .*not now/);
  assert.match(answers[1] ?? '', /^554 .*never/);
  assert.match(answers[2] ?? '', /^451 /);
  assert.doesNotMatch(answers[2] ?? '', /ENOSPC/);
  assert.match(answers[3] ?? '', /^250/);
  assert.match(server.log.join(), /not kept: ENOSPC/);
});

test('200 messages at once are all taken', async (t) => {
  const server = await listener(t);
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const client = await talk(t, server.port);
      client.send(`${transaction}DATA\r\n`);
      for (let step = 0; step < 4; step++) await client.reply();
      assert.match(await client.say(`Subject: ${index}\r\n\r\n${'text\r\n'.repeat(500)}.\r\nQUIT\r\n`), /^250/);
    }),
  );
  assert.equal(new Set(server.messages.map(({ octets }) => octets.toString('latin1', 0, 14))).size, 200);
});

test('where it cannot listen, one sentence says why', async (t) => {
  const server = await listener(t);
  const fault = (words: RegExp) => (error: unknown) => error instanceof ListenFault && words.test(error.message);
  await assert.rejects(
    listener(t, { port: server.port }),
    fault(/Another program listens at port \d+ of 127\.0\.0\.1/),
  );
  await assert.rejects(listener(t, { host: '192.0.2.1' }), fault(/no address of this machine/));
  await assert.rejects(listener(t, { tls: { key: '', cert: '' } }), fault(/Give both as PEM/));
  await assert.rejects(listener(t, { tls: { key: 'no key', cert: 'no cert' } }), fault(/Give both as PEM/));
});

test(
  'swaks sends with STARTTLS, and the certificate is ours',
  { skip: await missing('swaks', 'openssl') },
  async (t) => {
    const { key, cert, file } = await certificate(t);
    const server = await listener(t, { tls: { key, cert } });
    const swaks = (await findBinary('swaks')) ?? '';
    const run = (...args: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        const words = [
          '--server',
          '127.0.0.1',
          '--port',
          String(server.port),
          '--helo',
          'swaks.test',
          '--from',
          'a@example.com',
          '--to',
          'test-x@mx.test',
        ];
        execFile(swaks, [...words, ...args], (_error, stdout, stderr) => resolve(stdout + stderr));
      });
    assert.match(await run('--tls', '--tls-verify', '--tls-ca-path', file('cert.pem')), /250 2\.\d\.0/);
    assert.match(await run('--pipeline'), /250 2\.\d\.0/);
    assert.match(await run('--tls', '--to', 'root@mx.test'), /550/);
    await until(() => server.messages.length === 2);
    const [first, second] = server.messages;
    assert.ok(first && typeof first.envelope.tls === 'object');
    assert.match(JSON.stringify(first.envelope.tls), /TLSv1\.[23]/);
    assert.equal(first.envelope.protocol, 'ESMTPS');
    assert.equal(second?.envelope.tls, false);
    assert.match(first.octets.toString('latin1'), /^Date: /);
  },
);

/** `septet message send`: to our own listener, and back from its mailbox by way of the clipboard. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { InputError } from '../../src/cli/io.ts';
import { send, type SendOptions } from '../../src/cli/message/send.ts';
import { folder, serveZone } from '../cli/program.ts';
import { zoneText } from '../plan/plan-world.ts';
import { freePort } from '../servers/process.ts';
import { listener, type TestListener } from './clients.ts';
import { testIo, type TestIo } from './commands.ts';

async function place(t: TestContext, senders: string, more = '') {
  const dns = await serveZone(t, zoneText('@ MX 10 mail\n@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=none"'));
  const file = await folder(t, {
    'septet.yaml': `resolvers: ["127.0.0.1:${dns.port}"]
domains:
  example.com:
    dns: { host: bind }
    people: false
    mx: [ 10 mail.example.com ]
    senders:
${senders}
    tracking: { host: track, target: app.example.net }
${more}`,
  });
  const server = await listener(t, { accepts: (address) => address.endsWith('@gmail.com') });
  const options: SendOptions = { to: 'you@gmail.com', config: file('septet.yaml'), state: file('state') };
  return { file, server, options, via: `smtp://127.0.0.1:${server.port}` };
}

const postfix = '      - postfix: { ip: [9.9.9.26], selector: s1 }';
const both = `      - google-workspace\n${postfix}`;
const tokenOf = (terminal: TestIo): string => /token ([0-9a-f]{24})/.exec(terminal.err())?.[1] ?? '';
const textOf = (server: TestListener, index = 0): string => server.messages[index]?.octets.toString('latin1') ?? '';

test('the only sender gets a message with a token, which is kept, and the way back is told', async (t) => {
  const { file, server, options, via } = await place(t, postfix);
  const terminal = testIo();
  const code = await send({ ...options, via: [via], unsubscribe: 'https://example.com/u' }, terminal.io);
  assert.equal(code, 0, terminal.err());
  const token = tokenOf(terminal);
  assert.match(terminal.err(), /Sent by postfix \(127\.0\.0\.1:\d+\), without TLS/);
  assert.match(terminal.err(), /In Gmail: .*Show original/);
  assert.match(terminal.err(), /Postfix with OpenDKIM: DKIM with d=example\.com s=s1/);
  assert.match(terminal.err(), /septet message verify --domain example\.com --config \S+septet\.yaml -/);
  const text = textOf(server);
  assert.match(text, new RegExp(`^Subject: Septet test ${token}\r$`, 'm'));
  assert.match(text, new RegExp(`https://track\\.example\\.com/septet-test/${token}`));
  assert.match(text, /^List-Unsubscribe: <https:\/\/example\.com\/u>\r$/m);
  assert.equal(server.messages[0]?.envelope.mailFrom, 'septet-test@example.com');
  const tokens = file('state/tests/example.com.json');
  assert.equal((await stat(tokens)).mode & 0o777, 0o600);
  const kept = JSON.parse(await readFile(tokens, 'utf8')) as { tests: { token: string; sender: string }[] };
  assert.deepEqual(
    kept.tests.map((each) => [each.token, each.sender]),
    [[token, 'postfix']],
  );
});

test('pasted back, the message is proved against the plan and its token is known', async (t) => {
  const { server, options, via } = await place(t, postfix);
  const terminal = testIo({
    lines: async function* () {
      yield '';
      yield* textOf(server).replaceAll('\r\n', '\n').split('\n');
      yield '.';
    },
  });
  const code = await send({ ...options, via: [via] }, terminal.io);
  assert.match(terminal.err(), /Paste the source of the message here and end with a line with a dot/);
  assert.match(terminal.out(), /pasted message/);
  assert.match(terminal.out(), /Plan +example\.com/);
  assert.match(terminal.err(), /Its token fits: this is the test message that was sent by postfix\./);
  assert.equal(code, 1, 'it is not signed, so there are findings');
});

test('another message that is pasted is told as such, and a lone dot skips', async (t) => {
  const { options, via } = await place(t, both);
  const terminal = testIo({
    lines: async function* () {
      yield '.';
      yield 'From: a@example.com';
      yield 'Subject: hello';
      yield '';
      yield 'x';
      yield '.';
    },
  });
  await send({ ...options, via: [`postfix=${via}`, `google-workspace=${via}`] }, terminal.io);
  assert.match(terminal.err(), /\(1 of 2, token [0-9a-f]{24}\)[\s\S]*\(2 of 2/);
  assert.match(terminal.err(), /No token of a test message is in it/);
});

test('one sender that fails does not stop the others', async (t) => {
  const { server, options, via } = await place(t, both);
  const terminal = testIo();
  const closed = await freePort();
  const code = await send(
    { ...options, via: [`google-workspace=smtp://127.0.0.1:${closed}`, `postfix=${via}`] },
    terminal.io,
  );
  assert.equal(code, 3);
  assert.match(terminal.err(), /Not sent by google-workspace .*no server listens there/);
  assert.match(terminal.err(), /Sent by postfix/);
  assert.equal(server.messages.length, 1);
});

test('--json tells what was sent, what a server said, and which sender was not tested', async (t) => {
  const { options, via } = await place(t, both);
  const terminal = testIo({ env: { MAIL_PASSWORD: 'hunter2-secret' } });
  const login = via.replace('//', '//me:${MAIL_PASSWORD}@');
  const code = await send(
    { ...options, to: 'nobody@example.net', via: [`postfix=${via}`, `postfix=${login}`.slice(8)], json: true },
    terminal.io,
  );
  assert.equal(code, 1);
  const told = JSON.parse(terminal.out()) as {
    sent: { sender: string | null; outcome: { kind: string } }[];
    untested: string[];
  };
  assert.deepEqual(
    told.sent.map(({ sender, outcome }) => [sender, outcome.kind]),
    [
      ['postfix', 'refused'],
      [null, 'refused'],
    ],
  );
  assert.deepEqual(told.untested, ['google-workspace']);
  assert.doesNotMatch(terminal.out() + terminal.err(), /hunter2/);
});

test('a password in the command is warned of, and never shown', async (t) => {
  const { options, via } = await place(t, postfix);
  const terminal = testIo();
  await send({ ...options, via: [via.replace('//', '//me:hunter2@')] }, terminal.io);
  assert.match(terminal.err(), /A password stands in the command/);
  assert.doesNotMatch(terminal.out() + terminal.err(), /hunter2/);
});

test('what cannot be used is one sentence, before anything is sent', async (t) => {
  const { server, options, via } = await place(
    t,
    both,
    '  example.org:\n    dns: { host: bind }\n    mx: [ 10 mail.example.org ]\n',
  );
  const fails = (more: Partial<SendOptions>, words: RegExp): Promise<void> =>
    assert.rejects(
      send({ ...options, domain: 'example.com', via: [via], ...more }, testIo().io),
      (error) => error instanceof InputError && words.test(error.message),
      JSON.stringify(more),
    );
  await fails({ to: 'you' }, /--to is an address/);
  await fails({ to: 'a\r\nb@example.com' }, /--to is an address/);
  await fails({ from: 'x@localhost..' }, /--from is an address/);
  await fails({ unsubscribe: 'http://example.com/u' }, /--unsubscribe is an https address/);
  await fails({ via: [] }, /No server is named\. Give --via google-workspace=smtp:\/\/.*postfix/);
  await fails(
    { via: [`ses=${via}`] },
    /the sender ses, which the plan of example\.com does not have\. It has google-workspace, postfix/,
  );
  await fails({ via: [`postfix=${via}`, `postfix=${via}`] }, /given twice for postfix/);
  await fails({ via: ['mail.example.com'] }, /no address of a server/);
  await fails({ domain: 'example.net' }, /example\.net is not in/);
  await fails({ ca: ['/gone.pem'] }, /cannot be read/);
  await assert.rejects(
    send({ to: 'you@gmail.com', config: options.config ?? '', via: [via] }, testIo().io),
    /names several domains\. Say which/,
  );
  assert.equal(server.messages.length, 0);
});

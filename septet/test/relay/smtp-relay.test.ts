/** The relay between a client that talks octet by octet and a next server that follows a script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { talk } from '../serve/clients.ts';
import { nextServer, network, pair, relay } from './parties.ts';

const until = async (done: () => boolean): Promise<void> => {
  const limit = performance.now() + 5000;
  while (!done() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(done(), 'it did not come about in 5 seconds');
};

test('a session is handed on word by word, and its octets are the same', async (t) => {
  const next = await nextServer(t);
  const { port, events } = await relay(t, next.port);
  const client = await talk(t, port);
  const hello = await client.say('EHLO client.test\r\n');
  for (const word of ['PIPELINING', 'SIZE 500000', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES'])
    assert.match(hello, new RegExp(`^250[- ]${word}`, 'm'));
  assert.doesNotMatch(hello, /STARTTLS|AUTH|CHUNKING/);
  assert.match(
    await client.say('MAIL FROM:<a@ex.test> SIZE=500 BODY=8BITMIME RET=HDRS ENVID=x1 AUTH=<>\r\n'),
    /^250 2\.1\.0 Ok/,
  );
  assert.match(await client.say('RCPT TO:<"a b>"@ex.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@ex.test\r\n'), /^250/);
  assert.match(await client.say('DATA\r\n'), /^354/);
  const message = `Subject: x\r\n\r\n.dot\r\n..two\r\n.\u00e9\xff\x00 \t\r\n${'y'.repeat(5000)}\r\n.\rx`.replace(
    '.\rx',
    'end\r\n',
  );
  client.send(Buffer.from(message.replace(/^\./gm, '..'), 'latin1'));
  assert.equal(await client.say('.\r\n'), '250 2.0.0 Ok: queued as TEST\r\n');
  assert.deepEqual(next.taken, [
    {
      commands: [
        'MAIL FROM:<a@ex.test> SIZE=500 BODY=8BITMIME RET=HDRS ENVID=x1',
        'RCPT TO:<"a b>"@ex.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@ex.test',
      ],
      message,
    },
  ]);
  assert.match(await client.say('QUIT\r\n'), /^221/);
  await client.ended;
  const [told] = events;
  assert.ok(told?.event === 'message' && told.outcome === 'accepted' && told.recipients === 1);
  assert.doesNotMatch(JSON.stringify(events), /ex\.test|Subject/);
});

test('each recipient gets the answer of the next server, also in one packet', async (t) => {
  const next = await nextServer(t, {
    answer: (line) =>
      line.includes('full@')
        ? '452-4.2.2 The mailbox\r\n452 4.2.2 is full'
        : line.includes('nobody@')
          ? '550 5.1.1 There is nobody'
          : line.includes('moved@')
            ? '251 2.1.5 Forwarded'
            : undefined,
  });
  const { port } = await relay(t, next.port);
  const client = await talk(t, port);
  client.send(
    'EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<full@x.test>\r\nRCPT TO:<nobody@x.test>\r\nRCPT TO:<moved@x.test>\r\nRCPT TO:<ok@x.test>\r\nDATA\r\n',
  );
  const replies: string[] = [];
  for (let index = 0; index < 7; index++) replies.push(await client.reply());
  assert.deepEqual(replies.slice(1), [
    '250 2.1.0 Ok\r\n',
    '452-4.2.2 The mailbox\r\n452 4.2.2 is full\r\n',
    '550 5.1.1 There is nobody\r\n',
    '251 2.1.5 Forwarded\r\n',
    '250 2.1.0 Ok\r\n',
    '354 Go ahead, a line with a dot ends it\r\n',
  ]);
  client.send(
    'Subject: 1\r\n\r\n1\r\n.\r\nMAIL FROM:<b@x.test>\r\nRCPT TO:<nobody@x.test>\r\nDATA\r\nRSET\r\nNOOP\r\n',
  );
  assert.match(await client.reply(), /^250 2\.0\.0/);
  assert.match(await client.reply(), /^250/);
  assert.match(await client.reply(), /^550/);
  assert.match(await client.reply(), /^554 5\.5\.1/);
  assert.match(await client.reply(), /^250/);
  assert.match(await client.reply(), /^250/);
  assert.equal(next.taken.length, 1);
  assert.equal(next.connections(), 1);
  assert.ok(next.said.includes('RSET'));
});

for (const [about, final, wanted] of [
  ['refuses', '554-5.7.1 No\r\n554 5.7.1 spam', '554-5.7.1 No\r\n554 5.7.1 spam\r\n'],
  ['defers', '451 4.3.0 Later', '451 4.3.0 Later\r\n'],
  ['goes away', 'cut', '451 4.4.2 The next server ended the connection, try again later\r\n'],
  [
    'does not answer',
    'silence',
    '451 4.4.2 The next server did not say in time whether it takes the message, try again later\r\n',
  ],
  ['says nonsense', 'hello', '451 4.4.2 The next server says what is not SMTP, try again later\r\n'],
  ['goes on asking', '354 more', '451 4.4.2 The next server says what is not SMTP, try again later\r\n'],
  ['shuts down', '421 4.3.2 Down', '421 4.3.2 Down\r\n'],
] as const) {
  test(`at the end of the message the next server ${about}`, async (t) => {
    const next = await nextServer(t, { final: () => final });
    const { port } = await relay(t, next.port, { answerMs: 300 });
    const client = await talk(t, port);
    client.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n');
    for (let index = 0; index < 4; index++) await client.reply();
    assert.equal(await client.say('Subject: 1\r\n\r\n1\r\n.\r\n'), wanted);
    if (wanted.startsWith('421')) return client.ended;
    // The client goes on with another message, over a new connection where the old one is lost.
    assert.match(await client.say('MAIL FROM:<a@x.test>\r\n'), /^250/);
    assert.equal(next.connections(), /^45|^55/.test(final) ? 1 : 2);
  });
}

test('a next server that goes away within the message, or at any command, costs no message', async (t) => {
  const cutting = await nextServer(t, { cutAfter: 2000 });
  const first = await relay(t, cutting.port);
  const client = await talk(t, first.port);
  client.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n');
  for (let index = 0; index < 4; index++) await client.reply();
  assert.match(
    await client.say(`Subject: 1\r\n\r\n${'x'.repeat(70)}\r\n${'y\r\n'.repeat(60_000)}.\r\n`),
    /^451 4\.4\.2/,
  );
  assert.equal(cutting.taken.length, 0);
  for (const verb of ['MAIL', 'RCPT', 'DATA']) {
    const next = await nextServer(t, { answer: (line) => (line.startsWith(verb) ? 'cut' : undefined) });
    const { port } = await relay(t, next.port);
    const other = await talk(t, port);
    await other.say('EHLO c\r\n');
    const replies = [
      await other.say('MAIL FROM:<a@x.test>\r\n'),
      await other.say('RCPT TO:<b@x.test>\r\n'),
      await other.say('DATA\r\n'),
    ];
    if (replies[2]?.startsWith('354')) replies[2] = await other.say('Subject: 1\r\n\r\n.\r\n');
    const at = ['MAIL', 'RCPT', 'DATA'].indexOf(verb);
    assert.match(replies[at] ?? '', /^451 4\.4\.2/, verb);
    assert.doesNotMatch(replies.slice(at).join(''), /^[23]/m, verb);
  }
});

test('without a next server, or with one that takes nothing, the client hears 421', async (t) => {
  const none = await nextServer(t);
  const busy = await nextServer(t, { greeting: '554 5.3.2 Not today' });
  const silent = await nextServer(t, { answer: () => 'silence' });
  const noSmtp = await nextServer(t, { greeting: 'SSH-2.0-x' });
  const stopped = none.port;
  for (const [port, words] of [
    [busy.port, /takes no mail now/],
    [silent.port, /cannot be reached/],
    [noSmtp.port, /cannot be reached/],
    [1, /cannot be reached/],
  ] as const) {
    const relayed = await relay(t, port, { nextTimes: { openMs: 200, commandMs: 200 } });
    const client = await talk(t, relayed.port);
    const answer = await client.say('EHLO c\r\n');
    assert.match(answer, /^421 4\.4\.1/);
    assert.match(answer, words);
    await client.ended;
    assert.equal(relayed.events.filter(({ event }) => event === 'next').length, 1);
  }
  assert.ok(stopped > 0);
});

test('what the next server does not take is not offered, and is refused', async (t) => {
  const next = await nextServer(t, { extensions: ['SIZE 3000'] });
  const { port } = await relay(t, next.port);
  const client = await talk(t, port);
  const hello = await client.say('EHLO c\r\n');
  assert.doesNotMatch(hello, /8BITMIME|SMTPUTF8|DSN|ENHANCED/);
  assert.match(hello, /SIZE 3000\r/);
  assert.match(await client.say('MAIL FROM:<a@x.test> BODY=8BITMIME\r\n'), /^554 5\.6\.3/);
  assert.match(await client.say('MAIL FROM:<a@x.test> SMTPUTF8\r\n'), /^553 5\.6\.7/);
  assert.match(await client.say('MAIL FROM:<a@x.test> RET=FULL\r\n'), /^555 5\.5\.4/);
  assert.match(await client.say('MAIL FROM:<a@x.test> SIZE=3001\r\n'), /^552 5\.3\.4/);
  assert.match(await client.say('MAIL FROM:<a@x.test>\r\n'), /^250/);
  assert.match(await client.say('RCPT TO:<b@x.test> NOTIFY=NEVER\r\n'), /^555/);
  assert.match(await client.say('RCPT TO:<b@x.test>\r\n'), /^250/);
  await client.say('DATA\r\n');
  // 8-bit octets that nobody has announced.
  client.send(Buffer.from('Subject: 1\r\n\r\n\xe9\r\n', 'latin1'));
  assert.match(await client.say('.\r\n'), /^554 5\.6\.3/);
  assert.match(await client.say('MAIL FROM:<a@x.test>\r\n'), /^250/);
  assert.equal(next.taken.length, 0);
});

test('SMTPUTF8 goes through, octets as they are', async (t) => {
  const next = await nextServer(t);
  const { port } = await relay(t, next.port);
  const client = await talk(t, port);
  await client.say('EHLO c\r\n');
  assert.match(await client.say(Buffer.from('MAIL FROM:<jos\u00e9@ex\u00e4mple.test> SMTPUTF8\r\n', 'utf8')), /^250/);
  await client.say(Buffer.from('RCPT TO:<\u65e5\u672c@ex\u00e4mple.test>\r\n', 'utf8'));
  await client.say('DATA\r\n');
  assert.match(await client.say(Buffer.from('Subject: \u00e4\r\n\r\n.\r\n', 'utf8')), /^250/);
  const [mail] = next.taken;
  assert.equal(
    Buffer.from(mail?.commands[1] ?? '', 'latin1').toString('utf8'),
    'RCPT TO:<\u65e5\u672c@ex\u00e4mple.test>',
  );
});

test('BDAT is refused, and its octets are not read as commands', async (t) => {
  const next = await nextServer(t);
  const { port } = await relay(t, next.port);
  const client = await talk(t, port);
  client.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nBDAT 12 LAST\r\nMAIL FROM:<>NOOP\r\n');
  for (let index = 0; index < 3; index++) await client.reply();
  assert.match(await client.reply(), /^502 5\.5\.1 BDAT/);
  assert.match(await client.reply(), /^250/);
  assert.match(await client.say('BDAT 999999999999\r\n'), /^421/);
  await client.ended;
});

test('only CRLF.CRLF ends a message, and one with CR or LF alone is refused', async (t) => {
  const next = await nextServer(t);
  const { port } = await relay(t, next.port);
  for (const trick of ['\n.\n', '\n.\r\n', '\r.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', 'a\rb']) {
    const client = await talk(t, port);
    client.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n');
    for (let index = 0; index < 4; index++) await client.reply();
    assert.match(
      await client.say(`Subject: 1\r\n\r\nx${trick}MAIL FROM:<evil@x.test>\r\n.\r\n`),
      /^554 5\.6\.0/,
      JSON.stringify(trick),
    );
    assert.match(await client.say('NOOP\r\n'), /^250/);
  }
  assert.equal(next.taken.length, 0);
  assert.ok(!next.said.some((line) => line.includes('evil')));
});

test('size limits: declared, sent, and without end', async (t) => {
  const next = await nextServer(t);
  const { port } = await relay(t, next.port, { maxOctets: 2000 });
  const client = await talk(t, port);
  const begin = 'MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n';
  client.send(`EHLO c\r\n${begin}`);
  for (let index = 0; index < 4; index++) await client.reply();
  assert.match(await client.say(`${'x'.repeat(70)}\r\n`.repeat(40) + '.\r\n'), /^552 5\.3\.4/);
  client.send(begin);
  for (let index = 0; index < 3; index++) await client.reply();
  assert.match(await client.say(`${'x'.repeat(1998)}\r\n.\r\n`), /^250/);
  client.send(begin);
  for (let index = 0; index < 3; index++) await client.reply();
  client.send('x'.repeat(20_000));
  assert.match(await client.reply(), /^421 4\.3\.4/);
  await client.ended;
  assert.deepEqual(
    next.taken.map(({ message }) => message.length),
    [2000],
  );
});

test('strangers are not let in; with users they log in, never in clear', async (t) => {
  const next = await nextServer(t);
  const admission = { networks: [network('192.0.2.0/24')], users: [] };
  const closed = await relay(t, next.port, { admission });
  const refused = await talk(t, closed.port);
  await refused.ended;
  assert.equal(closed.events.filter((each) => each.event === 'client' && each.why === 'not allowed').length, 1);

  const users = [{ name: 'app', password: 'a long s\u00e9cret' }];
  const open = await relay(t, next.port, { admission: { ...admission, users } });
  const client = await talk(t, open.port);
  // Loopback: the password does not leave the machine.
  assert.match(await client.say('EHLO c\r\n'), /AUTH PLAIN LOGIN/);
  assert.equal(next.connections(), 0);
  assert.match(await client.say('MAIL FROM:<a@x.test>\r\n'), /^530 5\.7\.0/);
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  assert.match(await client.say(`AUTH PLAIN ${base64('\0app\0wrong')}\r\n`), /^535 5\.7\.8/);
  assert.match(await client.say('AUTH CRAM-MD5\r\n'), /^504/);
  assert.match(await client.say('AUTH LOGIN\r\n'), /^334/);
  assert.match(await client.say('*\r\n'), /^501/);
  assert.match(await client.say('AUTH LOGIN\r\n'), /^334/);
  assert.match(await client.say(`${base64('app')}\r\n`), /^334/);
  assert.match(await client.say(`${base64('a long s\u00e9cret')}\r\n`), /^235/);
  assert.match(await client.say('MAIL FROM:<a@x.test>\r\n'), /^250/);
  const guess = await talk(t, open.port);
  await guess.say('EHLO c\r\n');
  await guess.say(`AUTH PLAIN ${base64('\0app\0')}\r\n`);
  await guess.say(`AUTH PLAIN ${base64('\0nobody\0a long s\u00e9cret')}\r\n`);
  assert.match(await guess.say(`AUTH PLAIN ${base64('app\0a long s\u00e9cret\0')}\r\n`), /^421/);
  assert.doesNotMatch(JSON.stringify(open.events), /app|secret|s\u00e9cret/);
});

test('commands in clear behind STARTTLS are not taken', async (t) => {
  const next = await nextServer(t);
  const { port } = await relay(t, next.port, { tls: { key: pair.key, cert: pair.certificate } });
  const client = await talk(t, port);
  assert.match(await client.say('EHLO c\r\n'), /STARTTLS/);
  assert.match(await client.say('STARTTLS\r\nMAIL FROM:<evil@x.test>\r\n'), /^503/);
  await client.ended;
  assert.ok(!next.said.some((line) => line.includes('evil')));
});

test('slow clients, lines without end, nonsense and browsers are let go', async (t) => {
  const next = await nextServer(t);
  const times = { lineMs: 150, pieceMs: 150, contentMs: 500 };
  const { port } = await relay(t, next.port, { times });
  const idle = await talk(t, port);
  const trickling = await talk(t, port);
  const timer = setInterval(() => trickling.send('N'), 30);
  t.after(() => clearInterval(timer));
  assert.match(await idle.reply(), /^421 4\.4\.2/);
  await Promise.all([idle.ended, trickling.ended]);
  const inside = await talk(t, port);
  inside.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n');
  for (let index = 0; index < 4; index++) await inside.reply();
  const drip = setInterval(() => inside.send('x\r\n'), 30);
  t.after(() => clearInterval(drip));
  assert.match(await inside.reply(), /^421 4\.4\.2/);
  await inside.ended;

  const long = await talk(t, port);
  long.send('A'.repeat(50_000));
  assert.match(await long.say('\r\n'), /^500 5\.5\.6/);
  assert.match(await long.say('NOOP\r\n'), /^250/);
  const lost = await talk(t, port);
  for (let index = 0; index < 21; index++) lost.send('WHAT\r\n');
  await lost.ended;
  const browser = await talk(t, port);
  browser.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c\r\nMAIL FROM:<evil@x.test>\r\n');
  await browser.ended;
  assert.ok(!next.said.some((line) => line.includes('evil')));
  assert.equal(next.taken.length, 0);
});

test('too many connections and too little room are told, and pass', async (t) => {
  const next = await nextServer(t);
  const { room } = await import('../../src/relay/room.ts');
  const memory = room(200_000);
  const { port } = await relay(t, next.port, { maxConnections: 2, room: memory });
  const [one, two] = [await talk(t, port), await talk(t, port)];
  const third = await talk(t, port);
  await third.ended;
  const begin = 'EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n';
  for (const client of [one, two]) {
    client.send(begin);
    for (let index = 0; index < 4; index++) await client.reply();
  }
  one.send(`${'x'.repeat(70)}\r\n`.repeat(600));
  await until(() => memory.used() > 40_000);
  assert.match(await two.say(`${'x'.repeat(70)}\r\n`.repeat(3000) + '.\r\n'), /^452 4\.3\.1/);
  assert.match(await one.say('.\r\n'), /^250/);
  await until(() => memory.used() === 0);
  two.send(begin);
  for (let index = 0; index < 4; index++) await two.reply();
  assert.match(await two.say(`${'x'.repeat(70)}\r\n`.repeat(1000) + '.\r\n'), /^250/);
});

test('a client that goes away before the end leaves no message behind', async (t) => {
  const next = await nextServer(t);
  const { port, events } = await relay(t, next.port);
  const client = await talk(t, port);
  client.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nSubject: half\r\n');
  for (let index = 0; index < 4; index++) await client.reply();
  client.leave();
  await until(() => events.some((event) => event.event === 'client' && event.why === 'closed'));
  assert.equal(next.taken.length, 0);
  assert.ok(!next.said.includes('DATA'));
});

test('on the way down, messages come to their end and no others begin', async (t) => {
  let let_go = (): void => {};
  const next = await nextServer(t);
  const started = await relay(t, next.port, {
    rewriting: {
      concerns: () => true,
      rewrite: (octets) =>
        new Promise((resolve) => {
          let_go = () => resolve({ octets, told: { kind: 'untouched', links: 0, signed: false, notes: [] } });
        }),
    },
  });
  const [busy, idle] = [await talk(t, started.port), await talk(t, started.port)];
  busy.send('EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n');
  for (let index = 0; index < 4; index++) await busy.reply();
  busy.send('Subject: 1\r\n\r\n1\r\n.\r\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = started.close(5000);
  assert.match(await idle.reply(), /^421 4\.3\.2/);
  let_go();
  assert.match(await busy.reply(), /^250/);
  assert.match(await busy.reply(), /^421/);
  await closed;
  assert.equal(next.taken.length, 1);
});

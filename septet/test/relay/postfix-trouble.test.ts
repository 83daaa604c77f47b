/** A Postfix in front of the relay, and a next server in every kind of trouble: Postfix hears of it and tries again. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, suite, test } from 'node:test';
import { folder, septet } from '../cli/program.ts';
import { sendBySmtp } from '../proof/postfix-smtp.ts';
import { mayStartPostfix, startPostfix, type Postfix } from '../servers/postfix.ts';
import { freePort, missing } from '../servers/process.ts';
import { nextServer } from './parties.ts';
import { configText, quickQueue, startRelay } from './postfix-lab.ts';

const skip = (await missing('postfix')) || mayStartPostfix();

async function until(postfix: Postfix, done: () => boolean): Promise<void> {
  for (const limit = performance.now() + 60_000; !done();) {
    /* oxlint-disable no-await-in-loop -- again and again */
    if (performance.now() > limit) throw new Error(await postfix.log());
    await new Promise((resolve) => setTimeout(resolve, 500));
    /* oxlint-enable no-await-in-loop */
  }
}

suite('a next server in trouble, behind Postfix and the relay', { skip, timeout: 120_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  after(() => Promise.allSettled(started.map((server) => server.stop())));

  test('4xx, a cut in DATA, a lost answer and a slow one: the message is taken once in the end', async (t) => {
    const trouble = ['451 4.3.0 Come again', 'cut', '421 4.3.2 Going down', 'slow', '250 2.0.0 Ok'];
    let refused = 0;
    const next = await nextServer(t, {
      answer: (line) => (line.startsWith('RCPT') && ++refused < 2 ? '450 4.2.1 Greylisted for a while' : undefined),
      final: () => {
        const now = trouble.shift() ?? '250 2.0.0 Ok';
        return now === 'slow' ? 'silence' : now;
      },
    });
    const [first, middle] = [await freePort(), await freePort()];
    const sender = await startPostfix({
      hostname: 'mail.sender.test',
      listeners: [{ port: first }],
      main: { ...quickQueue, relayhost: `[127.0.0.1]:${middle}`, smtp_data_done_timeout: '2s' },
    });
    started.push(sender);
    const file = await folder(t, { 'septet.yaml': configText });
    const args = [`--listen=127.0.0.1:${middle}`, `--to=smtp://127.0.0.1:${next.port}`];
    const relay = await startRelay([...args, `--config=${file('septet.yaml')}`, `--data=${file('data')}`]);
    started.push(relay);
    const message = Buffer.from('From: news@sender.test\r\nSubject: 1\r\nMessage-ID: <1@sender.test>\r\n\r\n1\r\n');
    await sendBySmtp(first, message, { helo: 'desk', from: 'news@sender.test', to: 'reader@receiver.test' });
    // At the fourth try the answer does not come; then the connection goes, and with the fifth the message is taken.
    await until(sender, () => trouble.length === 1);
    assert.equal(next.taken.length, 0);
    next.cut();
    await until(sender, () => next.taken.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(next.taken.length, 1);
    const log = await sender.log();
    assert.match(log, /450 4\.2\.1 Greylisted for a while/);
    assert.match(log, /451 4\.3\.0 Come again/);
    assert.match(log, /451 4\.4\.2 The next server ended the connection/);
    assert.match(log, /status=sent \(250 2\.0\.0 Ok\)/);
    assert.equal([...log.matchAll(/status=sent/g)].length, 1);
  });

  test('a permanent refusal comes back to Postfix in the words of the next server', async (t) => {
    const next = await nextServer(t, { final: () => '554 5.7.1 This is spam' });
    const [first, middle] = [await freePort(), await freePort()];
    const sender = await startPostfix({
      hostname: 'mail.sender.test',
      listeners: [{ port: first }],
      main: { ...quickQueue, relayhost: `[127.0.0.1]:${middle}` },
    });
    started.push(sender);
    const file = await folder(t, { 'septet.yaml': configText });
    const args = [`--listen=127.0.0.1:${middle}`, `--to=smtp://127.0.0.1:${next.port}`];
    started.push(await startRelay([...args, `--config=${file('septet.yaml')}`, `--data=${file('data')}`]));
    const message = Buffer.from('From: news@sender.test\r\nSubject: 1\r\n\r\n1\r\n');
    await sendBySmtp(first, message, { helo: 'desk', from: '', to: 'reader@receiver.test' });
    const limit = performance.now() + 40_000;
    const log = async (): Promise<string> => sender.log();
    while (!(await log()).includes('status=bounced') && performance.now() < limit)
      await new Promise((resolve) => setTimeout(resolve, 50)); // oxlint-disable-line no-await-in-loop
    assert.match(await log(), /status=bounced .*554 5\.7\.1 This is spam/);
  });
});

test('septet relay says what is missing', async (t) => {
  const file = await folder(t, { 'septet.yaml': configText });
  const config = `--config=${file('septet.yaml')}`;
  const nowhere = await septet(['relay', config]);
  assert.deepEqual([nowhere.code, nowhere.stdout], [2, '']);
  assert.match(nowhere.stderr, /needs to know where mail goes/);
  const none = await septet(['relay', '--config', file('no.yaml'), '--milter']);
  assert.equal(none.code, 2);
  const taken = await nextServer(t);
  const busy = await septet([
    'relay',
    config,
    `--data=${file('data')}`,
    '--to=smtp://127.0.0.1:1',
    `--listen=127.0.0.1:${taken.port}`,
  ]);
  assert.equal(busy.code, 2);
  assert.match(busy.stderr, /Another program listens at port \d+ of 127\.0\.0\.1\. Choose another with --listen/);
  const noFolder = await septet(['relay', config, `--data=${file('septet.yaml')}`, '--milter=inet:127.0.0.1:0']);
  assert.equal(noFolder.code, 2);
});

/**
 * A Postfix with OpenDKIM sends to `septet message listen`, and the report proves SPF, DKIM and DMARC. Nothing is told of
 * the envelope: the listener has seen it.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { ChildProcess } from 'node:child_process';
import { after, suite, test } from 'node:test';
import type { Proof } from '../../src/proof/proof.ts';
import { start } from '../cli/program.ts';
import { startKnot } from '../servers/knot.ts';
import { startSigner } from '../servers/opendkim.ts';
import { mayStartPostfix, startPostfix } from '../servers/postfix.ts';
import { freePort, missing } from '../servers/process.ts';
import { ownAddress } from './postfix-lab.ts';
import { sendBySmtp } from './postfix-smtp.ts';
import { ourWords, proofsIn } from './postfix-words.ts';
import { makeKeys, signingRules, zoneText } from './postfix-zone.ts';

const skip = (await missing('postfix', 'opendkim', 'knotd')) || mayStartPostfix();

interface Sent {
  readonly from: string;
  readonly author: string;
  readonly subject: string;
}

suite('Postfix sends to `message listen`', { skip, timeout: 60_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  after(() => Promise.allSettled(started.map((server) => server.stop())));

  test('the reports prove what was signed and what was not', async () => {
    const keys = await makeKeys();
    const address = ownAddress();
    const [smtp, submission, dns] = [await freePort(), await freePort(), await freePort(address)];
    const knot = await startKnot([{ origin: '.', text: zoneText(keys, address) }], { address, port: dns });
    started.push(knot);
    const signer = await startSigner(signingRules(keys));
    started.push(signer);
    const sender = await startPostfix({
      hostname: 'mail.good.example',
      listeners: [{ port: submission, settings: { smtpd_milters: signer.milter } }],
      main: { relayhost: `[127.0.0.1]:${smtp}` },
    });
    started.push(sender);

    const mail: readonly Sent[] = [
      { from: 'bounce@good.example', author: 'news@good.example', subject: 'Aligned' },
      { from: 'bounce@other.example', author: 'news@unaligned.good.example', subject: 'Signed by another' },
      { from: 'bounce@forwarder.example', author: 'news@lost.example', subject: 'Signed by a key that is not there' },
      { from: '', author: 'news@soft.example', subject: 'Without a sender' },
    ];
    const args = ['--port', String(smtp), '--web', 'off', '--resolver', knot.server, '--json'];
    const listener = start(['message', 'listen', ...args, '--count', String(mail.length)]);
    started.push({ stop: () => ended(listener, 'SIGKILL') });
    const said = saidBy(listener);
    await until(
      () => said.err().includes('Listening for SMTP'),
      () => said.err(),
    );

    for (const { from, author, subject } of mail) {
      const text = `From: ${author}\r\nTo: test-postfix@localhost\r\nSubject: ${subject}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${mail.findIndex((each) => each.author === author)}@good.example>\r\n\r\n.A line.\r\nAnother.\r\n`;
      const envelope = { helo: 'desk', from, to: 'test-postfix@localhost' };
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as a person would
      const { answer } = await sendBySmtp(submission, Buffer.from(text), envelope);
      assert.match(answer, /^250 /);
    }
    await until(
      () => listener.exitCode !== null,
      async () => `${said.err()}\n${await sender.log()}`,
    );
    assert.equal(listener.exitCode, 0, said.err());
    await ended(listener);
    const proofs = proofsIn(said.out());
    const bySubject = new Map(proofs.map((proof) => [proof.message.subject, proof]));
    assert.equal(bySubject.size, mail.length);
    const proofOf = (subject: string): Proof => {
      const proof = bySubject.get(subject);
      assert.ok(proof, subject);
      assert.equal(proof.envelope.ip?.from, 'listener');
      assert.equal(proof.envelope.ip?.value, '127.0.0.1');
      assert.equal(proof.envelope.helo?.value, 'mail.good.example');
      assert.deepEqual(proof.envelope.recipients, ['test-postfix@localhost']);
      return proof;
    };

    const good = proofOf('Aligned');
    assert.deepEqual(ourWords(good), { spf: 'pass', dkim: ['pass'], dmarc: 'pass', disposition: 'none' });
    assert.deepEqual(good.envelope.mailFrom, { value: 'bounce@good.example', from: 'listener' });
    assert.equal(good.verdict.kind, 'ideal');
    assert.deepEqual(
      good.dmarc.readings.map(({ reader, result }) => [reader, result]),
      [
        ['RFC 9989', 'pass'],
        ['RFC 7489', 'pass'],
      ],
    );
    const another = proofOf('Signed by another');
    assert.deepEqual(ourWords(another), { spf: 'pass', dkim: ['pass'], dmarc: 'fail', disposition: 'reject' });
    assert.equal(another.verdict.kind, 'fail');
    const lost = proofOf('Signed by a key that is not there');
    assert.deepEqual(ourWords(lost), { spf: 'fail', dkim: ['permerror'], dmarc: 'fail', disposition: 'reject' });
    assert.equal(lost.dkim[0]?.fault, 'key_missing');
    const without = proofOf('Without a sender');
    assert.deepEqual(ourWords(without), { spf: 'pass', dkim: ['pass'], dmarc: 'pass', disposition: 'none' });
    assert.equal(without.envelope.mailFrom?.value, '');
    assert.equal(without.verdict.kind, 'bar');
  });
});

function saidBy(child: ChildProcess) {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (err += text));
  return { out: () => out, err: () => err };
}

/** Waits for the child's end, and for all it had to say. */
async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (signal !== undefined && child.exitCode === null) child.kill(signal);
  await until(
    () => Boolean(child.stdout?.closed && child.stderr?.closed),
    () => 'it does not end',
  );
}

async function until(is: () => boolean, told: () => string | Promise<string>): Promise<void> {
  for (const limit = performance.now() + 20_000; !is();) {
    // oxlint-disable-next-line no-await-in-loop -- it looks again and again
    if (performance.now() > limit) throw new Error(await told());
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * What arrives behind the relay and behind the milter: links under the tracking host, List-Unsubscribe, a signature that
 * verifies, and the mail of others as it was.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { after, suite, test, type TestContext } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { readMessages } from '../../src/mail/read-messages.ts';
import { verifyMessage } from '../../src/proof/verify.ts';
import { saveKey } from '../../src/store/files/keys.ts';
import { folder } from '../cli/program.ts';
import { sendBySmtp } from '../proof/postfix-smtp.ts';
import { startSigner } from '../servers/opendkim.ts';
import { mayStartPostfix, startPostfix, type Postfix } from '../servers/postfix.ts';
import { freePort, missing } from '../servers/process.ts';
import { zoneWorld } from '../zone-world.ts';
import { configText, startRelay } from './postfix-lab.ts';

const skip = (await missing('postfix', 'opendkim')) || mayStartPostfix();

const html = (author: string, id: string): Buffer =>
  Buffer.from(
    [
      `From: News <news@${author}>`,
      'To: reader@receiver.test',
      `Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= ${id}`,
      `Message-ID: <${id}@${author}>`,
      'Date: Mon, 23 Nov 2026 12:00:00 +0000',
      'X-Folded: one',
      '\ttwo',
      'MIME-Version: 1.0',
      'Content-Type: text/html; charset=utf-8',
      '',
      `<html><body><a href="https://shop.example/${id}?a=1&amp;b=2">Shop</a>`,
      '..dots, and a line',
      `.${'x'.repeat(900)}`,
      '</body></html>',
      '',
    ].join('\r\n'),
  );

/** The fields and the body as they lie in the mailbox, CRLF again, without what Postfix put on top. */
function sent(stored: Buffer): { readonly whole: Buffer; readonly body: string } {
  const text = stored.toString('latin1').replaceAll(/\r?\n/g, '\r\n');
  const whole = text.replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\r\n(?:[ \t].*\r\n)*)+/, '');
  return { whole: Buffer.from(whole, 'latin1'), body: whole.slice(whole.indexOf('\r\n\r\n') + 4) };
}

async function signatures(message: Buffer, record: string): Promise<readonly string[]> {
  const parts = record.match(/.{1,200}/g)?.map((part) => `"${part}"`);
  const world = zoneWorld(`s1._domainkey.sender.test. TXT ( ${parts?.join(' ')} )`, { now: () => Date.now() });
  const octets = (async function* () {
    yield message;
  })();
  for await (const one of readMessages(octets)) {
    const { dkim } = await verifyMessage(world, one, { source: '-' });
    return dkim.map(({ result, domain }) => `${domain} ${result}`);
  }
  return [];
}

suite('mail behind the relay', { skip, timeout: 60_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  after(() => Promise.allSettled(started.map((server) => server.stop())));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  const state = async (t: TestContext, signed: boolean) => {
    const file = await folder(t, { 'septet.yaml': configText });
    const saved = await saveKey(file('state'), dnsName('sender.test'), {
      selector: 's1',
      key: privateKey,
      createdAt: Date.now(),
    });
    assert.equal(saved.kind, 'saved');
    const record = saved.kind === 'saved' ? saved.half.record : '';
    const empty = signed ? file('state') : file('empty');
    return { record, args: ['--config', file('septet.yaml'), '--data', file('data'), '--state', empty] };
  };
  const receive = async (milters: readonly string[]): Promise<{ readonly server: Postfix; readonly port: number }> => {
    const port = await freePort();
    const server = await startPostfix({
      hostname: 'mx.receiver.test',
      listeners: [{ port, ...(milters.length > 0 ? { settings: { smtpd_milters: milters.join(', ') } } : {}) }],
      mailboxes: 'receiver.test',
    });
    started.push(server);
    return { server, port };
  };
  const envelope = (to: string) => ({ helo: 'desk', from: 'bounce@sender.test', to: `${to}@receiver.test` });

  const proven = async (stored: Buffer, record: string, id: string): Promise<void> => {
    const { whole, body } = sent(stored);
    assert.match(
      body,
      /<a href="https:\/\/track\.sender\.test\/c\/[\w-]+">Shop<\/a>\r\n\.\.dots, and a line\r\n\.x{900}\r\n/,
    );
    assert.doesNotMatch(body, /shop\.example/);
    const head = whole.toString('latin1').slice(0, -body.length);
    assert.match(head, /^List-Unsubscribe: <https:\/\/track\.sender\.test\/u\/[\w-]+>/im);
    assert.match(head, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/im);
    assert.match(head, new RegExp(`^Subject: =\\?utf-8\\?Q\\?Gr=C3=BC=C3=9Fe\\?= ${id}\\r$`, 'm'));
    assert.match(head, /^X-Folded: one\r\n\ttwo\r$/m);
    assert.deepEqual(await signatures(whole, record), ['sender.test pass']);
  };

  test('through the SMTP proxy, with our signature', async (t) => {
    const { record, args } = await state(t, true);
    const { server, port } = await receive([]);
    const middle = await freePort();
    const relay = await startRelay(['--listen', `127.0.0.1:${middle}`, '--to', `smtp://127.0.0.1:${port}`, ...args]);
    started.push(relay);
    assert.match((await sendBySmtp(middle, html('sender.test', 'one'), envelope('one'))).answer, /^250 .*queued as/);
    await proven(await server.mail('one@receiver.test'), record, 'one');
    const foreign = html('other.test', 'two');
    await sendBySmtp(middle, foreign, envelope('two'));
    assert.deepEqual(sent(await server.mail('two@receiver.test')).whole, foreign);
    const told = relay.events().filter(({ event }) => event === 'message');
    assert.deepEqual(
      told.map(({ outcome, rewriting }) => [outcome, (rewriting as { kind: string }).kind]),
      [
        ['accepted', 'rewritten'],
        ['accepted', 'untouched'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(relay.events()) + relay.said(), /reader|bounce|receiver\.test|shop/);
  });

  test('through the milter, with our signature, several messages of one connection', async (t) => {
    const { record, args } = await state(t, true);
    const milter = await freePort();
    const relay = await startRelay(['--milter', `inet:127.0.0.1:${milter}`, ...args]);
    started.push(relay);
    const { server, port } = await receive([`inet:127.0.0.1:${milter}`]);
    const foreign = html('other.test', 'two');
    await sendBySmtp(port, html('sender.test', 'one'), envelope('one'));
    await sendBySmtp(port, foreign, envelope('two'));
    await proven(await server.mail('one@receiver.test'), record, 'one');
    assert.deepEqual(sent(await server.mail('two@receiver.test')).whole, foreign);
    // Larger than one piece of a body.
    const large = Buffer.concat([html('sender.test', 'three'), Buffer.from(`${'y'.repeat(75)}\r\n`.repeat(4000))]);
    await sendBySmtp(port, large, envelope('three'));
    const three = await server.mail('three@receiver.test');
    await proven(three, record, 'three');
    assert.ok(sent(three).body.endsWith(large.subarray(-70_000).toString('latin1')));
    assert.doesNotMatch(await server.log(), /warning:.*milter|milter.*(error|timeout|closed)/i);
  });

  test('through the milter at a path, with OpenDKIM as the milter behind it', async (t) => {
    const { record, args } = await state(t, false);
    const signer = await startSigner([
      {
        authors: '*@sender.test',
        domain: 'sender.test',
        selector: 's1',
        pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    ]);
    started.push(signer);
    const place = await folder(t, {});
    // Postfix's own user comes by here.
    const { chmod } = await import('node:fs/promises');
    await chmod(place('.'), 0o755);
    const relay = await startRelay(['--milter', `unix:${place('milter')}`, ...args]);
    started.push(relay);
    const { server, port } = await receive([`unix:${place('milter')}`, signer.milter]);
    await sendBySmtp(port, html('sender.test', 'one'), envelope('one'));
    await proven(await server.mail('one@receiver.test'), record, 'one');
  });
});

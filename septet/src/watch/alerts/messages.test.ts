/** What each channel is given: mail, webhook, Slack, ntfy. Foreign text in it stays text. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { fieldsOf, valueOf } from '../../mail/header.ts';
import { decodeWords } from '../../mail/words.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import type { StoredAlert } from '../../store/store.ts';
import { alertText } from './alert-text.ts';
import { ntfyRequest, slackEscape, slackRequest } from './chat-requests.ts';
import { cleanLine, cutOctets, headerText } from './clean-text.ts';
import { messageOf, type AlertMessage, type ComposeFacts } from './compose.ts';
import { alertMail } from './mail-message.ts';
import { signatureOf, verifySignature, webhookBody } from './webhook.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const facts: ComposeFacts = { channel: 'mail', now, turn: 3 };
const addresses = { from: 'septet@example.com', to: ['ops@example.com', 'you@example.org'] };

const alertWith = (foreign: string, key = 'k'): StoredAlert => ({
  domain: dnsName('example.com'),
  key,
  severity: 'error',
  since: now - 3_600_000,
  text: alertText({
    title: `SPF record changed ${foreign}`,
    what: [`now: ${foreign}`],
    seenFrom: ['authoritative ns1.example.net'],
    todo: ['Put it back.'],
    commands: ['septet plan example.com'],
  }),
});
const single = (foreign = 'by somebody else', more: Partial<ComposeFacts> = {}): AlertMessage =>
  messageOf({ kind: 'alert', alert: alertWith(foreign) }, { ...facts, ...more });
const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString('utf8');

test('a mail: subject, marks of a machine, the text', () => {
  const message = single();
  const mail = textOf(alertMail(message, addresses));
  const [head = '', body = ''] = mail.split('\r\n\r\n', 2);
  assert.deepEqual(head.split('\r\n'), [
    'From: septet@example.com',
    'To: ops@example.com,',
    ' you@example.org',
    'Subject: [septet] example.com: SPF record changed by somebody else',
    'Date: Mon, 23 Nov 2026 12:00:00 +0000',
    `Message-ID: <septet-alert-${message.id}@example.com>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 7bit',
  ]);
  assert.match(body, /^example\.com: SPF record changed by somebody else\r\nSince 2026-11-23 11:00 UTC\.$/);
  assert.match(mail, /\r\nRun:\r\n {2}septet plan example\.com\r\n$/);
});

test('later messages about the same alert stand in its thread; ids are stable, and new when it comes back', () => {
  const first = single();
  assert.equal(single().id, first.id);
  assert.equal(single(undefined, { now: now + 5000 }).id, first.id, 'tried again later');
  assert.notEqual(single(undefined, { turn: 4 }).id, first.id);
  assert.notEqual(single(undefined, { channel: 'ntfy' }).id, first.id);
  const over = messageOf({ kind: 'over', alert: alertWith('by x') }, { ...facts, turn: 4, thread: first.id });
  const mail = textOf(alertMail(over, addresses));
  assert.match(mail, new RegExp(`\r\nIn-Reply-To: <septet-alert-${first.id}@example\\.com>\r\n`));
  assert.match(mail, new RegExp(`\r\nReferences: <septet-alert-${first.id}@example\\.com>\r\n`));
  assert.match(over.subject, /^\[septet\] example\.com: over: SPF record changed by x$/);
  assert.match(over.text, /it is over\.\n/);
});

test('a digest and a summary list everything, with counts in the subject', () => {
  const listed = (kind: 'digest' | 'summary', count: number): AlertMessage =>
    messageOf(
      {
        kind,
        changed: Array.from({ length: count }, (_, index) => alertWith('x', `k${index}`)),
        settled: [alertWith('y', 'z')],
        still: [alertWith('s', 's')],
      },
      facts,
    );
  const digest = listed('digest', 2);
  assert.equal(digest.subject, '[septet] example.com: 2 new or changed, 1 over (digest)');
  assert.match(
    digest.text,
    /New or changed:\n {2}example\.com: SPF record changed x \(error, since 2026-11-23 11:00 UTC\)/,
  );
  assert.match(digest.text, /Over:\n.* y .*\n\nStill there, told before:\n.* s /s);
  assert.match(listed('summary', 100).text, /\n {2}and 60 more\n/);
});

test('property: no foreign text begins a header, ends the head, or breaks the rules of a mail', () => {
  const foreign = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      'a\r\nBcc: x@evil.example',
      '\n\n<b>',
      '=?utf-8?B?QmNjOg==?=',
      '\u2028Bcc: x',
      'ü'.repeat(200),
      '\r.\r\n',
    ),
  );
  fc.assert(
    fc.property(foreign, (text) => {
      const message = single(text);
      const octets = alertMail(message, addresses);
      const mail = textOf(octets);
      const lines = mail.split('\r\n');
      assert.ok(lines.every((line) => Buffer.byteLength(line) <= 998 && !/[\r\n]/.test(line)));
      const end = lines.indexOf('');
      const names = lines.slice(0, end).flatMap((line) => (line.startsWith(' ') ? [] : [line.split(':', 1)[0]]));
      assert.deepEqual(names, [
        'From',
        'To',
        'Subject',
        'Date',
        'Message-ID',
        'Auto-Submitted',
        'MIME-Version',
        'Content-Type',
        'Content-Transfer-Encoding',
      ]);
      // oxlint-disable-next-line no-control-regex -- that none of them is there is what is tested
      assert.doesNotMatch(mail.replaceAll('\r\n', ''), /[\u0000-\u001f\u007f]/);
      const [subject] = fieldsOf(parseHeader(octets), 'subject');
      assert.ok(subject);
      assert.equal(decodeWords(valueOf(subject)).trim(), message.subject.trim());
    }),
    { numRuns: 200 },
  );
});

test('header texts: ASCII as it is, the rest in encoded words that are never cut within a character', () => {
  assert.equal(headerText('plain'), 'plain');
  assert.equal(headerText('a\r\nX: y'), 'a\\013\\010X: y');
  const long = headerText('ü😀'.repeat(40));
  for (const word of long.split('\r\n ')) {
    assert.ok(word.length <= 75);
    assert.doesNotMatch(Buffer.from(word.slice(10, -2), 'base64').toString('utf8'), /\ufffd/);
  }
  assert.equal(cutOctets('üüü', 5), 'ü…');
  assert.equal(cleanLine('\ud800x'), '\\u{d800}x');
});

test('the signature: HMAC-SHA256 over time and body, refused when old, changed or of another secret', () => {
  const body = webhookBody(single());
  const secret = 'correct horse battery';
  const header = signatureOf(body, secret, now);
  const t = now / 1000;
  // By the words of the documentation, without our own code.
  assert.equal(header, `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`);
  const cases: readonly (readonly [string, string, number, string])[] = [
    [header, body, now, 'good'],
    [header, body, now + 300_000, 'good'],
    [header, body, now + 301_000, 'too old or too new'],
    [header, body, now - 301_000, 'too old or too new'],
    [header, `${body} `, now, 'wrong'],
    [header.replace(`t=${t}`, `t=${t + 1}`), body, now, 'wrong'],
    [`${header.split(',')[0]},v1=${'0'.repeat(64)},${header.split(',')[1]}`, body, now, 'good'],
    [`t=${t},v1=zz`, body, now, 'wrong'],
    [`t=${t}`, body, now, 'malformed'],
    ['', body, now, 'malformed'],
  ];
  for (const [given, text, at, wanted] of cases) assert.equal(verifySignature(given, text, secret, at), wanted, given);
  assert.equal(verifySignature(header, body, 'another secret', now), 'wrong');
});

test('the webhook’s document', () => {
  const document = JSON.parse(webhookBody(single())) as Record<string, unknown>;
  const { text: _text, id: _id, ...rest } = document;
  assert.deepEqual(rest, {
    version: 1,
    kind: 'alert',
    at: '2026-11-23T12:00:00.000Z',
    severity: 'error',
    subject: '[septet] example.com: SPF record changed by somebody else',
    alerts: [
      {
        domain: 'example.com',
        key: 'k',
        severity: 'error',
        state: 'changed',
        since: '2026-11-23T11:00:00.000Z',
        title: 'SPF record changed by somebody else',
      },
    ],
  });
});

test('Slack: markup is escaped and turned off; long texts are cut', () => {
  const evil = '<!channel> <https://evil.example|click> &lt; *bold*';
  const { body } = slackRequest(single(evil));
  const sent = JSON.parse(body) as { readonly text: string; readonly mrkdwn: boolean };
  assert.equal(sent.mrkdwn, false);
  assert.doesNotMatch(sent.text, /[<>]/);
  assert.ok(sent.text.includes('&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp;lt;'));
  const long = { ...single(), text: 'a < b\n'.repeat(2000) };
  const text = (JSON.parse(slackRequest(long).body) as { readonly text: string }).text;
  assert.ok(text.length < 6000 && text.endsWith('…'));
  assert.equal(slackEscape('&amp;'), '&amp;amp;');
});

test('ntfy: title, priority and tags as headers that nobody can add to; texts below the limit of a message', () => {
  const { headers, body } = ntfyRequest(single('x\r\nAuthorization: Basic eA==\r\n'), 'tk_secret');
  assert.deepEqual(Object.keys(headers), ['Title', 'Priority', 'Tags', 'Authorization']);
  for (const value of Object.values(headers)) assert.match(value, /^[\x20-\x7e]*$/);
  assert.deepEqual([headers['Priority'], headers['Tags']], ['5', 'rotating_light']);
  assert.equal(headers['Authorization'], 'Bearer tk_secret');
  assert.doesNotMatch(body, /tk_secret/);
  const umlaut = ntfyRequest(single('für'));
  assert.match(umlaut.headers['Title'] ?? '', /^=\?utf-8\?B\?[\w+/=]+\?=( =\?utf-8\?B\?[\w+/=]+\?=)*$/);
  assert.equal(umlaut.headers['Authorization'], undefined);
  const long = ntfyRequest({ ...single(), text: 'ü'.repeat(5000) });
  assert.ok(Buffer.byteLength(long.body) <= 4000);
  const over = ntfyRequest(messageOf({ kind: 'over', alert: alertWith('x') }, facts));
  assert.deepEqual([over.headers['Priority'], over.headers['Tags']], ['3', 'white_check_mark']);
});

test('the example for receivers in docs/alerts.md says what our own code says', async () => {
  const page = await readFile(new URL('../../../../docs/alerts.md', import.meta.url), 'utf8');
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
  const { isGenuine } = (await import(
    `data:text/javascript,${encodeURIComponent(`${code}\nexport { isGenuine };`)}`
  )) as { isGenuine(header: string, body: string, secret: string): boolean };
  const body = webhookBody(single('für'));
  const clock = Date.now();
  assert.equal(isGenuine(signatureOf(body, 's3cret', clock), body, 's3cret'), true);
  assert.equal(isGenuine(signatureOf(body, 's3cret', clock), `${body} `, 's3cret'), false);
  assert.equal(isGenuine(signatureOf(body, 'other', clock), body, 's3cret'), false);
  assert.equal(isGenuine(signatureOf(body, 's3cret', clock - 301_000), body, 's3cret'), false);
  assert.equal(isGenuine('', body, 's3cret'), false);
});

/** The message that `message send` composes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { fieldsOf, valueOf } from '../mail/header.ts';
import { splitMessage } from '../mail/parse-header.ts';
import { mimeReader } from '../mail/mime-reader.ts';
import { testMessage, testToken, tokenIn, type TestMessageInput } from './test-message.ts';

const token = '0123456789abcdef01234567';
const input: TestMessageInput = {
  from: 'septet-test@example.com',
  to: 'you@gmail.com',
  domain: dnsName('example.com'),
  token,
  now: Date.parse('2026-11-03T04:05:06Z'),
};

function read(more: Partial<TestMessageInput> = {}) {
  const message = testMessage({ ...input, ...more });
  const { header, body } = splitMessage(message.octets);
  const reader = mimeReader(header);
  reader.write(body);
  const field = (name: string): string | undefined => fieldsOf(header, name).map((each) => valueOf(each).trim())[0];
  return { message, header, field, mime: reader.end(), text: Buffer.from(message.octets).toString('latin1') };
}

test('it has the fields of a good message, each once', () => {
  const { header, field, message } = read();
  assert.deepEqual(
    header.fields.map(({ name }) => name),
    ['From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type'],
  );
  assert.deepEqual(header.problems, []);
  assert.equal(field('from'), 'septet-test@example.com');
  assert.equal(field('subject'), `Septet test ${token}`);
  assert.equal(field('date'), 'Tue, 03 Nov 2026 04:05:06 +0000');
  assert.equal(field('message-id'), `<septet-${token}@example.com>`);
  assert.equal(message.messageId, field('message-id'));
});

test('it is ASCII in short lines with CRLF, whatever the sender is called', () => {
  const { text } = read({ sender: 'Pöstfix <b>\r\nBcc: x', tracking: dnsName('track.example.com') });
  assert.match(text, /^(?:[\x20-\x7e]{0,200}\r\n)+$/);
  assert.doesNotMatch(text, /\nBcc:|<b>/);
});

test('both parts are there, and the one link stands under the tracking host', () => {
  const { mime, text } = read({ tracking: dnsName('track.example.com'), sender: 'Postfix' });
  assert.match(JSON.stringify(mime), /text\/plain|"plain"/);
  assert.match(text, /sent by Postfix/);
  const links = [...text.matchAll(/https?:\/\/[^\s"<]+/g)].map(([link]) => link);
  assert.deepEqual(new Set(links), new Set([`https://track.example.com/septet-test/${token}`]));
  assert.doesNotMatch(read().text, /https?:/);
});

test('one-click unsubscribe has both fields', () => {
  const { field } = read({ unsubscribe: 'https://example.com/u/1' });
  assert.equal(field('list-unsubscribe'), '<https://example.com/u/1>');
  assert.equal(field('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
});

test('a token is found again by Message-ID or Subject, and nowhere else', () => {
  const { field } = read();
  const subject = field('subject') ?? '';
  assert.equal(tokenIn({ messageId: field('message-id') ?? '' }), token);
  assert.equal(tokenIn({ subject, messageId: '<ses-made@amazonses.com>' }), token);
  assert.equal(tokenIn({ subject: `Re: ${subject}` }), token);
  assert.equal(tokenIn({ subject: `Invoice ${token}` }), undefined);
  assert.equal(tokenIn({}), undefined);
});

test('tokens are 24 hexadecimal digits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (octets) => {
      assert.match(
        testToken(() => octets),
        /^[0-9a-f]{24}$/,
      );
    }),
  );
});

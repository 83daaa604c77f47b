import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  codes,
  domain,
  host,
  htmlMail,
  lines,
  reader,
  run,
  sign,
  top,
  wish,
  writer,
} from '../../test/rewrite/run-rewrite.ts';
import { rewriteMessage } from './rewrite.ts';
import type { Rewritten, RewriteWish } from './wish.ts';

test('List-Unsubscribe: put in, put in front, in place of another, or left', () => {
  const mail = (...fields: readonly string[]): string =>
    lines('From: a@example.com', ...fields, 'Subject: x', 'Content-Type: text/plain', '', 'x');
  const ours = 'List-Unsubscribe: <[unsubscribe reader@example.org]>';
  const post = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click';
  const both = (how: 'keep' | 'replace', ...fields: readonly string[]) => run(mail(...fields), { unsubscribe: how });
  for (const how of ['keep', 'replace'] as const) {
    const without = both(how);
    assert.equal(
      without.text,
      lines('From: a@example.com', 'Subject: x', 'Content-Type: text/plain', ours, post, '', 'x'),
    );
    assert.equal(without.changed.unsubscribe, true);
    const mailto = both(how, 'List-Unsubscribe: (a)\r\n <mailto:u@example.com?subject=x>', 'X-A: b');
    assert.equal(
      mailto.text,
      lines(
        'From: a@example.com',
        `${ours},`,
        ' <mailto:u@example.com?subject=x>',
        post,
        'X-A: b',
        'Subject: x',
        'Content-Type: text/plain',
        '',
        'x',
      ),
      'in its place, and a mailto: address stays behind ours',
    );
    const again = both(
      how,
      `List-Unsubscribe: <${writer.unsubscribe(host, { message: 'm', campaign: '', reader: '0123456789abcdef' }, 'r')}>`,
      post,
    );
    assert.equal(again.changed.unsubscribe, false, 'ours is there');
    assert.deepEqual(codes(again), ['message.unchanged']);
  }
  const https = 'list-unsubscribe: <https://x.example/u>, <mailto:u@example.com>';
  const kept = both('keep', https, post);
  assert.equal(kept.text, mail(https, post));
  assert.deepEqual(codes(kept), ['unsubscribe.kept', 'message.unchanged']);
  assert.doesNotMatch(kept.notes[0]?.text ?? '', /RFC 8058/);
  assert.match(both('keep', https).notes[0]?.text ?? '', /RFC 8058/);
  assert.match(both('keep', https, https, post).notes[0]?.text ?? '', /RFC 8058/);
  assert.equal(
    both('replace', https, post, 'List-Unsubscribe: <http://y.example/>').text,
    lines(
      'From: a@example.com',
      `${ours},`,
      ' <mailto:u@example.com>',
      post,
      'Subject: x',
      'Content-Type: text/plain',
      '',
      'x',
    ),
  );
  assert.equal(run(mail(https), { unsubscribe: 'none' }).text, mail(https));
  const nobody = run(mail(), { unsubscribe: 'keep', recipient: '' });
  assert.equal(nobody.text, mail());
  assert.deepEqual(codes(nobody), ['unsubscribe.no_recipient', 'message.unchanged']);
});

test('links that List-Unsubscribe names stay in the body', () => {
  const mail = htmlMail.replace('Message-ID', 'List-Unsubscribe: <https://x.example/>\r\nMessage-ID');
  assert.equal(run(mail, { unsubscribe: 'keep' }).text, mail);
  assert.equal(run(htmlMail, { unsubscribe: 'keep' }).changed.links, 1);
});

test('signatures of the domain that no longer fit go; others stay and are told', () => {
  const own = 'DKIM-Signature: v=1; a=rsa-sha256; d = Example.COM;\r\n s=s1; b=x';
  const below = 'DKIM-Signature: v=1; d=mail.example.com; s=s1; b=x';
  const foreign = 'DKIM-Signature: v=1; d=esp.example; s=s1; b=x';
  const superior = 'dkim-signature: v=1; d=com; s=s1; b=x';
  const mail = `${lines(own, foreign, below, superior)}${htmlMail}`;
  const out = run(mail);
  assert.equal(out.changed.signaturesRemoved, 2);
  assert.ok(out.text.startsWith(lines(foreign, superior, 'From: a@example.com')));
  assert.deepEqual(codes(out), ['sign.no_key', 'sign.foreign']);
  assert.match(out.notes[0]?.text ?? '', /was taken out/);
  const signed = run(mail, {}, sign);
  assert.deepEqual(codes(signed), ['sign.foreign']);
  assert.ok(signed.text.startsWith('DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s1;'));
  assert.deepEqual(run(mail, { clicks: false }).changed.signaturesRemoved, 0, 'where nothing changes they stay');
});

test('with a key also what had nothing to change is signed, unless it is', () => {
  const mail = lines(...top, '', 'x');
  const out = run(mail, {}, sign);
  assert.equal(out.changed.signed, true);
  assert.equal(out.text.slice(out.text.indexOf('From:')), mail);
  assert.equal(run(out.text, {}, sign).changed.signed, false);
  const noFrom = run(htmlMail.replace('From:', 'Form:'), {}, sign);
  assert.deepEqual(codes(noFrom), ['sign.fault']);
  assert.equal(noFrom.changed.links, 1);
});

test('X-Septet fields ask for less, and go', () => {
  const all = { opens: true, unsubscribe: 'replace' } as const;
  const asked = (...fields: readonly string[]): Rewritten & { readonly text: string } =>
    run(`${lines(...fields)}${htmlMail}`, all);
  const counts = ({ changed }: Rewritten): readonly unknown[] => [changed.links, changed.pixels, changed.unsubscribe];
  assert.deepEqual(counts(asked()), [1, 1, true]);
  assert.deepEqual(counts(asked('X-Septet-Track: no')), [0, 0, true]);
  assert.deepEqual(counts(asked('X-Septet-Track: clicks')), [1, 0, true]);
  assert.deepEqual(counts(asked('X-Septet-Track: Opens')), [0, 1, true]);
  assert.deepEqual(counts(asked('X-Septet-Track: clicks, opens')), [1, 1, true]);
  assert.deepEqual(counts(asked('X-Septet-Track: yes')), [1, 1, true]);
  assert.deepEqual(counts(asked('X-Septet-Unsubscribe: no')), [1, 1, false]);
  assert.deepEqual(counts(asked('X-Septet-Unsubscribe: yes')), [1, 1, true]);
  const unknown = asked('X-Septet-Track: maybe');
  assert.deepEqual(counts(unknown), [0, 0, true], 'what is not understood asks for nothing');
  assert.ok(codes(unknown).includes('track.value'));
  assert.deepEqual(counts(asked('X-Septet-Track: clicks, perhaps')), [0, 0, true]);
  assert.deepEqual(
    counts(run(`X-Septet-Track: opens\r\n${htmlMail}`, { opens: false })),
    [0, 0, false],
    'never for more',
  );
  const none = run(`X-Septet-Track: no\r\n${htmlMail}`);
  assert.equal(none.text, htmlMail, 'the field goes also where nothing else is done');
  for (const one of [
    asked('X-Septet-Track: no'),
    asked('x-septet-campaign: autumn\r\n 2027', 'X-Septet-Unsubscribe: no'),
  ])
    assert.doesNotMatch(one.text, /septet/i);
});

test('ids: as the caller says, after the Message-ID, hashed where they are too long', () => {
  const idsOf = (
    message: string,
    more: Partial<RewriteWish>,
  ): { readonly message: string; readonly campaign: string; readonly reader: string } => {
    const out = rewriteMessage(
      Buffer.from(message),
      more.message === undefined ? withoutMessage(more) : { ...wish, ...more },
      { writer },
    );
    const path = /https:\/\/track\.example\.com(\/c\/[\w-]+)/.exec(Buffer.from(out.octets).toString())?.[1] ?? '';
    const reading = reader.read(host, path);
    assert.ok(reading.kind === 'good');
    return reading.address;
  };
  const { message: _, ...rest } = wish;
  const withoutMessage = (more: Partial<RewriteWish>): RewriteWish => ({ ...rest, ...more });
  assert.equal(idsOf(htmlMail, { message: 'm-1' }).message, 'm-1');
  assert.equal(idsOf(htmlMail, {}).message, '1');
  assert.match(idsOf(htmlMail.replace('<1@', `<${'1'.repeat(70)}@`), {}).message, /^[0-9a-f]{16}$/);
  assert.match(idsOf(htmlMail.replace(/Message-ID.*\r\n/, ''), {}).message, /^[0-9a-f]{16}$/);
  assert.equal(idsOf(htmlMail, {}).campaign, 'spring');
  assert.equal(idsOf(`X-Septet-Campaign: autumn\r\n${htmlMail}`, {}).campaign, 'autumn');
  assert.equal(idsOf(`X-Septet-Campaign: =?utf-8?q?Fr=C3=BChling?=\r\n${htmlMail}`, {}).campaign, 'Frühling');
  assert.match(idsOf(`X-Septet-Campaign: ${'é'.repeat(40)}\r\n${htmlMail}`, {}).campaign, /^[0-9a-f]{16}$/);
  assert.equal(idsOf(htmlMail, {}).reader, writer.reader(domain, 'READER@example.org'));
  assert.equal(idsOf(htmlMail, { recipient: '' }).reader, '0'.repeat(16));
});

test('the longest recipient makes no line over 998 octets; a longer one is nobody', () => {
  const long = `${'a'.repeat(64)}@${'b'.repeat(255)}`;
  const more = { unsubscribe: 'keep', campaign: 'c'.repeat(64), message: 'm'.repeat(64) } as const;
  const out = run(htmlMail, { ...more, recipient: long });
  assert.equal(out.changed.unsubscribe, true);
  for (const line of Buffer.from(out.octets).toString('latin1').split('\r\n')) assert.ok(line.length <= 998 - 200);
  assert.deepEqual(codes(run(htmlMail, { ...more, recipient: `${long}b` })).slice(0, 1), ['unsubscribe.no_recipient']);
});

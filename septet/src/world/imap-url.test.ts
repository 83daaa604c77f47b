import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { imapText, parseImapDone, parseImapUrl, type ImapUrl } from './imap-url.ts';

const env = { PASSWORD: 'p@ss:word/%', EMPTY: '' };
const good = (text: string): ImapUrl => {
  const result = parseImapUrl(text, env);
  assert.ok(result.kind === 'good', JSON.stringify(result));
  return result.url;
};

test('the forms that are understood', () => {
  assert.deepEqual(good('imaps://anna:${PASSWORD}@mail.example.com/INBOX'), {
    host: 'mail.example.com',
    port: 993,
    tls: 'implicit',
    login: { user: 'anna', password: env.PASSWORD },
    mailbox: 'INBOX',
  });
  assert.deepEqual(good('IMAP://anna%40example.com:x%40y@[2001:db8::1]:1143/Reports%2F2026/%C3%A4'), {
    host: '2001:db8::1',
    port: 1143,
    tls: 'required',
    login: { user: 'anna@example.com', password: 'x@y' },
    mailbox: 'Reports/2026/\u00e4',
  });
  assert.equal(good('imaps://a@b.example:secret@c.example').login.user, 'a@b.example');
  assert.equal(good('imaps://anna;AUTH=*:${PASSWORD}@h/').mailbox, 'INBOX');
  assert.equal(good('imaps://anna:${PASSWORD}@h/inbox').mailbox, 'INBOX');
  assert.equal(good('imaps://anna:${PASSWORD}@h/DMARC/').mailbox, 'DMARC');
  assert.equal(imapText(good('imap://anna:${PASSWORD}@[::1]/A')), 'A on [::1]:143');
});

test('without TLS only on this machine', () => {
  assert.equal(good('imap://a:${PASSWORD}@127.0.0.1').tls, 'optional');
  assert.equal(good('imap://a:${PASSWORD}@localhost').tls, 'optional');
  assert.equal(good('imap://a:${PASSWORD}@mail.example.com').tls, 'required');
});

test('a password in the text is told', () => {
  const literal = parseImapUrl('imaps://anna:hidden@h/', env);
  assert.ok(literal.kind === 'good' && literal.warnings.length === 1);
  assert.match(literal.warnings[0] ?? '', /^The password stands in --imap itself/);
  assert.doesNotMatch(literal.warnings.join(), /hidden|anna/);
  const variable = parseImapUrl('imaps://anna:${PASSWORD}@h/', env);
  assert.ok(variable.kind === 'good' && variable.warnings.length === 0);
});

test('what cannot be read gets a sentence', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /no address of a mailbox/],
    ['INBOX', /no address of a mailbox/],
    ['pop3://a:b@h/', /begins with imaps:\/\/ or imap:\/\//],
    ['imaps://h/INBOX', /names no user/],
    ['imaps://anna@h/', /user without a password/],
    ['imaps://anna:${NONE}@h/', /from NONE, which is not set/],
    ['imaps://anna:${EMPTY}@h/', /from EMPTY, which is not set/],
    ['imaps://anna:@h/', /password that cannot be read/],
    ['imaps://anna:100%@h/', /write % as %25/],
    ['imaps://%ff:x@h/', /user name that cannot be read/],
    ['imaps://:x@h/', /user name that cannot be read/],
    ['imaps://anna%0d:x@h/', /user name that cannot be read/],
    ['imaps://anna;AUTH=GSSAPI:x@h/', /way to log in that is not known/],
    ['imaps://anna:x@h:0/', /port 0/],
    ['imaps://anna:x@h:70000/', /port 70000/],
    ['imaps://anna:x@h/INBOX;UIDVALIDITY=3', /names single messages/],
    ['imaps://anna:x@h/INBOX/;UID=3', /names single messages/],
    ['imaps://anna:x@h/INBOX?SUBJECT%20x', /names single messages/],
    ['imaps://anna:x@h/%ff', /mailbox name that cannot be read/],
    ['imaps://anna:x@h/a%0ab', /mailbox name that cannot be read/],
    [`imaps://anna:x@h/${'a'.repeat(3000)}`, /too long/],
  ];
  for (const [text, sentence] of cases) {
    const result = parseImapUrl(text, env);
    assert.ok(result.kind === 'bad', text);
    assert.match(result.why, sentence);
    assert.match(result.why, /^--imap .*\.$/);
  }
});

test('never throws, and a password is never part of a sentence', () => {
  const odd = fc.string({ unit: fc.constantFrom(...'imaps:/@%${}[];?#0a\u00e4 \n') });
  fc.assert(
    fc.property(odd, (text) => {
      parseImapUrl(text, env);
      const result = parseImapUrl(`imaps://u:qqSECRETqq${text}`, env);
      assert.doesNotMatch(result.kind === 'bad' ? result.why : result.warnings.join(), /qqSECRETqq/);
    }),
  );
});

test('every login and mailbox comes back from its URL', () => {
  const word = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => text.trim() !== '');
  const plain = word.filter((text) => [...text].every((one) => one >= ' ' && one !== '\u007f'));
  fc.assert(
    fc.property(plain, plain, plain, (user, password, mailbox) => {
      fc.pre(mailbox.toUpperCase() !== 'INBOX' && !mailbox.endsWith('/'));
      const [a, b, c] = [user, password, mailbox].map((text) => encodeURIComponent(text));
      const url = good(`imaps://${a}:${b}@h/${c}`);
      assert.deepEqual([url.login.user, url.login.password, url.mailbox], [user, password, mailbox]);
    }),
  );
});

test('what becomes of imported messages', () => {
  assert.deepEqual(parseImapDone('leave'), { kind: 'leave' });
  assert.deepEqual(parseImapDone('seen'), { kind: 'seen' });
  assert.deepEqual(parseImapDone('move:Old/DMARC'), { kind: 'move', folder: 'Old/DMARC' });
  for (const text of ['', 'move', 'move:', 'delete', 'move:a\r\nb']) assert.equal(typeof parseImapDone(text), 'string');
});

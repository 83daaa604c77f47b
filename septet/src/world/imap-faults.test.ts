import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imapFault, mayPass } from './imap-faults.ts';
import type { ImapUrl } from './imap-url.ts';

const url: ImapUrl = {
  host: 'mail.example.com',
  port: 993,
  tls: 'implicit',
  login: { user: 'anna', password: 'hush-hush' },
  mailbox: 'INBOX',
};
const error = (message: string, more: object): Error => Object.assign(new Error(message), more);

test('what an IMAP client throws, and what it means', () => {
  const cases: readonly (readonly [Error, 'connect' | 'open' | 'read', string, RegExp])[] = [
    [error('x', { authenticationFailed: true }), 'connect', 'password', /refuses this user and password/],
    [
      error('x', { authenticationFailed: true, responseStatus: 'NO', serverResponseCode: 'UNAVAILABLE' }),
      'connect',
      'refused',
      /cannot take the login now/,
    ],
    [error('x', { mailboxMissing: true, responseStatus: 'NO' }), 'open', 'no-mailbox', /There is no mailbox INBOX/],
    [error('x', { code: 'CERT_HAS_EXPIRED' }), 'connect', 'certificate', /is over/],
    [error('x', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'connect', 'certificate', /not for that name/],
    [error('x', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'connect', 'no-tls', /write imap:\/\//],
    [error('Server does not support STARTTLS', {}), 'connect', 'no-tls', /Nothing was sent/],
    [error('x', { code: 'ENOTFOUND' }), 'connect', 'unreachable', /the name has no address/],
    [error('x', { code: 'CONNECT_TIMEOUT' }), 'connect', 'unreachable', /no answer in time/],
    [error('x', { code: 'EHOSTUNREACH' }), 'connect', 'unreachable', /no way to it from here/],
    [error('x', { code: 'NoConnection' }), 'read', 'lost', /ended in the middle/],
    [error('x', { responseStatus: 'NO', responseText: 'Over quota' }), 'read', 'refused', /It says: Over quota\./],
  ];
  for (const [thrown, stage, kind, sentence] of cases) {
    const fault = imapFault(thrown, url, stage);
    assert.equal(fault.kind, kind, fault.text);
    assert.match(fault.text, sentence);
    assert.match(fault.text, /\.$/);
    assert.equal(mayPass(fault), ['unreachable', 'lost', 'refused'].includes(kind));
  }
  for (const odd of [undefined, null, 'text', 5, {}]) assert.equal(imapFault(odd, url, 'read').kind, 'lost');
});

test('user and password are in no sentence, whatever the server repeats', () => {
  const base64 = Buffer.from('\0anna\0hush-hush').toString('base64');
  const said = `no anna, not with hush-hush or ${base64}\r\nnor \u001b[31m`;
  const fault = imapFault(error('hush-hush', { authenticationFailed: true, responseText: said }), url, 'connect');
  assert.match(fault.text, /It says: no …, not with … or … nor {1,2}\[31m\./);
  const bye = imapFault(undefined, url, 'read', `Bye, anna ${'x'.repeat(5000)}`);
  assert.doesNotMatch(bye.text, /anna/);
  assert.ok(bye.text.length < 500);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { vouched } from './reporter-trust.ts';

/** Who signs and writes, the reporter's name, its contact; and whether that is vouched for. */
const cases: readonly (readonly [signer: string, reporter: string, contact: string | undefined, holds: boolean])[] = [
  ['google.com', 'google.com', 'noreply-dmarc-support@google.com', true],
  ['microsoft.com', 'Enterprise Outlook', 'dmarcreport@microsoft.com', true],
  ['microsoft.com', 'Outlook.com', undefined, true],
  ['dmarc.yahoo.com', 'Yahoo', 'dmarchelp@yahooinc.com', true],
  ['sicher.gmx.net', 'GMX', 'noreply-dmarc@sicher.gmx.net', true],
  ['corp.mail.ru', 'Mail.Ru', 'dmarc_support@corp.mail.ru', true],
  ['fastmaildmarc.com', 'fastmail.com', 'reports@fastmaildmarc.com', true],
  ['au-1.mimecastreport.com', 'Mimecast', 'noreply@mimecastreport.com', true],
  ['yahoo.co.jp', 'yahoo.co.jp', undefined, true],
  ['small.example', 'Small Mail Ltd', undefined, true],
  ['small.example', '', undefined, true],
  // In the name of others.
  ['evil.example', 'google.com', 'a@evil.example', false],
  ['google-dmarc.example', 'Google Inc.', 'a@google-dmarc.example', false],
  ['googlereports.com', 'google.com', 'a@googlereports.com', false],
  ['evil.example', 'Yahoo', 'a@evil.example', false],
  ['evil.example', 'Mimecast', 'noreply@mimecastreport.com', false],
  ['evil.example', 'fastmail.com', undefined, false],
];

test('who may report as whom', () => {
  for (const [signer, reporter, contact, holds] of cases) {
    const name = dnsName(signer);
    const verdict = vouched(
      { reporter, ...(contact === undefined ? {} : { contact }) },
      { author: name, signers: [name], unavailable: false },
    );
    assert.equal(verdict.kind === 'authenticated', holds, `${signer} as ${reporter}: ${JSON.stringify(verdict)}`);
  }
});

test('the signature has to be of the author', () => {
  const claim = { reporter: 'receiver.example' };
  const [receiver, other] = [dnsName('receiver.example'), dnsName('other.example')];
  const kind = (author: typeof receiver | undefined, ...signers: readonly (typeof receiver)[]) =>
    vouched(claim, { ...(author ? { author } : {}), signers, unavailable: false }).kind;
  assert.equal(kind(receiver, other, dnsName('mail.receiver.example')), 'authenticated');
  assert.equal(kind(receiver, other), 'not');
  assert.equal(kind(receiver), 'not');
  assert.equal(kind(undefined, receiver), 'not');
});

/** What is said after a test message was sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { mailboxHint, wantedText } from './send-hints.ts';

test('each provider has its own words, others the general ones', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['gmail.com', /Gmail.*Show original/],
    ['googlemail.com', /Gmail/],
    ['outlook.com', /Outlook\.com.*View message source/],
    ['hotmail.co.uk', /Outlook\.com/],
    ['yahoo.de', /Yahoo.*View raw message/],
    ['icloud.com', /iCloud.*Raw Source/],
    ['example.com', /the mailbox at example\.com/],
    ['notgmail.com', /the mailbox at notgmail\.com/],
    ['gmail.com.example.net', /the mailbox at gmail\.com\.example\.net/],
  ];
  for (const [domain, words] of cases) {
    const text = mailboxHint(domain).join('\n');
    assert.match(text, words);
    assert.match(text, /DMARC|dmarc=pass/);
  }
});

test('the plan says which signature and which return path', () => {
  const domain = dnsName('example.com');
  const sender = {
    id: 'ses',
    title: 'Amazon SES',
    selectors: [{ selector: 'a1', domain }],
    returnPaths: [dnsName('bounce.example.com')],
    addresses: [],
    spf: [],
    where: {},
  };
  assert.equal(wantedText(domain, sender), 'DKIM with d=example.com s=a1, SPF for bounce.example.com');
  assert.equal(
    wantedText(domain, { ...sender, selectors: [], returnPaths: [] }),
    'a DKIM signature with d=example.com',
  );
  assert.match(wantedText(domain, undefined), /d=example\.com/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { fitsTarget } from '../records/dkim/expectation.ts';
import {
  detectSenders,
  mxProviderOf,
  returnPathOf,
  selectorsFor,
  type SenderClues,
  sesOf,
  spfNotes,
} from './detect.ts';
import { profiles } from './profiles.ts';
import { sesDkimZone, sesRegionOf, sesRegionsWithOwnZone } from './ses.ts';

const ids = (seen: SenderClues): readonly string[] => detectSenders(seen).map(({ id }) => id);

test('each profile is dated, has a source and an id of its own', () => {
  const seen = new Set<string>();
  for (const profile of profiles) {
    assert.match(profile.id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.ok(!seen.has(profile.id), profile.id);
    seen.add(profile.id);
    assert.match(profile.seenOn, /^20\d\d-(0[1-9]|1[0-2])$/);
    assert.match(profile.docs, /^https?:\/\//);
    assert.notEqual(profile.source, '');
  }
});

test('patterns are small letters, and placeholders are known ones', () => {
  for (const profile of profiles) {
    const all = [
      ...profile.spf.includes,
      ...(profile.mx ?? []).flatMap((use) => use.exchanges),
      ...profile.dkim.flatMap((use) => use.targets ?? []),
      ...(profile.returnPath?.targets ?? []),
      ...(profile.tracking ?? []),
    ];
    for (const pattern of all) {
      const plain = pattern.replaceAll(/\{(?:selector|domain|dashes)\}|\*/g, 'x');
      assert.match(plain, /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/, pattern);
    }
  }
});

test('senders are recognised by what they leave in DNS', () => {
  const cases: readonly (readonly [SenderClues, readonly string[]])[] = [
    [{}, []],
    [{ spfIncludes: ['_spf.google.com'] }, ['google']],
    [{ spfIncludes: ['spf.protection.outlook.com', 'spf.mtasv.net'] }, ['postmark', 'microsoft365']],
    [{ mxExchanges: ['alt1.aspmx.l.google.com'] }, ['google']],
    [{ mxExchanges: ['example-com.mail.protection.outlook.com'] }, ['microsoft365']],
    [{ mxExchanges: ['mx.zoho.eu'] }, ['zoho']],
    [{ mxExchanges: ['aspmx.l.google.com.example.net'] }, []],
    [{ apexTxt: ['MS=ms12345678', 'protonmail-verification=abc'] }, ['microsoft365', 'proton']],
    [{ apexTxt: ['apple-domain-verification=abc', 'google-site-verification=abc'] }, []],
    [{ dkimTargets: ['fm1.example.com.dkim.fmhosted.com'] }, ['fastmail']],
    [{ dkimTargets: ['abc.dkim.amazonses.com'] }, ['amazon-ses']],
    [{ dkimTargets: ['abc.dkim.eu-south-1.amazonses.com'] }, ['amazon-ses']],
    [{ dkimTargets: ['s1.domainkey.u123.wl045.sendgrid.net'] }, ['sendgrid']],
    [{ dkimTargets: ['selector1-example-com._domainkey.example.onmicrosoft.com'] }, ['microsoft365']],
    [{ dkimTargets: ['selector1-example-com._domainkey.example.n-v1.dkim.mail.microsoft'] }, ['microsoft365']],
    [{ returnPathTargets: ['feedback-smtp.eu-west-1.amazonses.com'] }, ['amazon-ses']],
    [{ returnPathTargets: ['pm.mtasv.net'] }, ['postmark']],
    [{ returnPathTargets: ['rp.postal.example.net'] }, ['postal']],
    [{ spfIncludes: ['amazonses.com'], dkimSelectors: ['resend'] }, ['amazon-ses', 'resend']],
    [{ dkimSelectors: ['s1', 'default', 'mail', 'scph0123', 'postal-abcdef'] }, ['postal', 'sparkpost']],
    [{ trackingTargets: ['r.eu-west-1.awstrack.me'] }, ['amazon-ses']],
  ];
  for (const [seen, expected] of cases) assert.deepEqual(ids(seen), expected, JSON.stringify(seen));
  const [sender] = detectSenders({ spfIncludes: ['_spf.google.com'], mxExchanges: ['smtp.google.com'] });
  assert.deepEqual(sender?.clues, [
    { kind: 'spf', value: '_spf.google.com' },
    { kind: 'mx', value: 'smtp.google.com' },
  ]);
});

test('selectors to ask for, with what should stand there', () => {
  const domain = dnsName('my.example.com');
  const candidates = selectorsFor(detectSenders({ spfIncludes: ['spf.protection.outlook.com', 'spf.brevo.com'] }));
  assert.deepEqual(
    candidates.map(({ selector, origin, group, expect }) => [selector, origin, group, expect?.type]),
    [
      ['brevo1', 'profile', 'Brevo', 'CNAME'],
      ['brevo2', 'profile', 'Brevo', 'CNAME'],
      ['mail', 'profile', 'Brevo', 'TXT'],
      ['selector1', 'profile', 'Microsoft 365', 'CNAME'],
      ['selector2', 'profile', 'Microsoft 365', 'CNAME'],
    ],
  );
  const expect = candidates[3]?.expect;
  assert.ok(expect);
  const good = [
    'selector1-my-example-com._domainkey.tenant.onmicrosoft.com',
    'selector1-my-example-com._domainkey.tenant.n-v1.dkim.mail.microsoft',
  ];
  const bad = [
    'selector2-my-example-com._domainkey.tenant.onmicrosoft.com',
    'selector1-my.example.com._domainkey.tenant.onmicrosoft.com',
    'selector1-my-example-com._domainkey..onmicrosoft.com.example',
  ];
  for (const target of good) assert.ok(fitsTarget(expect, domain, target), target);
  for (const target of bad) assert.ok(!fitsTarget(expect, domain, target), target);
  assert.deepEqual(selectorsFor(detectSenders({ dkimTargets: ['abc.dkim.amazonses.com'] })), []);
});

test('notes on includes', () => {
  const notes = (...spfIncludes: string[]): readonly (readonly [string, string, string | undefined])[] =>
    spfNotes(detectSenders({ spfIncludes })).map(({ kind, include, now }) => [kind, include, now]);
  assert.deepEqual(notes('_spf.google.com', 'spf.protection.outlook.com', 'spf.mailjet.com', 'example.net'), []);
  assert.deepEqual(notes('spf.sendinblue.com'), [['retired', 'spf.sendinblue.com', 'spf.brevo.com']]);
  assert.deepEqual(notes('spf.mtasv.net'), [['retired', 'spf.mtasv.net', undefined]]);
  assert.deepEqual(notes('sendgrid.net'), [['not-needed', 'sendgrid.net', undefined]]);
  assert.deepEqual(notes('amazonses.com', 'mailgun.org'), [
    ['mail-from', 'amazonses.com', undefined],
    ['mail-from', 'mailgun.org', undefined],
  ]);
});

test('the provider behind an exchange', () => {
  const of = (exchange: string): readonly (string | undefined)[] => {
    const provider = mxProviderOf(dnsName(exchange));
    return [provider?.id, provider?.form];
  };
  assert.deepEqual(of('smtp.google.com'), ['google', undefined]);
  assert.deepEqual(of('ASPMX.L.GOOGLE.COM'), ['google', 'google-aspmx']);
  assert.deepEqual(of('aspmx2.googlemail.com'), ['google', 'google-aspmx']);
  assert.deepEqual(of('example-com.mail.protection.outlook.com'), ['microsoft365', 'm365-protection-outlook']);
  assert.deepEqual(of('example-com.a-v1.mx.microsoft'), ['microsoft365', undefined]);
  assert.deepEqual(of('mx2.zoho.com'), ['zoho', undefined]);
  assert.deepEqual(of('mailsec.protonmail.ch'), ['proton', undefined]);
  assert.deepEqual(of('mx.example.net'), [undefined, undefined]);
});

test('what a sender wants at the name for bounces', () => {
  const [ses] = detectSenders({ spfIncludes: ['amazonses.com'] });
  assert.ok(ses);
  const wanted = returnPathOf(ses);
  assert.ok(wanted?.alone);
  assert.ok(wanted.matches(dnsName('feedback-smtp.eu-west-1.amazonses.com')));
  assert.ok(!wanted.matches(dnsName('inbound-smtp.eu-west-1.amazonaws.com')));
  const [postmark] = detectSenders({ spfIncludes: ['spf.mtasv.net'] });
  assert.equal(postmark && returnPathOf(postmark), undefined);
});

test('regions of Amazon SES', () => {
  assert.equal(sesDkimZone('eu-west-1'), 'dkim.amazonses.com');
  for (const region of sesRegionsWithOwnZone) assert.equal(sesDkimZone(region), `dkim.${region}.amazonses.com`);
  assert.equal(sesRegionOf('feedback-smtp.us-gov-east-1.amazonses.com'), 'us-gov-east-1');
  assert.equal(sesRegionOf('feedback-smtp.example.com'), undefined);
  assert.deepEqual(sesOf({ returnPathTargets: ['mx.example.net', 'feedback-smtp.eu-south-1.amazonses.com'] }), {
    region: 'eu-south-1',
    zone: 'dkim.eu-south-1.amazonses.com',
  });
  assert.equal(sesOf({}), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519Key, rsa2048, rsaKey } from '../../test/dkim-keys.ts';
import { needLines } from '../../test/senders/need-lines.ts';
import { dnsName } from '../dns/name.ts';
import { senderKinds } from './kinds.ts';
import { needsOf } from './needs-of.ts';
import type { SenderSetting } from './needs.ts';
import type { Values } from './sender.ts';

const domain = dnsName('example.com');
const keyRecord = `v=DKIM1; k=rsa; p=${rsa2048}`;
/** As AcelleMail writes it. */
const shortKeyRecord = `v=DKIM1; k=rsa; p=${rsaKey(1024)};`;
const ed25519Record = `v=DKIM1; k=ed25519; p=${ed25519Key()}`;

const set = (kind: string, values: Values = {}, place?: string): SenderSetting => ({
  kind,
  values,
  ...(place === undefined ? {} : { place }),
});

const tokens = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
const tail = `…${keyRecord.slice(-8)}`;
const brevoKeys = ['dkim brevo1 → b1.example-com.dkim.brevo.com', 'dkim brevo2 → b2.example-com.dkim.brevo.com'];
const google = ['spf example.com include:_spf.google.com not aspmx.googlemail.com'];

const scenarios: readonly (readonly [string, Values, readonly string[]])[] = [
  [
    'ses',
    { region: 'eu-west-1', tokens, mailFrom: 'bounce' },
    [
      'spf bounce.example.com include:amazonses.com alone',
      ...tokens.map((token) => `dkim ${token} → ${token}.dkim.amazonses.com`),
      'return-path bounce.example.com MX 10 feedback-smtp.eu-west-1.amazonses.com',
    ],
  ],
  [
    'ses',
    { region: 'eu-south-1', tokens, tracking: 'click' },
    [
      ...tokens.map((token) => `dkim ${token} → ${token}.dkim.eu-south-1.amazonses.com`),
      'tracking click.example.com CNAME r.eu-south-1.awstrack.me',
    ],
  ],
  [
    'ses',
    { region: 'us-east-1', tokens, signingZone: 'dkim.ca-west-1.amazonses.com.' },
    tokens.map((token) => `dkim ${token} → ${token}.dkim.ca-west-1.amazonses.com`),
  ],
  ['ses', { region: 'us-east-1' }, ['dkim ? missing']],
  ['ses', { region: 'us-east-1', byodkim: 'own' }, ['dkim own own key']],
  ['ses', { region: 'us-east-1', byodkim: 'own', value: keyRecord }, [`dkim own = ${tail}`]],
  [
    'postal',
    { host: 'postal.example.net', selector: 'postal-a1b2c3', value: keyRecord, verification: 'postal-verification 1a' },
    [
      `dkim postal-a1b2c3 = ${tail} verbatim`,
      'return-path psrp.example.com CNAME rp.postal.example.net',
      'ownership example.com TXT postal-verification 1a',
    ],
  ],
  [
    'postal',
    { host: 'postal.example.com', ip: ['192.0.2.7', '2001:db8::7'], tracking: 'track', returnPath: 'bounces' },
    [
      'spf spf.postal.example.com ip4:192.0.2.7 ip6:2001:db8::7 alone',
      'spf rp.postal.example.com include:spf.postal.example.com alone',
      'dkim ? missing',
      'return-path bounces.example.com CNAME rp.postal.example.com',
      'tracking track.example.com CNAME track.postal.example.com',
      'host postal.example.com A 192.0.2.7',
      'host postal.example.com AAAA 2001:db8::7',
      'return-path rp.postal.example.com MX 10 postal.example.com',
      'host 192.0.2.7 postal.example.com',
      'host 2001:db8::7 postal.example.com',
    ],
  ],
  [
    'postfix',
    { ip: ['192.0.2.10', '2001:DB8:0::a', '198.51.100.9/28'], selector: 's1', helo: 'mail.example.com' },
    [
      'spf example.com ip4:192.0.2.10 ip6:2001:db8::a ip4:198.51.100.0/28',
      'spf mail.example.com ip4:192.0.2.10 ip6:2001:db8::a ip4:198.51.100.0/28 alone',
      'dkim s1 own key',
      'host mail.example.com A 192.0.2.10',
      'host mail.example.com AAAA 2001:db8::a',
      'host 192.0.2.10 mail.example.com',
      'host 2001:db8::a mail.example.com',
    ],
  ],
  [
    'rspamd',
    { ip: '192.0.2.10', helo: 'mail.example.net' },
    ['spf example.com ip4:192.0.2.10', 'dkim ? missing', 'host 192.0.2.10 mail.example.net'],
  ],
  [
    'rspamd',
    { ip: '192.0.2.10', selector: 'dkim', value: keyRecord },
    ['spf example.com ip4:192.0.2.10', `dkim dkim = ${tail}`, 'host 192.0.2.10'],
  ],
  [
    'sendgrid',
    { account: 'u1234567', zone: 'wl123', returnPath: 'em1234', tracking: 'url1234' },
    [
      'dkim s1 → s1.domainkey.u1234567.wl123.sendgrid.net',
      'dkim s2 → s2.domainkey.u1234567.wl123.sendgrid.net',
      'return-path em1234.example.com CNAME u1234567.wl123.sendgrid.net',
      'tracking url1234.example.com CNAME sendgrid.net',
      'compare',
    ],
  ],
  ['sendgrid', {}, ['dkim s1 missing', 'dkim s2 missing', 'compare']],
  [
    'sendgrid',
    { region: 'eu', account: 'u1', zone: 'wl1', selectors: ['x1'], returnPath: 'em1', tracking: 'url1' },
    ['dkim x1 missing', 'tracking url1.example.com CNAME eu.sendgrid.net', 'compare'],
  ],
  [
    'sendgrid',
    { security: 'manual', returnPath: 'em1', value: keyRecord },
    [
      'spf em1.example.com include:sendgrid.net alone',
      `dkim m1 = ${tail}`,
      'return-path em1.example.com MX 10 mx.sendgrid.net',
      'compare',
    ],
  ],
  [
    'mailgun',
    { dkimZone: '9d876.dkim1.mailgun.com' },
    [
      'spf example.com include:mailgun.org',
      'dkim pdk1 → pdk1._domainkey.9d876.dkim1.mailgun.com',
      'dkim pdk2 → pdk2._domainkey.9d876.dkim1.mailgun.com',
    ],
  ],
  [
    'mailgun',
    { subdomain: 'mg', region: 'eu', selector: 'mx', value: keyRecord, tracking: 'email' },
    [
      'spf mg.example.com include:mailgun.org alone',
      `dkim mx at mg.example.com = ${tail}`,
      'return-path mg.example.com MX 10 mxa.eu.mailgun.org, 10 mxb.eu.mailgun.org',
      'tracking email.mg.example.com CNAME eu.mailgun.org',
    ],
  ],
  [
    'mailgun',
    { subdomain: 'mg' },
    [
      'spf mg.example.com include:mailgun.org alone',
      'dkim ? missing',
      'return-path mg.example.com MX 10 mxa.mailgun.org, 10 mxb.mailgun.org',
    ],
  ],
  [
    'postmark',
    { selector: '20261123101112pm', value: keyRecord, returnPath: 'pm-bounces' },
    [`dkim 20261123101112pm = ${tail}`, 'return-path pm-bounces.example.com CNAME pm.mtasv.net', 'compare'],
  ],
  ['postmark', {}, ['dkim ? missing', 'compare']],
  [
    'sparkpost',
    { selector: 'scph0126', value: keyRecord, returnPath: 'bounce', region: 'eu' },
    [`dkim scph0126 = ${tail}`, 'return-path bounce.example.com CNAME eu.sparkpostmail.com'],
  ],
  ['sparkpost', { returnPath: 'bounce' }, ['dkim ? missing', 'return-path bounce.example.com CNAME sparkpostmail.com']],
  [
    'sparkpost',
    { returnPath: 'bounce', tenant: 'acme' },
    ['dkim ? missing', 'return-path bounce.example.com CNAME acme.mail.e.sparkpost.com'],
  ],
  ['brevo', {}, [...brevoKeys, 'compare']],
  [
    'brevo',
    { verification: 'brevo-code:1a', mailFrom: 'news' },
    [
      'spf news.example.com include:spf.brevo.com alone not spf.sendinblue.com',
      ...brevoKeys,
      'ownership example.com TXT brevo-code:1a',
      'compare',
    ],
  ],
  ['brevo', { value: keyRecord }, [`dkim mail = ${tail}`, 'compare']],
  [
    'mailjet',
    { value: keyRecord, returnPath: 'bnc3', ownership: [{ name: 'mailjet._a1', text: 'b2' }] },
    [
      'spf example.com include:spf.mailjet.com',
      `dkim mailjet = ${tail}`,
      'return-path bnc3.example.com CNAME bnc3.mailjet.com',
      'ownership mailjet._a1.example.com TXT b2',
      'compare',
    ],
  ],
  ['mailjet', {}, ['spf example.com include:spf.mailjet.com', 'dkim mailjet missing', 'compare']],
  [
    'resend',
    { region: 'eu-west-1', value: keyRecord.replace('v=DKIM1; k=rsa; ', '') },
    [
      'spf send.example.com include:amazonses.com alone',
      `dkim resend = ${tail}`,
      'return-path send.example.com MX 10 feedback-smtp.eu-west-1.amazonses.com',
    ],
  ],
  ['resend', {}, ['spf send.example.com include:amazonses.com alone', 'dkim resend missing']],
  ['google-workspace', {}, [...google, 'dkim google missing', 'mx 1 smtp.google.com']],
  [
    'google-workspace',
    { selector: 'g2', value: keyRecord, verification: '"google-site-verification=x"' },
    [...google, `dkim g2 = ${tail}`, 'ownership example.com TXT google-site-verification=x', 'mx 1 smtp.google.com'],
  ],
  [
    'microsoft-365',
    {},
    ['spf example.com include:spf.protection.outlook.com', 'dkim selector1 missing', 'dkim selector2 missing'],
  ],
  [
    'microsoft-365',
    { initialDomain: 'contoso.onmicrosoft.com', mx: 'example-com.mail.protection.outlook.com', verification: 'MS=ms1' },
    [
      'spf example.com include:spf.protection.outlook.com',
      'dkim selector1 → selector1-example-com._domainkey.contoso.onmicrosoft.com',
      'dkim selector2 → selector2-example-com._domainkey.contoso.onmicrosoft.com',
      'ownership example.com TXT MS=ms1',
      'mx 0 example-com.mail.protection.outlook.com',
    ],
  ],
  [
    'microsoft-365',
    {
      dkim: [
        { selector: 'selector1', target: 'selector1-example-com._domainkey.contoso.r-v1.dkim.mail.microsoft.' },
        { selector: 'selector2', value: keyRecord },
      ],
    },
    [
      'spf example.com include:spf.protection.outlook.com',
      'dkim selector1 → selector1-example-com._domainkey.contoso.r-v1.dkim.mail.microsoft',
      `dkim selector2 = ${tail}`,
    ],
  ],
  [
    'zoho',
    { dc: 'com.au', selector: 'zmail', value: keyRecord },
    [
      'spf example.com include:zohomail.com.au',
      `dkim zmail = ${tail}`,
      'mx 10 mx.zoho.com.au',
      'mx 20 mx2.zoho.com.au',
      'mx 50 mx3.zoho.com.au',
      'compare',
    ],
  ],
  [
    'zoho',
    { dc: 'eu', include: 'one.zoho.eu' },
    [
      'spf example.com include:one.zoho.eu',
      'dkim ? missing',
      'mx 10 mx.zoho.eu',
      'mx 20 mx2.zoho.eu',
      'mx 50 mx3.zoho.eu',
      'compare',
    ],
  ],
  [
    'fastmail',
    {},
    [
      'spf example.com include:spf.messagingengine.com',
      'dkim fm1 → fm1.example.com.dkim.fmhosted.com',
      'dkim fm2 → fm2.example.com.dkim.fmhosted.com',
      'dkim fm3 → fm3.example.com.dkim.fmhosted.com',
      'mx 10 in1-smtp.messagingengine.com',
      'mx 20 in2-smtp.messagingengine.com',
    ],
  ],
  [
    'proton',
    { token: 'd4rmg', verification: 'protonmail-verification=1a' },
    [
      'spf example.com include:_spf.protonmail.ch',
      'dkim protonmail → protonmail.domainkey.d4rmg.domains.proton.ch',
      'dkim protonmail2 → protonmail2.domainkey.d4rmg.domains.proton.ch',
      'dkim protonmail3 → protonmail3.domainkey.d4rmg.domains.proton.ch',
      'ownership example.com TXT protonmail-verification=1a',
      'mx 10 mail.protonmail.ch',
      'mx 20 mailsec.protonmail.ch',
      'compare',
    ],
  ],
  [
    'proton',
    {},
    [
      'spf example.com include:_spf.protonmail.ch',
      'dkim protonmail missing',
      'dkim protonmail2 missing',
      'dkim protonmail3 missing',
      'mx 10 mail.protonmail.ch',
      'mx 20 mailsec.protonmail.ch',
      'compare',
    ],
  ],
  [
    'icloud',
    { verification: 'apple-domain=1a' },
    [
      'spf example.com include:icloud.com',
      'dkim sig1 → sig1.dkim.example.com.at.icloudmailadmin.com',
      'ownership example.com TXT apple-domain=1a',
      'mx 10 mx01.mail.icloud.com',
      'mx 10 mx02.mail.icloud.com',
      'compare',
    ],
  ],
  [
    'custom',
    {
      spf: [
        'include:_spf.example.net',
        '+ip4:192.0.2.0/28',
        'exists:%{i}.spf.example.net',
        'redirect=_spf.example.org',
      ],
      ip: '192.0.2.99',
      dkim: [{ selector: 'S1', value: ed25519Record }],
      txt: [
        { name: '@', text: 'code=1' },
        { name: '_own', text: 'code=2' },
      ],
    },
    [
      'spf example.com ip4:192.0.2.99 include:_spf.example.net ip4:192.0.2.0/28 exists:%{i}.spf.example.net include:_spf.example.org',
      `dkim s1 = …${ed25519Record.slice(-8)}`,
      'ownership example.com TXT code=1',
      'ownership _own.example.com TXT code=2',
      'host 192.0.2.99',
    ],
  ],
  [
    'custom',
    { mailFrom: 'bounce', spf: 'include:_spf.example.net', mx: '10 mx.example.net', selector: 's9' },
    [
      'spf bounce.example.com include:_spf.example.net',
      'dkim s9 own key',
      'return-path bounce.example.com MX 10 mx.example.net',
    ],
  ],
  [
    'custom',
    { returnPath: 'bounce', target: 'bounces.example.net' },
    ['return-path bounce.example.com CNAME bounces.example.net'],
  ],
];

test('each kind: settings to needs, all of them', () => {
  const tried = new Set(scenarios.map(([kind]) => kind));
  // The apps have a test of their own.
  assert.deepEqual(
    senderKinds.flatMap(({ key, app }) => (app || tried.has(key) ? [] : [key])),
    [],
  );
  for (const [kind, values, expected] of scenarios) {
    const { needs, faults } = needsOf(domain, [set(kind, values)]);
    assert.deepEqual(faults, [], kind);
    assert.deepEqual(needLines(needs[0]), expected, `${kind} ${JSON.stringify(Object.keys(values))}`);
    assert.equal(needs.length, 1);
  }
});

test('apps hand their mail to a sender of the list', () => {
  const over = needsOf(domain, [
    set('listmonk'),
    set('mautic', { over: 'postfix' }),
    set('acellemail', {
      over: 'postfix',
      value: `"${shortKeyRecord.replaceAll(';', String.raw`\;`)}"`,
      ownership: [{ name: '_acelle', text: 'NTQ2ZTk2==' }],
    }),
    set('acellemail', { signs: false }),
    set('postfix', { ip: '192.0.2.10', selector: 's1' }),
  ]);
  assert.deepEqual(over.faults, []);
  assert.deepEqual(
    over.needs.map(({ id }) => id),
    ['listmonk', 'mautic', 'acellemail', 'acellemail-2', 'postfix'],
  );
  assert.deepEqual(needLines(over.needs[0]), []);
  assert.deepEqual(needLines(over.needs[1]), ['compare']);
  assert.deepEqual(needLines(over.needs[2]), [
    `dkim mailer = …${shortKeyRecord.slice(-8)} verbatim`,
    'ownership _acelle.example.com TXT NTQ2ZTk2==',
    'compare',
  ]);
  assert.deepEqual(needLines(over.needs[3]), ['compare']);
  assert.deepEqual(over.needs[2]?.dkim[0], { kind: 'txt', selector: 'mailer', value: shortKeyRecord, verbatim: true });
  assert.ok(shortKeyRecord.endsWith(';'));
  assert.deepEqual(
    over.needs[2]?.notes.map(({ severity }) => severity),
    ['info', 'warning'],
  );
  assert.match(over.needs[2]?.notes[1]?.text ?? '', /AcelleMail at mailer\._domainkey has 1024 bits/);
});

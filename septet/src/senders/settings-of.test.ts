import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519Key, rsa2048, rsaKey } from '../../test/dkim-keys.ts';
import { dnsName, type DnsName } from '../dns/name.ts';
import { needsOf } from './needs-of.ts';
import type { SenderNeeds, SenderSetting } from './needs.ts';
import type { Values } from './sender.ts';
import { settingsOf, type SeenForInit, type SeenSelector } from './settings-of.ts';

const domain = dnsName('example.com');
const key = `v=DKIM1; k=rsa; p=${rsa2048}`;
const otherKey = `v=DKIM1; k=rsa; p=${rsaKey(2048, 2)}`;
const tokens = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
const name = (text: string): DnsName => dnsName(text);

const nothing: SeenForInit = { domain, mx: [], spf: [], txt: [], dkim: [], mailFrom: [] };
const of = (seen: Partial<SeenForInit>): readonly (readonly [string, Values])[] =>
  settingsOf({ ...nothing, ...seen }).senders.map(({ kind, values }) => [kind, values]);

/** What is live when exactly these needs are published. */
function seenOf(needs: readonly SenderNeeds[]): SeenForInit {
  const records = needs.flatMap((need) => need.records);
  const spf = needs.flatMap((need) => need.spf);
  const names = new Set([
    ...records.flatMap((one) => (one.purpose === 'return-path' ? [one.name] : [])),
    ...spf.flatMap((one) => (one.name === domain ? [] : [one.name])),
  ]);
  return {
    domain,
    mx: needs.flatMap((need) => need.mx.map((mx) => mx.exchange)),
    spf: [...spf.flatMap((one) => (one.name === domain ? one.mechanisms : [])), '~all'],
    txt: records.flatMap((one) => (one.type === 'TXT' && one.name === domain ? [one.text] : [])),
    dkim: needs.flatMap((need) =>
      need.dkim.flatMap((one): readonly SeenSelector[] => {
        if (one.kind === 'cname') return [{ selector: one.selector, target: one.target }];
        return one.kind === 'txt' ? [{ selector: one.selector, text: one.value }] : [];
      }),
    ),
    mailFrom: [...names].map((name) => {
      const alias = records.find((one) => one.type === 'CNAME' && one.name === name);
      return {
        name,
        ...(alias?.type === 'CNAME' ? { alias: alias.target } : {}),
        mx: records.flatMap((one) => (one.type === 'MX' && one.name === name ? one.exchanges : [])),
        spf: [...spf.flatMap((one) => (one.name === name ? one.mechanisms : [])), '-all'],
      };
    }),
  };
}

const setting = (kind: string, values: Values = {}): SenderSetting => ({ kind, values });

const common: readonly SenderSetting[] = [
  setting('ses', { region: 'eu-west-1', tokens, mailFrom: 'bounce' }),
  setting('ses', { region: 'eu-south-1', tokens }),
  setting('postal', { host: 'postal.example.net', selector: 'postal-a1b2c3', value: key, returnPath: 'psrp' }),
  setting('sendgrid', { account: 'u12', zone: 'wl3', selectors: ['s1', 's2'], returnPath: 'em12' }),
  setting('mailgun', { dkimZone: '9d876.dkim1.mailgun.com' }),
  setting('mailgun', { subdomain: 'mg', region: 'eu' }),
  setting('postmark', { selector: '20261123101112pm', value: key, returnPath: 'pm-bounces' }),
  setting('sparkpost', { selector: 'scph0126', value: key, returnPath: 'bounce', region: 'eu' }),
  setting('sparkpost', { selector: 'scph0126', value: key, returnPath: 'bounce', tenant: 'acme' }),
  setting('brevo', { verification: 'brevo-code:1a2b' }),
  setting('mailjet', { selector: 'mailjet', value: key, returnPath: 'bnc3' }),
  setting('resend', { selector: 'resend', value: `p=${rsa2048}`, mailFrom: 'send', region: 'eu-west-1' }),
  setting('google-workspace', { selector: 'google', value: key }),
  setting('microsoft-365', {
    dkim: ['selector1', 'selector2'].map((one) => ({
      selector: one,
      target: `${one}-example-com01i._domainkey.contoso.r-v1.dkim.mail.microsoft`,
    })),
    mx: 'example-com.a-v1.mx.microsoft',
    verification: 'MS=ms12345678',
  }),
  setting('zoho', { dc: 'eu', include: 'zoho.eu', selector: 'zmail', value: key }),
  setting('fastmail'),
  setting('proton', { token: 'd4rmg', verification: 'protonmail-verification=1a' }),
  setting('icloud', { verification: 'apple-domain=1a' }),
  setting('custom', { spf: ['ip4:192.0.2.0/28', 'include:_spf.example.net'], dkim: [{ selector: 's1', value: key }] }),
];

test('round trip: settings, needs, what is then live, and the same settings again', () => {
  for (const one of common) {
    const first = needsOf(domain, [one]);
    assert.deepEqual(first.faults, []);
    const seen = seenOf(first.needs);
    const live = one.kind === 'custom' ? { ...seen, spf: seen.spf.slice(0, -1) } : seen;
    const back = settingsOf(live);
    assert.deepEqual(back.senders, [one], one.kind);
    assert.deepEqual(needsOf(domain, back.senders), first, one.kind);
  }
});

test('round trip of many senders at once', () => {
  const kinds = new Set(['ses', 'sendgrid', 'mailjet', 'google-workspace', 'fastmail', 'resend']);
  const list = common.filter(({ kind, values }) => kinds.has(kind) && values['region'] !== 'eu-south-1');
  const first = needsOf(domain, list);
  assert.deepEqual(first.faults, []);
  const back = settingsOf(seenOf(first.needs));
  assert.deepEqual(back.senders, list);
  assert.deepEqual(back.unclaimed, []);
});

test('what no profile covers is carried by custom senders', () => {
  assert.deepEqual(of({}), []);
  assert.deepEqual(of({ spf: ['+mx', 'a:Mail.Example.net', 'include:_spf.example.net', 'ip4:192.0.2.1', '-all'] }), [
    ['custom', { spf: ['mx', 'a:Mail.Example.net', 'include:_spf.example.net', 'ip4:192.0.2.1'] }],
  ]);
  assert.deepEqual(of({ spf: ['include:_SPF.google.com.', 'ip4:192.0.2.1', 'ip4:192.0.2.1', '~all'] }), [
    ['google-workspace', {}],
    ['custom', { spf: ['ip4:192.0.2.1'] }],
  ]);
  assert.deepEqual(of({ spf: ['redirect=_spf.example.net'] }), [['custom', { spf: ['redirect=_spf.example.net'] }]]);
  assert.deepEqual(
    of({
      dkim: [
        { selector: 's1', text: key },
        { selector: 'k2', target: name('k2.example.net') },
      ],
    }),
    [
      [
        'custom',
        {
          dkim: [
            { selector: 's1', value: key },
            { selector: 'k2', target: 'k2.example.net' },
          ],
        },
      ],
    ],
  );
  const bounce = { name: name('b.example.com'), mx: [{ preference: 5, exchange: name('mx.example.net') }] };
  assert.deepEqual(of({ mailFrom: [{ ...bounce, spf: ['include:_spf.example.net', '-all'] }] }), [
    ['custom', { mailFrom: 'b', spf: ['include:_spf.example.net'], mx: ['5 mx.example.net'] }],
  ]);
  assert.deepEqual(of({ mailFrom: [{ name: name('b.example.com'), alias: name('b.example.net'), mx: [], spf: [] }] }), [
    ['custom', { returnPath: 'b', target: 'b.example.net' }],
  ]);
});

test('an include in the wrong place stays until its owner takes it out', () => {
  const seen = { spf: ['include:amazonses.com', 'include:sendgrid.net', 'include:spf.mtasv.net', '~all'] };
  const { senders, unclaimed } = settingsOf({ ...nothing, ...seen });
  assert.deepEqual(senders, [setting('custom', { spf: seen.spf.slice(0, 3) })]);
  assert.deepEqual(unclaimed, [
    'Amazon SES ("amazonses.com"), SendGrid ("sendgrid.net") and Postmark ("spf.mtasv.net") have left traces, and DNS does not tell their settings. What is live is kept as it is; to have their other records planned, add ses, sendgrid and postmark.',
  ]);
});

test('the new include takes the place of a retired one of the same sender', () => {
  assert.deepEqual(of({ spf: ['include:aspmx.googlemail.com', '~all'] }), [['google-workspace', {}]]);
  // Brevo needs nothing at the domain, so the old include stays.
  const brevo = [1, 2].map((n) => ({
    selector: `brevo${n}`,
    target: name(`b${n}.example-com.dkim.brevo.com`),
  }));
  assert.deepEqual(of({ spf: ['include:spf.sendinblue.com', '~all'], dkim: brevo }), [
    ['brevo', {}],
    ['custom', { spf: ['include:spf.sendinblue.com'] }],
  ]);
});

test('Amazon SES: regions, more keys than three, and keys whose region nobody can tell', () => {
  const keys = (letters: string, zone: string) =>
    [...letters].map((letter) => ({ selector: letter.repeat(32), target: name(`${letter.repeat(32)}.${zone}`) }));
  const feedback = (label: string, region: string) => ({
    name: name(`${label}.example.com`),
    mx: [{ preference: 10, exchange: name(`feedback-smtp.${region}.amazonses.com`) }],
    spf: ['include:amazonses.com', '~all'],
  });
  const shared = keys('abc', 'dkim.amazonses.com');
  const list = shared.map(({ selector, target }) => ({ selector, target }));
  assert.deepEqual(of({ dkim: shared }), [['custom', { dkim: list }]]);
  assert.deepEqual(of({ dkim: shared, mailFrom: [feedback('b', 'us-east-1')] }), [
    ['ses', { region: 'us-east-1', tokens, mailFrom: 'b' }],
  ]);
  const six = [...shared, ...keys('def', 'dkim.amazonses.com')];
  assert.deepEqual(of({ dkim: six, mailFrom: [feedback('b', 'us-east-1')] }), [
    ['ses', { region: 'us-east-1', dkim: six, mailFrom: 'b' }],
  ]);
  const two = [...shared, ...keys('def', 'dkim.eu-south-1.amazonses.com')];
  assert.deepEqual(of({ dkim: two, mailFrom: [feedback('b', 'us-east-1'), feedback('c', 'eu-south-1')] }), [
    ['ses', { region: 'us-east-1', tokens, mailFrom: 'b' }],
    ['ses', { region: 'eu-south-1', tokens: ['d', 'e', 'f'].map((one) => one.repeat(32)), mailFrom: 'c' }],
  ]);
  // A second MAIL FROM name of the same region is kept as it stands.
  assert.deepEqual(of({ mailFrom: [feedback('b', 'us-east-1'), feedback('c', 'us-east-1')] }), [
    ['ses', { region: 'us-east-1', mailFrom: 'b' }],
    ['custom', { mailFrom: 'c', spf: ['include:amazonses.com'], mx: ['10 feedback-smtp.us-east-1.amazonses.com'] }],
  ]);
});

test('live keys win over the usual ones', () => {
  const seen: Partial<SeenForInit> = {
    mx: [name('mx01.mail.icloud.com')],
    dkim: [
      { selector: 'sig1', text: key },
      { selector: 'sig2', text: otherKey },
    ],
  };
  assert.deepEqual(of(seen), [
    ['icloud', { dkim: [{ selector: 'sig1', value: key }] }],
    ['custom', { dkim: [{ selector: 'sig2', value: otherKey }] }],
  ]);
  assert.deepEqual(needsOf(domain, settingsOf({ ...nothing, ...seen }).senders).faults, []);
});

test('what sends nothing is told, and nowhere demanded', () => {
  const spf = [
    'include:a.example',
    '?include:b.example',
    'exp=c.example',
    '+all',
    'ip4:192.0.2.1',
    'redirect=d.example',
  ];
  const dkim = [
    { selector: 'old', text: 'v=DKIM1; p=' },
    { selector: 'text', text: 'hello' },
    { selector: 'ed', text: `v=DKIM1; k=ed25519; p=${ed25519Key()}` },
  ];
  const { senders, unclaimed } = settingsOf({ ...nothing, spf, dkim, txt: ['MS=ms12345678'] });
  assert.deepEqual(senders, [
    setting('custom', { spf: ['include:a.example'], dkim: [{ selector: 'ed', value: dkim[2]?.text }] }),
  ]);
  assert.deepEqual(unclaimed, [
    'Microsoft 365 has left traces ("MS=ms12345678"), and DNS does not tell its settings. What is live is kept as it is; to have its other records planned, add microsoft-365.',
    'SPF of example.com: "?include:b.example" lets nobody pass; no sender needs it.',
    'SPF of example.com: "exp=c.example" lets nobody pass; no sender needs it.',
    'SPF of example.com: "+all" lets every host pass, whoever it is.',
    'SPF of example.com: "ip4:192.0.2.1" stands behind +all and is never looked at.',
    'SPF of example.com: "redirect=d.example" stands beside +all and is never looked at.',
    'The selectors "old" and "text" hold no usable key; no receiver accepts their signatures.',
  ]);
});

test('a trace beside a record that does not name the sender adds nobody', () => {
  const google = { mx: ['aspmx.l.google.com'].map(name) };
  // Without a record the exchange tells who sends.
  assert.deepEqual(of(google), [['google-workspace', {}]]);
  const seen = { ...nothing, ...google, spf: ['ip4:192.0.2.1', '-all', 'include:_spf.google.com'] };
  const { senders, unclaimed } = settingsOf(seen);
  assert.deepEqual(senders, [setting('custom', { spf: ['ip4:192.0.2.1'] })]);
  assert.match(
    unclaimed[0] ?? '',
    /^Google Workspace .* does not hold include:_spf\.google\.com\. .* add google-workspace\.$/,
  );
  // A record further in, or a redirection, is as good.
  const inside = { ...google, spf: ['include:_spf.example.com', '-all'], spfBehind: ['_spf.google.com'].map(name) };
  assert.deepEqual(of(inside)[0], ['google-workspace', {}]);
  assert.deepEqual(of({ ...google, spf: ['redirect=_spf.google.com'] }), [['google-workspace', {}]]);
});

test('a term that nobody can read is told as what it is', () => {
  const { senders, unclaimed } = settingsOf({ ...nothing, spf: ['nclude:a.example', 'ip4:192.0.2.1', '~all'] });
  assert.deepEqual(senders, [setting('custom', { spf: ['ip4:192.0.2.1'] })]);
  assert.deepEqual(unclaimed, [
    'SPF of example.com: "nclude:a.example" cannot be read, and with it receivers answer permerror for everybody.',
  ]);
});

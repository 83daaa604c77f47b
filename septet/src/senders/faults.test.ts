import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ed25519Key, rsa2048, rsaKey } from '../../test/dkim-keys.ts';
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
const secret = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'der' });
const privateKeyRecord = `v=DKIM1; k=rsa; p=${secret.toString('base64')}`;

const set = (kind: string, values: Values = {}, place?: string): SenderSetting => ({
  kind,
  values,
  ...(place === undefined ? {} : { place }),
});

const tokens = ['a', 'b', 'c'].map((letter) => letter.repeat(32));

/** Settings, the place of the fault, and what its sentence must say. */
const faulty: readonly (readonly [string, readonly SenderSetting[], RegExp])[] = [
  ['unknown kind', [set('sendmail', {}, '7:11')], /"sendmail" is no kind of sender.*ses, postal.*custom/],
  ['region', [set('ses', {}, '7:11')], /Amazon SES: the region is missing/],
  ['unknown region', [set('ses', { region: 'eu-west-9' }, '7:11')], /region is missing or unknown/],
  ['two tokens', [set('ses', { region: 'eu-west-1', tokens: tokens.slice(1) }, '7:11')], /three different.*holds 2/],
  ['one token thrice', [set('ses', { region: 'eu-west-1', tokens: Array(3).fill('a') }, '7:11')], /three different/],
  [
    'MAIL FROM at the domain',
    [set('ses', { region: 'eu-west-1', tokens, mailFrom: 'example.com' }, '7:11')],
    /"example.com" in mailFrom cannot stand/,
  ],
  [
    'a blank in a label',
    [set('postmark', { returnPath: 'pm bounces' }, '7:11')],
    /"pm bounces" in returnPath cannot stand/,
  ],
  ['a long name', [set('resend', { mailFrom: `${'a.'.repeat(122)}a` }, '7:11')], /longer than a domain name may be/],
  ['no host', [set('postal', {}, '7:11')], /Postal: host is missing/],
  [
    'a URL',
    [set('postal', { host: 'https://postal.example.net/' }, '7:11')],
    /in host is not a host name\. Did you mean postal\.example\.net\?/,
  ],
  ['no address', [set('postfix', {}, '7:11')], /ip is missing/],
  [
    'a bad address',
    [set('postfix', { ip: '192.0.2.300', selector: 's1' }, '7:11')],
    /"192\.0\.2\.300" in ip is neither/,
  ],
  ['a bad selector', [set('postfix', { ip: '192.0.2.3', selector: 's 1' }, '7:11')], /"s 1" is not a selector/],
  ['no data centre', [set('zoho', { dc: 'uk' }, '7:11')], /data centre is missing or unknown.*com, eu, in/],
  ['no key record', [set('postmark', { selector: 'x', value: 'hello' }, '7:11')], /selector x is not a key record/],
  ['a revoked key', [set('postmark', { selector: 'x', value: 'v=DKIM1; p=' }, '7:11')], /empty p=/],
  ['a cut key', [set('postmark', { selector: 'x', value: keyRecord.slice(0, -40) }, '7:11')], /cut off/],
  [
    'a broken record',
    [set('postmark', { selector: 'x', value: `${keyRecord}; p=AAAA` }, '7:11')],
    /dkim\.record\.duplicate_tag/,
  ],
  [
    'a certificate or rubbish',
    [set('postmark', { selector: 'x', value: 'v=DKIM1; p=AAAA' }, '7:11')],
    /no RSA or Ed25519/,
  ],
  ['a private key', [set('postmark', { selector: 'x', value: privateKeyRecord }, '7:11')], /holds a private key/],
  [
    'a PEM file',
    [set('postmark', { selector: 'x', value: '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----' }, '7:11')],
    /PEM file/,
  ],
  [
    'half a dkim entry',
    [set('fastmail', { dkim: [{ selector: 'fm1' }] }, '7:11')],
    /each entry of dkim has a selector/,
  ],
  ['half a txt entry', [set('custom', { txt: [{ name: '@' }] }, '7:11')], /each entry of txt has a name/],
  [
    'no mechanism',
    [set('custom', { spf: 'v=spf1' }, '7:11')],
    /"v=spf1" in spf (?:is not an SPF mechanism|does not let)/,
  ],
  ['no passing mechanism', [set('custom', { spf: '~include:x.example' }, '7:11')], /does not let a sender pass/],
  ['all', [set('custom', { spf: '-all' }, '7:11')], /does not let a sender pass/],
  ['a bad MX', [set('custom', { mailFrom: 'b', mx: 'mx.example.net' }, '7:11')], /Write "10 mx\.example\.net"/],
  ['an MX without a name', [set('custom', { mx: '10 mx.example.net' }, '7:11')], /give that name as mailFrom/],
  ['an alias without a target', [set('custom', { returnPath: 'b' }, '7:11')], /returnPath needs a target/],
  ['no relay', [set('listmonk', {}, '7:11')], /the list has none/],
  [
    'a relay that is not there',
    [set('brevo'), set('mautic', { over: 'ses' }, '7:11')],
    /over "ses", which is not in the list.*one of: brevo/,
  ],
  [
    'an app as relay',
    [set('brevo'), set('mautic'), set('listmonk', { over: 'mautic' }, '7:11')],
    /an application itself/,
  ],
  ['two relays', [set('brevo'), set('mailjet'), set('listmonk', {}, '7:11')], /say which with over \(brevo, mailjet\)/],
  [
    'a selector twice',
    [
      set('brevo', { dkim: [{ selector: 's1', target: 'a.example' }] }),
      set('postfix', { ip: '192.0.2.1', selector: 's1' }, '7:11'),
    ],
    /^Brevo \(brevo\) and Postfix with OpenDKIM \(postfix, 7:11\) both need the selector s1, with different data.*another selector/,
  ],
  [
    'one kind twice',
    [set('google-workspace', { value: keyRecord }, '3:3'), set('google-workspace', { value: ed25519Record }, '7:11')],
    /\(google-workspace, 3:3\) and Google Workspace \(google-workspace-2, 7:11\) both need the selector google/,
  ],
  [
    'two MX',
    [set('ses', { region: 'eu-west-1', mailFrom: 'b' }), set('ses', { region: 'us-east-1', mailFrom: 'b' }, '7:11')],
    /b\.example\.com for bounces, with a different MX/,
  ],
  [
    'an alias that is not alone',
    [set('postmark', { returnPath: 'b' }), set('ses', { region: 'us-east-1', mailFrom: 'b' }, '7:11')],
    /an alias stands alone/,
  ],
  [
    'a target that is too long',
    [set('postal', { host: `${'a.'.repeat(124)}nets` }, '7:11')],
    /psrp\.example\.com is to lead, is not a host name/,
  ],
  [
    'a tenant that is too long',
    [set('sparkpost', { tenant: 'a'.repeat(64), returnPath: 'b' }, '7:11')],
    /b\.example\.com is to lead/,
  ],
];

test('each fault says where it stands and what to do', () => {
  for (const [what, settings, text] of faulty) {
    const { faults } = needsOf(domain, settings);
    assert.equal(faults.length, 1, `${what}: ${JSON.stringify(faults)}`);
    assert.match(faults[0]?.text ?? '', text, what);
    assert.equal(faults[0]?.place, '7:11', what);
  }
});

test('no octet of a private key gets into a message', () => {
  const { needs, faults } = needsOf(domain, [set('postmark', { selector: 'x', value: privateKeyRecord })]);
  const octets = secret.toString('base64');
  assert.equal(faults.length, 1);
  for (let at = 0; at + 12 <= octets.length; at += 12) {
    assert.ok(!JSON.stringify([needs, faults]).includes(octets.slice(at, at + 12)));
  }
});

test('the same data twice is no clash', () => {
  const twice = [
    set('postfix', { ip: '192.0.2.1', selector: 's1' }),
    set('rspamd', { ip: '192.0.2.2', selector: 's1' }),
  ];
  assert.deepEqual(needsOf(domain, twice).faults, []);
  const equal = [
    set('custom', { dkim: [{ selector: 'a', value: keyRecord }] }),
    set('custom', { dkim: [{ selector: 'a', value: `${keyRecord} ;` }] }),
  ];
  assert.deepEqual(needsOf(domain, equal).faults, []);
});

test('short keys', () => {
  const notes = (value: string): readonly string[] =>
    needsOf(domain, [set('postal', { host: 'p.example.net', selector: 'postal-a', value })]).needs[0]?.notes.flatMap(
      ({ severity, text }) => (severity === 'warning' ? [text] : []),
    ) ?? [];
  assert.deepEqual(notes(keyRecord), []);
  assert.match(notes(shortKeyRecord)[0] ?? '', /1024 bits: receivers accept it, and signers should use 2048/);
});

test('whatever a setting holds, there are needs or faults and never an exception', () => {
  const rubbish = fc.oneof(
    fc.constantFrom(
      'x',
      'a\tb\u001b',
      '@',
      '.',
      '..',
      'a b',
      'é',
      '"',
      '-',
      'example.com',
      `${'a'.repeat(64)}`,
      'a.'.repeat(130),
      '10 mx',
      keyRecord,
    ),
    fc.string(),
    fc.anything(),
    fc.array(fc.oneof(fc.string(), fc.record({ selector: fc.string(), target: fc.string(), value: fc.string() }))),
    fc.array(fc.record({ name: fc.string(), text: fc.string() })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...senderKinds), fc.array(rubbish, { minLength: 14, maxLength: 14 }), (kind, rest) => {
      const values = Object.fromEntries(
        kind.fields.map((field, i) => [field.key, field.choices && i % 3 > 0 ? field.choices[0] : rest[i]]),
      );
      const { needs, faults } = needsOf(domain, [set(kind.key, values), set('fastmail')]);
      assert.equal(needs.length, 2);
      for (const { text } of faults) assert.doesNotMatch(text, /\p{Cc}/u);
    }),
    { numRuns: 400 },
  );
});

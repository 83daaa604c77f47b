import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rsa2048, rsaKey } from '../../test/dkim-keys.ts';
import { dnsName, type DnsName } from '../dns/name.ts';
import { parse } from '../records/spf/record.ts';
import { shown } from './account.ts';
import { needsOf } from './needs-of.ts';
import { settingsOf, type SeenForInit } from './settings-of.ts';

const domain = dnsName('example.com');
const key = `v=DKIM1; k=rsa; p=${rsa2048}`;
const otherKey = `v=DKIM1; k=rsa; p=${rsaKey(2048, 2)}`;
const name = (text: string): DnsName => dnsName(text);
const nothing: SeenForInit = { domain, mx: [], spf: [], txt: [], dkim: [], mailFrom: [] };

const mechanism = fc.oneof(
  fc.constantFrom(
    'include:_spf.google.com',
    'include:spf.protection.outlook.com',
    'include:amazonses.com',
    'include:sendgrid.net',
    'include:spf.mailjet.com',
    'include:zoho.eu',
    'include:zohomail.com',
    'include:icloud.com',
    'include:mailgun.org',
    'a',
    'mx',
    'ptr',
    'a:mail.example.net/24',
    'mx//64',
    'exists:%{ir}.%{L}._spf.example.net',
    'ip6:2001:db8::/32',
    'INCLUDE:_SPF.GOOGLE.COM',
  ),
  fc.ipV4().map((address) => `ip4:${address}`),
  fc.domain().map((one) => `include:${one}`),
);
const term = fc
  .tuple(fc.constantFrom('', '', '', '+', '?', '~', '-'), mechanism)
  .map(([qualifier, text]) => ({ qualifier, text }));

test('no live sender is lost: every mechanism that lets somebody pass is demanded', () => {
  fc.assert(
    fc.property(
      fc.array(term, { maxLength: 12 }),
      fc.constantFrom('~all', '-all', 'redirect=_spf.example.org', ''),
      fc.subarray(['smtp.google.com', 'mx.zoho.eu', 'mx01.mail.icloud.com', 'mx.example.net']),
      (terms, end, mx) => {
        const spf = [...terms.map(({ qualifier, text }) => qualifier + text), ...(end === '' ? [] : [end])];
        // The record that the terms stand for is one that a receiver can read.
        fc.pre(parse(['v=spf1', ...spf].join(' ')).kind === 'good');
        const { senders } = settingsOf({ ...nothing, spf, mx: mx.map(name) });
        const { needs, faults } = needsOf(domain, senders);
        assert.deepEqual(faults, []);
        const demanded = needs
          .flatMap((need) => need.spf)
          .filter((need) => need.name === domain)
          .flatMap((need) => need.mechanisms);
        const plain = (text: string): string => (text.includes('%') ? text : text.toLowerCase());
        const all = new Set(demanded.map(plain));
        for (const { qualifier, text } of terms) {
          if (qualifier === '' || qualifier === '+') assert.ok(all.has(plain(text)), `${text} of ${spf.join(' ')}`);
          else assert.ok(!demanded.includes(qualifier + text));
        }
        if (end.startsWith('redirect')) assert.ok(all.has(end.replace('redirect=', 'include:')));
      },
    ),
    { numRuns: 300 },
  );
});

test('whatever is live, the settings made of it have no fault', () => {
  const label = fc.constantFrom(
    's1',
    'google',
    'fm1',
    'sig1',
    'resend',
    'postal-a',
    'mailjet',
    'zmail',
    'brevo1',
    'x*y',
    'Ü',
  );
  const target = fc.oneof(
    fc.constantFrom(
      `${'a'.repeat(32)}.dkim.amazonses.com`,
      's1.domainkey.u12.wl3.sendgrid.net',
      'fm1.example.com.dkim.fmhosted.com',
      'b1.example-com.dkim.brevo.com',
      'protonmail.domainkey.d4.domains.proton.ch',
      'a*b.example.net',
      '-a.example.net',
    ),
    fc.domain(),
  );
  const text = fc.constantFrom(
    key,
    otherKey,
    key.slice(0, -9),
    'v=DKIM1',
    'v=DKIM1; p=',
    `p=${rsa2048}`,
    'p=!',
    '',
    'é',
  );
  const selectors = fc.uniqueArray(
    fc.oneof(fc.record({ selector: label, target: target.map(name) }), fc.record({ selector: label, text })),
    { selector: (one) => one.selector, maxLength: 6 },
  );
  const exchanges = ['feedback-smtp.eu-west-1.amazonses.com', 'mxa.mailgun.org', 'mx.example.net'].map((one) => ({
    preference: 10,
    exchange: name(one),
  }));
  const mailFrom = fc.uniqueArray(
    fc.record({
      alias: fc.constantFrom(
        undefined,
        undefined,
        'pm.mtasv.net',
        'u12.wl3.sendgrid.net',
        'rp.postal.example.net',
        'x.example',
      ),
      name: fc.constantFrom('bounce', 'send', 'psrp', 'a*b', 'mg', 'x.y').map((one) => name(`${one}.example.com`)),
      mx: fc.subarray([...exchanges, { preference: 0, exchange: name('.') }], { maxLength: 2 }),
      spf: fc.subarray(['include:amazonses.com', 'a', '?ip4:192.0.2.1', 'broken', '-all']),
    }),
    { selector: (one) => one.name, maxLength: 3 },
  );
  fc.assert(
    fc.property(
      selectors,
      mailFrom,
      fc.subarray(['smtp.google.com', 'mx.zoho.eu', 'mx01.mail.icloud.com', 'in1-smtp.messagingengine.com']),
      (dkim, bounces, mx) => {
        const paths = bounces.map(({ alias, ...one }) => (alias === undefined ? one : { ...one, alias: name(alias) }));
        const seen = {
          ...nothing,
          dkim,
          mailFrom: paths,
          mx: mx.map(name),
          spf: ['include:spf.mailjet.com', '~all'],
        };
        const { senders, unclaimed } = settingsOf(seen);
        const { needs, faults } = needsOf(domain, senders);
        assert.deepEqual(faults, []);
        const covered = needs.flatMap((need) => need.spf);
        for (const one of paths) {
          if ('alias' in one || one.name.includes('*')) continue;
          const there = covered.filter((need) => need.name === one.name).flatMap((need) => need.mechanisms);
          for (const term of one.spf) {
            if (term === '-all') break;
            if (/^[ia]/.test(term)) assert.ok(there.includes(term), `${one.name}: ${term}`);
          }
        }
        const demanded = needs.flatMap((need) => need.dkim);
        for (const one of dkim) {
          const told = unclaimed.some((line) => /^The selectors? /.test(line) && line.includes(shown(one.selector)));
          const live = demanded.some((need) =>
            'target' in one
              ? need.kind === 'cname' && need.selector === one.selector && need.target === one.target
              : need.kind === 'txt' && need.selector === one.selector && need.value === one.text,
          );
          assert.ok(told !== live, `${one.selector}: told ${told}, demanded ${live}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});

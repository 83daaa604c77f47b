/** Changes for the tests of the text forms: one plan as people have it, and random ones with everything that hurts. */
import fc from 'fast-check';
import type { Change } from '../../src/change/change.ts';
import { txtOf } from '../../src/change/txt.ts';
import { dnsName, under, type DnsName } from '../../src/dns/name.ts';
import type { Rdata, RrSet, RrType } from '../../src/dns/rrset.ts';
import type { FormInput, FormStep } from '../../src/providers/form.ts';
import { rsaKey } from '../dkim-keys.ts';

export const zone = dnsName('example.com');
const digest = '3f9a'.repeat(16);

const set = <T extends RrType>(name: string, type: T, ttlSeconds: number, data: readonly Rdata<T>[]): RrSet =>
  ({ name: dnsName(name), type, ttlSeconds, data }) as RrSet;
const texts = (name: string, ...members: readonly string[]): RrSet => set(name, 'TXT', 3600, members.map(txtOf));
export const change = (before: RrSet | undefined, after: RrSet | undefined): Change => {
  const one = (after ?? before) as RrSet;
  return { name: one.name, type: one.type, ...(before ? { before } : {}), ...(after ? { after } : {}) };
};
const step = (
  id: string,
  title: string,
  why: string,
  changes: readonly Change[],
  more: Partial<FormStep> = {},
): FormStep => ({
  id,
  title,
  why,
  changes,
  outside: [],
  ...more,
});

export function inputOf(steps: readonly FormStep[], more: Partial<FormInput> = {}): FormInput {
  return { domain: zone, zone, steps, later: [], digest, madeAt: '2026-11-23T12:00:00Z', ...more };
}

export const key2048 = `v=DKIM1; k=rsa; p=${rsaKey(2048)}`;
export const key4096 = `v=DKIM1; k=rsa; p=${rsaKey(4096)}`;

/** What a small company gets that has a website, a mailbox provider and now sends through SES. */
export const usual: FormInput = inputOf(
  [
    step(
      'mx',
      'Take mail at mail.example.com',
      'Without an MX nobody can answer your mail, and reports have no address.',
      [change(undefined, set('example.com', 'MX', 3600, [{ preference: 10, exchange: dnsName('mail.example.com') }]))],
    ),
    step(
      'spf',
      'Let Amazon SES pass for example.com',
      'SES sends for you. Receivers ask this record which servers may; the senders that are in it now stay in it.',
      [
        change(
          texts('example.com', 'google-site-verification=abc', 'v=spf1 include:_spf.google.com ~all'),
          texts(
            'example.com',
            'google-site-verification=abc',
            'v=spf1 include:_spf.google.com include:amazonses.com ~all',
          ),
        ),
      ],
    ),
    step('dkim.s1', 'Publish the DKIM key s1', 'Receivers check the signature of each message with this key.', [
      change(undefined, texts('s1._domainkey.example.com', key2048)),
      change(undefined, set('tok._domainkey.example.com', 'CNAME', 3600, [dnsName('tok.dkim.amazonses.com')])),
    ]),
    step(
      'dmarc.none',
      'Ask for DMARC reports',
      'Reports show who sends in your name before anything is refused.',
      [change(undefined, texts('_dmarc.example.com', 'v=DMARC1; p=none; rua=mailto:dmarc@example.com'))],
      { outside: ['ask the owner of example.net to publish example.com._report._dmarc.example.net TXT "v=DMARC1;"'] },
    ),
    step('clean', 'Remove the old tracking host', 'Nobody uses it any more.', [
      change(set('click.example.com', 'CNAME', 300, [dnsName('old.example.net')]), undefined),
    ]),
  ],
  { later: ['dmarc.sampled: quarantine a tenth of what fails, not before 2026-12-21'] },
);

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
const owner: fc.Arbitrary<DnsName> = fc.oneof(
  fc.constant(zone),
  fc
    .oneof(
      label,
      fc.constantFrom(
        '*',
        '_dmarc',
        '*.deep',
        '_smtp._tls',
        's1._domainkey',
        'a.b.c.d.e.f',
        '10._domainkey',
        '2._domainkey',
      ),
      fc.tuple(label, label, label).map((parts) => parts.join('.')),
      label.map((text) => `_${text}`),
    )
    .map((prefix) => under(prefix, zone) as DnsName),
);
const target = fc.oneof(
  fc.tuple(label, label).map(([a, b]) => dnsName(`${a}.${b}.example.net`)),
  fc.constant(dnsName('track.example.com')),
  fc.constant(zone),
);

/** Printable ASCII with what forms mangle: quotes, semicolons, backslashes, templates, blanks at the ends. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        ';',
        '\\',
        "'",
        '$',
        '${x}',
        '%{i}',
        '%',
        '`',
        '|',
        ' ',
        '@',
        '#',
        '; ',
        '//',
        '*/',
        '<b>',
        '&amp;',
        ':',
        '$(id)',
        '{{',
        '\\;',
        '""',
        '(next line)',
        '\\010',
      ),
      fc.stringMatching(/^[ -~]{1,12}$/),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));
export const text = fc.oneof(
  fc.constantFrom(
    'v=spf1 include:_spf.google.com ~all',
    'v=spf1 exists:%{i}._spf.example.com -all',
    'v=DMARC1; p=none; rua=mailto:d@example.com',
    key2048,
    key4096,
    '',
    ' ',
    'v=STSv1; id=20261123T120000;',
  ),
  awkward,
  fc.stringMatching(/^[ -~]{250,520}$/),
  fc.stringMatching(/^[ -~]{254,257}$/),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), minLength: 1, maxLength: 40 }),
);
const unique = <T>(one: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { minLength: 1, maxLength, selector: (value) => JSON.stringify(value) });

const dataOf: Readonly<Record<string, fc.Arbitrary<readonly unknown[]>>> = {
  TXT: unique(text, 4).map((members) => members.map(txtOf)),
  A: unique(fc.ipV4(), 3),
  AAAA: unique(
    fc.integer({ min: 1, max: 0xffff }).map((n) => `2001:db8::${n.toString(16)}`),
    3,
  ),
  CNAME: target.map((name) => [name]),
  MX: fc.oneof(
    { weight: 6, arbitrary: unique(fc.record({ preference: fc.nat(65_535), exchange: target }), 3) },
    { weight: 1, arbitrary: fc.constant([{ preference: 0, exchange: dnsName('.') }]) },
  ),
};
const ttl = fc.constantFrom(0, 60, 300, 600, 1799, 3600, 86_400, 604_800);

const setAt = (name: DnsName, type: string): fc.Arbitrary<RrSet> =>
  fc
    .tuple(ttl, dataOf[type] as fc.Arbitrary<readonly Rdata<RrType>[]>)
    .map(([ttlSeconds, data]) => ({ name, type: type as RrType, ttlSeconds, data }));

/** A change whose sets may share members. */
const anyChange: fc.Arbitrary<Change> = fc
  .tuple(owner, fc.constantFrom('TXT', 'TXT', 'TXT', 'A', 'AAAA', 'CNAME', 'MX'))
  .chain(([name, type]) =>
    fc.tuple(setAt(name, type), setAt(name, type), fc.constantFrom('add', 'remove', 'replace', 'extend')),
  )
  .map(([one, two, kind]) => {
    if (kind === 'add') return change(undefined, one);
    if (kind === 'remove') return change(one, undefined);
    if (kind === 'replace' || one.type === 'CNAME') return change(one, two);
    const seen = new Set(one.data.map((data) => JSON.stringify(data)));
    const more = two.data.filter((data) => !seen.has(JSON.stringify(data)));
    return change(one, { ...two, data: [...one.data, ...more] });
  });

/** Plans of several steps in which each name has only one change: what stands there is told by the change alone. */
export const anyInput: fc.Arbitrary<FormInput> = fc
  .uniqueArray(anyChange, { minLength: 1, maxLength: 6, selector: ({ name }) => name })
  .map((changes) => {
    const steps: FormStep[] = [];
    for (let i = 0; i < changes.length; i += 2) {
      steps.push(step(`s${i}`, `Step ${i}`, 'Because a test says so.', changes.slice(i, i + 2)));
    }
    return inputOf(steps);
  });

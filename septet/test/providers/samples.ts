/** RRsets that the provider suite puts into zones: two of each, the second in the place of the first. */
import assert from 'node:assert/strict';
import { txtOf } from '../../src/change/txt.ts';
import { dnsName, under, type DnsName } from '../../src/dns/name.ts';
import type { Mx, RrSet, Txt } from '../../src/dns/rrset.ts';

export interface Sample {
  readonly label: string;
  sets(zone: DnsName, ttlSeconds: number): readonly [RrSet, RrSet];
}

export const aSet = (name: DnsName, ttlSeconds: number, ...data: readonly string[]): RrSet<'A'> => ({
  name,
  type: 'A',
  ttlSeconds,
  data,
});

/** A TXT set; each text is one member, cut into strings where it is long. */
export const txt = (name: DnsName, ttlSeconds: number, ...texts: readonly string[]): RrSet<'TXT'> => ({
  name,
  type: 'TXT',
  ttlSeconds,
  data: texts.map(txtOf),
});

const below = (prefix: string, zone: DnsName): DnsName => {
  const name = under(prefix, zone);
  assert.ok(name);
  return name;
};

const mx = (preference: number, exchange: string): Mx => ({ preference, exchange: dnsName(exchange) });

type Make = (name: DnsName, ttlSeconds: number) => readonly [RrSet, RrSet];

const types: Readonly<Record<string, Make>> = {
  A: (name, ttlSeconds) => [
    aSet(name, ttlSeconds, '192.0.2.1'),
    aSet(name, ttlSeconds, '192.0.2.2', '198.51.100.255', '192.0.2.1'),
  ],
  AAAA: (name, ttlSeconds) => [
    { name, type: 'AAAA', ttlSeconds, data: ['2001:db8::1', '2001:db8:0:1::25'] },
    { name, type: 'AAAA', ttlSeconds, data: ['2001:db8::ff00:2'] },
  ],
  MX: (name, ttlSeconds) => [
    { name, type: 'MX', ttlSeconds, data: [mx(10, 'mail.example.net')] },
    {
      name,
      type: 'MX',
      ttlSeconds,
      data: [mx(10, 'mx1.example.net'), mx(10, 'mx2.example.net'), mx(65535, 'far.example')],
    },
  ],
  TXT: (name, ttlSeconds) => [
    txt(name, ttlSeconds, 'v=spf1 include:_spf.example.net ~all'),
    txt(name, ttlSeconds, 'v=spf1 include:_spf.example.net -all', 'verification=abc'),
  ],
};

const cname: Make = (name, ttlSeconds) => [
  { name, type: 'CNAME', ttlSeconds, data: [dnsName('s1.dkim.example.net')] },
  { name, type: 'CNAME', ttlSeconds, data: [dnsName('_under.score.example.org')] },
];

const places = { 'at a host name': 'host', 'at a name with underscores': '_sip._tcp', 'far below': 'a.b.c.d.e' };

export const samplesBelow: readonly Sample[] = [
  ...Object.entries(types).flatMap(([type, make]) =>
    Object.entries(places).map(([where, prefix]) => ({
      label: `${type} ${where}`,
      sets: (zone: DnsName, ttlSeconds: number) => make(below(`${type.toLowerCase()}.${prefix}`, zone), ttlSeconds),
    })),
  ),
  ...Object.entries({ 'at a host name': 'track', 'at a name with underscores': 's1._domainkey' }).map(
    ([where, prefix]) => ({
      label: `CNAME ${where}`,
      sets: (zone: DnsName, ttlSeconds: number) => cname(below(prefix, zone), ttlSeconds),
    }),
  ),
  {
    label: 'CNAME into the zone itself',
    sets: (zone, ttlSeconds) => {
      const name = below('mta-sts', zone);
      return [
        { name, type: 'CNAME', ttlSeconds, data: [below('www', zone)] },
        { name, type: 'CNAME', ttlSeconds, data: [zone] },
      ];
    },
  },
];

export const apexSamples: readonly Sample[] = Object.entries(types).map(([type, make]) => ({
  label: `${type} at the apex`,
  sets: (zone: DnsName, ttlSeconds: number) => make(zone, ttlSeconds),
}));

/** 256 different octets in runs that no quoting survives by luck. */
const everyOctet = Array.from({ length: 255 }, (_, i) => String.fromCharCode(255 - i)).join('');

const texts: readonly (readonly [
  label: string,
  first: readonly (string | Txt)[],
  second: readonly (string | Txt)[],
])[] = [
  ['a text of 300 octets', ['a'.repeat(300)], ['b'.repeat(256)]],
  ['a text of 1000 octets', [`v=DKIM1; k=rsa; p=${'MIIB'.repeat(240)}${'A'.repeat(22)}`], ['c'.repeat(1000)]],
  ['texts of 255 and 510 octets', ['d'.repeat(255)], ['e'.repeat(510)]],
  ['a text with quotes', ['say "v=spf1" twice: ""'], ['"']],
  ['a text with backslashes', ['C:\\mail\\', '\\'], ['\\\\ \\032 \\;']],
  [
    'a text with semicolons and other signs',
    ['v=DMARC1; p=none; rua=mailto:a@example.com!10m'],
    ['a;b;;c (d) @ $e #f %g'],
  ],
  ['a text with blanks at its ends', [' a  b '], ['\tc\t']],
  ['a text in UTF-8', ['caf\u00c3\u00a9 \u00e2\u0082\u00ac'], ['\u00f0\u009f\u0098\u0080']],
  ['a text of octets that are no UTF-8', ['\u00ff\u00fe\u0080'], ['\u0001\u007f\u0080\u00ff']],
  ['a text of every octet but NUL', [everyOctet], ['x']],
  ['an empty text', [''], ['x', '']],
  ['several texts', ['one', 'two', 'three'], ['three', 'four', 'one']],
  ['a text of two strings', [{ strings: ['v=spf1 ip4:192.0.2.1', ' -all'] }], [{ strings: ['v=spf1', ' ', '-all'] }]],
];

export const txtSamples: readonly Sample[] = texts.map(([label, first, second], index) => ({
  label,
  sets: (zone, ttlSeconds) => {
    const name = below(`t${index}._txt`, zone);
    const set = (members: readonly (string | Txt)[]): RrSet<'TXT'> => ({
      name,
      type: 'TXT',
      ttlSeconds,
      data: members.map((member) => (typeof member === 'string' ? txtOf(member) : member)),
    });
    return [set(first), set(second)];
  },
}));

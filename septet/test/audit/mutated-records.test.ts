/**
 * Whole audits of a domain whose records were damaged at random, the way panels and word processors damage them: nothing
 * crashes, every text to publish is one that its readers take, and no two findings propose different texts for one name.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit } from '../../src/audit/audit.ts';
import type { Report } from '../../src/audit/report.ts';
import { dnsName } from '../../src/dns/name.ts';
import { zoneWorld } from '../zone-world.ts';
import { faultsOf } from './valid-findings.ts';

const key =
  'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCkUCErEkVMC2vPU5mvG8xtBzURkTCaUaDmIeTDQzrCdHC3tBBx0yiavW1PBIFmPBRD38I8zbZCp0vLdnUTSk8AGu1aHtTD+jCkGP8xUX62/4rBqS5Nfnoqmd7ELeMyWZfeUyFzN4/HsoFlDaOHl+QfVAXqYTYA9/h6SnPFE4wCrwIDAQAB';

const records: readonly (readonly [name: string, text: string])[] = [
  ['@', 'v=spf1 ip4:185.70.40.1 include:_spf.host.nl mx ~all'],
  ['_dmarc', 'v=DMARC1; p=quarantine; sp=reject; rua=mailto:a@shop.nl; pct=50; fo=1'],
  ['s1._domainkey', `v=DKIM1; k=rsa; p=${key}`],
  ['_mta-sts', 'v=STSv1; id=20261123;'],
  ['_smtp._tls', 'v=TLSRPTv1; rua=mailto:a@shop.nl,https://reports.host.nl/r'],
  ['default._bimi', 'v=BIMI1; l=https://shop.nl/l.svg; a=https://shop.nl/m.pem;'],
];

type Random = () => number;

/** The same numbers from 0 to 1 in every run. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

const anywhere = (text: string, random: Random, change: (head: string, tail: string) => string): string => {
  const at = Math.floor(random() * text.length);
  return change(text.slice(0, at), text.slice(at));
};
const signs = [' ', ';', ',', ':', '=', '"', '\\', '!', '\t'];

const slips: readonly ((text: string, random: Random) => string)[] = [
  (text) => `"${text}"`,
  (text) => `'${text}'`,
  (text) => ` ${text}`,
  (text) => `${text} `,
  (text) => `shop.nl. IN TXT ( "${text}" )`,
  (text) => `${text}; ${text}`,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.replaceAll(';', '\\;'),
  (text) => text.replaceAll('; ', ', '),
  (text) => text.replaceAll(';', ''),
  (text) => text.replaceAll(' ', ''),
  (text) => text.replaceAll('"', '&quot;'),
  (text) => text.replaceAll('-', '\u2013'),
  (text) => text.replace('=', '\u201c'),
  (text) => text.replace('=', '= '),
  (text) => text.replace('=', ':'),
  (text) => text.replace(':', '='),
  (text) => text.replace('mailto:', ''),
  (text, random) => anywhere(text, random, (head) => head),
  (text, random) => anywhere(text, random, (head, tail) => head + tail.slice(1)),
  (text, random) => {
    const sign = signs[Math.floor(random() * signs.length)] ?? '';
    return anywhere(text, random, (head, tail) => head + sign + tail);
  },
];

/** The text as the strings of a zone file. */
function quoted(text: string): string {
  const octets = Buffer.from(text, 'utf8');
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += 200) {
    const escaped = [...octets.subarray(at, at + 200)].map((octet) =>
      octet < 32 || octet > 126 || octet === 34 || octet === 92
        ? `\\${String(octet).padStart(3, '0')}`
        : String.fromCharCode(octet),
    );
    strings.push(`"${escaped.join('')}"`);
  }
  return strings.join(' ');
}

function damagedZone(random: Random): string {
  const lines = ['$TTL 3600', '$ORIGIN shop.nl.', '@ SOA a. b. 1 1 1 1 300', '@ MX 10 mx.host.nl.'];
  const slip = (text: string): string => slips[Math.floor(random() * slips.length)]?.(text, random) ?? text;
  for (const [name, text] of records) {
    let damaged = text;
    for (let count = Math.floor(random() * 3); count > 0; count--) damaged = slip(damaged);
    lines.push(`${random() < 0.1 ? name.replace('_', '') : name} TXT ${quoted(damaged)}`);
    if (random() < 0.1) lines.push(`${name} TXT ${quoted(slip(text))}`);
  }
  return lines.join('\n');
}

/** Names for which two findings propose different texts. */
function contradictionsOf(report: Report): readonly string[] {
  const proposed = new Map<string, string>();
  const contradictions: string[] = [];
  for (const { code, fix } of report.findings) {
    for (const { name, type, data, action } of fix.set ?? []) {
      if (action === 'remove') continue;
      const place =
        name === report.domain && type === 'TXT' ? `${name} TXT ${data[0]?.slice(0, 6)}` : `${name} ${type}`;
      const text = JSON.stringify(data);
      const before = proposed.get(place);
      if (before !== undefined && before !== text) contradictions.push(`${code}: ${place}: ${text} and ${before}`);
      proposed.set(place, text);
    }
  }
  return contradictions;
}

test('400 domains with damaged records', async () => {
  const random = randomFrom(20261123);
  const root = '. SOA a. b. 1 1 1 1 300\nmx.host.nl. A 185.70.40.1\n_spf.host.nl. TXT "v=spf1 ip4:185.70.41.0/24 -all"';
  const domain = dnsName('shop.nl');
  for (let count = 0; count < 400; count++) {
    const zone = damagedZone(random);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a crash names its zone
    const report = await audit(zoneWorld([root, zone]), domain, { depth: 'full', selectors: ['s1'] });
    assert.deepEqual([...faultsOf(report), ...contradictionsOf(report)], [], zone);
  }
});

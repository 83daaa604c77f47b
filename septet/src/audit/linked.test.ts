import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld } from '../../test/zone-world.ts';
import { dnsName } from '../dns/name.ts';
import { audit } from './audit.ts';

/** Code, record and cause of every finding that is no mere note, for a domain with these records. */
async function told(records: string, selectors: readonly string[] = []): Promise<readonly string[]> {
  const sound = [
    'shop.nl. IN SOA ns1.host.nl. h.host.nl. 1 7200 3600 1209600 300',
    'shop.nl. IN MX 10 mx.host.nl.',
    'shop.nl. IN MX 20 mx2.host.nl.',
  ].join('\n');
  const others = 'mx.host.nl. IN A 5.5.5.5\nmx2.host.nl. IN A 5.5.5.6';
  const world = zoneWorld([`. IN SOA a. b. 1 1 1 1 300\n${others}`, `${sound}\n${records}`]);
  const { findings } = await audit(world, dnsName('shop.nl'), { depth: 'full', selectors });
  return findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, record, follows }) => `${record} ${code}${follows ? ` ← ${follows}` : ''}`)
    .sort();
}

const spf = 'shop.nl. IN TXT "v=spf1 ip4:185.70.40.0/24 ~all"';
const dmarc = '_dmarc.shop.nl. IN TXT "v=DMARC1; p=reject; rua=mailto:a@shop.nl"';

const unknownKey = 'dkim dkim.none_known';

for (const [title, records, expected] of [
  ['a sound domain', `${spf}\n${dmarc}`, [unknownKey]],
  ['a parked domain says nothing', 'shop.nl. IN TXT "v=spf1 -all"\n_dmarc.shop.nl. IN TXT "v=DMARC1; p=reject"', []],
  [
    'a lost underscore is told once',
    `${spf}\ndmarc.shop.nl. IN TXT "v=DMARC1; p=none; rua=mailto:a@shop.nl"`,
    [
      'dmarc dmarc.location.no_underscore',
      'dmarc dns.name.underscore_dropped ← dmarc.location.no_underscore',
      unknownKey,
    ].sort(),
  ],
  [
    'a doubled suffix belongs to the record that it is about',
    '_dmarc.shop.nl.shop.nl. IN TXT "v=DMARC1; p=none; rua=mailto:a@shop.nl"\nshop.nl.shop.nl. IN TXT "v=spf1 a -all"',
    [
      unknownKey,
      'dmarc dmarc.missing ← dns.name.doubled_suffix',
      'dmarc dns.name.doubled_suffix',
      'spf dns.name.doubled_suffix',
      'spf spf.missing ← dns.name.doubled_suffix',
    ].sort(),
  ],
  [
    'quotation marks explain what the reader stumbles over',
    String.raw`${spf}
_dmarc.shop.nl. IN TXT "\"v=DMARC1; p=reject; rua=mailto:a@shop.nl\""`,
    [unknownKey, 'dmarc dmarc.v.bad ← dns.txt.literal_quotes', 'dmarc dns.txt.literal_quotes'].sort(),
  ],
  [
    'a record in two pieces',
    `${spf}\n_dmarc.shop.nl. IN TXT "v=DMARC1; p=reject;"\n_dmarc.shop.nl. IN TXT "rua=mailto:a@shop.nl"`,
    [
      unknownKey,
      'dmarc dmarc.record.unrelated_txt ← dns.txt.split_across_records',
      'dmarc dmarc.rua.missing ← dns.txt.split_across_records',
      'dmarc dns.txt.split_across_records',
    ].sort(),
  ],
] as const) {
  test(title, async () => assert.deepEqual(await told(records), expected));
}

test('a flattened key explains the missing one', async () => {
  assert.deepEqual(await told(`${spf}\n${dmarc}\ns1._domainkey.shop.nl. IN A 9.9.9.9`, ['s1']), [
    'dkim dkim.key.missing ← dns.cname.flattened',
    'dkim dns.cname.flattened',
  ]);
});

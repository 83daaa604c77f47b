import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { expectCodes, zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { parseAddress } from '../../dns/address.ts';
import { dnsName, type DnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { check, type HostContext } from './check.ts';
import { rows } from './findings.ts';
import { lookupHost } from './lookup.ts';

const met = new Set<string>();
const domain = dnsName('news.example.com');
const orgDomainOf = (name: DnsName): DnsName => dnsName(name.split('.').slice(-2).join('.'));

interface Scenario {
  readonly title: string;
  readonly zone: string;
  readonly addresses?: readonly string[];
  readonly helo?: string;
  readonly context?: HostContext;
  readonly failures?: readonly FailingQuestion[];
  readonly codes: readonly string[];
  readonly verify?: (finding: Finding) => void;
}

const ipv4 = '20.1.2.3';
const ipv6 = '2a01:4f8::3';
const reverse4 = '3.2.1.20.in-addr.arpa';
const reverse6 = '3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa';
const good = `
${reverse4}. PTR mail.example.com.
${reverse6}. PTR mail.example.com.
mail.example.com. A 20.1.2.3
mail.example.com. AAAA 2a01:4f8::3
mail.example.com. TXT "v=spf1 a -all"`;

const scenarios: readonly Scenario[] = [
  {
    title: 'all in order',
    zone: good,
    addresses: [ipv4, ipv6],
    helo: 'mail.example.com',
    context: {
      domain,
      orgDomainOf,
      spf: { domain, verdicts: [{ address: ipv4, result: 'pass' }] },
    },
    codes: [],
  },
  {
    title: 'no PTR, and the HELO name is offered',
    zone: 'mail.example.com. A 20.1.2.3\nmail.example.com. TXT "V=SPF1"',
    helo: 'mail.example.com',
    addresses: [ipv4, ipv6],
    codes: ['host.ptr.missing', 'host.ptr.ipv6_missing'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['mail.example.com.']),
  },
  {
    title: 'PTR cannot be told',
    zone: good,
    addresses: [ipv4],
    failures: [[reverse4, 'PTR', 'servfail']],
    codes: [],
  },
  {
    title: 'the name does not lead back',
    zone: `${reverse4}. PTR mail.example.com.\nmail.example.com. A 20.1.2.4`,
    addresses: [ipv4],
    context: { domain: dnsName('example.com') },
    codes: ['host.ptr.not_forward'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['20.1.2.4', '20.1.2.3']),
  },
  {
    title: 'the name leads nowhere',
    zone: `${reverse4}. PTR mail.example.com.`,
    addresses: [ipv4],
    codes: ['host.ptr.not_forward'],
  },
  {
    title: 'the way back cannot be told',
    zone: good,
    addresses: [ipv4],
    failures: [['mail.example.com', 'A', 'timeout']],
    codes: [],
  },
  {
    title: 'several names that lead back',
    zone: `${good}\n${reverse4}. PTR mx.example.com.\nmx.example.com. A 20.1.2.3`,
    addresses: [ipv4],
    codes: [],
  },
  {
    title: 'several names, one of which leads elsewhere',
    zone: `${good}\n${reverse4}. PTR old.example.com.`,
    addresses: [ipv4],
    codes: ['host.ptr.multiple'],
  },
  {
    title: "a provider's name",
    zone: `${reverse4}. PTR static.20-1-2-3.clients.provider.net.\nstatic.20-1-2-3.clients.provider.net. A 20.1.2.3`,
    addresses: [ipv4],
    codes: ['host.ptr.generic'],
    verify: (finding) => {
      const record = finding.evidence[0];
      assert.ok(record?.kind === 'record');
      const mark = record.marks?.[0];
      assert.equal(mark && record.text.slice(mark.offset, mark.offset + mark.length), '20-1-2-3');
    },
  },
  {
    title: "a sending service's name",
    zone: `${reverse4}. PTR a8-31.smtp-out.service.net.\na8-31.smtp-out.service.net. A 20.1.2.3`,
    addresses: [ipv4],
    context: { domain, orgDomainOf },
    codes: ['host.ptr.foreign'],
  },
  { title: 'greets as localhost', zone: good, helo: 'localhost.localdomain', codes: ['host.helo.not_fqdn'] },
  {
    title: 'greets with an address',
    zone: good,
    helo: '[20.1.2.3]',
    context: { domain },
    codes: ['host.helo.not_fqdn'],
  },
  {
    title: 'greets with a name that does not exist',
    zone: good,
    helo: 'mx.example.com',
    codes: ['host.helo.unresolvable'],
  },
  {
    title: 'the HELO name cannot be told',
    zone: good,
    helo: 'mx.example.com',
    failures: [['mx.example.com', '*', 'timeout']],
    codes: [],
  },
  {
    title: 'greets with another name than the PTR',
    zone: `${good}\nmx.example.com. A 20.1.2.3\nmx.example.com. TXT "v=spf1 a -all"`,
    addresses: [ipv4],
    helo: 'mx.example.com',
    codes: ['host.helo.ptr_mismatch'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['mx.example.com.']),
  },
  {
    title: 'no SPF at the HELO name',
    zone: 'mail.example.com. A 20.1.2.3\nmail.example.com. TXT "v=spf10"',
    helo: 'mail.example.com',
    codes: ['host.helo.no_spf'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['v=spf10', 'v=spf1 a -all']),
  },
  {
    title: 'addresses of a private network',
    zone: good,
    addresses: ['10.0.0.5', 'fd00::5', '::ffff:192.168.1.5'],
    codes: ['host.ip.private', 'host.ip.private', 'host.ip.private'],
  },
  {
    title: 'SPF does not know the host',
    zone: good,
    addresses: [ipv4, ipv6],
    context: {
      spf: {
        domain,
        verdicts: [
          { address: ipv4, result: 'softfail' },
          { address: ipv6, result: 'fail' },
        ],
      },
    },
    codes: ['host.ip.not_in_spf', 'host.ip.not_in_spf'],
  },
  {
    title: 'SPF cannot be told or is broken',
    zone: good,
    addresses: [ipv4, ipv6],
    context: {
      spf: {
        domain,
        verdicts: [
          { address: ipv4, result: 'temperror' },
          { address: ipv6, result: 'permerror' },
        ],
      },
    },
    codes: [],
  },
];

describe('host scenarios', () => {
  for (const { title, zone, addresses = [], helo, context, failures, codes, verify } of scenarios) {
    it(title, async () => {
      const world = zoneWorld(zone, failures ? { failures } : {});
      const parsed = addresses.map((text) => {
        const address = parseAddress(text);
        assert.ok(address);
        return address;
      });
      const findings = check(await lookupHost(world, { addresses: parsed, helo }), context);
      expectCodes(findings, codes);
      for (const finding of findings) {
        met.add(finding.code);
        verify?.(finding);
      }
    });
  }
  after(() => assert.deepEqual([...met].sort(), Object.keys(rows).sort(), 'every row has a scenario'));
});

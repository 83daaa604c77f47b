import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expectCodes, zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { check } from './check.ts';
import { rows } from './findings.ts';
import { lookup } from './lookup.ts';
import { format, parse } from './record.ts';

const domain = dnsName('example.com');
const mx = 'example.net. MX 10 mail.example.net.\n';
const record = (text: string): string => `_smtp._tls.example.com. TXT "${text}"\n`;

interface Scenario {
  readonly title: string;
  readonly zone: string;
  readonly failures?: readonly FailingQuestion[];
  readonly codes: readonly string[];
  /** The record that the first cure publishes. */
  readonly cure?: string;
}

const scenarios: readonly Scenario[] = [
  { title: 'in good order', zone: mx + record('v=TLSRPTv1; rua=mailto:tls@example.net'), codes: [] },
  { title: 'https', zone: record('v=TLSRPTv1;rua=https://example.net/tls'), codes: [] },
  {
    title: 'two addresses',
    zone: mx + record('v=TLSRPTv1; rua=mailto:tls@example.net,https://example.net/tls;'),
    codes: [],
  },
  {
    title: 'missing',
    zone: 'example.com. A 192.0.2.1',
    codes: ['tlsrpt.missing'],
    cure: 'v=TLSRPTv1; rua=mailto:tls-reports@example.com',
  },
  {
    title: 'the look-up fails',
    zone: 'example.com. A 192.0.2.1',
    failures: [['_smtp._tls.example.com', 'TXT', 'timeout']],
    codes: [],
  },
  { title: 'at the apex', zone: 'example.com. TXT "v=TLSRPTv1; rua=mailto:a@example.net"', codes: ['tlsrpt.location'] },
  {
    title: 'labels swapped',
    zone: '_tls._smtp.example.com. TXT "v=TLSRPTv1; rua=mailto:a@example.net"',
    codes: ['tlsrpt.location'],
  },
  {
    title: 'at _smtp-tls',
    zone: '_smtp-tls.example.com. TXT "v=TLSRPTv1; rua=mailto:a@example.net"',
    codes: ['tlsrpt.location'],
  },
  {
    title: 'two records',
    zone: record('v=TLSRPTv1; rua=mailto:a@example.net') + record('v=TLSRPTv1; rua=mailto:b@example.net'),
    codes: ['tlsrpt.multiple'],
  },
  {
    title: 'wrong version',
    zone: record('v=TLSRPT1; rua=mailto:a@example.net'),
    codes: ['tlsrpt.version'],
    cure: 'v=TLSRPTv1; rua=mailto:a@example.net',
  },
  { title: 'lower case', zone: record('v=tlsrptv1; rua=mailto:a@example.net'), codes: ['tlsrpt.version'] },
  { title: 'no rua', zone: record('v=TLSRPTv1;'), codes: ['tlsrpt.rua.missing'] },
  {
    title: 'a bare address',
    zone: record('v=TLSRPTv1; rua=a@example.net'),
    codes: ['tlsrpt.rua.scheme'],
    cure: 'v=TLSRPTv1; rua=mailto:a@example.net',
  },
  {
    title: 'http',
    zone: mx + record('v=TLSRPTv1; rua=http://example.net/,mailto:a@example.net'),
    codes: ['tlsrpt.rua.scheme'],
  },
  {
    title: 'an exclamation mark',
    zone: record('v=TLSRPTv1; rua=mailto:a@example.net!10m'),
    codes: ['tlsrpt.rua.encoding'],
    cure: 'v=TLSRPTv1; rua=mailto:a@example.net',
  },
  {
    title: 'a blank between addresses',
    zone: mx + record('v=TLSRPTv1; rua=mailto:a@example.net mailto:b@example.net'),
    codes: ['tlsrpt.rua.list'],
  },
  {
    title: 'a semicolon between addresses',
    zone: mx + record('v=TLSRPTv1; rua=mailto:a@example.net; mailto:b@example.net'),
    codes: ['tlsrpt.rua.list'],
  },
  {
    title: 'an extension',
    zone: mx + record('v=TLSRPTv1; rua=mailto:a@example.net; x=y'),
    codes: ['tlsrpt.ext_field'],
  },
  {
    title: 'reports to a domain with a null MX',
    zone: 'example.net. MX 0 .\n' + record('v=TLSRPTv1; rua=mailto:a@example.net'),
    codes: ['tlsrpt.rua.undeliverable'],
  },
  {
    title: 'reports to a domain that does not exist',
    zone: record('v=TLSRPTv1; rua=mailto:a@gone.example'),
    codes: ['tlsrpt.rua.undeliverable'],
  },
  {
    title: 'reports to a domain that cannot be looked up',
    zone: record('v=TLSRPTv1; rua=mailto:a@gone.example'),
    failures: [['gone.example', 'MX', 'servfail']],
    codes: [],
  },
  {
    title: 'only mailboxes of its own',
    zone: 'example.com. MX 10 mail.example.com.\n' + record('v=TLSRPTv1; rua=mailto:a@example.com'),
    codes: ['tlsrpt.rua.same_broken_mx'],
  },
];

for (const scenario of scenarios) {
  test(`TLS-RPT: ${scenario.title}`, async () => {
    const world = zoneWorld(scenario.zone, scenario.failures ? { failures: scenario.failures } : {});
    const findings = check(await lookup(world, domain), { tlsPolicyInUse: false });
    expectCodes(findings, scenario.codes);
    if (scenario.cure !== undefined) assert.deepEqual(findings[0]?.fix.set?.[0]?.data, [scenario.cure]);
  });
}

test('TLS-RPT: every row has a scenario', () => {
  const met = new Set(scenarios.flatMap((scenario) => scenario.codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !met.has(code)),
    [],
  );
});

test('TLS-RPT: a missing record is a warning where a TLS policy is in use', async () => {
  const seen = await lookup(zoneWorld('example.com. A 192.0.2.1'), domain);
  assert.equal(check(seen, { tlsPolicyInUse: true })[0]?.severity, 'warning');
  assert.equal(check(seen, { tlsPolicyInUse: false })[0]?.severity, 'info');
});

test('TLS-RPT: parse(format(record)) is the record', () => {
  const local = fc.string({ unit: fc.constantFrom(...'abc1'), minLength: 1, maxLength: 8 });
  const mail = local.map((box) => ({
    scheme: 'mailto' as const,
    uri: `mailto:${box}@${box}.example`,
    host: `${box}.example`,
  }));
  const web = local.map((path) => ({
    scheme: 'https' as const,
    uri: `https://${path}.example/${path}`,
    host: `${path}.example`,
  }));
  fc.assert(
    fc.property(fc.array(fc.oneof(mail, web), { minLength: 1, maxLength: 4 }), (rua) => {
      const parsed = parse(format({ rua, extensions: [] }));
      assert.ok(parsed.kind === 'good');
      assert.deepEqual(parsed.value.rua, rua);
    }),
  );
});

test('TLS-RPT: mutated records never throw', () => {
  const seed = 'v=TLSRPTv1; rua=mailto:tls@example.net,https://example.net/tls; x=y';
  fc.assert(
    fc.property(fc.nat(seed.length), fc.string({ maxLength: 6 }), fc.nat(9), (at, text, cut) => {
      parse(seed.slice(0, at) + text + seed.slice(at + cut));
    }),
    { numRuns: 2000 },
  );
});

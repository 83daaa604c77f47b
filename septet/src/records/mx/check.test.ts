import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { expectCodes, zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { check, type ExchangeProvider, type MxContext } from './check.ts';
import { rows } from './findings.ts';
import { lookupMx, maxExchanges } from './lookup.ts';
import { checkReturnPath, type ReturnPath } from './return-path.ts';

const domain = dnsName('example.com');
const met = new Set<string>();

interface Scenario {
  readonly title: string;
  readonly zone: string;
  readonly context?: MxContext;
  readonly failures?: readonly FailingQuestion[];
  /** Every code, each as often as it appears. */
  readonly codes: readonly string[];
  readonly verify?: (finding: Finding) => void;
}

const providers = (exchange: string): ExchangeProvider | undefined => {
  if (exchange.endsWith('aspmx.l.google.com')) return { id: 'google', title: 'Google Workspace', form: 'google-aspmx' };
  if (exchange === 'smtp.google.com') return { id: 'google', title: 'Google Workspace' };
  if (exchange.endsWith('.mail.protection.outlook.com')) {
    return { id: 'm365', title: 'Microsoft 365', form: 'm365-protection-outlook' };
  }
  return undefined;
};
/** Two exchanges with both families: nothing to say about them. */
const good = `
  example.com. MX 10 mx1.example.com.
  example.com. MX 20 mx2.example.com.
  mx1.example.com. A 20.1.1.1
  mx1.example.com. AAAA 2a01:4f8::1
  mx2.example.com. A 20.1.1.2`;
const google = `
  aspmx.l.google.com. A 142.250.1.26
  aspmx.l.google.com. AAAA 2a00:1450::1a
  alt1.aspmx.l.google.com. A 142.250.1.27
  smtp.google.com. A 142.250.1.28
  smtp.google.com. AAAA 2a00:1450::1b`;
const many = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `example.com. MX 10 m${i}.example.com.\nm${i}.example.com. AAAA 2a01:4f8::1`,
  ).join('\n');

const scenarios: readonly Scenario[] = [
  { title: 'two exchanges in good order', zone: good, context: { sends: true, receives: true, providers }, codes: [] },
  {
    title: 'one exchange without IPv6',
    zone: 'example.com. MX 10 mail.example.com.\nmail.example.com. A 20.1.1.1',
    codes: ['mx.single', 'mx.ipv6.none'],
  },
  { title: 'no MX, no address', zone: 'example.com. TXT x', codes: ['mx.missing.unreachable'] },
  { title: 'the domain does not exist', zone: 'example.net. TXT x', codes: ['mx.missing.unreachable'] },
  {
    title: 'the implicit MX',
    zone: 'example.com. A 20.1.1.1',
    codes: ['mx.missing.implicit'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['10 example.com.']),
  },
  {
    title: 'the implicit MX of an alias offers no record beside the CNAME',
    zone: 'example.com. CNAME example.net.\nexample.net. AAAA 2a01:4f8::1',
    codes: ['mx.missing.implicit'],
    verify: (finding) => assert.equal(finding.fix.set, undefined),
  },
  {
    title: 'the implicit MX behind a web proxy',
    zone: 'example.com. A 104.21.3.4',
    codes: ['mx.missing.implicit', 'mx.target.proxied'],
  },
  {
    title: 'MX cannot be told',
    zone: good,
    failures: [['example.com', 'MX', 'servfail']],
    codes: [],
  },
  {
    title: 'no MX and the address cannot be told',
    zone: 'example.com. TXT x',
    failures: [['example.com', 'A', 'timeout']],
    codes: [],
  },
  {
    title: 'addresses of the exchanges cannot be told',
    zone: good,
    failures: [
      ['mx1.example.com', '*', 'timeout'],
      ['mx2.example.com', '*', 'timeout'],
    ],
    codes: [],
  },
  {
    title: 'a parked domain says so',
    zone: 'example.com. MX 0 .',
    context: { sends: false, receives: false },
    codes: [],
  },
  { title: 'a null MX and nobody said what the domain is for', zone: 'example.com. MX 0 .', codes: [] },
  {
    title: 'a parked domain does not say so',
    zone: 'example.com. A 20.1.1.1',
    context: { sends: false, receives: false },
    codes: ['mx.null.missing_parked'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['0 .']),
  },
  {
    title: 'a domain that sends is not parked',
    zone: 'example.com. TXT x',
    context: { sends: true, receives: false },
    codes: ['mx.missing.unreachable'],
  },
  {
    title: 'a null MX on a sender',
    zone: 'example.com. MX 0 .',
    context: { sends: true },
    codes: ['mx.null.on_sender'],
    verify: (finding) => assert.equal(finding.fix.set?.[0]?.action, 'remove'),
  },
  {
    title: 'a null MX on a domain with mailboxes',
    zone: 'example.com. MX 0 .',
    context: { receives: true },
    codes: ['mx.null.on_sender'],
  },
  {
    title: 'a null MX beside others',
    zone: `example.com. MX 0 .\n${good}`,
    codes: ['mx.null.not_alone'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['10 mx1.example.com.', '20 mx2.example.com.']),
  },
  {
    title: 'a null MX with a preference',
    zone: 'example.com. MX 10 .',
    codes: ['mx.null.preference'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['0 .']),
  },
  {
    title: 'an address as exchange, with the zone appended and without',
    zone: `example.com. MX 5 20.1.1.1.example.com.\nexample.com. MX 6 20.1.1.2.\n${good}`,
    codes: ['mx.target.ip', 'mx.target.ip'],
  },
  {
    title: 'a name that looks like an address but has one',
    zone: `example.com. MX 5 20.1.1.1.example.com.\n20.1.1.1.example.com. A 20.1.1.1\n${good}`,
    codes: [],
  },
  {
    title: 'a name that begins with a number is no address',
    zone: `example.com. MX 5 1.mail.example.com.\n1.mail.example.com. A 20.1.1.3\n${good}`,
    codes: [],
  },
  {
    title: 'an alias as exchange',
    zone: `example.com. MX 5 mail.example.com.\nmail.example.com. CNAME mx1.example.com.\n${good}`,
    codes: ['mx.target.cname'],
    verify: (finding) =>
      assert.deepEqual(finding.fix.set?.[0]?.data, [
        '5 mx1.example.com.',
        '10 mx1.example.com.',
        '20 mx2.example.com.',
      ]),
  },
  {
    title: 'an alias that leads nowhere',
    zone: `example.com. MX 5 mail.example.com.\nmail.example.com. CNAME gone.example.com.\n${good}`,
    codes: ['mx.target.cname', 'mx.target.no_address'],
  },
  {
    title: 'exchanges without addresses: no such name, and no such data',
    zone: `example.com. MX 5 gone.example.com.\nexample.com. MX 6 txt.example.com.\ntxt.example.com. TXT x\n${good}`,
    codes: ['mx.target.no_address', 'mx.target.no_address'],
  },
  {
    title: 'one family absent, the other not told',
    zone: `example.com. MX 5 txt.example.com.\ntxt.example.com. TXT x\n${good}`,
    failures: [['txt.example.com', 'AAAA', 'timeout']],
    codes: [],
  },
  {
    title: 'addresses that are not on the Internet',
    zone: `
      example.com. MX 1 a.example.com.
      example.com. MX 2 b.example.com.
      example.com. MX 3 c.example.com.
      a.example.com. A 10.0.0.25
      b.example.com. A 100.64.0.1
      b.example.com. A 20.1.1.3
      c.example.com. AAAA fd00::25`,
    codes: ['mx.target.private', 'mx.target.private', 'mx.target.private'],
  },
  {
    title: 'a proxied exchange',
    zone: `example.com. MX 1 a.example.com.\na.example.com. A 172.67.1.1\na.example.com. AAAA 2606:4700:3030::1\n${good}`,
    codes: ['mx.target.proxied', 'mx.target.proxied'],
  },
  {
    title: 'the mail routing of the same operator is no proxy',
    zone: 'example.com. MX 1 route1.mx.cloudflare.net.\nroute1.mx.cloudflare.net. A 162.159.205.11\nroute1.mx.cloudflare.net. AAAA 2606:4700:f5::b',
    codes: ['mx.single'],
  },
  {
    title: 'the preference typed into the name',
    zone: 'example.com. MX 10 10\\032mail.example.com.',
    codes: ['mx.preference.missing'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['10 mail.example.com.']),
  },
  {
    title: 'one exchange twice',
    zone: `example.com. MX 30 mx1.example.com.\n${good}`,
    codes: ['mx.host.duplicate'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['10 mx1.example.com.', '20 mx2.example.com.']),
  },
  { title: 'ten exchanges', zone: many(10), codes: [] },
  { title: 'eleven exchanges', zone: many(11), codes: ['mx.many'] },
  { title: 'more exchanges than are looked up', zone: many(maxExchanges + 2), codes: ['mx.many'] },
  {
    title: 'two providers',
    zone: `${good}\n${google}
      example.com. MX 1 smtp.google.com.
      example.com. MX 2 example-com.mail.protection.outlook.com.
      example-com.mail.protection.outlook.com. A 52.101.1.1`,
    context: { providers },
    codes: ['mx.mixed_providers', 'mx.provider.m365_form'],
    verify: (finding) => assert.equal(finding.severity, finding.code === 'mx.mixed_providers' ? 'warning' : 'info'),
  },
  {
    title: 'the older Google exchanges',
    zone: `${google}\nexample.com. MX 1 aspmx.l.google.com.\nexample.com. MX 5 alt1.aspmx.l.google.com.`,
    context: { providers },
    codes: ['mx.provider.legacy_google'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['1 smtp.google.com.']),
  },
  {
    title: 'the present Google exchange',
    zone: `${google}\nexample.com. MX 1 smtp.google.com.`,
    context: { providers },
    codes: ['mx.single'],
  },
  {
    title: 'a guessed name of Microsoft 365',
    zone: 'example.com. MX 0 example-com.mail.protection.outlook.com.',
    context: { providers },
    codes: ['mx.single', 'mx.provider.m365_form', 'mx.target.no_address'],
    verify: (finding) => {
      if (finding.code === 'mx.provider.m365_form') assert.equal(finding.severity, 'warning');
    },
  },
];

const ses: ReturnPath = {
  service: 'Amazon SES',
  wanted: '10 feedback-smtp.<region>.amazonses.com.',
  matches: (exchange) => /^feedback-smtp\.[a-z0-9-]+\.amazonses\.com$/.test(exchange),
  alone: true,
};
const returnPaths: readonly (Omit<Scenario, 'context'> & { readonly path?: Partial<ReturnPath> })[] = [
  { title: 'as it should be', zone: 'example.com. MX 10 feedback-smtp.eu-west-1.amazonses.com.', codes: [] },
  { title: 'no MX', zone: 'example.com. TXT "v=spf1 -all"', codes: ['mx.returnpath.missing'] },
  { title: 'another MX', zone: 'example.com. MX 10 mail.example.com.', codes: ['mx.returnpath.missing'] },
  { title: 'cannot be told', zone: good, failures: [['example.com', 'MX', 'timeout']], codes: [] },
  {
    title: 'one too many',
    zone: 'example.com. MX 10 feedback-smtp.eu-west-1.amazonses.com.\nexample.com. MX 20 mail.example.com.',
    codes: ['mx.returnpath.extra'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['10 feedback-smtp.eu-west-1.amazonses.com.']),
  },
  {
    title: 'two where two are wanted',
    zone: 'example.com. MX 10 mxa.mailgun.org.\nexample.com. MX 10 mxb.mailgun.org.',
    path: { service: 'Mailgun', matches: (exchange) => exchange.endsWith('.mailgun.org'), alone: false },
    codes: [],
  },
];

describe('mx scenarios', () => {
  for (const { title, zone, context, failures, codes, verify } of scenarios) {
    it(title, async () => {
      const world = zoneWorld(zone.replaceAll(/^ +/gm, ''), failures ? { failures } : {});
      judge(check(await lookupMx(world, domain), context), codes, verify);
    });
  }
  for (const { title, zone, failures, codes, verify, path } of returnPaths) {
    it(`return path: ${title}`, async () => {
      const world = zoneWorld(zone.replaceAll(/^ +/gm, ''), failures ? { failures } : {});
      judge(checkReturnPath(await lookupMx(world, domain), { ...ses, ...path }), codes, verify);
    });
  }
  it('asks no more than it needs', async () => {
    const seen = await lookupMx(zoneWorld(many(maxExchanges + 2)), domain);
    assert.equal(seen.hosts.length, maxExchanges);
    assert.equal(seen.notAsked, 2);
    assert.equal(seen.answers.length, 1 + 2 * maxExchanges);
    assert.equal((await lookupMx(zoneWorld('example.com. MX 1 gone.example.com.'), domain)).answers.length, 2);
    assert.equal((await lookupMx(zoneWorld('example.net. TXT x'), domain)).answers.length, 1);
  });
  after(() => assert.deepEqual([...met].sort(), Object.keys(rows).sort(), 'every row has a scenario'));
});

function judge(findings: readonly Finding[], codes: readonly string[], verify?: (finding: Finding) => void): void {
  expectCodes(findings, codes);
  for (const finding of findings) {
    met.add(finding.code);
    verify?.(finding);
    for (const item of finding.evidence) {
      if (item.kind !== 'record') continue;
      for (const mark of item.marks ?? []) assert.ok(mark.offset + mark.length <= item.text.length);
    }
  }
}

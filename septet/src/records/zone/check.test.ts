import assert from 'node:assert/strict';
import test from 'node:test';
import { expectCodes, zoneWorld, zoneWorldNow, type ZoneWorldOptions } from '../../../test/zone-world.ts';
import { dnsName, type DnsName } from '../../dns/name.ts';
import type { AuthorityResult, Resolver } from '../../dns/resolver.ts';
import type { Answer, Dnskey, Ds, Rrsig, RrType } from '../../dns/rrset.ts';
import type { Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import { checkAnswers } from './answers.ts';
import { checkInput, checkZone, type ZoneContext } from './check.ts';
import { keyTagOf } from './dnssec.ts';
import { later, rows } from './findings.ts';
import { lookupZone, type ZoneOptions } from './lookup.ts';
import { lookupPlaces, type ExpectedRecord } from './places.ts';

const d = dnsName('shop.nl');
const soa = 'shop.nl. 3600 IN SOA ns1.host.nl. hostmaster.host.nl. 7 7200 3600 1209600 300';
const seen = new Set<string>();

function expect(findings: readonly Finding[], codes: readonly string[]): void {
  for (const { code } of findings) seen.add(code);
  expectCodes(findings, codes);
}

/** A root zone with one more zone, so that the domain exists and other names do not. */
function zones(records: string): readonly string[] {
  return ['. 3600 IN SOA a.root. b.root. 1 1 1 1 300', `${soa}\n${records}`];
}

interface Scenario {
  readonly title: string;
  readonly zone?: string;
  readonly texts?: readonly string[];
  readonly domain?: DnsName;
  readonly world?: ZoneWorldOptions;
  /** Answers in place of those of the zone text. */
  readonly answers?: readonly Partial<Answer>[];
  readonly options?: ZoneOptions;
  readonly context?: ZoneContext;
  readonly codes: readonly string[];
}

const full: ZoneOptions = { depth: 'full' };
const unsigned = 'dns.dnssec.unsigned';

function answerOf(given: Partial<Answer>): Answer {
  const kind = given.kind ?? 'nodata';
  const base = { server: 'test', chain: [], dnssec: 'unknown', negativeTtlSeconds: 300, name: d, type: 'TXT' };
  return { ...base, kind, ...given } as Answer;
}

function overlay(resolver: Resolver, answers: readonly Partial<Answer>[]): Resolver {
  const given = new Map(answers.map((answer) => [`${answer.name ?? d} ${answer.type}`, answerOf(answer)]));
  return {
    query<T extends RrType>(name: DnsName, type: T) {
      const known = given.get(`${name} ${type}`);
      return known ? Promise.resolve(known as Answer<T>) : resolver.query(name, type);
    },
  };
}

function worldOf({ zone = '', texts, world: options, answers = [] }: Scenario): World {
  const world = zoneWorld(texts ?? zones(zone), options);
  return { ...world, resolver: overlay(world.resolver, answers) };
}

interface FakeServer {
  readonly name: string;
  readonly address?: string;
  readonly zone?: string;
  /** What it answers instead, for every question or for one type. */
  readonly failing?: 'timeout' | 'refused' | 'unreachable';
  readonly failsFor?: RrType;
}

function authority(servers: readonly FakeServer[], apex?: readonly string[]): NonNullable<World['authoritative']> {
  const all = servers.map((server, i) => ({
    ...server,
    address: server.address ?? `8.8.8.${i}`,
    resolver: zoneWorld(zones(server.zone ?? '')).resolver,
  }));
  const result: AuthorityResult = {
    kind: 'found',
    authority: {
      zone: d,
      delegated: all.map(({ name, address }) => ({ name: dnsName(name), addresses: [address] })),
      apex: (apex ?? all.map(({ name }) => name)).map(dnsName),
      ask: <T extends RrType>(name: DnsName, type: T) =>
        Promise.all(
          all.map(async ({ name: server, address, resolver, failing, failsFor }) => {
            const fails = failing !== undefined && (failsFor === undefined || failsFor === type);
            const answer = fails
              ? (answerOf({ kind: 'failed', reason: failing, name, type }) as Answer<T>)
              : await resolver.query(name, type);
            return { server: dnsName(server), address, answer };
          }),
        ),
    },
  };
  return () => Promise.resolve(result);
}

const spf = 'shop.nl. 3600 IN TXT "v=spf1 -all"';
const two: readonly FakeServer[] = [
  { name: 'ns1.host.nl', zone: spf },
  { name: 'ns2.host.nl', zone: spf },
];
const compared = { depth: 'full', records: [{ name: d, type: 'TXT' }] } as const;
const hour = 3600;
const now = zoneWorldNow / 1000;

const key: Dnskey = { flags: 257, protocol: 3, algorithm: 13, publicKey: Buffer.alloc(64, 7).toString('base64') };
const anchor: Ds = { keyTag: keyTagOf(key), algorithm: 13, digestType: 2, digest: 'ab' };
const signature: Rrsig = {
  typeCovered: 'SOA',
  algorithm: 13,
  labels: 2,
  originalTtl: 3600,
  expiration: now + 20 * 24 * hour,
  inception: now - 10 * 24 * hour,
  keyTag: 1,
  signer: d,
  signature: 'AA==',
};
const set = <T extends 'DS' | 'DNSKEY' | 'RRSIG'>(type: T, data: unknown): Partial<Answer> =>
  ({ kind: 'found', type, set: { name: d, type, ttlSeconds: 3600, data: [data] } }) as Partial<Answer>;
const signed = [set('DS', anchor), set('DNSKEY', key), set('RRSIG', signature)];

const scenarios: readonly Scenario[] = [
  { title: 'a sound domain', zone: spf, codes: [] },
  { title: 'a sound domain, in full', zone: spf, options: full, codes: [unsigned] },
  { title: 'a signed domain', zone: spf, answers: signed, options: full, codes: [] },

  // --- existence ---
  { title: 'nobody registered it', texts: ['nl. IN SOA a.nl. b.nl. 1 1 1 1 300'], codes: ['dns.domain.nxdomain'] },
  { title: 'a sub-domain without data', domain: dnsName('news.shop.nl'), zone: spf, codes: [] },
  {
    title: 'a sub-domain of nothing',
    domain: dnsName('news.shop.nl'),
    texts: ['nl. IN SOA a.nl. b.nl. 1 1 1 1 300'],
    codes: ['dns.domain.nxdomain'],
  },
  {
    title: 'a look-up that failed says nothing about existence',
    world: { failures: [['shop.nl', '*', 'timeout']] },
    codes: [],
  },
  {
    title: 'a public suffix',
    domain: dnsName('co.uk'),
    texts: ['co.uk. IN SOA a.uk. b.uk. 1 1 1 1 300'],
    codes: ['dns.domain.public_suffix'],
  },
  {
    title: 'a public suffix with exchanges of its own',
    domain: dnsName('co.uk'),
    texts: ['co.uk. IN SOA a.uk. b.uk. 1 1 1 1 300'],
    context: { hasMx: true },
    codes: ['dns.domain.public_suffix'],
  },
  {
    title: 'an alias at the apex',
    texts: ['shop.nl. IN CNAME web.host.nl.\nweb.host.nl. IN A 8.8.8.8'],
    codes: ['dns.cname.apex'],
  },
  {
    title: 'an alias below the apex',
    domain: dnsName('news.shop.nl'),
    zone: 'news.shop.nl. IN CNAME www.shop.nl.\nwww.shop.nl. IN A 8.8.8.8',
    codes: [],
  },

  // --- wildcards ---
  {
    title: 'a wildcard TXT',
    zone: '*.shop.nl. IN TXT "hello"',
    codes: ['dns.wildcard.shadow', 'dns.wildcard.ghost_subdomains'],
  },
  { title: 'a wildcard address', zone: '*.shop.nl. IN A 8.8.8.8', codes: ['dns.wildcard.ghost_subdomains'] },

  // --- servers ---
  {
    title: 'two good servers',
    zone: spf,
    options: compared,
    world: { authoritative: authority(two) },
    codes: [unsigned],
  },
  {
    title: 'one lame server',
    zone: spf,
    options: full,
    world: { authoritative: authority([{ name: 'ns1.host.nl' }, { name: 'ns2.host.nl', failing: 'refused' }]) },
    codes: [unsigned, 'dns.delegation.lame'],
  },
  {
    title: 'no IPv6 here',
    zone: spf,
    options: full,
    world: {
      authoritative: authority([...two, { name: 'ns1.host.nl', address: '2a02::1', failing: 'unreachable' }]),
    },
    codes: [unsigned],
  },
  {
    title: 'the registry knows another server',
    zone: spf,
    options: full,
    world: { authoritative: authority(two, ['ns1.host.nl', 'ns3.host.nl']) },
    codes: [unsigned, 'dns.delegation.mismatch'],
  },
  {
    title: 'one address',
    zone: spf,
    options: full,
    world: { authoritative: authority([{ name: 'ns1.host.nl' }]) },
    codes: [unsigned, 'dns.ns.single'],
  },
  {
    title: 'servers that disagree',
    zone: spf,
    options: compared,
    world: { authoritative: authority([...two, { name: 'ns3.host.nl', zone: 'shop.nl. IN TXT "v=spf1 ~all"' }]) },
    codes: [unsigned, 'dns.auth.inconsistent'],
  },
  {
    title: 'a silent server does not disagree',
    zone: spf,
    options: compared,
    world: { authoritative: authority([...two, { name: 'ns3.host.nl', failing: 'timeout', failsFor: 'TXT' }]) },
    codes: [unsigned],
  },
  {
    title: 'a resolver behind the servers',
    zone: 'shop.nl. 900 IN TXT "v=spf1 ~all"',
    options: compared,
    world: { authoritative: authority(two) },
    codes: [unsigned, 'dns.propagation.pending'],
  },
  {
    title: 'a resolver behind for too long',
    zone: 'shop.nl. 900 IN TXT "v=spf1 ~all"',
    options: {
      depth: 'full',
      records: [{ name: d, type: 'TXT', changedAt: zoneWorldNow - 7200_000, oldTtlSeconds: hour }],
    },
    world: { authoritative: authority(two) },
    codes: [unsigned, 'dns.propagation.overdue'],
  },
  {
    title: 'TCP is closed',
    zone: `shop.nl. IN TXT ${'"0123456789012345678901234567890123456789" '.repeat(31)}`,
    options: compared,
    world: {
      authoritative: authority([
        { name: 'ns1.host.nl', failing: 'unreachable', failsFor: 'TXT' },
        { name: 'ns2.host.nl', failing: 'unreachable', failsFor: 'TXT' },
      ]),
    },
    codes: [unsigned, 'dns.size.tcp_refused'],
  },

  // --- names between, denial, obsolete types ---
  {
    title: 'an empty non-terminal that does not exist',
    zone: 's1._domainkey.shop.nl. IN TXT "v=DKIM1; p="',
    answers: [{ kind: 'nxdomain', name: dnsName('_domainkey.shop.nl'), type: 'TXT' }],
    options: { depth: 'full', records: [{ name: dnsName('s1._domainkey.shop.nl'), type: 'TXT' }] },
    codes: [unsigned, 'dns.ent.nxdomain'],
  },
  {
    title: 'an empty non-terminal that does',
    zone: 's1._domainkey.shop.nl. IN TXT "v=DKIM1; p="',
    options: { depth: 'full', records: [{ name: dnsName('s1._domainkey.shop.nl'), type: 'TXT' }] },
    codes: [unsigned],
  },
  {
    title: 'a record of type SPF',
    zone: 'shop.nl. IN SPF "v=spf1 -all"',
    options: full,
    codes: [unsigned, 'dns.rrtype.spf99'],
  },

  // --- expected aliases ---
  {
    title: 'aliases as they should be',
    zone: 's1._domainkey.shop.nl. IN CNAME s1.dkim.shop.nl.\ns1.dkim.shop.nl. IN TXT "v=DKIM1; p="',
    options: { depth: 'full', aliases: [{ name: dnsName('s1._domainkey.shop.nl'), use: 'dkim' }] },
    codes: [unsigned],
  },
  {
    title: 'a flattened alias',
    zone: 's1._domainkey.shop.nl. IN A 8.8.8.8',
    options: { depth: 'full', aliases: [{ name: dnsName('s1._domainkey.shop.nl'), use: 'dkim' }] },
    codes: [unsigned, 'dns.cname.flattened'],
  },
  {
    title: 'a proxied alias',
    zone: 'bounce.shop.nl. IN A 104.16.1.1',
    options: { depth: 'full', aliases: [{ name: dnsName('bounce.shop.nl'), use: 'returnpath' }] },
    codes: [unsigned, 'dns.cname.proxied'],
  },
  {
    title: 'a proxied tracking host is a matter of the tracking record',
    zone: 'track.shop.nl. IN A 104.16.1.1',
    options: { depth: 'full', aliases: [{ name: dnsName('track.shop.nl'), use: 'tracking' }] },
    codes: [unsigned],
  },

  // --- DNSSEC ---
  { title: 'signed without DS', answers: signed.slice(1), options: full, codes: ['dns.dnssec.no_ds'] },
  {
    title: 'DS of another key',
    answers: [set('DS', { ...anchor, keyTag: anchor.keyTag ^ 1 }), ...signed.slice(1)],
    options: full,
    codes: ['dns.dnssec.bogus'],
  },
  {
    title: 'the signature has ended',
    answers: [...signed.slice(0, 2), set('RRSIG', { ...signature, expiration: now - 60 })],
    options: full,
    codes: ['dns.dnssec.bogus'],
  },
  {
    title: 'the resolver says so, in bulk',
    world: { failures: [['shop.nl', '*', 'servfail', 'SERVFAIL, DNSSEC Bogus (EDE 6)']] },
    codes: ['dns.dnssec.bogus'],
  },
  {
    title: 'the servers answer, the resolver refuses',
    answers: [{ kind: 'failed', reason: 'servfail', type: 'SOA' }, ...signed],
    options: full,
    world: { authoritative: authority(two) },
    codes: ['dns.dnssec.bogus'],
  },
  {
    title: 'the signature ends tomorrow',
    answers: [...signed.slice(0, 2), set('RRSIG', { ...signature, expiration: now + 24 * hour })],
    options: full,
    codes: ['dns.dnssec.rrsig_expiring'],
  },
  {
    title: 'signatures made on the fly',
    answers: [
      ...signed.slice(0, 2),
      set('RRSIG', { ...signature, inception: now - 24 * hour, expiration: now + 24 * hour }),
    ],
    options: full,
    codes: [],
  },
  {
    title: 'SHA-1 only',
    answers: [set('DS', { ...anchor, digestType: 1 }), ...signed.slice(1)],
    options: full,
    codes: ['dns.dnssec.weak_algorithm'],
  },

  // --- CAA ---
  {
    title: 'CAA that allows the issuer',
    zone: 'shop.nl. IN CAA 0 issue "letsencrypt.org; accounturi=https://x"\ntrack.shop.nl. IN A 8.8.8.8',
    options: { depth: 'full', tlsHosts: [dnsName('track.shop.nl')] },
    context: { issuers: new Map([[dnsName('track.shop.nl'), ['letsencrypt.org']]]) },
    codes: [unsigned],
  },
  {
    title: 'CAA that blocks the issuer, at the end of an alias',
    zone: 'track.shop.nl. IN CNAME t.shop.nl.\nt.shop.nl. IN CAA 0 issue "digicert.com"',
    options: { depth: 'full', tlsHosts: [dnsName('track.shop.nl')] },
    context: { issuers: new Map([[dnsName('track.shop.nl'), ['letsencrypt.org', 'pki.goog']]]) },
    codes: [unsigned, 'dns.caa.blocks'],
  },
  {
    title: 'CAA that blocks everybody',
    zone: 'shop.nl. IN CAA 0 issue ";"',
    options: { depth: 'full', tlsHosts: [dnsName('mta-sts.shop.nl')] },
    codes: [unsigned, 'dns.caa.blocks'],
  },
  {
    title: 'issuevmc without the issuer',
    zone: 'shop.nl. IN CAA 0 issuevmc "digicert.com"',
    options: full,
    context: { markIssuers: ['globalsign.com'] },
    codes: [unsigned, 'dns.caa.issuevmc'],
  },
  {
    title: 'issuevmc with the issuer',
    zone: 'shop.nl. IN CAA 0 issuevmc "digicert.com"',
    options: full,
    context: { markIssuers: ['digicert.com'] },
    codes: [unsigned],
  },
];

for (const scenario of scenarios) {
  const { title, domain = d, options = { depth: 'bulk' }, context = {}, codes } = scenario;
  test(`zone: ${title}`, async () => {
    const observation = await lookupZone(worldOf(scenario), domain, options);
    assert.deepEqual(JSON.parse(JSON.stringify(observation)), observation, 'an observation is JSON');
    expect(checkZone(observation, context), codes);
  });
}

test('zone: compact denial is told from a wildcard with a second question', async () => {
  const world = zoneWorld(zones(spf));
  const asked: boolean[] = [];
  const resolver: Resolver = {
    query<T extends RrType>(name: DnsName, type: T, options?: { dnssec?: boolean }) {
      if (!name.startsWith('septet-probe-')) return world.resolver.query(name, type);
      asked.push(options?.dnssec === true);
      const nxname = options?.dnssec ? { nxname: true as const } : {};
      return Promise.resolve(answerOf({ kind: 'nodata', name, type, zone: d, ...nxname }) as Answer<T>);
    },
  };
  expect(checkZone(await lookupZone({ ...world, resolver }, d, { depth: 'bulk' })), ['dns.denial.compact']);
  assert.deepEqual(asked, [false, true]);
});

test('zone: a bulk look-up asks two questions', async () => {
  let questions = 0;
  const { resolver, ...world } = zoneWorld(zones(spf));
  const counting: Resolver = { query: (...args) => (questions++, resolver.query(...args)) };
  await lookupZone({ ...world, resolver: counting }, d, { depth: 'bulk' });
  assert.equal(questions, 2);
  await lookupPlaces({ ...world, resolver: counting }, d, [{ kind: 'spf' }, { kind: 'dmarc' }], { depth: 'bulk' });
  assert.equal(questions, 3);
});

test('zone: input that is no domain', () => {
  const codes = ['dns.domain.invalid_name'];
  for (const input of ['https://shop.nl/', 'post@shop.nl', '', 'a..nl', '192.0.2.1', `${'a'.repeat(64)}.nl`]) {
    const finding = checkInput(input);
    expect(finding ? [finding] : [], codes);
  }
  assert.match(checkInput('https://shop.nl/')?.fix.text ?? '', /Enter shop\.nl\./);
  assert.equal(checkInput('shop.nl'), undefined);
});

// --- strays --------------------------------------------------------------------------------------------------------

const strays: readonly {
  readonly zone: string;
  readonly missing: readonly ExpectedRecord[];
  readonly domain?: DnsName;
  readonly depth?: 'bulk' | 'full';
  readonly codes: readonly string[];
}[] = [
  { zone: '', missing: [{ kind: 'spf' }, { kind: 'dmarc' }], codes: [] },
  { zone: 'shop.nl.shop.nl. IN TXT "v=spf1 -all"', missing: [{ kind: 'spf' }], codes: ['dns.name.doubled_suffix'] },
  {
    zone: '_dmarc.shop.nl.shop.nl. IN TXT "v=DMARC1; p=none"',
    missing: [{ kind: 'spf' }, { kind: 'dmarc' }],
    codes: ['dns.name.doubled_suffix'],
  },
  {
    zone: '_dmarc.news.shop.nl.shop.nl. IN TXT "v=DMARC1; p=none"',
    domain: dnsName('news.shop.nl'),
    missing: [{ kind: 'dmarc' }],
    codes: ['dns.name.doubled_suffix'],
  },
  { zone: '_dmarc.shop.nl.shop.nl. IN TXT "v=DMARC1; p=none"', missing: [], codes: [] },
  { zone: '*.shop.nl. IN TXT "v=spf1 -all"', missing: [{ kind: 'spf' }], depth: 'full', codes: [] },
  {
    zone: '*.shop.nl. IN TXT "v=TLSRPTv1; rua=mailto:a@b.nl"',
    missing: [{ kind: 'tlsrpt' }],
    depth: 'full',
    codes: [],
  },
  {
    zone: 's1.domainkey.shop.nl. IN TXT "k=rsa; p=MIIB"',
    missing: [{ kind: 'dkim', selector: 's1' }],
    depth: 'full',
    codes: ['dns.name.underscore_dropped'],
  },
  {
    zone: '_domainkey.s1.shop.nl. IN TXT "v=DKIM1; p=MIIB"',
    missing: [{ kind: 'dkim', selector: 's1' }],
    depth: 'full',
    codes: ['dns.name.swapped_labels'],
  },
  {
    zone: 's1._domainkey.shop.nl. IN TXT "v=DKIM1; p=MIIB"',
    domain: dnsName('news.shop.nl'),
    missing: [{ kind: 'dkim', selector: 's1' }],
    depth: 'full',
    codes: ['dns.name.at_parent'],
  },
  {
    zone: '_mta-sts.www.shop.nl. IN TXT "v=STSv1; id=1"',
    missing: [{ kind: 'mtasts' }, { kind: 'bimi' }],
    depth: 'full',
    codes: ['dns.name.www'],
  },
  { zone: 'smtp._tls.shop.nl. IN TXT "unrelated"', missing: [{ kind: 'tlsrpt' }], depth: 'full', codes: [] },
  ...(
    [
      ['spf', 'www', 'v=spf1 -all', 'dns.name.www'],
      ['dmarc', 'dmarc', 'v=DMARC1; p=none', 'dns.name.underscore_dropped'],
      ['dmarc', '_dmarc.www', 'v=DMARC1; p=none', 'dns.name.www'],
      ['mtasts', 'mta-sts', 'v=STSv1; id=1', 'dns.name.underscore_dropped'],
      ['tlsrpt', '_tls._smtp', 'v=TLSRPTv1; rua=mailto:a@shop.nl', 'dns.name.swapped_labels'],
      ['tlsrpt', '_smtp.tls', 'v=TLSRPTv1; rua=mailto:a@shop.nl', 'dns.name.underscore_dropped'],
      ['bimi', '_bimi.default', 'v=BIMI1; l=; a=', 'dns.name.swapped_labels'],
      ['bimi', 'bimi', 'v=BIMI1; l=; a=', 'dns.name.underscore_dropped'],
      ['bimi', 'default._bimi.www', 'v=BIMI1; l=; a=', 'dns.name.www'],
    ] as const
  ).map(([kind, label, text, code]) => ({
    zone: `${label}.shop.nl. IN TXT "${text}"`,
    missing: [{ kind }],
    depth: 'full' as const,
    codes: [code],
  })),
];

for (const { zone, missing, domain = d, depth = 'bulk', codes } of strays) {
  test(`places: ${zone || 'nothing'} for ${domain}`, async () => {
    const world = zoneWorld(zones(zone));
    const places = await lookupPlaces(world, domain, missing, { depth });
    const observation = { ...(await lookupZone(zoneWorld(zones('')), d, { depth: 'bulk' })) };
    const findings = checkZone(observation, { places });
    expect(findings, codes);
    const [publish] = findings[0]?.fix.set ?? [];
    if (codes.length > 0) assert.match(publish?.data[0] ?? '', /^(v=|k=)/);
  });
}

// --- answers -------------------------------------------------------------------------------------------------------

interface AnswersScenario {
  readonly title: string;
  readonly zone?: string;
  readonly texts?: readonly string[];
  readonly world?: ZoneWorldOptions;
  readonly ask: readonly (readonly [name: string, type: RrType])[];
  readonly answers?: readonly Partial<Answer>[];
  readonly codes: readonly string[];
}

const txt = [['shop.nl', 'TXT']] as const;
const dmarc = [['_dmarc.shop.nl', 'TXT']] as const;
const mx = [['shop.nl', 'MX']] as const;
const track = [['track.shop.nl', 'A']] as const;

const cases: readonly AnswersScenario[] = [
  {
    title: 'sound records',
    zone: `${spf}\n_dmarc.shop.nl. IN TXT "v=DMARC1; p=none"`,
    ask: [...txt, ...dmarc, ...mx],
    codes: [],
  },
  {
    title: 'tokens of others are not judged',
    zone: 'shop.nl. IN TXT "\\"quoted\\""\nshop.nl. IN TXT " leading"\nshop.nl. IN TXT "v=spf1 -all"',
    ask: txt,
    codes: [],
  },
  {
    title: 'timeout',
    world: { failures: [['shop.nl', 'TXT', 'timeout']] },
    ask: [...txt, ...txt],
    codes: ['dns.query.temporary'],
  },
  {
    title: 'a foreign name fails',
    world: { failures: [['_spf.host.nl', 'TXT', 'servfail']] },
    ask: [['_spf.host.nl', 'TXT']],
    codes: ['dns.query.temporary'],
  },
  {
    title: 'another path answered',
    zone: spf,
    answers: [{ kind: 'failed', reason: 'timeout', type: 'TXT' }],
    ask: txt,
    codes: [],
  },
  {
    title: 'CNAME and TXT',
    zone: 'track.shop.nl. IN A 8.8.8.8',
    answers: [
      {
        kind: 'nodata',
        name: dnsName('a.shop.nl'),
        type: 'MX',
        chain: [{ owner: dnsName('a.shop.nl'), target: dnsName('track.shop.nl'), ttlSeconds: 3600 }],
      },
      {
        kind: 'found',
        name: dnsName('a.shop.nl'),
        type: 'TXT',
        set: { name: dnsName('a.shop.nl'), type: 'TXT', ttlSeconds: 3600, data: [{ strings: ['x'] }] },
      },
    ],
    ask: track,
    codes: ['dns.cname.coexists'],
  },
  {
    title: 'two CNAMEs',
    answers: [
      {
        kind: 'found',
        name: dnsName('a.shop.nl'),
        type: 'CNAME',
        set: { name: dnsName('a.shop.nl'), type: 'CNAME', ttlSeconds: 3600, data: [dnsName('b.nl'), dnsName('c.nl')] },
      },
    ],
    ask: [],
    codes: ['dns.cname.multiple'],
  },
  {
    title: 'a circle',
    zone: 'track.shop.nl. IN CNAME a.shop.nl.\na.shop.nl. IN CNAME track.shop.nl.',
    ask: track,
    codes: ['dns.cname.loop'],
  },
  {
    title: 'five hops',
    zone:
      [1, 2, 3, 4].map((i) => `t${i}.shop.nl. IN CNAME t${i + 1}.shop.nl.`).join('\n') +
      '\ntrack.shop.nl. IN CNAME t1.shop.nl.\nt5.shop.nl. IN A 8.8.8.8',
    ask: track,
    codes: ['dns.cname.chain_long'],
  },
  {
    title: 'four hops',
    zone:
      [1, 2, 3].map((i) => `t${i}.shop.nl. IN CNAME t${i + 1}.shop.nl.`).join('\n') +
      '\ntrack.shop.nl. IN CNAME t1.shop.nl.\nt4.shop.nl. IN A 8.8.8.8',
    ask: track,
    codes: [],
  },
  {
    title: 'a target that is gone',
    zone: 'track.shop.nl. IN CNAME gone.shop.nl.',
    ask: track,
    codes: ['dns.cname.dangling'],
  },
  {
    title: 'the alias of somebody else dangles',
    texts: ['. IN SOA a. b. 1 1 1 1 300\nhost.nl. IN CNAME gone.nl.'],
    ask: [['host.nl', 'TXT']],
    codes: [],
  },
  {
    title: 'a target with the zone twice',
    zone: 'shop.nl. IN MX 10 mail.shop.nl.shop.nl.',
    ask: mx,
    codes: ['dns.target.zone_appended'],
  },
  {
    title: 'a foreign target with the own zone',
    zone: 'track.shop.nl. IN CNAME links.esp.com.shop.nl.',
    ask: track,
    codes: ['dns.target.zone_appended'],
  },
  { title: "a target of one's own", zone: 'shop.nl. IN MX 10 mail.shop.nl.', ask: mx, codes: [] },
  {
    title: 'a URL as target',
    zone: 'track.shop.nl. IN CNAME https://esp.com/x.',
    ask: [['track.shop.nl', 'CNAME']],
    codes: ['dns.target.scheme_or_path'],
  },
  { title: 'a low TTL', zone: 'shop.nl. 60 IN TXT "v=spf1 -all"', ask: txt, codes: ['dns.ttl.too_low'] },
  {
    title: 'what is left of a TTL in a cache',
    answers: [
      {
        kind: 'found',
        type: 'TXT',
        set: { name: d, type: 'TXT', ttlSeconds: 6, data: [{ strings: ['v=spf1 -all'] }] },
      },
    ],
    ask: [],
    codes: [],
  },
  {
    title: 'two TTLs in one set',
    answers: [
      {
        kind: 'found',
        type: 'TXT',
        set: {
          name: d,
          type: 'TXT',
          ttlSeconds: 600,
          ttlsSeconds: [600, 900],
          data: [{ strings: ['v=spf1 -all'] }, { strings: ['x'] }],
        },
      },
    ],
    ask: [],
    codes: ['dns.ttl.rrset_mismatch'],
  },
  {
    title: 'absence is remembered for a day',
    texts: ['shop.nl. 86400 IN SOA a.nl. b.nl. 1 1 1 1 86400'],
    ask: [...dmarc, ['_mta-sts.shop.nl', 'TXT'], ['_smtp._tls.www.shop.nl', 'TXT']],
    codes: ['dns.negcache.long'],
  },
  {
    title: 'absence at names that nobody misses',
    texts: ['shop.nl. 86400 IN SOA a.nl. b.nl. 1 1 1 1 86400'],
    ask: [
      ['_smtp._tls.www.shop.nl', 'TXT'],
      ['_dmarc.shop.nl.shop.nl', 'TXT'],
      ['septet-probe-1.shop.nl', 'TXT'],
    ],
    codes: [],
  },
  {
    title: 'an answer too large for UDP',
    zone: Array.from(
      { length: 30 },
      (_, i) => `shop.nl. IN TXT "verification-token-number-${i}=abcdefghijklmnop"`,
    ).join('\n'),
    ask: txt,
    codes: ['dns.size.udp'],
  },

  // --- texts ---
  {
    title: 'lost blank',
    zone: 'shop.nl. IN TXT "v=spf1 include:a.nl" "ip4:8.8.8.8 -all"',
    ask: txt,
    codes: ['dns.txt.joint_space'],
  },
  {
    title: 'quotes',
    zone: '_dmarc.shop.nl. IN TXT "\\"v=DMARC1; p=none\\""',
    ask: dmarc,
    codes: ['dns.txt.literal_quotes'],
  },
  {
    title: 'dash',
    zone: 'shop.nl. IN TXT "v=spf1 mx \\226\\128\\147all"',
    ask: txt,
    codes: ['dns.txt.smart_punctuation'],
  },
  {
    title: 'backslash',
    zone: '_dmarc.shop.nl. IN TXT "v=DMARC1\\\\; p=none"',
    ask: dmarc,
    codes: ['dns.txt.backslash_visible'],
  },
  {
    title: 'cut off',
    zone: '_dmarc.shop.nl. IN TXT v=DMARC1; p=none',
    ask: dmarc,
    codes: ['dns.txt.semicolon_truncated'],
  },
  {
    title: 'pasted',
    zone: '_dmarc.shop.nl. IN TXT "_dmarc IN TXT v=DMARC1; p=none"',
    ask: dmarc,
    codes: ['dns.txt.zonefile_pasted'],
  },
  {
    title: 'entity',
    zone: '_dmarc.shop.nl. IN TXT "v=DMARC1; p=none; rua=mailto:a@shop.nl&amp;x"',
    ask: dmarc,
    codes: ['dns.txt.html_entity'],
  },
  { title: 'line break', zone: 'shop.nl. IN TXT "v=spf1 mx\\010-all"', ask: txt, codes: ['dns.txt.line_break'] },
  { title: 'leading blank', zone: 'shop.nl. IN TXT " v=spf1 -all"', ask: txt, codes: ['dns.txt.edge_space'] },
  {
    title: 'sample',
    zone: 'shop.nl. IN TXT "v=spf1 include:example.com -all"',
    ask: txt,
    codes: ['dns.txt.placeholder'],
  },
  {
    title: 'not ASCII',
    zone: '_dmarc.shop.nl. IN TXT "v=DMARC1; p=none; x=\\195\\169"',
    ask: dmarc,
    codes: ['dns.txt.non_ascii'],
  },
  {
    title: 'planned string too long',
    answers: [
      {
        kind: 'found',
        type: 'TXT',
        set: {
          name: d,
          type: 'TXT',
          ttlSeconds: 3600,
          data: [{ strings: [`v=spf1 ${'ip4:8.8.8.8 '.repeat(25)}-all`] }],
        },
      },
    ],
    ask: [],
    codes: ['dns.txt.chunk_over_255'],
  },
  {
    title: 'pieces',
    zone: 'shop.nl. IN TXT "v=spf1 include:a.nl"\nshop.nl. IN TXT "include:b.nl -all"',
    ask: txt,
    codes: ['dns.txt.split_across_records'],
  },
  {
    title: 'twins',
    zone: '_dmarc.shop.nl. IN TXT "v=DMARC1; p=none"\n_dmarc.shop.nl. IN TXT "v=DMARC1;" " p=none"',
    ask: dmarc,
    codes: ['dns.txt.duplicate_identical'],
  },
];

for (const { title, zone = '', texts, world: options, ask, answers = [], codes } of cases) {
  test(`answers: ${title}`, async () => {
    const world = zoneWorld(texts ?? zones(zone), options);
    const got = await Promise.all(ask.map(([name, type]) => world.resolver.query(dnsName(name), type)));
    expect(checkAnswers([...answers.map(answerOf), ...got], { domain: d }), codes);
  });
}

test('answers: an internationalised domain in two forms', async () => {
  const own = dnsName('xn--mller-kva.de');
  const world = zoneWorld('_dmarc.xn--mller-kva.de. IN TXT "v=DMARC1; p=none; rua=mailto:d@m\\195\\188ller.de"');
  const answer = await world.resolver.query(dnsName('_dmarc.xn--mller-kva.de'), 'TXT');
  const findings = checkAnswers([answer], { domain: own });
  expect(findings, ['dns.idn.mixed_form']);
  assert.match(findings[0]?.message ?? '', /müller\.de/);
  assert.deepEqual(findings[0]?.fix.set?.at(-1)?.data, ['v=DMARC1; p=none; rua=mailto:d@xn--mller-kva.de']);
});

test('answers: the finding shows the text, the place and the cure', async () => {
  const world = zoneWorld(zones('shop.nl. IN TXT "v=spf1 mx \\226\\128\\147all"'));
  const [finding] = checkAnswers([await world.resolver.query(d, 'TXT')], { domain: d });
  assert.deepEqual(finding?.evidence, [
    {
      kind: 'record',
      name: 'shop.nl',
      type: 'TXT',
      text: 'v=spf1 mx \xe2\x80\x93all',
      marks: [{ offset: 10, length: 3 }],
      ttlSeconds: 3600,
    },
  ]);
  assert.deepEqual(
    finding?.fix.set?.map(({ action, data }) => [action, ...data]),
    [
      ['remove', 'v=spf1 mx \xe2\x80\x93all'],
      [undefined, 'v=spf1 mx -all'],
    ],
  );
});

test('the key tag of RFC 4034 §5.4', () => {
  const publicKey =
    'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';
  assert.equal(keyTagOf({ flags: 256, protocol: 3, algorithm: 5, publicKey }), 60485);
});

test('every row occurs in a scenario, and no code is in both lists', () => {
  assert.deepEqual(
    Object.keys(rows).filter((code) => !seen.has(code)),
    [],
  );
  assert.deepEqual(
    Object.keys(later).filter((code) => code in rows),
    [],
  );
});

test('a public suffix with exchanges is a warning, one without an error', async () => {
  const name = dnsName('co.uk');
  const observation = await lookupZone(zoneWorld(['co.uk. IN SOA a.uk. b.uk. 1 1 1 1 300']), name, { depth: 'bulk' });
  assert.equal(checkZone(observation)[0]?.severity, 'error');
  assert.equal(checkZone(observation, { hasMx: true })[0]?.severity, 'warning');
});

test('a target with the zone once too often comes with the whole set as it was meant', async () => {
  const zone = 'shop.nl. IN MX 10 mx.host.nl.shop.nl.\nshop.nl. IN MX 20 mx2.host.nl.';
  const { resolver } = zoneWorld(zones(zone));
  const answers = [await resolver.query(d, 'MX'), await resolver.query(dnsName('mx.host.nl.shop.nl'), 'A')];
  const [finding] = checkAnswers(answers, { domain: d });
  assert.equal(finding?.code, 'dns.target.zone_appended');
  assert.deepEqual(finding.fix.set?.[0]?.data, ['10 mx.host.nl.', '20 mx2.host.nl.']);
});

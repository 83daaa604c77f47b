import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as pki from '../../../test/bimi/test-certificates.ts';
import { expectCodes, fakeFetch, zoneWorld, zoneWorldNow } from '../../../test/zone-world.ts';
import type { FailingQuestion, FakePage } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { HttpsFetch } from '../../world/world.ts';
import type { DmarcFacts } from './check-dmarc.ts';
import { check } from './check.ts';
import type { BimiContext } from './check.ts';
import { rows } from './findings.ts';
import { mend } from './mend.ts';
import { lookupBimi } from './lookup.ts';
import type { BimiLookupOptions } from './lookup.ts';

const domain = dnsName('example.com');
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" width="100" height="100" viewBox="0 0 100 100">' +
  '<title>Example Bakery</title><desc>A loaf</desc><rect width="100" height="100" fill="#036"/></svg>';
const logoUrl = 'https://example.com/logo.svg';
const markUrl = 'https://example.com/mark.pem';
const logo: FakePage = { headers: { 'content-type': 'image/svg+xml' }, body: svg };
const mark: FakePage = { body: pki.pem(pki.markCertificate(Buffer.from(svg)), pki.caCertificate()) };
const pages: Readonly<Record<string, FakePage>> = {
  [logoUrl]: logo,
  [markUrl]: mark,
  [pki.crlUrl]: { body: pki.crlOf([]) },
};
const enforced: DmarcFacts = { present: true, p: 'reject' };
const absent: DmarcFacts = { present: false };
const record = `v=BIMI1; l=${logoUrl}; a=${markUrl}`;
const zone = (text: string, name = 'default._bimi.example.com'): string => `${name}. 300 TXT "${text}"\n`;

type Code = keyof typeof rows;
interface Scenario {
  readonly name: string;
  readonly zone: string;
  readonly codes: readonly Code[];
  /** Codes of the certificate; default: those of a good one. */
  readonly mark?: readonly string[];
  readonly pages?: Readonly<Record<string, FakePage>>;
  /** `null`: offline. */
  readonly fetch?: HttpsFetch | null;
  readonly options?: BimiLookupOptions;
  readonly domain?: string;
  readonly dmarc?: { readonly author: DmarcFacts; readonly organisational: DmarcFacts };
  readonly failures?: readonly FailingQuestion[];
}

const same = (facts: DmarcFacts) => ({ author: facts, organisational: facts });
const probe: BimiLookupOptions = { probe: true };
const goodMark = ['mc.kind', 'mc.sct'];
const without = (url: string): Readonly<Record<string, FakePage>> =>
  Object.fromEntries(Object.entries(pages).filter(([key]) => key !== url));
const sub = { domain: 'mail.example.com', options: { orgDomain: domain } };

const scenarios: readonly Scenario[] = [
  { name: 'a good record', zone: zone(record), codes: [] },
  { name: 'none', zone: 'example.com. A 192.0.2.1', codes: ['bimi.missing'], mark: [] },
  { name: 'none, on a sub-domain', zone: 'example.com. A 192.0.2.1', codes: ['bimi.missing'], mark: [], ...sub },
  {
    name: 'a question that fails',
    zone: zone(record),
    codes: [],
    mark: [],
    failures: [['default._bimi.example.com', 'TXT', 'servfail']],
  },
  {
    name: 'a failing parent',
    zone: 'x.example. A 192.0.2.1',
    codes: [],
    mark: [],
    ...sub,
    failures: [['default._bimi.example.com', 'TXT', 'timeout']],
  },
  { name: 'at the domain', zone: zone(record, 'example.com'), codes: ['bimi.location'], mark: [], options: probe },
  { name: 'at _bimi', zone: zone(record, '_bimi.example.com'), codes: ['bimi.location'], mark: [], options: probe },
  {
    name: 'with swapped labels',
    zone: zone(record, '_bimi.default.example.com'),
    codes: ['bimi.location'],
    mark: [],
    options: probe,
  },
  {
    name: 'without underscore',
    zone: zone(record, 'default.bimi.example.com'),
    codes: ['bimi.location'],
    mark: [],
    options: probe,
  },
  { name: 'two', zone: zone(record) + zone('v=BIMI1; l=; a='), codes: ['bimi.multiple'], mark: [] },
  { name: 'with a stranger', zone: zone(record) + zone('verification=1'), codes: ['bimi.unrelated_txt'] },
  { name: 'only a stranger', zone: zone('v=spf1 -all'), codes: ['bimi.missing'], mark: [] },
  { name: 'inherited', zone: zone(record), codes: ['bimi.inherited'], ...sub },
  { name: 'its own', zone: zone(record, 'default._bimi.mail.example.com'), codes: [], ...sub },
  { name: 'another selector', zone: zone(record, 'news._bimi.example.com'), codes: [], options: { selector: 'news' } },
  { name: 'declined', zone: zone('v=BIMI1; l=; a=;'), codes: ['bimi.declined'], mark: [] },
  { name: 'a wrong version', zone: zone('v=bimi1; l=; a=;'), codes: ['bimi.v'], mark: [] },
  { name: 'colons', zone: zone('v=BIMI1; l=; a:x'), codes: ['bimi.syntax'], mark: [] },
  { name: 'an unknown tag', zone: zone(`${record}; s=default`), codes: ['bimi.tag.unknown'] },
  { name: 'no l', zone: zone(`v=BIMI1; a=${markUrl}`), codes: ['bimi.l.missing'], mark: [] },
  { name: 'an empty l', zone: zone(`v=BIMI1; l=; a=${markUrl}`), codes: ['bimi.l.empty_with_a'] },
  { name: 'http', zone: zone('v=BIMI1; l=http://example.com/logo.svg'), codes: ['bimi.l.not_https'], mark: [] },
  {
    name: 'http for the certificate',
    zone: zone(`v=BIMI1; l=${logoUrl}; a=http://example.com/mark.pem`),
    codes: ['bimi.a.not_https'],
    mark: [],
  },
  { name: 'two addresses', zone: zone(`v=BIMI1; l=${logoUrl},${logoUrl}`), codes: ['bimi.l.multiple'], mark: [] },
  { name: 'a PNG', zone: zone('v=BIMI1; l=https://example.com/logo.png'), codes: ['bimi.l.extension'], mark: [] },
  {
    name: 'a certificate without .pem',
    zone: zone(`v=BIMI1; l=${logoUrl}; a=https://example.com/mark`),
    pages: { ...pages, 'https://example.com/mark': mark },
    codes: ['bimi.a.extension'],
  },
  { name: 'a wrong avatar', zone: zone(`${record}; avp=both`), codes: ['bimi.avp.invalid'] },
  { name: 'a wrong local part', zone: zone(`${record}; lps=a_b`), codes: ['bimi.lps.invalid'] },
  {
    name: 'a local part with a record',
    zone: zone(`${record}; lps=`) + zone('v=BIMI1; l=; a=', 'news-letter._bimi.example.com'),
    codes: ['bimi.lps.normalisation', 'bimi.declined'],
    mark: [],
    options: { localPart: 'news.letter+7' },
  },
  {
    name: 'a local part without a record',
    zone: zone(`${record}; lps=news`),
    codes: ['bimi.lps.normalisation', 'bimi.lps.unresolved'],
    options: { localPart: 'news' },
  },
  {
    name: 'a local part that is not listed',
    zone: zone(`${record}; lps=news`),
    codes: ['bimi.lps.normalisation'],
    options: { localPart: 'anna' },
  },
  { name: 'a local part without lps', zone: zone(record), codes: [], options: { localPart: 'anna' } },
  {
    name: 'an alias',
    zone: `default._bimi.example.com. CNAME brand.example.net.\n${zone(record, 'brand.example.net')}`,
    codes: ['bimi.cname'],
  },
  { name: 'no DMARC', zone: zone(record), dmarc: same(absent), codes: ['bimi.dmarc.missing'] },
  { name: 'DMARC unknown', zone: zone(record), dmarc: same({ present: 'unknown' }), codes: [] },
  {
    name: 'DMARC only above',
    zone: zone(record, 'default._bimi.mail.example.com'),
    dmarc: { author: absent, organisational: enforced },
    codes: [],
    ...sub,
  },
  {
    name: 'DMARC only below',
    zone: zone(record, 'default._bimi.mail.example.com'),
    dmarc: { author: enforced, organisational: absent },
    codes: ['bimi.dmarc.missing'],
    ...sub,
  },
  { name: 'p=none', zone: zone(record), dmarc: same({ present: true, p: 'none' }), codes: ['bimi.dmarc.none'] },
  {
    name: 'p=none below',
    zone: zone(record, 'default._bimi.mail.example.com'),
    dmarc: { author: { present: true, p: 'none' }, organisational: enforced },
    codes: ['bimi.dmarc.none'],
    ...sub,
  },
  { name: 'sp=none', zone: zone(record), dmarc: same({ ...enforced, sp: 'none' }), codes: ['bimi.dmarc.sp_none'] },
  { name: 'np=none', zone: zone(record), dmarc: same({ ...enforced, np: 'none' }), codes: ['bimi.dmarc.np_none'] },
  {
    name: 'pct=50',
    zone: zone(record),
    dmarc: same({ present: true, p: 'quarantine', pct: 50 }),
    codes: ['bimi.dmarc.pct'],
  },
  { name: 'pct=100', zone: zone(record), dmarc: same({ present: true, p: 'quarantine', pct: 100 }), codes: [] },
  {
    name: 'pct with reject',
    zone: zone(record),
    dmarc: same({ ...enforced, pct: 50 }),
    codes: ['bimi.dmarc.pct_reject'],
  },
  { name: 'test mode', zone: zone(record), dmarc: same({ ...enforced, t: true }), codes: ['bimi.dmarc.testing'] },
  {
    name: 'no DMARC with a bad record',
    zone: zone('v=BIMI1; a='),
    dmarc: same(absent),
    codes: ['bimi.l.missing', 'bimi.dmarc.missing'],
    mark: [],
  },
  {
    name: 'no logo there',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { status: 404 } },
    codes: ['bimi.l.fetch'],
  },
  { name: 'a host that is away', zone: zone(record), pages: without(logoUrl), codes: ['bimi.l.fetch'] },
  {
    name: 'a redirect to http',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { ...logo, redirects: ['http://example.com/logo.svg'] } },
    codes: ['bimi.l.fetch'],
  },
  {
    name: 'a redirect',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { ...logo, redirects: ['https://www.example.com/logo.svg'] } },
    codes: [],
  },
  {
    name: 'no certificate there',
    zone: zone(record),
    pages: { ...pages, [markUrl]: { status: 403 } },
    codes: ['bimi.a.fetch'],
    mark: [],
  },
  {
    name: 'old TLS',
    zone: zone(record),
    pages: { ...pages, [markUrl]: { ...mark, tls: { protocol: 'TLSv1.1' } } },
    codes: ['bimi.a.fetch'],
  },
  {
    name: 'a wrong type',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { body: svg, headers: { 'content-type': 'text/plain; charset=utf-8' } } },
    codes: ['bimi.l.content_type'],
  },
  {
    name: 'a slow logo',
    zone: zone(record),
    fetch: async (url, limits) => ({ ...(await fakeFetch(pages)(url, limits)), elapsedMs: 6000 }),
    codes: ['bimi.l.slow'],
  },
  { name: 'no certificate', zone: zone(`v=BIMI1; l=${logoUrl}`), codes: ['bimi.a.missing'], mark: [] },
  {
    name: 'another logo',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { ...logo, body: svg.replace('#036', '#037') } },
    codes: ['bimi.logo_mismatch'],
  },
  {
    name: 'the same logo, compressed',
    zone: zone(record),
    pages: { ...pages, [logoUrl]: { ...logo, body: gzipSync(svg) } },
    codes: [],
    mark: [...goodMark, 'svg.gzip'],
  },
  {
    name: 'a bad logo',
    zone: zone(`v=BIMI1; l=${logoUrl}`),
    pages: { [logoUrl]: { ...logo, body: '<html/>' } },
    codes: ['bimi.a.missing'],
    mark: ['svg.xml.invalid'],
  },
  { name: 'offline', zone: zone(record), fetch: null, codes: ['bimi.l.fetch', 'bimi.a.fetch'], mark: [] },
];

async function run(scenario: Scenario) {
  const offline = scenario.fetch === null;
  const fetch = scenario.fetch ?? fakeFetch(scenario.pages ?? pages);
  const world = zoneWorld(scenario.zone, { ...(offline ? {} : { fetch }), failures: scenario.failures ?? [] });
  const seen = await lookupBimi(world, dnsName(scenario.domain ?? domain), scenario.options);
  return { seen, findings: check(seen, contextOf(scenario)) };
}

function contextOf(scenario: Scenario): BimiContext {
  return { now: zoneWorldNow, dmarc: scenario.dmarc ?? same(enforced), roots: [pki.testRoot] };
}

for (const scenario of scenarios) {
  test(`BIMI: ${scenario.name}`, async () => {
    const { seen, findings } = await run(scenario);
    expectCodes(findings, [...scenario.codes, ...(scenario.mark ?? goodMark)]);
    const replayed = JSON.parse(JSON.stringify(seen)) as typeof seen;
    assert.deepEqual(check(replayed, contextOf(scenario)), findings, 'the observation is plain JSON');
  });
}

test('every code of the catalogue stands in a scenario', () => {
  const told = new Set<string>(scenarios.flatMap(({ codes }) => codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !told.has(code)),
    [],
  );
});

const stateOf = async (code: Code, scenario: Partial<Scenario>): Promise<string | undefined> => {
  const { findings } = await run({ name: '', zone: zone(record), codes: [], ...scenario });
  const finding = findings.find((candidate) => candidate.code === code);
  return finding && `${finding.severity} ${finding.state}`;
};

test('what could not be told is never a failure', async () => {
  assert.equal(await stateOf('bimi.l.fetch', { pages: without(logoUrl) }), 'error unknown');
  assert.equal(
    await stateOf('bimi.l.fetch', { pages: { ...pages, [logoUrl]: { failed: 'timeout' } } }),
    'error unknown',
  );
  assert.equal(await stateOf('bimi.l.fetch', { pages: { ...pages, [logoUrl]: { status: 503 } } }), 'error unknown');
  assert.equal(await stateOf('bimi.l.fetch', { pages: { ...pages, [logoUrl]: { status: 404 } } }), 'error fail');
  assert.equal(
    await stateOf('bimi.l.fetch', { pages: { ...pages, [logoUrl]: { failed: 'certificate-expired' } } }),
    'error fail',
  );
  assert.equal(await stateOf('bimi.l.fetch', { fetch: null }), 'info skip');
});

test('test mode with quarantine enforces nothing, with reject it weakens', async () => {
  assert.equal(await stateOf('bimi.dmarc.testing', { dmarc: same({ ...enforced, t: true }) }), 'warning fail');
  assert.equal(
    await stateOf('bimi.dmarc.testing', { dmarc: same({ present: true, p: 'quarantine', t: true }) }),
    'error fail',
  );
});

test('a misplaced record comes with the record to publish', async () => {
  const { findings } = await run({ name: '', zone: zone(record, '_bimi.example.com'), codes: [], options: probe });
  assert.deepEqual(findings[0]?.fix.set, [
    { name: 'default._bimi.example.com', type: 'TXT', ttlSeconds: 3600, data: [record] },
    { name: '_bimi.example.com', type: 'TXT', ttlSeconds: 3600, data: [record], action: 'remove' },
  ]);
});

test('a record with wrong signs is mended, its addresses are left alone', () => {
  const good = 'v=BIMI1; l=https://shop.nl/l.svg; a=https://shop.nl/m.pem;';
  for (const text of [
    'v=BIMI1; l:https://shop.nl/l.svg; a:https://shop.nl/m.pem',
    'v=BIMI1, l=https://shop.nl/l.svg, a=https://shop.nl/m.pem',
    'v=bimi1 l=https://shop.nl/l.svg a=https://shop.nl/m.pem',
    'BIMI1; l=https://shop.nl/l.svg;; a=https://shop.nl/m.pem',
  ]) {
    assert.equal(mend(text), good, text);
  }
  assert.equal(mend(good), undefined);
  assert.equal(mend('v=BIMI1; l:http://shop.nl/l.svg'), undefined, 'http cannot be mended by its sign');
  assert.equal(mend('v=spf1 -all'), undefined);
});

test('both hashes of different logos are shown', async () => {
  const body = svg.replace('#036', '#037');
  const { findings } = await run({
    name: '',
    zone: zone(record),
    codes: [],
    pages: { ...pages, [logoUrl]: { ...logo, body } },
  });
  const mismatch = findings.find(({ code }) => code === 'bimi.logo_mismatch');
  assert.equal(mismatch?.evidence.length, 2);
  for (const evidence of mismatch?.evidence ?? [])
    assert.match(evidence.kind === 'fact' ? evidence.value : '', /^[0-9a-f]{64} \(\d+ octets\)$/);
});

test('without a record one question is asked, two for a sub-domain, and nothing is fetched', async () => {
  const fetch: HttpsFetch = () => assert.fail('nothing may be fetched');
  const world = zoneWorld('example.com. A 192.0.2.1', { fetch });
  assert.equal((await lookupBimi(world, domain)).answers.length, 1);
  assert.equal((await lookupBimi(world, dnsName('mail.example.com'), { orgDomain: domain })).answers.length, 2);
  assert.equal((await lookupBimi(world, domain, probe)).answers.length, 6);
});

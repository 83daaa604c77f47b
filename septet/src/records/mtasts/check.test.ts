import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCodes, fakeFetch, zoneWorld, type FakePage, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { World } from '../../world/world.ts';
import { check, policyOf, type Exchanges, type MtaStsContext } from './check.ts';
import { rows } from './findings.ts';
import { lookup, lookupTlsa, policyUrl } from './lookup.ts';

const domain = dnsName('example.com');
const url = policyUrl(domain);
const txt = '_mta-sts.example.com. TXT "v=STSv1; id=20261101T000000;"\n';
const host = 'mta-sts.example.com. A 192.0.2.80\n';
const both = txt + host;
const known = (...names: string[]): Exchanges => ({ kind: 'known', exchanges: names.map((name) => dnsName(name)) });
const lines = (...text: string[]): string => text.map((line) => `${line}\r\n`).join('');
const enforce = lines('version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 2592000');
const plain = { 'content-type': 'text/plain' };
const page = (body: string | Uint8Array, more: Partial<Extract<FakePage, { status?: number }>> = {}): FakePage => ({
  body,
  headers: plain,
  ...more,
});
const day = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const certificate = (daysLeft: number) => ({
  names: ['mta-sts.example.com'],
  subject: 'CN=x',
  issuer: 'CN=y',
  notBefore: now - day,
  notAfter: now + daysLeft * day,
});

interface Scenario {
  readonly title: string;
  readonly zone: string;
  readonly pages?: Readonly<Record<string, FakePage>>;
  readonly fetch?: World['fetch'];
  readonly mx?: Exchanges;
  readonly tlsRpt?: MtaStsContext['tlsRpt'];
  readonly failures?: readonly FailingQuestion[];
  /** Codes besides `mtasts.value.claim`, which every announced policy gets. */
  readonly codes: readonly string[];
  readonly announced?: boolean;
}

const served = (...text: string[]): Readonly<Record<string, FakePage>> => ({ [url]: page(lines(...text)) });
const good = ['version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 2592000'] as const;

const scenarios: readonly Scenario[] = [
  { title: 'an enforcing policy in good order', zone: both, pages: { [url]: page(enforce) }, codes: [] },
  {
    title: 'a final semicolon may be missing',
    zone: '_mta-sts.example.com. TXT "v=STSv1; id=1"\n' + host,
    pages: { [url]: page(enforce) },
    codes: [],
  },
  {
    title: 'the content type may carry a charset',
    zone: both,
    pages: { [url]: page(enforce, { headers: { 'content-type': 'text/plain; charset=utf-8' } }) },
    codes: [],
  },
  { title: 'bare line feeds are legal', zone: both, pages: { [url]: page(enforce.replaceAll('\r', '')) }, codes: [] },
  { title: 'nothing at all', zone: 'example.com. A 192.0.2.1', announced: false, codes: ['mtasts.missing'] },
  {
    title: 'the TXT look-up fails',
    zone: host,
    failures: [['_mta-sts.example.com', 'TXT', 'servfail']],
    announced: false,
    codes: [],
  },
  { title: 'TXT without a host', zone: txt, codes: ['mtasts.host.unresolvable', 'mtasts.half.txt_only'] },
  {
    title: 'TXT, the host cannot be looked up',
    zone: txt,
    failures: [['mta-sts.example.com', '*', 'timeout']],
    codes: [],
  },
  {
    title: 'policy without TXT',
    zone: host,
    pages: { [url]: page(enforce) },
    announced: false,
    codes: ['mtasts.half.policy_only'],
  },
  {
    title: 'a web page where a policy might be is no policy',
    zone: host,
    pages: { [url]: page('<html>') },
    announced: false,
    codes: ['mtasts.missing'],
  },
  {
    title: 'TXT at the apex',
    zone: 'example.com. TXT "v=STSv1; id=1;"',
    announced: false,
    codes: ['mtasts.txt.location'],
  },
  {
    title: 'TXT at mta-sts',
    zone: 'mta-sts.example.com. TXT "v=STSv1; id=1;"',
    announced: false,
    codes: ['mtasts.txt.location'],
  },
  {
    title: 'TXT at _mta_sts',
    zone: '_mta_sts.example.com. TXT "v=STSv1; id=1;"',
    announced: false,
    codes: ['mtasts.txt.location'],
  },
  {
    title: 'two TXT records',
    zone: both + '_mta-sts.example.com. TXT "v=STSv1; id=2;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.multiple'],
  },
  {
    title: 'another TXT beside it does not count',
    zone: both + '_mta-sts.example.com. TXT "hello"',
    pages: { [url]: page(enforce) },
    codes: [],
  },
  {
    title: 'lower-case version',
    zone: host + '_mta-sts.example.com. TXT "v=stsv1; id=1;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.version'],
  },
  {
    title: 'version 2',
    zone: host + '_mta-sts.example.com. TXT "v=STSv2; id=1;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.version'],
  },
  {
    title: 'no id',
    zone: host + '_mta-sts.example.com. TXT "v=STSv1;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.id_missing'],
  },
  {
    title: 'an id with a hyphen',
    zone: host + '_mta-sts.example.com. TXT "v=STSv1; id=2026-11-23;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.id_format'],
  },
  {
    title: 'an id of 33 letters',
    zone: host + `_mta-sts.example.com. TXT "v=STSv1; id=${'a'.repeat(33)};"`,
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.id_format'],
  },
  {
    title: 'no semicolon after the version',
    zone: host + '_mta-sts.example.com. TXT "v=STSv1 id=1"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.separator'],
  },
  {
    title: 'no semicolon between fields',
    zone: host + '_mta-sts.example.com. TXT "v=STSv1; id=1 x=y"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.separator'],
  },
  {
    title: 'an extension field',
    zone: host + '_mta-sts.example.com. TXT "v=STSv1; id=1; x=y;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.extra_field'],
  },
  {
    title: 'TXT through a CNAME',
    zone: host + '_mta-sts.example.com. CNAME sts.vendor.example.\nsts.vendor.example. TXT "v=STSv1; id=1;"',
    pages: { [url]: page(enforce) },
    codes: ['mtasts.txt.cname'],
  },
  {
    title: 'connection refused',
    zone: both,
    pages: { [url]: { failed: 'refused' } },
    codes: ['mtasts.https.unreachable', 'mtasts.half.txt_only'],
  },
  {
    title: 'an expired certificate',
    zone: both,
    pages: { [url]: { failed: 'certificate-expired' } },
    codes: ['mtasts.https.cert', 'mtasts.half.txt_only'],
  },
  {
    title: 'a certificate for another name',
    zone: both,
    pages: { [url]: { failed: 'certificate-name' } },
    codes: ['mtasts.https.cert', 'mtasts.half.txt_only'],
  },
  {
    title: 'a certificate that ends in 13 days',
    zone: both,
    pages: { [url]: page(enforce, { tls: { protocol: 'TLSv1.3', certificate: certificate(13) } }) },
    codes: ['mtasts.https.expiring'],
  },
  {
    title: 'a certificate that ends in 15 days',
    zone: both,
    pages: { [url]: page(enforce, { tls: { protocol: 'TLSv1.3', certificate: certificate(15) } }) },
    codes: [],
  },
  {
    title: 'TLS 1.1',
    zone: both,
    pages: { [url]: page(enforce, { tls: { protocol: 'TLSv1.1' } }) },
    codes: ['mtasts.https.tls_version'],
  },
  {
    title: 'a redirect',
    zone: both,
    pages: { [url]: { status: 301, headers: { location: 'https://www.example.com/' } } },
    codes: ['mtasts.https.redirect', 'mtasts.half.txt_only'],
  },
  {
    title: 'status 404',
    zone: both,
    pages: { [url]: { status: 404 } },
    codes: ['mtasts.https.status', 'mtasts.half.txt_only'],
  },
  {
    title: 'status 403',
    zone: both,
    pages: { [url]: { status: 403 } },
    codes: ['mtasts.https.auth', 'mtasts.half.txt_only'],
  },
  {
    title: 'served as octets',
    zone: both,
    pages: { [url]: { body: enforce, headers: { 'content-type': 'application/octet-stream' } } },
    codes: ['mtasts.https.content_type'],
  },
  {
    title: 'an HTML page with status 200',
    zone: both,
    pages: { [url]: { body: '<!doctype html><html>', headers: { 'content-type': 'text/html' } } },
    codes: ['mtasts.https.content_type', 'mtasts.policy.encoding'],
  },
  {
    title: 'two hours in a cache',
    zone: both,
    pages: { [url]: page(enforce, { headers: { ...plain, age: '7200' } }) },
    codes: ['mtasts.https.cdn_cache'],
  },
  {
    title: 'IPv6 does not serve it',
    zone: both + 'mta-sts.example.com. AAAA 2001:db8::1',
    fetch: (asked, limits) =>
      limits.family === 6
        ? Promise.resolve({ kind: 'failed', url: asked, redirects: [], reason: 'refused', detail: 'refused' })
        : fakeFetch({ [url]: page(enforce) })(asked, limits),
    codes: ['mtasts.https.ipv6'],
  },
  {
    title: 'this machine has no IPv6',
    zone: both + 'mta-sts.example.com. AAAA 2001:db8::1',
    fetch: (asked, limits) =>
      limits.family === 6
        ? Promise.resolve({ kind: 'failed', url: asked, redirects: [], reason: 'unreachable', detail: 'no route' })
        : fakeFetch({ [url]: page(enforce) })(asked, limits),
    codes: [],
  },
  {
    title: 'a policy of 65,537 octets',
    zone: both,
    pages: { [url]: page(enforce + `x: ${'y'.repeat(65_537 - enforce.length - 5)}\r\n`) },
    codes: ['mtasts.policy.size', 'mtasts.policy.unknown_key'],
  },
  {
    title: 'a policy of 10 MB',
    zone: both,
    pages: { [url]: page(Buffer.alloc(10_000_000, 0x61)) },
    codes: ['mtasts.policy.size'],
  },
  {
    title: 'a byte order mark',
    zone: both,
    pages: { [url]: page(`\ufeff${enforce}`) },
    codes: ['mtasts.policy.encoding'],
  },
  {
    title: 'a line without a colon',
    zone: both,
    pages: served(...good, 'hello'),
    codes: ['mtasts.policy.line_syntax'],
  },
  {
    title: 'no version',
    zone: both,
    pages: served('mode: enforce', 'mx: mail.example.com', 'max_age: 2592000'),
    codes: ['mtasts.policy.version'],
  },
  {
    title: 'mode enforced',
    zone: both,
    pages: served('version: STSv1', 'mode: enforced', 'mx: mail.example.com', 'max_age: 2592000'),
    codes: ['mtasts.policy.mode'],
  },
  {
    title: 'no mx',
    zone: both,
    pages: served('version: STSv1', 'mode: testing', 'max_age: 604800'),
    codes: ['mtasts.policy.mx_missing'],
  },
  {
    title: 'mode none needs no mx',
    zone: both,
    pages: served('version: STSv1', 'mode: none', 'max_age: 86400'),
    codes: [],
  },
  {
    title: 'an address as mx',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: 192.0.2.1', 'max_age: 2592000'),
    codes: ['mtasts.policy.mx_syntax'],
  },
  {
    title: 'a star in the middle',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: a.*.example.com', 'max_age: 2592000'),
    codes: ['mtasts.policy.mx_syntax'],
  },
  {
    title: 'two hosts in one line',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: a.example.com, b.example.com', 'max_age: 2592000'),
    codes: ['mtasts.policy.comma_mx'],
  },
  {
    title: 'no max_age',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: mail.example.com'),
    codes: ['mtasts.policy.max_age_missing'],
  },
  {
    title: 'a max_age over a year',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 31557601'),
    codes: ['mtasts.policy.max_age_invalid'],
  },
  {
    title: 'a max_age of a year',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 31557600'),
    codes: [],
  },
  {
    title: 'a max_age of an hour',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 3600'),
    codes: ['mtasts.policy.max_age_low'],
  },
  {
    title: 'a month of max_age while testing',
    zone: both,
    pages: served('version: STSv1', 'mode: testing', 'mx: mail.example.com', 'max_age: 2592000'),
    codes: ['mtasts.policy.max_age_high_testing'],
  },
  { title: 'mode twice', zone: both, pages: served(...good, 'mode: testing'), codes: ['mtasts.policy.duplicate_key'] },
  { title: 'an unknown key', zone: both, pages: served(...good, 'note: x'), codes: ['mtasts.policy.unknown_key'] },
  {
    title: 'an exchange that no line covers',
    zone: both,
    pages: { [url]: page(enforce) },
    mx: known('mail.example.com', 'mx2.example.net'),
    codes: ['mtasts.mx.uncovered'],
  },
  {
    title: 'a wildcard covers one label',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: *.example.com', 'max_age: 2592000'),
    codes: [],
  },
  {
    title: 'a wildcard covers no two labels',
    zone: both,
    pages: served('version: STSv1', 'mode: enforce', 'mx: *.example.com', 'max_age: 2592000'),
    mx: known('a.mail.example.com'),
    codes: ['mtasts.mx.wildcard_depth', 'mtasts.mx.uncovered', 'mtasts.mx.stale_pattern'],
  },
  {
    title: 'a line that matches no exchange',
    zone: both,
    pages: served(...good, 'mx: old.example.com'),
    codes: ['mtasts.mx.stale_pattern'],
  },
  {
    title: 'a null MX',
    zone: both,
    pages: { [url]: page(enforce) },
    mx: { kind: 'null-mx' },
    codes: ['mtasts.mx.null'],
  },
  {
    title: 'the MX could not be looked up',
    zone: both,
    pages: { [url]: page(enforce) },
    mx: { kind: 'unknown' },
    codes: [],
  },
  {
    title: 'no TLS-RPT',
    zone: both,
    pages: { [url]: page(enforce) },
    tlsRpt: 'missing',
    codes: ['mtasts.mode.no_tlsrpt'],
  },
  {
    title: 'TLSA as well',
    zone: both + `_25._tcp.mail.example.com. TLSA 3 1 1 ${'ab'.repeat(32)}`,
    pages: { [url]: page(enforce) },
    codes: ['mtasts.dane.conflict'],
  },
];

for (const scenario of scenarios) {
  test(`MTA-STS: ${scenario.title}`, async () => {
    const fetch = scenario.fetch ?? fakeFetch(scenario.pages ?? {});
    const world = zoneWorld(scenario.zone, { fetch, ...(scenario.failures ? { failures: scenario.failures } : {}) });
    const seen = await lookup(world, domain);
    const tlsa = await lookupTlsa(world, [dnsName('mail.example.com')]);
    const findings = check(seen, {
      now: world.now(),
      mx: scenario.mx ?? known('mail.example.com'),
      tlsRpt: scenario.tlsRpt ?? 'present',
      tlsa,
    });
    expectCodes(findings, [...scenario.codes, ...(scenario.announced === false ? [] : ['mtasts.value.claim'])]);
  });
}

test('MTA-STS: every row has a scenario', () => {
  const met = new Set(['mtasts.value.claim', ...scenarios.flatMap((scenario) => scenario.codes)]);
  assert.deepEqual(
    Object.keys(rows).filter((code) => !met.has(code)),
    [],
  );
});

test('MTA-STS: offline, the policy is not asked for and nothing is said about it', async () => {
  const seen = await lookup(zoneWorld(both), domain);
  assert.deepEqual(seen.policy, { kind: 'not-asked', why: 'offline' });
  expectCodes(check(seen, { now, mx: known('mail.example.com'), tlsRpt: 'present', tlsa: [] }), ['mtasts.value.claim']);
  assert.equal(policyOf(seen), undefined);
});

test('MTA-STS: a timeout of the policy host is unknown, not a failure', async () => {
  const seen = await lookup(zoneWorld(both, { fetch: fakeFetch({ [url]: { failed: 'timeout' } }) }), domain);
  const found = check(seen, { now, mx: { kind: 'unknown' }, tlsRpt: 'present', tlsa: [] });
  assert.ok(
    found.filter((finding) => finding.code !== 'mtasts.value.claim').every((finding) => finding.state === 'unknown'),
  );
});

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  expectCodes,
  fakeFetch,
  zoneWorld,
  zoneWorldNow,
  type FailingQuestion,
  type FakePage,
} from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { TlsFacts } from '../../world/world.ts';
import { check, type TrackingContext } from './check.ts';
import { rows } from './findings.ts';
import { lookupTracking, probeTracking } from './lookup.ts';

const met = new Set<string>();
const domain = dnsName('example.com');
const host = dnsName('track.example.com');
const expectedTarget = dnsName('track.postal.net');
const day = 24 * 3600 * 1000;

interface Scenario {
  readonly title: string;
  readonly zone: string;
  readonly host?: string;
  readonly pages?: Readonly<Record<string, FakePage>>;
  readonly context?: Partial<TrackingContext>;
  readonly failures?: readonly FailingQuestion[];
  readonly codes: readonly string[];
  readonly verify?: (finding: Finding) => void;
}

const alias = 'track.example.com. CNAME track.postal.net.\ntrack.postal.net. A 20.1.2.3';
const httpsUrl = 'https://track.example.com/';
const httpUrl = 'http://track.example.com/';
const acmeUrl = 'http://track.example.com/.well-known/acme-challenge/septet';
const hsts = { 'Strict-Transport-Security': 'max-age=31536000' };
const redirect: FakePage = { status: 301, headers: { location: httpsUrl } };
const goodPages = { [httpsUrl]: { headers: hsts }, [httpUrl]: redirect };
const certificate = (notAfter: number, names: readonly string[] = ['track.example.com']): TlsFacts => ({
  protocol: 'TLSv1.3',
  certificate: { names, subject: 'CN=x', issuer: 'CN=y', notBefore: 0, notAfter },
});
const isUnknown = (finding: Finding): void => assert.equal(finding.state, 'unknown');
const isFailure = (finding: Finding): void => assert.equal(finding.state, 'fail');

const scenarios: readonly Scenario[] = [
  {
    title: 'all in order',
    zone: alias,
    pages: goodPages,
    context: {
      expectedTarget,
      orgDomain: { tracking: domain, from: domain },
      sharedTargets: [expectedTarget],
      mailFrom: [dnsName('b.example.com')],
    },
    codes: [],
  },
  { title: 'offline', zone: alias, codes: [] },
  {
    title: 'nothing can be told',
    zone: alias,
    failures: [['track.example.com', '*', 'servfail']],
    pages: goodPages,
    context: { expectedTarget },
    codes: [],
  },
  {
    title: 'no record, and the wanted one is offered',
    zone: 'example.com. TXT x',
    pages: goodPages,
    context: { expectedTarget },
    codes: ['track.missing'],
    verify: (finding) =>
      assert.deepEqual(finding.fix.set, [{ name: host, type: 'CNAME', ttlSeconds: 3600, data: ['track.postal.net.'] }]),
  },
  { title: 'no record and nobody said where to', zone: 'track.example.com. TXT x', codes: ['track.missing'] },
  {
    title: 'other records where the CNAME should be',
    zone: 'track.example.com. TXT x\ntrack.example.com. MX 10 mail.example.com.',
    context: { expectedTarget },
    codes: ['track.missing', 'track.cname.conflict'],
    verify: (finding) => assert.equal(finding.fix.set, undefined),
  },
  {
    title: 'the address cannot be told',
    zone: 'example.com. TXT x',
    failures: [['track.example.com', 'A', 'timeout']],
    codes: [],
  },
  {
    title: 'the target has no address',
    zone: 'track.example.com. CNAME track.postal.net.',
    pages: {},
    context: { expectedTarget },
    codes: ['track.target.unresolvable'],
  },
  {
    title: 'the target cannot be told',
    zone: alias,
    failures: [['track.postal.net', '*', 'timeout']],
    context: { expectedTarget },
    codes: [],
  },
  {
    title: 'another target',
    zone: 'track.example.com. CNAME old.example.net.\nold.example.net. A 20.1.2.9',
    pages: goodPages,
    context: { expectedTarget },
    codes: ['track.target.wrong'],
    verify: (finding) => assert.deepEqual(finding.fix.set?.[0]?.data, ['track.postal.net.']),
  },
  {
    title: 'the target in the middle of the chain',
    zone: 'track.example.com. CNAME track.postal.net.\ntrack.postal.net. CNAME edge.cdn.net.\nedge.cdn.net. A 20.1.2.3',
    pages: goodPages,
    context: { expectedTarget },
    codes: [],
  },
  {
    title: 'an address of its own instead of the CNAME',
    zone: 'track.example.com. A 20.9.9.9\ntrack.postal.net. A 20.1.2.3',
    pages: goodPages,
    context: { expectedTarget },
    codes: ['track.target.wrong'],
  },
  {
    title: 'a flattened CNAME answers the addresses of the target',
    zone: 'track.example.com. A 20.1.2.3\ntrack.postal.net. A 20.1.2.3',
    pages: goodPages,
    context: { expectedTarget },
    codes: [],
  },
  { title: 'an own host without a wanted target', zone: 'track.example.com. A 20.9.9.9', pages: goodPages, codes: [] },
  {
    title: 'the From domain itself',
    zone: 'example.com. CNAME track.postal.net.\ntrack.postal.net. A 20.1.2.3',
    host: 'example.com',
    codes: ['track.cname.at_from_name'],
  },
  {
    title: 'the MAIL FROM domain',
    zone: alias,
    context: { mailFrom: [host] },
    codes: ['track.cname.at_from_name'],
  },
  {
    title: 'another organisation',
    zone: alias,
    context: { orgDomain: { tracking: dnsName('example.net'), from: domain } },
    codes: ['track.orgdomain.differs'],
  },
  {
    title: "the service's own host",
    zone: 'click.postal.net. A 20.1.2.3',
    host: 'click.postal.net',
    context: { sharedTargets: [dnsName('postal.net')], orgDomain: { tracking: dnsName('postal.net'), from: domain } },
    codes: ['track.shared_domain'],
  },
  {
    title: 'both ports refuse',
    zone: alias,
    pages: { [httpsUrl]: { failed: 'refused' }, [httpUrl]: { failed: 'refused' } },
    codes: ['track.http.unreachable'],
    verify: isFailure,
  },
  {
    title: 'both ports are silent',
    zone: alias,
    pages: { [httpsUrl]: { failed: 'timeout' }, [httpUrl]: { failed: 'refused' } },
    codes: ['track.http.unreachable'],
    verify: isUnknown,
  },
  {
    title: 'HTTPS refuses, HTTP answers',
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'refused' },
      [httpUrl]: {},
      [acmeUrl]: { status: 404 },
      'https://example.com/': { headers: hsts },
    },
    codes: ['track.https.missing'],
    verify: isFailure,
  },
  {
    title: 'HTTPS is silent, HTTP answers; then nothing is said of a lock-out',
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'timeout' },
      [httpUrl]: {},
      'https://example.com/': { headers: { 'strict-transport-security': 'max-age=1; includeSubDomains' } },
    },
    codes: ['track.https.missing'],
    verify: isUnknown,
  },
  {
    title: 'port 443 does not speak TLS',
    zone: alias,
    pages: { [httpsUrl]: { failed: 'tls', detail: 'wrong version number' }, [httpUrl]: {} },
    codes: ['track.https.missing'],
    verify: isFailure,
  },
  {
    title: "the install's own certificate",
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'certificate-name', tls: certificate(zoneWorldNow + 60 * day, ['track.postal.net']) },
      [httpUrl]: {},
    },
    codes: ['track.tls.name'],
    verify: (finding) => assert.match(finding.message, /but for track\.postal\.net\.$/),
  },
  {
    title: 'the certificate ended and challenges are behind a login',
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'certificate-expired', tls: certificate(zoneWorldNow - day) },
      [httpUrl]: {},
      [acmeUrl]: { status: 401 },
    },
    codes: ['track.tls.expired', 'track.tls.acme_blocked'],
  },
  {
    title: 'the certificate ends soon and challenges are redirected to a login',
    zone: alias,
    pages: {
      [httpsUrl]: { headers: hsts, tls: certificate(zoneWorldNow + 5.5 * day) },
      [httpUrl]: redirect,
      [acmeUrl]: { status: 302, headers: { location: 'https://login.example.net/' } },
    },
    codes: ['track.tls.expiring', 'track.tls.acme_blocked'],
    verify: (finding) => {
      if (finding.code === 'track.tls.expiring') assert.match(finding.message, /2026-11-29, in 5 days/);
    },
  },
  {
    title: 'challenges redirected to HTTPS are within reach',
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'certificate-untrusted', detail: 'unable to get local issuer certificate' },
      [httpUrl]: redirect,
      [acmeUrl]: { status: 308, headers: { location: `https://track.example.com/.well-known/acme-challenge/septet` } },
    },
    codes: ['track.tls.chain'],
  },
  {
    title: 'a good certificate: the challenge path does not matter',
    zone: alias,
    pages: {
      ...goodPages,
      [httpsUrl]: { headers: hsts, tls: certificate(zoneWorldNow + 15 * day) },
      [acmeUrl]: { status: 403 },
    },
    codes: [],
  },
  {
    title: 'an old TLS, answered and refused',
    zone: alias,
    pages: { [httpsUrl]: { headers: hsts, tls: { protocol: 'TLSv1.1' } }, [httpUrl]: redirect },
    codes: ['track.tls.version'],
  },
  {
    title: 'an old TLS that is refused',
    zone: alias,
    pages: { [httpsUrl]: { failed: 'tls', tls: { protocol: 'TLSv1' } }, [httpUrl]: redirect },
    codes: ['track.tls.version'],
  },
  {
    title: 'no HSTS, or one that is taken back',
    zone: alias,
    pages: { [httpsUrl]: { headers: { 'strict-transport-security': 'max-age="0"' } }, [httpUrl]: redirect },
    codes: ['track.hsts.missing'],
  },
  {
    title: 'the parent locks the host out',
    zone: alias,
    pages: {
      [httpsUrl]: { failed: 'refused' },
      [httpUrl]: {},
      'https://example.com/': {
        headers: { 'strict-transport-security': 'max-age=31536000; INCLUDESUBDOMAINS; preload' },
      },
    },
    codes: ['track.https.missing', 'track.hsts.parent_lockout'],
  },
  {
    title: 'port 80 serves a page',
    zone: alias,
    pages: { [httpsUrl]: { headers: hsts }, [httpUrl]: {} },
    codes: ['track.http.redirect_https'],
  },
  {
    title: 'port 80 is closed',
    zone: alias,
    pages: { [httpsUrl]: { headers: hsts }, [httpUrl]: { failed: 'refused' } },
    codes: [],
  },
  {
    title: 'a page that search engines may list',
    zone: alias,
    pages: { [httpsUrl]: { headers: { ...hsts, 'content-type': 'text/html; charset=utf-8' } }, [httpUrl]: redirect },
    codes: ['track.robots'],
  },
  {
    title: 'a page that they may not',
    zone: alias,
    pages: {
      [httpsUrl]: { headers: { ...hsts, 'content-type': 'text/html', 'x-robots-tag': 'noindex' } },
      [httpUrl]: redirect,
    },
    codes: [],
  },
  {
    title: 'a page too large to read',
    zone: alias,
    pages: { [httpsUrl]: { body: 'x'.repeat(70_000), headers: hsts }, [httpUrl]: redirect },
    codes: [],
  },
  {
    title: 'a web proxy hides the CNAME',
    zone: 'track.example.com. A 104.21.3.4\ntrack.postal.net. A 20.1.2.3',
    pages: goodPages,
    context: { expectedTarget },
    codes: ['track.proxied'],
  },
  {
    title: 'an own host behind a web proxy that works',
    zone: 'track.example.com. AAAA 2606:4700::1',
    pages: goodPages,
    codes: [],
  },
  {
    title: 'a service behind the same proxy',
    zone: 'track.example.com. CNAME track.postal.net.\ntrack.postal.net. A 104.21.3.4',
    pages: goodPages,
    context: { expectedTarget },
    codes: [],
  },
];

describe('tracking scenarios', () => {
  for (const { title, zone, host: name = host, pages, context, failures, codes, verify } of scenarios) {
    it(title, async () => {
      const world = zoneWorld(zone, {
        ...(failures ? { failures } : {}),
        ...(pages ? { fetch: fakeFetch(pages) } : {}),
      });
      const seen = await lookupTracking(world, dnsName(name), { domain, expectedTarget: context?.expectedTarget });
      const findings = check(seen, { now: world.now(), domain, ...context });
      expectCodes(findings, codes);
      for (const finding of findings) {
        met.add(finding.code);
        verify?.(finding);
      }
    });
  }

  it('sees records beside a CNAME that a name server gives out', async () => {
    const seen = await lookupTracking(zoneWorld(alias), host, { domain });
    const txt = await lookupTracking(
      zoneWorld('track.example.com. TXT x\ntrack.example.com. MX 10 mail.example.com.'),
      host,
      { domain },
    );
    const findings = check({ ...seen, txt: txt.txt, mx: txt.mx }, { now: 0, domain });
    expectCodes(findings, ['track.cname.conflict']);
    assert.match(findings[0]?.message ?? '', /also has TXT, MX records/);
  });

  it('finds hosts that lead to a sending service', async () => {
    const vendorOf = (target: string): string | undefined => (target.endsWith('.postal.net') ? 'postal' : undefined);
    const several = zoneWorld(
      `${alias}\nclick.example.com. CNAME shop.example.net.\nlinks.example.com. CNAME l.postal.net.`,
    );
    const { found, answers } = await probeTracking(several, domain, vendorOf);
    assert.deepEqual(found, [
      { host: 'track.example.com', target: 'track.postal.net', vendor: 'postal' },
      { host: 'links.example.com', target: 'l.postal.net', vendor: 'postal' },
    ]);
    assert.equal(answers.length, 8);
    const wildcard = await probeTracking(zoneWorld('*.example.com. CNAME track.postal.net.'), domain, vendorOf);
    assert.equal(wildcard.found.length, 1);
  });

  after(() => assert.deepEqual([...met].sort(), Object.keys(rows).sort(), 'every row has a scenario'));
});

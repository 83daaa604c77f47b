/**
 * Whole audits over real zones, served by a real Knot on loopback and read from text: nothing crashes or hangs, every
 * finding is explained, what is to be published is valid, and both ways lead to the same report.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { audit } from '../../src/audit/audit.ts';
import type { Report } from '../../src/audit/report.ts';
import { cachingResolver } from '../../src/dns/cache.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { networkResolver, type NetworkResolver } from '../../src/dns/network-resolver.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import type { World } from '../../src/world/world.ts';
import { startKnot, type Knot } from '../servers/knot.ts';
import { missing } from '../servers/process.ts';
import { sharedData } from '../shared-data.ts';
import {
  inParallel,
  knotZone,
  readDomains,
  readRealZones,
  realZone,
  spread,
  subdomains,
  type RealZone,
} from './real-zones.ts';
import { assertNoFaults, faultsOf, faultsOfText } from './valid-findings.ts';

const withoutKnot = await missing('knotd');
let absent: string | false = false;
const note = { skip: (reason?: string) => (absent = reason ?? 'absent') };
const folder = sharedData(note, 'zones') ?? '';
const wildZone = sharedData(note, 'wild/root.zone') ?? '';
const wildDomains = sharedData(note, 'wild/domains.txt') ?? '';
const now = Date.parse('2026-11-23T12:00:00Z');

suite('whole audits of real zones', { skip: withoutKnot || absent, timeout: 120_000 }, () => {
  let zones: readonly RealZone[];
  let wild: RealZone;
  let knot: Knot;
  let network: NetworkResolver;
  let served: World;
  let read: World;

  before(async () => {
    zones = readRealZones(folder);
    wild = realZone(wildZone);
    knot = await startKnot([...zones, wild].map(knotZone));
    network = networkResolver({ servers: [knot.server], timeoutMs: 5000, concurrency: 2000 });
    served = worldOf(cachingResolver(network, { now: () => now }));
    read = worldOf(zoneResolver([...zones, wild].map(({ zone }) => zone)));
  });

  after(async () => {
    await network?.close();
    await knot?.stop();
  });

  async function auditAll(domains: readonly DnsName[], depth: 'full' | 'bulk'): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const differences: string[] = [];
    const faults: string[] = [];
    await inParallel(domains, 64, async (domain) => {
      const [one, other] = await Promise.all([
        audit(served, domain, { depth, signal }),
        audit(read, domain, { depth, signal }),
      ]);
      faults.push(...faultsOf(one));
      // Beside a CNAME a server hides what the text shows (RFC 2181 §10.1): that is a finding only from text.
      if (!other.findings.some(({ code }) => code === 'dns.cname.coexists'))
        differences.push(...differenceOf(domain, one, other));
    });
    assertNoFaults(faults);
    assert.equal(differences.length, 0, `${differences.length} differences:\n${differences.slice(0, 30).join('\n')}`);
  }

  test('the apex of every zone, at full depth', async () => {
    assert.equal(zones.length, 227, 'of 228 files one is included by two others');
    await auditAll(
      zones.map(({ zone }) => zone.origin),
      'full',
    );
  });

  test('300 names below them that own MX or TXT, at full depth', async () => {
    const names = spread(subdomains(zones), 300);
    assert.equal(names.length, 300);
    await auditAll(names, 'full');
  });

  test('2,000 domains of wild, in bulk', async () => {
    await auditAll(spread(readDomains(wildDomains), 2000), 'bulk');
  });
});

test('the judge of texts to publish does judge', () => {
  const at = (name: string, text: string): number => faultsOfText(dnsName(name), text).length;
  assert.equal(at('example.com', 'v=spf1 ip4:192.0.2.1 -all'), 0);
  assert.equal(at('example.com', 'v=spf1 ip4:192.0.2 -all'), 1);
  assert.equal(at('_dmarc.example.com', 'v=DMARC1; p=none'), 0);
  assert.equal(at('_dmarc.example.com', 'v=DMARC1'), 1);
  assert.equal(at('example.com._report._dmarc.example.net', 'v=DMARC1'), 0);
  assert.equal(at('a._domainkey.example.com', 'v=DKIM1'), 1);
  assert.equal(at('_mta-sts.example.com', 'v=STSv1; id=1;'), 0);
  assert.equal(at('_mta-sts.example.com', 'v=STSv1; id=2026-11-23;'), 1);
  assert.equal(at('_smtp._tls.example.com', 'v=TLSRPTv1; rua=tls@example.com'), 1);
  assert.equal(at('default._bimi.example.com', 'v=BIMI1; l=http://example.com/a.svg'), 1);
  assert.equal(at('example.com', '"v=spf1 -all"'), 1);
});

function worldOf(resolver: Resolver): World {
  return { resolver, otherResolvers: [], now: () => now, randomBytes: (count) => new Uint8Array(count).fill(7) };
}

const wordsDiffer = (code: string, state: string): boolean =>
  state === 'unknown' || code === 'dns.txt.semicolon_truncated';

/**
 * The two reports, but for how large a response was on the wire, in what words a look-up failed, and which of several
 * fragments comes first: servers choose the order of a set.
 */
function differenceOf(domain: DnsName, served: Report, read: Report): readonly string[] {
  const linesOf = (report: Report): readonly string[] => [
    ...report.findings
      .filter(({ code }) => code !== 'dns.size.udp')
      .map(({ code, severity, state, record, subject, message }) =>
        [code, severity, state, record, subject.name, subject.type, wordsDiffer(code, state) ? '' : message].join(
          ' | ',
        ),
      )
      .sort(),
    ...Object.entries(report.records).map(
      ([key, { state, summary }]) => `${key} ${state} ${state === 'unknown' ? '' : summary}`,
    ),
  ];
  const [left, right] = [linesOf(served), linesOf(read)];
  return [
    ...left.filter((line) => !right.includes(line)).map((line) => `${domain}: only through Knot: ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `${domain}: only from text: ${line}`),
  ];
}

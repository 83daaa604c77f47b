/**
 * Audits real domains through a Knot on loopback and prints the commonest findings as Markdown tables: the whole zones
 * of `../shared/data/zones` at full depth (their apexes, and names below that own MX or TXT), and the domains of `wild`
 * in bulk. Faults of the reports themselves (`valid-findings.ts`) go to stderr.
 *
 *     node septet/scripts/audit-zones.ts [zones|wild] [--all] [--examples code]
 *
 * `--all` prints every row; `--examples spf.lookups.exceeded` every finding with that code instead of the tables.
 */
import { parseArgs } from 'node:util';
import { audit } from '../src/audit/audit.ts';
import { cachingResolver } from '../src/dns/cache.ts';
import { root, type DnsName } from '../src/dns/name.ts';
import { networkResolver } from '../src/dns/network-resolver.ts';
import type { QueryOptions, Resolver } from '../src/dns/resolver.ts';
import type { Answer, RrType } from '../src/dns/rrset.ts';
import type { Finding } from '../src/finding/finding.ts';
import type { World } from '../src/world/world.ts';
import { inParallel, knotZone, readDomains, readRealZones, realZone, subdomains } from '../test/audit/real-zones.ts';
import { faultsOf } from '../test/audit/valid-findings.ts';
import { startKnot } from '../test/servers/knot.ts';

const data = process.env['SEPTET_DATA'] ?? new URL('../../../shared/data/', import.meta.url).pathname;
const { values: options, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, examples: { type: 'string' } },
  allowPositionals: true,
});
const which = positionals[0];
const { examples } = options;
const rowsShown = options.all ? Infinity : 25;

const zones = readRealZones(`${data}zones`);
const wild = realZone(`${data}wild/root.zone`);
const knot = await startKnot([...zones, wild].map(knotZone));
const network = networkResolver({ servers: [knot.server], timeoutMs: 5000, concurrency: 2000 });
/** What the data does not hold is unknown: the root zone made for `wild` says of everything else that it is not there. */
const honest: Resolver = {
  async query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
    const answer = await network.query(name, type, options);
    if ((answer.kind !== 'nxdomain' && answer.kind !== 'nodata') || answer.zone !== root) return answer;
    const { server, chain, dnssec } = answer;
    return { kind: 'failed', reason: 'unreachable', detail: 'not in the data', name, type, server, chain, dnssec };
  },
};
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

interface Count {
  readonly finding: Finding;
  domains: number;
  findings: number;
}

async function auditAll(title: string, domains: readonly DnsName[], depth: 'full' | 'bulk'): Promise<void> {
  const now = (): number => Date.now();
  const resolver = cachingResolver(honest, { now, maxEntries: 20_000 });
  const world: World = { resolver, otherResolvers: [], now, randomBytes: (count) => new Uint8Array(count).fill(7) };
  const counts = new Map<string, Count>();
  let faults = 0;
  let clean = 0;
  const started = performance.now();
  await inParallel(domains, depth === 'full' ? 32 : 256, async (domain) => {
    const report = await audit(world, domain, { depth });
    for (const fault of faultsOf(report)) {
      faults++;
      process.stderr.write(`${fault}\n`);
    }
    if (!report.findings.some((finding) => finding.state === 'fail')) clean++;
    const seen = new Set<string>();
    for (const finding of report.findings) {
      if (finding.code === examples) example(domain, finding);
      const key = `${finding.severity} ${finding.state} ${finding.code}`;
      const count = counts.get(key) ?? { finding, domains: 0, findings: 0 };
      count.findings++;
      if (!seen.has(key)) count.domains++;
      seen.add(key);
      counts.set(key, count);
    }
  });
  const seconds = (performance.now() - started) / 1000;
  if (examples !== undefined) return;
  const sorted = [...counts.values()].sort((a, b) => b.domains - a.domains);
  say(`### ${title}\n`);
  say(
    `${domains.length.toLocaleString('en')} domains, ${clean.toLocaleString('en')} of them without a rule that fails; ` +
      `${sorted.reduce((sum, count) => sum + count.findings, 0).toLocaleString('en')} findings with ` +
      `${new Set(sorted.map((count) => count.finding.code)).size} codes, ${faults} faults; ` +
      `${seconds.toFixed(1)} seconds, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB.\n`,
  );
  say('| code | severity | domains |\n| --- | --- | ---: |');
  const known = sorted.filter(({ finding }) => finding.state !== 'unknown');
  for (const { finding, domains: count } of known.slice(0, rowsShown))
    say(`| \`${finding.code}\` | ${finding.severity} | ${count.toLocaleString('en')} |`);
  const unknown = sorted.filter(({ finding }) => finding.state === 'unknown');
  say(
    `\nUnknown: ${unknown.map(({ finding, domains }) => `\`${finding.code}\` ${domains.toLocaleString('en')}`).join(', ')}.\n`,
  );
}

function example(domain: DnsName, finding: Finding): void {
  say(`${domain}: ${finding.severity} ${finding.state} ${finding.subject.name} ${finding.subject.type}`);
  say(`    ${finding.message}`);
  for (const evidence of finding.evidence) say(`    ${JSON.stringify(evidence)}`);
  for (const record of finding.fix.set ?? []) say(`    set ${JSON.stringify(record)}`);
}

if (which !== 'wild') {
  const apexes = zones.map(({ zone }) => zone.origin);
  await auditAll('Apexes of the zones', apexes, 'full');
  await auditAll('Names below them that own MX or TXT', subdomains(zones), 'full');
}
if (which !== 'zones') await auditAll('Domains of wild', readDomains(`${data}wild/domains.txt`), 'bulk');
await network.close();
await knot.stop();

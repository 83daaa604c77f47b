/** One domain, all records: look, judge, report. */
import type { DnsName } from '../dns/name.ts';
import type { RecordKey } from '../finding/finding.ts';
import { withSignal } from '../world/with-signal.ts';
import type { World } from '../world/world.ts';
import { gather, type AuditOptions } from './gather.ts';
import { judge } from './judge.ts';
import { providerCards } from './mailbox-providers.ts';
import { recordOrder, reportVersion, worstFirst, type RecordReport, type Report } from './report.ts';
import { withoutSecrets } from './secrets.ts';
import { notLookedAt, sectionOf } from './sections.ts';

/** Checks a domain. Rejects only with the reason of `options.signal`. */
export async function audit(world: World, domain: DnsName, options: AuditOptions): Promise<Report> {
  const seen = await gather(options.signal ? withSignal(world, options.signal) : world, domain, options);
  const wants = (key: RecordKey): boolean => options.only === undefined || options.only.has(key);
  const findings = worstFirst(judge(seen, wants));
  const gone = findings.length === 1 && findings[0]?.code === 'dns.domain.nxdomain';
  const records: Partial<Record<RecordKey, RecordReport>> = {};
  const byRecord = Map.groupBy(findings, (finding) => finding.record);
  for (const key of recordOrder) {
    if (key !== 'zone' && !wants(key)) continue;
    const own = byRecord.get(key) ?? [];
    const section = gone && key !== 'zone' ? notLookedAt : sectionOf(key, seen, own);
    if (section) records[key] = section;
  }
  return withoutSecrets({
    version: reportVersion,
    domain,
    checkedAt: new Date(seen.now).toISOString(),
    records,
    findings,
    mailboxProviders: options.depth === 'bulk' || options.only || gone ? [] : providerCards(records, findings),
  });
}

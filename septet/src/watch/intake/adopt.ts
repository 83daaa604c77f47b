/** Reports that were kept apart, because their domain was not configured when they came. */
import type { DnsName } from '../../dns/name.ts';
import type { Store } from '../../store/store.ts';
import { configured } from './found-report.ts';

/** They count from now on; answers a sentence for a person, or undefined where there are none. Rejects with `StoreFault`. */
export async function adoptReports(
  store: Pick<Store, 'reports'>,
  domains: ReadonlySet<DnsName>,
): Promise<string | undefined> {
  const adopted = await store.reports.adopt(configured(domains));
  if (adopted.size === 0) return undefined;
  const each = [...adopted].map(([domain, count]) => `${domain} ${count}`).join(', ');
  return `Reports that were kept apart count from now on, as their domain is configured: ${each}.`;
}

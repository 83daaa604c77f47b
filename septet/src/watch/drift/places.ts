/** Which records of a domain are watched, and where. Pure. */
import { isAtOrBelow, isBelow, under, type DnsName } from '../../dns/name.ts';
import type { RrType } from '../../dns/rrset.ts';
import type { Journal } from '../../store/journal.ts';
import type { Observation } from '../../store/store.ts';

export interface WatchedRecord {
  readonly name: DnsName;
  readonly type: RrType;
}

/** Where something stands or could be put that mail hangs on: also the absence of these is kept. */
export function coreRecords(domain: DnsName, bimiSelector = 'default'): readonly WatchedRecord[] {
  const below = ['_dmarc', '_mta-sts', '_smtp._tls', `${bimiSelector}._bimi`].flatMap((prefix) => {
    const name = under(prefix, domain);
    return name === undefined ? [] : [{ name, type: 'TXT' as const }];
  });
  const apex = (['MX', 'TXT', 'NS'] as const).map((type) => ({ name: domain, type }));
  return [...apex, ...below];
}

/** The core, what stood somewhere before, and what Septet has written. Types that DNS does not have are left out. */
export function watchedRecords(
  domain: DnsName,
  known: readonly Observation[],
  journal: Pick<Journal, 'entries'> | undefined,
  bimiSelector?: string,
): readonly WatchedRecord[] {
  const all = new Map<string, WatchedRecord>();
  const add = (record: WatchedRecord): void => void all.set(`${record.type} ${record.name}`, record);
  for (const record of coreRecords(domain, bimiSelector)) add(record);
  for (const { name, type } of known) {
    if (isAtOrBelow(name, domain) && isWatchedType(type)) add({ name, type });
  }
  for (const entry of journal?.entries ?? []) {
    if (entry.kind !== 'intent') continue;
    for (const { name, type } of entry.changes) {
      if (isAtOrBelow(name, domain) && isWatchedType(type)) add({ name, type });
    }
  }
  return [...all.values()];
}

const watchedTypes = ['MX', 'TXT', 'CNAME', 'NS', 'CAA', 'DS'] as const;

/** Addresses change with the weather of content networks, and signatures every week: neither is kept. */
export const isWatchedType = (type: string): type is (typeof watchedTypes)[number] =>
  watchedTypes.some((known) => known === type);

/** Selectors of keys that stood there, for the check: one that is gone is missing then. */
export function knownSelectors(domain: DnsName, watched: readonly WatchedRecord[]): readonly string[] {
  const top = under('_domainkey', domain);
  if (top === undefined) return [];
  const selectors = watched
    .filter(({ name, type }) => (type === 'TXT' || type === 'CNAME') && isBelow(name, top))
    .map(({ name }) => name.slice(0, -top.length - 1));
  return [...new Set(selectors)];
}

/** Reverse names for the sources that prove nothing: asked for through the World, remembered in the store. */
import { parseAddress } from '../../dns/address.ts';
import type { DnsName } from '../../dns/name.ts';
import type { SourceDay } from '../../reports/evidence/counts.ts';
import { dayMs, startOf } from '../../reports/evidence/days.ts';
import { lookupHost, type AddressSeen } from '../../records/host/lookup.ts';
import type { Store } from '../../store/store.ts';
import type { World } from '../../world/world.ts';

export interface ReverseOptions {
  readonly store: Pick<Store, 'reports' | 'sources'>;
  readonly domain: DnsName;
  /** Absent: nobody is asked, what is remembered counts. */
  readonly world?: World;
  readonly now: number;
  readonly unauthenticated?: boolean;
}

/** Sources that names are looked for, those with most messages (house). */
const maxSources = 30;
/** Addresses of a source that are looked at (house). */
const maxAddresses = 3;
const atOnce = 8;
/** A remembered name is asked for again after so many days (house). */
const keepDays = 14;

/**
 * By address: the name that leads back to it, or `null` for none. Addresses that could not be asked for are absent. `days`:
 * what the sources did in the period that is looked at.
 */
export async function reverseNamesOf(
  days: readonly SourceDay[],
  options: ReverseOptions,
): Promise<ReadonlyMap<string, string | null>> {
  const { store, world, now } = options;
  const addresses = await addressesOf(days, options);
  const remembered = await store.sources.reverseNames(addresses);
  const names = new Map<string, string | null>();
  const missing: string[] = [];
  for (const address of addresses) {
    const known = remembered.get(address);
    if (known !== undefined) names.set(address, known.name);
    if (known === undefined || known.at < now - keepDays * dayMs) missing.push(address);
  }
  if (world === undefined || missing.length === 0) return names;
  const fresh = new Map<string, string | null>();
  for (let at = 0; at < missing.length; at += atOnce) {
    const some = missing
      .slice(at, at + atOnce)
      .map(parseAddress)
      .filter((address) => address !== undefined);
    // oxlint-disable-next-line no-await-in-loop -- a few questions at a time
    const { addresses: seen } = await lookupHost(world, { addresses: some });
    for (const one of seen) {
      const name = confirmed(one);
      if (name !== undefined) fresh.set(one.address, name);
    }
  }
  if (fresh.size > 0) await store.sources.rememberReverseNames(fresh, now);
  return new Map([...names, ...fresh]);
}

/** The name that leads back to the address; `null`: there is none; `undefined`: could not tell. */
function confirmed({ address, class: kind, ptr, forward }: AddressSeen): string | null | undefined {
  if (kind !== 'public') return null;
  if (ptr === undefined || ptr.kind === 'failed') return undefined;
  if (ptr.kind !== 'found') return null;
  const back = forward.find(({ answer }) => answer.kind === 'found' && answer.set.data.includes(address as never));
  if (back) return back.name;
  return forward.some(({ answer }) => answer.kind === 'failed') ? undefined : null;
}

/** Some addresses of the largest sources without a proof: rows of the last day on which each sent. */
async function addressesOf(
  days: readonly SourceDay[],
  { store, domain, unauthenticated }: ReverseOptions,
): Promise<readonly string[]> {
  const sources = new Map<string, { messages: number; day: string }>();
  for (const { source, day, messages } of days) {
    if (!source.startsWith('ip=')) continue;
    const known = sources.get(source);
    if (!known) sources.set(source, { messages, day });
    else {
      known.messages += messages;
      if (day > known.day) known.day = day;
    }
  }
  const largest = [...sources].sort((a, b) => b[1].messages - a[1].messages).slice(0, maxSources);
  const addresses = new Set<string>();
  for (const [sourceKey, { day }] of largest) {
    const since = startOf(day);
    const found = new Set<string>();
    const query = { domain, since, until: since + dayMs, sourceKey, ...(unauthenticated ? { unauthenticated } : {}) };
    // oxlint-disable-next-line no-await-in-loop -- one source after another
    for await (const { row } of store.reports.rows(query)) {
      found.add(row.sourceIp);
      if (found.size >= maxAddresses) break;
    }
    for (const address of found) addresses.add(address);
  }
  return [...addresses];
}

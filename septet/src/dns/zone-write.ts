/** Zones as text that `readZone` reads back to an equal zone (RFC 1035 §5). */
import { labels, type DnsName } from './name.ts';
import { formatRdata, zoneName } from './rdata-text.ts';
import type { RrSet } from './rrset.ts';
import type { Zone } from './zone.ts';

/** The whole zone: `$ORIGIN`, the SOA, then every record on a line of its own, in the order of names (RFC 4034 §6.1). */
export function writeZone(zone: Zone): string {
  const lines = [`$ORIGIN ${zoneName(zone.origin)}`];
  const apex = zone.records.get(zone.origin);
  if (zone.soa) lines.push(...linesOf(zone.soa));
  if (apex) for (const set of apex.values()) if (set.type !== 'SOA') lines.push(...linesOf(set));
  for (const name of inOrder(zone.records.keys())) {
    if (name === zone.origin) continue;
    for (const set of zone.records.get(name)?.values() ?? []) lines.push(...linesOf(set));
  }
  return `${lines.join('\n')}\n`;
}

/** `www.example.com. 3600 IN A 192.0.2.1`, one line for each member. */
export function linesOf(set: RrSet): readonly string[] {
  const owner = zoneName(set.name);
  return set.data.map((data, i) => {
    const ttl = set.ttlsSeconds?.[i] ?? set.ttlSeconds;
    return `${owner} ${ttl} IN ${set.type} ${formatRdata(set.type, data)}`;
  });
}

function inOrder(names: Iterable<DnsName>): readonly DnsName[] {
  const keyed = [...names].map((name) => ({ name, key: labels(name).toReversed().join('\0') }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ name }) => name);
}

/** A zone as a value: what its file says, indexed by name and type. */
import { isAtOrBelow, parent, type DnsName } from './name.ts';
import type { RrSet, RrType } from './rrset.ts';

export interface Zone {
  /** The name of the zone (its apex). */
  readonly origin: DnsName;
  /** Absent when the text had none; such a zone can be asked but not served. */
  readonly soa?: RrSet<'SOA'>;
  /** Only names that own records. */
  readonly records: ReadonlyMap<DnsName, ReadonlyMap<RrType, RrSet>>;
  /** Names that exist without owning anything: those between the apex and an owner (RFC 4592 §2.2.2). */
  readonly emptyNonTerminals: ReadonlySet<DnsName>;
}

/**
 * Makes a zone from RRsets. Sets outside the origin are left out; a second set of one name and type replaces the first.
 * `bare` names exist although no set is known for them.
 */
export function makeZone(origin: DnsName, sets: Iterable<RrSet>, bare: Iterable<DnsName> = []): Zone {
  const records = new Map<DnsName, Map<RrType, RrSet>>();
  for (const set of sets) {
    if (!isAtOrBelow(set.name, origin)) continue;
    const types = records.get(set.name);
    if (types) types.set(set.type, set);
    else records.set(set.name, new Map([[set.type, set]]));
  }
  const emptyNonTerminals = new Set<DnsName>();
  const addAbove = (owner: DnsName): void => {
    if (owner === origin) return;
    for (let name = parent(owner); name !== origin; name = parent(name)) {
      if (emptyNonTerminals.has(name) || records.has(name)) return;
      emptyNonTerminals.add(name);
    }
  };
  for (const owner of records.keys()) addAbove(owner);
  for (const name of bare) {
    if (!isAtOrBelow(name, origin) || records.has(name) || name === origin) continue;
    addAbove(name);
    emptyNonTerminals.add(name);
  }
  const soa = records.get(origin)?.get('SOA') as RrSet<'SOA'> | undefined;
  return { origin, records, emptyNonTerminals, ...(soa ? { soa } : {}) };
}

/** One RRset of the zone. */
export function setOf<T extends RrType>(zone: Zone, name: DnsName, type: T): RrSet<T> | undefined {
  return zone.records.get(name)?.get(type) as RrSet<T> | undefined;
}

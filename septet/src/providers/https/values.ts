/** Records as APIs carry them, into RRsets and back: names relative to the zone, data in zone file form (RFC 1035 §5.1). */
import { parseName, relativeTo, under, type DnsName } from '../../dns/name.ts';
import { parseRdata } from '../../dns/rdata-text.ts';
import type { Rdata, RrSet, RrType } from '../../dns/rrset.ts';
import { ZoneScanner } from '../../dns/zone-scan.ts';
import { membersOf } from '../../change/change.ts';

/** One record of a host, read. */
export interface HostRecord {
  readonly name: DnsName;
  readonly type: RrType;
  readonly ttlSeconds: number;
  readonly data: Rdata<RrType>;
}

/** Something at a name that is not an RRset. `type` is the type under which the host keeps it. */
export interface Special {
  readonly name: DnsName;
  readonly type?: RrType | undefined;
  readonly what: string;
}

/** What a host holds, as far as it was asked. */
export interface LiveSets {
  readonly sets: readonly RrSet[];
  readonly special: readonly Special[];
}

/** Reads data in zone file form; names without a dot at the end stand below `origin`. `undefined` when it cannot be read. */
export function readData(type: RrType, text: string, origin: DnsName): Rdata<RrType> | undefined {
  let broken = false;
  const octets = Buffer.from(text, 'utf8').toString('latin1');
  const scanner = new ZoneScanner(octets, () => (broken = true));
  if (!scanner.next() || broken || scanner.position < octets.length || scanner.cutByComment >= 0) return undefined;
  const parsed = parseRdata(type, scanner.fields, origin);
  return parsed.ok ? parsed.data : undefined;
}

/** A name as APIs write it below its zone: `@` for the zone itself. */
export function shortName(name: DnsName, zone: DnsName): string {
  const short = relativeTo(name, zone);
  return short === undefined || short === '' ? '@' : short;
}

/** The other way round. */
export function longName(short: string, zone: DnsName): DnsName | undefined {
  return short === '@' || short === '' ? zone : under(short, zone);
}

/** A whole name, with or without the dot at its end. */
export function wholeName(text: string): DnsName | undefined {
  const parsed = parseName(text);
  return parsed.ok ? parsed.name : undefined;
}

/** Records of one name and type make one RRset, in the order in which they came. */
export function gather(records: readonly HostRecord[]): readonly RrSet[] {
  const groups = new Map<string, HostRecord[]>();
  for (const record of records) {
    const key = `${record.type} ${record.name}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [HostRecord, ...HostRecord[]];
    const ttls = group.map((record) => record.ttlSeconds);
    const ttlSeconds = Math.min(...ttls);
    return {
      name: first.name,
      type: first.type,
      ttlSeconds,
      data: group.map((record) => record.data),
      ...(ttls.every((ttl) => ttl === ttlSeconds) ? {} : { ttlsSeconds: ttls }),
    };
  });
}

/** One member in canonical form: equal texts are equal data, whatever the strings of a TXT are cut like. */
export function memberText(type: RrType, data: Rdata<RrType>): string {
  return membersOf({ name: '' as DnsName, type, ttlSeconds: 0, data: [data] })[0] ?? '';
}

/** What stands at the names, in the order of `sets`. */
export function atNames(live: LiveSets, names: readonly DnsName[]): LiveSets {
  const wanted = new Set(names);
  return {
    sets: live.sets.filter((set) => wanted.has(set.name)),
    special: live.special.filter((item) => wanted.has(item.name)),
  };
}

/** For a type that this program does not read. */
export function unread(name: DnsName, typeText: string, title: string, type?: RrType): Special {
  const what = `${title} keeps a record of type ${typeText.slice(0, 20)} here that Septet does not read. It stays as it is.`;
  return { name, type, what };
}

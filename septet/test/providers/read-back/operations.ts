/** What a printed form would do to a zone, told by reading it as its host does, and the zone that comes of it. */
import type { Change } from '../../../src/change/change.ts';
import { dnsName, type DnsName } from '../../../src/dns/name.ts';
import { formatRdata } from '../../../src/dns/rdata-text.ts';
import { txtText, type Mx, type Rdata, type RrSet, type RrType, type Txt } from '../../../src/dns/rrset.ts';

export type Operation =
  | { readonly kind: 'set'; readonly set: RrSet }
  | { readonly kind: 'delete'; readonly name: DnsName; readonly type: RrType }
  | {
      readonly kind: 'add';
      readonly name: DnsName;
      readonly type: RrType;
      readonly ttlSeconds: number;
      readonly data: Rdata<RrType>;
    }
  /** The member that one of the texts means; people see some texts in a notation. */
  | { readonly kind: 'remove'; readonly name: DnsName; readonly type: RrType; readonly anyOf: readonly string[] };

/** RRsets by `name type`: their TTL (undefined: whatever it was) and the meanings of their members. */
export type Zone = Map<string, { ttl: number | undefined; members: Set<string> }>;

export const meaning = (type: RrType, data: Rdata<RrType>): string =>
  type === 'TXT' ? txtText(data as Txt) : formatRdata(type, data);

export function zoneBefore(changes: readonly Change[]): Zone {
  return zoneOf(
    changes.flatMap(({ before }) => (before ? [before] : [])),
    () => undefined,
  );
}

export function zoneOf(sets: readonly RrSet[], ttlOf: (set: RrSet) => number | undefined): Zone {
  return new Map(
    sets.map((set) => [
      `${set.name} ${set.type}`,
      { ttl: ttlOf(set), members: new Set(set.data.map((data) => meaning(set.type, data))) },
    ]),
  );
}

/** Carries the operations out. Throws when one of them does not fit what stands there. */
export function carryOut(zone: Zone, operations: readonly Operation[]): Zone {
  for (const operation of operations) {
    const key =
      operation.kind === 'set' ? `${operation.set.name} ${operation.set.type}` : `${operation.name} ${operation.type}`;
    const found = zone.get(key);
    switch (operation.kind) {
      case 'set':
        zone.set(
          key,
          [...zoneOf([operation.set], (set) => set.ttlSeconds).values()][0] as { ttl: number; members: Set<string> },
        );
        break;
      case 'delete':
        if (!zone.delete(key)) throw new Error(`nothing to delete at ${key}`);
        break;
      case 'add': {
        const text = meaning(operation.type, operation.data);
        if (found?.members.has(text)) throw new Error(`${key} has ${JSON.stringify(text)} already`);
        zone.set(key, { ttl: operation.ttlSeconds, members: new Set([...(found?.members ?? []), text]) });
        break;
      }
      case 'remove': {
        const text = operation.anyOf.find((candidate) => found?.members.has(candidate));
        if (found === undefined || text === undefined)
          throw new Error(`${key} has none of ${JSON.stringify(operation.anyOf)}`);
        found.members.delete(text);
        if (found.members.size === 0) zone.delete(key);
      }
    }
  }
  return zone;
}

/** For assertions: plain, sorted. A TTL that no operation set is not compared. */
export const plainZone = (zone: Zone): readonly (readonly [string, readonly string[]])[] =>
  [...zone].map(([key, { members }]) => [key, [...members].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1));

/** `@`, `s1._domainkey`, below the zone. */
export const fromRelative = (name: string, zone: DnsName): DnsName =>
  name === '@' || name === '' ? zone : dnsName(`${name}.${zone}`);

/** The strings of zone file text, `"a" "b\"c\010"`; `base` is that of numeric escapes. */
export function fromQuoted(text: string, base: 8 | 10 = 10): Txt {
  const strings: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const match = /^"((?:[^"\\]|\\\d{3}|\\\D)*)"/.exec(text.slice(at));
    if (match === null) throw new Error(`not a quoted string: ${text.slice(at, at + 60)}`);
    const string = (match[1] ?? '').replaceAll(/\\(\d{3}|.)/g, (_, piece: string) =>
      piece.length === 3 ? String.fromCharCode(Number.parseInt(piece, base)) : piece,
    );
    if (string.length > 255) throw new Error(`a string of ${string.length} octets`);
    if (/[^\x20-\x7e]/.test(match[1] ?? '')) throw new Error('an octet that is not printable ASCII');
    strings.push(string);
    at += match[0].length;
  }
  if (strings.length === 0) throw new Error('no string');
  return { strings };
}

/** A name of which the form says that it ends with a dot. */
export function fromDotted(text: string): DnsName {
  if (!text.endsWith('.')) throw new Error(`${text} has no dot, so the host completes it`);
  return dnsName(text);
}

/** A name of which the form says that it has no dot. `.` is the root. */
export function fromUndotted(text: string): DnsName {
  if (text !== '.' && text.endsWith('.')) throw new Error(`${text} has a dot`);
  return dnsName(text);
}

export interface Reading {
  readonly target: (text: string) => DnsName;
  readonly txt: (text: string) => Txt;
}

/** Record data of separate fields: value and priority. */
export function fromFields(type: RrType, value: string, priority: number | undefined, reading: Reading): Rdata<RrType> {
  switch (type) {
    case 'A':
    case 'AAAA':
      return value as Rdata<RrType>;
    case 'CNAME':
      return reading.target(value) as Rdata<RrType>;
    case 'MX':
      if (priority === undefined || !Number.isInteger(priority)) throw new Error('an MX without a priority');
      return { preference: priority, exchange: reading.target(value) } satisfies Mx as Rdata<RrType>;
    case 'TXT':
      return reading.txt(value) as Rdata<RrType>;
    default:
      throw new Error(`${type} has no fields`);
  }
}

/** Record data as a zone file writes it, for types of a plan. */
export function fromZoneText(type: RrType, text: string, base: 8 | 10 = 10): Rdata<RrType> {
  const mx = /^(\d+) (\S+)$/.exec(text);
  if (type === 'MX')
    return fromFields(type, mx?.[2] ?? '', Number(mx?.[1]), { target: fromDotted, txt: (t) => fromQuoted(t, base) });
  return fromFields(type, text, undefined, { target: fromDotted, txt: (t) => fromQuoted(t, base) });
}

export const rawTxt = (text: string): Txt => ({ strings: [text] });

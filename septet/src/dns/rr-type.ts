/** Record types by name and number (RFC 3597 §5, IANA "Resource Record (RR) TYPEs"). */
import type { KnownType, RrType } from './rrset.ts';

const known: Readonly<Record<KnownType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
  SPF: 99,
  CAA: 257,
};

/** Types that have a name but no shape of their own here: they become `TYPE65` and the like. */
const named: Readonly<Record<string, number>> = {
  HINFO: 13,
  RP: 17,
  AFSDB: 18,
  LOC: 29,
  NAPTR: 35,
  CERT: 37,
  APL: 42,
  SSHFP: 44,
  IPSECKEY: 45,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  SMIMEA: 53,
  HIP: 55,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  EUI48: 108,
  EUI64: 109,
  URI: 256,
};

const byText = new Map<string, RrType>();
const byNumber = new Map<number, RrType>();
for (const [name, number] of Object.entries(known)) {
  byText.set(name, name as KnownType);
  byNumber.set(number, name as KnownType);
}
for (const [name, number] of Object.entries(named)) byText.set(name, `TYPE${number}`);

/** Whether the type has a shape of its own in `RdataByType`. */
export function isKnownType(type: RrType): type is KnownType {
  return Object.hasOwn(known, type);
}

/** The number on the wire, 0–65535. */
export function typeNumber(type: RrType): number {
  return isKnownType(type) ? known[type] : Number(type.slice(4));
}

/** The type with that number: `TXT` for 16, `TYPE65` for 65. */
export function typeOfNumber(number: number): RrType {
  return byNumber.get(number) ?? `TYPE${number}`;
}

/** Reads `TXT`, `txt`, `TYPE16`, `HTTPS`; `undefined` when there is no such type. */
export function typeFromText(text: string): RrType | undefined {
  const direct = byText.get(text);
  if (direct !== undefined) return direct;
  const upper = text.toUpperCase();
  const folded = byText.get(upper);
  if (folded !== undefined) return folded;
  const generic = /^TYPE(\d{1,5})$/.exec(upper);
  if (!generic) return undefined;
  const number = Number(generic[1]);
  return number <= 65535 ? typeOfNumber(number) : undefined;
}

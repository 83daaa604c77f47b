/**
 * UPDATE messages (RFC 2136 §2): a zone, what must be so, and what shall become of it. The server does all or nothing.
 */
import type { DnsName } from './name.ts';
import type { RrSet, RrType } from './rrset.ts';
import { typeNumber } from './rr-type.ts';
import { classIn } from './wire-types.ts';
import { Writer } from './wire-writer.ts';

export type Prerequisite =
  /** The RRset holds exactly these members, in any order, whatever the TTL (§2.4.2). */
  | { readonly kind: 'holds'; readonly set: RrSet }
  /** There is an RRset of the type, with whatever members (§2.4.1). */
  | { readonly kind: 'exists'; readonly name: DnsName; readonly type: RrType }
  /** There is no such RRset (§2.4.3). */
  | { readonly kind: 'absent'; readonly name: DnsName; readonly type: RrType }
  /** The name has no records at all (§2.4.5). */
  | { readonly kind: 'unused'; readonly name: DnsName };

export type Edit =
  /** All members go (§2.5.2). */
  | { readonly kind: 'delete'; readonly name: DnsName; readonly type: RrType }
  /** The members come to those that are there (§2.5.1). */
  | { readonly kind: 'add'; readonly set: RrSet };

export interface UpdateToEncode {
  /** 0–65535 */
  readonly id: number;
  readonly zone: DnsName;
  readonly prerequisites: readonly Prerequisite[];
  readonly edits: readonly Edit[];
}

const opcodeUpdate = 5; // §2.2
const classNone = 254; // §2.4.3
const classAny = 255; // RFC 1035 §3.2.5
const typeAny = 255;

export function encodeUpdate(update: UpdateToEncode): Buffer {
  const { id, zone, prerequisites, edits } = update;
  const writer = new Writer();
  writer.u16(id);
  writer.u16(opcodeUpdate << 11);
  writer.u16(1);
  writer.u16(prerequisites.reduce((sum, one) => sum + (one.kind === 'holds' ? one.set.data.length : 1), 0));
  writer.u16(edits.reduce((sum, one) => sum + (one.kind === 'add' ? one.set.data.length : 1), 0));
  writer.u16(0);
  writer.name(zone);
  writer.u16(typeNumber('SOA'));
  writer.u16(classIn);
  for (const one of prerequisites) {
    switch (one.kind) {
      case 'holds':
        writeMembers(writer, one.set, 0);
        break;
      case 'exists':
        writeEmpty(writer, one.name, typeNumber(one.type), classAny);
        break;
      case 'absent':
        writeEmpty(writer, one.name, typeNumber(one.type), classNone);
        break;
      case 'unused':
        writeEmpty(writer, one.name, typeAny, classNone);
        break;
    }
  }
  for (const one of edits) {
    if (one.kind === 'add') writeMembers(writer, one.set, one.set.ttlSeconds);
    else writeEmpty(writer, one.name, typeNumber(one.type), classAny);
  }
  return writer.finish();
}

function writeMembers(writer: Writer, set: RrSet, ttlSeconds: number): void {
  for (const data of set.data) writer.record({ name: set.name, type: set.type, ttlSeconds, data });
}

/** A record without data: TTL 0, RDLENGTH 0. */
function writeEmpty(writer: Writer, name: DnsName, type: number, recordClass: number): void {
  writer.name(name);
  writer.u16(type);
  writer.u16(recordClass);
  writer.u32(0);
  writer.u16(0);
}

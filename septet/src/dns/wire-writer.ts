/**
 * The opposite of `wire-reader.ts`: names with compression (RFC 1035 §4.1.4) and the data of every record type into
 * octets. Only names in types of RFC 1035 are compressed (RFC 3597 §4).
 */
import { parseAddress } from './address.ts';
import { labels, maxNameOctets, parent, type DnsName } from './name.ts';
import type { Rdata, RdataByType, RrType } from './rrset.ts';
import { isKnownType, typeNumber } from './rr-type.ts';
import { classIn, type WireRecord } from './wire-types.ts';

/** Writes a name without compression; answers where it ends. */
export function writeName(octets: Buffer, start: number, name: DnsName): number {
  let at = start;
  if (name !== '') {
    let lengthAt = at++;
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code === 46) {
        octets[lengthAt] = at - lengthAt - 1;
        lengthAt = at++;
      } else if (code === 92) {
        const next = name.charCodeAt(i + 1);
        if (next >= 48 && next <= 57) {
          octets[at++] = Number(name.slice(i + 1, i + 4));
          i += 3;
        } else {
          octets[at++] = next;
          i++;
        }
      } else {
        octets[at++] = code;
      }
    }
    octets[lengthAt] = at - lengthAt - 1;
  }
  octets[at++] = 0;
  return at;
}

const maxPointer = 0x3fff; // RFC 1035 §4.1.4: fourteen bits

/** Grows as it is written to. */
export class Writer {
  private buffer = Buffer.allocUnsafe(1024);
  private at = 0;
  private readonly places = new Map<DnsName, number>();

  private room(count: number): void {
    if (this.at + count <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + count));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  u8(value: number): void {
    this.room(1);
    this.buffer[this.at++] = value;
  }

  u16(value: number): void {
    this.room(2);
    this.at = this.buffer.writeUInt16BE(value, this.at);
  }

  u32(value: number): void {
    this.room(4);
    this.at = this.buffer.writeUInt32BE(value, this.at);
  }

  octets(value: Uint8Array): void {
    this.room(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** A 16-bit length and what `write` puts behind it. */
  block(write: () => void): void {
    const lengthAt = this.at;
    this.u16(0);
    write();
    this.buffer.writeUInt16BE(this.at - lengthAt - 2, lengthAt);
  }

  name(name: DnsName): void {
    let rest = name;
    for (const label of labels(name)) {
      const place = this.places.get(rest);
      if (place !== undefined) {
        this.u16(0xc000 | place);
        return;
      }
      if (this.at <= maxPointer) this.places.set(rest, this.at);
      this.room(maxNameOctets);
      this.at = writeName(this.buffer, this.at, label as DnsName) - 1;
      rest = parent(rest);
    }
    this.u8(0);
  }

  uncompressedName(name: DnsName): void {
    this.room(maxNameOctets);
    this.at = writeName(this.buffer, this.at, name);
  }

  record(record: WireRecord): void {
    this.name(record.name);
    this.u16(typeNumber(record.type));
    this.u16(classIn);
    this.u32(record.ttlSeconds);
    this.block(() => this.rdata(record.type, record.data));
  }

  private rdata(type: RrType, data: Rdata<RrType>): void {
    if (isKnownType(type)) (writers[type] as WriteData)(this, data);
    else this.octets(Buffer.from((data as { hex: string }).hex, 'hex'));
  }

  /** One octet of length, then the text, one octet a character; what is beyond 255 is cut off. */
  characterString(text: string): void {
    const octets = Buffer.from(text.slice(0, 255), 'latin1');
    this.u8(octets.length);
    this.octets(octets);
  }

  typeBitmap(types: readonly RrType[]): void {
    const windows = new Map<number, Buffer>();
    for (const number of types.map(typeNumber).sort((a, b) => a - b)) {
      const bits = windows.get(number >> 8) ?? Buffer.alloc(32);
      windows.set(number >> 8, bits);
      const place = (number & 255) >> 3;
      bits[place] = (bits[place] ?? 0) | (0x80 >> (number & 7));
    }
    for (const [window, bits] of windows) {
      const length = bits.findLastIndex((octet) => octet !== 0) + 1;
      this.u8(window);
      this.u8(length);
      this.octets(bits.subarray(0, length));
    }
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.at);
  }
}

type WriteData = (writer: Writer, data: unknown) => void;

const writers: { readonly [T in keyof RdataByType]: (writer: Writer, data: RdataByType[T]) => void } = {
  A: writeAddress,
  AAAA: writeAddress,
  CNAME: (writer, data) => writer.name(data),
  DNAME: (writer, data) => writer.uncompressedName(data),
  NS: (writer, data) => writer.name(data),
  PTR: (writer, data) => writer.name(data),
  MX: (writer, data) => {
    writer.u16(data.preference);
    writer.name(data.exchange);
  },
  TXT: writeStrings,
  SPF: writeStrings,
  SOA: (writer, data) => {
    writer.name(data.mname);
    writer.name(data.rname);
    for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) writer.u32(value);
  },
  CAA: (writer, data) => {
    writer.u8(data.flags);
    writer.characterString(data.tag);
    writer.octets(Buffer.from(data.value, 'latin1'));
  },
  TLSA: (writer, data) => {
    for (const value of [data.usage, data.selector, data.matchingType]) writer.u8(value);
    writer.octets(Buffer.from(data.data, 'hex'));
  },
  DS: (writer, data) => {
    writer.u16(data.keyTag);
    writer.u8(data.algorithm);
    writer.u8(data.digestType);
    writer.octets(Buffer.from(data.digest, 'hex'));
  },
  DNSKEY: (writer, data) => {
    writer.u16(data.flags);
    writer.u8(data.protocol);
    writer.u8(data.algorithm);
    writer.octets(Buffer.from(data.publicKey, 'base64'));
  },
  RRSIG: (writer, data) => {
    writer.u16(typeNumber(data.typeCovered));
    writer.u8(data.algorithm);
    writer.u8(data.labels);
    for (const value of [data.originalTtl, data.expiration, data.inception]) writer.u32(value);
    writer.u16(data.keyTag);
    writer.uncompressedName(data.signer);
    writer.octets(Buffer.from(data.signature, 'base64'));
  },
  NSEC: (writer, data) => {
    writer.uncompressedName(data.next);
    writer.typeBitmap(data.types);
  },
  SRV: (writer, data) => {
    for (const value of [data.priority, data.weight, data.port]) writer.u16(value);
    writer.uncompressedName(data.target);
  },
};

function writeAddress(writer: Writer, data: string): void {
  const address = parseAddress(data);
  if (address) writer.octets(address.octets);
}

function writeStrings(writer: Writer, data: RdataByType['TXT']): void {
  for (const text of data.strings) writer.characterString(text);
}

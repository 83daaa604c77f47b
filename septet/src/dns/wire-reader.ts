/**
 * A cursor over the octets of one message: names with compression (RFC 1035 §4.1.4) and the data of every record type.
 *
 * Foreign octets end in `Garbage`, which the callers in this folder turn into a `malformed` outcome; nothing else is
 * thrown. Every read is bounded by the message, every name by 255 octets, and a compression pointer must point to
 * before the place where its name began, so that no message can make the reader loop.
 */
import { formatAddress } from './address.ts';
import { maxNameOctets, octetText, root, type DnsName } from './name.ts';
import type { Rdata, RrType } from './rrset.ts';
import { typeOfNumber } from './rr-type.ts';

/** What a message did wrong, and where. Stays inside this folder. */
export class Garbage extends Error {
  override readonly name = 'Garbage';
}

/** Where names are put together; four characters for an octet at most (`\ddd`). Holds nothing between two calls. */
const scratch = Buffer.alloc(maxNameOctets * 4);

export class Reader {
  at = 0;
  readonly octets: Buffer;
  /** Reading stops here: the end of the message, or of the RDATA at hand. */
  end: number;

  constructor(octets: Buffer) {
    this.octets = octets;
    this.end = octets.length;
  }

  u8(): number {
    const at = this.at;
    if (at >= this.end) throw this.cutShort();
    this.at = at + 1;
    return this.octets[at] as number;
  }

  u16(): number {
    const at = this.at;
    if (at + 2 > this.end) throw this.cutShort();
    this.at = at + 2;
    return ((this.octets[at] as number) << 8) | (this.octets[at + 1] as number);
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  /** RFC 2181 §8: a TTL with the high bit set counts as 0. */
  ttl(): number {
    const value = this.u32();
    return value > 0x7fffffff ? 0 : value;
  }

  skip(count: number): void {
    if (this.at + count > this.end) throw this.cutShort();
    this.at += count;
  }

  /** Octets as text, one character each. */
  latin1(count: number): string {
    const from = this.at;
    this.skip(count);
    return this.octets.toString('latin1', from, this.at);
  }

  private take(count: number): Buffer {
    const from = this.at;
    this.skip(count);
    return this.octets.subarray(from, this.at);
  }

  /** The rest of the RDATA. */
  rest(encoding: 'hex' | 'base64' | 'latin1'): string {
    const from = this.at;
    this.at = this.end;
    return this.octets.toString(encoding, from, this.end);
  }

  /** Moves past a name without reading where a compression pointer leads. */
  skipName(): void {
    for (;;) {
      const length = this.u8();
      if (length === 0) return;
      if (length >= 0xc0) {
        this.skip(1);
        return;
      }
      if (length > 63) throw this.garbage('a label type that does not exist');
      this.skip(length);
    }
  }

  name(): DnsName {
    const octets = this.octets;
    const whole = octets.length;
    let at = this.at;
    let stop = this.end;
    let limit = at;
    let after = -1;
    let wire = 1;
    let out = 0;
    for (;;) {
      if (at >= stop) throw this.cutShort();
      const length = octets[at] as number;
      if (length === 0) {
        this.at = after < 0 ? at + 1 : after;
        return out === 0 ? root : (scratch.toString('latin1', 0, out) as DnsName);
      }
      if (length >= 0xc0) {
        if (at + 1 >= stop) throw this.cutShort();
        const target = ((length & 0x3f) << 8) | (octets[at + 1] as number);
        if (after < 0) after = at + 2;
        if (target >= limit) throw this.garbage('a compression pointer that does not point backwards');
        limit = target;
        at = target;
        stop = whole;
        continue;
      }
      if (length > 63) throw this.garbage('a label type that does not exist');
      wire += length + 1;
      if (wire > maxNameOctets) throw this.garbage('a name of more than 255 octets');
      at++;
      const labelEnd = at + length;
      if (labelEnd > stop) throw this.cutShort();
      if (out > 0) scratch[out++] = 46;
      for (; at < labelEnd; at++) {
        const octet = octets[at] as number;
        if (octet >= 97 && octet <= 122) scratch[out++] = octet;
        else if (octet >= 65 && octet <= 90) scratch[out++] = octet + 32;
        else if (octet > 32 && octet < 127 && octet !== 46 && octet !== 92) scratch[out++] = octet;
        else out += scratch.write(octetText(octet), out, 'latin1');
      }
    }
  }

  /** The data of one record whose RDATA has `length` octets from here; leaves the cursor behind it. */
  rdata(type: RrType, length: number): Rdata<RrType> {
    const outer = this.end;
    const stop = this.at + length;
    if (stop > outer) throw this.cutShort();
    this.end = stop;
    const data = this.fields(type);
    if (this.at !== stop) throw this.garbage(`${type} data with ${stop - this.at} octets too many`);
    this.end = outer;
    return data;
  }

  garbage(what: string): Garbage {
    return new Garbage(`${what}, at octet ${this.at}`);
  }

  private fields(type: RrType): Rdata<RrType> {
    switch (type) {
      case 'TXT':
      case 'SPF':
        return { strings: this.characterStrings() };
      case 'MX':
        return { preference: this.u16(), exchange: this.name() };
      case 'A':
        return `${this.u8()}.${this.u8()}.${this.u8()}.${this.u8()}`;
      case 'AAAA':
        return formatAddress({ family: 6, octets: this.take(16) });
      case 'CNAME':
      case 'DNAME':
      case 'NS':
      case 'PTR':
        return this.name();
      case 'SOA':
        return {
          mname: this.name(),
          rname: this.name(),
          serial: this.u32(),
          refresh: this.u32(),
          retry: this.u32(),
          expire: this.u32(),
          minimum: this.u32(),
        };
      case 'SRV':
        return { priority: this.u16(), weight: this.u16(), port: this.u16(), target: this.name() };
      case 'CAA': {
        const flags = this.u8();
        const tag = this.latin1(this.u8());
        return { flags, tag, value: this.rest('latin1') };
      }
      case 'TLSA':
        return { usage: this.u8(), selector: this.u8(), matchingType: this.u8(), data: this.rest('hex') };
      case 'DS':
        return { keyTag: this.u16(), algorithm: this.u8(), digestType: this.u8(), digest: this.rest('hex') };
      case 'DNSKEY':
        return { flags: this.u16(), protocol: this.u8(), algorithm: this.u8(), publicKey: this.rest('base64') };
      case 'RRSIG':
        return {
          typeCovered: typeOfNumber(this.u16()),
          algorithm: this.u8(),
          labels: this.u8(),
          originalTtl: this.u32(),
          // Serial numbers (RFC 4034 §3.1.5); read as they are, they name the present until 2106.
          expiration: this.u32(),
          inception: this.u32(),
          keyTag: this.u16(),
          signer: this.name(),
          signature: this.rest('base64'),
        };
      case 'NSEC':
        return { next: this.name(), types: this.typeBitmap() };
      default:
        return { hex: this.rest('hex') };
    }
  }

  private characterStrings(): readonly string[] {
    const octets = this.octets;
    const first = this.u8();
    let from = this.at;
    this.skip(first);
    const text = octets.toString('latin1', from, this.at);
    if (this.at === this.end) return [text];
    const strings = [text];
    while (this.at < this.end) {
      const length = this.u8();
      from = this.at;
      this.skip(length);
      strings.push(octets.toString('latin1', from, this.at));
    }
    return strings;
  }

  /** RFC 4034 §4.1.2. */
  private typeBitmap(): readonly RrType[] {
    const types: RrType[] = [];
    let previous = -1;
    while (this.at < this.end) {
      const window = this.u8();
      const length = this.u8();
      if (window <= previous) throw this.garbage('a type bitmap whose windows are out of order');
      if (length === 0 || length > 32) throw this.garbage('a type bitmap whose window has not 1 to 32 octets');
      previous = window;
      for (let i = 0; i < length; i++) {
        const octet = this.u8();
        for (let bit = 0; bit < 8; bit++) {
          if (octet & (0x80 >> bit)) types.push(typeOfNumber(window * 256 + i * 8 + bit));
        }
      }
    }
    return types;
  }

  private cutShort(): Garbage {
    return new Garbage(`the message ends inside a value, at octet ${this.at}`);
  }
}

/**
 * IP addresses as octets: reading, RFC 5952 text, networks (CIDR), reverse names, and what kind of address one is
 * (the special-purpose registries of RFC 6890). Needs no DNS; everything here is pure.
 */
import { dnsName, type DnsName } from './name.ts';

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 octets, in network order. */
  readonly octets: Uint8Array;
}

/** A network: the first `prefixLength` bits of `base` are fixed. Bits of `base` behind them may be set; they do not count. */
export interface Network {
  readonly base: IpAddress;
  /** 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefixLength: number;
}

/** The longest IPv6 text: eight groups of four, or six groups and a dotted quad. */
const maxAddressText = 45;

/** Reads an IPv4 or IPv6 address; see `parseIpv4` and `parseIpv6` for what is accepted. */
export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Exactly four decimal numbers from 0 to 255 without leading zeros: `192.0.2.1` (RFC 6943 §3.1.1, the strict form). */
export function parseIpv4(text: string): IpAddress | undefined {
  const octets = new Uint8Array(4);
  return readQuad(text, 0, octets, 0) ? { family: 4, octets } : undefined;
}

/** Any text form of RFC 4291 §2.2: full, with one `::`, with a dotted quad at the end. No zone id, no brackets. */
export function parseIpv6(text: string): IpAddress | undefined {
  if (text.length < 2 || text.length > maxAddressText) return undefined;
  const octets = new Uint8Array(16);
  let written = 0;
  /** Where the `::` stands, in octets; -1 as long as none was met. */
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return undefined;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (written > 14) return undefined;
    let value = 0;
    let digits = 0;
    let next = at;
    for (; next < text.length && digits < 5; next++, digits++) {
      const digit = hexDigit(text.charCodeAt(next));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (text.charCodeAt(next) === dot) {
      if (written > 12 || !readQuad(text, at, octets, written)) return undefined;
      written += 4;
      at = text.length;
      break;
    }
    if (digits === 0 || digits > 4) return undefined;
    octets[written++] = value >> 8;
    octets[written++] = value & 255;
    if (next === text.length) {
      at = next;
      break;
    }
    if (text.charCodeAt(next) !== colon) return undefined;
    at = next + 1;
    if (at === text.length) return undefined;
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return undefined;
      gap = written;
      at++;
    }
  }
  if (gap < 0) return written === 16 ? { family: 6, octets } : undefined;
  // `::` stands for at least one group (RFC 4291 §2.2).
  if (written > 14) return undefined;
  octets.copyWithin(16 - (written - gap), gap, written);
  octets.fill(0, gap, 16 - (written - gap));
  return { family: 6, octets };
}

/** Canonical text: a dotted quad, or RFC 5952 (with the dotted quad in IPv4-mapped addresses, §5). */
export function formatAddress(address: IpAddress): string {
  const { octets } = address;
  if (address.family === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`;
  const mapped = mappedIpv4(address);
  if (mapped) return `::ffff:${formatAddress(mapped)}`;
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8;) {
    let run = 0;
    while (i + run < 8 && group(octets, i + run) === 0) run++;
    if (run > bestLength) {
      bestStart = i;
      bestLength = run;
    }
    i += run + 1;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += group(octets, i).toString(16);
    }
  }
  return text;
}

/** The canonical text of an address in any accepted form, or `undefined`. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(address);
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2), else `undefined`. */
export function mappedIpv4(address: IpAddress): IpAddress | undefined {
  const { octets } = address;
  if (address.family !== 6 || octets[10] !== 255 || octets[11] !== 255) return undefined;
  for (let i = 0; i < 10; i++) if (octets[i] !== 0) return undefined;
  return { family: 4, octets: octets.slice(12) };
}

/** Whether both are the same address of the same family. */
export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && sharesPrefix(a.octets, b.octets, a.octets.length * 8);
}

/** Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone, which is a network of one. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!base) return undefined;
  const bits = base.octets.length * 8;
  if (slash < 0) return { base, prefixLength: bits };
  const length = text.slice(slash + 1);
  if (length.length < 1 || length.length > 3 || (length.length > 1 && length.startsWith('0'))) return undefined;
  let prefixLength = 0;
  for (let i = 0; i < length.length; i++) {
    const digit = length.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    prefixLength = prefixLength * 10 + digit;
  }
  return prefixLength <= bits ? { base, prefixLength } : undefined;
}

/** CIDR text of the network, with the bits behind the prefix cleared: `192.0.2.0/24`. */
export function formatNetwork(network: Network): string {
  const octets = network.base.octets.slice();
  for (let i = 0; i < octets.length; i++) {
    const fixed = network.prefixLength - i * 8;
    if (fixed < 8) octets[i] = fixed <= 0 ? 0 : (octets[i] ?? 0) & (0xff00 >> fixed) & 255;
  }
  return `${formatAddress({ family: network.base.family, octets })}/${network.prefixLength}`;
}

/** Whether the address lies in the network. Addresses of the other family never do. */
export function contains(network: Network, address: IpAddress): boolean {
  return (
    network.base.family === address.family && sharesPrefix(network.base.octets, address.octets, network.prefixLength)
  );
}

/** Where the PTR of the address lives: `1.2.0.192.in-addr.arpa` (RFC 1035 §3.5), nibbles in `ip6.arpa` (RFC 3596 §2.5). */
export function reverseName(address: IpAddress): DnsName {
  const { octets } = address;
  if (address.family === 4) return dnsName(`${octets[3]}.${octets[2]}.${octets[1]}.${octets[0]}.in-addr.arpa`);
  let text = '';
  for (let i = 15; i >= 0; i--) {
    const octet = octets[i] ?? 0;
    text += `${(octet & 15).toString(16)}.${(octet >> 4).toString(16)}.`;
  }
  return dnsName(`${text}ip6.arpa`);
}

/**
 * What kind of address it is, by the IANA special-purpose registries (RFC 6890 §2.2).
 * Everything but `public` cannot be reached from the Internet, or must not be used there.
 */
export type AddressClass =
  | 'public'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'cgnat'
  | 'documentation'
  | 'benchmarking'
  | 'multicast'
  /** Unique local IPv6 addresses (RFC 4193). */
  | 'ula'
  /** Addresses that carry an IPv4 address for a translator or tunnel: mapped, Teredo, 6to4, NAT64. */
  | 'transition'
  | 'unspecified'
  | 'reserved';

export function addressClass(address: IpAddress): AddressClass {
  return address.family === 4 ? classOfIpv4(address.octets) : classOfIpv6(address.octets);
}

function classOfIpv4(octets: Uint8Array): AddressClass {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  switch (a) {
    case 0:
      return b === 0 && c === 0 && d === 0 ? 'unspecified' : 'reserved';
    case 10:
      return 'private';
    case 100:
      return b >= 64 && b < 128 ? 'cgnat' : 'public'; // RFC 6598
    case 127:
      return 'loopback';
    case 169:
      return b === 254 ? 'link-local' : 'public'; // RFC 3927
    case 172:
      return b >= 16 && b < 32 ? 'private' : 'public'; // RFC 1918
    case 192:
      if (b === 168) return 'private';
      if (b === 0 && c === 2) return 'documentation'; // RFC 5737
      // 192.0.0.9 and .10 are anycast services that can be reached (RFC 7723, RFC 8155).
      if (b === 0 && c === 0) return d === 9 || d === 10 ? 'public' : 'reserved';
      return b === 88 && c === 99 ? 'reserved' : 'public'; // RFC 7526
    case 198:
      if (b === 18 || b === 19) return 'benchmarking'; // RFC 2544
      return b === 51 && c === 100 ? 'documentation' : 'public';
    case 203:
      return b === 0 && c === 113 ? 'documentation' : 'public';
    default:
      if (a < 224) return 'public';
      return a < 240 ? 'multicast' : 'reserved';
  }
}

function classOfIpv6(octets: Uint8Array): AddressClass {
  const first = group(octets, 0);
  const second = group(octets, 1);
  if (first >= 0x2000 && first <= 0x3fff) {
    if (first === 0x2001) {
      if (second === 0xdb8) return 'documentation'; // RFC 3849
      if (second === 0) return 'transition'; // Teredo, RFC 4380
      if (second === 2 && group(octets, 2) === 0) return 'benchmarking'; // RFC 5180
      return second < 0x200 ? 'reserved' : 'public'; // IETF protocol assignments, RFC 2928
    }
    if (first === 0x2002) return 'transition'; // 6to4, RFC 3056
    return first === 0x3fff && second < 0x1000 ? 'documentation' : 'public'; // RFC 9637
  }
  if (first === 0) {
    let leading = 1;
    while (leading < 8 && group(octets, leading) === 0) leading++;
    if (leading === 8) return 'unspecified';
    if (leading === 7 && group(octets, 7) === 1) return 'loopback';
    return leading === 5 && group(octets, 5) === 0xffff ? 'transition' : 'reserved';
  }
  if (first === 0x64 && second === 0xff9b) return 'transition'; // NAT64, RFC 6052, RFC 8215
  if (first >= 0xfc00 && first <= 0xfdff) return 'ula';
  if (first >= 0xfe80 && first <= 0xfebf) return 'link-local';
  if (first >= 0xfec0 && first <= 0xfeff) return 'private'; // site-local, deprecated by RFC 3879
  return first >= 0xff00 ? 'multicast' : 'reserved';
}

const colon = 58;
const dot = 46;

function group(octets: Uint8Array, index: number): number {
  return ((octets[index * 2] ?? 0) << 8) | (octets[index * 2 + 1] ?? 0);
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Reads a dotted quad that fills `text` from `from` to its end. */
function readQuad(text: string, from: number, into: Uint8Array, offset: number): boolean {
  if (text.length - from < 7 || text.length - from > 15) return false;
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = from; i <= text.length; i++) {
    const code = i === text.length ? dot : text.charCodeAt(i);
    if (code === dot) {
      if (digits === 0 || value > 255 || part > 3) return false;
      into[offset + part++] = value;
      value = 0;
      digits = 0;
      continue;
    }
    const digit = code - 48;
    if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
  }
  return part === 4;
}

function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (((a[whole] ?? 0) ^ (b[whole] ?? 0)) & (0xff00 >> rest) & 255) === 0;
}

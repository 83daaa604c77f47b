/**
 * IP addresses and networks as integers, so that a comparison is an exclusive-or and a mask.
 *
 * An IPv4 address is one signed 32-bit integer, an IPv6 address four of them, the most significant first. Signed, because
 * JavaScript's bit operators are; `>>> 0` shows the unsigned value.
 */

/** An address of either family. For IPv4 the number is in `a` and the other words are 0. */
export interface Address {
  readonly family: 4 | 6;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export const ip4Bits = 32;
export const ip6Bits = 128;

/** Reads a dotted quad between two offsets: four decimal numbers without leading zeros (RFC 7208 §12 `qnum`). −1 when it is none. */
export function parseIp4(text: string, from = 0, to = text.length): number {
  let value = 0;
  let octets = 0;
  let octet = -1;
  if (to - from > 15) return -1;
  for (let i = from; i <= to; i++) {
    const code = i < to ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octets++;
      octet = -1;
    } else {
      const digit = code - 48;
      if (digit < 0 || digit > 9 || octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    }
  }
  return octets === 4 ? value : -1;
}

const words = new Int32Array(4);
const groups = new Uint16Array(8);

/**
 * Reads an IPv6 address (RFC 4291 §2.2: `::` once, an IPv4 tail allowed). Zone identifiers are refused.
 * Answers a shared buffer of four words, which the next call overwrites; `undefined` when it is none.
 */
export function parseIp6(text: string, from = 0, to = text.length): Int32Array | undefined {
  if (to - from < 2 || to - from > 45) return undefined;
  let count = 0;
  let gap = -1;
  let i = from;
  if (text.charCodeAt(i) === 58) {
    if (text.charCodeAt(i + 1) !== 58) return undefined;
    gap = 0;
    i += 2;
  }
  while (i < to) {
    const start = i;
    let group = 0;
    let code = 0;
    while (i < to) {
      code = text.charCodeAt(i);
      const digit = hexDigit(code);
      if (digit < 0) break;
      group = group * 16 + digit;
      i++;
      if (i - start > 4) return undefined;
    }
    if (i < to && code === 46) {
      const tail = parseIp4(text, start, to);
      if (tail < 0 || count > 6) return undefined;
      groups[count++] = tail >>> 16;
      groups[count++] = tail & 0xffff;
      i = to;
      break;
    }
    if (i === start || count === 8) return undefined;
    groups[count++] = group;
    if (i === to) break;
    if (code !== 58) return undefined;
    i++;
    if (i === to) return undefined;
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return undefined;
      gap = count;
      i++;
    }
  }
  if (gap < 0) {
    if (count !== 8) return undefined;
  } else {
    if (count === 8) return undefined;
    const move = count - gap;
    for (let k = 0; k < move; k++) groups[7 - k] = groups[count - 1 - k] ?? 0;
    for (let k = gap; k < 8 - move; k++) groups[k] = 0;
  }
  for (let k = 0; k < 4; k++) words[k] = ((groups[2 * k] ?? 0) << 16) | (groups[2 * k + 1] ?? 0);
  return words;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/**
 * Reads an address as a connection shows it. An IPv4-mapped IPv6 address is the IPv4 address inside it (RFC 7208 §5).
 * `undefined` for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const six = parseIp6(text);
    if (!six) return undefined;
    const a = six[0] ?? 0;
    const b = six[1] ?? 0;
    const c = six[2] ?? 0;
    const d = six[3] ?? 0;
    if (a === 0 && b === 0 && c === 0xffff) return { family: 4, a: d, b: 0, c: 0, d: 0 };
    return { family: 6, a, b, c, d };
  }
  const four = parseIp4(text);
  return four < 0 ? undefined : { family: 4, a: four | 0, b: 0, c: 0, d: 0 };
}

/** The mask of one 32-bit word that lies `before` bits behind the start of the address, for a prefix of `prefix` bits. */
export function wordMask(prefix: number, before = 0): number {
  const bits = prefix - before;
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

export function formatIp4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Canonical text (RFC 5952): lower case, the longest run of two or more zero groups as `::`. */
export function formatIp6(a: number, b: number, c: number, d: number): string {
  const parts = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && parts[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
    i += length;
  }
  const hex = parts.map((part) => part.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIp4(address.a) : formatIp6(address.a, address.b, address.c, address.d);
}

/** What `%{i}` stands for: dotted quad, or the 32 nibbles with dots between (RFC 7208 §7.3). */
export function dottedForm(address: Address): string {
  if (address.family === 4) return formatIp4(address.a);
  let out = '';
  for (const word of [address.a, address.b, address.c, address.d]) {
    for (let shift = 28; shift >= 0; shift -= 4) {
      out += (out === '' ? '' : '.') + ((word >>> shift) & 15).toString(16).toUpperCase();
    }
  }
  return out;
}

/**
 * Sets of addresses as sorted, disjoint, never touching ranges: IPv4 in numbers, IPv6 in bigints. A network is a range,
 * and a set goes back into the fewest networks that hold it exactly.
 */
import { formatIp4, formatIp6, ip4Bits, ip6Bits } from './address.ts';
import type { Ip4Term, Ip6Term } from './term.ts';

/** Both ends inclusive, unsigned. */
export type Range<N extends number | bigint> = readonly [first: N, last: N];

export interface AddressSet {
  readonly v4: readonly Range<number>[];
  readonly v6: readonly Range<bigint>[];
}

const last4 = 2 ** ip4Bits - 1;
const last6 = (1n << BigInt(ip6Bits)) - 1n;

export const nobody: AddressSet = { v4: [], v6: [] };
export const everybody: AddressSet = { v4: [[0, last4]], v6: [[0n, last6]] };
export const allIp4: AddressSet = { v4: everybody.v4, v6: [] };
export const allIp6: AddressSet = { v4: [], v6: everybody.v6 };

/** How to step within one family. */
interface Step<N extends number | bigint> {
  readonly next: (value: N) => N;
  readonly previous: (value: N) => N;
}
const step4: Step<number> = { next: (value) => value + 1, previous: (value) => value - 1 };
const step6: Step<bigint> = { next: (value) => value + 1n, previous: (value) => value - 1n };

export function isEmpty(set: AddressSet): boolean {
  return set.v4.length === 0 && set.v6.length === 0;
}

export function unite(...sets: readonly AddressSet[]): AddressSet {
  const some = sets.filter((set) => !isEmpty(set));
  if (some.length < 2) return some[0] ?? nobody;
  return {
    v4: joined(
      some.flatMap((set) => set.v4),
      step4,
    ),
    v6: joined(
      some.flatMap((set) => set.v6),
      step6,
    ),
  };
}

export function subtract(from: AddressSet, what: AddressSet): AddressSet {
  if (isEmpty(from) || isEmpty(what)) return from;
  return { v4: without(from.v4, what.v4, step4), v6: without(from.v6, what.v6, step6) };
}

export function intersect(a: AddressSet, b: AddressSet): AddressSet {
  if (isEmpty(a) || isEmpty(b)) return nobody;
  return { v4: common(a.v4, b.v4), v6: common(a.v6, b.v6) };
}

/** Whether every address of `part` is in `whole`. */
export function isWithin(part: AddressSet, whole: AddressSet): boolean {
  return isEmpty(subtract(part, whole));
}

export function sameSet(a: AddressSet, b: AddressSet): boolean {
  return sameRanges(a.v4, b.v4) && sameRanges(a.v6, b.v6);
}

function sameRanges<N extends number | bigint>(a: readonly Range<N>[], b: readonly Range<N>[]): boolean {
  return a.length === b.length && a.every(([first, last], i) => first === b[i]?.[0] && last === b[i]?.[1]);
}

function joined<N extends number | bigint>(ranges: readonly Range<N>[], step: Step<N>): readonly Range<N>[] {
  const sorted = ranges.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: Range<N>[] = [];
  let open: Range<N> | undefined;
  for (const range of sorted) {
    if (open === undefined) open = range;
    else if (range[0] <= step.next(open[1])) {
      if (range[1] > open[1]) open = [open[0], range[1]];
    } else {
      out.push(open);
      open = range;
    }
  }
  if (open !== undefined) out.push(open);
  return out;
}

function without<N extends number | bigint>(
  from: readonly Range<N>[],
  what: readonly Range<N>[],
  step: Step<N>,
): readonly Range<N>[] {
  const out: Range<N>[] = [];
  let at = 0;
  for (const [first, last] of from) {
    let start = first;
    let gone = false;
    while (at < what.length && (what[at] as Range<N>)[1] < start) at++;
    for (let k = at; k < what.length; k++) {
      const hole = what[k] as Range<N>;
      if (hole[0] > last) break;
      if (hole[0] > start) out.push([start, step.previous(hole[0])]);
      if (hole[1] >= last) {
        gone = true;
        break;
      }
      start = step.next(hole[1]);
    }
    if (!gone) out.push([start, last]);
  }
  return out;
}

function common<N extends number | bigint>(a: readonly Range<N>[], b: readonly Range<N>[]): readonly Range<N>[] {
  const out: Range<N>[] = [];
  let i = 0;
  let k = 0;
  while (i < a.length && k < b.length) {
    const [first, last] = a[i] as Range<N>;
    const [from, to] = b[k] as Range<N>;
    if (first <= to && from <= last) out.push([first > from ? first : from, last < to ? last : to]);
    if (last < to) i++;
    else k++;
  }
  return out;
}

/** The network of an IPv4 address (signed or unsigned) with this prefix length; host bits are dropped. */
export function network4(address: number, prefix: number): AddressSet {
  const size = 2 ** (ip4Bits - prefix);
  const unsigned = address >>> 0;
  const first = unsigned - (unsigned % size);
  return { v4: [[first, first + size - 1]], v6: [] };
}

/** The network of an IPv6 address, given as four words with the most significant first. */
export function network6(words: readonly number[] | Int32Array, prefix: number): AddressSet {
  const hosts = BigInt(ip6Bits - prefix);
  const first = (wordsToBigint(words) >> hosts) << hosts;
  return { v4: [], v6: [[first, first + (1n << hosts) - 1n]] };
}

export function networkOf(term: Ip4Term | Ip6Term): AddressSet {
  return term.kind === 'ip4' ? network4(term.address, term.prefix) : network6(term.address, term.prefix);
}

export function wordsToBigint(words: readonly number[] | Int32Array): bigint {
  let value = 0n;
  for (const word of words) value = (value << 32n) | BigInt(word >>> 0);
  return value;
}

/** Whether the set holds the address: an unsigned number for IPv4, a bigint for IPv6. */
export function holdsAddress(set: AddressSet, address: number | bigint): boolean {
  return typeof address === 'number' ? inRanges(set.v4, address) : inRanges(set.v6, address);
}

function inRanges<N extends number | bigint>(ranges: readonly Range<N>[], value: N): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [first, last] = ranges[middle] as Range<N>;
    if (value < first) high = middle;
    else if (value > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The address as canonical text. */
export function addressText(address: number | bigint): string {
  if (typeof address === 'number') return formatIp4(address);
  const word = (shift: bigint): number => Number(BigInt.asIntN(32, address >> shift));
  return formatIp6(word(96n), word(64n), word(32n), word(0n));
}

/**
 * The fewest SPF mechanisms that match exactly this set, without qualifier, IPv4 first and then by address:
 * `ip4:192.0.2.0/24`, `ip6:2001:db8::/32`, and without a prefix for a single address.
 */
export function mechanismsOf(set: AddressSet): readonly string[] {
  const out: string[] = [];
  for (const [first, last] of set.v4) {
    let at = first;
    while (at <= last) {
      let size = 1;
      let prefix = ip4Bits;
      while (prefix > 0 && at % (size * 2) === 0 && at + size * 2 - 1 <= last) {
        size *= 2;
        prefix--;
      }
      out.push(`ip4:${addressText(at)}${prefix === ip4Bits ? '' : `/${prefix}`}`);
      at += size;
    }
  }
  for (const [first, last] of set.v6) {
    let at = first;
    while (at <= last) {
      let size = 1n;
      let prefix = ip6Bits;
      while (prefix > 0 && (at & (size * 2n - 1n)) === 0n && at + size * 2n - 1n <= last) {
        size *= 2n;
        prefix--;
      }
      out.push(`ip6:${addressText(at)}${prefix === ip6Bits ? '' : `/${prefix}`}`);
      at += size;
    }
  }
  return out;
}

/**
 * Whether a PTR name looks as the owner of the address range made it, and not as somebody who runs a mail server named
 * it: the address is in it, or words such as `dynamic` and `pool`. GMX and WEB.DE refuse most such hosts.
 */
import type { IpAddress } from '../../dns/address.ts';
import { isAtOrBelow, labels, type DnsName } from '../../dns/name.ts';

/** Words that access and hosting providers put into the names of whole ranges. */
const rangeWords: ReadonlySet<string> = new Set(
  (
    'static dynamic dyn dynip dhcp pool ppp pppoe dialup dialin dsl adsl vdsl xdsl cable cpe fiber ftth broadband ' +
    'cust customer customers client clients user users unassigned unallocated unknown reverse rdns ip ipv4 ipv6 vps kvm ' +
    'compute ec2 mobile lte'
  ).split(' '),
);

/** The part of the name that gives it away, or `undefined`. Names of the sender's own domain are judged by digits only. */
export function genericPart(name: DnsName, address: IpAddress, own?: DnsName): string | undefined {
  const digits = address.family === 4 ? ipv4In(name, address.octets) : ipv6In(name, address.octets);
  if (digits !== undefined || (own !== undefined && isAtOrBelow(name, own))) return digits;
  // The registrable part is a brand (`static.net`), not a description.
  const parts = labels(name);
  for (const label of parts.slice(0, Math.max(0, parts.length - 2))) {
    for (const word of label.split(/[-_\d]+/)) if (rangeWords.has(word)) return word;
  }
  return undefined;
}

function ipv4In(name: string, octets: Uint8Array): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const orders = [
    [a, b, c, d],
    [d, c, b, a],
  ];
  const hex = orders.map((order) => order.map((octet) => octet.toString(16).padStart(2, '0')).join(''));
  for (const run of name.matchAll(/[0-9a-f]{8,}/g)) {
    const found = hex.find((text) => run[0].includes(text));
    if (found !== undefined && /\d/.test(found)) return found;
  }
  const numbers = [...name.matchAll(/\d+/g)];
  for (let i = 0; i + 3 < numbers.length; i++) {
    const four = numbers.slice(i, i + 4);
    const [first, last] = [four[0], four[3]];
    if (!first || !last) continue;
    const part = name.slice(first.index, last.index + last[0].length);
    if (!/^\d+(?:[-._x]\d+){3}$/.test(part)) continue;
    const values = four.map((match) => Number(match[0]));
    if (orders.some((order) => order.every((octet, at) => octet === values[at]))) return part;
  }
  const padded = orders.map((order) => order.map((octet) => String(octet).padStart(3, '0')).join(''));
  return padded.find((text) => name.includes(text));
}

function ipv6In(name: string, octets: Uint8Array): string | undefined {
  const nibbles = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  const plain = name.replaceAll(/[-._:]/g, '');
  // The lower half is enough, when it is not mostly zeros.
  const lower = nibbles.slice(16);
  const reversed = [...lower].reverse().join('');
  if (plain.includes(nibbles)) return nibbles;
  if (lower.replaceAll('0', '').length >= 6 && (plain.includes(lower) || plain.includes(reversed))) return lower;
  const groups: string[] = [];
  for (let i = 0; i < 32; i += 4) groups.push(Number.parseInt(nibbles.slice(i, i + 4), 16).toString(16));
  const dashed = groups.slice(0, 4).join('-');
  return name.includes(`${dashed}-`) ? dashed : undefined;
}

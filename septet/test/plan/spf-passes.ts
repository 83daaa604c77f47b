/**
 * Who passes an SPF record, address by address: the judge is `check_host()` (`evaluate.ts`, held by the RFC 7208 suite),
 * and where a network begins or ends is read from the texts here, without the code that merges.
 */
import { formatAddress, parseAddress } from '../../src/dns/address.ts';
import { parseName, type DnsName } from '../../src/dns/name.ts';
import { dataOf, txtText, type Answer, type RrType, type Txt } from '../../src/dns/rrset.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import { evaluate } from '../../src/records/spf/evaluate.ts';

export const isSpf = (text: string): boolean => /^v=spf1(?: |$)/i.test(text);

/** The world with other TXT texts at one name. */
export function withTexts(source: Source, name: DnsName, texts: readonly string[]): Source {
  const data: readonly Txt[] = texts.map((text) => ({ strings: [text] }));
  const base = { name, type: 'TXT', server: 'test', chain: [], dnssec: 'unknown' } as const;
  const made: Answer<'TXT'> =
    data.length === 0
      ? { ...base, kind: 'nodata', negativeTtlSeconds: 0 }
      : { ...base, kind: 'found', set: { name, type: 'TXT', ttlSeconds: 0, data } };
  return <T extends RrType>(of: DnsName, type: T): Answer<T> | undefined =>
    of === name && type === 'TXT' ? (made as unknown as Answer<T>) : source(of, type);
}

/** `pass`, `softfail`…, and `permerror` with what it is about. */
export function verdict(ip: string, domain: DnsName, source: Source): string {
  const result = evaluate({ ip, mailFrom: `postmaster@${domain}`, helo: domain }, source);
  if (result.kind !== 'result') throw new Error(`${domain}: a question was left open`);
  return result.result;
}

const mostRecords = 200;

/** The first and the last address of every network that the record at a name names, and those just outside. */
export function edges(name: DnsName, source: Source, into: Set<string>, seen = new Set<string>()): void {
  if (seen.has(name) || seen.size > mostRecords) return;
  seen.add(name);
  const answer = source(name, 'TXT');
  for (const text of answer ? dataOf(answer).map(txtText).filter(isSpf) : []) edgesOf(text, name, source, into, seen);
}

function edgesOf(text: string, name: DnsName, source: Source, into: Set<string>, seen: Set<string>): void {
  for (const term of text.split(' ').slice(1)) {
    const [, kind = '', rest = ''] = /^[+~?-]?([a-z0-9]+)(.*)$/i.exec(term) ?? [];
    const [, target = '', four, six] = /^[:=]?([^/]*)(?:\/(\d+))?(?:\/\/(\d+))?$/.exec(rest) ?? [];
    switch (kind.toLowerCase()) {
      case 'ip4':
      case 'ip6': {
        const [address = '', prefix] = rest.slice(1).split('/');
        network(address, prefix, into);
        break;
      }
      case 'include':
      case 'redirect': {
        const parsed = parseName(target);
        if (parsed.ok) edges(parsed.name, source, into, seen);
        break;
      }
      case 'a':
      case 'mx': {
        const parsed = target === '' ? { ok: true as const, name } : parseName(target);
        if (!parsed.ok) break;
        const hosts = kind.toLowerCase() === 'a' ? [parsed.name] : exchanges(parsed.name, source);
        for (const host of hosts) {
          for (const at of addresses(host, 'A', source)) network(at, four, into);
          for (const at of addresses(host, 'AAAA', source)) network(at, six, into);
        }
      }
    }
  }
}

const exchanges = (name: DnsName, source: Source): readonly DnsName[] => {
  const answer = source(name, 'MX');
  return answer ? dataOf(answer).map(({ exchange }) => exchange) : [];
};

const addresses = (name: DnsName, type: 'A' | 'AAAA', source: Source): readonly string[] => {
  const answer = source(name, type);
  return answer ? dataOf(answer) : [];
};

function network(text: string, prefix: string | undefined, into: Set<string>): void {
  const parsed = parseAddress(text);
  if (!parsed || (prefix !== undefined && !/^\d+$/.test(prefix))) return;
  const { family, octets } = parsed;
  const bits = octets.length * 8;
  const value = octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  const hosts = BigInt(bits - (prefix === undefined ? bits : Math.min(Number(prefix), bits)));
  const first = (value >> hosts) << hosts;
  const last = first + (1n << hosts) - 1n;
  for (const at of [first - 1n, first, value, last, last + 1n]) {
    if (at < 0n || at >> BigInt(bits) > 0n) continue;
    const moved = octets.map((_, i) => Number((at >> BigInt(bits - 8 - 8 * i)) & 255n));
    into.add(formatAddress({ family, octets: moved }));
  }
}

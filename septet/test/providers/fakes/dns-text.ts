/** What fakes need to know of DNS text, written apart from the program: strings in quotes, names, addresses. */
import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import type { DnsName } from '../../../src/dns/name.ts';
import type { RrSet, RrType } from '../../../src/dns/rrset.ts';
import { readZone } from '../../../src/dns/zone-read.ts';

/** One or more strings in quotes with one blank between, each of at most 255 octets; their octets, else `undefined`. */
export function quotedStrings(text: string, radix: 8 | 10): readonly string[] | undefined {
  const out: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (out.length > 0 && text[at++] !== ' ') return undefined;
    if (text[at++] !== '"') return undefined;
    let octets = '';
    for (;;) {
      const char = text[at++];
      if (char === undefined) return undefined;
      if (char === '"') break;
      if (char !== '\\') octets += char;
      else if (/^\d{3}/.test(text.slice(at, at + 3))) {
        const code = Number.parseInt(text.slice(at, at + 3), radix);
        if (!(code <= 255)) return undefined;
        octets += String.fromCharCode(code);
        at += 3;
      } else octets += text[at++] ?? '';
    }
    if (octets.length > 255) return undefined;
    out.push(octets);
  }
  return out.length === 0 ? undefined : out;
}

const label = '(?:[a-z0-9_*](?:[a-z0-9_-]{0,61}[a-z0-9_])?)';
const nameForm = new RegExp(`^(?:${label}\\.)*${label}$`, 'i');

/** A host name without a dot at its end. */
export const isName = (text: string): boolean => text.length <= 253 && nameForm.test(text);
export const isNameWithDot = (text: string): boolean =>
  text.endsWith('.') && (text === '.' || isName(text.slice(0, -1)));

/** Data in zone file form of the types that mail needs; names with or without a dot. */
export function isData(type: string, text: string, radix: 8 | 10 = 10): boolean {
  const name = (one: string): boolean => isName(one) || isNameWithDot(one);
  switch (type) {
    case 'A':
      return isIPv4(text);
    case 'AAAA':
      return isIPv6(text);
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return name(text);
    case 'MX': {
      const [, preference, exchange = ''] = /^(\d{1,5}) (\S+)$/.exec(text) ?? [];
      return Number(preference) <= 65535 && name(exchange);
    }
    case 'TXT':
      return quotedStrings(text, radix) !== undefined;
    default:
      return text.length > 0;
  }
}

/** What a name server would serve of the lines of a zone file. */
export function served(lines: readonly string[], zone: string, name: DnsName, type: RrType): RrSet | undefined {
  const soa = `@ 3600 IN SOA ns1.${zone}. hostmaster.${zone}. 1 7200 3600 1209600 3600`;
  const text = [`$ORIGIN ${zone}.`, soa, `@ 3600 IN NS ns1.fake.test.`, ...lines].join('\n');
  const read = readZone(text, { file: 'fake' });
  assert.equal(read.kind, 'good', JSON.stringify(read));
  return read.kind === 'good' ? read.zone.records.get(name)?.get(type) : undefined;
}

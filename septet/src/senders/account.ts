/**
 * The values of one configured sender, read for the needs that follow from them. The configuration has checked their
 * form; what only shows together with the domain (a name that grows too long, an address that is none) becomes a fault
 * here, in words for the person who wrote the value.
 */
import { formatAddress, formatNetwork, parseAddress, parseNetwork, type IpAddress } from '../dns/address.ts';
import { isAtOrBelow, parseDomain, parseName, under, type DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';
import type { SenderNote } from './needs.ts';

/** One sender while its needs are gathered. `faults` and `notes` are filled on the way. */
export interface Account {
  readonly domain: DnsName;
  /** For a person: `Amazon SES`. */
  readonly title: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: string[];
  readonly notes: SenderNote[];
}

/** Text of a person inside a sentence: short, and without characters that a terminal would obey. */
export function shown(text: string): string {
  return `"${plainLine(text)}"`;
}

/** As `shown`, without quotes. */
export function plainLine(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e\u00a0-\ud7ff]/g, '?');
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain;
}

/** A text without the blanks around it; absent when empty. */
export function textOf(account: Account, key: string): string | undefined {
  return plainText(account.values[key]);
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

/** A list of texts; one text alone is a list of one. */
export function textsOf(account: Account, key: string): readonly string[] {
  const value = account.values[key];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((one) => plainText(one) ?? []);
}

export function flagOf(account: Account, key: string): boolean | undefined {
  const value = account.values[key];
  return typeof value === 'boolean' ? value : undefined;
}

/** A host name, in full. */
export function hostOf(account: Account, key: string): DnsName | undefined {
  const text = textOf(account, key);
  return text === undefined ? undefined : hostName(account, key, text);
}

export function hostName(account: Account, key: string, text: string): DnsName | undefined {
  const parsed = parseDomain(text);
  if (parsed.ok) return parsed.name;
  const meant = parsed.meant === undefined ? '' : ` Did you mean ${parsed.meant}?`;
  account.faults.push(`${account.title}: ${shown(text)} in ${key} is not a host name.${meant}`);
  return undefined;
}

/** A name in front of the domain. A person may also write it in full. `usual` stands in for an absent value. */
export function belowOf(account: Account, key: string, usual?: string): DnsName | undefined {
  const text = textOf(account, key) ?? usual;
  return text === undefined ? undefined : nameBelow(account, key, text, account.domain);
}

export function nameBelow(account: Account, key: string, text: string, top: DnsName): DnsName | undefined {
  const given = parseDomain(text);
  if (given.ok) {
    const full = given.name !== top && isAtOrBelow(given.name, top);
    const name = full ? given.name : under(given.name, top);
    if (name !== undefined && name !== top && given.name !== top) return name;
  }
  account.faults.push(
    given.ok && given.name !== top
      ? `${account.title}: ${key} and ${top} together are longer than a domain name may be (253 characters).`
      : `${account.title}: ${shown(text)} in ${key} cannot stand in front of ${top}. Write a label such as "bounce".`,
  );
  return undefined;
}

/** An address, or a network of several, from which the sender connects. */
export interface Source {
  /** `ip4:192.0.2.10`, `ip6:2001:db8::/48`: canonical text. */
  readonly mechanism: string;
  /** One host; absent for a network. */
  readonly address?: { readonly type: 'A' | 'AAAA'; readonly text: string };
}

export function sourcesOf(account: Account, key: string): readonly Source[] {
  const sources = new Map<string, Source>();
  for (const text of textsOf(account, key)) {
    const source = sourceOf(text.replace(/^ip[46]:/i, ''));
    if (source) sources.set(source.mechanism, source);
    else {
      account.faults.push(
        `${account.title}: ${shown(text)} in ${key} is neither an address (192.0.2.10, 2001:db8::10) nor a network (192.0.2.0/24).`,
      );
    }
  }
  return [...sources.values()];
}

function sourceOf(text: string): Source | undefined {
  const single = parseAddress(text);
  if (single) return hostSource(single);
  const network = parseNetwork(text);
  if (!network) return undefined;
  if (network.prefixLength === network.base.octets.length * 8) return hostSource(network.base);
  return { mechanism: `${network.base.family === 4 ? 'ip4' : 'ip6'}:${formatNetwork(network)}` };
}

function hostSource(address: IpAddress): Source {
  const text = formatAddress(address);
  return address.family === 4
    ? { mechanism: `ip4:${text}`, address: { type: 'A', text } }
    : { mechanism: `ip6:${text}`, address: { type: 'AAAA', text } };
}

/** `10 mx.example.net`, one or several. */
export function exchangesOf(account: Account, key: string): readonly Mx[] {
  return textsOf(account, key).flatMap((text) => {
    const match = /^(\d{1,5})\s+(\S+)$/.exec(text);
    const preference = Number(match?.[1]);
    const exchange = parseName(match?.[2] ?? '');
    if (exchange.ok && preference <= 65_535) return [{ preference, exchange: exchange.name }];
    account.faults.push(`${account.title}: ${shown(text)} in ${key} is not an MX. Write "10 mx.example.net".`);
    return [];
  });
}

/** `[{ name, text }]`: TXT records that shall stand as they are. `@` is the domain itself. */
export function txtRecordsOf(
  account: Account,
  key: string,
): readonly { readonly name: DnsName; readonly text: string }[] {
  return entriesOf(account, key).flatMap((entry) => {
    const label = plainText(entry['name']);
    const text = plainText(entry['text']);
    if (label === undefined || text === undefined) {
      account.faults.push(`${account.title}: each entry of ${key} has a name ("@" for the domain itself) and a text.`);
      return [];
    }
    const whole = label === '@' || label === account.domain || label === `${account.domain}.`;
    const name = whole ? account.domain : nameBelow(account, key, label, account.domain);
    return name === undefined ? [] : [{ name, text }];
  });
}

/** The entries of a list of mappings. What is no mapping is left to the configuration to refuse. */
export function entriesOf(account: Account, key: string): readonly Readonly<Record<string, unknown>>[] {
  const value = account.values[key];
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((one): one is Readonly<Record<string, unknown>> => typeof one === 'object' && one !== null);
}

export function inform(account: Account, text: string): void {
  account.notes.push({ severity: 'info', text });
}

export function warn(account: Account, text: string): void {
  account.notes.push({ severity: 'warning', text });
}

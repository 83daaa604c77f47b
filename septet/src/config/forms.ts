/** The kinds of text in a configuration: names, addresses, URIs. Each reads into its canonical form. */
import { formatAddress, formatNetwork, parseNetwork } from '../dns/address.ts';
import { isAtOrBelow, labels, parseDomain, relativeTo, under, type DnsName } from '../dns/name.ts';
import { parseServer } from '../dns/network-resolver.ts';
import { parseReportUri } from '../records/dmarc/uri.ts';
import type { Mx } from '../dns/rrset.ts';
import type { SecretRef } from './references.ts';
import { referenceIn } from './references.ts';
import { isNothing } from './source.ts';
import { below, list, scalar, textOf, type JsonSchema, type Reading, type Shape, type Taken } from './shape.ts';

const string: JsonSchema = { type: 'string', minLength: 1 };
const pattern = (text: string): JsonSchema => ({
  anyOf: [{ type: 'string', pattern: text }, { $ref: '#/$defs/reference' }],
});

/** Any text, or one that matches a pattern as a whole. */
export function text(words: string, wanted?: RegExp): Shape<string> {
  return scalar({
    words,
    schema: wanted ? pattern(`^(?:${wanted.source})$`) : { anyOf: [string, { type: 'number' }] },
    take(value) {
      if (value === '') return { fault: 'is empty' };
      return !wanted || whole(wanted).test(value) ? { value } : { fault: 'is not' };
    },
  });
}

/** A host name in full. */
export const host: Shape<DnsName> = scalar({
  words: 'a host name in full',
  schema: string,
  take: (value) => nameIn(value),
});

/** The name of a zone; it may be a top-level domain. */
export const zoneName: Shape<DnsName> = scalar({
  words: 'the name of a zone',
  schema: string,
  take(value) {
    const parsed = parseDomain(value);
    return parsed.ok ? { value: parsed.name } : { fault: 'is none' };
  },
});

function nameIn(value: string): Taken<DnsName> {
  const parsed = parseDomain(value);
  if (!parsed.ok)
    return { fault: parsed.meant === undefined ? 'is none' : `is none. Did you mean ${parsed.meant.slice(0, 80)}?` };
  return labels(parsed.name).length < 2
    ? { fault: `has no dot. Write the name in full, such as ${parsed.name}.example.com` }
    : { value: parsed.name };
}

/** One DNS label, or several with dots, in front of the domain; the whole name below the domain is understood too. */
export const label: Shape<string> = labelLike('a label that stands in front of the domain');

/** A label that matches a pattern as a whole. */
export function labelLike(words: string, wanted?: RegExp): Shape<string> {
  return scalar({
    words,
    schema: { anyOf: [string, { type: 'number' }] },
    take(value, { domain }) {
      const parsed = parseDomain(value);
      if (!parsed.ok) return { fault: 'is none' };
      const inside = domain === undefined ? undefined : relativeTo(parsed.name, domain);
      if (inside === '') return { fault: 'is the domain itself' };
      // Anything else would end up in front of the domain: `bounce.other.example.yourcompany.com`.
      if (inside === undefined && domain !== undefined && value.trim().endsWith('.'))
        return { fault: `is a whole name outside of ${domain}` };
      const found = inside ?? parsed.name;
      if (wanted && !whole(wanted).test(found)) return { fault: 'is not' };
      return domain !== undefined && under(found, domain) === undefined
        ? { fault: 'makes a name that is too long' }
        : { value: found };
    },
  });
}

function whole(wanted: RegExp): RegExp {
  return new RegExp(`^(?:${wanted.source})$`, wanted.flags.replaceAll(/[gy]/g, ''));
}

/** A label in front of the domain, or a name in full. */
export const labelOrHost: Shape<DnsName> = scalar({
  words: 'a label that stands in front of the domain, or a host name in full',
  schema: string,
  take(value, { domain }) {
    const parsed = parseDomain(value);
    if (!parsed.ok) return nameIn(value);
    const inside = domain === undefined || isAtOrBelow(parsed.name, domain);
    if (inside || labels(parsed.name).length > 1 || domain === undefined) return nameIn(value);
    const name = under(parsed.name, domain);
    return name === undefined ? { fault: 'makes a name that is too long' } : { value: name };
  },
});

/** An address or a network, canonical: `192.0.2.10`, `2001:db8::/48`. */
export const network: Shape<string> = scalar({
  words: 'an IPv4 or IPv6 address, or a network such as 192.0.2.0/24',
  schema: string,
  take(value) {
    const parsed = parseNetwork(value);
    if (!parsed) return { fault: 'is neither' };
    const single = parsed.prefixLength === parsed.base.octets.length * 8;
    if (single) return { value: formatAddress(parsed.base) };
    const whole = formatNetwork(parsed);
    const base = `${formatAddress(parsed.base)}/${parsed.prefixLength}`;
    return whole === base ? { value: whole } : { fault: `begins inside the network. Write ${whole}` };
  },
});

/** A host, or the addresses of one. */
export const hostOrAddresses: Shape<{ readonly target: DnsName } | { readonly addresses: readonly string[] }> = {
  kind: 'list',
  words: 'a host name in full, or the addresses of a host',
  schema: { anyOf: [string, { type: 'array', items: string, minItems: 1 }] },
  read(source, reading) {
    const isName = source.kind === 'scalar' && parseNetwork(source.text.split(',')[0]?.trim() ?? '') === undefined;
    if (isName && !source.text.includes('${')) {
      const target = host.read(source, reading);
      return target === undefined ? undefined : { target };
    }
    const addresses = list(network, { words: this.words, least: 1 }).read(source, reading);
    return addresses === undefined ? undefined : { addresses };
  },
};

/** `10 mail.example.com`: the preference and the exchange. */
export const exchange: Shape<Mx> = scalar({
  words: 'a preference and a host name, such as 10 mail.example.com',
  schema: pattern('^\\s*\\d{1,5}\\s+\\S+\\s*$'),
  take(value) {
    const parts = /^\s*(\d{1,5})\s+(\S+)\s*$/.exec(value);
    const preference = Number(parts?.[1]);
    // RFC 1035 §3.3.9: 16 bits.
    if (!parts?.[2] || preference > 65535) return { fault: 'is not' };
    if (parts[2] === '.') return { fault: 'is the null MX. Write mx: none instead of the list' };
    const name = nameIn(parts[2]);
    return 'fault' in name
      ? { fault: 'is not: the host name is not one in full' }
      : { value: { preference, exchange: name.value } };
  },
});

/**
 * Where reports go: an e-mail address or a URI. What would end the address in a list of URIs is percent-encoded
 * (RFC 9989 §4.6 for `,` and `!`; RFC 8460 §3 for `;`).
 */
export function reportUri(schemes: readonly ('mailto' | 'https')[]): Shape<string> {
  const uris = `${schemes.map((scheme) => `${scheme}:`).join(' or ')} URI`;
  return scalar({
    words: `an e-mail address or a ${uris}`,
    schema: string,
    take(value) {
      const given = value.trim();
      const bare = /^[^\s:/]+@[^\s@/]+$/.test(given);
      const uri = bare
        ? `mailto:${given.replaceAll(/[,!;%?#]/g, (sign) => encodeURIComponent(sign).replace('!', '%21'))}`
        : given;
      const parsed = parseReportUri(uri);
      const known = parsed.ok && schemes.some((scheme) => scheme === parsed.uri.scheme);
      if (!known || !parsed.ok || parsed.uri.host === undefined || /[,;]/.test(uri)) return { fault: 'is neither' };
      const domain = nameIn(parsed.uri.host);
      return 'fault' in domain ? { fault: 'is neither: its domain is not one in full' } : { value: uri };
    },
  });
}

/** An `https:` URL without credentials. */
export const httpsUrl: Shape<string> = scalar({
  words: 'an https: URL',
  schema: pattern('^https://'),
  unspoken: true,
  take(value) {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol !== 'https:' || /\s/.test(value)) return { fault: 'is none' };
    return url.username || url.password ? { fault: 'holds a user name' } : { value };
  },
});

/** A server with its port: `192.0.2.53:53`. */
export const server: Shape<string> = scalar({
  words: 'an address or address:port, such as 192.0.2.53 or [2001:db8::53]:53',
  schema: string,
  take(value) {
    const parsed = parseServer(value);
    return parsed ? { value: parsed.text } : { fault: 'is neither' };
  },
});

/** As `--resolver` takes it. */
export const resolver: Shape<string> = scalar({
  words: 'address, address:port or https://…/dns-query',
  schema: string,
  take(value) {
    if (value.startsWith('https://')) return URL.canParse(value) ? { value } : { fault: 'is none of them' };
    const parsed = parseServer(value);
    return parsed ? { value: parsed.text } : { fault: 'is none of them' };
  },
});

/** A token or a key: a reference to where it is kept. A value in the file itself is refused and never repeated. */
export function secret(variable: string): Shape<SecretRef> {
  const words = `a reference: \${${variable}} for an environment variable, or { file: /path/to/it }`;
  const file = text('the path of a file that holds nothing but the secret');
  return {
    kind: 'scalar',
    words,
    keys: [{ key: 'file', shape: file, about: 'a file that holds the value', example: '/etc/septet/token' }],
    schema: {
      anyOf: [
        { $ref: '#/$defs/reference' },
        { type: 'object', properties: { file: string }, required: ['file'], additionalProperties: false },
      ],
    },
    read(source, reading) {
      if (source.kind === 'scalar' && source.variable !== undefined && source.text !== '')
        return { kind: 'env', name: source.variable };
      if (isNothing(source)) return void reading.problem(source.place, `${reading.path} has no value. It is ${words}.`);
      if (source.kind === 'scalar') {
        const name = referenceIn(source.text);
        if (name !== undefined) return { kind: 'env', name };
      }
      const only = source.kind === 'map' && source.entries.length === 1 ? source.entries[0] : undefined;
      if (only?.key === 'file') {
        const path = textOf(only.value, file.words, below(reading, 'file'));
        return path === undefined ? undefined : { kind: 'file', name: path };
      }
      return void reading.problem(source.place, literalSecret(reading, variable));
    },
  };
}

const literalSecret = ({ path }: Reading, variable: string): string => {
  const key = path.split('.').at(-1) ?? path;
  return (
    `${path} is a secret and is not written out. Put it into an environment variable and write ` +
    `${key}: \${${variable}}, or into a file that only you can read and write ${key}: { file: /path/to/it }.`
  );
};

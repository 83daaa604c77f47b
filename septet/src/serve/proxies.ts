/** Proxies in front of this server: only those that are named are believed what they say of the client. */
import { contains, mappedIpv4, parseAddress, parseNetwork, type Network } from '../dns/address.ts';

export interface Peer {
  readonly address: string;
  /** Whether the client came by HTTPS. */
  readonly secure: boolean;
}

export interface Proxies {
  isTrusted(address: string): boolean;
}

/** Addresses and networks, or a word that is none of them. */
export function trustedProxies(texts: readonly string[]): Proxies | { readonly unknown: string } {
  const networks: Network[] = [];
  for (const text of texts) {
    const network = parseNetwork(text);
    if (!network) return { unknown: text };
    networks.push(network);
  }
  return {
    isTrusted(address) {
      const parsed = parseAddress(address);
      if (!parsed) return false;
      const plain = mappedIpv4(parsed) ?? parsed;
      return networks.some((network) => contains(network, plain));
    },
  };
}

const maxForwarded = 2000; // house; octets of the header

/**
 * The client behind trusted proxies: in `X-Forwarded-For` the last address that is no proxy of ours, because whatever
 * stands before it was written by the client. Without a trusted proxy the peer itself.
 */
export function peerOf(
  address: string,
  encrypted: boolean,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  proxies: Proxies | undefined,
): Peer {
  if (!proxies?.isTrusted(address)) return { address, secure: encrypted };
  const forwarded = textOf(headers['x-forwarded-for']);
  const chain = forwarded.length > maxForwarded ? [] : forwarded.split(',').map((text) => bare(text.trim()));
  const client = chain.findLast((text) => parseAddress(text) === undefined || !proxies.isTrusted(text));
  const proto = textOf(headers['x-forwarded-proto']).split(',').at(-1)?.trim().toLowerCase();
  return {
    address: client !== undefined && parseAddress(client) ? client : address,
    secure: proto === undefined || proto === '' ? encrypted : proto === 'https',
  };
}

const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value ?? []).join(',');
/** Some proxies add a port. */
const bare = (text: string): string =>
  /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');

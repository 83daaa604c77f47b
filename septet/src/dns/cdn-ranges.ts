/**
 * Address ranges of proxies that pass on HTTP and nothing else. A host that answers with such an address cannot
 * receive mail on port 25, and a CNAME behind it is hidden. Dated data: compare with the source when a range is old.
 */
import { contains, parseNetwork, type IpAddress, type Network } from './address.ts';
import { dnsName, isAtOrBelow, type DnsName } from './name.ts';

export interface HttpProxy {
  readonly id: string;
  readonly title: string;
  /** What the setting is called that turns the proxy off. */
  readonly off: string;
  readonly source: string;
  /** The day on which the ranges were last compared with copies of the source, `YYYY-MM-DD`. */
  readonly seenOn: string;
  /** The operator's own mail servers live in the same ranges; names at or below these do take mail. */
  readonly mailHosts: readonly DnsName[];
  readonly networks: readonly Network[];
}

export const httpProxies: readonly HttpProxy[] = [
  {
    id: 'cloudflare',
    title: 'Cloudflare',
    off: 'set the record to "DNS only" (grey cloud)',
    source: 'https://www.cloudflare.com/ips/',
    seenOn: '2026-11-23',
    mailHosts: [dnsName('mx.cloudflare.net')],
    networks: networks(
      '173.245.48.0/20',
      '103.21.244.0/22',
      '103.22.200.0/22',
      '103.31.4.0/22',
      '141.101.64.0/18',
      '108.162.192.0/18',
      '190.93.240.0/20',
      '188.114.96.0/20',
      '197.234.240.0/22',
      '198.41.128.0/17',
      '162.158.0.0/15',
      '104.16.0.0/13',
      '104.24.0.0/14',
      '172.64.0.0/13',
      '131.0.72.0/22',
      '2400:cb00::/32',
      '2606:4700::/32',
      '2803:f800::/32',
      '2405:b500::/32',
      '2405:8100::/32',
      '2a06:98c0::/29',
      '2c0f:f248::/32',
    ),
  },
];

/** The proxy whose ranges hold the address, or `undefined`. */
export function proxyOf(address: IpAddress): HttpProxy | undefined {
  for (const proxy of httpProxies) {
    for (const network of proxy.networks) if (contains(network, address)) return proxy;
  }
  return undefined;
}

/** Whether the name is one of the proxy operator's own mail servers. */
export function takesMail(proxy: HttpProxy, host: DnsName): boolean {
  return proxy.mailHosts.some((top) => isAtOrBelow(host, top));
}

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (!network) throw new TypeError(`not a network: ${text}`);
    return network;
  });
}

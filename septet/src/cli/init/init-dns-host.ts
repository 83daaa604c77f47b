/** Which DNS host keeps a zone, told by the names of its servers, and the references under which its secrets are kept. */
import type { HostConfig } from '../../config/dns-keys.ts';
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { dnsName } from '../../dns/name.ts';
import { hostKinds } from '../../providers/host-kinds.ts';

/** Domains of the servers, November 2026; `awsdns` names are of many domains. */
const servers: readonly (readonly [kind: string, ...domains: readonly string[]])[] = [
  ['cloudflare', 'ns.cloudflare.com', 'cloudflare.com'],
  ['digitalocean', 'digitalocean.com'],
  ['hetzner', 'ns.hetzner.com', 'ns.hetzner.de', 'first-ns.de', 'second-ns.de', 'second-ns.com', 'your-server.de'],
  ['gandi', 'gandi.net'],
  ['godaddy', 'domaincontrol.com'],
  ['namecheap', 'registrar-servers.com'],
  ['ovh', 'ovh.net', 'ovh.ca', 'anycast.me'],
];
const route53 = /^ns-\d+\.awsdns-\d+\.(?:com|net|org|co\.uk)$/;

/** Key of a host kind; `undefined` when the names tell nothing. */
export function hostOfServers(names: readonly DnsName[]): string | undefined {
  if (names.some((name) => route53.test(name))) return 'route53';
  return servers.find(([, ...domains]) =>
    names.some((name) => domains.some((domain) => isAtOrBelow(name, dnsName(domain)))),
  )?.[0];
}

/** The host with a reference for each secret that it cannot do without. */
export function hostWithReferences(kind: string): HostConfig {
  const fields = hostKinds.find(({ key }) => key === kind)?.fields ?? [];
  const secrets = fields.filter(({ secret, required }) => secret === true && required === true);
  return {
    kind,
    values: {},
    secrets: Object.fromEntries(
      secrets.map(({ key, example }) => [
        key,
        {
          kind: 'env',
          name: example.replace(/^\$\{(.*)\}$/, '$1'),
        },
      ]),
    ),
    servers: [],
  };
}

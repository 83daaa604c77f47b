/** Opens the DNS host that a configuration names; each client is loaded when it is wanted. */
import { parseName } from '../dns/name.ts';
import { parseServer } from '../dns/network-resolver.ts';
import type { DnsHost, HostOutside } from './host.ts';

/** Values by the keys of the host's fields (`host-kinds.ts`), references to secrets already resolved. */
export type HostValues = Readonly<Record<string, string>>;

export interface OpenOutside {
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  randomBytes(count: number): Uint8Array;
  /** Certificates (PEM) that are trusted besides the well-known roots. */
  readonly extraCa: readonly string[];
}

/** `undefined` for a host that can only be printed for; a sentence where a value cannot be used. */
export async function openHost(
  key: string,
  values: HostValues,
  outside: OpenOutside,
): Promise<DnsHost | string | undefined> {
  if (key === 'rfc2136') return openRfc2136(values, outside);
  const https = async (): Promise<HostOutside> => {
    const { httpClient } = await import('./http-client.ts');
    const { now, sleep, extraCa } = outside;
    return { http: httpClient(extraCa.length > 0 ? { ca: extraCa } : {}), now: () => now(), sleep };
  };
  const token = values['token'] ?? '';
  const { url } = values;
  switch (key) {
    case 'cloudflare':
      return (await import('./cloudflare/cloudflare.ts')).cloudflareHost({ token, url, outside: await https() });
    case 'route53':
      return (await import('./route53/route53.ts')).route53Host({
        accessKeyId: values['accessKeyId'] ?? '',
        secretAccessKey: values['secretAccessKey'] ?? '',
        sessionToken: values['sessionToken'],
        hostedZone: values['hostedZone'],
        url,
        outside: await https(),
      });
    case 'digitalocean':
      return (await import('./digitalocean/digitalocean.ts')).digitalOceanHost({ token, url, outside: await https() });
    case 'hetzner':
      return (await import('./hetzner/hetzner.ts')).hetznerHost({ token, url, outside: await https() });
    case 'gandi':
      return (await import('./gandi/gandi.ts')).gandiHost({ token, url, outside: await https() });
    case 'powerdns': {
      const { powerDnsHost } = await import('./powerdns/powerdns.ts');
      const server = values['server'] ?? 'localhost';
      return powerDnsHost({ url: url ?? '', apiKey: values['apiKey'] ?? '', server, outside: await https() });
    }
    default:
      return undefined;
  }
}

async function openRfc2136(values: HostValues, { now, randomBytes }: OpenOutside): Promise<DnsHost | string> {
  const server = parseServer(values['server'] ?? '');
  if (!server) return `dns.server is an address and a port, such as 192.0.2.53:53, not ${values['server']}.`;
  const [{ rfc2136Host }, { tcpExchange }, { parseTsigKey }] = await Promise.all([
    import('./rfc2136/rfc2136.ts'),
    import('../dns/update-transport.ts'),
    import('./tsig.ts'),
  ]);
  const options = { server: server.text, exchange: tcpExchange(server), now, randomBytes };
  if (values['key'] === undefined && values['secret'] === undefined) return rfc2136Host(options);
  const name = parseName(values['key'] ?? '');
  if (!name.ok || name.name === '') return 'dns.key is the name of the TSIG key; the server knows it by the same name.';
  const key = parseTsigKey(name.name, values['algorithm'] ?? 'hmac-sha256', values['secret'] ?? '');
  return key.ok ? rfc2136Host({ ...options, key: key.key }) : key.message;
}

/** Where mail for a domain goes (RFC 5321 §5.1): its exchanges in their order, each with its addresses. */
import { addressClass, parseAddress } from '../dns/address.ts';
import type { DnsName } from '../dns/name.ts';
import { lookupMx, type HostSeen } from '../records/mx/lookup.ts';
import { isNullMx } from '../records/mx/record.ts';
import type { World } from '../world/world.ts';

export interface MxHost {
  readonly host: DnsName;
  readonly addresses: readonly string[];
}

export type MxHosts =
  | { readonly kind: 'hosts'; readonly hosts: readonly MxHost[] }
  /** For the client: code, enhanced code and words. */
  | { readonly kind: 'none'; readonly code: number; readonly text: string };

const maxHosts = 5; // house: RFC 5321 §5.1 asks for two at least
const maxAddresses = 2; // house: for each exchange

/**
 * Addresses of loopback and private networks are left out unless `internal`: an MX that names one would make the relay
 * knock at servers of its own network. `random` answers numbers from 0 to 1.
 */
export async function mxHosts(
  world: World,
  domain: DnsName,
  { internal, random }: { readonly internal: boolean; random(): number },
): Promise<MxHosts> {
  const none = (code: number, text: string): MxHosts => ({ kind: 'none', code, text });
  const seen = await lookupMx(world, domain);
  if (seen.mx.kind === 'failed')
    return none(451, '4.4.3 The MX of the domain cannot be looked up now, try again later');
  if (seen.mx.kind === 'nxdomain') return none(550, '5.1.2 The domain does not exist');
  const records = seen.mx.kind === 'found' ? seen.mx.set.data : [];
  if (records.some(isNullMx)) return none(556, '5.1.10 The domain takes no mail'); // RFC 7505 §3
  const order = new Map(records.map(({ exchange, preference }) => [exchange, preference + random() * 0.9] as const));
  const seenHosts = seen.fallback ? [seen.fallback] : seen.hosts;
  const sorted = [...seenHosts].sort((a, b) => (order.get(a.host) ?? 0) - (order.get(b.host) ?? 0));
  const hosts = sorted
    .map((one) => ({ host: one.host, addresses: addressesOf(one, internal).slice(0, maxAddresses) }))
    .filter(({ addresses }) => addresses.length > 0)
    .slice(0, maxHosts);
  if (hosts.length > 0) return { kind: 'hosts', hosts };
  const unknown = seenHosts.some(({ a, aaaa }) => a.kind === 'failed' || aaaa?.kind === 'failed');
  if (unknown) return none(451, '4.4.3 The address of the mail server cannot be looked up now, try again later');
  return records.length > 0
    ? none(451, '4.4.4 No mail server of the domain has an address that can be reached')
    : none(550, '5.1.2 The domain has no mail server');
}

function addressesOf({ a, aaaa }: HostSeen, internal: boolean): readonly string[] {
  const all = [...(a.kind === 'found' ? a.set.data : []), ...(aaaa?.kind === 'found' ? aaaa.set.data : [])];
  return all.filter((text) => {
    const address = parseAddress(text);
    return internal || (address !== undefined && addressClass(address) === 'public');
  });
}

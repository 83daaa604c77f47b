/** How often one client may ask: a bucket of tokens that fills by the minute. For paths that are asked ten thousand times a second. */
import { mappedIpv4, parseAddress } from '../dns/address.ts';

export interface TokenBucket {
  /** Takes one; false where the client has none left. */
  take(client: string, now: number): boolean;
}

/** Clients that are remembered; above, the one that came first is forgotten. */
const mostClients = 20_000; // house

export function tokenBucket(perMinute: number): TokenBucket {
  const clients = new Map<string, { tokens: number; at: number }>();
  const perMs = perMinute / 60_000;
  return {
    take(client, now) {
      let entry = clients.get(client);
      if (entry === undefined) {
        if (clients.size >= mostClients) {
          const [oldest] = clients.keys();
          if (oldest !== undefined) clients.delete(oldest);
        }
        clients.set(client, (entry = { tokens: perMinute, at: now }));
      }
      entry.tokens = Math.min(perMinute, entry.tokens + Math.max(0, now - entry.at) * perMs);
      entry.at = now;
      if (entry.tokens < 1) return false;
      entry.tokens--;
      return true;
    },
  };
}

/** One client usually holds a whole /64 of IPv6; an IPv4 address is itself, also when it is mapped. */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  const mapped = mappedIpv4(parsed);
  return mapped ? mapped.octets.join('.') : Buffer.from(parsed.octets.subarray(0, 8)).toString('hex');
}

/** What is kept of an address: /24 of IPv4, /48 of IPv6. */
export function truncatedAddress(address: string): string | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const plain = mappedIpv4(parsed) ?? parsed;
  if (plain.family === 4) return [...plain.octets.subarray(0, 3), 0].join('.');
  const [a, b, c] = [0, 2, 4].map((at) => ((plain.octets[at] ?? 0) * 256 + (plain.octets[at + 1] ?? 0)).toString(16));
  return `${a}:${b}:${c}::`;
}

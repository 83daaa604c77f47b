/** How often one client may come: so many times in any minute. */
import { mappedIpv4, parseAddress } from '../../dns/address.ts';

/** Clients that are remembered; above, the one that was seen longest ago is forgotten. */
const maxClients = 10_000; // house
const minuteMs = 60_000;

export interface RateLimit {
  /** Counts one more of this client; false where that is too many. */
  take(client: string): boolean;
}

/** `now` answers milliseconds since 1970. */
export function rateLimit({ perMinute, now }: { perMinute: number; now: () => number }): RateLimit {
  const seen = new Map<string, number[]>();
  return {
    take(client) {
      const key = networkOf(client);
      const since = now() - minuteMs;
      const times = (seen.get(key) ?? []).filter((time) => time > since);
      const free = times.length < perMinute;
      if (free) times.push(now());
      // Deleted first, so that the order of the map is that of the last visit.
      seen.delete(key);
      seen.set(key, times);
      const [oldest] = seen.keys();
      if (seen.size > maxClients && oldest !== undefined) seen.delete(oldest);
      return free;
    },
  };
}

/** One client usually holds a whole /64 of IPv6. */
function networkOf(client: string): string {
  const address = parseAddress(client);
  if (address === undefined || address.family === 4 || mappedIpv4(address) !== undefined) return client;
  return Buffer.from(address.octets.subarray(0, 8)).toString('hex');
}

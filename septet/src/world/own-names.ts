/** A World for one domain among thousands: its own names pass the cache by, and what domains share stays in it. */
import { isAtOrBelow, type DnsName } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { World } from './world.ts';

export function forOneOfMany(world: World, domain: DnsName): World {
  const { resolver, forgetful } = world;
  if (forgetful === undefined) return world;
  const split: Resolver = {
    query: (name, type, options) => (isAtOrBelow(name, domain) ? forgetful : resolver).query(name, type, options),
    peek: (name, type) => (isAtOrBelow(name, domain) ? undefined : resolver.peek?.(name, type)),
  };
  return { ...world, resolver: split };
}

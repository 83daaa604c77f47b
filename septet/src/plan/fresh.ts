/**
 * A World that sees a zone as its own servers tell it now. A resolver's cache is an hour old, and a question for a name
 * that does not exist yet plants its absence there (RFC 2308 §5), so resolvers are asked for names of the zone only to
 * see what others see, after the servers of the zone have the record.
 */
import { isAtOrBelow, type DnsName } from '../dns/name.ts';
import type { Authority, QueryOptions, Resolver, ServerAnswer } from '../dns/resolver.ts';
import type { Answer, RrType } from '../dns/rrset.ts';
import type { World } from '../world/world.ts';

export interface FreshWorld {
  readonly world: World;
  /** What each server of the zone says; empty where nobody can be asked directly. */
  ask<T extends RrType>(name: DnsName, type: T): Promise<readonly ServerAnswer<T>[]>;
}

/** `authority` absent: the World as it is. Each question goes to the servers once. */
export function freshWorld(world: World, authority: Authority | undefined): FreshWorld {
  if (!authority) return { world, ask: async () => [] };
  const asked = new Map<string, Promise<readonly ServerAnswer[]>>();
  const ask = <T extends RrType>(name: DnsName, type: T): Promise<readonly ServerAnswer<T>[]> => {
    const key = `${type} ${name}`;
    let answers = asked.get(key);
    if (!answers) asked.set(key, (answers = authority.ask(name, type)));
    return answers as Promise<readonly ServerAnswer<T>[]>;
  };
  const resolver: Resolver = {
    query: async <T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> => {
      if (!isAtOrBelow(name, authority.zone) || options?.dnssec) return world.resolver.query(name, type, options);
      const answers = await ask(name, type);
      const own = answers
        .map((entry) => entry.answer)
        .find((answer) => answer.kind !== 'failed' && answer.authoritative);
      if (!own) return world.resolver.query(name, type, options);
      const target = own.chain.at(-1)?.target;
      if (own.kind === 'found' || target === undefined || isAtOrBelow(target, authority.zone)) return own;
      // The alias leaves the zone, and its servers know no more: the rest is a question for the resolver.
      const rest = await world.resolver.query(target, type, options);
      return { ...rest, name, chain: [...own.chain, ...rest.chain] };
    },
  };
  const { forgetful: _cached, ...others } = world;
  return { world: { ...others, resolver }, ask };
}

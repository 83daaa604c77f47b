/** A World that can be told to stop. */
import type { Resolver } from '../dns/resolver.ts';
import type { World } from './world.ts';

/** The same World; the signal goes with every question, so that an abort rejects what is asked with its reason. */
export function withSignal(world: World, signal: AbortSignal): World {
  const { authoritative, fetch } = world;
  const stoppable = (resolver: Resolver): Resolver => ({
    ...(resolver.peek && { peek: resolver.peek.bind(resolver) }),
    query: (name, type, options) => {
      const answer = resolver.query(name, type, { signal, ...options });
      // A question asked ahead of its use may be rejected before anybody waits for it.
      answer.catch(() => {});
      return answer;
    },
  });
  return {
    ...world,
    resolver: stoppable(world.resolver),
    otherResolvers: world.otherResolvers.map(stoppable),
    now: () => world.now(),
    randomBytes: (count) => world.randomBytes(count),
    ...(authoritative && {
      async authoritative(name) {
        signal.throwIfAborted();
        const result = await authoritative(name);
        if (result.kind === 'failed') return result;
        const { authority } = result;
        return {
          kind: 'found',
          authority: {
            ...authority,
            ask: (asked, type, options) => authority.ask(asked, type, { signal, ...options }),
          },
        };
      },
    }),
    ...(fetch && {
      async fetch(url, limits) {
        const outcome = await fetch(url, { signal, ...limits });
        signal.throwIfAborted();
        return outcome;
      },
    }),
  };
}

/** What a plan has to know of a DNS host: its limits, and how long it takes. */
import type { PlanHost } from '../plan/input.ts';
import { hostKinds } from './host-kinds.ts';
import { checkLimits, hostLimits } from './limits.ts';

/** `key` is a host of `host-kinds.ts`; one without limits of its own stores everything. */
export function planHost(key: string): PlanHost {
  const title = hostKinds.find((kind) => kind.key === key)?.title ?? key;
  const limits = hostLimits[key];
  if (!limits) return { title, nearestTtl: (seconds) => seconds, faultsOf: () => [] };
  return {
    title,
    pushSeconds: limits.pushSeconds,
    nearestTtl: (seconds) => {
      const within = Math.min(Math.max(seconds, limits.minTtlSeconds), limits.maxTtlSeconds);
      return limits.ttlChoices?.find((choice) => choice >= within) ?? limits.ttlChoices?.at(-1) ?? within;
    },
    faultsOf: (change) => checkLimits(change, limits).map((fault) => fault.text),
  };
}

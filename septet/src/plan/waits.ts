/**
 * How long the old data of a step lives on in caches: the TTL of what was replaced, the negative TTL of what was absent
 * (RFC 2308 §5), and the time that the DNS host needs to show a change. Thirty minutes where nobody can tell.
 */
import type { Change } from '../change/change.ts';
import type { PlanInput } from './input.ts';
import type { Gate, Step } from './plan.ts';
import type { Wish } from './wish.ts';

/** Where neither TTL nor host is known (house). */
export const fallbackSeconds = 30 * 60;

/** Steps whose readers would be misled by the old data of the step before. */
const heed: readonly { readonly after: RegExp; readonly step: RegExp }[] = [
  { after: /^host\./, step: /^(mx|spf)(\.|$)/ },
  { after: /^(spf|dkim)(\.|$)/, step: /^dmarc\.(?!authorise)/ },
  { after: /^dmarc\.authorise\./, step: /^dmarc\.none$/ },
  { after: /^(mx|tlsrpt|mtasts\.host)$/, step: /^mtasts\./ },
  { after: /^mtasts\.cover$/, step: /^mx$/ },
];

export function waitsFor(wish: Wish, before: Step, input: PlanInput): Gate | undefined {
  if (!heed.some((rule) => rule.after.test(before.id) && rule.step.test(wish.id))) return undefined;
  const changes = before.changes.length > 0 ? before.changes : (input.evidence.published.get(before.id)?.changes ?? []);
  const seconds = cacheSeconds(changes, input);
  if (seconds === 0) return undefined;
  return { kind: 'elapsed', since: before.id, seconds, counts: 'change', why: `${before.id} has left the caches` };
}

/** The longest that anybody may still see what stood before the changes, in seconds. */
export function cacheSeconds(changes: readonly Change[], input: Pick<PlanInput, 'seen' | 'host'>): number {
  const push = input.host.pushSeconds;
  let longest = 0;
  for (const change of changes) {
    const ttl = change.before?.ttlSeconds ?? input.seen.negativeTtlSeconds;
    longest = Math.max(longest, ttl === undefined ? fallbackSeconds : ttl + (push ?? 0));
  }
  return longest;
}

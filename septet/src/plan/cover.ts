/**
 * A change of MX under an MTA-STS policy: senders that know the policy refuse servers that it does not name, so the
 * policy has to name old and new exchanges, and be announced under a new id, before the MX changes (RFC 8461 §5).
 */
import { under, type DnsName } from '../dns/name.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { matches } from '../records/mtasts/policy.ts';
import type { PlanInput } from './input.ts';
import { exchangesThen, exchangesToday, policyInForce } from './policy-wanted.ts';
import type { Wish } from './wish.ts';

/** The exchanges that the policy in force does not name; empty when nothing stands in the way. */
export function uncovered(input: PlanInput): readonly DnsName[] {
  const policy = policyInForce(input.seen);
  if (!policy || policy.mode === 'none') return [];
  return newExchanges(input).filter((exchange) => !policy.mx.some((pattern) => matches(pattern, exchange)));
}

function newExchanges(input: PlanInput): readonly DnsName[] {
  const today = new Set(exchangesToday(input));
  return exchangesThen(input).filter((exchange) => !today.has(exchange));
}

/** The wishes with the step `mtasts.cover` before the MX, where a policy in force makes it necessary. */
export function withCover(input: PlanInput): readonly Wish[] {
  const policy = policyInForce(input.seen);
  const name = under('_mta-sts', input.intent.domain);
  if (!policy || policy.mode === 'none' || name === undefined || newExchanges(input).length === 0) return input.wishes;
  const cover: Wish = {
    id: 'mtasts.cover',
    record: 'mtasts',
    title: 'Let the MTA-STS policy name the new mail servers first',
    why: 'Senders that know the policy of today refuse to deliver to servers that it does not name.',
    wants: [{ kind: 'mtasts', name, mode: policy.mode }],
    gates: [{ kind: 'serves', url: policyUrl(input.intent.domain), what: 'policy' }],
    after: [],
    order: 'firm',
    notes: [],
  };
  return input.wishes.flatMap((wish) => {
    if (wish.id !== 'mx') return [wish];
    const held: Wish = { ...wish, after: [...wish.after, cover.id], order: 'firm' };
    return [cover, held];
  });
}

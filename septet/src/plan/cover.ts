/**
 * A change of MX under an MTA-STS policy that enforces: senders that know the policy refuse servers that it does not name,
 * so the policy has to name old and new exchanges, and be announced under a new id, before the MX changes (RFC 8461 §8.1).
 */
import { under, type DnsName } from '../dns/name.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { uncoveredBy } from '../records/mtasts/plan.ts';
import type { PlanInput } from './input.ts';
import type { Gate } from './plan.ts';
import { announcedId, exchangesThen, exchangesToday, policyInForce } from './policy-wanted.ts';
import type { Wish } from './wish.ts';

/** The new exchanges that the policy in force would have senders refuse; empty when nothing stands in the way. */
export function uncovered(input: PlanInput): readonly DnsName[] {
  const policy = policyInForce(input.seen);
  return policy?.mode === 'enforce' ? uncoveredBy(policy, newExchanges(input)) : [];
}

function newExchanges(input: PlanInput): readonly DnsName[] {
  const today = new Set(exchangesToday(input));
  return exchangesThen(input).filter((exchange) => !today.has(exchange));
}

/**
 * The wishes with the step `mtasts.cover` before the MX, where a policy enforces. Where a policy is announced and cannot
 * be read, the MX waits for it: senders may hold one that enforces.
 */
export function withCover(input: PlanInput): readonly Wish[] {
  const { wishes, seen, intent } = input;
  const policy = policyInForce(seen);
  const name = under('_mta-sts', intent.domain);
  const silent = announcedId(seen) !== undefined && policy === undefined;
  if (name === undefined || (policy?.mode !== 'enforce' && !silent) || newExchanges(input).length === 0) return wishes;
  const serves: Gate = { kind: 'serves', url: policyUrl(intent.domain), what: 'policy' };
  const cover: Wish = {
    id: 'mtasts.cover',
    record: 'mtasts',
    title: 'Let the MTA-STS policy name the new mail servers first',
    why: 'Senders that know the policy of today refuse to deliver to servers that it does not name.',
    wants: [{ kind: 'mtasts', name, mode: 'enforce', purpose: 'cover' }],
    gates: [serves],
    after: [],
    order: 'firm',
    notes: [],
  };
  return wishes.flatMap((wish): readonly Wish[] => {
    if (wish.id !== 'mx') return [wish];
    if (!silent) return [cover, { ...wish, after: [...wish.after, cover.id], order: 'firm' }];
    const note = 'A record at _mta-sts says that senders may hold a policy; it has to be read before the MX changes.';
    return [{ ...wish, gates: [...wish.gates, serves], notes: [...wish.notes, note] }];
  });
}

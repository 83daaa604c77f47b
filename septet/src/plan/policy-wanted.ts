/** The MTA-STS policy that a step needs to be served before it changes DNS. Pure. */
import { under, type DnsName } from '../dns/name.ts';
import { setAt } from '../change/change.ts';
import type { Mx } from '../dns/rrset.ts';
import { wantedPolicy } from '../records/mtasts/plan.ts';
import { parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import type { PlanInput } from './input.ts';
import { placeKey, type PlanSeen } from './observe.ts';
import { wantedExchanges } from './wishes.ts';

/** The policy in force, when one is served and announced. */
export function policyInForce(seen: PlanSeen): MtaStsPolicy | undefined {
  const name = under('_mta-sts', seen.domain);
  if (name === undefined || seen.live.get(placeKey(name, 'TXT'))?.kind !== 'present') return undefined;
  return servedPolicy(seen);
}

export function servedPolicy(seen: PlanSeen): MtaStsPolicy | undefined {
  const outcome = seen.served.get(policyUrl(seen.domain));
  if (outcome?.kind !== 'response' || outcome.status !== 200) return undefined;
  const parsed = parsePolicy(outcome.body);
  return parsed.kind === 'good' ? parsed.value : undefined;
}

/** The exchanges that senders may meet while the plan is carried out: those of today and those that are wanted. */
export function exchangesToCover(input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>): readonly DnsName[] {
  const names = new Set<DnsName>();
  const live = input.seen.live.get(placeKey(input.intent.domain, 'MX'));
  const today = live ? (setAt(live)?.data as readonly Mx[] | undefined) : undefined;
  for (const mx of [...(wantedExchanges(input) ?? []), ...(today ?? [])])
    if (mx.exchange !== '') names.add(mx.exchange);
  return [...names];
}

/** Undefined when the exchanges are not known: a policy without them would refuse all mail. */
export function policyFor(
  mode: 'testing' | 'enforce' | 'none',
  input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>,
): MtaStsPolicy | undefined {
  const exchanges = exchangesToCover(input);
  if (exchanges.length === 0 && mode !== 'none') return undefined;
  return wantedPolicy({ mode, exchanges });
}

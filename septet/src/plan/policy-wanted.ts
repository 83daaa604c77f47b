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

/** The exchanges that stand today. */
export function exchangesToday({ intent, seen }: Pick<PlanInput, 'intent' | 'seen'>): readonly DnsName[] {
  const live = seen.live.get(placeKey(intent.domain, 'MX'));
  const today = live ? (setAt(live)?.data as readonly Mx[] | undefined) : undefined;
  return (today ?? []).flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
}

/** The exchanges that will stand when the plan is carried out. */
export function exchangesThen(input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>): readonly DnsName[] {
  const today = exchangesToday(input);
  if (input.intent.takesMail && input.intent.mx === undefined && today.length > 0) return today;
  return (wantedExchanges(input) ?? []).flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
}

/** Undefined when the exchanges are not known: a policy without them would refuse all mail. */
export function policyFor(
  mode: 'testing' | 'enforce' | 'none',
  input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>,
): MtaStsPolicy | undefined {
  // Those of today too, as long as senders may meet them.
  const exchanges = [...new Set([...exchangesThen(input), ...exchangesToday(input)])];
  if (exchanges.length === 0 && mode !== 'none') return undefined;
  return wantedPolicy({ mode, exchanges });
}

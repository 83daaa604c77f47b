/** The MTA-STS policy that is in force, and the one that a step needs to be served before it changes DNS. Pure. */
import { under, type DnsName } from '../dns/name.ts';
import type { Live } from '../change/change.ts';
import { txtText, type RrSet } from '../dns/rrset.ts';
import { wantedPolicy } from '../records/mtasts/plan.ts';
import { parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { parse } from '../records/mtasts/record.ts';
import type { PlanInput } from './input.ts';
import { placeKey, type PlanSeen } from './seen.ts';
import { wantedExchanges } from './wishes.ts';

/** The id that is announced; `unknown` where nobody could tell. Undefined: senders hold no policy because of DNS. */
export function announcedId(seen: PlanSeen): { readonly id: string } | 'unknown' | undefined {
  const name = under('_mta-sts', seen.domain);
  const live = name === undefined ? undefined : seen.live.get(placeKey(name, 'TXT'));
  if (live?.kind === 'unknown') return 'unknown';
  for (const text of textsAt(live)) {
    const parsed = parse(text);
    if (parsed.kind === 'good') return { id: parsed.value.id };
  }
  return undefined;
}

/** Ids that Septet made carry the fingerprint of their policy; those of others do not tell which policy they stand for. */
export const isOwnId = (id: string): boolean => /^\d{8}T\d{6}P[0-9a-f]{8}$/.test(id);

/** The policy in force: announced, served and readable. */
export function policyInForce(seen: PlanSeen): MtaStsPolicy | undefined {
  return announcedId(seen) === undefined ? undefined : servedPolicy(seen);
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
  const set = live?.kind === 'present' || live?.kind === 'alias' ? (live.set as RrSet<'MX'> | undefined) : undefined;
  return (set?.data ?? []).flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
}

/** The exchanges that will stand when the plan is carried out. */
export function exchangesThen(input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>): readonly DnsName[] {
  const today = exchangesToday(input);
  if (input.intent.takesMail && input.intent.mx === undefined && today.length > 0) return today;
  return (wantedExchanges(input) ?? []).flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
}

/**
 * Undefined when the exchanges are not known: a policy without them would refuse all mail. A step comes after the MX, and
 * names what stands then; one that covers a change of MX names those of today too.
 */
export function policyFor(
  want: { readonly mode: 'testing' | 'enforce' | 'none'; readonly purpose?: string },
  input: Pick<PlanInput, 'intent' | 'needs' | 'seen'>,
): MtaStsPolicy | undefined {
  const then = exchangesThen(input);
  const exchanges = want.purpose === 'cover' ? [...new Set([...then, ...exchangesToday(input)])] : then;
  if (exchanges.length === 0 && want.mode !== 'none') return undefined;
  const long = want.purpose === 'long' ? { maxAgeSeconds: longMaxAgeSeconds } : {};
  return wantedPolicy({ mode: want.mode, exchanges, ...long });
}

/** A month, once enforcing has done no harm for as long; RFC 8461 §3.2 has weeks or more in mind. */
const longMaxAgeSeconds = 2_592_000;

/** TXT members, joined; those behind an alias too, because that is what readers see. */
export function textsAt(live: Live | undefined): readonly string[] {
  const set = live?.kind === 'present' || live?.kind === 'alias' ? live.set : undefined;
  return set?.type === 'TXT' ? (set as RrSet<'TXT'>).data.map(txtText) : [];
}

/** One step of MTA-STS against what is served and announced: the file that has to be up, and the record that tells of it. */
import type { Live, Proposal } from '../change/change.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { proposeRecord } from '../records/mtasts/plan.ts';
import { formatPolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import type { FetchFailure } from '../world/world.ts';
import type { PlanInput } from './input.ts';
import type { OutsideWork } from './plan.ts';
import { announcedId, isOwnId, policyFor, servedPolicy } from './policy-wanted.ts';
import { serves, type WantedPolicy } from './serves.ts';
import type { Want } from './wish.ts';

export type DrawnPolicy =
  | Extract<Proposal, { readonly kind: 'blocked' }>
  | {
      readonly kind: 'drawn';
      readonly wanted: WantedPolicy;
      readonly file: OutsideWork;
      readonly propose: (live: Live<'TXT'>) => Proposal;
    };

export function drawPolicy(
  want: Want & { readonly kind: 'mtasts' },
  input: PlanInput,
  live: Live<'TXT'>,
  ttlSeconds: number,
): DrawnPolicy {
  const { intent, seen } = input;
  const { name } = want;
  if (!intent.takesMail && want.mode !== 'none' && want.purpose !== 'cover') {
    return {
      kind: 'blocked',
      why: `${intent.domain} is to take no mail, so there is nothing that an MTA-STS policy could protect.`,
      cure: 'Take mtaSts out of the configuration, or take it back with mtaSts: { mode: none }.',
    };
  }
  const policy = policyFor(want, input);
  if (!policy) {
    return {
      kind: 'blocked',
      why: `The exchanges of ${intent.domain} are not known, and a policy without them would stop all mail.`,
      cure: 'Name them with mx in the configuration, or publish them first.',
    };
  }
  if (want.purpose === 'rehearsal' && servedPolicy(seen) === undefined && isUntold(input)) {
    return {
      kind: 'blocked',
      why: 'An MTA-STS policy is announced, and nobody could fetch it, so it may be enforced already.',
      cure: `Try again where ${policyUrl(intent.domain)} can be reached.`,
      unanswered: true,
    };
  }
  const now = seen.now;
  const served = servedPolicy(seen);
  const record = { name, now, ttlSeconds };
  // An announced policy that enforces already is past the rehearsal: whatever id stands is none of its business.
  const rehearsed = want.purpose === 'rehearsal' && served?.mode === 'enforce';
  const longer = want.purpose === 'short' && served !== undefined && served.maxAgeSeconds > policy.maxAgeSeconds;
  const ahead = rehearsed || longer;
  const announced = ahead ? proposeRecord(record, live) : undefined;
  const past = announced?.kind === 'keep';
  const wanted: WantedPolicy = {
    policy,
    ...(rehearsed && !past ? { notEnforced: true } : {}),
    ...(want.purpose === 'back' ? { exactly: true } : {}),
  };
  const done = served !== undefined && serves(wanted, served);
  const propose = (at: Live<'TXT'>): Proposal => {
    if (past) return proposeRecord(record, at);
    // The id stands for the file that senders fetch: the one that is served, when it does.
    return proposeRecord({ ...record, policy: done ? (served as MtaStsPolicy) : policy, ...renewal(want, input) }, at);
  };
  return {
    kind: 'drawn',
    wanted,
    file: { kind: 'file', url: policyUrl(intent.domain), text: formatPolicy(policy), done },
    propose,
  };
}

/** A policy stands behind the announcement, and what it says could not be seen. */
function isUntold({ seen }: PlanInput): boolean {
  if (typeof announcedId(seen) !== 'object') return false;
  const outcome = seen.served.get(policyUrl(seen.domain));
  return outcome === undefined || (outcome.kind === 'failed' && silent.has(outcome.reason));
}

/** Failures after which the policy may be there all the same. */
const silent: ReadonlySet<FetchFailure> = new Set(['timeout', 'dns', 'unreachable', 'refused']);

/** An id of somebody else does not tell whether it was changed with the file, so a cover and a way back renew it. */
function renewal(want: Want & { readonly kind: 'mtasts' }, { seen }: PlanInput): { readonly changed?: true } {
  const announced = announcedId(seen);
  const foreign = typeof announced === 'object' && !isOwnId(announced.id);
  return (want.purpose === 'cover' || want.purpose === 'back') && foreign ? { changed: true } : {};
}

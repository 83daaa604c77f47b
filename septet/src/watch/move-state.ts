/** The state of a ramp as it is written down: how it begins, and what a person has said about it. */
import type { Plan } from '../plan/plan.ts';
import type { Need } from '../reports/evidence/needs.ts';
import type { DnsName } from '../dns/name.ts';
import type { RampState, Store } from '../store/store.ts';
import type { Ramp } from './ramp/ramp.ts';
import { stepOfStage } from './ramps-of.ts';

/** Whether the ramp of today has the stage; the configuration may have changed. */
export const standsIn = (ramp: Ramp, { stage, moving }: Pick<RampState, 'stage' | 'moving'>): boolean =>
  [stage, moving?.to ?? stage].every((wanted) => ramp.stages.some(({ name }) => name === wanted));

/**
 * The first state of a ramp. A stage that stood there before counts from when everybody saw it, as far as the plan knows;
 * without that its days begin now.
 */
export function openingState(
  { domain, now }: { readonly domain: DnsName; now(): number },
  ramp: Ramp,
  stage: string,
  plan: Plan,
  revision: number,
): RampState {
  return { domain, ramp: ramp.name, stage, since: since(ramp, stage, plan, now()), revision };
}

function since(ramp: Ramp, stage: string, plan: Plan, now: number): number {
  const own = stepOfStage(ramp.name, stage);
  const index = ramp.stages.findIndex(({ name }) => name === stage);
  const next = stepOfStage(ramp.name, ramp.stages[index + 1]?.name ?? '');
  const position = plan.steps
    .find(({ id }) => id === next)
    ?.gates.find(({ gate }) => gate.kind === 'elapsed' && gate.since === own && gate.counts === 'stage');
  if (position?.gate.kind !== 'elapsed') return now;
  const span = position.gate.seconds * 1000;
  if (position.state === 'open') return now - span;
  return position.until === undefined ? now : Math.min(now, position.until - span);
}

/** Stages to which a person said yes since this one stands. */
export async function approvalsOf(store: Store, state: RampState, now: number): Promise<ReadonlySet<string>> {
  const events = await store.ramps.events(state.domain, { since: state.since, until: now + 1 });
  const own = events.filter((event) => event.ramp === state.ramp && event.at >= state.since);
  return new Set(own.flatMap(({ kind, to }) => (kind === 'approved' && to !== undefined ? [to] : [])));
}

/** Whether a person's yes is all that is missing. */
export function asksOnly(ramp: Ramp, to: string, needs: readonly Need[]): boolean {
  const stage = ramp.stages.find(({ name }) => name === to);
  const open = needs.filter(({ met }) => !met);
  const waivable: readonly string[] = stage?.waivable ?? [];
  return open.length > 0 && open.every(({ kind }) => kind === 'approval' || waivable.includes(kind));
}

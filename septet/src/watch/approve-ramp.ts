/** What a person says about a ramp, written down: yes to its next stage, or stop. */
import type { DnsName } from '../dns/name.ts';
import type { Plan } from '../plan/plan.ts';
import type { RampEvent, RampState, Store } from '../store/store.ts';
import { openingState } from './move-state.ts';
import type { Ramp } from './ramp/ramp.ts';

export interface SaidOf {
  readonly store: Store;
  readonly domain: DnsName;
  readonly ramp: Ramp;
  /** The stage that stands. */
  readonly stage: string;
  readonly plan: Plan;
  readonly now: number;
}

/** `overtaken`: it has moved since it was looked at, and nothing was written down. */
export type Said = 'written' | 'overtaken';

/** Yes to the step to `to`; a ramp that was stopped goes on. The yes counts as long as the stage stands. */
export async function approveStep(of: SaidOf, to: string, why: string): Promise<Said> {
  const before = await stateOf(of);
  if (before.stage !== of.stage) return 'overtaken';
  const { paused, ...state } = before;
  const event = { from: of.stage, to, why } as const;
  const resumed = !paused || (await save(of, state, { ...event, kind: 'resumed' }));
  if (!resumed) return 'overtaken';
  const next = paused ? { ...state, revision: state.revision + 1 } : state;
  return (await save(of, next, { ...event, kind: 'approved' })) ? 'written' : 'overtaken';
}

/** The ramp stays where it is until a person approves again. */
export async function stopRamp(of: SaidOf, why: string): Promise<Said> {
  const { moving: _given, ...state } = await stateOf(of);
  if (state.stage !== of.stage) return 'overtaken';
  const paused = { why, at: of.now };
  return (await save(of, { ...state, paused }, { kind: 'paused', from: of.stage, why })) ? 'written' : 'overtaken';
}

async function stateOf({ store, domain, ramp, stage, plan, now }: SaidOf): Promise<RampState> {
  const states = await store.ramps.states(domain);
  const known = states.find((state) => state.ramp === ramp.name);
  return known ?? openingState({ domain, now: () => now }, ramp, stage, plan, 0);
}

const save = (
  { store, domain, ramp, now }: SaidOf,
  state: RampState,
  event: Pick<RampEvent, 'kind' | 'from' | 'to' | 'why'>,
): Promise<boolean> => store.ramps.save(state, { domain, ramp: ramp.name, at: now, ...event });

/**
 * Where the ramps of a domain stand, as far as a plan asks: it goes forward by itself, and back only where a ramp is on
 * its way back (`watch/` decides that and writes it down first).
 */
import type { RampStage } from './intent.ts';
import type { StepId } from './plan.ts';

export interface RampStanding {
  /** `dmarc`, `spf`, `mta-sts`, `bimi`. */
  readonly ramp: string;
  readonly stage: string;
  /** On its way back to this stage. */
  readonly back?: {
    readonly to: string;
    /** What got worse. */
    readonly why: string;
  };
}

export type Standings = readonly RampStanding[];

/** The step that takes a ramp back: `dmarc.back.sampled`. */
export function backStep(ramp: string, to: string): StepId {
  if (ramp === 'mta-sts') return `mtasts.back.${to}`;
  return ramp === 'spf' ? 'spf.back' : `${ramp}.back.${to}`;
}

export const standingOf = (standings: Standings | undefined, ramp: string): RampStanding | undefined =>
  standings?.find((standing) => standing.ramp === ramp);

/** The stage that DMARC goes back to; undefined where it does not. */
export function dmarcBack(
  standings: Standings | undefined,
  ramp: readonly RampStage[],
): { readonly to: RampStage['name']; readonly why: string } | undefined {
  const back = standingOf(standings, 'dmarc')?.back;
  const stage = ramp.find(({ name }) => name === back?.to);
  return back && stage ? { to: stage.name, why: back.why } : undefined;
}

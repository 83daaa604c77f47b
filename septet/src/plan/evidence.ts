/**
 * What is known from before: the journal's facts, as far as gates ask for them (`store/` reads them), and what reports
 * show (`watch/` measures it).
 */
import type { Change } from '../change/change.ts';
import type { Gate, GatePosition, StepId } from './plan.ts';

export interface PlanEvidence {
  /** When a step's records were first seen everywhere, in milliseconds since 1970. */
  readonly visibleSince: ReadonlyMap<StepId, number>;
  /** Steps that Septet published itself, with the last changes that were applied. */
  readonly published: ReadonlyMap<StepId, { readonly at: number; readonly changes: readonly Change[] }>;
  /** Steps whose question a person has answered with yes. */
  readonly approved: ReadonlySet<StepId>;
  /** Steps of which a person said that what they point at will be there, although it could not be seen. */
  readonly vouched: ReadonlySet<StepId>;
  /** What reports show for a gate of a step. Absent: no reports are kept here, which opens nothing. */
  readonly aligned?: (step: StepId, gate: AlignedGate) => AlignedPosition;
}

export type AlignedGate = Gate & { readonly kind: 'aligned' };

/** A gate's position without the gate. */
export type AlignedPosition = Pick<GatePosition, 'state' | 'detail' | 'until'>;

export const noEvidence: PlanEvidence = {
  visibleSince: new Map(),
  published: new Map(),
  approved: new Set(),
  vouched: new Set(),
};

/** What is known from before: the journal's facts, as far as gates ask for them (`store/` reads them). */
import type { Change } from '../change/change.ts';
import type { StepId } from './plan.ts';

export interface PlanEvidence {
  /** When a step's records were first seen everywhere, in milliseconds since 1970. */
  readonly visibleSince: ReadonlyMap<StepId, number>;
  /** Steps that Septet published itself, with the last changes that were applied. */
  readonly published: ReadonlyMap<StepId, { readonly at: number; readonly changes: readonly Change[] }>;
  /** Steps whose question a person has answered with yes. */
  readonly approved: ReadonlySet<StepId>;
  /** Steps of which a person said that what they point at will be there, although it could not be seen. */
  readonly vouched: ReadonlySet<StepId>;
}

export const noEvidence: PlanEvidence = {
  visibleSince: new Map(),
  published: new Map(),
  approved: new Set(),
  vouched: new Set(),
};

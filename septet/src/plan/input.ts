/** Everything that a plan is made of. */
import type { Change } from '../change/change.ts';
import type { SenderNeeds } from '../senders/needs.ts';
import type { PlanEvidence } from './evidence.ts';
import type { DomainIntent } from './intent.ts';
import type { PlanSeen } from './seen.ts';
import type { Wish } from './wish.ts';

export interface PlanInput {
  readonly intent: DomainIntent;
  readonly needs: readonly SenderNeeds[];
  readonly wishes: readonly Wish[];
  readonly seen: PlanSeen;
  readonly evidence: PlanEvidence;
  readonly host: PlanHost;
}

/** What the plan has to know of the DNS host. */
export interface PlanHost {
  readonly title: string;
  /** The nearest TTL that the host takes, in seconds. */
  nearestTtl(seconds: number): number;
  /** How long its servers take to show a change, in seconds; undefined: not known. */
  readonly pushSeconds?: number;
  /** What of the change the host cannot store, a sentence each. */
  faultsOf(change: Change): readonly string[];
}

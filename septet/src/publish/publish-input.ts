/** What a run of publishing is given, what it tells on its way, and how it ends. */
import type { DnsName } from '../dns/name.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import type { DnsHost, HostFault } from '../providers/host.ts';
import type { Journal } from '../store/journal.ts';
import type { Clock } from './clock.ts';
import type { TakenUp } from './take-up.ts';

export interface PublishInput {
  readonly domain: DnsName;
  /** Looks at the world again and makes the plan from what the journal knows by then. */
  readonly plan: () => Promise<Plan>;
  /** The zone that holds the domain. */
  readonly zone: () => Promise<DnsName>;
  readonly host: DnsHost;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What was approved by its digest; absent: `consent` is asked. */
  readonly digest?: string;
  /** Shows the plan and asks; true: publish it. Not asked when this run could write nothing. */
  readonly consent: (plan: Plan) => Promise<boolean>;
  /** Asks about a step that gives up somebody else's records; true: do. */
  readonly agree: (step: Step, question: string) => Promise<boolean>;
  /** Steps for which a person vouches that what they point at will be there. */
  readonly vouched: ReadonlySet<StepId>;
  /** How long the run may wait in all, in milliseconds. */
  readonly waitMs: number;
  readonly tell: (event: PublishEvent) => void;
  readonly signal?: AbortSignal;
}

export type PublishEvent =
  | { readonly kind: 'taken-up'; readonly what: TakenUp }
  | { readonly kind: 'writing'; readonly step: Step }
  | { readonly kind: 'written'; readonly step: Step }
  /** Everybody was seen to have their records, for the first time. */
  | { readonly kind: 'visible'; readonly steps: readonly Step[] }
  /** `until` in milliseconds since 1970 where the clock decides; without it, records spread. */
  | { readonly kind: 'waiting'; readonly steps: readonly Step[]; readonly until?: number };

export type Published =
  /**
   * Nothing that this run may do is left. `wrote` counts the steps that were written; `unseen` are those that were not
   * seen everywhere in time, `refused` those whose question was not answered with yes.
   */
  | {
      readonly kind: 'finished';
      readonly plan: Plan;
      readonly wrote: number;
      readonly unseen: readonly Step[];
      readonly refused: readonly StepId[];
    }
  | { readonly kind: 'declined'; readonly plan: Plan }
  /** The digest is not that of the plan, nor of one that was begun. */
  | { readonly kind: 'other-plan'; readonly plan: Plan }
  /** What is live, or what is wanted, changed since the plan was approved. */
  | { readonly kind: 'moved'; readonly plan: Plan; readonly steps: readonly StepId[]; readonly wrote: number }
  | {
      readonly kind: 'fault';
      readonly plan?: Plan;
      readonly step?: Step;
      readonly fault: HostFault;
      readonly wrote: number;
    };

/** When it is worth looking at the world again. Pure. */
import type { Change } from '../change/change.ts';
import type { GatePosition, Plan, Step, StepId } from '../plan/plan.ts';

/** Between two looks at what spreads, in milliseconds: the first is short, because most servers are quick. */
export const firstPauseMs = 500;
export const longestPauseMs = 15_000;

export interface LookInput {
  readonly plan: Plan;
  /** The steps that this run may carry out. */
  readonly allowed: ReadonlyMap<StepId, readonly Change[]>;
  /** Those that it has carried out. */
  readonly written: ReadonlySet<StepId>;
  /** Milliseconds since 1970, as `deadline`. */
  readonly now: number;
  readonly pauseMs: number;
  readonly deadline: number;
}

export interface Look {
  /** Milliseconds since 1970, later than `now`. */
  readonly at: number;
  /** Something spreads; else the clock alone decides. */
  readonly spreading: boolean;
  /** For whose sake. */
  readonly steps: readonly Step[];
}

/** Steps whose records stand at the host. */
export const standingSteps = (plan: Plan, written: ReadonlySet<StepId>): ReadonlySet<StepId> =>
  new Set(plan.steps.flatMap((step) => (step.status.kind === 'done' || written.has(step.id) ? [step.id] : [])));

/** What was written spreads, and time passes; anything else needs a person or a report. */
export const opensByItself = ({ gate, until }: GatePosition, standing: ReadonlySet<StepId>): boolean =>
  until !== undefined ||
  (gate.kind === 'visible' && standing.has(gate.step)) ||
  (gate.kind === 'elapsed' && standing.has(gate.since));

/** Undefined when waiting opens nothing before the deadline. What spreads is looked at once more at the deadline itself. */
export function nextLook({ plan, allowed, written, now, pauseMs, deadline }: LookInput): Look | undefined {
  if (now >= deadline) return undefined;
  const standing = standingSteps(plan, written);
  const spreading: Step[] = [];
  const timed: { readonly step: Step; readonly at: number }[] = [];
  for (const step of plan.steps) {
    if (!allowed.has(step.id)) continue;
    if (written.has(step.id) || step.status.kind === 'done') {
      const seen = step.status.kind === 'done' && (step.visibility === undefined || step.visibility.state === 'open');
      const until = step.status.kind === 'done' ? step.visibility?.until : undefined;
      // What caches still hold goes with its TTL, and not before.
      if (!seen && until !== undefined) timed.push({ step, at: Math.max(now + firstPauseMs, until) });
      else if (!seen) spreading.push(step);
      continue;
    }
    if (step.status.kind !== 'waiting') continue;
    const closed = step.gates.filter((position) => position.state !== 'open');
    if (!closed.every((position) => opensByItself(position, standing))) continue;
    if (closed.some(({ until }) => until === undefined)) spreading.push(step);
    else timed.push({ step, at: Math.max(now + firstPauseMs, ...closed.map(({ until }) => until ?? 0)) });
  }
  if (spreading.length > 0) {
    const at = Math.min(now + Math.max(pauseMs, 1), deadline, ...timed.map((entry) => entry.at));
    return { at, spreading: true, steps: plan.steps.filter((step) => spreading.includes(step)) };
  }
  const inTime = timed.filter((entry) => entry.at <= deadline);
  if (inTime.length === 0) return undefined;
  return { at: Math.min(...inTime.map((entry) => entry.at)), spreading: false, steps: inTime.map(({ step }) => step) };
}

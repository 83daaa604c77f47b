/**
 * Carries a plan out: takes each step whose gates are open, says so in the journal, writes, reads back, waits for what
 * has to spread, and goes on until only people, reports or long waits stand in the way. May be killed at any moment and
 * run again.
 */
import type { Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import { fitsDigest, sameChanges, stepDigest } from '../plan/digest.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import type { DnsHost, HostFault } from '../providers/host.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';
import { applyStep, type Applied } from './apply.ts';
import { iso, type Clock } from './clock.ts';
import { takeUp, type TakenUp } from './take-up.ts';

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
  /** Shows the plan and asks; true: publish it. */
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
  | { readonly kind: 'visible'; readonly step: Step }
  /** `until` in milliseconds since 1970 where the clock decides; without it, records spread. */
  | { readonly kind: 'waiting'; readonly steps: readonly Step[]; readonly until?: number };

export type Published =
  /** Nothing that this run may do is left. `wrote` counts the steps that were written. */
  | { readonly kind: 'finished'; readonly plan: Plan; readonly wrote: number }
  | { readonly kind: 'declined'; readonly plan: Plan }
  /** The digest is not that of the plan, nor of one that was begun. */
  | { readonly kind: 'other-plan'; readonly plan: Plan }
  /** What is live, or what is wanted, changed since the plan was approved. */
  | { readonly kind: 'moved'; readonly plan: Plan; readonly steps: readonly StepId[] }
  | {
      readonly kind: 'fault';
      readonly plan?: Plan;
      readonly step?: Step;
      readonly fault: HostFault;
      readonly wrote: number;
    };

/** Between two looks at what spreads, in milliseconds: the first is short, because most servers are quick. */
const firstPauseMs = 500;
const longestPauseMs = 15_000;

export async function publish(input: PublishInput): Promise<Published> {
  const { journal, clock, tell, signal } = input;
  const left = await takeUp(input);
  if (left.kind === 'fault') return { kind: 'fault', fault: left.fault, wrote: 0 };
  for (const what of left.taken) tell({ kind: 'taken-up', what });

  const deadline = clock.now() + input.waitMs;
  let plan = await input.plan();
  const allowed = await approve(input, plan);
  if (!(allowed instanceof Map)) return allowed;
  for (const step of input.vouched) await journal.append({ kind: 'vouched', at: iso(clock), step });

  let wrote = 0;
  let pause = firstPauseMs;
  for (;;) {
    signal?.throwIfAborted();
    await noteVisible(input, plan);
    if (await askQuestions(input, plan, allowed)) {
      plan = await input.plan();
      continue;
    }
    const moved = movedSteps(plan, allowed);
    if (moved.length > 0) return { kind: 'moved', plan, steps: moved };
    const ready = plan.steps.filter((step) => step.status.kind === 'ready' && allowed.has(step.id));
    for (const step of ready) {
      tell({ kind: 'writing', step });
      const applied: Applied = await applyStep(input, plan.zone, step);
      if (applied.kind === 'fault') return { kind: 'fault', plan, step, fault: applied.fault, wrote };
      wrote++;
      tell({ kind: 'written', step });
    }
    if (ready.length === 0) {
      const wake = nextLook(plan, allowed, clock.now(), pause);
      if (wake === undefined || wake.at > deadline) return { kind: 'finished', plan, wrote };
      if (pause === firstPauseMs || !wake.spreading) {
        tell({ kind: 'waiting', steps: wake.steps, ...(wake.spreading ? {} : { until: wake.at }) });
      }
      await clock.sleep(Math.max(50, wake.at - clock.now()), signal);
      pause = Math.min(pause * 2, longestPauseMs);
    } else pause = firstPauseMs;
    plan = await input.plan();
  }
}

type Allowed = Map<StepId, readonly Change[]>;

/** The steps that may be carried out, with the changes that were shown. */
async function approve(input: PublishInput, plan: Plan): Promise<Allowed | Published> {
  const { journal, digest } = input;
  const fresh: Allowed = new Map(
    plan.steps.filter((step) => step.changes.length > 0).map((step) => [step.id, step.changes]),
  );
  if (digest === undefined) {
    if (fresh.size > 0 && !(await input.consent(plan))) return { kind: 'declined', plan };
  } else if (!fitsDigest(digest, plan.digest)) {
    const begun = journal.entries.findLast(
      (entry): entry is JournalEntry & { kind: 'plan' } => entry.kind === 'plan' && fitsDigest(digest, entry.digest),
    );
    return begun ? new Map(begun.steps.map((step) => [step.id, step.changes])) : { kind: 'other-plan', plan };
  }
  if (fresh.size > 0) {
    const steps = [...fresh].map(([id, changes]) => ({ id, changes }));
    await journal.append({ kind: 'plan', at: iso(input.clock), digest: plan.digest, steps });
  }
  return fresh;
}

/** Steps that would now do something else than what was shown. */
function movedSteps(plan: Plan, allowed: Allowed): readonly StepId[] {
  return plan.steps
    .filter((step) => {
      const shown = allowed.get(step.id);
      return shown && step.changes.length > 0 && !sameChanges(step.changes, shown);
    })
    .map((step) => step.id);
}

/** Writes down, once, since when everybody sees a step; gates count from there. */
async function noteVisible({ journal, clock, tell }: PublishInput, plan: Plan): Promise<void> {
  for (const step of plan.steps) {
    if (step.status.kind !== 'done' || step.visibility?.state !== 'open') continue;
    const last = journal.entries.findLast(
      (entry) => (entry.kind === 'visible' || entry.kind === 'intent') && entry.step === step.id,
    );
    if (last?.kind === 'visible') continue;
    await journal.append({ kind: 'visible', at: iso(clock), step: step.id, digest: stepDigest(step.id, step.changes) });
    if (last) tell({ kind: 'visible', step });
  }
}

/** Asks the questions of steps that wait for nothing else. True when an answer opened a gate. */
async function askQuestions(input: PublishInput, plan: Plan, allowed: Allowed): Promise<boolean> {
  let opened = false;
  for (const step of plan.steps) {
    const closed = step.gates.filter((position) => position.state !== 'open');
    const [only] = closed;
    if (!allowed.has(step.id) || closed.length !== 1 || only?.gate.kind !== 'approved') continue;
    if (!(await input.agree(step, only.gate.question))) {
      allowed.delete(step.id);
      continue;
    }
    await input.journal.append({ kind: 'approved', at: iso(input.clock), step: step.id, question: only.gate.question });
    opened = true;
  }
  return opened;
}

/** When it is worth looking again, for the sake of which steps; undefined when waiting opens nothing. */
function nextLook(
  plan: Plan,
  allowed: Allowed,
  now: number,
  pauseMs: number,
): { readonly at: number; readonly spreading: boolean; readonly steps: readonly Step[] } | undefined {
  const doneIds = new Set(plan.steps.flatMap((step) => (step.status.kind === 'done' ? [step.id] : [])));
  let at = Infinity;
  let spreads = false;
  const steps: Step[] = [];
  for (const step of plan.steps) {
    const unseen =
      step.status.kind === 'done' &&
      allowed.has(step.id) &&
      step.visibility !== undefined &&
      step.visibility.state !== 'open';
    if (step.status.kind !== 'waiting' && !unseen) continue;
    if (!allowed.has(step.id)) continue;
    const closed = step.gates.filter((position) => position.state !== 'open');
    // Gates that open by themselves: what was written spreads, and time passes.
    const opens = closed.every(
      ({ gate, until }) =>
        until !== undefined ||
        (gate.kind === 'visible' && doneIds.has(gate.step)) ||
        (gate.kind === 'elapsed' && doneIds.has(gate.since)),
    );
    if (!opens) continue;
    steps.push(step);
    const spreading = unseen || closed.some(({ until }) => until === undefined);
    spreads ||= spreading;
    const clock = Math.max(...closed.map(({ until }) => until ?? 0));
    at = Math.min(at, spreading ? now + pauseMs : Math.max(clock, now));
  }
  return steps.length === 0 ? undefined : { at, spreading: spreads, steps };
}

/**
 * Carries a plan out: takes each step whose gates are open, says so in the journal, writes, reads back, waits for what
 * has to spread, and goes on until only people, reports or long waits stand in the way. May be killed at any moment and
 * run again.
 */
import type { DnsName } from '../dns/name.ts';
import { sameChanges } from '../plan/digest.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import { undoable } from '../store/evidence.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';
import { applyStep, standing } from './apply.ts';
import { approve, askQuestions, movedSteps, notePlan, noteVouched } from './approval.ts';
import { iso } from './clock.ts';
import { firstPauseMs, longestPauseMs, nextLook } from './next-look.ts';
import type { Published, PublishInput } from './publish-input.ts';
import { takeUp } from './take-up.ts';

export async function publish(input: PublishInput): Promise<Published> {
  const { clock, tell, signal } = input;
  const left = await takeUp(input);
  if (left.kind === 'fault') return { kind: 'fault', fault: left.fault, wrote: 0 };
  for (const what of left.taken) tell({ kind: 'taken-up', what });

  const deadline = clock.now() + input.waitMs;
  let plan = await input.plan();
  const approved = await approve(input, plan);
  if (approved.kind !== 'approved') return approved;
  const { allowed } = approved;
  let { note } = approved;
  if (await noteVouched(input)) plan = await input.plan();

  /** What stands at the host because of this run or the one before. A slow server may still show what stood before. */
  const written = new Set<StepId>();
  const refused: StepId[] = [];
  let wrote = 0;
  let pause = firstPauseMs;
  let told = '';
  for (;;) {
    signal?.throwIfAborted();
    await noteVisible(input, plan);
    const moved = movedSteps(plan, allowed, written);
    if (moved.length > 0) return { kind: 'moved', plan, steps: moved, wrote };
    const asked = await askQuestions(input, plan, allowed, written);
    refused.push(...asked.refused);
    if (asked.agreed) {
      plan = await input.plan();
      continue;
    }
    const ready = plan.steps.filter(
      (step) => step.status.kind === 'ready' && allowed.has(step.id) && !written.has(step.id),
    );
    for (const step of ready) {
      signal?.throwIfAborted();
      if (await standsAlready(input, plan.zone, step)) {
        written.add(step.id);
        continue;
      }
      if (note) await notePlan(input, note);
      note = undefined;
      tell({ kind: 'writing', step });
      const applied = await applyStep(input, plan.zone, step);
      if (applied.kind === 'fault') return { kind: 'fault', plan, step, fault: applied.fault, wrote };
      written.add(step.id);
      wrote++;
      tell({ kind: 'written', step });
    }
    if (ready.length > 0) pause = firstPauseMs;
    else {
      const look = nextLook({ plan, allowed, written, now: clock.now(), pauseMs: pause, deadline });
      if (look === undefined) return { kind: 'finished', plan, wrote, unseen: unseenOf(plan, written), refused };
      const now = `${look.spreading ? '' : look.at} ${look.steps.map((step) => step.id).join(' ')}`;
      if (now !== told) tell({ kind: 'waiting', steps: look.steps, ...(look.spreading ? {} : { until: look.at }) });
      told = now;
      await clock.sleep(look.at - clock.now(), signal);
      if (look.spreading) pause = Math.min(pause * 2, longestPauseMs);
    }
    plan = await input.plan();
  }
}

const unseenOf = (plan: Plan, written: ReadonlySet<StepId>): readonly Step[] =>
  plan.steps.filter(
    (step) => written.has(step.id) && !(step.status.kind === 'done' && step.visibility?.state === 'open'),
  );

/**
 * Whether the host holds what the last run wrote there: then the look went to a server that does not show it yet, and
 * writing once more would only make the journal longer.
 */
async function standsAlready({ host, journal, signal }: PublishInput, zone: DnsName, step: Step): Promise<boolean> {
  const last = undoable(journal.entries).findLast((intent) => intent.step === step.id);
  const wrote = step.changes.flatMap((change) => last?.changes.find((other) => sameChanges([other], [change])) ?? []);
  if (wrote.length < step.changes.length) return false;
  return (await standing(host, zone, wrote, signal ? { signal } : {})).kind === 'after';
}

/** Steps that everybody sees, and of which the journal does not know since when. */
export function unnoted({ entries }: Journal, plan: Plan): readonly Step[] {
  return plan.steps.filter((step) => {
    if (step.status.kind !== 'done' || step.visibility?.state !== 'open') return false;
    return lastOf(entries, step.id)?.kind !== 'visible';
  });
}

/** The last that was written or seen of the step. What came of a write counts too: a killed run notes it after the sight. */
function lastOf(entries: Journal['entries'], step: string): JournalEntry | undefined {
  const writes = new Set(
    entries.flatMap((entry) => (entry.kind === 'intent' && entry.step === step ? [entry.id] : [])),
  );
  return entries.findLast((entry) => {
    if (entry.kind === 'visible') return entry.step === step;
    return (
      (entry.kind === 'intent' || (entry.kind === 'result' && entry.outcome !== 'nothing-written')) &&
      writes.has(entry.id)
    );
  });
}

/** Writes down, once, since when everybody sees a step; gates count from there. */
export async function noteVisible(
  { journal, clock, tell }: Pick<PublishInput, 'journal' | 'clock' | 'tell'>,
  plan: Plan,
): Promise<void> {
  const seen: Step[] = [];
  for (const step of unnoted(journal, plan)) {
    // What stood there before the first run is nothing new.
    if (lastOf(journal.entries, step.id)) seen.push(step);
    await journal.append({ kind: 'visible', at: iso(clock), step: step.id });
  }
  if (seen.length > 0) tell({ kind: 'visible', steps: seen });
}

/** What a run may do: the changes that a person was shown, the questions that were answered. */
import type { Change } from '../change/change.ts';
import { fitsDigest, sameChanges } from '../plan/digest.ts';
import type { Gate, GatePosition, Plan, Step, StepId } from '../plan/plan.ts';
import type { JournalEntry } from '../store/journal.ts';
import { iso } from './clock.ts';
import { nextLook, opensByItself, standingSteps } from './next-look.ts';
import type { Published, PublishInput } from './publish-input.ts';

/** The steps that may be carried out, with the changes that were shown. */
export type Allowed = Map<StepId, readonly Change[]>;

export interface Approved {
  readonly kind: 'approved';
  readonly allowed: Allowed;
  /** What `notePlan` has to write down before anything else is written; absent: it stands in the journal. */
  readonly note?: Plan;
}

/** Asks for consent, or compares the digest. */
export async function approve(input: PublishInput, plan: Plan): Promise<Approved | Published> {
  const { journal, digest } = input;
  const fresh: Allowed = new Map(
    plan.steps.filter((step) => step.changes.length > 0).map((step) => [step.id, step.changes]),
  );
  if (digest === undefined) {
    if (mayWrite(input, plan, fresh) && !(await input.consent(plan))) return { kind: 'declined', plan };
  } else if (!fitsDigest(digest, plan.digest)) {
    const begun = journal.entries.findLast(
      (entry): entry is PlanEntry => entry.kind === 'plan' && fitsDigest(digest, entry.digest),
    );
    if (!begun) return { kind: 'other-plan', plan };
    return { kind: 'approved', allowed: new Map(begun.steps.map((step) => [step.id, step.changes])) };
  }
  return { kind: 'approved', allowed: fresh, note: plan };
}

/** Writes down what was approved, so that its digest is known when the run is cut off. */
export async function notePlan({ journal, clock }: PublishInput, plan: Plan): Promise<void> {
  const last = journal.entries.findLast((entry): entry is PlanEntry => entry.kind === 'plan');
  if (last?.digest === plan.digest) return;
  const steps = plan.steps.filter((step) => step.changes.length > 0).map(({ id, changes }) => ({ id, changes }));
  await journal.append({ kind: 'plan', at: iso(clock), digest: plan.digest, steps });
}

type PlanEntry = JournalEntry & { readonly kind: 'plan' };

/** Whether this run could come to write something, now or after a wait that it has the time for. */
function mayWrite({ clock, waitMs, vouched }: PublishInput, plan: Plan, allowed: Allowed): boolean {
  const now = clock.now();
  const written = new Set<StepId>();
  const standing = standingSteps(plan, written);
  return (
    vouched.size > 0 ||
    plan.steps.some((step) => step.changes.length > 0 && (step.status.kind === 'ready' || mayAsk(step, standing))) ||
    nextLook({ plan, allowed, written, now, pauseMs: 0, deadline: now + waitMs }) !== undefined
  );
}

/** Writes down for which steps a person vouches. True when one of them is new. */
export async function noteVouched({ journal, clock, vouched }: PublishInput): Promise<boolean> {
  let isNew = false;
  for (const step of vouched) {
    const last = journal.entries.findLast(
      (entry) =>
        (entry.kind === 'vouched' && entry.step === step) ||
        (entry.kind === 'intent' && entry.step === step && entry.undoes !== undefined),
    );
    if (last?.kind === 'vouched') continue;
    await journal.append({ kind: 'vouched', at: iso(clock), step });
    isNew = true;
  }
  return isNew;
}

/**
 * Steps that would now do something else than what was shown. Doing less is no other thing: a part may have been
 * carried out. What this run has written itself may look as before at a server that is slow.
 */
export function movedSteps(plan: Plan, allowed: Allowed, written: ReadonlySet<StepId>): readonly StepId[] {
  return plan.steps
    .filter((step) => {
      const shown = allowed.get(step.id);
      if (!shown || written.has(step.id)) return false;
      return step.changes.some((change) => !shown.some((other) => sameChanges([other], [change])));
    })
    .map((step) => step.id);
}

/**
 * Asks the questions of steps whose other gates are open or open by themselves: before the wait, while the person is
 * there. A step that is refused is not allowed from then on.
 */
export async function askQuestions(
  input: PublishInput,
  plan: Plan,
  allowed: Allowed,
  written: ReadonlySet<StepId>,
): Promise<{ readonly agreed: boolean; readonly refused: readonly StepId[] }> {
  const { journal } = input;
  const refused: StepId[] = [];
  const standing = standingSteps(plan, written);
  let agreed = false;
  for (const step of plan.steps) {
    const question = questionOf(step)?.gate.question;
    if (!allowed.has(step.id) || question === undefined || !mayAsk(step, standing)) continue;
    // A yes was for its own question.
    if (questionOf(step)?.state === 'open' && lastYes(journal.entries, step.id) === question) continue;
    if (!(await input.agree(step, question))) {
      allowed.delete(step.id);
      refused.push(step.id);
      continue;
    }
    await journal.append({ kind: 'approved', at: iso(input.clock), step: step.id, question });
    agreed = true;
  }
  return { agreed, refused };
}

type Question = GatePosition & { readonly gate: Gate & { readonly kind: 'approved' } };

const questionOf = (step: Step): Question | undefined =>
  step.gates.find((position): position is Question => position.gate.kind === 'approved');

/** Whether nothing but a question, answered or not, and what opens by itself stand before the step. */
function mayAsk(step: Step, standing: ReadonlySet<StepId>): boolean {
  if (step.status.kind !== 'ready' && step.status.kind !== 'waiting') return false;
  const question = questionOf(step);
  return (
    question !== undefined &&
    step.gates.every(
      (position) => position === question || position.state === 'open' || opensByItself(position, standing),
    )
  );
}

function lastYes(entries: readonly JournalEntry[], step: StepId): string | undefined {
  const last = entries.findLast((entry) => entry.kind === 'approved' && entry.step === step);
  return last?.kind === 'approved' ? last.question : undefined;
}

/** Carries out named steps of a plan through `publish/`, and nothing else of it: the hands of a ramp. */
import { digestOf, sameChanges } from '../plan/digest.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import { publish } from '../publish/publish.ts';
import type { PublishEvent, PublishInput } from '../publish/publish-input.ts';
import type { PublishedSteps } from './move-ramps.ts';

export interface PublishStepsInput extends Pick<PublishInput, 'domain' | 'host' | 'journal' | 'clock' | 'signal'> {
  /** Makes the plan anew. */
  readonly plan: () => Promise<Plan>;
  /** How long it may wait for the records to be seen everywhere, in milliseconds. */
  readonly waitMs: number;
  readonly tell?: (event: PublishEvent) => void;
}

/** `shown`: the plan by which it was decided; a step that would do something else by now is not carried out. */
export async function publishSteps(
  input: PublishStepsInput,
  shown: Plan,
  steps: readonly StepId[],
): Promise<PublishedSteps> {
  const { domain, host, journal, clock, signal, waitMs, tell = () => {} } = input;
  // Its digest is its own: the journal must not know the whole plan as begun.
  const only = (plan: Plan): Plan => {
    const kept = plan.steps.map((step) => held(step, steps));
    return { ...plan, steps: kept, digest: digestOf(plan.domain, plan.zone, kept) };
  };
  const result = await publish({
    domain,
    zone: async () => shown.zone,
    plan: async () => only(await input.plan()),
    host,
    journal,
    clock,
    consent: async (plan) => steps.every((id) => sameStep(plan, shown, id)),
    agree: async (step) => steps.includes(step.id),
    vouched: new Set(),
    waitMs,
    tell,
    ...(signal ? { signal } : {}),
  });
  switch (result.kind) {
    case 'finished': {
      const wanted = result.plan.steps.filter(({ id }) => steps.includes(id));
      const open = wanted.filter(({ status }) => status.kind !== 'done');
      const unseen = result.unseen.map(({ id }) => id);
      if (open.length === 0 && unseen.length === 0) return { kind: 'done' };
      const of = unseen.length > 0 ? unseen : open.map(({ id }) => id);
      return { kind: 'unseen', why: `${of.join(', ')} not seen everywhere yet` };
    }
    case 'declined':
    case 'other-plan':
    case 'moved':
      return { kind: 'failed', why: 'the zone or the configuration changed meanwhile' };
    case 'fault':
      return { kind: 'failed', why: `${result.fault.detail} ${result.fault.cure}`.trim() };
  }
}

/** Other steps change nothing, whatever they are ready for. */
function held(step: Step, steps: readonly StepId[]): Step {
  if (steps.includes(step.id) || step.changes.length === 0) return step;
  return { ...step, changes: [], status: step.status.kind === 'ready' ? { kind: 'waiting' } : step.status };
}

/** Doing less is no other thing: a part may have been carried out. */
function sameStep(plan: Plan, shown: Plan, id: StepId): boolean {
  const now = plan.steps.find((step) => step.id === id)?.changes ?? [];
  const before = shown.steps.find((step) => step.id === id)?.changes ?? [];
  return now.every((change) => before.some((other) => sameChanges([other], [change])));
}

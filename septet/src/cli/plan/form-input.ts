/** Which steps of a plan are printed, and what is said of the others. */
import type { Plan, Step } from '../../plan/plan.ts';
import type { FormInput, FormStep } from '../../providers/form.ts';
import { awaited, recordWork } from './plan-text.ts';
import { InputError } from '../io.ts';

export interface FormChoice {
  /** Only these steps; absent: what can be published today. */
  readonly steps?: readonly string[] | undefined;
  /** Everything but the later stages of a ramp, and what waits for them. */
  readonly all: boolean;
}

export function formInput(plan: Plan, choice: FormChoice): FormInput {
  for (const id of choice.steps ?? []) {
    if (plan.steps.some((step) => step.id === id)) continue;
    throw new InputError(`There is no step ${id}. There are: ${plan.steps.map((step) => step.id).join(', ')}.`);
  }
  const printed = chosen(plan, choice);
  const ids = new Set(printed.map((step) => step.id));
  return {
    domain: plan.domain,
    zone: plan.zone,
    steps: printed.map(formStep),
    later: plan.steps
      .filter((step) => !ids.has(step.id) && step.status.kind !== 'done')
      .map((step) => laterLine(step, Date.parse(plan.madeAt))),
    digest: plan.digest,
    madeAt: plan.madeAt,
  };
}

function chosen(plan: Plan, choice: FormChoice): readonly Step[] {
  const { steps } = choice;
  if (steps) return plan.steps.filter((step) => steps.includes(step.id));
  const printed: Step[] = [];
  const taken = new Set<string>();
  const later = new Set<string>();
  for (const step of plan.steps) {
    if (step.status.kind === 'done') continue;
    if (isLater(step, later)) later.add(step.id);
    if (step.status.kind === 'blocked' || later.has(step.id)) continue;
    // Nothing of its own: it waits for what another step publishes.
    if (step.changes.length === 0 && !step.outside?.length) continue;
    // One RRset has one value at a time: its later stages are printed when their turn comes.
    const keys = step.changes.map((change) => `${change.type} ${change.name}`);
    if (keys.some((key) => taken.has(key))) continue;
    if (!choice.all && !todays(step, plan, printed)) continue;
    for (const key of keys) taken.add(key);
    printed.push(step);
  }
  return printed;
}

/** It waits for days or reports, or for a step that does. */
function isLater(step: Step, later: ReadonlySet<string>): boolean {
  return step.gates.some(({ gate, state }) => {
    if (state === 'open') return false;
    if (gate.kind === 'elapsed') return gate.counts === 'stage' || later.has(gate.since);
    return gate.kind === 'aligned' || (gate.kind === 'visible' && later.has(gate.step));
  });
}

/** Ready, or waiting only for steps that are printed here too to be seen. */
function todays(step: Step, plan: Plan, printed: readonly Step[]): boolean {
  if (step.status.kind === 'ready' || step.status.kind === 'outside') return true;
  return step.gates.every(({ gate, state }) => {
    if (state === 'open') return true;
    if (gate.kind !== 'visible' && !(gate.kind === 'elapsed' && gate.counts === 'change')) return false;
    const id = gate.kind === 'visible' ? gate.step : gate.since;
    return (
      printed.some((other) => other.id === id) ||
      plan.steps.some((other) => other.id === id && other.status.kind === 'done')
    );
  });
}

function formStep(step: Step): FormStep {
  const works = (step.outside ?? []).filter((work) => !work.done);
  return {
    id: step.id,
    title: step.title,
    why: step.why,
    changes: step.changes,
    outside: works.flatMap((work) =>
      work.kind === 'file' ? [] : [work.kind === 'note' ? work.text : recordWork(work)],
    ),
    files: works.flatMap((work) =>
      work.kind === 'file' ? [{ url: work.url, lines: work.text.trimEnd().split(/\r?\n/) }] : [],
    ),
  };
}

function laterLine(step: Step, now: number): string {
  if (step.status.kind === 'blocked') return `${step.id}: ${step.status.why} ${step.status.cure}`;
  const waits = awaited(step.gates, now).map((line) => line.text);
  return `${step.id}: ${waits.length > 0 ? waits.join('; ') : step.title}`;
}

/**
 * Makes the plan: every wish against what is seen, in publish order, each behind its gates. Pure: the same wishes, the
 * same world, the same evidence and the same time give the same plan.
 */
import type { Comparison } from '../change/change.ts';
import { withCover } from './cover.ts';
import { digestOf } from './digest.ts';
import { positionOf, visibility, type StepFacts } from './gates.ts';
import type { PlanInput } from './input.ts';
import {
  planVersion,
  type Gate,
  type GatePosition,
  type Plan,
  type Step,
  type StepId,
  type StepStatus,
} from './plan.ts';
import { Drawing, shortTexts, type Outcome } from './drawing.ts';
import { judgePlan } from './judge.ts';
import { waitsFor } from './waits.ts';
import type { Wish } from './wish.ts';

export function makePlan(input: PlanInput): Plan {
  const { intent, seen } = input;
  const drawing = new Drawing(input);
  const facts = new Map<string, StepFacts>();
  const steps: Step[] = [];
  for (const wish of withCover(input)) {
    const outcome = drawing.draw(wish);
    const step = stepOf(wish, outcome, input, facts, steps);
    steps.push(step);
    facts.set(wish.id, { done: step.status.kind === 'done', sets: outcome.sets, title: wish.title });
  }
  const findings = judgePlan(input, steps, drawing.collisions);
  return {
    version: planVersion,
    domain: intent.domain,
    zone: seen.zone,
    madeAt: new Date(seen.now).toISOString(),
    steps,
    findings,
    digest: digestOf(intent.domain, seen.zone, steps),
  };
}

function stepOf(
  wish: Wish,
  outcome: Outcome,
  input: PlanInput,
  facts: ReadonlyMap<string, StepFacts>,
  before: readonly Step[],
): Step {
  const { seen, evidence } = input;
  const { changes, outside, blocked } = outcome;
  const shared = changes.length > 0 ? [] : [...new Set(outcome.shares)].filter((id) => !facts.get(id)?.done);
  const done =
    blocked === undefined && changes.length === 0 && shared.length === 0 && outside.every((work) => work.done);
  const context = {
    seen,
    evidence,
    steps: facts,
    step: wish.id,
    ...(outcome.policy ? { policy: outcome.policy } : {}),
  };
  const { gates, passed } = done ? { gates: [], passed: [] } : gatesOf(wish, outcome, shared, input, before);
  const positions = gates.map((gate) => positionOf(gate, context));
  return {
    id: wish.id,
    record: wish.record,
    title: wish.title,
    why: wish.why,
    comparison: comparisonOf(outcome, done),
    status: statusOf(done, outcome, positions),
    changes,
    ...(outside.length > 0 ? { outside } : {}),
    gates: positions,
    ...(outcome.price ? { price: outcome.price } : {}),
    ...(outcome.readers ? { readers: outcome.readers } : {}),
    loses: outcome.loses,
    ...(done && outcome.sets.length > 0 ? { visibility: visibility(outcome.sets, seen) } : {}),
    notes: [...new Set([...outcome.notes, ...passedNote(passed), ...wish.notes])],
  };
}

/** `passed`: steps that ought to come before and cannot be planned; the step does not wait for them. */
function gatesOf(
  wish: Wish,
  outcome: Outcome,
  shared: readonly StepId[],
  input: PlanInput,
  before: readonly Step[],
): { readonly gates: readonly Gate[]; readonly passed: readonly StepId[] } {
  // All that is missing is what another step publishes: no more has to be proved for that.
  if (shared.length > 0) return { gates: shared.map((step) => ({ kind: 'visible', step })), passed: [] };
  const gates: Gate[] = [];
  const passed: StepId[] = [];
  for (const id of wish.after) {
    const step = before.find((other) => other.id === id);
    if (!step) continue;
    const unplanned = step.status.kind === 'blocked' || step.status.kind === 'outside';
    if (unplanned && wish.order === 'soft') {
      passed.push(id);
      continue;
    }
    gates.push({ kind: 'visible', step: id });
    const wait = waitsFor(wish, step, input);
    if (wait) gates.push(wait);
  }
  gates.push(...wish.gates);
  if (outcome.loses.length > 0) gates.push({ kind: 'approved', question: question(outcome.loses) });
  return { gates, passed };
}

const passedNote = (ids: readonly StepId[]): readonly string[] =>
  ids.length === 0 ? [] : [`Does not wait for ${ids.join(', ')}, which cannot be published yet.`];

const question = (loses: readonly string[]): string =>
  `gives up ${shortTexts(loses)}, which Septet did not make. Agree?`;

function statusOf(done: boolean, outcome: Outcome, gates: readonly GatePosition[]): StepStatus {
  if (outcome.blocked) return { kind: 'blocked', ...outcome.blocked };
  if (done) return { kind: 'done' };
  const closed = gates.filter((position) => position.state !== 'open');
  const asksOthers = outcome.outside.some((work) => !work.done);
  if (outcome.changes.length === 0 && asksOthers) return { kind: 'outside' };
  if (closed.length === 0) return { kind: 'ready' };
  const clocks = closed.map((position) => position.until);
  const until = clocks.every((time) => time !== undefined) ? Math.max(...clocks) : undefined;
  return { kind: 'waiting', ...(until === undefined ? {} : { until }) };
}

const ranking: readonly Comparison[] = ['equal', 'equivalent', 'superset', 'absent', 'weaker', 'conflicting'];

/** The worst of the step's RRsets; work of others that is not done counts as absent. */
function comparisonOf({ proposals, blocked }: Outcome, done: boolean): Comparison {
  let worst: Comparison = done || proposals.length > 0 ? 'equal' : 'absent';
  for (const proposal of proposals) {
    const comparison = proposal.kind === 'blocked' ? 'conflicting' : proposal.comparison;
    if (ranking.indexOf(comparison) > ranking.indexOf(worst)) worst = comparison;
  }
  return blocked && worst === 'equal' ? 'absent' : worst;
}

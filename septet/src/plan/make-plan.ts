/**
 * Makes the plan: every wish against what is seen, in publish order, each behind its gates. Pure: the same wishes, the
 * same world, the same evidence and the same time give the same plan.
 */
import type { Change, Comparison, Proposal } from '../change/change.ts';
import { isAtOrBelow } from '../dns/name.ts';
import { withCover } from './cover.ts';
import { digestOf } from './digest.ts';
import { positionOf, visibility, type StepFacts } from './gates.ts';
import type { PlanInput } from './input.ts';
import { planVersion, type Gate, type GatePosition, type Plan, type Step, type StepStatus } from './plan.ts';
import { Drawing, type Outcome } from './drawing.ts';
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
  const changes = outcome.changes.filter((change) => isAtOrBelow(change.name, seen.zone));
  const done =
    outcome.blocked === undefined && outcome.changes.length === 0 && outcome.outside.every((work) => work.done);
  const gates: GatePosition[] = [];
  if (!done) {
    const context = {
      seen,
      evidence,
      steps: facts,
      step: wish.id,
      ...(outcome.policy ? { policy: outcome.policy } : {}),
    };
    for (const gate of gatesOf(wish, outcome, input, before)) gates.push(positionOf(gate, context));
  }
  return {
    id: wish.id,
    record: wish.record,
    title: wish.title,
    why: wish.why,
    comparison: worst(outcome.proposals),
    status: statusOf(done, outcome, changes, gates),
    changes,
    ...(outcome.outside.length > 0 ? { outside: outcome.outside } : {}),
    gates,
    ...(outcome.price ? { price: outcome.price } : {}),
    ...(outcome.readers ? { readers: outcome.readers } : {}),
    loses: outcome.loses,
    ...(done && outcome.sets.length > 0 ? { visibility: visibility(outcome.sets, seen) } : {}),
    notes: [...outcome.notes, ...wish.notes],
  };
}

function gatesOf(wish: Wish, outcome: Outcome, input: PlanInput, before: readonly Step[]): readonly Gate[] {
  const gates: Gate[] = [];
  for (const id of wish.after) {
    const step = before.find((other) => other.id === id);
    if (!step) continue;
    const unplanned = step.status.kind === 'blocked' || step.status.kind === 'outside';
    if (unplanned && wish.order === 'soft') continue;
    gates.push({ kind: 'visible', step: id });
    const wait = waitsFor(wish, step, input);
    if (wait) gates.push(wait);
  }
  gates.push(...wish.gates);
  if (outcome.loses.length > 0) gates.push({ kind: 'approved', question: question(outcome.loses) });
  return gates;
}

function question(loses: readonly string[]): string {
  const shown = loses.slice(0, 2).map((text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text));
  const more = loses.length > 2 ? ` and ${loses.length - 2} more` : '';
  return `gives up ${shown.join(' | ')}${more}, which Septet did not make. Agree?`;
}

function statusOf(
  done: boolean,
  outcome: Outcome,
  changes: readonly Change[],
  gates: readonly GatePosition[],
): StepStatus {
  if (outcome.blocked) return { kind: 'blocked', ...outcome.blocked };
  if (done) return { kind: 'done' };
  if (changes.length === 0) return { kind: 'outside' };
  const closed = gates.filter((position) => position.state !== 'open');
  if (closed.length === 0) return { kind: 'ready' };
  const clocks = closed.map((position) => position.until);
  const until = clocks.every((time) => time !== undefined) ? Math.max(...clocks) : undefined;
  return { kind: 'waiting', ...(until === undefined ? {} : { until }) };
}

const ranking: readonly Comparison[] = ['equal', 'equivalent', 'superset', 'absent', 'weaker', 'conflicting'];

function worst(proposals: readonly Proposal[]): Comparison {
  let found: Comparison = 'equal';
  for (const proposal of proposals) {
    const comparison = proposal.kind === 'blocked' ? 'conflicting' : proposal.comparison;
    if (ranking.indexOf(comparison) > ranking.indexOf(found)) found = comparison;
  }
  return found;
}

/**
 * Moves the ramps of one domain: each by at most one stage a run, forward only when the evidence is there, back when a
 * step hurts. One machine at a time moves a domain. What is meant is written down before anything is published, and what
 * came of it after everybody was seen to have it, so that a run may be killed between any two lines: the next one takes
 * up what was meant, and looks at DNS to see how far it came.
 */
import type { DomainConfig } from '../config/domain.ts';
import type { DnsName } from '../dns/name.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import { backStep } from '../plan/ramp-standing.ts';
import { dayMs } from '../reports/evidence/days.ts';
import type { RampState, Store } from '../store/store.ts';
import { evidenceAt, longestMaxAge, readBasis, type ReportBasis } from './ramp-evidence.ts';
import { approvalsOf, asksOnly, openingState, standsIn } from './move-state.ts';
import { decide, waitsFor, type Decision } from './ramp/decide.ts';
import type { Ramp } from './ramp/ramp.ts';
import { isVisible, liveStage, rampsOf, stepOfStage } from './ramps-of.ts';

export interface RampHands {
  readonly domain: DnsName;
  readonly store: Store;
  /** Milliseconds since 1970. */
  now(): number;
  /** Makes the plan anew, with the evidence and the ramps of the same store. */
  plan(): Promise<Plan>;
  /** Carries out exactly these steps of that plan through `publish/`, and answers yes to their questions. */
  publish(plan: Plan, steps: readonly StepId[]): Promise<PublishedSteps>;
  readonly settings: DomainConfig;
  /** Who moves: a host and a process, for locks. */
  readonly owner: string;
  readonly signal?: AbortSignal;
}

/** `unseen`: written, and not everybody was seen to have it. */
export interface PublishedSteps {
  readonly kind: 'done' | 'failed' | 'unseen';
  readonly why?: string;
}

export interface RampMove {
  readonly ramp: string;
  readonly outcome: 'stays' | 'advanced' | 'went back' | 'waits for approval' | 'failed' | 'paused';
  readonly from?: string;
  readonly to?: string;
  /** Without a full stop. */
  readonly why: string;
  /** What got worse and is left to a person, a sentence each. */
  readonly alerts?: readonly string[];
}

/** Nothing, where another machine moves the domain just now. */
export async function moveRamps(hands: RampHands): Promise<readonly RampMove[]> {
  const { domain, store, owner, settings, signal } = hands;
  const moves = await store.ramps.exclusively(domain, owner, async () => {
    const made: RampMove[] = [];
    const basis = await readBasis(store, settings.intent, hands.now());
    const longest = longestMaxAge(basis);
    const ramps = rampsOf(settings.intent, longest === undefined ? {} : { longestMaxAgeSeconds: longest });
    let plan = await hands.plan();
    for (const ramp of ramps) {
      signal?.throwIfAborted();
      // oxlint-disable no-await-in-loop -- one after the other: they stand in one zone
      const move = await moveOne({ hands, ramp, basis, plan });
      made.push(move);
      if (move.outcome === 'advanced' || move.outcome === 'went back') plan = await hands.plan();
      // oxlint-enable no-await-in-loop
    }
    return made;
  });
  return moves ?? [];
}

interface Run {
  readonly hands: RampHands;
  readonly ramp: Ramp;
  readonly basis: ReportBasis;
  readonly plan: Plan;
}

async function moveOne(run: Run): Promise<RampMove> {
  const { hands, ramp, plan } = run;
  const { store, domain } = hands;
  const states = await store.ramps.states(domain);
  const known = states.find((state) => state.ramp === ramp.name);
  if (known?.paused) return { ramp: ramp.name, outcome: 'paused', from: known.stage, why: known.paused.why };
  if (known?.moving && standsIn(ramp, known)) return takeUp(run, { ...known, moving: known.moving });
  if (known?.moving) return giveUp(run, { ...known, moving: known.moving }, `the ramp has no stage ${known.moving.to}`);
  const live = liveStage(ramp, plan);
  const stays = (why: string): RampMove => ({
    ramp: ramp.name,
    outcome: 'stays',
    ...(known ? { from: known.stage } : {}),
    why,
  });
  if (live.kind === 'unknown') return stays(`DNS did not tell where it stands: ${live.why}`);
  if (live.kind === 'before') {
    const first = stepOfStage(ramp.name, ramp.stages[0]?.name ?? '') ?? '';
    return stays(known ? `the records of ${known.stage} are gone` : `${first} is not published yet`);
  }
  if (known?.stage === live.stage) return decideOne(run, known);
  if (isVisible(live.step) !== true)
    return stays(`${live.stage} is not seen everywhere yet: ${live.step?.visibility?.detail ?? 'no answer'}`);
  // A cache may still show what stood before our own step.
  if (known && standsIn(ramp, known) && hands.now() - known.since < dayMs)
    return stays(`DNS shows ${live.stage}, and ${known.stage} was published within a day; it is looked at again`);
  return adopt(run, known, live.stage);
}

/** Nobody has written down where the ramp stands, or it was moved by hand: what is live counts, and its days begin. */
async function adopt(run: Run, known: RampState | undefined, stage: string): Promise<RampMove> {
  const { hands, ramp, plan } = run;
  const state = openingState(hands, ramp, stage, plan, known?.revision ?? 0);
  const stages = ramp.stages.map(({ name }) => name);
  const from = known && stages.includes(known.stage) ? known.stage : undefined;
  if (from === undefined) {
    if (!(await hands.store.ramps.save(state))) return overtaken(ramp, stage);
    return decideOne(run, { ...state, revision: state.revision + 1 });
  }
  const outcome = stages.indexOf(stage) > stages.indexOf(from) ? 'advanced' : 'went back';
  const move = { ramp: ramp.name, from, to: stage, why: `${stage} was published, and not by watch` };
  const event = { ...move, domain: hands.domain, at: hands.now(), kind: outcome } as const;
  if (!(await hands.store.ramps.save(state, event))) return overtaken(ramp, from);
  return { ...move, outcome };
}

const overtaken = (ramp: Ramp, from: string): RampMove => ({
  ramp: ramp.name,
  outcome: 'stays',
  from,
  why: 'another machine has moved it meanwhile',
});

async function decision({ hands, ramp, basis, plan }: Run, state: RampState): Promise<Decision> {
  const now = hands.now();
  const { stage, since } = state;
  const evidence = evidenceAt(basis, ramp, stage, since, now, plan);
  const approvals = await approvalsOf(hands.store, state, now);
  return decide({ ramp, stage, since, evidence, limits: basis.limits, approvals, now });
}

async function decideOne(run: Run, state: RampState): Promise<RampMove> {
  const { hands, ramp, plan } = run;
  const made = await decision(run, state);
  const stays = (why: string): RampMove => ({ ramp: ramp.name, outcome: 'stays', from: state.stage, why });
  if (made.kind === 'stay') {
    const to = made.next;
    const alerts = made.alerts.length > 0 ? { alerts: made.alerts } : {};
    if (to === undefined || !asksOnly(ramp, to, made.needs)) return { ...stays(waitsFor(made)), ...alerts };
    return waitForYes(run, state, to, waitsFor(made));
  }
  if (made.kind === 'advance') {
    const approvals = await approvalsOf(hands.store, state, hands.now());
    const yes = approvals.has(made.to);
    const step = plan.steps.find(({ id }) => id === stepOfStage(ramp.name, made.to));
    const closed = hindrance(step, yes);
    if (closed?.kind === 'asks') return waitForYes(run, state, made.to, closed.why);
    if (closed) return stays(`${made.to} could begin by the reports: ${closed.why}`);
  }
  const moving: Moving = {
    to: made.to,
    startedAt: hands.now(),
    direction: made.kind === 'back' ? 'back' : 'advance',
    why: made.why,
  };
  if (!(await hands.store.ramps.save({ ...state, moving }))) return overtaken(ramp, state.stage);
  return carryOut(run, { ...state, moving, revision: state.revision + 1 });
}

type Moving = NonNullable<RampState['moving']>;
type MovingState = RampState & { readonly moving: Moving };

const stepIdOf = (ramp: Ramp, { to, direction }: Moving): StepId =>
  (direction === 'back' ? backStep(ramp.name, to) : stepOfStage(ramp.name, to)) ?? to;

/** What of the step itself stands in the way; the reports where a person agreed, and the policy file, may follow. */
function hindrance(
  step: Step | undefined,
  yes: boolean,
): { readonly kind: 'asks' | 'closed'; readonly why: string } | undefined {
  if (!step) return { kind: 'closed', why: 'the plan has no such step' };
  const { status } = step;
  if (status.kind === 'ready' || status.kind === 'done') return undefined;
  if (status.kind === 'blocked') return { kind: 'closed', why: `${status.why} ${status.cure}` };
  if (status.kind === 'outside') return { kind: 'closed', why: 'somebody else has to publish it' };
  const closed = step.gates.filter(({ state }) => state !== 'open');
  const hard = closed.filter(
    ({ gate }) =>
      !(
        gate.kind === 'approved' ||
        (gate.kind === 'aligned' && yes) ||
        (gate.kind === 'serves' && gate.what === 'policy')
      ),
  );
  if (hard.length > 0) return { kind: 'closed', why: hard.map(({ detail }) => detail).join('; ') };
  const asked = yes ? undefined : closed.find(({ gate }) => gate.kind === 'approved');
  return asked ? { kind: 'asks', why: asked.detail } : undefined;
}

/** Says so once for each stage. */
async function waitForYes({ hands, ramp }: Run, state: RampState, to: string, why: string): Promise<RampMove> {
  const move: RampMove = { ramp: ramp.name, outcome: 'waits for approval', from: state.stage, to, why };
  const { domain, store } = hands;
  const events = await store.ramps.events(domain, { since: state.since, until: hands.now() + 1 });
  const last = events.findLast((event) => event.ramp === ramp.name && event.kind !== 'stays');
  if (last?.kind !== 'waits for approval' || last.to !== to)
    await store.ramps.save(state, {
      domain,
      ramp: ramp.name,
      at: hands.now(),
      kind: 'waits for approval',
      from: state.stage,
      to,
      why,
    });
  return move;
}

/** So long a policy file may take to be put up on the way back (house). */
const fileMs = 3_600_000;

/** An earlier run wrote down what it meant, and was cut off or waits for DNS. */
async function takeUp(run: Run, state: MovingState): Promise<RampMove> {
  const { ramp, plan } = run;
  const { moving, stage } = state;
  const step = plan.steps.find(({ id }) => id === stepIdOf(ramp, moving));
  if (step?.status.kind === 'done') return settle(run, state, plan, { kind: 'done' });
  if (step?.status.kind === 'blocked' && step.status.unanswered)
    return { ramp: ramp.name, outcome: 'stays', from: stage, why: `DNS did not answer: ${step.status.why}` };
  // Going back was decided by what had happened; going forward is decided by what is known now.
  if (moving.direction === 'advance') {
    const made = await decision(run, state);
    if (made.kind !== 'advance' || made.to !== moving.to) return giveUp(run, state, waitsFor(made));
  }
  return carryOut(run, state);
}

/** The record is as it was: the step is no longer meant. */
async function giveUp({ hands, ramp }: Run, state: MovingState, why: string): Promise<RampMove> {
  const { moving: _given, ...rest } = state;
  if (!(await hands.store.ramps.save(rest))) return overtaken(ramp, state.stage);
  return { ramp: ramp.name, outcome: 'stays', from: state.stage, why };
}

async function carryOut(run: Run, state: MovingState): Promise<RampMove> {
  const { hands, ramp } = run;
  const { moving, stage } = state;
  // Made anew: what is meant now opens the way back, and a gate that a person waived.
  const plan = await hands.plan();
  const id = stepIdOf(ramp, moving);
  const step = plan.steps.find((other) => other.id === id);
  if (step?.status.kind === 'done') return settle(run, state, plan, { kind: 'done' });
  const yes = (await approvalsOf(hands.store, state, hands.now())).has(moving.to);
  const closed = hindrance(step, yes || moving.direction === 'back');
  if (closed && moving.direction === 'advance') return giveUp(run, state, closed.why);
  if (closed) return failed(run, state, closed.why);
  const file = step?.gates.find(({ gate, state: at }) => gate.kind === 'serves' && at !== 'open');
  // Who hosts the file himself has to be told; Septet's own server has it up in a moment.
  if (file && moving.direction === 'back' && hands.now() - moving.startedAt > fileMs)
    return failed(run, state, file.detail);
  if (file) return { ramp: ramp.name, outcome: 'stays', from: stage, to: moving.to, why: file.detail };
  hands.signal?.throwIfAborted();
  const published = await hands.publish(plan, [id]);
  return settle(run, state, await hands.plan(), published);
}

/** What came of it, by what DNS shows. */
async function settle(run: Run, state: MovingState, plan: Plan, published: PublishedSteps): Promise<RampMove> {
  const { hands, ramp, basis } = run;
  const { moving, stage: from, domain } = state;
  const step = plan.steps.find(({ id }) => id === stepIdOf(ramp, moving));
  const isDone = step?.status.kind === 'done';
  if (!isDone && published.kind === 'failed') return failed(run, state, published.why ?? 'it could not be published');
  if (!isDone || isVisible(step) !== true) {
    const detail = step?.visibility?.detail ?? published.why ?? 'it does not show yet';
    return { ramp: ramp.name, outcome: 'stays', from, to: moving.to, why: `written, and waits for DNS: ${detail}` };
  }
  const at = hands.now();
  const { direction, to, why } = moving;
  const { moving: _done, ...rest } = state;
  const kind = direction === 'back' ? 'went back' : 'advanced';
  const next: RampState = { ...rest, stage: to, since: at, watchUntil: at + basis.limits.watch.days * dayMs };
  if (!(await hands.store.ramps.save(next, { domain, ramp: ramp.name, at, kind, from, to, why })))
    return overtaken(ramp, from);
  return { ramp: ramp.name, outcome: kind, from, to, why };
}

/** It stays meant: the next run tries again. Written down once for each reason. */
async function failed({ hands, ramp }: Run, state: MovingState, why: string): Promise<RampMove> {
  const { domain, store } = hands;
  const { moving, stage: from } = state;
  const events = await store.ramps.events(domain, { since: moving.startedAt, until: hands.now() + 1 });
  const last = events.findLast((event) => event.ramp === ramp.name);
  const event = { domain, ramp: ramp.name, at: hands.now(), kind: 'failed', from, to: moving.to, why } as const;
  if (last?.kind !== 'failed' || last.why !== why) await store.ramps.save(state, event);
  return { ramp: ramp.name, outcome: 'failed', from, to: moving.to, why };
}

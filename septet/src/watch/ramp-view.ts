/** Where each ramp of a domain stands, what its next step needs and has, and what that step would break today. */
import type { Finding } from '../finding/finding.ts';
import type { DomainIntent } from '../plan/intent.ts';
import type { GatePosition, Plan } from '../plan/plan.ts';
import { checkRamp, checkReports, checkSpfTighten } from '../reports/evidence/check.ts';
import { checkTls } from '../reports/evidence/tls-check.ts';
import type { Need } from '../reports/evidence/needs.ts';
import type { RampState, Store } from '../store/store.ts';
import { approvalsOf, asksOnly, openingState } from './move-state.ts';
import { emptyBasis, evidenceAt, longestMaxAge, readBasis, type ReportBasis } from './ramp-evidence.ts';
import { decide, type Decision } from './ramp/decide.ts';
import type { Ramp, RampEvidence, RampName } from './ramp/ramp.ts';
import { wouldBreak, type Break } from './ramp/would-break.ts';
import { liveStage, rampsOf, stepOfStage } from './ramps-of.ts';

export interface RampView {
  readonly ramp: RampName;
  /** In order. */
  readonly stages: readonly string[];
  /** Absent: not even the first is published, or DNS did not tell. */
  readonly stage?: string;
  /** Milliseconds since 1970, as all times here. */
  readonly since?: number;
  /** `new`: `watch` has not written down anything yet. */
  readonly kept: 'kept' | 'new';
  /** What DNS shows, where it is something else. */
  readonly live?: string;
  readonly moving?: RampState['moving'];
  readonly paused?: RampState['paused'];
  readonly watchUntil?: number;
  readonly next?: string;
  /** What the next stage needs, met or not. */
  readonly needs: readonly Need[];
  /** Not before; absent where nothing but the evidence decides. */
  readonly earliest?: number;
  readonly decision: Decision['kind'] | 'unknown' | 'not begun';
  /** One line: what it waits for, or why it would move. */
  readonly why: string;
  /** Only a person's yes is missing. */
  readonly asks: boolean;
  readonly alerts: readonly string[];
  readonly breaks: readonly Break[];
  /** Gates of the plan that reports do not open: records to be seen, files to be put up, questions. */
  readonly plan: readonly GatePosition[];
  readonly findings: readonly Finding[];
}

export interface ViewInput {
  readonly intent: DomainIntent;
  readonly plan: Plan;
  readonly now: number;
  /** Absent: nothing is kept. */
  readonly store: Store | undefined;
}

export async function viewRamps({ intent, plan, now, store }: ViewInput): Promise<readonly RampView[]> {
  const basis = store ? await readBasis(store, intent, now) : emptyBasis(intent);
  const states = store ? await store.ramps.states(intent.domain) : [];
  const longest = longestMaxAge(basis);
  const views: RampView[] = [];
  for (const ramp of rampsOf(intent, longest === undefined ? {} : { longestMaxAgeSeconds: longest })) {
    const kept = states.find((state) => state.ramp === ramp.name);
    // oxlint-disable-next-line no-await-in-loop -- four at most
    views.push(await viewOne({ ramp, basis, plan, now, kept, store }));
  }
  return views;
}

interface One {
  readonly ramp: Ramp;
  readonly basis: ReportBasis;
  readonly plan: Plan;
  readonly now: number;
  readonly kept: RampState | undefined;
  readonly store: Store | undefined;
}

async function viewOne(one: One): Promise<RampView> {
  const { ramp, basis, plan, now, kept, store } = one;
  const stages = ramp.stages.map(({ name }) => name);
  const base = { ramp: ramp.name, stages, needs: [], asks: false, alerts: [], breaks: [], plan: [], findings: [] };
  const live = liveStage(ramp, plan);
  const known = kept && stages.includes(kept.stage) ? kept : undefined;
  if (!known && live.kind !== 'stage') {
    const first = stepOfStage(ramp.name, stages[0] ?? '') ?? '';
    const why = live.kind === 'unknown' ? live.why : `${first} is not published yet`;
    return { ...base, kept: 'new', decision: live.kind === 'unknown' ? 'unknown' : 'not begun', why };
  }
  const opening = live.kind === 'stage' ? live.stage : '';
  const state = known ?? openingState({ domain: plan.domain, now: () => now }, ramp, opening, plan, 0);
  const { stage, since } = state;
  const evidence = evidenceAt(basis, ramp, stage, since, now, plan);
  const approvals = store ? await approvalsOf(store, state, now) : new Set<string>();
  const made = decide({ ramp, stage, since, evidence, limits: basis.limits, approvals, now });
  const next = stages[stages.indexOf(stage) + 1];
  const needs = made.kind === 'back' ? [] : made.needs;
  const clocks = needs.flatMap(({ met, earliest }) => (met || earliest === undefined ? [] : [earliest]));
  const asks = made.kind === 'stay' && next !== undefined && asksOnly(ramp, next, needs);
  const gates = next === undefined ? [] : gatesOf(plan, stepOfStage(ramp.name, next), needs);
  // The needs of BIMI are these gates.
  const closed = ramp.name === 'bimi' ? gates.filter(({ gate }) => gate.kind === 'approved') : gates;
  const asksInPlan = closed.length > 0 && closed.every(({ gate }) => gate.kind === 'approved');
  const shows = live.kind === 'stage' ? live.stage : live.kind === 'before' ? 'no such record' : undefined;
  return {
    ...base,
    kept: known ? 'kept' : 'new',
    stage,
    since,
    ...(shows !== undefined && shows !== stage && !state.moving ? { live: shows } : {}),
    ...(state.moving ? { moving: state.moving } : {}),
    ...(state.paused ? { paused: state.paused } : {}),
    ...(state.watchUntil !== undefined && state.watchUntil > now ? { watchUntil: state.watchUntil } : {}),
    ...(next === undefined ? {} : { next }),
    needs,
    ...(clocks.length > 0 ? { earliest: Math.max(...clocks) } : {}),
    decision: made.kind,
    why: made.kind === 'stay' ? made.reasons.join('; ') : made.why,
    asks: asks || (made.kind === 'advance' && asksInPlan && !approvals.has(made.to)),
    alerts: made.kind === 'stay' ? made.alerts : [],
    breaks: next === undefined ? [] : wouldBreak(evidence, next),
    plan: closed,
    findings: findingsOf({ ramp, plan, evidence, needs, next, basis, stage, since }),
  };
}

/** Reports and days are told by the needs; the days of the journal too where they are others. */
function gatesOf(plan: Plan, id: string | undefined, needs: readonly Need[]): readonly GatePosition[] {
  const waits = needs.some(({ kind, met }) => kind === 'days' && !met);
  const gates = plan.steps.find((step) => step.id === id)?.gates ?? [];
  return gates.filter(
    ({ gate, state }) =>
      state !== 'open' && gate.kind !== 'aligned' && !(waits && gate.kind === 'elapsed' && gate.counts === 'stage'),
  );
}

interface Facts {
  readonly ramp: Ramp;
  readonly plan: Plan;
  readonly evidence: RampEvidence;
  readonly needs: readonly Need[];
  readonly next: string | undefined;
  readonly basis: ReportBasis;
  readonly stage: string;
  readonly since: number;
}

function findingsOf({ ramp, plan: { domain }, evidence, needs, next, basis, stage, since }: Facts): readonly Finding[] {
  const { limits } = basis;
  const { dmarc, before, tls } = evidence;
  if (ramp.name === 'mta-sts' && tls) {
    const mode = stage === 'testing' ? stage : stage === 'enforce' || stage === 'long' ? 'enforce' : 'none';
    return checkTls(domain, tls, limits.tls, mode === 'none' ? undefined : { mode, since });
  }
  if (!dmarc) return [];
  if (ramp.name === 'dmarc')
    return [
      ...checkReports(domain, dmarc, limits.dmarc, before),
      ...(next === undefined ? [] : checkRamp(domain, needs, next, dmarc)),
    ];
  return ramp.name === 'spf' && next === '-all' ? checkSpfTighten(domain, needs, true) : [];
}

/**
 * Opens the gates of plans with what reports show: the same needs by which `watch` moves the ramps, so that `plan`,
 * `publish` and `ramp` never tell different stories.
 */
import type { AlignedGate, AlignedPosition, PlanEvidence } from '../plan/evidence.ts';
import type { DomainIntent } from '../plan/intent.ts';
import type { StepId } from '../plan/plan.ts';
import type { RampStanding } from '../plan/ramp-standing.ts';
import { dayMs } from '../reports/evidence/days.ts';
import type { Need } from '../reports/evidence/needs.ts';
import type { RampState, Store } from '../store/store.ts';
import { needsLine } from './gate-text.ts';
import { evidenceAt, longestMaxAge, readBasis, type ReportBasis } from './ramp-evidence.ts';
import { gateNeed } from './ramp/gates.ts';
import type { GateName } from './ramp/ramp.ts';
import { rampsOf, stageOfStep, stepOfStage } from './ramps-of.ts';

/** What a plan is given besides the journal's facts. */
export interface StoreEvidence {
  /** The journal's facts with those of the store. */
  readonly evidence: PlanEvidence;
  readonly standings: readonly RampStanding[];
  readonly longestMaxAge?: number;
}

/** Reads the store. `journal`: what `evidenceOf` makes of the journal. */
export async function storeEvidence(
  store: Store,
  intent: DomainIntent,
  journal: PlanEvidence,
  now: number,
): Promise<StoreEvidence> {
  const [basis, states] = await Promise.all([readBasis(store, intent, now), store.ramps.states(intent.domain)]);
  const longest = longestMaxAge(basis);
  const visibleSince = new Map(journal.visibleSince);
  for (const { ramp, stage, since } of states) {
    const id = rampsOf(intent).some(({ name }) => name === ramp) ? stepOfStage(ramp as 'dmarc', stage) : undefined;
    // After going back the days of a stage begin anew.
    if (id !== undefined) visibleSince.set(id, Math.max(visibleSince.get(id) ?? since, since));
  }
  return {
    evidence: { ...journal, visibleSince, aligned: alignedBy(basis, intent, states, visibleSince, now) },
    standings: states.map(standing),
    ...(longest === undefined ? {} : { longestMaxAge: longest }),
  };
}

const standing = ({ ramp, stage, moving }: RampState): RampStanding => ({
  ramp,
  stage,
  ...(moving?.direction === 'back' ? { back: { to: moving.to, why: moving.why } } : {}),
});

/** Gates that the plan has of its own are not asked twice. */
const ofReports: ReadonlySet<GateName> = new Set([
  'coverage',
  'volume',
  'pass-rate',
  'each-sender',
  'unclassified',
  'new-sender',
  'dkim-rate',
  'spf-rate',
  'forwarded',
  'errors',
  'tls-reports',
  'tls-clean',
]);

export function alignedBy(
  basis: ReportBasis,
  intent: DomainIntent,
  states: readonly RampState[],
  visibleSince: ReadonlyMap<StepId, number>,
  now: number,
): (step: StepId, gate: AlignedGate) => AlignedPosition {
  const ramps = rampsOf(intent);
  return (step, gate) => {
    const at = stageOfStep(ramps, step);
    const before = at?.ramp.stages[at.index - 1];
    if (!at || !before) return { state: 'unknown', detail: `no ramp leads to ${step}` };
    const state = states.find(({ ramp }) => ramp === at.ramp.name);
    const previous = stepOfStage(at.ramp.name, before.name);
    const seen = previous === undefined ? undefined : visibleSince.get(previous);
    const since = state ? (state.stage === before.name ? state.since : undefined) : seen;
    if (since === undefined) return { state: 'closed', detail: later(gate, previous ?? before.name) };
    const { limits } = basis;
    const evidence = evidenceAt(basis, at.ramp, before.name, since, now);
    const needs = at.stage.gates
      .filter((name) => ofReports.has(name))
      .map((name): Need => {
        const need = gateNeed(name, evidence, limits);
        // A person agrees to it by approving the step.
        return name === 'forwarded' && state?.moving?.to === at.stage.name ? { ...need, met: true } : need;
      });
    const until = since + before.days * dayMs;
    const days: Need = {
      kind: 'days',
      met: now >= until,
      what: `days at ${before.name}`,
      has: String(Math.max(0, Math.floor((now - since) / dayMs))),
      wants: String(before.days),
      items: [],
    };
    const all = before.days > 0 ? [days, ...needs] : needs;
    const detail = needsLine(all);
    if (all.every(({ met }) => met)) return { state: 'open', detail };
    const clockAlone = needs.every(({ met }) => met);
    return { state: 'closed', detail, ...(clockAlone ? { until } : {}) };
  };
}

function later({ reports, days, messages, share }: AlignedGate, step: StepId): string {
  if (reports === 'tls') return `needs ${days} days of TLS reports without failures, counted from ${step}`;
  const percent = (share * 100).toFixed(1);
  return `needs ${days} days of DMARC reports, ${messages} messages, ${percent} % aligned, counted from ${step}`;
}

/** Ramps as JSON, for programs: `septet ramp --json`. Times are ISO 8601, UTC. */
import type { Need } from '../../reports/evidence/needs.ts';
import type { RampView } from '../../watch/ramp-view.ts';

const version = 1;

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the value is what is documented
export const rampsValue = (domain: string, views: readonly RampView[]) => ({
  version,
  domain,
  ramps: views.map(rampValue),
});

function rampValue(view: RampView) {
  const { ramp, stages, stage, since, kept, moving, paused, watchUntil, next, earliest, decision, why, asks } = view;
  return {
    ramp,
    stages,
    stage: stage ?? null,
    since: since === undefined ? null : iso(since),
    kept: kept === 'kept',
    live: view.live ?? stage ?? null,
    next: next ?? null,
    earliest: earliest === undefined ? null : iso(earliest),
    decision,
    why,
    asks,
    needs: view.needs.map(needValue),
    waitsFor: view.plan.map(({ gate, detail }) => ({ kind: gate.kind, detail })),
    wouldBreak: view.breaks,
    alerts: view.alerts,
    moving: moving ? { ...moving, startedAt: iso(moving.startedAt) } : null,
    paused: paused ? { ...paused, at: iso(paused.at) } : null,
    watchUntil: watchUntil === undefined ? null : iso(watchUntil),
    findings: view.findings,
  };
}

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- as above
export const needValue = ({ earliest, ...need }: Need) => ({
  ...need,
  ...(earliest === undefined ? {} : { earliest: iso(earliest) }),
});

const iso = (at: number): string => new Date(at).toISOString();

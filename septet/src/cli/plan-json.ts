/** A plan as JSON, for programs: `septet plan --as json`. Documented in `docs/json.md`. */
import type { Change } from '../change/change.ts';
import { formatRdata } from '../dns/rdata-text.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * The plan with its times in ISO 8601 and each RRset also as zone-file text. Names are absolute, in A-labels, without the
 * dot at the end.
 */
export function planValue(plan: Plan): object {
  return {
    ...plan,
    steps: plan.steps.map((step) => ({
      ...step,
      status:
        step.status.kind === 'waiting' && step.status.until !== undefined
          ? { kind: 'waiting', until: new Date(step.status.until).toISOString() }
          : step.status,
      changes: step.changes.map(changeValue),
      gates: step.gates.map(({ until, ...position }) => ({
        ...position,
        ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
      })),
    })),
  };
}

function changeValue({ name, type, before, after }: Change): object {
  return { name, type, before: before ? setValue(before) : null, after: after ? setValue(after) : null };
}

const setValue = (set: RrSet): object => ({
  ttlSeconds: set.ttlSeconds,
  data: set.data,
  text: set.data.map((data) => formatRdata(set.type, data)),
});

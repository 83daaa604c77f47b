/** A plan as JSON, for programs: `septet plan --as json`. Documented in `docs/json.md`, `docs/plan.schema.json`. */
import type { Change } from '../change/change.ts';
import type { RrSet } from '../dns/rrset.ts';
import { linesOf } from '../dns/zone-write.ts';
import { textsOf } from '../plan/drawing.ts';
import type { Plan, Step, StepStatus } from '../plan/plan.ts';

/**
 * The plan with its times in ISO 8601, UTC. Names are absolute, in A-labels, without the dot at the end; data is
 * presentation text as in a report, and stands beside it as lines of a zone file, which show the strings of a TXT record.
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is compared with the documented one
export const planValue = (plan: Plan) => ({ ...plan, steps: plan.steps.map(stepValue) });

const stepValue = ({ status, changes, gates, visibility, ...step }: Step) => ({
  ...step,
  status: statusValue(status),
  changes: changes.map(changeValue),
  gates: gates.map(withTime),
  ...(visibility && { visibility: withTime(visibility) }),
});

function statusValue(status: StepStatus) {
  return status.kind === 'waiting' ? withTime(status) : status;
}

/** The value with `until`, milliseconds since 1970, as ISO 8601. */
function withTime<T extends { readonly until?: number }>(value: T): Omit<T, 'until'> & { readonly until?: string } {
  const { until, ...rest } = value;
  return { ...rest, ...(until !== undefined && { until: new Date(until).toISOString() }) };
}

function changeValue({ name, type, before, after }: Change) {
  return { name, type: type as string, before: before ? setValue(before) : null, after: after ? setValue(after) : null };
}

const setValue = (set: RrSet) => ({ ttlSeconds: set.ttlSeconds, data: textsOf(set), zone: linesOf(set) });

/** A plan as JSON, for programs: `septet plan --as json`. Documented in `docs/json.md`, `docs/plan.schema.json`. */
import { worstFirst } from '../../audit/report.ts';
import type { Change } from '../../change/change.ts';
import type { RrSet } from '../../dns/rrset.ts';
import { linesOf } from '../../dns/zone-write.ts';
import { textsOf } from '../../plan/drawing.ts';
import type { OutsideWork, Plan, Step, StepStatus } from '../../plan/plan.ts';

/**
 * The plan with its times in ISO 8601, UTC. Names are absolute, in A-labels, without the dot at the end; data is
 * presentation text as in a report, and stands beside it as lines of a zone file, which show the strings of a TXT record.
 * Findings are in the order of a report.
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is compared with the documented one
export const planValue = (plan: Plan) => ({
  ...plan,
  steps: plan.steps.map(stepValue),
  findings: worstFirst(plan.findings),
});

const stepValue = ({ visibility, outside, ...step }: Step) => ({
  ...step,
  status: statusValue(step.status),
  changes: step.changes.map(changeValue),
  ...(outside && { outside: outside.map(workValue) }),
  gates: step.gates.map(withTime),
  ...(visibility && { visibility: withTime(visibility) }),
});

// The values below come from many places, and some carry more than the plan promises: only what is documented is taken.

type StatusJson =
  | Exclude<StepStatus, { readonly kind: 'waiting' }>
  | { readonly kind: 'waiting'; readonly until?: string };

function statusValue(status: StepStatus): StatusJson {
  const { kind } = status;
  if (kind === 'waiting') return withTime({ kind, ...(status.until !== undefined && { until: status.until }) });
  if (kind === 'blocked') return { kind, why: status.why, cure: status.cure, ...doubt(status) };
  return { kind };
}

function workValue(work: OutsideWork): OutsideWork {
  const { kind, done } = work;
  const base = { done, ...doubt(work) };
  if (kind === 'note') return { kind, ...base, text: work.text };
  if (kind === 'file') return { kind, ...base, url: work.url, text: work.text };
  return { kind, ...base, who: work.who, name: work.name, type: work.type, data: work.data };
}

const doubt = ({ unanswered }: { readonly unanswered?: true }): { readonly unanswered?: true } =>
  unanswered ? { unanswered } : {};

/** The value with `until`, milliseconds since 1970, as ISO 8601. */
function withTime<T extends { readonly until?: number }>(value: T): Omit<T, 'until'> & { readonly until?: string } {
  const { until, ...rest } = value;
  return { ...rest, ...(until !== undefined && { until: new Date(until).toISOString() }) };
}

function changeValue({ name, type, before, after }: Change) {
  return {
    name,
    type: type as string,
    before: before ? setValue(before) : null,
    after: after ? setValue(after) : null,
  };
}

const setValue = (set: RrSet) => ({ ttlSeconds: set.ttlSeconds, data: textsOf(set), zone: linesOf(set) });

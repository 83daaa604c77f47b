/** The gate `serves`: a record may be published when what it points at is really there. Pure. */
import { checkCertificate } from '../records/bimi/mark-check.ts';
import { checkSvg } from '../records/bimi/svg-check.ts';
import { comparePolicy } from '../records/mtasts/plan.ts';
import { parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import type { FetchOutcome } from '../world/world.ts';
import type { PlanSeen } from './observe.ts';
import type { Gate, GatePosition } from './plan.ts';

export interface ServesContext {
  readonly seen: PlanSeen;
  /** The policy that a step of MTA-STS announces. */
  readonly policy?: MtaStsPolicy;
}

type Serves = Gate & { readonly kind: 'serves' };
type Position = Pick<GatePosition, 'state' | 'detail'>;

export function servesPosition(gate: Serves, context: ServesContext): GatePosition {
  const { seen } = context;
  if (seen.offline) return { gate, state: 'unknown', detail: `${gate.url} is not asked offline` };
  const outcome = seen.served.get(gate.url);
  if (!outcome) return { gate, state: 'unknown', detail: `${gate.url} was not asked` };
  return { gate, ...positionOf(gate, outcome, context) };
}

function positionOf(gate: Serves, outcome: FetchOutcome, { policy, seen }: ServesContext): Position {
  if (outcome.kind === 'failed') return { state: 'closed', detail: `${gate.url}: ${outcome.detail}` };
  // A tracking host may answer what it likes at its root; the certificate was verified on the way.
  if (gate.what === 'tracking') return { state: 'open', detail: `${gate.url} answers with a valid certificate` };
  if (outcome.status !== 200) return { state: 'closed', detail: `${gate.url} answers ${outcome.status}` };
  switch (gate.what) {
    case 'policy':
      return policyPosition(outcome.body, policy, gate.url);
    case 'logo':
      return faults(checkSvg(outcome.body, source(gate.url, 'SVG', seen)).findings, gate.url, 'the logo');
    case 'certificate':
      return faults(
        checkCertificate(outcome.body, { ...source(gate.url, 'PEM', seen), now: seen.now }).findings,
        gate.url,
        'the mark certificate',
      );
  }
}

const source = (place: string, type: string, seen: PlanSeen) => ({ place, subject: { name: seen.domain, type } });

function faults(
  findings: readonly { readonly severity: string; readonly state: string; readonly message: string }[],
  url: string,
  what: string,
): Position {
  const errors = findings.filter((finding) => finding.severity === 'error' && finding.state === 'fail');
  const first = errors[0];
  if (!first) return { state: 'open', detail: `${url} is fine` };
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: septet check)` : '';
  return { state: 'closed', detail: `${what} at ${url}: ${first.message}${more}` };
}

function policyPosition(body: Uint8Array, wanted: MtaStsPolicy | undefined, url: string): Position {
  const parsed = parsePolicy(body);
  if (parsed.kind !== 'good')
    return { state: 'closed', detail: `${url} is no usable policy; septet mta-sts --policy tells more` };
  if (!wanted) return { state: 'unknown', detail: 'the exchanges of the domain are not known' };
  const comparison = comparePolicy(wanted, parsed.value);
  if (comparison === 'equal' || comparison === 'equivalent' || comparison === 'superset')
    return { state: 'open', detail: `${url} serves mode ${parsed.value.mode}` };
  return {
    state: 'closed',
    detail: `${url} serves mode ${parsed.value.mode} for ${parsed.value.mx.length} names; put up the file below first`,
  };
}

/** Whether the policy, or one that says more, is served now. */
export function servedAs(policy: MtaStsPolicy, outcome: FetchOutcome | undefined): boolean {
  return (
    outcome?.kind === 'response' && outcome.status === 200 && policyPosition(outcome.body, policy, '').state === 'open'
  );
}

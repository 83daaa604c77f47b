/** The gate `serves`: a record may be published when what it points at is really there. Pure. */
import { checkCertificate } from '../records/bimi/mark-check.ts';
import { checkSvg } from '../records/bimi/svg-check.ts';
import { comparePolicy, uncoveredBy } from '../records/mtasts/plan.ts';
import { parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import type { FetchOutcome } from '../world/world.ts';
import type { PlanSeen } from './seen.ts';
import type { Gate, GatePosition } from './plan.ts';

/** The policy that a step of MTA-STS announces. */
export interface WantedPolicy {
  readonly policy: MtaStsPolicy;
  /** A policy that enforces is not to be announced yet, although it says more. */
  readonly notEnforced?: true;
  /** A stricter mode, or one that is kept for longer, does not serve. */
  readonly exactly?: true;
}

export interface ServesContext {
  readonly seen: PlanSeen;
  readonly policy?: WantedPolicy;
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
  if (outcome.kind === 'failed') {
    const certificate = outcome.reason.startsWith('certificate-') ? ' has no certificate that is valid for it' : '';
    return { state: 'closed', detail: `${gate.url}${certificate}: ${outcome.detail}` };
  }
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

function policyPosition(body: Uint8Array, wanted: WantedPolicy | undefined, url: string): Position {
  const parsed = parsePolicy(body);
  if (parsed.kind !== 'good')
    return { state: 'closed', detail: `${url} is no usable policy; septet mta-sts --policy tells more` };
  if (!wanted) return { state: 'open', detail: `${url} serves mode ${parsed.value.mode}` };
  const { mode } = parsed.value;
  if (serves(wanted, parsed.value)) return { state: 'open', detail: `${url} serves mode ${mode}` };
  if (wanted.notEnforced && mode === 'enforce')
    return { state: 'closed', detail: `${url} serves mode enforce already; put up the file of this step first` };
  const faults = differences(wanted.policy, parsed.value);
  return { state: 'closed', detail: `${url} serves a policy with ${faults}; put up the file of this step first` };
}

/** What the served policy lacks: `mode testing, not enforce; no mx for mail.example.com`. */
function differences(wanted: MtaStsPolicy, served: MtaStsPolicy): string {
  const faults: string[] = [];
  if (served.mode !== wanted.mode) faults.push(`mode ${served.mode}, not ${wanted.mode}`);
  const missing = uncoveredBy(
    served,
    wanted.mx.map((pattern) => pattern.name),
  );
  if (missing.length > 0) faults.push(`no mx line for ${missing.join(', ')}`);
  if (served.maxAgeSeconds < wanted.maxAgeSeconds)
    faults.push(`max_age ${served.maxAgeSeconds}, and ${wanted.maxAgeSeconds} is wanted`);
  return faults.length > 0 ? faults.join('; ') : 'another policy';
}

/** Whether a policy that is served, or more than it, is what the step wants. */
export function serves({ policy, notEnforced, exactly }: WantedPolicy, served: MtaStsPolicy): boolean {
  if (notEnforced && served.mode === 'enforce') return false;
  if (exactly && (served.mode !== policy.mode || served.maxAgeSeconds > policy.maxAgeSeconds)) return false;
  return ['equal', 'equivalent', 'superset'].includes(comparePolicy(policy, served));
}

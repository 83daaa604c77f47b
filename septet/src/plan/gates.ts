/** Where a gate stands: open, closed until something happens, or not to be told. Pure. */
import { sameData } from '../change/change.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { PlanEvidence } from './evidence.ts';
import type { Gate, GatePosition, StepId } from './plan.ts';
import { placeKey, type PlaceAnswer, type PlanSeen } from './seen.ts';
import { servesPosition, type ServesContext } from './serves.ts';

/** A step as far as later gates ask about it. */
export interface StepFacts {
  readonly done: boolean;
  /** What stands when the step is done. */
  readonly sets: readonly RrSet[];
  readonly title: string;
}

export interface GateContext extends ServesContext {
  readonly seen: PlanSeen;
  readonly evidence: PlanEvidence;
  /** The steps before this one. */
  readonly steps: ReadonlyMap<StepId, StepFacts>;
  /** The step that the gate stands before. */
  readonly step: StepId;
}

/** House: what one resolver says may be its cache; two that share nothing are enough. */
export const wantedResolvers = 2;

export function positionOf(gate: Gate, context: GateContext): GatePosition {
  switch (gate.kind) {
    case 'visible':
      return visiblePosition(gate, context);
    case 'elapsed':
      return elapsedPosition(gate, context);
    case 'serves': {
      const position = servesPosition(gate, context);
      if (position.state !== 'open' && context.evidence.vouched.has(context.step))
        return { ...position, state: 'open', detail: `${position.detail}; you said to go on` };
      return position;
    }
    case 'aligned': {
      const told = context.evidence.aligned?.(context.step, gate);
      return told ? { gate, ...told } : { gate, state: 'closed', detail: alignedDetail(gate) };
    }
    case 'approved':
      return context.evidence.approved.has(context.step)
        ? { gate, state: 'open', detail: 'you said yes' }
        : { gate, state: 'closed', detail: gate.question };
  }
}

function alignedDetail(gate: Gate & { readonly kind: 'aligned' }): string {
  if (gate.reports === 'tls') return `needs ${gate.days} days of TLS reports without failures; none have been read yet`;
  const share = (gate.share * 100).toFixed(1);
  return `needs ${gate.days} days of DMARC reports, ${gate.messages} messages, ${share} % aligned; none have been read yet`;
}

function visiblePosition(gate: Gate & { readonly kind: 'visible' }, { seen, steps }: GateContext): GatePosition {
  const step = steps.get(gate.step);
  if (!step) return { gate, state: 'unknown', detail: `there is no step ${gate.step}` };
  if (!step.done) return { gate, state: 'closed', early: true, detail: `${gate.step} comes first` };
  return { gate, ...visibility(step.sets, seen) };
}

/** Whether every place that was asked has the sets. */
export function visibility(
  sets: readonly RrSet[],
  seen: Pick<PlanSeen, 'places' | 'now'>,
): Pick<GatePosition, 'state' | 'detail' | 'until'> {
  let servers = 0;
  let resolvers = new Set<string>();
  let until: number | undefined;
  const missing: string[] = [];
  const silent: string[] = [];
  for (const set of sets) {
    const seenBy = new Set<string>();
    let servedBy = 0;
    for (const at of seen.places.get(placeKey(set.name, set.type)) ?? []) {
      if (shows(at, set)) {
        if (at.role === 'authoritative') servedBy++;
        else seenBy.add(at.place);
      } else if (at.answer.kind === 'failed') silent.push(at.place);
      else {
        missing.push(at.place);
        if (at.role === 'resolver') until = Math.max(until ?? 0, seen.now + cachedFor(at) * 1000);
        else until = undefined;
      }
    }
    servers = servers === 0 ? servedBy : Math.min(servers, servedBy);
    resolvers = resolvers.size === 0 ? seenBy : new Set([...resolvers].filter((place) => seenBy.has(place)));
  }
  if (missing.length > 0) {
    const detail = `not yet at ${listPlaces(missing)}`;
    return { state: 'closed', detail, ...(until !== undefined && onlyResolvers(missing, seen) ? { until } : {}) };
  }
  if (silent.length > 0) return { state: 'unknown', detail: `no answer from ${listPlaces(silent)}` };
  const parts: string[] = [];
  if (servers > 0) parts.push(servers === 1 ? 'on its server' : `on all ${servers} servers`);
  if (resolvers.size > 0) parts.push(resolvers.size === 1 ? 'at one resolver' : `at ${resolvers.size} resolvers`);
  return { state: 'open', detail: parts.length > 0 ? `seen ${parts.join(' and ')}` : 'seen' };
}

const shows = (at: PlaceAnswer, set: RrSet): boolean => {
  if (set.type === 'CNAME' && at.answer.chain.length > 0 && at.answer.type !== 'CNAME') return false;
  return at.answer.kind === 'found' && sameData({ ...at.answer.set, name: set.name }, set);
};

/** How long the resolver keeps what it says, in seconds. */
function cachedFor({ answer }: PlaceAnswer): number {
  if (answer.kind === 'found') return answer.set.ttlSeconds;
  return answer.kind === 'failed' ? 0 : answer.negativeTtlSeconds;
}

function onlyResolvers(places: readonly string[], seen: Pick<PlanSeen, 'places'>): boolean {
  const named = new Set(places);
  for (const answers of seen.places.values()) {
    if (answers.some((at) => at.role === 'authoritative' && named.has(at.place) && at.answer.kind !== 'failed'))
      return false;
  }
  return true;
}

function listPlaces(places: readonly string[]): string {
  const names = [...new Set(places)];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

function elapsedPosition(
  gate: Gate & { readonly kind: 'elapsed' },
  { seen, evidence, steps }: GateContext,
): GatePosition {
  const since = steps.get(gate.since);
  if (!since?.done) return { gate, state: 'closed', early: true, detail: `counts from ${gate.since}` };
  const published = evidence.published.get(gate.since);
  if (gate.counts === 'change' && !published) return { gate, state: 'open', detail: `${gate.since} was there before` };
  const visible = evidence.visibleSince.get(gate.since);
  if (visible === undefined || (published && visible < published.at)) {
    return { gate, state: 'closed', detail: `counts from the first time that publish sees ${gate.since} everywhere` };
  }
  const until = visible + gate.seconds * 1000;
  if (seen.now >= until) return { gate, state: 'open', detail: gate.why };
  return { gate, state: 'closed', detail: gate.why, until };
}

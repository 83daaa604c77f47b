/**
 * Whether a ramp moves. Pure: the same stage, evidence, limits, approvals and time give the same decision. It never moves
 * over more than one stage, and never forward without evidence.
 */
import { dayMs, dayOf } from '../../reports/evidence/days.ts';
import type { Need } from '../../reports/evidence/needs.ts';
import { needWords } from '../gate-text.ts';
import { gateNeed } from './gates.ts';
import type { Ramp, RampEvidence, RampLimits, Stage } from './ramp.ts';
import { worsened } from './worsened.ts';

export interface DecideInput {
  readonly ramp: Ramp;
  readonly stage: string;
  /** Since when the stage was seen everywhere, in milliseconds since 1970. */
  readonly since: number;
  readonly evidence: RampEvidence;
  readonly limits: RampLimits;
  /** Stages to which a person said yes since this stage stands. */
  readonly approvals: ReadonlySet<string>;
  readonly now: number;
}

export type Decision =
  | {
      readonly kind: 'stay';
      /** Sentences; what is awaited, or that the end is reached. */
      readonly reasons: readonly string[];
      /** What the next stage needs, met or not; empty at the end. */
      readonly needs: readonly Need[];
      /** The next stage. */
      readonly next?: string;
      /** Something got worse, and a person has to look: a sentence each. */
      readonly alerts: readonly string[];
    }
  | { readonly kind: 'advance'; readonly to: string; readonly why: string; readonly needs: readonly Need[] }
  | { readonly kind: 'back'; readonly to: string; readonly why: string };

export function decide(input: DecideInput): Decision {
  const { ramp, since, evidence, limits, now } = input;
  const index = ramp.stages.findIndex(({ name }) => name === input.stage);
  const stage = ramp.stages[index];
  if (!stage) {
    const reason = `the ${ramp.name} ramp has no stage ${input.stage}; name one of ${ramp.stages.map(({ name }) => name).join(', ')}`;
    return { kind: 'stay', reasons: [reason], needs: [], alerts: [reason] };
  }
  const before = ramp.stages[index - 1];
  // A first stage has no step behind it that could have hurt.
  const worse = before ? worsened(ramp.name, evidence, limits.watch) : [];
  const watched = now < since + limits.watch.days * dayMs;
  if (before && worse.length > 0 && watched && limits.watch.mayGoBack && stage.mayGoBack !== false)
    return { kind: 'back', to: before.name, why: worse.join('; ') };
  const next = ramp.stages[index + 1];
  if (!next) return { kind: 'stay', reasons: ['the last stage is reached'], needs: [], alerts: worse };
  const needs = needsOf(input, stage, next);
  const open = needs.filter(({ met }) => !met);
  if (open.length > 0 || worse.length > 0) {
    const reasons = [...open.map(reasonOf), ...worse];
    return { kind: 'stay', reasons, needs, next: next.name, alerts: worse };
  }
  return { kind: 'advance', to: next.name, why: whyOf(needs), needs };
}

/** What the step to `next` needs, met or not. */
function needsOf({ since, evidence, limits, approvals, now }: DecideInput, stage: Stage, next: Stage): readonly Need[] {
  const approved = approvals.has(next.name);
  const needs: Need[] = [];
  if (stage.days > 0) needs.push(daysNeed(stage, since, now));
  for (const gate of next.gates) {
    const need = gateNeed(gate, evidence, limits);
    const waived = !need.met && approved && next.waivable?.includes(gate) === true;
    needs.push(waived ? { ...need, met: true, has: `${need.has}, approved` } : need);
  }
  const asks = next.asks ?? (limits.asksAlways ? `Go on to ${next.name}?` : undefined);
  if (asks !== undefined)
    needs.push({
      kind: 'approval',
      met: approved,
      what: 'approval',
      has: approved ? 'given' : 'not given',
      wants: asks,
      items: [],
    });
  return needs;
}

function daysNeed(stage: Stage, since: number, now: number): Need {
  const earliest = since + stage.days * dayMs;
  const met = now >= earliest;
  return {
    kind: 'days',
    met,
    what: `days at ${stage.name}`,
    has: `${Math.max(0, Math.floor((now - since) / dayMs))}`,
    wants: `${stage.days}`,
    ...(met ? {} : { earliest }),
    items: [],
  };
}

const reasonOf = (need: Need): string =>
  need.earliest === undefined ? needWords(need) : `${needWords(need)}, on ${dayOf(need.earliest)} at the earliest`;

const whyOf = (needs: readonly Need[]): string =>
  needs.length === 0 ? 'nothing has to be proved before it' : listedHas(needs);
const listedHas = (needs: readonly Need[]): string => needs.map(needWords).join('; ');

const mostReasons = 3;

/** The unmet needs in a line, for a table. */
export function waitsFor(decision: Decision): string {
  if (decision.kind !== 'stay') return decision.why;
  const { reasons } = decision;
  const more = reasons.length - mostReasons;
  return `${reasons.slice(0, mostReasons).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** The ramps of a domain by its configuration, and which step of a plan leads to each of their stages. Pure. */
import { under } from '../dns/name.ts';
import type { DomainIntent } from '../plan/intent.ts';
import type { Plan, Step, StepId } from '../plan/plan.ts';
import { textsOf } from '../plan/drawing.ts';
import { reaches, type StageName } from '../records/dmarc/plan-stage.ts';
import { isDmarc, parse } from '../records/dmarc/record.ts';
import { isSpfText } from '../records/spf/record.ts';
import { rampLimits, type Ramp, type RampLimits, type RampName, type Stage } from './ramp/ramp.ts';
import { bimiRamp, dmarcRamp, mtaStsRamp, mtaStsWithdrawal, spfRamp } from './ramp/stages.ts';

/** What may be taken out of the configuration for a ramp: `dmarc` is always there. */
export function rampsOf(intent: DomainIntent, facts: { readonly longestMaxAgeSeconds?: number } = {}): readonly Ramp[] {
  const ramps: Ramp[] = [dmarcRamp(intent)];
  // What stands there and is no -all is the first stage: a person publishes it.
  if (intent.spf.all === 'ramp') ramps.push({ name: 'spf', stages: spfRamp.stages.slice(1) });
  if (intent.mtaSts?.mode === 'ramp') ramps.push({ name: 'mta-sts', stages: mtaStsRamp.stages.slice(1) });
  if (intent.mtaSts?.mode === 'none')
    ramps.push({
      name: 'mta-sts',
      stages: mtaStsWithdrawal('served', facts.longestMaxAgeSeconds ?? longestMaxAgeSeconds).stages.slice(1),
    });
  if (intent.bimi) ramps.push(bimiRamp);
  return ramps.filter(({ stages }) => stages.length > 0);
}

/** What a policy may say at most (RFC 8461 §3.2). */
const longestMaxAgeSeconds = 31_557_600;

/** The usual limits, and what the configuration says otherwise. */
export function limitsOf({ moves = {} }: DomainIntent): RampLimits {
  const { automatic, goBack, messages, receivers } = moves;
  return {
    ...rampLimits,
    dmarc: {
      ...rampLimits.dmarc,
      ...(messages === undefined ? {} : { messages }),
      ...(receivers === undefined ? {} : { reporters: receivers }),
    },
    watch: { ...rampLimits.watch, mayGoBack: goBack === true },
    asksAlways: automatic !== true,
  };
}

const steps: Readonly<Record<Exclude<RampName, 'dmarc'>, Readonly<Record<string, StepId>>>> = {
  spf: { '~all': 'spf', '-all': 'spf.tighten' },
  'mta-sts': {
    testing: 'mtasts.testing',
    enforce: 'mtasts.enforce',
    long: 'mtasts.long',
    withdrawn: 'mtasts.none',
    gone: 'mtasts.gone',
  },
  bimi: { open: 'bimi' },
};

/** The step of a plan that publishes the stage; undefined for one that stands without any (`closed`). */
export function stepOfStage(ramp: RampName, stage: string): StepId | undefined {
  return ramp === 'dmarc' ? `dmarc.${stage}` : steps[ramp][stage];
}

/** The ramp and stage to which a step leads. */
export function stageOfStep(
  ramps: readonly Ramp[],
  id: StepId,
): { readonly ramp: Ramp; readonly index: number; readonly stage: Stage } | undefined {
  for (const ramp of ramps) {
    const index = ramp.stages.findIndex(({ name }) => stepOfStage(ramp.name, name) === id);
    const stage = ramp.stages[index];
    if (stage) return { ramp, index, stage };
  }
  return undefined;
}

export type LiveStage =
  | { readonly kind: 'stage'; readonly stage: string; readonly index: number; readonly step?: Step }
  /** Not even the first stage is published. */
  | { readonly kind: 'before' }
  /** DNS did not answer. */
  | { readonly kind: 'unknown'; readonly why: string };

/** The last stage that stands, by a plan that was just made. */
export function liveStage(ramp: Ramp, plan: Plan): LiveStage {
  let last: LiveStage = { kind: 'before' };
  for (const [index, { name }] of ramp.stages.entries()) {
    const id = stepOfStage(ramp.name, name);
    const step = id === undefined ? undefined : plan.steps.find((other) => other.id === id);
    if (step?.status.kind === 'blocked' && step.status.unanswered) return { kind: 'unknown', why: step.status.why };
    if (id === undefined) last = { kind: 'stage', stage: name, index };
    else if (step && (step.status.kind === 'done' || reached(ramp.name, name, plan)))
      last = { kind: 'stage', stage: name, index, step };
  }
  return last;
}

/** A record that only lacks something else (an address for reports, a sender) may be at the stage all the same. */
function reached(ramp: RampName, stage: string, plan: Plan): boolean {
  const name = ramp === 'spf' ? plan.domain : under('_dmarc', plan.domain);
  // The first change at a name sees what stands; later ones see what the first publishes.
  const change = plan.steps
    .flatMap(({ changes }) => changes)
    .find((other) => other.name === name && other.type === 'TXT');
  const texts = textsOf(change?.before);
  if (ramp === 'dmarc') {
    const [only, ...more] = texts.filter(isDmarc).map((text) => parse(text));
    return more.length === 0 && only?.kind === 'good' && reaches(only.value, stage as StageName, 'both');
  }
  if (ramp === 'spf') {
    const record = texts.find(isSpfText);
    return record !== undefined && (stage === '~all' || / -all$/i.test(record));
  }
  return false;
}

/** Whether everybody sees the records of a step; undefined where somebody did not answer. */
export function isVisible(step: Step | undefined): boolean | undefined {
  const state = step?.visibility?.state ?? 'open';
  return state === 'unknown' ? undefined : state === 'open';
}

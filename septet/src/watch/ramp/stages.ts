/** The stages of the four ramps, with the defaults of catalogue 14. */
import { ramps, type DmarcIntent, type RampStage } from '../../plan/intent.ts';
import { dayMs } from '../../reports/evidence/days.ts';
import type { GateName, Ramp, Stage } from './ramp.ts';

/** Before each DMARC step. */
const dmarcGates: readonly GateName[] = [
  'coverage',
  'volume',
  'pass-rate',
  'each-sender',
  'unclassified',
  'new-sender',
  'errors',
];

/**
 * The stages of the configuration (both generations of readers: `plan/` writes the records). Domains with people end
 * before `reject` unless their owner confirmed it (RFC 9989 §7.4). Signatures count before `reject` only.
 */
export function dmarcRamp(intent: {
  readonly people: boolean;
  readonly dmarc: Pick<DmarcIntent, 'ramp' | 'rejectConfirmed'>;
}): Ramp {
  const { people, dmarc } = intent;
  const stages = dmarc.ramp.filter(({ name }) => name !== 'reject' || !people || dmarc.rejectConfirmed);
  return { name: 'dmarc', stages: stages.map(dmarcStage) };
}

const dmarcStage = ({ name, days }: RampStage, index: number): Stage => ({
  name,
  days,
  gates: index === 0 ? [] : name === 'reject' ? [...dmarcGates, 'dkim-rate'] : dmarcGates,
});

/** The usual ramp of a domain with or without people. */
export const usualDmarcRamp = (people: boolean, rejectConfirmed = false): Ramp =>
  dmarcRamp({ people, dmarc: { ramp: ramps[people ? 'standard' : 'dedicated'], rejectConfirmed } });

/**
 * `keep` is what stands there. Two clean weeks come before `-all` (catalogue 14, row 8). Mail that is passed on under
 * the domain's envelope would be refused unseen, so a person has to accept it where there is any.
 */
export const spfRamp: Ramp = {
  name: 'spf',
  stages: [
    { name: 'keep', days: 7, gates: [] },
    { name: '~all', days: 14, gates: ['coverage', 'volume', 'spf-rate'] },
    {
      name: '-all',
      days: 0,
      gates: ['coverage', 'volume', 'spf-rate', 'unclassified', 'new-sender', 'errors', 'forwarded'],
      waivable: ['forwarded'],
    },
  ],
};

/** RFC 8461 §3.2 has weeks or more in mind: the long `max_age` comes a month after `enforce` (catalogue 14, row 23). */
const enforceDays = 30;
const testingDays = 7;
const mtaStsGates: readonly GateName[] = ['policy-served', 'mx-covered', 'certificates', 'tls-reports', 'tls-clean'];

/** `long` is `enforce` with a `max_age` of 30 days. */
export const mtaStsRamp: Ramp = {
  name: 'mta-sts',
  stages: [
    { name: 'none', days: 0, gates: [] },
    { name: 'testing', days: testingDays, gates: ['mx-covered'] },
    { name: 'enforce', days: enforceDays, gates: mtaStsGates },
    { name: 'long', days: 0, gates: mtaStsGates },
  ],
};

/**
 * Taking MTA-STS back (RFC 8461 §8.3): a policy of mode `none` with a new id first; the records go when every policy that
 * was served before has expired. `longestMaxAgeSeconds`: the greatest `max_age` that was ever served.
 */
export function mtaStsWithdrawal(from: string, longestMaxAgeSeconds: number): Ramp {
  return {
    name: 'mta-sts',
    stages: [
      { name: from, days: 0, gates: [] },
      { name: 'withdrawn', days: Math.ceil((longestMaxAgeSeconds * 1000) / dayMs), gates: [], mayGoBack: false },
      { name: 'gone', days: 0, gates: ['policy-served'], mayGoBack: false },
    ],
  };
}

/** A logo shows only where DMARC is enforced in full (catalogue 14, row 29). */
export const bimiRamp: Ramp = {
  name: 'bimi',
  stages: [
    { name: 'closed', days: 0, gates: [] },
    { name: 'open', days: 0, gates: ['enforced', 'logo'], mayGoBack: false },
  ],
};

/** The ramp with stages of the owner's own. Faults are sentences; with any of them the ramp is not to be used. */
export function ownRamp(
  name: Ramp['name'],
  stages: readonly Stage[],
): { readonly ramp: Ramp; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const seen = new Set<string>();
  if (stages.length === 0) faults.push('a ramp needs a stage');
  for (const [index, stage] of stages.entries()) {
    if (seen.has(stage.name)) faults.push(`the stage ${stage.name} stands twice`);
    seen.add(stage.name);
    if (!Number.isInteger(stage.days) || stage.days < 0)
      faults.push(`the stage ${stage.name} needs whole days from 0 on`);
    if (index > 0 && stage.gates.length === 0 && stage.asks === undefined && (stages[index - 1]?.days ?? 0) === 0)
      faults.push(
        `nothing stands before the stage ${stage.name}: give it gates, a question, or days to the stage before`,
      );
  }
  return { ramp: { name, stages }, faults };
}

/** What plans of many domains come to: steps, comparisons, merges of SPF, and why something is not planned. */
import type { Comparison } from '../../src/change/change.ts';
import { txtText, type Txt } from '../../src/dns/rrset.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { isSpf } from './spf-passes.ts';

export interface Tally {
  domains: number;
  /** Step or record, then status or comparison. */
  readonly statuses: Counts;
  readonly comparisons: Counts;
  readonly merges: Map<Merge, number>;
  /** Look-ups before and after of SPF records that stand or will stand. */
  readonly lookups: { readonly before: Map<number, number>; readonly after: Map<number, number> };
  /** By class, or by the sentence itself where no class fits. */
  readonly stopped: Map<string, number>;
}
export type Counts = Map<string, Map<string, number>>;

export type Merge = 'kept' | 'extended' | 'new' | 'merged from several' | 'mended' | 'blocked';

export const newTally = (): Tally => ({
  domains: 0,
  statuses: new Map(),
  comparisons: new Map(),
  merges: new Map(),
  lookups: { before: new Map(), after: new Map() },
  stopped: new Map(),
});

export function count<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

export const within = (counts: Counts, key: string): Map<string, number> => {
  let inner = counts.get(key);
  if (!inner) counts.set(key, (inner = new Map()));
  return inner;
};

export const recordOrder: readonly string[] = [
  'host',
  'mx',
  'zone',
  'spf',
  'dkim',
  'dmarc authorisation',
  'dmarc none',
  'dmarc sampled',
  'dmarc quarantine',
  'dmarc reject',
  'tracking',
  'tlsrpt',
  'mtasts',
  'bimi',
];

/** The row of a step: its record, and for DMARC its stage. */
export function rowOf(step: Step): string {
  if (step.record !== 'dmarc') return step.record;
  return step.id.startsWith('dmarc.authorise') ? 'dmarc authorisation' : step.id.replace('.', ' ');
}

export function addPlan(tally: Tally, { steps }: Plan): void {
  tally.domains++;
  for (const step of steps) {
    const row = rowOf(step);
    count(within(tally.statuses, row), step.status.kind);
    const comparison: Comparison | 'not to be told' =
      step.status.kind === 'blocked' ? 'not to be told' : step.comparison;
    count(within(tally.comparisons, row), comparison);
    const stopped = classOf(step);
    if (stopped !== undefined) count(tally.stopped, stopped);
    if (step.record !== 'spf' || step.id === 'spf.tighten') continue;
    count(tally.merges, mergeOf(step));
    if (step.price && step.status.kind !== 'blocked') {
      count(tally.lookups.before, step.price.lookupsBefore);
      count(tally.lookups.after, step.price.lookupsAfter);
    }
  }
}

function mergeOf(step: Step): Merge {
  if (step.status.kind === 'blocked') return 'blocked';
  const [change] = step.changes;
  if (!change) return 'kept';
  const texts = ((change.before?.data ?? []) as readonly Txt[]).map(txtText).filter(isSpf);
  if (texts.length > 1) return 'merged from several';
  if (texts.length === 0) return 'new';
  return step.comparison === 'conflicting' ? 'mended' : 'extended';
}

/** Why a step is not planned, or takes the place of what stands there; each with a sentence for the documentation. */
export const classes: readonly { readonly name: string; readonly pattern: RegExp; readonly about: string }[] = [
  {
    name: 'DNS did not answer',
    pattern: /^Nobody could tell|^DNS did not answer|nobody could fetch it/,
    about:
      'The data does not hold the name: most often the record by which a host outside agrees to take DMARC reports, or the target of an include. Nothing is planned on a guess.',
  },
  {
    name: 'a DKIM key that only the account can tell',
    pattern: /^The DKIM key of .+ is not known/,
    about:
      'The sender shows itself by SPF or MX, and none of its usual selectors holds a key. Either it does not sign, or the selector has another name; the step says where the account shows it.',
  },
  {
    name: 'an MTA-STS policy without exchanges',
    pattern: /^The exchanges of .+ are not known/,
    about: 'The domain has an MTA-STS record and no MX, and a policy that names no server would stop all mail.',
  },
  {
    name: 'more than ten look-ups',
    pattern: /^With all senders the SPF record of .+ needs \d+ look-ups/,
    about:
      'The record with the new senders would end in permerror. The step names the ways out: optimise, flatten, or a MAIL FROM name for one of the senders.',
  },
  {
    name: 'an SPF record that leads back to itself',
    pattern: /leads back to the record of/,
    about: 'Receivers answer permerror already, and a change would change what the loop means.',
  },
  {
    name: 'a mechanism that would end in permerror',
    pattern: /and with it receivers would answer permerror/,
    about: 'The live record or a sender names an include that has no valid SPF record any more.',
  },
  {
    name: 'an SPF record that can be read in several ways',
    pattern: /^The SPF record of .+ cannot be read/,
    about: 'Its mistake has no single cure, such as two addresses written as one; a person has to say what is meant.',
  },
  {
    name: 'an alias where the record must stand',
    pattern: /is an alias/,
    about:
      'A CNAME stands at the name, and nothing else can stand beside it; whoever runs its target can publish there.',
  },
];

/** Conflicts that are carried out once a person agrees. */
export const conflict = {
  name: 'a record that receivers cannot read takes its mended form (conflicting, asks first)',
  about:
    'Nobody passes by the live SPF record, because of a mistake or because there are several; what it means is kept.',
};

function classOf(step: Step): string | undefined {
  const { status } = step;
  if (status.kind !== 'blocked') return step.comparison === 'conflicting' ? `${conflict.name}` : undefined;
  return classes.find(({ pattern }) => pattern.test(status.why))?.name ?? `${step.id}: ${status.why}`;
}

/** A line for a diagnostic. */
export function summary({ domains, merges, stopped }: Tally): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([key, number]) => `${key} ${number}`).join(', ') || 'none';
  return `${domains} domains; SPF: ${list(merges)}; not planned: ${list(stopped)}`;
}

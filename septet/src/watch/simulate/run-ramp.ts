/** Drives the DMARC ramp of a scenario through simulated weeks, with the same evidence and decisions as `watch`. */
import { dnsName } from '../../dns/name.ts';
import { countsOf, sumCounts, type ReporterDay, type SourceDay } from '../../reports/evidence/counts.ts';
import { dayMs, dayOf, startOf } from '../../reports/evidence/days.ts';
import { measureDmarc, reporterDays, type DmarcEvidence, type MeasureInput } from '../../reports/evidence/measure.ts';
import { sourceKeyOf } from '../../reports/source-key.ts';
import { decide, type Decision } from '../ramp/decide.ts';
import { evidenceSince, rampLimits, type Ramp, type RampEvidence, type RampLimits } from '../ramp/ramp.ts';
import { usualDmarcRamp } from '../ramp/stages.ts';
import { markedHints } from '../marked-hints.ts';
import type { Scenario, StageName } from './scenario.ts';
import { mailOf, type SimulatedReport } from './simulate.ts';

/** One morning: what was decided, and the stage that stands from then on. */
export interface Moment {
  readonly day: number;
  /** Midnight at which it begins, UTC, in milliseconds since 1970. */
  readonly now: number;
  readonly date: string;
  readonly stage: string;
  readonly since: number;
  readonly decision: Decision;
  readonly evidence: RampEvidence;
}

export interface RunOptions {
  readonly days: number;
  readonly seed: number;
  readonly ramp?: Ramp;
  readonly limits?: RampLimits;
  /** Told the time before each morning, so that a World of the caller goes with it. */
  readonly clock?: (now: number) => void;
}

/** A step counts from the morning on which it is decided; the mail of that day meets it. */
export function* runRamp(scenario: Scenario, options: RunOptions): Generator<Moment> {
  const { days, seed, limits = rampLimits } = options;
  const ramp = options.ramp ?? usualDmarcRamp(scenario.people, scenario.rejectConfirmed);
  const first = startOf(scenario.start);
  const shelf = new Shelf();
  const post = new Map<number, SimulatedReport[]>();
  let stage = ramp.stages[0]?.name ?? 'none';
  let since = first;
  for (let day = 0; day < days; day++) {
    const now = first + day * dayMs;
    options.clock?.(now);
    for (const report of post.get(day) ?? []) shelf.add(report);
    post.delete(day);
    const evidence = evidenceOn(scenario, shelf, ramp, stage, since, now, day, limits);
    // A yes counts for the stage that stands when it is given.
    const approvals = new Set(
      scenario.approvals.filter((yes) => yes.day <= day && first + yes.day * dayMs >= since).map((yes) => yes.stage),
    );
    const decision = decide({ ramp, stage, since, evidence, limits, approvals, now });
    if (decision.kind !== 'stay') {
      stage = decision.to;
      since = now;
    }
    yield { day, now, date: dayOf(now), stage, since, decision, evidence };
    for (const { arrives, report } of mailOf(scenario, day, stage as StageName, seed))
      post.set(arrives, [...(post.get(arrives) ?? []), report]);
  }
}

/** What the store would keep. */
class Shelf {
  readonly #days = new Map<string, SourceDay>();
  readonly #reporters: ReporterDay[] = [];

  add({ head, rows }: SimulatedReport): void {
    const [day] = reporterDays([head]);
    if (!day) return;
    this.#reporters.push(day);
    for (const row of rows) {
      const source = sourceKeyOf(row);
      const key = `${day.day} ${source}`;
      const before = this.#days.get(key);
      const counts = countsOf(row);
      this.#days.set(key, { day: day.day, source, ...sumCounts(before ? [before, counts] : [counts]) });
    }
  }

  get days(): readonly SourceDay[] {
    return [...this.#days.values()];
  }

  get reporters(): readonly ReporterDay[] {
    return this.#reporters;
  }
}

function evidenceOn(
  scenario: Scenario,
  shelf: Shelf,
  ramp: Ramp,
  stage: string,
  since: number,
  now: number,
  day: number,
  limits: RampLimits,
): RampEvidence {
  const current = ramp.stages.find(({ name }) => name === stage);
  const marks = scenario.marks
    .filter((mark) => mark.day <= day)
    .map(({ source, mark }) => ({ sourceKey: source, mark }));
  const hints = {
    domain: dnsName(scenario.domain),
    services: scenario.plan.services,
    organisations: [],
    addresses: scenario.plan.addresses,
    reverseNames: new Map<string, string | null>(),
  };
  const input: Omit<MeasureInput, 'since' | 'now'> = {
    days: shelf.days,
    reporters: shelf.reporters,
    marks,
    hints: markedHints(hints, marks),
    reportLagDays: limits.dmarc.reportLagDays,
  };
  const from = current ? evidenceSince(current, since, now, limits) : since;
  const dmarc = measureDmarc({ ...input, since: from, now });
  const baseline = since - limits.watch.baselineDays * dayMs;
  const watched = now < since + limits.watch.days * dayMs;
  // Later than the watch window the comparison still alerts, so it is made as long as the stage has a step behind it.
  const hasStep = stage !== ramp.stages[0]?.name;
  const before: DmarcEvidence | undefined =
    hasStep || watched ? measureDmarc({ ...input, since: baseline, now: since }) : undefined;
  return { dmarc, ...(before && hasStep ? { before } : {}) };
}

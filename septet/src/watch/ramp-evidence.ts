/**
 * What the store knows for the ramps of one domain, read once, and the evidence of a stage cut out of it. Reports that
 * nobody vouches for are left out unless the configuration takes them.
 */
import type { DnsName } from '../dns/name.ts';
import type { DomainIntent } from '../plan/intent.ts';
import type { Plan } from '../plan/plan.ts';
import type { ReporterDay, SourceDay } from '../reports/evidence/counts.ts';
import { dayMs } from '../reports/evidence/days.ts';
import { measureDmarc, reporterDays, type DmarcEvidence } from '../reports/evidence/measure.ts';
import type { Mark, SourceHints } from '../reports/evidence/sources.ts';
import { measureTls, type TlsEvidence } from '../reports/evidence/tls-measure.ts';
import type { TlsReport } from '../reports/tls.ts';
import type { Store } from '../store/store.ts';
import { evidenceSince, type MtaStsFacts, type Ramp, type RampEvidence, type RampLimits } from './ramp/ramp.ts';
import type { BimiFacts } from './ramp/bimi-facts.ts';
import { limitsOf, stepOfStage } from './ramps-of.ts';
import { sourceHints } from './intake/source-hints.ts';
import { markedHints } from './marked-hints.ts';

/** Reports of one domain, as the ramps need them. */
export interface ReportBasis {
  readonly domain: DnsName;
  readonly days: readonly SourceDay[];
  readonly reporters: readonly ReporterDay[];
  readonly marks: readonly Mark[];
  readonly hints: SourceHints;
  readonly tls: readonly TlsReport[];
  readonly limits: RampLimits;
}

/** Days that are read: the longest window, the time before it, and as much again to tell what is new. */
const daysRead = 180;
/** Heads of reports that are read for who reported when: 60 receivers a day for half a year. */
const mostReports = 12_000;
/** Policies that were told of longer ago have expired (RFC 8461 §3.2: a year at most). */
const tlsDaysRead = 366;

export async function readBasis(store: Store, intent: DomainIntent, now: number): Promise<ReportBasis> {
  const { domain } = intent;
  const unauthenticated = intent.moves?.unauthenticated === true;
  const query = { domain, since: now - daysRead * dayMs, until: now, unauthenticated };
  const [days, reports, marks, tls] = await Promise.all([
    store.reports.sourceDays(query),
    store.reports.list(query, mostReports),
    store.sources.marks(domain),
    store.reports.tls({ ...query, since: now - tlsDaysRead * dayMs }),
  ]);
  return {
    domain,
    days,
    reporters: reporterDays(reports.map(({ head }) => head)),
    marks,
    hints: markedHints(sourceHints(domain, intent), marks),
    tls: tls.map(({ report }) => report),
    limits: limitsOf(intent),
  };
}

/** Where nothing is kept. */
export function emptyBasis(intent: DomainIntent): ReportBasis {
  const hints = sourceHints(intent.domain, intent);
  return { domain: intent.domain, days: [], reporters: [], marks: [], hints, tls: [], limits: limitsOf(intent) };
}

/** The evidence for the step after `stage`, which stands since `since`. */
export function evidenceAt(
  basis: ReportBasis,
  ramp: Ramp,
  stage: string,
  since: number,
  now: number,
  plan?: Plan,
): RampEvidence {
  const { limits } = basis;
  const index = ramp.stages.findIndex(({ name }) => name === stage);
  const current = ramp.stages[index];
  const from = current ? evidenceSince(current, since, now, limits) : since;
  const tls = ramp.name === 'mta-sts' ? { tls: tlsOf(basis, from, now) } : {};
  if (ramp.name === 'bimi') return plan ? { bimi: bimiFacts(plan) } : {};
  if (ramp.name === 'mta-sts') return { ...tls, ...(plan ? { mtaSts: mtaStsFacts(plan, stage, tls.tls) } : {}) };
  const dmarc = dmarcOf(basis, from, now);
  if (index <= 0) return { dmarc };
  return { dmarc, before: dmarcOf(basis, since - limits.watch.baselineDays * dayMs, since) };
}

function dmarcOf({ days, reporters, marks, hints, limits }: ReportBasis, since: number, now: number): DmarcEvidence {
  const { reportLagDays } = limits.dmarc;
  return measureDmarc({ days, reporters, marks, hints, since, now, reportLagDays });
}

/** Also where no report came: that is known then, and opens nothing. */
const tlsOf = ({ tls, domain }: ReportBasis, since: number, now: number): TlsEvidence =>
  measureTls(tls, { domain, since, now });

/** What the plan saw of the policy and its hosts; certificates as the senders saw them. */
function mtaStsFacts(plan: Plan, stage: string, tls: TlsEvidence | undefined): MtaStsFacts {
  const id = stepOfStage('mta-sts', stage);
  const step = plan.steps.find((other) => other.id === id);
  const mx = plan.steps.find((other) => other.id === 'mx');
  const moved = plan.findings.filter(({ code, state }) => code === 'plan.mtasts.mx_change' && state === 'fail');
  const uncovered = [
    ...(mx && mx.status.kind !== 'done' ? ['the MX is about to change; publish it first'] : []),
    ...moved.map(({ message }) => message),
  ];
  const told = tls && tls.successful + tls.failed > 0;
  const bad = (tls?.failures ?? []).filter((text) => /certificate|validation|starttls/.test(text));
  return {
    uncovered,
    badCertificates: told ? bad : ['no TLS report tells of them yet'],
    served: id === undefined || step?.status.kind === 'done',
  };
}

/** The gates of the step itself: what DMARC lacks, and what the URLs serve. */
function bimiFacts(plan: Plan): BimiFacts {
  const step = plan.steps.find(({ id }) => id === 'bimi');
  if (!step) return { dmarc: ['DMARC is on its way back'], logo: [] };
  if (step.status.kind === 'blocked') return { dmarc: [step.status.why], logo: [] };
  const closed = step.gates.filter(({ state }) => state !== 'open');
  const ofUrls = closed.filter(({ gate }) => gate.kind === 'serves').map(({ detail }) => detail);
  const others = closed.filter(({ gate }) => gate.kind !== 'serves' && gate.kind !== 'approved');
  return { dmarc: others.map(({ detail }) => detail), logo: ofUrls };
}

/** The longest `max_age` that senders were seen to hold in the last year, in seconds; undefined where none was told. */
export function longestMaxAge({ tls, domain }: Pick<ReportBasis, 'tls' | 'domain'>): number | undefined {
  const ages = tls
    .flatMap(({ policies }) => policies)
    .filter(({ policyDomain, policyType }) => policyDomain === domain && policyType === 'sts')
    .flatMap(({ policyString }) => policyString)
    .flatMap((line) => /^\s*max_age\s*:\s*(\d{1,8})\s*$/.exec(line)?.[1] ?? []);
  return ages.length === 0 ? undefined : Math.max(...ages.map(Number));
}

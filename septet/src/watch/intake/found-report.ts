/** Reports that were read and wait to be stored, of whatever kind. */
import { parseName, type DnsName } from '../../dns/name.ts';
import type { AggregateHead, ReportRepair } from '../../reports/aggregate.ts';
import type { FailureReport } from '../../reports/failure.ts';
import type { ReportSource } from '../../reports/intake.ts';
import type { TlsReport } from '../../reports/tls.ts';
import type { AggregateDraft, ImportFacts, ImportOutcome, ReportShelf } from '../../store/store.ts';
import type { ReportNames } from './intake-event.ts';
import type { ReporterClaim } from './reporter-trust.ts';

export interface FoundReport {
  readonly names: ReportNames;
  readonly claim: ReporterClaim;
  readonly source: ReportSource;
  /** Rows in memory, about. */
  readonly weight: number;
  /** As the report says it; the store's word counts where there is one. */
  readonly size: { readonly rows: number; readonly messages: number };
  readonly repairs: readonly ReportRepair[];
  /** The end of what it reports on, in milliseconds since 1970; absent where it does not say. */
  readonly endsAt?: number;
  /** May be done again after a fault. */
  store(facts: ImportFacts): Promise<ImportOutcome>;
  discard(): Promise<void>;
}

export type Configured = (about: string) => DnsName | undefined;

/** The domain of the configuration that a report names; a name below it is another domain. */
export const configured =
  (domains: ReadonlySet<DnsName>): Configured =>
  (about) => {
    const parsed = parseName(about);
    return parsed.ok && domains.has(parsed.name) ? parsed.name : undefined;
  };

export function foundAggregate(
  head: AggregateHead,
  source: ReportSource,
  draft: AggregateDraft,
  domainOf: Configured,
): FoundReport {
  const about = head.policy.domain;
  return {
    names: namesOf('aggregate', head, about, domainOf),
    claim: { reporter: head.reporter, ...(head.email === undefined ? {} : { contact: head.email }) },
    source,
    weight: Math.min(head.rows, 2000) + 1,
    size: { rows: head.rows, messages: head.messages },
    repairs: head.repairs,
    endsAt: head.range.end * 1000,
    store: (facts) => draft.finish(head, facts),
    discard: () => draft.discard(),
  };
}

/** A report on several domains is one for each of them. */
export function foundTls(
  report: TlsReport,
  source: ReportSource,
  shelf: ReportShelf,
  domainOf: Configured,
): readonly FoundReport[] {
  const domains = [...new Set(report.policies.map(({ policyDomain }) => policyDomain))];
  return (domains.length === 0 ? [''] : domains).map((about) => {
    const part = { ...report, policies: report.policies.filter(({ policyDomain }) => policyDomain === about) };
    return {
      names: namesOf('tls', report, about, domainOf),
      claim: { reporter: report.reporter, ...(report.contact === undefined ? {} : { contact: report.contact }) },
      source,
      weight: 1,
      size: {
        rows: part.policies.length,
        messages: part.policies.reduce((sum, { successful, failed }) => sum + successful + failed, 0),
      },
      repairs: report.repairs,
      endsAt: report.range.end * 1000,
      store: (facts) => shelf.addTls(part, facts),
      discard: async () => {},
    };
  });
}

/** `redacted`: the subject of the mail that carried it is not stored either, as it often is that of the reported mail. */
export function foundFailure(
  report: FailureReport,
  source: ReportSource,
  shelf: ReportShelf,
  domainOf: Configured,
  redacted: boolean,
): FoundReport {
  return {
    names: namesOf('failure', report, report.reportedDomain, domainOf),
    claim: { reporter: report.reporter },
    source,
    weight: 1,
    size: { rows: 1, messages: report.incidents },
    repairs: report.repairs,
    store: (facts) => shelf.addFailure(report, redacted ? { ...facts, source: withoutSubject(facts.source) } : facts),
    discard: async () => {},
  };
}

function withoutSubject(source: ReportSource): ReportSource {
  const { subject: _, ...carrier } = source.carrier ?? {};
  return source.carrier === undefined ? source : { ...source, carrier };
}

function namesOf(
  report: ReportNames['report'],
  { reporter, reportId }: { readonly reporter: string; readonly reportId: string },
  about: string,
  domainOf: Configured,
): ReportNames {
  const domain = domainOf(about);
  return { report, reporter, reportId, about, ...(domain === undefined ? {} : { domain }) };
}

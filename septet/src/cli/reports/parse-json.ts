/** Reports as `reports parse` writes them: absent values are `null`, times are ISO 8601. Pure. */
import type { AggregateHead, AggregateRow } from '../../reports/aggregate.ts';
import type { FailureReport } from '../../reports/failure.ts';
import type { TlsReport } from '../../reports/tls.ts';

/** Everything but `records`, which follow. */
export const aggregateHeadJson = (head: AggregateHead) => ({
  kind: 'aggregate',
  reporter: head.reporter,
  reportId: head.reportId,
  range: rangeJson(head.range),
  policy: head.policy,
  ...(head.errors.length > 0 ? { errors: head.errors } : {}),
});

export const recordJson = (row: AggregateRow) => ({
  sourceIp: row.sourceIp,
  count: row.count,
  disposition: row.disposition,
  dkim: row.dkim ?? null,
  spf: row.spf ?? null,
  reasons: row.reasons,
  headerFrom: row.headerFrom,
  envelopeFrom: row.envelopeFrom ?? null,
  envelopeTo: row.envelopeTo ?? null,
  dkimAuth: row.dkimAuth,
  spfAuth: row.spfAuth,
});

export const tlsJson = (report: TlsReport) => ({
  kind: 'tls',
  reporter: report.reporter,
  reportId: report.reportId,
  range: rangeJson(report.range),
  policies: report.policies,
});

/** In the form of the others: what is reported is one record. `person` is there where it is not redacted. */
export const failureJson = (report: FailureReport) => ({
  kind: 'failure',
  reporter: report.reporter,
  reportId: report.reportId,
  range: report.arrival === undefined ? null : rangeJson({ begin: report.arrival, end: report.arrival }),
  policy: { domain: report.reportedDomain },
  records: [
    {
      sourceIp: report.sourceIp ?? null,
      count: report.incidents,
      disposition: report.deliveryResult ?? null,
      feedbackType: report.feedbackType,
      authFailure: report.authFailure,
      identityAlignment: report.identityAlignment ?? null,
      dkimDomain: report.dkimDomain ?? null,
      dkimSelector: report.dkimSelector ?? null,
      spfDns: report.spfDns ?? null,
      authenticationResults: report.authenticationResults ?? null,
      ...(Object.keys(report.person).length > 0 ? { person: report.person } : {}),
    },
  ],
});

const rangeJson = ({ begin, end }: { readonly begin: number; readonly end: number }) => ({
  begin: instant(begin),
  end: instant(end),
});

/** Seconds since 1970, held within what ISO 8601 writes with four digits. */
const instant = (seconds: number): string =>
  new Date(Math.min(Math.max(seconds, 0), 253_402_300_799) * 1000).toISOString();

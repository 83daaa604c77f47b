/** TLS reports of a domain as tables show them. Pure. */
import type { TlsReport } from '../../reports/tls.ts';

export interface TlsShown {
  readonly reports: number;
  readonly successful: number;
  readonly failed: number;
  /** Who sent the reports, most sessions first. */
  readonly reporters: readonly { readonly reporter: string; readonly successful: number; readonly failed: number }[];
  /** By type and mail server, most sessions first. */
  readonly failures: readonly TlsFailureLine[];
}

export interface TlsFailureLine {
  /** A word of RFC 8460 §4.3. */
  readonly type: string;
  /** The mail server that it happened at; empty where nobody says. */
  readonly host: string;
  readonly sessions: number;
  readonly reporters: readonly string[];
}

/** What the reports say of other domains is passed over. */
export function tlsShown(domain: string, reports: readonly { readonly report: TlsReport }[]): TlsShown {
  const byReporter = new Map<string, { successful: number; failed: number }>();
  const byFailure = new Map<string, { type: string; host: string; sessions: number; reporters: Set<string> }>();
  let [successful, failed] = [0, 0];
  for (const { report } of reports) {
    for (const policy of report.policies) {
      if (policy.policyDomain !== domain) continue;
      successful += policy.successful;
      failed += policy.failed;
      const of = byReporter.get(report.reporter) ?? { successful: 0, failed: 0 };
      byReporter.set(report.reporter, of);
      of.successful += policy.successful;
      of.failed += policy.failed;
      for (const { resultType, receivingMxHostname = '', failedSessions } of policy.failures) {
        const key = JSON.stringify([resultType, receivingMxHostname]);
        const line = byFailure.get(key) ?? {
          type: resultType,
          host: receivingMxHostname,
          sessions: 0,
          reporters: new Set<string>(),
        };
        byFailure.set(key, line);
        line.sessions += failedSessions;
        line.reporters.add(report.reporter);
      }
    }
  }
  return {
    reports: reports.length,
    successful,
    failed,
    reporters: [...byReporter]
      .map(([reporter, sums]) => ({ reporter, ...sums }))
      .sort((a, b) => b.successful + b.failed - a.successful - a.failed || (a.reporter < b.reporter ? -1 : 1)),
    failures: [...byFailure.values()]
      .map((line) => ({ ...line, reporters: [...line.reporters].sort() }))
      .sort((a, b) => b.sessions - a.sessions || (a.type < b.type ? -1 : 1)),
  };
}

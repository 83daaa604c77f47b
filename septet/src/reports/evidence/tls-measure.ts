/** What TLS reports (RFC 8460) say about the mail servers of a domain in a window, and what a step needs of it. Pure. */
import type { TlsReport } from '../tls.ts';
import { dayMs, dayOf } from './days.ts';
import { percent, type Need } from './needs.ts';

export interface TlsEvidence {
  readonly since: number;
  readonly now: number;
  /** Organisations that reported in the window. */
  readonly reporters: readonly string[];
  readonly successful: number;
  readonly failed: number;
  /** `certificate-expired at mail.example.com: 4 sessions`. */
  readonly failures: readonly string[];
  /** By result type (RFC 8460 §4.3), most sessions first. */
  readonly types: readonly { readonly resultType: string; readonly sessions: number }[];
  /** The last day that a report covers. */
  readonly lastDay?: string;
}

export interface TlsLimits {
  /** Sessions that reached the mail servers over TLS. */
  readonly sessions: number;
  readonly reporters: number;
  /** Of the sessions, that are clean. */
  readonly cleanShare: number;
  /** The last report may be so old. */
  readonly silentDays: number;
}

/** One report is enough to begin with, because few organisations send any; it has to be clean (catalogue 14, row 22). */
export const tlsLimits: TlsLimits = { sessions: 1, reporters: 1, cleanShare: 1, silentDays: 7 };

/** Counts the results for the domain; those of other domains in the same report are passed over. */
export function measureTls(
  reports: readonly TlsReport[],
  window: { readonly domain: string; readonly since: number; readonly now: number },
): TlsEvidence {
  const { domain, since, now } = window;
  const reporters = new Set<string>();
  const failures = new Map<string, number>();
  const types = new Map<string, number>();
  let successful = 0;
  let failed = 0;
  let last: number | undefined;
  for (const { reporter, range, policies } of reports) {
    if (range.begin * 1000 < since || range.begin * 1000 >= now) continue;
    for (const policy of policies) {
      if (policy.policyDomain !== domain) continue;
      reporters.add(reporter.toLowerCase());
      last = Math.max(last ?? 0, Math.min(range.end * 1000, now));
      successful += policy.successful;
      failed += policy.failed;
      for (const { resultType, receivingMxHostname, failedSessions } of policy.failures) {
        const where = `${resultType}${receivingMxHostname === undefined ? '' : ` at ${receivingMxHostname}`}`;
        failures.set(where, (failures.get(where) ?? 0) + failedSessions);
        types.set(resultType, (types.get(resultType) ?? 0) + failedSessions);
      }
    }
  }
  return {
    since,
    now,
    reporters: [...reporters].sort(),
    successful,
    failed,
    failures: [...failures].sort(([, a], [, b]) => b - a).map(([where, sessions]) => `${where}: ${sessions} sessions`),
    types: [...types].sort(([, a], [, b]) => b - a).map(([resultType, sessions]) => ({ resultType, sessions })),
    ...(last === undefined ? {} : { lastDay: dayOf(last) }),
  };
}

export function tlsReportsNeed(evidence: TlsEvidence, limits: TlsLimits): Need {
  const { reporters, successful, lastDay, now } = evidence;
  const recent = lastDay !== undefined && lastDay >= dayOf(now - limits.silentDays * dayMs);
  return {
    kind: 'tls-reports',
    met: successful >= limits.sessions && reporters.length >= limits.reporters && recent,
    what: 'TLS reports',
    has:
      lastDay === undefined ? 'none' : `${successful} clean sessions of ${reporters.length} senders, last ${lastDay}`,
    wants: `${limits.sessions} clean sessions of ${limits.reporters} senders, in the last ${limits.silentDays} days`,
    items: reporters,
  };
}

export function tlsCleanNeed(evidence: TlsEvidence, limits: TlsLimits): Need {
  const { successful, failed, failures } = evidence;
  const sessions = successful + failed;
  return {
    kind: 'tls-clean',
    met: sessions > 0 && successful >= limits.cleanShare * sessions,
    what: 'of the sessions are clean',
    has: sessions > 0 ? percent(successful / sessions) : 'nothing reported',
    wants: percent(limits.cleanShare),
    items: failures,
  };
}

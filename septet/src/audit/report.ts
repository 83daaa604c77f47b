/**
 * The report of one domain: the value that every view shows and that `--format json` prints as it is.
 * `docs/json.md` documents it; `version` changes when a field is removed or changes its meaning.
 */
import type { DnsName } from '../dns/name.ts';
import type { Finding, FindingKey, RecordKey, State } from '../finding/finding.ts';

export const reportVersion = 1;

export interface Report {
  readonly version: typeof reportVersion;
  readonly domain: DnsName;
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  readonly records: Readonly<Partial<Record<RecordKey, RecordReport>>>;
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly mailboxProviders: readonly ProviderCard[];
}

export interface RecordReport {
  /**
   * `fail` when an error or a warning stands against it, `unknown` when something could not be told,
   * `skip` when the record is optional and absent or was not looked at, `pass` otherwise.
   */
  readonly state: State;
  /** One line: what is there. */
  readonly summary: string;
  /** The records as they were seen. */
  readonly observed: readonly ObservedRecord[];
  /** Particulars of the record, documented per record in `docs/json.md`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ObservedRecord {
  readonly name: DnsName;
  readonly type: string;
  readonly ttlSeconds: number;
  /** Presentation text; for TXT the joined value without quotes. */
  readonly data: readonly string[];
}

/** What a mailbox provider demands of senders, and what DNS shows of it. */
export interface ProviderCard {
  readonly id: string;
  readonly title: string;
  /** Who counts as a bulk sender there. */
  readonly bulk: string;
  readonly demands: readonly Demand[];
  readonly source: string;
  /** ISO date on which the demands were read. */
  readonly seenOn: string;
}

export interface Demand {
  /** `req.gmail.spf` */
  readonly code: string;
  readonly title: string;
  readonly level: 'required' | 'required for bulk' | 'recommended';
  /** `not shown`: neither DNS nor HTTPS shows it. */
  readonly state: 'met' | 'unmet' | 'unknown' | 'not shown';
  readonly detail: string;
  /** Codes of the findings that decide it. */
  readonly because: readonly string[];
}

export const recordOrder: readonly RecordKey[] = [
  'mx',
  'spf',
  'dkim',
  'dmarc',
  'tracking',
  'mtasts',
  'tlsrpt',
  'bimi',
  'host',
  'zone',
];

export const recordTitles: Readonly<Record<FindingKey, string>> = {
  mx: 'MX',
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  tracking: 'Tracking',
  mtasts: 'MTA-STS',
  tlsrpt: 'TLS-RPT',
  bimi: 'BIMI',
  host: 'Host',
  zone: 'DNS',
  message: 'Message',
};

const severityRank = { error: 0, warning: 1, info: 2, ok: 3 } as const;

/** Worst first: errors, warnings, advice; within these the order of the records, then of their checks. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const rank = (finding: Finding): number =>
    severityRank[finding.severity] * 100 + (finding.state === 'fail' ? 0 : 50) + place(finding.record);
  return findings
    .map((finding, index) => ({ finding, key: rank(finding), index }))
    .sort((a, b) => a.key - b.key || a.index - b.index)
    .map((entry) => entry.finding);
}

/** Findings about a message come after those of its records. */
const place = (key: FindingKey): number => (key === 'message' ? recordOrder.length : recordOrder.indexOf(key));

/** The state of one record from its findings; `absent` says that there is no such record. */
export function stateOf(findings: readonly Finding[], absent: boolean): State {
  let state: State = absent ? 'skip' : 'pass';
  for (const { severity, state: found } of findings) {
    if (found === 'fail' && (severity === 'error' || severity === 'warning')) return 'fail';
    if (found === 'unknown') state = 'unknown';
  }
  return state;
}

/** Exit codes, the same for every command (docs/cli.md). */
export const exitCodes = { fine: 0, findings: 1, misuse: 2, couldNotTell: 3 } as const;

/** 1 when findings at or above the threshold stand, 3 when only unknown ones stand in the way, 0 otherwise. */
export function exitCodeOf(findings: readonly Finding[], failOn: 'error' | 'warning'): 0 | 1 | 3 {
  const counts = (severity: string): boolean =>
    severity === 'error' || (failOn === 'warning' && severity === 'warning');
  if (findings.some((finding) => finding.state === 'fail' && counts(finding.severity))) return exitCodes.findings;
  return findings.some((finding) => finding.state === 'unknown') ? exitCodes.couldNotTell : exitCodes.fine;
}

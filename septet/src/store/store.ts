/**
 * What is kept of the world: reports and their rollups, marks of sources, observations, stages of ramps, alerts. One
 * interface in the product's verbs, on SQLite (one file) and on PostgreSQL (several machines). Both run the same suite.
 *
 * Times are milliseconds since 1970 unless a name says otherwise. A promise that resolves means: on disk.
 */
import type { DnsName } from '../dns/name.ts';
import type { AggregateHead, AggregateRow, Disposition, ReportRefusal } from '../reports/aggregate.ts';
import type { FailureReport } from '../reports/failure.ts';
import type { ReportSource } from '../reports/intake.ts';
import type { TlsReport } from '../reports/tls.ts';
import type { HostedShelf, OutboxShelf, SuppressionShelf, TrackingShelf } from './tracking.ts';

export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  readonly reports: ReportShelf;
  readonly sources: SourceShelf;
  readonly observations: ObservationShelf;
  readonly ramps: RampShelf;
  readonly alerts: AlertShelf;
  readonly secrets: SecretShelf;
  readonly tracking: TrackingShelf;
  readonly suppressions: SuppressionShelf;
  /** Webhooks on their way. */
  readonly outbox: OutboxShelf;
  readonly hosted: HostedShelf;
  /** Deletes what is older than the retention says; answers how much went. */
  retain(retention: Retention, now: number): Promise<Readonly<Record<string, number>>>;
  /** Everything, as JSON objects (one a line in the file of `septet backup`); secrets stay encrypted. */
  backup(): AsyncIterable<unknown>;
  /** Into an empty store. Rejects with a sentence where it is not empty, or the lines are not of a backup. */
  restore(lines: AsyncIterable<unknown>): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface Retention {
  /** Days; rows go earlier than the rollups made of them. */
  readonly rows: number;
  readonly rollups: number;
  readonly failures: number;
  readonly observations: number;
}

/** `authenticated`: DKIM of the mail that carried it passes for the reporter; `file`: no mail. Others do not open gates. */
export type Trust = 'authenticated' | 'file' | 'unauthenticated';

export interface ImportFacts {
  readonly source: ReportSource;
  readonly trust: Trust;
  readonly importedAt: number;
  /** The domain of the configuration that the report is about; absent: foreign, kept apart. */
  readonly domain?: DnsName;
}

export type ImportOutcome =
  | { readonly kind: 'stored'; readonly rows: number; readonly messages: number }
  /**
   * The same reporter and report id, with the same content or another. `raised`: it counts from now on, and did not count
   * before: its domain was not configured, or nobody vouched for it. One that somebody vouches for takes the place of
   * another that nobody vouched for, and is `stored`.
   */
  | { readonly kind: 'duplicate'; readonly same: boolean; readonly firstSeen: number; readonly raised?: true };

/** Takes the rows of one aggregate report in batches. Nothing counts before `finish` has resolved. */
export interface AggregateDraft {
  rows(rows: readonly AggregateRow[]): void | Promise<void>;
  finish(head: AggregateHead, facts: ImportFacts): Promise<ImportOutcome>;
  /** Gives up: nothing of it stays. */
  discard(): Promise<void>;
}

export interface Period {
  /** Inclusive. */
  readonly since: number;
  /** Exclusive. */
  readonly until: number;
}

export interface ReportQuery extends Period {
  readonly domain: DnsName;
  /** Also reports that nobody vouches for. */
  readonly unauthenticated?: boolean;
}

/** Counts of messages of one line of a table. */
export interface Tally {
  readonly messages: number;
  /** Passed DMARC: an aligned pass of DKIM or SPF. */
  readonly aligned: number;
  readonly dkimAligned: number;
  readonly spfAligned: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** A receiver did otherwise than the policy says, because it saw a forwarder or list. */
  readonly forwarded: number;
  /** temperror and permerror of SPF or DKIM. */
  readonly errors: number;
}

export interface TallyLine extends Tally {
  /** The day (`2026-11-23`), source key, reporter, or disposition. */
  readonly key: string;
}

export interface ReportShelf {
  /** A draft of its own; several may be open at a time. */
  draft(): AggregateDraft;
  addTls(report: TlsReport, facts: ImportFacts): Promise<ImportOutcome>;
  /** Only when failure reports are kept at all; redacted unless said otherwise by the caller. */
  addFailure(report: FailureReport, facts: ImportFacts): Promise<ImportOutcome>;
  /** Foreign reports on domains that are configured today count for them; answers how many. */
  adopt(domainOf: (about: string) => DnsName | undefined): Promise<ReadonlyMap<DnsName, number>>;
  addRefusal(refusal: ReportRefusal, facts: Omit<ImportFacts, 'domain'>): Promise<void>;
  /** From the rollups: fast for a year of a busy domain. Lines with most messages first; days in order. */
  tally(query: ReportQuery, by: 'day' | 'source' | 'receiver' | 'disposition'): Promise<readonly TallyLine[]>;
  /** Days and sources together, for gates: what each source did on each day. */
  sourceDays(query: ReportQuery): Promise<readonly (Tally & { readonly day: string; readonly source: string })[]>;
  /** Reports with their head, the newest first. */
  list(query: ReportQuery, limit: number): Promise<readonly StoredReport[]>;
  /** Rows of a period, as they are stored, the newest first; the iterable may be left early. */
  rows(query: ReportQuery & { readonly sourceKey?: string }): AsyncIterable<StoredRow>;
  tls(query: ReportQuery): Promise<readonly { readonly report: TlsReport; readonly facts: ImportFacts }[]>;
  failures(query: ReportQuery): Promise<readonly { readonly report: FailureReport; readonly facts: ImportFacts }[]>;
  /** Domains that reports came for but the configuration does not have, with how many. */
  foreign(period: Period): Promise<readonly { readonly domain: string; readonly reports: number }[]>;
  refusals(
    period: Period,
  ): Promise<readonly { readonly refusal: ReportRefusal; readonly origin: string; readonly at: number }[]>;
}

export interface StoredReport {
  readonly head: AggregateHead;
  readonly facts: ImportFacts;
}

export interface StoredRow {
  readonly reporter: string;
  readonly reportId: string;
  readonly begin: number;
  readonly end: number;
  readonly sourceKey: string;
  readonly row: AggregateRow;
  readonly disposition: Disposition;
}

export type SourceMark = 'mine' | 'forwarder' | 'not mine';

export interface MarkedSource {
  readonly domain: DnsName;
  readonly sourceKey: string;
  readonly mark: SourceMark;
  readonly note?: string;
  readonly at: number;
}

export interface SourceShelf {
  marks(domain: DnsName): Promise<readonly MarkedSource[]>;
  mark(mark: MarkedSource): Promise<void>;
  unmark(domain: DnsName, sourceKey: string): Promise<boolean>;
  /** Reverse names of addresses that were asked for: `null` for none. */
  reverseNames(
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly name: string | null; readonly at: number }>>;
  rememberReverseNames(names: ReadonlyMap<string, string | null>, at: number): Promise<void>;
}

/** What one server said of one RRset; kept when it differs from what it said before. */
export interface Observation {
  readonly domain: DnsName;
  readonly name: DnsName;
  /** A record type, or `HTTPS` and `CERT` for what a web server showed. */
  readonly type: string;
  /** The server that was asked: `authoritative ns1.example.net`, `resolver 192.0.2.53`. */
  readonly seenFrom: string;
  /** `present` with data, `absent` (NXDOMAIN, no data), or `unknown`: not seen is not gone. */
  readonly state: 'present' | 'absent' | 'unknown';
  /** Presentation text, sorted; empty unless present. */
  readonly data: readonly string[];
  readonly ttlSeconds?: number;
  readonly at: number;
}

export interface ObservedChange {
  readonly before?: Observation;
  readonly after: Observation;
  /** By the journal: we published it; else somebody else did. */
  readonly by: 'us' | 'others' | 'unknown';
}

export interface ObservationShelf {
  /** Answers those that differ from what the same place said last; `unknown` differs from nothing. */
  add(observations: readonly Observation[], by: ObservedChange['by']): Promise<readonly ObservedChange[]>;
  /** The last known state at each place. */
  last(domain: DnsName): Promise<readonly Observation[]>;
  history(domain: DnsName, period: Period): Promise<readonly ObservedChange[]>;
}

/** Where a ramp stands. `revision` grows with every change; a writer names the one that it saw. */
export interface RampState {
  readonly domain: DnsName;
  /** `dmarc`, `spf`, `mta-sts`, `bimi`. */
  readonly ramp: string;
  readonly stage: string;
  readonly since: number;
  /** A step that is on its way: intent written, not yet seen everywhere. */
  readonly moving?: {
    readonly to: string;
    readonly startedAt: number;
    readonly direction: 'advance' | 'back';
    readonly why: string;
  };
  /** After a step: until then it is watched closely. */
  readonly watchUntil?: number;
  readonly paused?: { readonly why: string; readonly at: number };
  readonly revision: number;
}

export interface RampEvent {
  readonly domain: DnsName;
  readonly ramp: string;
  readonly at: number;
  readonly kind:
    | 'advanced'
    | 'went back'
    | 'stays'
    | 'waits for approval'
    | 'approved'
    | 'paused'
    | 'resumed'
    | 'failed';
  readonly from?: string;
  readonly to?: string;
  /** A sentence. */
  readonly why: string;
}

export interface RampShelf {
  states(domain?: DnsName): Promise<readonly RampState[]>;
  /** Compare and set: false where another machine was faster (`revision` is not the stored one; 0 creates). */
  save(state: RampState, event?: RampEvent): Promise<boolean>;
  events(domain: DnsName, period: Period): Promise<readonly RampEvent[]>;
  /** One machine at a time moves a domain: runs `work` with the lock held, or answers undefined when another holds it. */
  exclusively<T>(domain: DnsName, owner: string, work: () => Promise<T>): Promise<T | undefined>;
}

export interface AlertShelf {
  /** True when it is new or changed since it was sent: then it is to be sent. */
  raise(alert: StoredAlert): Promise<boolean>;
  /** What no longer holds. */
  settle(domain: DnsName, key: string, at: number): Promise<boolean>;
  open(domain?: DnsName): Promise<readonly StoredAlert[]>;
}

export interface StoredAlert {
  readonly domain: DnsName;
  /** Tells alerts apart: a finding's code and subject. */
  readonly key: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly text: string;
  readonly since: number;
}

/** Encrypted at rest with a key that only the environment has; without one, nothing is put and the sentence says so. */
export interface SecretShelf {
  put(name: string, value: string): Promise<void>;
  get(name: string): Promise<string | undefined>;
  remove(name: string): Promise<boolean>;
  names(): Promise<readonly string[]>;
}

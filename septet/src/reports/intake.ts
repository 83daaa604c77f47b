/**
 * From files to reports: what a container holds (gzip, zip, e-mail, mailbox file, nested), each piece bounded, each
 * report with where it came from.
 */
import type { AggregateHead, AggregateRow, ReportRefusal } from './aggregate.ts';
import type { FailureReport } from './failure.ts';
import type { TlsReport } from './tls.ts';

/** Where a report was found: `mail.mbox#3 > report.zip > google.com!example.com!….xml`. */
export interface ReportSource {
  /** The path of the file, or the mailbox and UID of a message. */
  readonly origin: string;
  /** Containers inside it, from the outside. */
  readonly inside: readonly string[];
  /** The message that carried it: who sent it, and whether that is proved (DKIM, by `proof/`); absent for bare files. */
  readonly carrier?: Carrier;
}

export interface Carrier {
  readonly from?: string;
  readonly messageId?: string;
  readonly subject?: string;
  /** The raw header of the message stays with the reader, who may verify it. */
}

/** What a sink is told, in this order for each report: rows as they are read, then the head, or why it is refused. */
export interface ReportSink {
  /** A new aggregate report begins; rows follow. */
  begin(source: ReportSource): void;
  /** Rows in batches of at most 1000; a promise holds the reader back. */
  rows(rows: readonly AggregateRow[]): void | Promise<void>;
  aggregate(head: AggregateHead, source: ReportSource): void | Promise<void>;
  tls(report: TlsReport, source: ReportSource): void | Promise<void>;
  failure(report: FailureReport, source: ReportSource): void | Promise<void>;
  /** Rows given since `begin` do not count. */
  refused(refusal: ReportRefusal, source: ReportSource): void | Promise<void>;
}

export interface IntakeLimits {
  /** Octets of a file or message as it comes. */
  readonly maxOctets: number;
  /** Octets of one report when unpacked. */
  readonly maxPlainOctets: number;
  /** Unpacked to packed. */
  readonly maxRatio: number;
  /** Containers in containers. */
  readonly maxDepth: number;
  /** Members of one zip, parts of one message. */
  readonly maxMembers: number;
  readonly maxRows: number;
}

/** A 100,000-row report has 75 MB plain; reports pack 28 to 1, the best of them 100 to 1 (house). */
export const usualLimits: IntakeLimits = {
  maxOctets: 512 * 1024 * 1024,
  maxPlainOctets: 2 * 1024 * 1024 * 1024,
  maxRatio: 400,
  maxDepth: 4,
  maxMembers: 1000,
  maxRows: 20_000_000,
};

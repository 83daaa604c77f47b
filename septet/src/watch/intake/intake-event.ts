/** What the intake tells of each thing that it read, and the sums of it. */
import type { DnsName } from '../../dns/name.ts';
import type { ReportRefusal, ReportRepair } from '../../reports/aggregate.ts';
import type { ReportSource } from '../../reports/intake.ts';
import type { Trust } from '../../store/store.ts';

export type ReportKind = 'aggregate' | 'tls' | 'failure';

/** A report as sentences name it. */
export interface ReportNames {
  readonly report: ReportKind;
  readonly reporter: string;
  readonly reportId: string;
  /** The domain that it is about, as written. */
  readonly about: string;
  /** The same where the configuration has it; absent: foreign. */
  readonly domain?: DnsName;
}

export type IntakeEvent =
  /** It is on disk. */
  | (ReportNames & {
      readonly kind: 'stored';
      readonly source: ReportSource;
      /** Rows of an aggregate report, policies of a TLS report. */
      readonly rows: number;
      /** Messages; sessions of a TLS report; incidents of a failure report. */
      readonly messages: number;
      readonly trust: Trust;
      /** Why nobody vouches for it. */
      readonly untrusted?: string;
      readonly repairs: readonly ReportRepair[];
    })
  | (ReportNames & {
      readonly kind: 'duplicate';
      readonly source: ReportSource;
      /** With the same content. */
      readonly same: boolean;
      readonly firstSeen: number;
      /** It counts from now on: its domain is configured meanwhile, or somebody vouches for it. */
      readonly raised: boolean;
    })
  | { readonly kind: 'refused'; readonly source: ReportSource; readonly refusal: ReportRefusal }
  /** A failure report, and nobody asked to keep these. */
  | (ReportNames & { readonly kind: 'left-out'; readonly source: ReportSource })
  /** Nothing of the message was stored; it is to be read again later. */
  | { readonly kind: 'postponed'; readonly source: ReportSource; readonly why: string }
  /** A file or folder that cannot be read; `why` is a sentence that names it. */
  | { readonly kind: 'unreadable'; readonly origin: string; readonly why: string }
  /** A sentence for a person; the intake goes on. */
  | { readonly kind: 'notice'; readonly text: string };

export interface IntakeSummary {
  /** Files and messages that were read to their end. */
  readonly items: number;
  readonly aggregate: number;
  readonly tls: number;
  readonly failure: number;
  readonly rows: number;
  readonly messages: number;
  readonly sessions: number;
  /** Known before, with the same content. */
  readonly duplicates: number;
  /** Of these, reports that count from now on and did not before. */
  readonly raised: number;
  /** The id was used before, with other content: the first one stays. */
  readonly differing: number;
  readonly refused: number;
  readonly unreadable: number;
  /** Failure reports that were not kept. */
  readonly leftOut: number;
  readonly postponed: number;
  /** Stored reports that nobody vouches for. */
  readonly unauthenticated: number;
  /** Stored reports in which something was mended. */
  readonly mended: number;
  /** Stored reports by the domain that they are about; only those of the configuration. */
  readonly domains: ReadonlyMap<string, number>;
  /** The same of all others: kept apart. */
  readonly foreign: ReadonlyMap<string, number>;
}

export interface IntakeCounter {
  item(): void;
  add(event: IntakeEvent): void;
  summary(): IntakeSummary;
}

/** Domains that are told apart; strangers may send any number. */
const mostDomains = 10_000; // house

export function intakeCounter(): IntakeCounter {
  const sums = {
    items: 0,
    aggregate: 0,
    tls: 0,
    failure: 0,
    rows: 0,
    messages: 0,
    sessions: 0,
    duplicates: 0,
    raised: 0,
    differing: 0,
    refused: 0,
    unreadable: 0,
    leftOut: 0,
    postponed: 0,
    unauthenticated: 0,
    mended: 0,
  };
  const domains = new Map<string, number>();
  const foreign = new Map<string, number>();
  return {
    item: () => void sums.items++,
    add(event) {
      switch (event.kind) {
        case 'stored': {
          sums[event.report]++;
          if (event.report === 'aggregate') {
            sums.rows += event.rows;
            sums.messages += event.messages;
          } else if (event.report === 'tls') sums.sessions += event.messages;
          if (event.trust === 'unauthenticated') sums.unauthenticated++;
          if (event.repairs.length > 0) sums.mended++;
          const map = event.domain === undefined ? foreign : domains;
          if (map.has(event.about) || map.size < mostDomains) map.set(event.about, (map.get(event.about) ?? 0) + 1);
          break;
        }
        case 'duplicate':
          sums[event.same ? 'duplicates' : 'differing']++;
          if (event.raised) sums.raised++;
          break;
        case 'refused':
        case 'unreadable':
          sums[event.kind]++;
          break;
        case 'left-out':
          sums.leftOut++;
          break;
        case 'postponed':
          sums.postponed++;
          break;
        case 'notice':
          break;
      }
    },
    summary: () => ({ ...sums, domains: new Map(domains), foreign: new Map(foreign) }),
  };
}

/** Where it was found: `mail.mbox > #3 > report.zip > google.com!….xml`. */
export const placeOf = ({ origin, inside }: ReportSource): string => [origin, ...inside].join(' > ');

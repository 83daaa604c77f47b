/** DMARC on what was proved: the verdict of both generations of readers (RFC 9989, RFC 7489). */
import type { DnsName } from '../../dns/name.ts';
import type { Policy } from '../../records/dmarc/record.ts';
import type { Effect } from '../../records/dmarc/readers.ts';

export interface Identifier {
  readonly method: 'spf' | 'dkim';
  readonly domain: DnsName;
  /** `s=` for DKIM. */
  readonly selector?: string;
  /** Whether the method itself passed. */
  readonly passed: boolean;
  /** `none`: another organisation. `strict` is aligned in both modes. */
  readonly match: 'strict' | 'relaxed' | 'none' | 'unknown';
  /** Passed, and matches as the record's mode asks. */
  readonly aligned: boolean;
  /** As this reader finds it. */
  readonly organisationalDomain?: DnsName;
}

export interface DmarcReading {
  readonly reader: 'RFC 9989' | 'RFC 7489';
  readonly author: DnsName;
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  readonly reason: string;
  /** The name at which the record stands, and its text. */
  readonly record?: { readonly name: DnsName; readonly text: string };
  /** How it was found. */
  readonly source: 'author' | 'organisation' | 'registry' | 'none' | 'unknown';
  readonly organisationalDomain?: DnsName;
  readonly adkim: 'r' | 's';
  readonly aspf: 'r' | 's';
  readonly identifiers: readonly Identifier[];
  /** What the record asks for, for mail that fails. */
  readonly published: Effect;
  /** What this reader does with this message; `sampled` says that it is drawn by lot (`pct`). */
  readonly disposition: Policy;
  readonly sampled?: { readonly percent: number; readonly rest: Policy };
}

/** The row that an aggregate report would hold (RFC 9990 §3.1.1.6 and following; names as in its XML). */
export interface ReportRow {
  readonly source_ip?: string;
  readonly count: 1;
  readonly policy_evaluated: {
    readonly disposition: Policy;
    readonly dkim: 'pass' | 'fail';
    readonly spf: 'pass' | 'fail';
    readonly reason: readonly { readonly type: string; readonly comment?: string }[];
  };
  readonly identifiers: {
    readonly header_from: string;
    readonly envelope_from?: string;
    readonly envelope_to?: string;
  };
  readonly auth_results: {
    readonly dkim: readonly {
      readonly domain: string;
      readonly selector: string;
      readonly result: string;
      readonly human_result?: string;
    }[];
    readonly spf?: { readonly domain: string; readonly scope: 'mfrom' | 'helo'; readonly result: string };
  };
}

export interface DmarcOutcome {
  /** Both readers, for every author domain. */
  readonly readings: readonly DmarcReading[];
  /** Absent where there is no author domain, or no policy record. */
  readonly report?: ReportRow;
}

/**
 * DMARC aggregate reports as values (RFC 9990, RFC 7489 appendix C, and the drafts before). Receivers write them with
 * faults; what was mended while reading is told in `repairs`, and nothing is concluded from what is not there.
 */

export type DkimWord = 'none' | 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror';
export type SpfWord = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror';
export type PolicyWord = 'none' | 'quarantine' | 'reject';
/** RFC 9990 adds `pass`: the message passed DMARC, so no policy was applied. */
export type Disposition = PolicyWord | 'pass';

export interface DkimAuth {
  /** As written, lower case; may be no domain name. */
  readonly domain: string;
  /** Old reports may lack it. */
  readonly selector?: string;
  readonly result: DkimWord;
  readonly humanResult?: string;
}

export interface SpfAuth {
  readonly domain: string;
  readonly scope?: 'mfrom' | 'helo';
  readonly result: SpfWord;
  readonly humanResult?: string;
}

export interface PolicyOverride {
  /** `forwarded`, `mailing_list`, `trusted_forwarder`, `local_policy`, `policy_test_mode`, `sampled_out`, `other`, or as written. */
  readonly type: string;
  readonly comment?: string;
}

/** One `<record>`. */
export interface AggregateRow {
  /** In canonical form. */
  readonly sourceIp: string;
  /** Messages; a whole number from 0 to 2^53 - 1. */
  readonly count: number;
  readonly disposition: Disposition;
  /** Aligned results, as DMARC saw them; absent where the reporter does not say. */
  readonly dkim?: 'pass' | 'fail';
  readonly spf?: 'pass' | 'fail';
  readonly reasons: readonly PolicyOverride[];
  /** As written, lower case. */
  readonly headerFrom: string;
  readonly envelopeFrom?: string;
  readonly envelopeTo?: string;
  readonly dkimAuth: readonly DkimAuth[];
  readonly spfAuth: readonly SpfAuth[];
}

export interface PublishedPolicy {
  /** Lower case. */
  readonly domain: string;
  readonly p?: PolicyWord;
  readonly sp?: PolicyWord;
  readonly np?: PolicyWord;
  readonly adkim?: 'r' | 's';
  readonly aspf?: 'r' | 's';
  readonly fo?: string;
  /** RFC 7489. */
  readonly pct?: number;
  /** RFC 9990: `t=y` was in force. */
  readonly testing?: boolean;
  readonly discoveryMethod?: 'psl' | 'treewalk';
  readonly versionPublished?: string;
}

export type AggregateForm = 'RFC 9990' | 'RFC 7489' | 'draft';

/** Everything of a report but its rows. */
export interface AggregateHead {
  readonly kind: 'aggregate';
  readonly form: AggregateForm;
  /** `<org_name>`, as written. */
  readonly reporter: string;
  readonly email?: string;
  readonly contact?: string;
  readonly reportId: string;
  /** Seconds since 1970; `end` is the last second. */
  readonly range: { readonly begin: number; readonly end: number };
  /** What the reporter says was wrong with our record. */
  readonly errors: readonly string[];
  readonly generator?: string;
  readonly policy: PublishedPolicy;
  /** Extensions of RFC 9990, as XML text, bounded. */
  readonly extensions: readonly string[];
  readonly rows: number;
  /** Sum of `count`. */
  readonly messages: number;
  readonly repairs: readonly ReportRepair[];
}

/** What was mended while reading; `count` times, first at `row` (from 1; 0 in the head). */
export interface ReportRepair {
  readonly code: string;
  /** One short sentence. */
  readonly text: string;
  readonly row: number;
  readonly count: number;
}

/** Why a report is refused; a sentence that names the place. */
export interface ReportRefusal {
  readonly code:
    | 'not-xml'
    | 'not-report'
    | 'incomplete'
    | 'entities'
    | 'limit'
    | 'domain'
    | 'range'
    | 'count'
    | 'container'
    | 'empty'
    | 'json';
  readonly text: string;
}

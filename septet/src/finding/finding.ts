/**
 * A finding: one rule that holds or does not, for one subject, with its evidence and its cure.
 * These are the values that every view shows (text, JSON, SARIF, dashboard); `docs/json.md` documents them.
 */
import type { DnsName } from '../dns/name.ts';
import type { Span } from '../text/parsed.ts';

/** error: mail or the feature is broken at a major reader. warning: fragile or below a bar. info: advice or a fact. */
export type Severity = 'error' | 'warning' | 'info' | 'ok';

/** `unknown` is never `fail`: it could not be told, and may be asked again. `skip` does not apply; the message says why. */
export type State = 'pass' | 'fail' | 'unknown' | 'skip';

/** The records a finding can belong to; `zone` holds the rules of the DNS itself. */
export type RecordKey = 'zone' | 'mx' | 'host' | 'spf' | 'dkim' | 'dmarc' | 'tracking' | 'mtasts' | 'tlsrpt' | 'bimi';

/** What a finding stands with: one of the records, or the message that was looked at. */
export type FindingKey = RecordKey | 'message';

export interface Subject {
  readonly name: DnsName;
  /** A record type (`TXT`), or what else was looked at: `HTTPS`, `SVG`, `PEM`, `IP`. */
  readonly type: string;
}

export type Evidence =
  /** A record's text, with the faulty characters marked. `text` is the joined value, one character per octet. */
  | {
      readonly kind: 'record';
      readonly name: DnsName;
      readonly type: string;
      readonly text: string;
      readonly marks?: readonly Span[];
      readonly ttlSeconds?: number;
      readonly server?: string;
    }
  /** A question whose answer holds no data: `NXDOMAIN`, `no data`, `timeout`. */
  | {
      readonly kind: 'answer';
      readonly name: DnsName;
      readonly type: string;
      readonly outcome: string;
      readonly server?: string;
    }
  /** What a web server said. */
  | { readonly kind: 'http'; readonly url: string; readonly status?: number; readonly detail: string }
  /** A place in a file: `line` and `column` count from 1. */
  | {
      readonly kind: 'file';
      readonly place: string;
      readonly line?: number;
      readonly column?: number;
      readonly text: string;
      readonly marks?: readonly Span[];
    }
  /** Anything else worth a line: `look-ups: 12 of 10`. */
  | { readonly kind: 'fact'; readonly label: string; readonly value: string };

/** A record to publish. `data` is presentation text (RFC 1035 §5.1); for TXT it is the bare value, without quotes. */
export interface RecordToSet {
  readonly name: DnsName;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly data: readonly string[];
  /** Absent: publish. `remove`: delete what stands there. */
  readonly action?: 'remove';
}

export interface Fix {
  readonly text: string;
  readonly set?: readonly RecordToSet[];
}

export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly state: State;
  readonly record: FindingKey;
  readonly subject: Subject;
  /** What is wrong, in one or two sentences. */
  readonly message: string;
  /** Who notices, and what happens then. */
  readonly consequence: string;
  readonly evidence: readonly Evidence[];
  readonly fix: Fix;
  readonly source: string;
  /** The code of another finding of the same record that is the cause of this one; views may fold it in there. */
  readonly follows?: string;
}

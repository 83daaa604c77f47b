/**
 * Authentication-Results (RFC 8601): what a receiver says of SPF, DKIM, DMARC and other methods.
 *
 *     Authentication-Results: mx.example.net 1; dkim=pass header.d=example.com header.s=s1; spf=fail (…) smtp.mailfrom=a@b
 *
 * Real receivers write it with faults. `parse` reads what can be read and notes every repair; a field without a repair
 * keeps to the grammar of RFC 8601 §2.2.
 */
import type { Span } from '../text/parsed.ts';

export interface ResultProperty {
  /** `smtp`, `header`, `body`, `policy`, `dns`…, lower case; empty where the receiver left it out (`action=none`). */
  readonly ptype: string;
  /** Lower case: `mailfrom`, `d`, `i`, `s`, `b`, `from`… */
  readonly property: string;
  /** Without quotes. */
  readonly value: string;
}

export interface MethodResult {
  /** `dkim`, `spf`, `dmarc`, `arc`, `iprev`, `auth`, `bimi`, `compauth`…, lower case. */
  readonly method: string;
  /** Of the method; absent: 1. */
  readonly methodVersion?: number;
  /** Lower case. */
  readonly result: string;
  readonly reason?: string;
  readonly properties: readonly ResultProperty[];
  /** The texts of the comments that stand with the result, without parentheses. */
  readonly comments: readonly string[];
  /** Where it stands in the value. */
  readonly at: Span;
}

export type RepairCode =
  | 'id.missing'
  | 'id.character'
  | 'version.invalid'
  | 'semicolon.missing'
  | 'semicolon.extra'
  | 'result.empty'
  | 'result.character'
  | 'method.duplicate_equals'
  | 'property.no_ptype'
  | 'property.no_value'
  | 'property.character'
  | 'reason.position'
  | 'comment.unclosed'
  | 'quote.unclosed'
  | 'text.stray'
  | 'limit.results';

export interface Repair extends Span {
  readonly code: RepairCode;
  /** One short sentence for a person. */
  readonly text: string;
}

export interface AuthenticationResults {
  /** Absent where the receiver writes none (Microsoft). */
  readonly authservId?: string;
  /** 1 where it is not written. */
  readonly version: number;
  /** The instance of an ARC-Authentication-Results (RFC 8617 §4.1.1). */
  readonly instance?: number;
  /** Empty for `none`. */
  readonly results: readonly MethodResult[];
  /** `; none`: the receiver did no check. */
  readonly none: boolean;
  readonly repairs: readonly Repair[];
}

/**
 * Text forms: the records of a plan as a DNS host, a tool or a person wants them. A form decides nothing; it prints
 * changes, and says what it cannot print.
 */
import type { Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { HostLimits } from '../plan/limits.ts';

export interface FormInput {
  readonly domain: DnsName;
  readonly zone: DnsName;
  /** In publish order. */
  readonly steps: readonly FormStep[];
  /** What comes later, for forms that have comments: one line each. */
  readonly later: readonly string[];
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
}

export interface FormStep {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly changes: readonly Change[];
  /** What somebody else has to do, as lines. */
  readonly outside: readonly string[];
  /** Files that somebody has to put up; their lines are printed one below the other, as they have to stand. */
  readonly files?: readonly FormFile[];
}

export interface FormFile {
  readonly url: string;
  readonly lines: readonly string[];
}

export interface TextForm {
  /** The word after `--as`. */
  readonly id: string;
  /** For a person: `Route 53 ChangeBatch`. */
  readonly title: string;
  /** `ndjson` never; a file name ending such as `.tf`, for people who save it. */
  readonly extension: string;
  /** What the host behind the form can store; absent for forms without a host of their own. */
  readonly limits?: HostLimits;
  /** The whole text, ending in a line feed. ASCII unless it is for people. */
  write(input: FormInput): string;
}

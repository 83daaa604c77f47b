/** What a DNS host can store: data that a plan is checked against before anything is written. `providers/` holds the values. */

export interface HostLimits {
  /** Lowest TTL in seconds; what is lower is raised. */
  readonly minTtlSeconds: number;
  readonly maxTtlSeconds: number;
  /** TTLs that alone are allowed, where the host has a list. */
  readonly ttlChoices?: readonly number[];
  /** Octets of one TXT value, all its strings together, as the host counts them. */
  readonly maxTxtOctets: number;
  /** Octets of all TXT values of one name together, where the host has such a limit. */
  readonly maxTxtOctetsPerName?: number;
  /**
   * What `maxTxtOctets` counts: the octets of the text itself (the default), or the characters of its form in a zone
   * file with quotes, escapes and blanks.
   */
  readonly txtCounts?: 'octets' | 'zone-text';
  /** `""` can be stored; the default. */
  readonly emptyTxt?: boolean;
  /** `0 .` (RFC 7505) can be stored. */
  readonly nullMx: boolean;
  /** TXT values may hold `"` and `\`. */
  readonly txtQuotes: boolean;
  readonly txtBackslash: boolean;
  /** A CNAME may stand at a name with an underscore. */
  readonly underscoreCname: boolean;
  /** Record types that can be entered. */
  readonly types: readonly string[];
  /** How long the host takes until its servers answer with a change, in seconds; the usual case. */
  readonly pushSeconds: number;
}

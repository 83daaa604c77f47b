/**
 * What a sending service or mailbox provider sets up in a customer's DNS. Patterns are lower-case names in which `*`
 * stands for one or more characters (an account's own token), `{selector}` for the selector, `{domain}` for the domain
 * and `{dashes}` for the domain with dashes for its dots. Nothing account-specific is ever guessed.
 */

export interface SenderProfile {
  /** Never changes: findings and kinds of senders refer to it. */
  readonly id: string;
  /** As a person knows it. */
  readonly title: string;
  /** `mailbox` hosts people's mail, `service` sends for applications, `software` runs on the owner's own host. */
  readonly kind: 'mailbox' | 'service' | 'software';
  readonly spf: SpfUse;
  readonly dkim: readonly DkimUse[];
  readonly returnPath?: ReturnPathUse;
  /** Targets of the tracking CNAME. */
  readonly tracking?: readonly string[];
  /** Exchanges of the provider, where it takes mail for the domain. */
  readonly mx?: readonly MxUse[];
  /** How the TXT that proves ownership begins, in small letters. */
  readonly verification?: readonly string[];
  /** Where the owner reads up, or compares. */
  readonly docs: string;
  /** What these facts were read from. */
  readonly source: string;
  /** Year and month in which they were last seen to be so. */
  readonly seenOn: string;
  /** `vendor`: from its documentation, code or templates. `compare-with-dashboard`: partly from others; say so. */
  readonly confidence: 'vendor' | 'compare-with-dashboard';
}

export interface SpfUse {
  /**
   * Which name's record must let the service pass: the domain itself, the name that it uses as MAIL FROM, or none,
   * because its MAIL FROM is a name of its own or an alias to one.
   */
  readonly where: 'apex' | 'mail-from' | 'none';
  /** Include targets in use today. */
  readonly includes: readonly string[];
  /** Targets of old instructions, and what took their place, if anything did. */
  readonly retired?: readonly { readonly include: string; readonly now?: string }[];
  /** What to add for a person. */
  readonly note?: string;
}

export interface DkimUse {
  readonly type: 'TXT' | 'CNAME';
  /** Selectors that are the same for every customer; empty where each account has its own. */
  readonly selectors: readonly string[];
  /** What the account's own selectors look like. */
  readonly pattern?: string;
  /** Where the CNAME points. */
  readonly targets?: readonly string[];
  /** RSA modulus in bits, where the service decides. */
  readonly keyBits?: number;
  /** The selector (or pattern) alone gives the service away. */
  readonly telling?: true;
}

export interface ReturnPathUse {
  /** The usual label in front of the domain. */
  readonly label?: string;
  readonly type: 'CNAME' | 'MX';
  /** Targets of the CNAME, or exchanges. */
  readonly targets: readonly string[];
  /** For MX: the record in presentation form, with `<region>` and the like where it depends on the account. */
  readonly wanted?: string;
  /** The service asks for no other MX at the name. */
  readonly alone?: true;
}

export interface MxUse {
  readonly exchanges: readonly string[];
  /** Forms that the record home of MX has rules for. */
  readonly form?: 'google-aspmx' | 'm365-protection-outlook';
  /** What a new customer is told to publish: preference and exchange. Absent where it depends on the account. */
  readonly wanted?: readonly (readonly [preference: number, exchange: string])[];
}

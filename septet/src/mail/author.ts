/** The author of a message: the From field (RFC 5322 §3.6.2) as DMARC reads it (RFC 9989). */
import type { DnsName } from '../dns/name.ts';

export interface Mailbox {
  /** Decoded, for a person; absent where there is none. */
  readonly displayName?: string;
  /** The part before the last `@`, quotes removed. */
  readonly local: string;
  /** As written. */
  readonly domainText: string;
  /** Absent for an address literal (`[192.0.2.1]`) and for what is no domain name. */
  readonly domain?: DnsName;
  /** The group that the mailbox stands in (RFC 5322 §3.4). */
  readonly group?: string;
}

export type Author =
  /** One domain, from one address or several. */
  | { readonly kind: 'one'; readonly domain: DnsName; readonly mailboxes: readonly Mailbox[] }
  /** Addresses of several domains, or several From fields. */
  | {
      readonly kind: 'several';
      readonly domains: readonly DnsName[];
      readonly mailboxes: readonly Mailbox[];
      /** How many From fields there are. */
      readonly fields: number;
    }
  | { readonly kind: 'none'; readonly why: 'no-field' | 'empty' | 'no-address' | 'no-domain' };

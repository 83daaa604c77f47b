/**
 * What an address of the tracking host says: which message, for whom, which link, of which campaign. Addresses are made
 * by whoever rewrites the mail and read by whoever serves the host; both only need the same keys. No table of links is
 * kept, so nothing has to be looked up, and an address that was altered says nothing.
 *
 *     /c/<token>   a click: 302 to the target
 *     /o/<token>   the open pixel
 *     /u/<token>   unsubscribe: POST as RFC 8058 has it, GET a page that asks
 */
import type { DnsName } from '../dns/name.ts';

export type TrackingAddress =
  | (TrackingIds & { readonly kind: 'click'; readonly link: number; readonly target: string })
  | (TrackingIds & { readonly kind: 'open' })
  /** `recipient`: the address or id itself, encrypted in the token, so that it can be put on the suppression list. */
  | (TrackingIds & { readonly kind: 'unsubscribe'; readonly recipient: string });

export interface TrackingIds {
  /** The message, as its sender names it: at most 64 octets of UTF-8. */
  readonly message: string;
  /** At most 64 octets of UTF-8; empty: none. */
  readonly campaign: string;
  /**
   * A pseudonym of the recipient: 8 octets as 16 hexadecimal digits, keyed, equal in every message of one domain. All
   * zeros where no single recipient was known.
   */
  readonly reader: string;
}

/** `unknown key`, `altered`, `malformed`, `too long`: for the count; the page for people is the same for each. */
export type TokenReading =
  | { readonly kind: 'good'; readonly address: TrackingAddress }
  | { readonly kind: 'bad'; readonly why: 'malformed' | 'too long' | 'unknown key' | 'altered' };

/** Host and key decide together: a token of one host is altered at another. */
export interface TokenReader {
  read(host: DnsName, path: string): TokenReading;
}

export interface TokenWriter {
  /** `https://<host>/c/…`. */
  click(host: DnsName, ids: TrackingIds, link: number, target: string): string;
  open(host: DnsName, ids: TrackingIds): string;
  unsubscribe(host: DnsName, ids: TrackingIds, recipient: string): string;
  /** The pseudonym of a recipient of a domain. */
  reader(domain: DnsName, recipient: string): string;
}

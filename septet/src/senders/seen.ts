/** What was seen of a domain that has records already: where `septet init` starts from. */
import type { DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';

export interface SeenForInit {
  readonly domain: DnsName;
  /** The exchanges of the domain. */
  readonly mx: readonly DnsName[];
  /** The terms of the domain's SPF record behind `v=spf1`, as written, in their order; empty without a record. */
  readonly spf: readonly string[];
  /** Where its includes that let pass and its redirections lead, and theirs, as far as they were followed. */
  readonly spfBehind?: readonly DnsName[];
  /** The other TXT texts of the domain. */
  readonly txt: readonly string[];
  readonly dkim: readonly SeenSelector[];
  /** Names below the domain that are used as MAIL FROM, as far as known. */
  readonly mailFrom: readonly SeenMailFrom[];
}

/** A name `<selector>._domainkey.<domain>` that exists: an alias, or a key record. */
export type SeenSelector =
  | { readonly selector: string; readonly target: DnsName }
  | { readonly selector: string; readonly text: string };

export interface SeenMailFrom {
  readonly name: DnsName;
  /** Where it points, when it is a CNAME; then `mx` and `spf` are those of the target and nobody publishes them here. */
  readonly alias?: DnsName;
  readonly mx: readonly Mx[];
  /** The terms of its SPF record, as above. */
  readonly spf: readonly string[];
}

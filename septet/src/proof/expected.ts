/**
 * What the plan of a domain expects of its mail: handed in by the command, which knows the configuration and the
 * profiles of the senders. A message is compared with it so that a finding can name the sender and its setting.
 */
import type { DnsName } from '../dns/name.ts';

export interface ExpectedSender {
  /** `postfix`, `ses-2`: as in the ids of steps. */
  readonly id: string;
  /** For a person: `Postfix`. */
  readonly title: string;
  /** Selectors that the plan publishes for this sender, with the domain that signs (`d=`). */
  readonly selectors: readonly { readonly selector: string; readonly domain: DnsName }[];
  /** MAIL FROM domains of this sender. */
  readonly returnPaths: readonly DnsName[];
  /** Addresses that it connects from, where they are known. */
  readonly addresses: readonly string[];
  /** Mechanisms that make its SPF pass: `include:amazonses.com`. */
  readonly spf: readonly string[];
  /** Its tracking host under the user's domain. */
  readonly tracking?: DnsName;
  /** Where the user sets the selector, the return path, the tracking host in this sender, a sentence each. */
  readonly where: { readonly dkim?: string; readonly returnPath?: string; readonly tracking?: string };
}

export interface Expected {
  readonly domain: DnsName;
  readonly senders: readonly ExpectedSender[];
  /** Tracking hosts of the domain. */
  readonly tracking: readonly DnsName[];
  /** Hosts that the one-click unsubscribe address may have; usually the tracking host. */
  readonly unsubscribe: readonly DnsName[];
  /** All exchanges that take mail for the domain. */
  readonly policy?: 'none' | 'quarantine' | 'reject';
}

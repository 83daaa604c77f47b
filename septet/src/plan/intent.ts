/** What the owner of a domain wants, read from `septet.yaml` (`config/`): the input of a plan. */
import type { DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';
import type { SenderSetting } from '../senders/needs.ts';

export interface DomainIntent {
  readonly domain: DnsName;
  /** The zone that holds the records, where it is not found by its SOA. */
  readonly zone?: DnsName;
  /** Mailboxes for people: the slow ramp, and quarantine as its end unless reject is confirmed (RFC 9989 §7.4). */
  readonly people: boolean;
  /** Exchanges. Absent: left as they are, or those of the sender that hosts mailboxes. `[]` with `takesMail: false`. */
  readonly mx?: readonly Mx[];
  /** False: the domain shall have the null MX (RFC 7505). */
  readonly takesMail: boolean;
  readonly senders: readonly SenderSetting[];
  readonly spf: SpfIntent;
  readonly dmarc: DmarcIntent;
  readonly tracking?: { readonly host: DnsName; readonly target: DnsName };
  readonly mtaSts?: MtaStsIntent;
  /** Addresses for TLS reports (RFC 8460), `mailto:` and `https:` URIs. Empty: not wanted. */
  readonly tlsReports: readonly string[];
  readonly bimi?: BimiIntent;
  /** TTL of what is published, in seconds. */
  readonly ttlSeconds: number;
  /** How the ramps may move by themselves; absent: as usual. */
  readonly moves?: RampMovesIntent;
}

/** What `septet watch` may do with the ramps. Each absent: the usual, by which nothing is published without a yes. */
export interface RampMovesIntent {
  /** Steps whose gates are open are taken by themselves. Usual: each waits for a person (`septet approve`). */
  readonly automatic?: boolean;
  /** Going back by itself when mail of yours fails after a step. Usual: it alerts only. */
  readonly goBack?: boolean;
  /** Reports count although nobody vouches for the mail that brought them. Usual: false. */
  readonly unauthenticated?: boolean;
  /** Messages of yours that have to pass before a DMARC step. Usual: 500. */
  readonly messages?: number;
  /** Organisations that have to report. Usual: 3. */
  readonly receivers?: number;
}

export interface SpfIntent {
  /** How the domain's own record ends. `ramp`: as it is now, `~all` where there is none, `-all` when reports allow it. */
  readonly all: 'keep' | 'ramp' | '~' | '-' | '?';
}

export interface DmarcIntent {
  /** Where aggregate reports go, as URIs. */
  readonly reports: readonly string[];
  readonly failureReports: readonly string[];
  readonly ramp: readonly RampStage[];
  /** `both`: readable for RFC 7489 and RFC 9989 alike (`p=quarantine; t=y; pct=10`); `9989`: without `pct`. */
  readonly readers: 'both' | '9989';
  /** Policy for sub-domains, where it is to differ. */
  readonly sp?: 'none' | 'quarantine' | 'reject';
  readonly np?: 'none' | 'quarantine' | 'reject';
  /** The owner of a domain with people has confirmed `reject` (RFC 9989 §7.4). */
  readonly rejectConfirmed: boolean;
}

/** One stage of the DMARC ramp. */
export interface RampStage {
  readonly name: 'none' | 'sampled' | 'quarantine' | 'reject';
  /** Whole days for which the stage stands before the next may begin; 0 for the last. */
  readonly days: number;
}

export interface MtaStsIntent {
  /** `ramp`: testing first, enforce when the reports are clean. */
  readonly mode: 'ramp' | 'testing' | 'enforce' | 'none';
  /** Where `mta-sts.<domain>` leads, when Septet shall publish it: a host name, or addresses. */
  readonly host?: { readonly target: DnsName } | { readonly addresses: readonly string[] };
}

export interface BimiIntent {
  /** https URL of the logo (SVG Tiny PS). */
  readonly logo: string;
  /** https URL of the mark certificate (PEM). */
  readonly certificate?: string;
  readonly selector: string;
}

/** Stages of the two usual ramps: RFC 9989 §7.4 asks for a month each where people send; a week of samples between. */
export const ramps: Readonly<Record<'standard' | 'dedicated', readonly RampStage[]>> = {
  standard: [
    { name: 'none', days: 28 },
    { name: 'sampled', days: 7 },
    { name: 'quarantine', days: 28 },
    { name: 'reject', days: 0 },
  ],
  dedicated: [
    { name: 'none', days: 21 },
    { name: 'sampled', days: 7 },
    { name: 'quarantine', days: 14 },
    { name: 'reject', days: 0 },
  ],
};

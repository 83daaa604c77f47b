/**
 * A world to simulate: who sends as a domain, who receives and reports, what goes wrong and when. Plain data, so that it
 * can stand in a YAML file. Days count from 0.
 */

export interface Scenario {
  readonly domain: string;
  /** The first day: `2026-01-05`. */
  readonly start: string;
  /** People have mailboxes at the domain: the slow ramp, and quarantine as its end unless reject is confirmed. */
  readonly people: boolean;
  readonly rejectConfirmed?: boolean;
  readonly readers: 'both' | '9989';
  readonly receivers: readonly Receiver[];
  readonly sources: readonly Source[];
  readonly forwarders: readonly Forwarder[];
  readonly spoofers: readonly Spoofer[];
  /** Titles of services that the plan names, and addresses of the owner's hosts; the rest is learned from reports. */
  readonly plan: { readonly services: readonly string[]; readonly addresses: readonly string[] };
  /** What the owner marks, and when. */
  readonly marks: readonly {
    readonly day: number;
    readonly source: string;
    readonly mark: 'mine' | 'forwarder' | 'not mine';
  }[];
  readonly approvals: readonly { readonly day: number; readonly stage: string }[];
  /** Stages of the DMARC policy, for `simulate`; a driven ramp moves by its own decisions. The first stands from day 0. */
  readonly stages: readonly { readonly day: number; readonly stage: StageName }[];
}

export type StageName = 'none' | 'sampled' | 'quarantine' | 'reject';

export interface Receiver {
  readonly name: string;
  /** Of the mail that each source sends; all receivers together at most 1. */
  readonly share: number;
  /** Which generation of readers it is. */
  readonly reader: '9989' | '7489';
  /** Days after which the report of a day comes: 1 is the next morning. */
  readonly delayDays: number;
  /** How many of a hundred reports it really sends, as a share. */
  readonly reliability: number;
  /** From this day on it takes mail and reports nothing. */
  readonly silentFrom?: number;
  /** Of the forwarded mail that fails, the part that it recognises as forwarded. */
  readonly knowsForwarders?: number;
}

export interface Source extends Passing {
  readonly name: string;
  readonly address: string;
  readonly perDay: number;
  /** Domains with which it signs; those of other organisations always pass. */
  readonly signs: readonly string[];
  /** The domain of its envelope. */
  readonly returnPath: string;
  /** Its first day, and the day on which it has stopped. */
  readonly from?: number;
  readonly until?: number;
  /** From a day on it passes otherwise. */
  readonly broken?: Passing & { readonly from: number; readonly until?: number };
}

export interface Passing {
  /** Shares that pass: the signature of the domain, and SPF. */
  readonly dkim: number;
  readonly spf: number;
}

export interface Forwarder {
  readonly name: string;
  readonly address: string;
  /** Of the mail of each source. */
  readonly share: number;
  /** The domain of the envelope that it writes; absent: it keeps ours, and SPF fails. */
  readonly envelope?: string;
  /** The share of messages whose signature it leaves whole: 1 for a plain forwarder, 0 for most lists. */
  readonly keepsDkim: number;
}

export interface Spoofer {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly perDay: number;
  readonly from?: number;
  readonly until?: number;
}

/** Whether a source or spoofer sends on the day. */
export const sendsOn = (day: number, { from = 0, until = Infinity }: { from?: number; until?: number }): boolean =>
  day >= from && day < until;

/**
 * What is kept of the hosted side: clicks, opens and unsubscribes, who wants no more mail, what is told to other programs,
 * and which policies senders may still hold. Times are milliseconds since 1970; a promise that resolves means: on disk.
 */
import type { DnsName } from '../dns/name.ts';

export type HitKind = 'click' | 'open' | 'unsubscribe';
/** `proxy`: fetched for a person by the mail program's own servers; `scanner`: no person behind it. */
export type HitAgent = 'person' | 'proxy' | 'scanner';

export interface TrackingHit {
  /** The domain of the configuration. */
  readonly domain: DnsName;
  readonly at: number;
  readonly kind: HitKind;
  readonly agent: HitAgent;
  readonly campaign: string;
  readonly message: string;
  /** The pseudonym of the recipient. */
  readonly reader: string;
  readonly link?: number;
  /** As the domain's privacy allows it: whole, cut to its network, or absent. */
  readonly address?: string;
}

export type SuppressionKind = 'unsubscribed' | 'do-not-track';
export type SuppressionSource = 'one-click' | 'page' | 'import' | 'by hand';

export interface Suppression {
  readonly domain: DnsName;
  readonly kind: SuppressionKind;
  /** The address or id; upper and lower case are one. */
  readonly recipient: string;
  /** The pseudonym; empty where it is not known. */
  readonly reader: string;
  readonly at: number;
  readonly source: SuppressionSource;
  readonly campaign: string;
}

/** Waits for the program that is to learn of an unsubscribe. */
export interface Delivery {
  /** The same when it is sent again. */
  readonly id: string;
  readonly domain: DnsName;
  readonly at: number;
  /** JSON. */
  readonly body: string;
  readonly tries: number;
  readonly nextAt: number;
}

export interface TrackingQuery {
  readonly domain?: DnsName;
  /** Inclusive, in whole UTC days. */
  readonly since: number;
  /** Exclusive. */
  readonly until: number;
}

export interface TrackingLine {
  readonly domain: DnsName;
  /** The campaign, empty for none, or the day (`2026-11-23`). */
  readonly key: string;
  readonly clicks: number;
  readonly opens: number;
  readonly unsubscribes: number;
  /** Opens by proxies of mail programs, which tell nothing of the person. */
  readonly proxyOpens: number;
  /** Clicks and opens by scanners and the like. */
  readonly scanners: number;
}

export interface TrackingShelf {
  /** Written with all that came at the same time. Rejects with `StoreFault`; then nothing of it was kept. */
  add(hit: TrackingHit): Promise<void>;
  /** The hit, the suppression and what is to be told, all or nothing. `known`: it stood there already; nothing changes. */
  unsubscribe(hit: TrackingHit, suppression: Suppression, delivery?: Delivery): Promise<'new' | 'known'>;
  /** From the rollups. Campaigns with most clicks first; days in order. */
  tally(query: TrackingQuery, by: 'campaign' | 'day'): Promise<readonly TrackingLine[]>;
  /** Single hits of a domain, the newest first. */
  hits(query: TrackingQuery & { readonly domain: DnsName }, limit: number): Promise<readonly TrackingHit[]>;
  /** Deletes single hits of a domain before the time; counts stay. Answers how many went. */
  forget(domain: DnsName, before: number): Promise<number>;
  /** Domains of which anything was counted. */
  domains(): Promise<readonly DnsName[]>;
  /** Whether the database answers. Rejects with `StoreFault`. */
  ping(): Promise<void>;
}

export interface SuppressionShelf {
  /** Answers how many were new. The first entry of a recipient stays. */
  add(entries: readonly Suppression[]): Promise<number>;
  remove(domain: DnsName, kind: SuppressionKind, recipient: string): Promise<boolean>;
  /** All, page by page, in the order of domain, kind and recipient. */
  list(domain?: DnsName): AsyncIterable<Suppression>;
  has(domain: DnsName, kind: SuppressionKind, recipient: string): Promise<boolean>;
  /** `domain pseudonym` of all who do not want to be tracked. */
  untracked(): Promise<ReadonlySet<string>>;
  /** Changes when entries do. */
  state(): Promise<string>;
}

export interface OutboxShelf {
  /** Those whose time has come; nobody else gets them until `until`. */
  take(now: number, until: number, limit: number): Promise<readonly Delivery[]>;
  done(id: string): Promise<void>;
  later(id: string, at: number): Promise<void>;
  waiting(): Promise<number>;
}

/** What a domain has hosted, for what outlives the configuration. */
export interface HostedShelf {
  facts(kind: HostedKind): Promise<readonly HostedFact[]>;
  /** Keeps the later time of each name. */
  remember(kind: HostedKind, facts: readonly HostedFact[]): Promise<void>;
  /** Deletes what was not there since the time. Answers how many went. */
  forget(before: number): Promise<number>;
}

/** Policies that were served, exchanges that DNS named, files that records pointed at. */
export type HostedKind = 'policy' | 'exchange' | 'asset';

export interface HostedFact {
  readonly domain: DnsName;
  /** A digest of the policy, the name of the exchange, or host and path of the file. */
  readonly name: string;
  /** The text of the policy, nothing, or the octets of the file in base64. */
  readonly value: string;
  /** The last time. */
  readonly at: number;
}

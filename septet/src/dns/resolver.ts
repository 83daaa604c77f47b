/** Who can be asked for DNS data. Everything above floor 1 sees only these interfaces. */
import type { DnsName } from './name.ts';
import type { Answer, RrType } from './rrset.ts';

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Ask for DNSSEC records too (the DO bit, RFC 4035 §3.2.1). */
  readonly dnssec?: boolean;
}

export interface Resolver {
  /**
   * Asks for one RRset and follows CNAMEs. Never rejects for a DNS outcome: a timeout is `failed`.
   * Rejects only with the reason of `signal`.
   */
  query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>>;
  /** What can be said without waiting: a cached answer or one from zone text. */
  peek?<T extends RrType>(name: DnsName, type: T): Answer<T> | undefined;
  close?(): Promise<void>;
}

/** One name server of a zone. */
export interface NameServer {
  readonly name: DnsName;
  readonly addresses: readonly string[];
}

/** What the servers of a zone say when each is asked directly, without recursion. */
export interface Authority {
  readonly zone: DnsName;
  /** NS set in the parent (the delegation); empty for the root or when the parent could not be asked. */
  readonly delegated: readonly NameServer[];
  /** NS set that the zone itself holds. */
  readonly apex: readonly DnsName[];
  /** Asks every address of every server. One answer per address, in the order of `delegated`. */
  ask<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<readonly ServerAnswer<T>[]>;
}

export interface ServerAnswer<T extends RrType = RrType> {
  readonly server: DnsName;
  readonly address: string;
  readonly answer: Answer<T>;
}

export type AuthorityResult =
  | { readonly kind: 'found'; readonly authority: Authority }
  | { readonly kind: 'failed'; readonly detail: string };

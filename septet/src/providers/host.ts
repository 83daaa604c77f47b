/**
 * One DNS host: where a zone's records are kept and changed. A host decides nothing: it reads RRsets, carries changes
 * out and says exactly what happened. Every implementation passes the same suite (`septet/test/providers/suite.ts`).
 *
 * Network, sockets and the clock are handed in (`HostOutside`). Tokens are handed in as values; no outcome, error or log
 * line ever holds one.
 */
import type { Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { HostLimits } from '../plan/limits.ts';

export interface DnsHost {
  /** `cloudflare`, `rfc2136`… */
  readonly id: string;
  /** For a person: `Cloudflare`. */
  readonly title: string;
  readonly limits: HostLimits;
  /** Whether all changes of one `apply` become visible together or not at all. */
  readonly atomic: boolean;
  /**
   * What the host itself stores for the names (every type), not what resolvers see. Rejects only with the reason of
   * `signal`.
   */
  read(zone: DnsName, names: readonly DnsName[], options?: HostOptions): Promise<HostRead>;
  /**
   * Makes each RRset what `after` says. Before it writes, the host makes sure that every RRset still holds `before`
   * (data, not TTL): by prerequisites where the protocol has them (RFC 2136 §2.4), else by reading once more. An RRset
   * that already holds `after` counts as done. Answers `stopped` with what was carried out when it stops in the middle.
   */
  apply(zone: DnsName, changes: readonly Change[], options?: HostOptions): Promise<HostApplied>;
  close?(): Promise<void>;
}

export interface HostOptions {
  readonly signal?: AbortSignal;
}

export type HostRead =
  | {
      readonly kind: 'read';
      readonly zone: DnsName;
      /** The name servers that the host says serve the zone; empty when it does not tell. */
      readonly nameServers: readonly DnsName[];
      /** Every RRset at the names that were asked for. */
      readonly sets: readonly RrSet[];
      /** Names at which the host keeps something that is not an RRset (a proxied record, an alias of its own), with a sentence. */
      readonly special: readonly { readonly name: DnsName; readonly what: string }[];
    }
  | HostFault;

export type HostApplied =
  | { readonly kind: 'applied' }
  /** Nothing was written. */
  | HostFault
  /** Some changes were carried out, the others were not. */
  | { readonly kind: 'stopped'; readonly done: readonly Change[]; readonly fault: HostFault };

export interface HostFault {
  readonly kind: 'fault';
  readonly reason:
    /** The token or key is wrong (401, NOTAUTH/BADSIG/BADKEY). */
    | 'not-authenticated'
    /** The token lacks a permission; `detail` names it. */
    | 'not-permitted'
    /** The host does not have the zone. */
    | 'no-zone'
    /** An RRset is not what the change expects; `at` says which. */
    | 'changed'
    /** The host refuses the data; `detail` says what it said. */
    | 'rejected'
    | 'rate-limited'
    /** Not reached, 5xx, timeout, after the retries. Whether the write happened may be unknown: read again. */
    | 'unreachable'
    /** An answer that is not what the host's description promises. */
    | 'malformed';
  /** What happened, in a sentence for a person, without secrets. */
  readonly detail: string;
  /** What to do, in a sentence. */
  readonly cure: string;
  readonly at?: { readonly name: DnsName; readonly type: string };
}

/** What a host over HTTPS needs from outside. */
export interface HostOutside {
  readonly http: HostHttp;
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits; rejects with the reason of the signal. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export type HttpReply =
  | {
      readonly kind: 'reply';
      readonly status: number;
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'failed'; readonly detail: string };

/** One exchange. Never rejects for a network outcome; never follows redirects; bounded in time and size. */
export type HostHttp = (request: HttpRequest) => Promise<HttpReply>;

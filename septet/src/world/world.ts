/**
 * Everything outside the process, handed in: DNS, HTTPS, the clock and randomness. A check that is given the same World
 * answers the same findings, which is what `--record` and `--replay` stand on.
 */
import type { DnsName } from '../dns/name.ts';
import type { AuthorityResult, Resolver } from '../dns/resolver.ts';

export interface World {
  readonly resolver: Resolver;
  /**
   * The resolver without its memory: for names that nobody will ask for again, as when thousands of domains are checked
   * one after another. Absent where there is no such difference.
   */
  readonly forgetful?: Resolver;
  /** The servers that are asked for the same names, when there is more than one, to see whether they agree. */
  readonly otherResolvers: readonly Resolver[];
  /** Finds the zone that holds the name and its servers; absent where nobody can be asked directly (zone files). */
  readonly authoritative?: (name: DnsName) => Promise<AuthorityResult>;
  /** Absent when offline: then what needs HTTPS is skipped, with that reason. */
  readonly fetch?: HttpsFetch;
  /** Milliseconds since 1970. */
  now(): number;
  randomBytes(count: number): Uint8Array;
}

export interface FetchLimits {
  /** The body is cut off above this many octets and the outcome is `too-large`. */
  readonly maxOctets: number;
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /** How many redirects may be followed; 0 reports the 3xx as it is. */
  readonly maxRedirects?: number;
  /** A POST is never led to another place, whatever `maxRedirects` says, and never sent twice. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** What a POST carries; absent: nothing. No cookie and no login ever goes with a request, but by `headers`. */
  readonly body?: Uint8Array;
  /** Of `body`. */
  readonly contentType?: string;
  /**
   * More header fields of a POST: a token as name, printable ASCII as value, none that frames the request. With others the
   * outcome is `protocol` and nothing is sent. Values may be secrets: they are in no outcome and no recording.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only addresses of this family are tried; absent: IPv4 first, then IPv6. */
  readonly family?: 4 | 6;
  /** Connect to the addresses of this host; TLS and the request still name the host of the URL. For names not yet in DNS. */
  readonly via?: string;
  readonly signal?: AbortSignal;
}

/** One GET, unless `method` says otherwise. `url` is `https:` or `http:`. Never rejects for a network outcome. */
export type HttpsFetch = (url: string, limits: FetchLimits) => Promise<FetchOutcome>;

export interface CertificateFacts {
  /** DNS names of the subjectAltName, lower case. */
  readonly names: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface TlsFacts {
  /** `TLSv1.3` and so on. */
  readonly protocol: string;
  readonly certificate?: CertificateFacts;
}

export type FetchFailure =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'certificate-expired'
  | 'certificate-name'
  | 'certificate-untrusted'
  | 'tls'
  | 'too-large'
  | 'protocol'
  | 'too-many-redirects';

export type FetchOutcome =
  | {
      readonly kind: 'response';
      /** The URL that was asked. */
      readonly url: string;
      /** URLs followed, the last one answered; empty without redirects. */
      readonly redirects: readonly string[];
      readonly status: number;
      /** Lower-case names; several values of one name are joined with `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      readonly address: string;
      readonly elapsedMs: number;
      /** Absent for plain http. */
      readonly tls?: TlsFacts;
    }
  | {
      readonly kind: 'failed';
      readonly url: string;
      readonly redirects: readonly string[];
      readonly reason: FetchFailure;
      /** One line for a person. */
      readonly detail: string;
      readonly address?: string;
      /** What the server presented, when TLS got that far. */
      readonly tls?: TlsFacts;
    };

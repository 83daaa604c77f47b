/**
 * Resource records and answers as values (RFC 1034 §3.6, RFC 2181 §5, RFC 2308).
 *
 * TXT data keeps its character-strings apart (≤ 255 octets each). A character-string is a JavaScript string in which
 * every character is one octet (0–255); `txtText` joins the strings with nothing between, as RFC 7208 §3.3 says.
 */
import type { DnsName } from './name.ts';

export interface Mx {
  readonly preference: number;
  readonly exchange: DnsName;
}
export interface Txt {
  readonly strings: readonly string[];
}
export interface Soa {
  readonly mname: DnsName;
  readonly rname: DnsName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** Upper bound of the negative TTL in seconds (RFC 2308 §4). */
  readonly minimum: number;
}
export interface Caa {
  readonly flags: number;
  readonly tag: string;
  readonly value: string;
}
export interface Tlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  /** Lower-case hexadecimal. */
  readonly data: string;
}
export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: string;
}
export interface Dnskey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  /** Base64. */
  readonly publicKey: string;
}
export interface Rrsig {
  readonly typeCovered: RrType;
  readonly algorithm: number;
  readonly labels: number;
  readonly originalTtl: number;
  /** Seconds since 1970, serial arithmetic already resolved near the present (RFC 4034 §3.1.5). */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: DnsName;
  /** Base64. */
  readonly signature: string;
}
export interface Nsec {
  readonly next: DnsName;
  readonly types: readonly RrType[];
}
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: DnsName;
}
/** Any type that this program does not read, as RFC 3597 prints it: lower-case hexadecimal of the RDATA. */
export interface Opaque {
  readonly hex: string;
}

/** What the data of each type looks like. A and AAAA are canonical text (RFC 5952 for IPv6). */
export interface RdataByType {
  readonly A: string;
  readonly AAAA: string;
  readonly CNAME: DnsName;
  readonly DNAME: DnsName;
  readonly NS: DnsName;
  readonly PTR: DnsName;
  readonly MX: Mx;
  readonly TXT: Txt;
  /** Type 99, obsolete (RFC 7208 §3.1); same data as TXT. */
  readonly SPF: Txt;
  readonly SOA: Soa;
  readonly CAA: Caa;
  readonly TLSA: Tlsa;
  readonly DS: Ds;
  readonly DNSKEY: Dnskey;
  readonly RRSIG: Rrsig;
  readonly NSEC: Nsec;
  readonly SRV: Srv;
}
export type KnownType = keyof RdataByType;
/** `TYPE65` and the like (RFC 3597 §5) for everything else. */
export type RrType = KnownType | `TYPE${number}`;
export type Rdata<T extends RrType> = T extends KnownType ? RdataByType[T] : Opaque;

export interface RrSet<T extends RrType = RrType> {
  readonly name: DnsName;
  readonly type: T;
  /** The smallest TTL of the members, in seconds (RFC 2181 §5.2). */
  readonly ttlSeconds: number;
  readonly data: readonly Rdata<T>[];
  /** Present when members carried different TTLs, which RFC 2181 §5.2 forbids. */
  readonly ttlsSeconds?: readonly number[];
}

export interface CnameHop {
  readonly owner: DnsName;
  readonly target: DnsName;
  readonly ttlSeconds: number;
}

export type FailureReason = 'timeout' | 'servfail' | 'refused' | 'malformed' | 'unreachable';

interface AnswerBase {
  readonly name: DnsName;
  readonly type: RrType;
  /** Who answered: `192.0.2.53:53`, a DoH URL, `zone example.com`, `replay`. */
  readonly server: string;
  /** The aliases followed, in order; empty when none. The data then belongs to the last target. */
  readonly chain: readonly CnameHop[];
  /** `secure` when a validating resolver set AD (RFC 4035 §3.2.3); `unknown` where nobody validated. */
  readonly dnssec: 'secure' | 'insecure' | 'unknown';
  /** Octets of the response message, where there was one. */
  readonly octets?: number;
  /** The response said AA (authoritative answer). */
  readonly authoritative?: boolean;
}

/** The outcome of one question. DNS outcomes are values, never exceptions. */
export type Answer<T extends RrType = RrType> =
  | (AnswerBase & { readonly kind: 'found'; readonly set: RrSet<T> })
  | (AnswerBase & {
      readonly kind: 'nodata';
      /** How long the absence may be cached (RFC 2308 §5); 0 when no SOA came. */
      readonly negativeTtlSeconds: number;
      /** The zone that answered, from the SOA of the authority section. */
      readonly zone?: DnsName;
      /** The name does not exist although the rcode says NOERROR (compact denial, RFC 9824). */
      readonly nxname?: true;
    })
  | (AnswerBase & { readonly kind: 'nxdomain'; readonly negativeTtlSeconds: number; readonly zone?: DnsName })
  | (AnswerBase & {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      /** One line for a person: the Extended DNS Error (RFC 8914), the socket error, why the message is garbage. */
      readonly detail?: string;
    });

/** The joined value of a TXT record, one character per octet. */
export function txtText(txt: Txt): string {
  return txt.strings.length === 1 ? (txt.strings[0] ?? '') : txt.strings.join('');
}

/** The data of a found answer; empty for every other outcome. Ask `kind` first where absence and failure differ. */
export function dataOf<T extends RrType>(answer: Answer<T>): readonly Rdata<T>[] {
  return answer.kind === 'found' ? answer.set.data : [];
}

/** Whether the world said that there is no such data (as opposed to not saying anything). */
export function isAbsent(answer: Answer): boolean {
  return answer.kind === 'nodata' || answer.kind === 'nxdomain';
}

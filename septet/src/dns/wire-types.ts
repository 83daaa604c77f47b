/**
 * DNS messages as values (RFC 1035 §4, RFC 6891). `wire-decode.ts` and `wire-encode.ts` turn them from and into octets;
 * `read-answer.ts` makes an `Answer` of a response without building these values first.
 */
import type { DnsName } from './name.ts';
import type { Rdata, RrType } from './rrset.ts';

export interface Question {
  readonly name: DnsName;
  readonly type: RrType;
}

/** One resource record of class IN. */
export interface WireRecord {
  readonly name: DnsName;
  readonly type: RrType;
  readonly ttlSeconds: number;
  readonly data: Rdata<RrType>;
}

/** An Extended DNS Error (RFC 8914). */
export interface ExtendedError {
  readonly code: number;
  /** The registered purpose of the code, such as `DNSSEC Bogus`; absent for a code that is not in the table. */
  readonly purpose?: string;
  /** What the server adds, possibly empty. */
  readonly text: string;
}

/** The OPT record (RFC 6891 §6.1). */
export interface Edns {
  /** The largest UDP payload the sender takes, in octets. */
  readonly udpOctets: number;
  readonly version: number;
  /** The DO bit. */
  readonly dnssec: boolean;
  readonly errors: readonly ExtendedError[];
}

export interface Message {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  /** AA */
  readonly authoritative: boolean;
  /** TC */
  readonly truncated: boolean;
  /** RD */
  readonly recursionDesired: boolean;
  /** RA */
  readonly recursionAvailable: boolean;
  /** AD (RFC 4035 §3.2.3) */
  readonly authenticData: boolean;
  /** CD */
  readonly checkingDisabled: boolean;
  /** With the upper eight bits of the OPT record, where there is one. */
  readonly rcode: number;
  readonly question?: Question;
  readonly answers: readonly WireRecord[];
  readonly authority: readonly WireRecord[];
  readonly additional: readonly WireRecord[];
  readonly edns?: Edns;
}

export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  /** `detail` says what is wrong and at which octet. */
  | { readonly kind: 'malformed'; readonly detail: string };

/** RFC 1035 §4.1.1 and RFC 6895 §2.3. */
export const rcodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nxDomain: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

const rcodeNames: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** `SERVFAIL` for 2; `RCODE42` for one without a name here. */
export function rcodeName(rcode: number): string {
  return rcodeNames[rcode] ?? (rcode === rcodes.badVersion ? 'BADVERS' : `RCODE${rcode}`);
}

/** RFC 1035 §4.1.1: octets of the header that every message has. */
export const headerOctets = 12;

/** What we tell servers to send at most: no fragments on any common path (DNS flag day 2020). */
export const ednsUdpOctets = 1232;

/** The most a UDP response may have without EDNS (RFC 1035 §4.2.1). */
export const plainUdpOctets = 512;

export const classIn = 1;
export const typeOpt = 41; // RFC 6891 §6.1.1
export const optionExtendedError = 15; // RFC 8914 §2

/** RFC 8914 §4 and the IANA registry "Extended DNS Error Codes", by position. */
const purposes: readonly string[] = [
  'Other',
  'Unsupported DNSKEY Algorithm',
  'Unsupported DS Digest Type',
  'Stale Answer',
  'Forged Answer',
  'DNSSEC Indeterminate',
  'DNSSEC Bogus',
  'Signature Expired',
  'Signature Not Yet Valid',
  'DNSKEY Missing',
  'RRSIGs Missing',
  'No Zone Key Bit Set',
  'NSEC Missing',
  'Cached Error',
  'Not Ready',
  'Blocked',
  'Censored',
  'Filtered',
  'Prohibited',
  'Stale NXDOMAIN Answer',
  'Not Authoritative',
  'Not Supported',
  'No Reachable Authority',
  'Network Error',
  'Invalid Data',
];

export function extendedError(code: number, text: string): ExtendedError {
  const purpose = purposes[code];
  return purpose === undefined ? { code, text } : { code, purpose, text };
}

/** `DNSSEC Bogus (EDE 6): signature crypto failed`. */
export function describeExtendedError(error: ExtendedError): string {
  const head = `${error.purpose ?? 'Extended DNS Error'} (EDE ${error.code})`;
  return error.text === '' ? head : `${head}: ${error.text}`;
}

/** RFC 9824 §2: in a type bitmap, it says that the name does not exist although the rcode is NOERROR. */
export const nxnameType: RrType = 'TYPE128';

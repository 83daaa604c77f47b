/** What became of one DKIM signature (RFC 6376 §6.1, in the words of RFC 8601 §2.7.1). */
import type { DnsName } from '../../dns/name.ts';

export type DkimResult = 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror';

/** Why a signature did not pass, or what is weak in one that did. */
export type DkimFault =
  /** The field cannot be read: `neutral`, or `permerror` as RFC 8601 has it. */
  | 'syntax'
  | 'version'
  | 'tag_missing'
  | 'algorithm_unknown'
  | 'canonicalization_unknown'
  /** rsa-sha1 (RFC 8301 §3.1). */
  | 'sha1'
  | 'from_unsigned'
  | 'i_outside_d'
  | 'i_strict'
  | 'expired'
  | 'future'
  | 'timestamps'
  | 'query_unknown'
  | 'key_unavailable'
  | 'key_missing'
  | 'key_syntax'
  | 'key_revoked'
  | 'key_type'
  | 'key_hash'
  | 'key_service'
  /** RSA below 1024 bits (RFC 8301 §3.2). */
  | 'key_short'
  | 'key_unusable'
  | 'body_length'
  | 'body_hash'
  | 'signature'
  /** More signatures than are evaluated. */
  | 'limit';

export interface Canonicalization {
  readonly header: 'simple' | 'relaxed';
  readonly body: 'simple' | 'relaxed';
}

export interface DkimKeySeen {
  readonly name: DnsName;
  /** `found`: a record that can be used; the others explain `key_*`. */
  readonly kind: 'found' | 'bad' | 'missing' | 'several' | 'unavailable';
  /** The TXT values at the name, as seen. */
  readonly texts: readonly string[];
  /** Names of the CNAMEs that led there. */
  readonly aliases: readonly DnsName[];
  readonly type?: 'rsa' | 'ed25519';
  /** Of the modulus. */
  readonly bits?: number;
  /** `t=y`: the domain is testing (RFC 6376 §3.6.1). */
  readonly testing?: boolean;
  readonly server?: string;
  /** `NXDOMAIN`, `no data`, `servfail`, for a person. */
  readonly detail?: string;
}

export interface DkimOutcome {
  /** The line of the field in the message, from 1. */
  readonly line: number;
  readonly result: DkimResult;
  /** One short sentence for a person; for `pass` it may name a weakness. */
  readonly reason: string;
  readonly fault?: DkimFault;
  /** `d=` and `s=`; absent where they cannot be read. */
  readonly domain?: DnsName;
  readonly selector?: string;
  /** `i=` as written, or `@<d>`. */
  readonly identity?: string;
  /** `a=`. */
  readonly algorithm?: string;
  readonly canonicalization?: Canonicalization;
  /** `h=` as written, in order. */
  readonly signedHeaders: readonly string[];
  /** `t=` and `x=`, seconds since 1970. */
  readonly timestamp?: number;
  readonly expires?: number;
  /** `l=`: octets of the canonical body that are signed, and how many more there are. */
  readonly length?: { readonly signed: number; readonly beyond: number };
  /** The beginning of `b=`, by which RFC 6008 tells signatures apart (`header.b`). */
  readonly signatureStart?: string;
  /** base64. */
  readonly bodyHash?: { readonly signed: string; readonly computed: string };
  readonly key?: DkimKeySeen;
  /** What probably happened to the message, where it can be told. */
  readonly changes?: readonly Change[];
  /** `false`: the published key did not make this signature, or `b=` was damaged. */
  readonly keyFits?: boolean;
  /** `false`: the original that was given is not what was signed either. */
  readonly originalFits?: boolean;
  /** Only the beginning of a long body was looked at for changes, in octets. */
  readonly looked?: { readonly octets: number; readonly of: number };
}

/** A difference between what was signed and what is there, shown or deduced. */
export type Change =
  /** Shown by `--original`, by `z=`, or found by trying: the field was altered, taken out or put in. */
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly how: 'altered' | 'removed' | 'added' | 'refolded';
      readonly was?: string;
      readonly is?: string;
      readonly line?: number;
      readonly certainty: 'shown' | 'proved' | 'likely';
    }
  /** Lines were put below what was signed: a footer. `proved`: the hash of what is above them is the signed one. */
  | {
      readonly kind: 'footer' | 'banner';
      /** In the body, from 1. */
      readonly fromLine: number;
      readonly lines: number;
      /** The first of them, cut to 200 characters. */
      readonly text: string;
      readonly certainty: 'shown' | 'proved' | 'likely';
    }
  | {
      readonly kind: 'line';
      /** In the body, from 1. */
      readonly line: number;
      readonly was: string;
      readonly is: string;
      readonly certainty: 'shown' | 'proved' | 'likely';
    }
  /** The signed text comes about by another reading of the same body: line ends, blanks at line ends, transfer encoding. */
  | {
      readonly kind: 'form';
      readonly what: 'line-ends' | 'trailing-blanks' | 'blank-lines' | 'transfer-encoding' | 'wrapped' | 'mbox-quoting';
      readonly text: string;
      readonly certainty: 'shown' | 'proved' | 'likely';
    };

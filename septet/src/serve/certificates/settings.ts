/** What the configuration says of certificates, as `serve.acme` and `serve.certificates`. */

export type ChallengeKind = 'http-01' | 'tls-alpn-01' | 'dns-01';

export interface AcmeSettings {
  /** URL of the directory (RFC 8555 §7.1.1): `https://acme-v02.api.letsencrypt.org/directory`. */
  readonly directory: string;
  /** Where the authority writes to about the account. */
  readonly email?: string;
  readonly challenge: ChallengeKind;
  /** Whether the owner has agreed to the terms of the authority (RFC 8555 §7.3). Without it nothing is ordered. */
  readonly agree: boolean;
  /** Of an authority that wants accounts to be bound to one it has already (RFC 8555 §7.3.4). `hmacKey` is base64url. */
  readonly eab?: { readonly kid: string; readonly hmacKey: string };
}

/** Paths of PEM files: the certificate with its chain, and its key. Read again when they change. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that is there already, as the sandbox makes one. PEM. */
export interface GivenCertificate {
  readonly cert: string;
  readonly key: string;
  /** `sandbox` */
  readonly from: string;
}

/** All of it, paths already meant from where the configuration stands. */
export interface CertificateSettings {
  /** Absent: nothing is ordered. */
  readonly acme?: AcmeSettings;
  /** Certificates (PEM) that are trusted besides the well-known ones when the authority is asked (`serve.acme.ca`). */
  readonly authorityCa?: readonly string[];
  readonly files: readonly CertificateFiles[];
}

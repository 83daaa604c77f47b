/**
 * Mark certificates (VMC, CMC; VMC-D and the BIMI Group's requirements, “MCR”): the evidence document, its chain to a
 * known root, and its revocation.
 */
import { createPublicKey, verify } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList } from '@peculiar/asn1-x509';
import { readPem } from './pem.ts';
import type { PemDocument } from './pem.ts';
import { markRoots } from './roots.ts';
import type { MarkRoot } from './roots.ts';
import { hashOfSignature, readCertificate } from './x509.ts';
import type { MarkCertificate } from './x509.ts';

export interface EvidenceDocument {
  readonly pem: PemDocument;
  /** In the order of the file; those that cannot be read are left out. */
  readonly certificates: readonly MarkCertificate[];
  /** The number of PEM blocks that hold no readable certificate. */
  readonly unreadable: number;
  /** The certificate of the mark. */
  readonly leaf?: MarkCertificate;
}

/** Purpose “brand indicator for message identification” (VMC-D). */
export const bimiPurpose = '1.3.6.1.5.5.7.3.31';

/** Never throws. */
export function readEvidence(bytes: Uint8Array): EvidenceDocument {
  const pem = readPem(bytes);
  const read = pem.certificates.map(readCertificate);
  const certificates = read.filter((certificate) => certificate !== undefined);
  const leaf =
    certificates.find((certificate) => !certificate.isCa && certificate.logotype) ??
    certificates.find((certificate) => !certificate.isCa) ??
    certificates[0];
  return { pem, certificates, unreadable: read.length - certificates.length, ...(leaf ? { leaf } : {}) };
}

/** Addresses of the revocation lists that the certificate of the mark names. */
export function crlAddresses(document: EvidenceDocument): readonly string[] {
  return (document.leaf?.crls ?? []).filter((url) => /^https?:\/\//i.test(url));
}

export interface Chain {
  /** From the leaf upwards; a root in the file is the last. */
  readonly path: readonly MarkCertificate[];
  readonly end:
    | { readonly kind: 'root'; readonly root: MarkRoot }
    /** The issuer of the last certificate is neither in the file nor a known root. */
    | { readonly kind: 'missing'; readonly issuer: string }
    /** The last certificate signed itself and is not a known root. */
    | { readonly kind: 'unknown-root'; readonly subject: string };
}

/** Follows signatures from the leaf, through the certificates of the file in any order, to a root. */
export function chainOf(document: EvidenceDocument, roots: readonly MarkRoot[] = markRoots): Chain | undefined {
  const { leaf, certificates } = document;
  if (!leaf) return undefined;
  const path = [leaf];
  for (let last = leaf; ;) {
    const known = roots.find(({ fingerprint }) => fingerprint === fingerprintOf(last));
    if (known) return { path, end: { kind: 'root', root: known } };
    const signer = roots.find((root) => isNamedIssuer(last, root) && isSignedBy(last, root));
    if (signer) return { path, end: { kind: 'root', root: signer } };
    const issuer = certificates.find((candidate) => !path.includes(candidate) && issued(candidate, last));
    if (!issuer) {
      if (issued(last, last)) return { path, end: { kind: 'unknown-root', subject: last.subject } };
      return { path, end: { kind: 'missing', issuer: last.issuer } };
    }
    path.push(issuer);
    last = issuer;
  }
}

export function fingerprintOf(certificate: MarkCertificate): string {
  return certificate.x509.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Whether the one certificate names the other as its issuer and carries its signature. */
function issued(issuer: MarkCertificate, certificate: MarkCertificate): boolean {
  try {
    return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);
  } catch {
    return false; // a key that OpenSSL cannot use
  }
}

function isNamedIssuer(certificate: MarkCertificate, root: MarkRoot): boolean {
  return certificate.issuer.split(', ').includes(`CN=${root.name}`);
}

function isSignedBy(certificate: MarkCertificate, root: MarkRoot): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(root.publicKey, 'base64'), format: 'der', type: 'spki' });
    return certificate.x509.verify(key);
  } catch {
    return false;
  }
}

export type Revocation =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Reads a revocation list (RFC 5280 §5) for one certificate. `now` in milliseconds since 1970. Never throws. */
export function revocationOf(
  leaf: MarkCertificate,
  issuer: MarkCertificate | undefined,
  crl: Uint8Array,
  now: number,
): Revocation {
  try {
    return readRevocation(leaf, issuer, crl, now);
  } catch {
    return { kind: 'unknown', reason: 'the revocation list cannot be read' }; // foreign bytes
  }
}

function readRevocation(
  leaf: MarkCertificate,
  issuer: MarkCertificate | undefined,
  crl: Uint8Array,
  now: number,
): Revocation {
  const list = AsnConvert.parse(derOf(crl), CertificateList);
  const hash = hashOfSignature(list.signatureAlgorithm.algorithm);
  if (!issuer || !hash || !list.tbsCertListRaw) {
    return { kind: 'unknown', reason: 'the signature of the revocation list cannot be checked' };
  }
  if (!verify(hash, Buffer.from(list.tbsCertListRaw), issuer.x509.publicKey, Buffer.from(list.signature))) {
    return { kind: 'unknown', reason: 'the revocation list is not signed by the issuer' };
  }
  const { revokedCertificates = [], nextUpdate } = list.tbsCertList;
  const entry = revokedCertificates.find(({ userCertificate }) => serialOf(userCertificate) === leaf.serial);
  if (entry) return { kind: 'revoked', at: entry.revocationDate.getTime().getTime() };
  if (nextUpdate && nextUpdate.getTime().getTime() < now) {
    return { kind: 'unknown', reason: 'the revocation list is out of date' };
  }
  return { kind: 'good' };
}

function derOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x30) return bytes;
  const text = Buffer.from(bytes).toString('latin1');
  const body = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  return body === undefined ? bytes : Buffer.from(body, 'base64');
}

function serialOf(serial: ArrayBuffer): string {
  return Buffer.from(serial)
    .toString('hex')
    .replace(/^0+(?=.)/, '')
    .toUpperCase();
}

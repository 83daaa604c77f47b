/** A certificate with its chain and key, read from PEM and made ready for TLS. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { secureContext, type SecureContext } from '../public-listener.ts';
import { certIdOf } from './renewal-info.ts';

export interface ReadyCertificate {
  /** Lower case; `*.example.com` for a wildcard. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The issuer's common name, or organisation. */
  readonly issuer: string;
  /** Absent where the certificate does not say which key signed it. */
  readonly certId?: string;
  readonly context: SecureContext;
}

/** As an authority's answer and a key file are bounded; a chain has a handful of certificates. */
const maxPemOctets = 256 * 1024; // house

/** A sentence where the two cannot serve; it begins with a verb: `is not a certificate in PEM.` Never holds key octets. */
export function readCertificate(chain: string, key: string): ReadyCertificate | string {
  if (chain.length > maxPemOctets) return `is larger than ${maxPemOctets / 1024} KiB.`;
  let leaf: X509Certificate;
  try {
    if (!chain.includes('-----BEGIN CERTIFICATE-----')) return 'is not a certificate in PEM.';
    leaf = new X509Certificate(chain);
  } catch {
    return 'is not a certificate in PEM.';
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'is for another key than the one beside it.';
  } catch {
    return 'has no key beside it that can be read; a key is in PEM and has no password.';
  }
  const names = namesOf(leaf);
  if (names.length === 0) return 'names no host in its subjectAltName, so that no client takes it (RFC 9525 §2).';
  const certId = certIdOf(leaf);
  try {
    return {
      names,
      notBefore: Date.parse(leaf.validFrom),
      notAfter: Date.parse(leaf.validTo),
      issuer: issuerOf(leaf),
      ...(certId === undefined ? {} : { certId }),
      context: secureContext({ key, certificate: chain }),
    };
  } catch {
    return 'cannot be used for TLS: its chain is damaged, or its key too weak.';
  }
}

const namesOf = (leaf: X509Certificate): readonly string[] =>
  (leaf.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());

function issuerOf(leaf: X509Certificate): string {
  const lines = leaf.issuer.split('\n');
  const found = ['CN=', 'O='].map((start) => lines.find((line) => line.startsWith(start))?.slice(start.length));
  return (found.find((text) => text !== undefined) ?? 'unknown').slice(0, 100);
}

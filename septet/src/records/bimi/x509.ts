/** The facts of one certificate (RFC 5280, RFC 9399), as plain values. What cannot be read is absent, never thrown. */
import { X509Certificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  CertificatePolicies,
  CRLDistributionPoints,
  ExtendedKeyUsage,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import type { Extension } from '@peculiar/asn1-x509';
import { readLogotype } from './logotype.ts';
import type { Logotype } from './logotype.ts';

export interface MarkCertificate {
  readonly x509: X509Certificate;
  /** Distinguished names on one line, for a person. */
  readonly subject: string;
  readonly issuer: string;
  /** Subject attributes by OID. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Upper-case hexadecimal without leading zeros. */
  readonly serial: string;
  readonly isCa: boolean;
  /** Absent when the certificate has no such extension. */
  readonly keyUsage?: { readonly digitalSignature: boolean; readonly certificateSigning: boolean };
  readonly extendedKeyUsage?: readonly string[];
  readonly hasNameConstraints: boolean;
  readonly policies: readonly { readonly oid: string; readonly hasCps: boolean }[];
  /** Addresses of revocation lists. */
  readonly crls: readonly string[];
  readonly dnsNames: readonly string[];
  /** Identifiers of the logs in the SCT list, lower-case hexadecimal; absent without the extension. */
  readonly sctLogs?: readonly string[];
  readonly isPilot: boolean;
  readonly logotype?: Logotype;
  readonly key: { readonly type: string; readonly bits: number; readonly curve: string };
  /** `sha256` and so on, from the name of the signature algorithm. */
  readonly signatureHash: string;
}

const oids = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
  crls: '2.5.29.31',
  logotype: '1.3.6.1.5.5.7.1.12',
  scts: '1.3.6.1.4.1.11129.2.4.2',
  pilot: '1.3.6.1.4.1.53087.4.1',
  cps: '1.3.6.1.5.5.7.2.1',
} as const;

/** Signature algorithms (RFC 8017, RFC 5758) and the hash that each uses. */
const signatureHashes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'md5'],
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);

/** The hash of a signature algorithm, `undefined` for one that mark certificates do not use. */
export function hashOfSignature(oid: string): string | undefined {
  return signatureHashes.get(oid);
}

/** `undefined` when the bytes are not a certificate. */
export function readCertificate(der: Uint8Array): MarkCertificate | undefined {
  const x509 = attempt(() => new X509Certificate(der));
  const asn = attempt(() => AsnConvert.parse(der, Certificate));
  if (!x509 || !asn) return undefined;
  const tbs = asn.tbsCertificate;
  const extensions = new Map<string, Extension>(
    (tbs.extensions ?? []).map((extension) => [extension.extnID, extension]),
  );
  const parsed = <T>(oid: string, type: new () => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension && attempt(() => AsnConvert.parse(extension.extnValue, type));
  };
  const attributes = new Map<string, string[]>();
  for (const { type, value } of attempt(() => tbs.subject.flat()) ?? []) {
    const text = attempt(() => value.toString()) ?? '';
    const list = attributes.get(type);
    if (list) list.push(text);
    else attributes.set(type, [text]);
  }
  const usage = parsed(oids.keyUsage, KeyUsage)?.toNumber();
  const purposes = parsed(oids.extendedKeyUsage, ExtendedKeyUsage);
  const scts = extensions.get(oids.scts);
  const logotype = extensions.get(oids.logotype);
  return {
    x509,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    attributes,
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
    serial: x509.serialNumber.replace(/^0+(?=.)/, '').toUpperCase(),
    isCa: parsed(oids.basicConstraints, BasicConstraints)?.cA ?? false,
    ...(usage === undefined
      ? {}
      : {
          keyUsage: {
            digitalSignature: (usage & KeyUsageFlags.digitalSignature) !== 0,
            certificateSigning: (usage & KeyUsageFlags.keyCertSign) !== 0,
          },
        }),
    ...(purposes ? { extendedKeyUsage: [...purposes] } : {}),
    hasNameConstraints: extensions.has(oids.nameConstraints),
    policies: [...(parsed(oids.policies, CertificatePolicies) ?? [])].map((policy) => ({
      oid: policy.policyIdentifier,
      hasCps: (policy.policyQualifiers ?? []).some(({ policyQualifierId }) => policyQualifierId === oids.cps),
    })),
    crls: [...(parsed(oids.crls, CRLDistributionPoints) ?? [])].flatMap((point) =>
      (point.distributionPoint?.fullName ?? []).flatMap((name) => name.uniformResourceIdentifier ?? []),
    ),
    dnsNames: dnsNamesOf(x509.subjectAltName),
    ...(scts ? { sctLogs: sctLogsOf(scts) } : {}),
    isPilot: extensions.has(oids.pilot),
    ...(logotype ? { logotype: readLogotype(logotype) } : {}),
    key: keyOf(x509),
    signatureHash: signatureHashes.get(asn.signatureAlgorithm.algorithm) ?? asn.signatureAlgorithm.algorithm,
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // foreign bytes: what cannot be parsed is treated as not there
  }
}

/** Node gives `undefined` for an empty name, whatever its types say. */
function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

/** Node writes `DNS:a.example, DNS:b.example`, and quotes values that hold a comma. */
function dnsNamesOf(subjectAltName: string | undefined): readonly string[] {
  if (!subjectAltName) return [];
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => (name ?? '').toLowerCase());
}

function keyOf(x509: X509Certificate): MarkCertificate['key'] {
  const key = attempt(() => x509.publicKey);
  const details = key?.asymmetricKeyDetails;
  return {
    type: key?.asymmetricKeyType ?? 'unknown',
    bits: details?.modulusLength ?? 0,
    curve: details?.namedCurve ?? '',
  };
}

/** RFC 6962 §3.3: an OCTET STRING with a list of timestamps, each with its length before it; the log follows a version octet. */
function sctLogsOf(extension: Extension): readonly string[] {
  const inner = attempt(() => AsnConvert.parse(extension.extnValue, OctetString));
  const list = inner ? Buffer.from(inner.buffer) : Buffer.alloc(0);
  const logs: string[] = [];
  for (let at = 2; at + 2 <= list.length;) {
    const length = list.readUInt16BE(at);
    if (length < 47 || at + 2 + length > list.length) break;
    logs.push(list.subarray(at + 3, at + 35).toString('hex'));
    at += 2 + length;
  }
  return logs;
}

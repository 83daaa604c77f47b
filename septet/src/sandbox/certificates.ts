/**
 * Certificates for the sandbox's web server: an authority that lives as long as the process, and leaf certificates
 * (RFC 5280) that it signs. P-256 keys, SHA-256.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from '@peculiar/asn1-x509';

export interface KeyAndCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

export interface Authority {
  /** The authority's own certificate, PEM: what clients have to trust. */
  readonly certificate: string;
  issue(names: readonly string[], validity?: ValidityDates): KeyAndCertificate;
  /** An authority below this one; servers have to send its certificate behind the leaf's. */
  intermediate(title: string): Authority;
}

interface ValidityDates {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

interface Issuer {
  readonly name: Name;
  readonly key: KeyObject;
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'; // RFC 5758 §3.2
const commonName = '2.5.4.3';

/** A new authority whose certificates are valid around `now` (milliseconds since 1970). */
export function makeAuthority(title: string, now: number): Authority {
  const day = 86_400_000;
  return authorityBelow(undefined, title, { notBefore: new Date(now - day), notAfter: new Date(now + 90 * day) });
}

/** A certificate that its own key signs, which nobody has reason to trust. */
export function selfSigned(names: readonly string[], now: number): KeyAndCertificate {
  const day = 86_400_000;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf(names[0] ?? '');
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 90 * day) };
  return leaf({ name, key: privateKey }, names, validity, { publicKey, privateKey });
}

function authorityBelow(parent: Issuer | undefined, title: string, usual: ValidityDates): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own: Issuer = { name: nameOf(title), key: keys.privateKey };
  const certificate = makeCertificate({
    subject: own.name,
    issuer: parent ?? own,
    publicKey: keys.publicKey,
    validity: usual,
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), true),
    ],
  });
  return {
    certificate,
    issue: (names, validity = usual) => leaf(own, names, validity, generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    intermediate: (below) => authorityBelow(own, below, usual),
  };
}

function leaf(
  issuer: Issuer,
  names: readonly string[],
  validity: ValidityDates,
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): KeyAndCertificate {
  const alternatives = new SubjectAlternativeName(names.map((dNSName) => new GeneralName({ dNSName })));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: makeCertificate({
      subject: nameOf(names[0] ?? ''),
      issuer,
      publicKey,
      validity,
      extensions: [extension(id_ce_subjectAltName, alternatives, false)],
    }),
  };
}

function makeCertificate(input: {
  readonly subject: Name;
  readonly issuer: Issuer;
  readonly publicKey: KeyObject;
  readonly validity: ValidityDates;
  readonly extensions: readonly Extension[];
}): string {
  const spki = createPublicKey(input.publicKey.export({ type: 'spki', format: 'pem' })).export({
    type: 'spki',
    format: 'der',
  });
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const serial = randomBytes(12);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive, and no leading zero octet (RFC 5280 §4.1.2.2)
  const body = new TBSCertificate({
    version: 2,
    serialNumber: new Uint8Array(serial).buffer,
    signature: algorithm,
    issuer: input.issuer.name,
    validity: new Validity(input.validity),
    subject: input.subject,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([...input.extensions]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(body)), input.issuer.key);
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(signature).buffer,
  });
  const base64 = Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])]);
}

function extension(extnID: string, value: object, critical: boolean): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

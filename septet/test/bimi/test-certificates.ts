/** A small certificate authority for tests: mark certificates with any fault that a test wants. */
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { MarkRoot } from '../../src/records/bimi/roots.ts';

/** One DER value: tag, length, content (X.690 §8.1). */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...content: readonly Uint8Array[]): Buffer => der(0x30, ...content);
const set = (...content: readonly Uint8Array[]): Buffer => der(0x31, ...content);
const octets = (content: Uint8Array): Buffer => der(0x04, content);
const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const ia5 = (text: string, tag = 0x16): Buffer => der(tag, Buffer.from(text, 'latin1'));
const bool = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 255 : 0]));
const integer = (value: number): Buffer => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return der(0x02, (bytes[0] ?? 0) >= 128 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
};

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const out: number[] = [];
  for (const value of [first * 40 + second, ...rest]) {
    const septets = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left % 128) | 128);
    out.push(...septets);
  }
  return der(0x06, Buffer.from(out));
}

/** UTCTime until 2049 (RFC 5280 §4.1.2.5). */
function time(text: string): Buffer {
  const digits = new Date(text).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '');
  return ia5(`${digits.slice(2)}Z`, 0x17);
}

const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Attribute types of names, by the short words that tests use. */
const attributeOids: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  O: '2.5.4.10',
  C: '2.5.4.6',
  L: '2.5.4.7',
  businessCategory: '2.5.4.15',
  serialNumber: '2.5.4.5',
  jurisdictionC: '1.3.6.1.4.1.311.60.2.1.3',
  markType: '1.3.6.1.4.1.53087.1.13',
  trademarkCountry: '1.3.6.1.4.1.53087.1.3',
  trademarkId: '1.3.6.1.4.1.53087.1.4',
};

export type Subject = Readonly<Record<string, string>>;

function name(subject: Subject): Buffer {
  return sequence(
    ...Object.entries(subject).map(([type, value]) => set(sequence(oid(attributeOids[type] ?? type), utf8(value)))),
  );
}

export interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const newKeys = (curve = 'P-256'): Keys => generateKeyPairSync('ec', { namedCurve: curve });
export const newRsaKeys = (modulusLength: number): Keys => generateKeyPairSync('rsa', { modulusLength });

export interface CertificateWish {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly keys: Keys;
  readonly signer: KeyObject;
  readonly from: string;
  readonly to: string;
  readonly serial?: number;
  readonly extensions: readonly Buffer[];
}

export function makeCertificate(wish: CertificateWish): Buffer {
  const tbs = sequence(
    der(0xa0, integer(2)),
    integer(wish.serial ?? 1),
    ecdsaSha256,
    name(wish.issuer),
    sequence(time(wish.from), time(wish.to)),
    name(wish.subject),
    wish.keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...wish.extensions)),
  );
  return sequence(tbs, ecdsaSha256, bits(sign('sha256', tbs, wish.signer)));
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [bool(true)] : []), octets(value));
}

/** The extensions of mark certificates, one function each. */
export const extensions = {
  ca: (value: boolean) => extension('2.5.29.19', sequence(...(value ? [bool(true)] : [])), true),
  /** `0x80` digital signature, `0x06` certificates and revocation lists. */
  keyUsage: (flags: number) => extension('2.5.29.15', bits(Buffer.from([flags]), flags & 1 ? 0 : 1), true),
  purposes: (...ids: readonly string[]) => extension('2.5.29.37', sequence(...ids.map(oid))),
  nameConstraints: () => extension('2.5.29.30', sequence(der(0xa0, sequence(ia5('example.com', 0x82)))), true),
  policies: (ids: readonly string[], cps: boolean) =>
    extension(
      '2.5.29.32',
      sequence(
        ...ids.map((id) =>
          sequence(
            oid(id),
            ...(cps ? [sequence(sequence(oid('1.3.6.1.5.5.7.2.1'), ia5('https://ca.example/cps')))] : []),
          ),
        ),
      ),
    ),
  crl: (url: string) => extension('2.5.29.31', sequence(sequence(der(0xa0, der(0xa0, ia5(url, 0x86)))))),
  names: (...names: readonly string[]) => extension('2.5.29.17', sequence(...names.map((text) => ia5(text, 0x82)))),
  pilot: () => extension('1.3.6.1.4.1.53087.4.1', utf8('Mark Certificate'), true),
  scts: () => {
    const sct = Buffer.alloc(60, 7);
    const lengths = Buffer.from([0, 62, 0, 60]);
    return extension('1.3.6.1.4.1.11129.2.4.2', octets(Buffer.concat([lengths, sct])));
  },
  logotype: (svg: Uint8Array, wish: LogotypeWish = {}) => {
    const hash = createHash(wish.hash ?? 'sha256')
      .update(wish.hashOf ?? svg)
      .digest();
    const algorithm = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' }[wish.hash ?? 'sha256'];
    const uri = wish.uri ?? `data:image/svg+xml;base64,${gzipSync(svg).toString('base64')}`;
    const details = sequence(
      ia5('image/svg+xml'),
      sequence(sequence(sequence(oid(algorithm)), octets(hash))),
      sequence(ia5(uri)),
    );
    const direct = der(0xa0, sequence(sequence(details)));
    return extension('1.3.6.1.5.5.7.1.12', sequence(der(0xa2, direct)), wish.critical);
  },
} as const;

export interface LogotypeWish {
  readonly hash?: 'sha1' | 'sha256';
  readonly hashOf?: Uint8Array;
  readonly uri?: string;
  readonly critical?: boolean;
}

export function pem(...certificates: readonly Uint8Array[]): string {
  return certificates
    .map((certificate) => {
      const lines =
        Buffer.from(certificate)
          .toString('base64')
          .match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}

/** A revocation list (RFC 5280 §5) with these serial numbers. */
export function makeCrl(issuer: Subject, signer: KeyObject, revoked: readonly number[], nextUpdate: string): Buffer {
  const at = '2026-11-01T00:00:00Z';
  const entries = revoked.map((serial) => sequence(integer(serial), time(at)));
  const tbs = sequence(
    integer(1),
    ecdsaSha256,
    name(issuer),
    time(at),
    time(nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  return sequence(tbs, ecdsaSha256, bits(sign('sha256', tbs, signer)));
}

export const bimiPurpose = '1.3.6.1.5.5.7.3.31';
export const markPolicy = '1.3.6.1.4.1.53087.1.1';

export const rootSubject: Subject = { C: 'DE', O: 'Example Marks', CN: 'Example Mark Root' };
export const caSubject: Subject = { C: 'DE', O: 'Example Marks', CN: 'Example Mark CA 1' };
export const markSubject: Subject = {
  businessCategory: 'Private Organization',
  serialNumber: 'HRB 1',
  jurisdictionC: 'DE',
  C: 'DE',
  L: 'Berlin',
  O: 'Example Bakery GmbH',
  markType: 'Registered Mark',
  trademarkCountry: 'DE',
  trademarkId: '302026000001',
};

const rootKeys = newKeys();
const caKeys = newKeys();
const markKeys = newKeys();

export const rootCertificate = makeCertificate({
  subject: rootSubject,
  issuer: rootSubject,
  keys: rootKeys,
  signer: rootKeys.privateKey,
  from: '2020-01-01',
  to: '2045-01-01',
  extensions: [extensions.ca(true), extensions.keyUsage(0x86)],
});

export interface CaWish {
  readonly extensions?: readonly Buffer[];
  readonly to?: string;
}

export function caCertificate(wish: CaWish = {}): Buffer {
  return makeCertificate({
    subject: caSubject,
    issuer: rootSubject,
    keys: caKeys,
    signer: rootKeys.privateKey,
    from: '2020-01-01',
    to: wish.to ?? '2040-01-01',
    serial: 2,
    extensions: wish.extensions ?? [extensions.ca(true), extensions.keyUsage(0x86), extensions.purposes(bimiPurpose)],
  });
}

/** The parts of a mark certificate; a test replaces or (with `undefined`) leaves out one of them. */
export interface MarkWish {
  readonly subject?: Subject;
  readonly from?: string;
  readonly to?: string;
  readonly keys?: Keys;
  readonly extensions?: Readonly<Record<string, Buffer | undefined>>;
}

export const crlUrl = 'http://ca.example/marks.crl';

export function markCertificate(svg: Uint8Array, wish: MarkWish = {}): Buffer {
  const parts: Readonly<Record<string, Buffer | undefined>> = {
    ca: extensions.ca(false),
    keyUsage: extensions.keyUsage(0x80),
    purposes: extensions.purposes(bimiPurpose),
    policies: extensions.policies([markPolicy], true),
    crl: extensions.crl(crlUrl),
    names: extensions.names('example.com'),
    scts: extensions.scts(),
    logotype: extensions.logotype(svg),
    ...wish.extensions,
  };
  return makeCertificate({
    subject: wish.subject ?? markSubject,
    issuer: caSubject,
    keys: wish.keys ?? markKeys,
    signer: caKeys.privateKey,
    from: wish.from ?? '2026-06-01',
    to: wish.to ?? '2027-06-01',
    serial: 77,
    extensions: Object.values(parts).filter((part) => part !== undefined),
  });
}

export const testRoot: MarkRoot = {
  name: 'Example Mark Root',
  issuer: 'Example',
  fingerprint: new X509Certificate(rootCertificate).fingerprint256.replaceAll(':', '').toLowerCase(),
  notBefore: '2020-01-01T00:00:00.000Z',
  notAfter: '2045-01-01T00:00:00.000Z',
  source: 'this test',
  publicKey: rootKeys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
};

export const crlOf = (revoked: readonly number[], nextUpdate = '2026-12-31'): Buffer =>
  makeCrl(caSubject, caKeys.privateKey, revoked, nextUpdate);
export const foreignCrl = (): Buffer => makeCrl(caSubject, rootKeys.privateKey, [77], '2026-12-31');

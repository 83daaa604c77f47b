/**
 * The two ASN.1 structures that an order needs, written in DER: the request for a certificate (PKCS #10, RFC 2986) and
 * the certificate that answers `tls-alpn-01` (RFC 8737 §3). P-256 keys, ECDSA with SHA-256 (RFC 5758 §3.2).
 */
import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';

/** PEM of a new key (PKCS #8). */
export const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A request for one name, in PEM. The subject is empty: names stand in subjectAltName alone (RFC 8555 §7.4). */
export function certificateRequest(name: DnsName, key: KeyObject): string {
  const extensions = sequence(alternativeName(name));
  const attribute = sequence(oid('1.2.840.113549.1.9.14'), tagged(0x31, extensions)); // extensionRequest, RFC 2985 §5.4.2
  const info = sequence(integer(Buffer.from([0])), sequence(), publicKeyOf(key), tagged(0xa0, attribute));
  return pem('CERTIFICATE REQUEST', signed(info, key));
}

/** A certificate in PEM that its own key signs, with the digest of the key authorisation (RFC 8737 §3). */
export function challengeCertificate(
  name: DnsName,
  authorization: string,
  key: KeyObject,
  at: { readonly now: number; readonly serial: Uint8Array },
): string {
  const issuer = sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from('acme-tls/1')))));
  const digest = tagged(0x04, createHash('sha256').update(authorization).digest());
  const day = 86_400_000;
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.from(at.serial)),
    ecdsaWithSha256,
    issuer,
    sequence(time(at.now - day), time(at.now + 7 * day)),
    issuer,
    publicKeyOf(key),
    tagged(0xa3, sequence(alternativeName(name), extension('1.3.6.1.5.5.7.1.31', digest, true))),
  );
  return pem('CERTIFICATE', signed(body, key));
}

function alternativeName(name: DnsName): Buffer {
  return extension('2.5.29.17', sequence(tagged(0x82, Buffer.from(name, 'ascii'))), false); // RFC 5280 §4.2.1.6
}

const extension = (id: string, value: Buffer, critical: boolean): Buffer =>
  sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value));

const signed = (body: Buffer, key: KeyObject): Buffer =>
  sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, key)])));

const publicKeyOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts);

/** Positive: a zero octet goes in front of a set first bit. */
const integer = (octets: Buffer): Buffer =>
  tagged(0x02, (octets[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), octets]) : octets);

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const octets = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    octets.push(...groups);
  }
  return tagged(0x06, Buffer.from(octets));
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
function time(at: number): Buffer {
  const text = `${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return text < '2050' ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n-----END ${label}-----\n`;

/**
 * When to renew (RFC 9773, ACME Renewal Information): the authority suggests a window for each certificate, and a client
 * takes a moment in it by chance. Where the authority says nothing, two thirds of the lifetime.
 */
import type { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityKeyIdentifier, Certificate, id_ce_authorityKeyIdentifier } from '@peculiar/asn1-x509';

/** RFC 9773 §4.1: what the resource of a certificate is called. `undefined` without an authority key identifier. */
export function certIdOf(certificate: X509Certificate): string | undefined {
  try {
    const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate);
    const found = tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_authorityKeyIdentifier);
    if (!found) return undefined;
    const { keyIdentifier } = AsnConvert.parse(found.extnValue, AuthorityKeyIdentifier);
    return keyIdentifier && certIdFrom(Buffer.from(keyIdentifier.buffer), Buffer.from(tbsCertificate.serialNumber));
  } catch {
    return undefined; // foreign octets
  }
}

/** The serial number as DER has it: with the zero octet in front where the first bit is set. */
export const certIdFrom = (keyIdentifier: Buffer, serial: Buffer): string =>
  `${keyIdentifier.toString('base64url')}.${serial.toString('base64url')}`;

/** Milliseconds since 1970. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  /** Why, for a person. */
  readonly explanation?: string;
}

/** Reads the answer's JSON; a window that ends before it starts is none (RFC 9773 §4.2). */
export function readRenewalInfo(json: unknown): RenewalWindow | undefined {
  const window = memberOf(json, 'suggestedWindow');
  const [start, end] = [timeOf(memberOf(window, 'start')), timeOf(memberOf(window, 'end'))];
  if (start === undefined || end === undefined || end <= start) return undefined;
  const url = memberOf(json, 'explanationURL');
  return {
    start,
    end,
    ...(typeof url === 'string' && /^https:\/\/[!-~]{1,500}$/.test(url) ? { explanation: url } : {}),
  };
}

const memberOf = (json: unknown, key: string): unknown =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined;

/** RFC 3339 text. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value))
    return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

/** A moment in the window; `share` is a random number from 0 to 1 (RFC 9773 §4.2). */
export const momentIn = ({ start, end }: RenewalWindow, share: number): number =>
  Math.floor(start + (end - start) * share);

/** Two thirds of the lifetime, as authorities without renewal information ask for. */
export const twoThirds = (validity: { readonly notBefore: number; readonly notAfter: number }): number =>
  Math.floor(validity.notBefore + ((validity.notAfter - validity.notBefore) * 2) / 3);

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** When to ask again: `Retry-After` within a minute and a day (RFC 9773 §4.3.2); six hours where it says nothing (§4.3.3). */
export const nextAskMs = (retryAfterMs: number | undefined): number =>
  retryAfterMs === undefined ? 6 * hourMs : Math.min(Math.max(retryAfterMs, minuteMs), dayMs);

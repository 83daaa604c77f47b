/**
 * The webhook: a JSON body and a signature over it, as `docs/alerts.md` describes them.
 *
 *     X-Septet-Signature: t=1795435200,v1=5f3c…      HMAC-SHA256 of `t`, a dot and the body, in hexadecimal digits
 *     X-Septet-Delivery: 0f4b…                        the same when the same message is sent again
 *
 * The time is signed too, so that what was heard on the way cannot be played again later.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { titleOf } from './alert-text.ts';
import type { AlertMessage } from './compose.ts';

/** What a receiver forgives between the time that is signed and its own clock. */
export const replayWindowSeconds = 300; // house

/** The document of version 1; fields may be added, none is taken away. */
export function webhookBody(message: AlertMessage): string {
  const { id, kind, severity, subject, text, at, alerts } = message;
  return JSON.stringify({
    version: 1,
    id,
    kind,
    at: new Date(at).toISOString(),
    severity,
    subject,
    text,
    alerts: alerts.map(({ alert, state }) => ({
      domain: alert.domain,
      key: alert.key,
      severity: alert.severity,
      state,
      since: new Date(alert.since).toISOString(),
      title: titleOf(alert),
    })),
  });
}

/** The value of `X-Septet-Signature`. `now` in milliseconds since 1970. */
export function signatureOf(body: string, secret: string, now: number): string {
  const t = Math.floor(now / 1000);
  return `t=${t},v1=${digestOf(body, secret, String(t)).toString('hex')}`;
}

export type SignatureVerdict = 'good' | 'malformed' | 'wrong' | 'too old or too new';

/** For receivers, and for the tests. Several `v1` may stand there while a secret is changed; one of them has to fit. */
export function verifySignature(
  header: string,
  body: string,
  secret: string,
  now: number,
  windowSeconds: number = replayWindowSeconds,
): SignatureVerdict {
  const parts = header.split(',').map((part) => part.trim().split('='));
  const t = parts.find(([name]) => name === 't')?.[1];
  const signatures = parts.flatMap(([name, value]) => (name === 'v1' && value !== undefined ? [value] : []));
  if (t === undefined || !/^\d{1,12}$/.test(t) || signatures.length === 0 || parts.length > 10) return 'malformed';
  const wanted = digestOf(body, secret, t);
  const fits = signatures.some((text) => {
    const given = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  if (!fits) return 'wrong';
  return Math.abs(now / 1000 - Number(t)) <= windowSeconds ? 'good' : 'too old or too new';
}

const digestOf = (body: string, secret: string, t: string): Buffer =>
  createHmac('sha256', secret).update(`${t}.${body}`, 'utf8').digest();

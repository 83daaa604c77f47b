/**
 * Tells a program of an unsubscribe: a JSON body and a signature over it, in the same form as alerts (docs/alerts.md).
 *
 *     X-Septet-Signature: t=1795435200,v1=5f3c…      HMAC-SHA256 of `t`, a dot and the body, in hexadecimal digits
 *     X-Septet-Delivery: 0f4b…                        the same when the same unsubscribe is told again
 */
import { createHmac } from 'node:crypto';
import type { Suppression } from '../../store/tracking.ts';

/** The document of version 1; fields may be added, none is taken away. */
export function unsubscribeBody(id: string, suppression: Suppression, message: string): string {
  const { domain, recipient, campaign, source, at } = suppression;
  return JSON.stringify({
    version: 1,
    id,
    kind: 'unsubscribed',
    at: new Date(at).toISOString(),
    domain,
    recipient,
    campaign,
    message,
    source,
  });
}

/** The value of `X-Septet-Signature`. `now` in milliseconds since 1970. `watch/alerts/webhook.ts` checks it. */
export function signatureOf(body: string, secret: string, now: number): string {
  const t = Math.floor(now / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`, 'utf8').digest('hex')}`;
}

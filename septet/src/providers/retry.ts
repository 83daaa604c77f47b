/**
 * Sending a request again: what is worth it, and how long to wait (RFC 9110 §10.2.3 for Retry-After, RFC 6585 §4 for
 * 429). Waits double and carry jitter, so that two runs that were refused together do not come back together.
 */
import type { HostOutside, HttpReply } from './host.ts';

export interface RetryOptions {
  /**
   * Carrying the request out twice leaves what carrying it out once leaves. Without it only refusals that say that
   * nothing was done (429) are sent again: after a 500 or a lost connection the write may have happened.
   */
  readonly idempotent: boolean;
  /** Requests in all; default 4. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
  /** Further replies that say "later, nothing was done": Route 53 has a 400 for it. */
  readonly throttled?: (reply: HttpReply) => boolean;
}

/** House limits, in milliseconds: the first wait, the longest, and the longest that a server may ask for. */
const firstWaitMs = 500;
const longestWaitMs = 8000;
export const longestAskedWaitMs = 60_000;

/** Statuses after which the same request may succeed (RFC 9110 §15.5.9, §15.6). */
const passing = new Set([408, 500, 502, 503, 504]);

/**
 * Sends until a reply is worth giving back, at most `attempts` times; the last reply is given back as it came. A server
 * that asks for more than a minute is not waited for. Rejects only with the reason of the signal.
 */
export async function withRetries(
  outside: HostOutside,
  send: () => Promise<HttpReply>,
  options: RetryOptions,
): Promise<HttpReply> {
  const { idempotent, attempts = 4, signal, throttled } = options;
  for (let sent = 1; ; sent++) {
    signal?.throwIfAborted();
    const reply = await send();
    signal?.throwIfAborted();
    const refused = reply.kind === 'reply' && (reply.status === 429 || throttled?.(reply) === true);
    const failed = reply.kind === 'failed' || passing.has(reply.status);
    if (sent >= attempts || !(refused || (idempotent && failed))) return reply;
    const now = outside.now();
    const asked = askedWaitMs(reply, now);
    if (asked !== undefined && asked > longestAskedWaitMs) return reply;
    await outside.sleep(asked ?? waitMs(sent, now), signal);
  }
}

/** Half of the wait is certain, the other half is drawn from the digits of the clock. */
function waitMs(sent: number, now: number): number {
  const whole = Math.min(longestWaitMs, firstWaitMs * 2 ** (sent - 1));
  const drawn = ((now + sent) * 0.6180339887498949) % 1;
  return Math.round(whole / 2 + (whole / 2) * drawn);
}

/**
 * What the server asks to wait, in milliseconds: Retry-After in seconds or as a date; else `ratelimit-reset` in seconds
 * since 1970, as Hetzner and DigitalOcean send it. `undefined` when it asks for nothing that can be read.
 */
export function askedWaitMs(reply: HttpReply, now: number): number | undefined {
  if (reply.kind !== 'reply') return undefined;
  const after = reply.headers['retry-after']?.trim();
  if (after !== undefined) {
    if (/^\d{1,9}(\.\d+)?$/.test(after)) return Math.ceil(Number(after) * 1000);
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const reset = reply.status === 429 ? reply.headers['ratelimit-reset']?.trim() : undefined;
  if (reset !== undefined && /^\d{10}$/.test(reset)) return Math.max(0, Number(reset) * 1000 - now);
  return undefined;
}

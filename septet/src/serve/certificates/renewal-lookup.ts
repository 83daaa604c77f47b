/** Asks the authority when a certificate is to be renewed (RFC 9773 §4.1). Not signed, and without the library. */
import type { HttpsFetch } from '../../world/world.ts';
import { retryAfterMs } from './pauses.ts';
import { momentIn, nextAskMs, readRenewalInfo } from './renewal-info.ts';

export interface RenewalAnswer {
  /** Absent where the authority did not say. */
  readonly at?: number;
  readonly askAgainAt: number;
  /** Why the window is where it is, a URL. */
  readonly explanation?: string;
}

interface LookupInput {
  readonly fetch: HttpsFetch;
  now(): number;
  /** 0 to 1. */
  random(): number;
}

const limits = { maxOctets: 64 * 1024, timeoutMs: 15_000 } as const; // house

/** The URL before the certificate's id; `none` where the authority has no renewal information; `undefined`: not told. */
export async function renewalBase(
  { fetch: ask }: Pick<LookupInput, 'fetch'>,
  directory: string,
  signal: AbortSignal,
): Promise<string | 'none' | undefined> {
  const outcome = await ask(directory, { ...limits, signal });
  if (outcome.kind !== 'response' || outcome.status !== 200) return undefined;
  const json = jsonOf(outcome.body);
  const url = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['renewalInfo'] : undefined;
  return typeof url === 'string' && url.startsWith('https://') && URL.canParse(url) ? url : 'none';
}

/** `until`: a window that was told earlier stays where it is while it holds; else a moment in it is taken anew. */
export async function askRenewal(
  input: LookupInput,
  base: string,
  certId: string,
  told: { readonly at: number } | undefined,
  signal: AbortSignal,
): Promise<RenewalAnswer> {
  const now = input.now();
  const outcome = await input.fetch(`${base.replace(/\/$/, '')}/${certId}`, { ...limits, signal });
  const later = { askAgainAt: now + nextAskMs(undefined), ...(told ? { at: told.at } : {}) };
  if (outcome.kind !== 'response' || outcome.status !== 200) return later;
  const window = readRenewalInfo(jsonOf(outcome.body));
  if (!window) return later;
  const askAgainAt = now + nextAskMs(retryAfterMs(outcome.headers['retry-after'], now));
  const stays = told !== undefined && told.at >= window.start && told.at <= window.end;
  const at = stays ? told.at : momentIn(window, input.random());
  return { at, askAgainAt, ...(window.explanation === undefined ? {} : { explanation: window.explanation }) };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

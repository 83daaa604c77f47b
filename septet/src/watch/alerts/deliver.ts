/**
 * Gives one message to one channel: tried again at once a few times where that may help, with growing pauses. Every way it
 * may end is an outcome; addresses of webhooks, secrets and passwords are in none of their texts.
 */
import { submit } from '../../world/submission.ts';
import { viaText } from '../../world/via.ts';
import type { FetchOutcome, World } from '../../world/world.ts';
import type { Channel, ChannelTarget } from './channel.ts';
import { ntfyRequest, slackRequest, type AlertRequest } from './chat-requests.ts';
import { cleanLine, cutCharacters } from './clean-text.ts';
import type { AlertMessage } from './compose.ts';
import { alertMail } from './mail-message.ts';
import { signatureOf, webhookBody } from './webhook.ts';

export type Delivery =
  | { readonly kind: 'sent'; readonly tries: number; readonly detail: string }
  /** It may work later: no answer, 5xx, too many requests. */
  | { readonly kind: 'later'; readonly tries: number; readonly detail: string; readonly afterMs?: number }
  /** The channel says no: somebody has to look at its settings. `gone`: it says that it will never be there again. */
  | { readonly kind: 'refused'; readonly tries: number; readonly detail: string; readonly gone?: true };

export interface DeliveryOptions {
  readonly world: Pick<World, 'fetch' | 'now'>;
  sleep(milliseconds: number): Promise<void>;
  /** For one try, in milliseconds. */
  readonly timeoutMs?: number;
  /** At least 1. */
  readonly tries?: number;
}

const defaultTimeoutMs = 15_000; // house
const defaultTries = 3; // house
const firstPauseMs = 1000; // house; each pause is four times the one before
const longestRetryAfterMs = 3_600_000; // house
const maxAnswerOctets = 64 * 1024;

type Once = Delivery extends infer D ? (D extends { readonly tries: number } ? Omit<D, 'tries'> : never) : never;

/** Never rejects. The message may arrive twice where the answer is lost on its way; its id is the same then. */
export async function deliver(message: AlertMessage, channel: Channel, options: DeliveryOptions): Promise<Delivery> {
  const { tries = defaultTries } = options;
  for (let turn = 1; ; turn++) {
    // oxlint-disable-next-line no-await-in-loop -- one try after the other
    const once = await deliverOnce(message, channel.target, options);
    if (once.kind !== 'later' || turn >= tries || once.afterMs !== undefined) return { ...once, tries: turn };
    // oxlint-disable-next-line no-await-in-loop -- the pause between two tries
    await options.sleep(firstPauseMs * 4 ** (turn - 1));
  }
}

function deliverOnce(message: AlertMessage, target: ChannelTarget, options: DeliveryOptions): Promise<Once> {
  switch (target.kind) {
    case 'mail':
      return byMail(message, target, options);
    case 'webhook': {
      const body = webhookBody(message);
      const headers = {
        'X-Septet-Signature': signatureOf(body, target.secret, options.world.now()),
        'X-Septet-Delivery': message.id,
      };
      return byPost(target, { body, contentType: 'application/json', headers }, [target.secret], options);
    }
    case 'slack':
      return byPost(target, slackRequest(message), [], options);
    case 'ntfy':
      return byPost(target, ntfyRequest(message, target.token), [target.token ?? ''], options);
  }
}

async function byMail(
  message: AlertMessage,
  { to, from, via }: Extract<ChannelTarget, { kind: 'mail' }>,
  { timeoutMs = defaultTimeoutMs }: DeliveryOptions,
): Promise<Once> {
  const outcome = await submit(alertMail(message, { from, to }), { from, to }, via, { timeoutMs });
  switch (outcome.kind) {
    case 'accepted': {
      const left = outcome.refused.length;
      const partly = left > 0 ? `, but not for ${left} of ${to.length} recipients` : '';
      return { kind: 'sent', detail: `${viaText(via)} took it${partly}: ${shown(outcome.answer)}` };
    }
    case 'refused': {
      const kind = outcome.code !== undefined && outcome.code < 500 ? 'later' : 'refused';
      return { kind, detail: `${viaText(via)} refuses it: ${shown(outcome.answer)}` };
    }
    case 'no-tls':
      return { kind: 'refused', detail: shown(outcome.detail) };
    case 'unreachable':
      return { kind: 'later', detail: shown(outcome.detail) };
  }
}

async function byPost(
  { url }: Extract<ChannelTarget, { readonly url: string }>,
  request: AlertRequest,
  secrets: readonly string[],
  { world, timeoutMs = defaultTimeoutMs }: DeliveryOptions,
): Promise<Once> {
  const host = new URL(url).host;
  if (!world.fetch) return { kind: 'later', detail: `${host} was not asked: there is no HTTPS in this run.` };
  const outcome = await world.fetch(url, {
    method: 'POST',
    body: Buffer.from(request.body, 'utf8'),
    contentType: request.contentType,
    headers: request.headers,
    maxOctets: maxAnswerOctets,
    timeoutMs,
  });
  const hidden = [...secrets, ...partsOf(url)];
  // Before it is cut, so that no half of a secret stays.
  const silent = (text: string): string => shown(withoutSecrets(text, hidden));
  // An answer that is too large comes from a server that has read the message; what it says of it is not known.
  if (outcome.kind === 'failed') return { kind: 'later', detail: `${host}: ${silent(outcome.detail)}.` };
  return statusOutcome(outcome, host, silent, world.now());
}

function statusOutcome(
  outcome: Extract<FetchOutcome, { kind: 'response' }>,
  host: string,
  silent: (text: string) => string,
  now: number,
): Once {
  const { status, body, headers } = outcome;
  if (status >= 200 && status < 300) return { kind: 'sent', detail: `${host} took it: HTTP ${status}` };
  const said = silent(Buffer.from(body).toString('utf8'));
  const detail = `${host} answers HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  if (status === 410) return { kind: 'refused', detail: `${detail}. It says that it is gone for good.`, gone: true };
  if (status >= 300 && status < 400)
    return {
      kind: 'refused',
      detail: `${host} answers HTTP ${status}, and alerts follow no redirect. Give its own address.`,
    };
  if (status !== 408 && status !== 425 && status !== 429 && status < 500) return { kind: 'refused', detail };
  const afterMs = retryAfter(headers['retry-after'], now);
  return { kind: 'later', detail, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), longestRetryAfterMs) : undefined;
}

const shown = (text: string): string =>
  cutCharacters(cleanLine(text.replace(/\s+/g, ' ').trim()), 160).replace(/\.$/, '');

/** Every part of the address of a webhook may be what keeps strangers out. The longest first. */
function partsOf(url: string): readonly string[] {
  const { href, pathname, search, searchParams } = new URL(url);
  const parts = [href, `${pathname}${search}`, pathname, search, ...pathname.split('/'), ...searchParams.values()];
  return [...new Set(parts.flatMap((part) => [part, decoded(part)]))].toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let out = text;
  for (const secret of secrets) if (secret.length > 3) out = out.replaceAll(secret, '…');
  return out;
}

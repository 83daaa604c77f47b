/**
 * One question to a host's API: sent with retries, its refusal turned into a fault with the way out. What the host says
 * is quoted, shortened and cleaned of everything that was secret in the request.
 */
import type { HostFault, HostOutside, HttpReply, HttpRequest } from '../host.ts';
import { askedWaitMs, withRetries } from '../retry.ts';
import { parseJson } from './json.ts';

export interface Api {
  /** For a person: `Cloudflare`. */
  readonly title: string;
  readonly outside: HostOutside;
  /** Without a slash at the end. */
  readonly base: string;
  /** Never shown. */
  readonly secrets: readonly string[];
  /** What the credentials are called: `token`, `access key`. */
  readonly credentials: string;
  /** Adds what proves who asks. Done again for every attempt, because signatures carry the time. */
  sign(request: HttpRequest): HttpRequest | Promise<HttpRequest>;
  /** The host's own words for a refusal, read from its body. */
  words(body: string): Words | undefined;
  /** The meaning of a refusal where it is not that of the status alone. */
  meaning?(status: number, words: Words | undefined, ask: Ask): Partial<HostFault> | undefined;
  /** Replies besides 429 that say "later, nothing was done". */
  throttled?(reply: HttpReply): boolean;
}

export interface Words {
  readonly code?: string;
  readonly text: string;
}

export interface Ask {
  readonly method: HttpRequest['method'];
  /** Below the base, with the query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** The permission that the request needs, in the host's own words: `Zone → DNS → Edit`. */
  readonly needs: string;
  /** Statuses besides 2xx that the caller reads itself. */
  readonly also?: readonly number[];
  /** Carrying it out twice is as good as once. Without it that holds for everything but POST and PATCH. */
  readonly idempotent?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type AnsweredJson = Omit<Answered, 'body'> & { readonly value: unknown };

/** Rejects only with the reason of the signal. */
export async function ask(api: Api, asked: Ask): Promise<Answered | HostFault> {
  const { method, body, signal } = asked;
  const request: HttpRequest = {
    method,
    url: `${api.base}${asked.path}`,
    headers: {
      accept: asked.contentType ?? 'application/json',
      ...(body === undefined ? {} : { 'content-type': asked.contentType ?? 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  };
  const reply = await withRetries(api.outside, async () => api.outside.http(await api.sign(request)), {
    idempotent: asked.idempotent ?? (method !== 'POST' && method !== 'PATCH'),
    ...(signal ? { signal } : {}),
    ...(api.throttled ? { throttled: (seen: HttpReply) => api.throttled?.(seen) === true } : {}),
  });
  signal?.throwIfAborted();
  if (reply.kind === 'failed') {
    return {
      kind: 'fault',
      reason: 'unreachable',
      detail: `${api.title} could not be reached: ${clean(api, reply.detail)}.`,
      cure: 'Look at the network connection and try again.',
    };
  }
  const { status, headers } = reply;
  if ((status >= 200 && status < 300) || asked.also?.includes(status) === true) {
    return { kind: 'answered', status, headers, body: reply.body };
  }
  const words = api.words(reply.body);
  const usual = faultOf(api, reply, words, asked);
  return { ...usual, ...api.meaning?.(status, words, asked) };
}

/** As `ask`, with the body read as JSON. An empty body is `undefined`; a body that is not JSON is a fault. */
export async function askJson(api: Api, asked: Ask): Promise<AnsweredJson | HostFault> {
  const answer = await ask(api, asked);
  if (answer.kind === 'fault') return answer;
  const { kind, status, headers, body } = answer;
  if (body.trim() === '') return { kind, status, headers, value: undefined };
  const value = parseJson(body);
  return value === undefined ? malformed(api, asked.path, 'the answer is not JSON') : { kind, status, headers, value };
}

export function malformed(api: Api, path: string, what: string): HostFault {
  return {
    kind: 'fault',
    reason: 'malformed',
    detail: `${api.title} answered ${withoutQuery(path)} with something else than its description says: ${what}.`,
    cure: 'Look whether the address of the API is right and whether something stands between; then try again.',
  };
}

/**
 * Whether pages that were read one after the other make the whole. Where the totals that came with them differ, or are
 * not what was seen, the zone changed in between, and a record may have slipped from one page to another unseen.
 */
export function torn(api: Api, totals: readonly (number | undefined)[], seen: number): HostFault | undefined {
  if (totals.length < 2 || totals.every((total) => total === undefined || total === seen)) return undefined;
  const told = [...new Set(totals)].join(' and ');
  return {
    kind: 'fault',
    reason: 'unreachable',
    detail: `The zone changed at ${api.title} while it was read: it has ${told} records, and ${seen} were seen.`,
    cure: 'Try again.',
  };
}

export function noZone(api: Api, zone: string, detail: string, cure?: string): HostFault {
  return {
    kind: 'fault',
    reason: 'no-zone',
    detail,
    cure: cure ?? `Look at ${api.title} whether the zone ${zone} is in the account that the ${api.credentials} is for.`,
  };
}

function faultOf(
  api: Api,
  reply: HttpReply & { kind: 'reply' },
  words: Words | undefined,
  { needs, path }: Ask,
): HostFault {
  const { status } = reply;
  const { title, credentials } = api;
  const said = quote(api, words);
  if (status === 401) return notAuthenticated(api, words);
  if (status === 403) return notPermitted(api, needs, words);
  if (status === 429) {
    const asked = askedWaitMs(reply, api.outside.now());
    const until = asked === undefined ? 'in a few minutes' : `in ${Math.ceil(asked / 1000)} seconds`;
    return {
      kind: 'fault',
      reason: 'rate-limited',
      detail: `${title} takes no more requests for now${said}.`,
      cure: `Try again ${until}.`,
    };
  }
  if (status >= 500 || status === 408) {
    return {
      kind: 'fault',
      reason: 'unreachable',
      detail: `${title} answered with status ${status}${said}.`,
      cure: 'Try again in a few minutes; what was written before that is found and kept.',
    };
  }
  if (status >= 400) {
    const what = status === 404 ? `does not know ${withoutQuery(path)}` : `refuses this with status ${status}`;
    return {
      kind: 'fault',
      reason: 'rejected',
      detail: `${title} ${what}${said}.`,
      cure: `Look at what ${title} says; change the record or what stands in its way there.`,
    };
  }
  return malformed(api, path, `it has status ${status}, and the ${credentials} is not sent to another address`);
}

export function notAuthenticated(api: Api, words?: Words): HostFault {
  return {
    kind: 'fault',
    reason: 'not-authenticated',
    detail: `${api.title} does not accept the ${api.credentials}${quote(api, words)}.`,
    cure: `Make a new ${api.credentials} at ${api.title} and put it where the dns entry of septet.yaml points.`,
  };
}

export function notPermitted(api: Api, needs: string, words?: Words): HostFault {
  return {
    kind: 'fault',
    reason: 'not-permitted',
    detail: `The ${api.credentials} for ${api.title} lacks the permission ${needs}${quote(api, words)}.`,
    cure: `Give it ${needs} for this zone.`,
  };
}

const quote = (api: Api, words: Words | undefined): string => {
  if (words === undefined) return '';
  const text = clean(api, words.text).replace(/[.\s]+$/, '');
  const code = words.code === undefined ? '' : `${clean(api, words.code)}: `;
  return text === '' && code === '' ? '' : ` (${code}${text})`;
};

const withoutQuery = (path: string): string => path.replace(/\?.*$/, '');

/** House limit: how much of a foreign text is quoted. */
const maxQuoted = 300;

/** One line of printable text without the secrets of the request. */
export function clean(api: Api, text: string): string {
  let out = text;
  for (const secret of api.secrets) if (secret.length > 0) out = out.replaceAll(secret, '…');
  // oxlint-disable-next-line no-control-regex
  out = out.replaceAll(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return out.length > maxQuoted ? `${out.slice(0, maxQuoted)}…` : out;
}

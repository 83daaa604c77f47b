/** What Cloudflare's answers mean (API v4): the envelope, its error codes, and who may do what. */
import type { HostFault, HostOutside } from '../host.ts';
import {
  ask,
  askJson,
  malformed,
  notAuthenticated,
  notPermitted,
  type Api,
  type Ask,
  type Words,
} from '../https/ask.ts';
import { at, listAt, numberAt, parseJson, textAt } from '../https/json.ts';

export const zoneRead = 'Zone → Zone → Read';
export const dnsRead = 'Zone → DNS → Read';
export const dnsEdit = 'Zone → DNS → Edit';

export function cloudflareApi(token: string, base: string, outside: HostOutside): Api {
  return {
    title: 'Cloudflare',
    outside,
    base,
    secrets: [token],
    credentials: 'token',
    sign: (request) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
    words,
    meaning,
  };
}

function words(body: string): Words | undefined {
  const first = listAt(parseJson(body), 'errors')?.[0];
  if (first === undefined) return undefined;
  const chained = listAt(first, 'error_chain')?.[0];
  const [outer, inner] = [textAt(first, 'message') ?? '', textAt(chained, 'message')];
  const code = numberAt(chained, 'code') ?? numberAt(first, 'code');
  return {
    ...(code === undefined ? {} : { code: String(code) }),
    text: inner === undefined || inner === outer ? outer : `${outer}: ${inner}`,
  };
}

/** 1000, 6003, 6111: no token or none that could be one. 9106, 9107: headers are missing. */
const badToken = new Set(['1000', '1001', '6003', '6103', '6111', '9106', '9107']);
/** 9109: no access to the resource. 10000: the token does not allow it, or is none; comes with 400, 401 or 403. */
const noAccess = new Set(['9109', '10000']);
/** 81044: the record is gone. */
const gone = new Set(['81044']);

function meaning(_status: number, said: Words | undefined, { needs }: Ask): Partial<HostFault> | undefined {
  const code = said?.code ?? '';
  if (badToken.has(code)) return { reason: 'not-authenticated' };
  if (noAccess.has(code)) {
    return {
      reason: 'not-permitted',
      detail: `The token for Cloudflare lacks the permission ${needs} (${code}).`,
      cure: `Give it ${needs} for this zone under My Profile → API Tokens.`,
    };
  }
  if (gone.has(code)) return { reason: 'changed', cure: 'Plan again; the new plan starts from what is there now.' };
  return undefined;
}

/** One request; the value of `result`, and the envelope. */
export async function call(
  api: Api,
  asked: Ask,
): Promise<{ readonly kind: 'result'; readonly result: unknown; readonly envelope: unknown } | HostFault> {
  const answer = await askJson(api, asked);
  if (answer.kind === 'fault') return answer;
  const { value } = answer;
  if (at(value, 'success') !== true || at(value, 'result') === undefined) {
    return malformed(api, asked.path, 'it has no result');
  }
  return { kind: 'result', result: at(value, 'result'), envelope: value };
}

/**
 * Cloudflare answers a wrong token and a missing permission alike where no zone was seen yet. The token's own page says
 * which it is.
 */
export async function whoseFault(
  api: Api,
  fault: HostFault,
  needs: string,
  signal: AbortSignal | undefined,
): Promise<HostFault> {
  if (fault.reason !== 'not-permitted' && fault.reason !== 'not-authenticated') return fault;
  const path = '/user/tokens/verify';
  const seen = await ask(api, { method: 'GET', path, needs, signal, also: [400, 401, 403] });
  if (seen.kind === 'fault') return fault;
  const status = textAt(at(parseJson(seen.body), 'result'), 'status');
  if (seen.status !== 200) return notAuthenticated(api, words(seen.body));
  return status === 'active'
    ? notPermitted(api, needs)
    : notAuthenticated(api, { text: `it is ${status ?? 'not active'}` });
}

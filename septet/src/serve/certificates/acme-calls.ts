/**
 * How `acme-client` speaks: its requests go through the World's fetch. So there is one way to names and trusted
 * authorities, no proxy out of the environment, a limit on size and time, and no retry that sleeps for an hour. What
 * belongs to one order travels with it (AsyncLocalStorage), because the library has one HTTP client for all.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type * as acmeClient from 'acme-client';
import type { HttpsFetch } from '../../world/world.ts';
import { AcmeFault, problemSentence, readProblem } from './acme-fault.ts';
import { retryAfterMs } from './pauses.ts';

export interface AcmeCall {
  readonly fetch: HttpsFetch;
  readonly signal: AbortSignal;
  now(): number;
  /** What is being done, for sentences: `the order for mta-sts.example.com`. */
  what: string;
  /** Of the last answer. */
  retryAfterMs?: number | undefined;
}

const calls = new AsyncLocalStorage<AcmeCall>();

/** An answer is a directory, an order or a chain. */
const maxAnswerOctets = 256 * 1024; // house
const answerTimeoutMs = 30_000; // house

type AcmeLibrary = Pick<typeof acmeClient, 'axios' | 'Client'>;

/** Loads the library and gives it our way out. */
export async function loadAcme(): Promise<AcmeLibrary> {
  const acme = await import('acme-client');
  acme.axios.defaults.adapter = exchange as NonNullable<typeof acme.axios.defaults.adapter>;
  acme.axios.defaults.proxy = false;
  return acme;
}

/** Runs `work` with its requests made by this call. Rejects with `AcmeFault` for what the authority does. */
export const inCall = <T>(call: AcmeCall, work: () => Promise<T>): Promise<T> => calls.run(call, work);

interface AxiosRequest {
  readonly url?: string;
  readonly method?: string;
  readonly data?: unknown;
}

/** An adapter of axios. Answers 2xx and `badNonce`, which the library tries again (RFC 8555 §6.5); rejects for all else. */
async function exchange(request: AxiosRequest): Promise<unknown> {
  const call = calls.getStore();
  if (!call) throw new Error('a request of acme-client outside of an order');
  const { url = '', method = 'get', data } = request;
  const verb = method.toUpperCase();
  if (!url.startsWith('https://'))
    throw new AcmeFault('malformed', `The authority leads to ${url.slice(0, 200)}, which is no https URL.`);
  const outcome = await call.fetch(url, {
    maxOctets: maxAnswerOctets,
    timeoutMs: answerTimeoutMs,
    signal: call.signal,
    method: verb === 'POST' || verb === 'HEAD' ? verb : 'GET',
    ...(verb === 'POST' ? { body: Buffer.from(String(data), 'utf8'), contentType: 'application/jose+json' } : {}), // RFC 8555 §6.2
  });
  call.signal.throwIfAborted();
  const { host } = new URL(url);
  if (outcome.kind === 'failed')
    throw new AcmeFault('unreachable', `The authority ${host} cannot be asked: ${outcome.detail}.`);
  const { status, headers, body } = outcome;
  call.retryAfterMs = retryAfterMs(headers['retry-after'], call.now());
  const text = Buffer.from(body).toString('utf8');
  const answer = { data: text, status, statusText: '', headers, config: request, request: undefined };
  if (status >= 200 && status < 300) return answer;
  const problem = readProblem(jsonOf(text));
  if (problem.type === 'badNonce') return answer;
  const what =
    problem.type === 'unknown' && problem.detail === ''
      ? `The authority ${host} answers ${status} to ${call.what}`
      : `The authority ${host} refuses ${call.what}`;
  throw new AcmeFault(problem.type, problemSentence(what, problem), call.retryAfterMs);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

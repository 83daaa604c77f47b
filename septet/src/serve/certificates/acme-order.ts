/** One order from beginning to end (RFC 8555 §7.4): a certificate for one name, or a sentence why not. */
import { createPrivateKey } from 'node:crypto';
import { dnsName, type DnsName } from '../../dns/name.ts';
import { StateFault } from '../../store/state-fault.ts';
import type { HttpsFetch } from '../../world/world.ts';
import { forgetAccountUrl, openAccount, type AcmeClient } from './acme-account.ts';
import { inCall, type AcmeCall, type loadAcme } from './acme-calls.ts';
import { AcmeFault, oneLine, problemSentence, readProblem } from './acme-fault.ts';
import type { PendingChallenges } from './challenges.ts';
import { certificateRequest, newKey } from './request-forms.ts';
import type { AcmeSettings } from './settings.ts';
import type { CertificateShelf } from './shelf.ts';

export interface OrderInput {
  readonly settings: AcmeSettings;
  readonly shelf: CertificateShelf;
  readonly challenges: PendingChallenges;
  readonly fetch: HttpsFetch;
  readonly acme: () => ReturnType<typeof loadAcme>;
  /** One machine at a time; `undefined` where another is at it. */
  exclusively<T>(lock: DnsName, work: () => Promise<T>): Promise<T | undefined>;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  now(): number;
}

export type OrderOutcome =
  /** PEM. */
  | { readonly kind: 'issued'; readonly key: string; readonly chain: string }
  | { readonly kind: 'failed'; readonly fault: string; readonly retryAfterMs?: number };

/** For all challenges and the issuing, each. */
const waitMs = 5 * 60_000; // house
/** Stands for no domain (RFC 6761 §6.4). */
const accountLock = dnsName('acme-account.invalid');
const pollMs = 1000; // house, where the authority asks for nothing else
const longestPollMs = 60_000; // house

/** `replaces`: the id of the certificate that the new one follows (RFC 9773 §5). Rejects with the signal's reason only. */
export async function order(
  input: OrderInput,
  name: DnsName,
  signal: AbortSignal,
  replaces?: string,
): Promise<OrderOutcome> {
  const call: AcmeCall = { fetch: input.fetch, signal, now: input.now, what: `the order for ${name}` };
  try {
    const issued = await inCall(call, () => withAccount(input, call, name, replaces));
    return { kind: 'issued', ...issued };
  } catch (error) {
    signal.throwIfAborted();
    const fault = faultOf(error, name, input.settings);
    return {
      kind: 'failed',
      fault: fault.message,
      ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
    };
  }
}

/** What the library throws tells of answers that it cannot read; what a shelf throws is a sentence already. */
function faultOf(error: unknown, name: DnsName, { directory }: AcmeSettings): AcmeFault {
  if (error instanceof AcmeFault) return error;
  const told = oneLine(error instanceof Error ? error.message : String(error));
  const text = /[.!?]$/.test(told) ? told : `${told || 'it cannot be read'}.`;
  if (error instanceof StateFault) return new AcmeFault('kept', `The order for ${name} cannot go on: ${text}`);
  return new AcmeFault(
    'malformed',
    `The authority ${new URL(directory).host} does not answer the order for ${name} as RFC 8555 asks: ${text}`,
  );
}

/** An authority that has forgotten the account is given it anew, with the same key, once. */
async function withAccount(input: OrderInput, call: AcmeCall, name: DnsName, replaces: string | undefined) {
  try {
    return await run(input, call, name, replaces);
  } catch (error) {
    if (!(error instanceof AcmeFault) || error.problem !== 'accountDoesNotExist') throw error;
    await forgetAccountUrl(input.settings, input.shelf);
    return run(input, call, name, replaces);
  }
}

async function run(input: OrderInput, call: AcmeCall, name: DnsName, replaces: string | undefined) {
  const acme = await input.acme();
  const { settings, shelf } = input;
  const client = await openAccount({
    acme,
    settings,
    shelf,
    call,
    exclusively: (work) => input.exclusively(accountLock, work),
    sleep: input.sleep,
  });
  call.what = `the order for ${name}`;
  const made = await newOrder(client, name, replaces);
  const authorizations = await client.getAuthorizations(made);
  await Promise.all(
    authorizations.filter(({ status }) => status !== 'valid').map((one) => prove(input, call, client, name, one)),
  );
  const key = newKey();
  const csr = certificateRequest(name, createPrivateKey(key));
  // Proved is not yet ready: the authority may take a moment (RFC 8555 §7.1.6).
  const ready = await polled(
    input,
    call,
    () => client.getOrder(made),
    (one) => one.status !== 'pending',
  );
  if (ready.status === 'ready') await client.finalizeOrder(ready, csr);
  const done = await polled(
    input,
    call,
    () => client.getOrder(made),
    (one) => one.status === 'valid' || one.status === 'invalid',
  );
  if (done.status !== 'valid' || done.certificate === undefined)
    throw new AcmeFault(
      'invalid',
      problemSentence(`The authority does not issue a certificate for ${name}`, readProblem(done.error)),
    );
  return { key, chain: await client.getCertificate(done) };
}

type Order = Awaited<ReturnType<AcmeClient['createOrder']>>;
type Authorization = Awaited<ReturnType<AcmeClient['getAuthorizations']>>[number];

async function newOrder(client: AcmeClient, name: DnsName, replaces: string | undefined): Promise<Order> {
  const identifiers = [{ type: 'dns', value: name }];
  if (replaces === undefined) return client.createOrder({ identifiers });
  const wanted = { identifiers, replaces };
  try {
    return await client.createOrder(wanted);
  } catch (error) {
    // Replaced already, or of another account or authority: then it is an order like any other (RFC 9773 §5).
    if (error instanceof AcmeFault && mayBeReplaces.has(error.problem)) return client.createOrder({ identifiers });
    throw error;
  }
}

const mayBeReplaces: ReadonlySet<string> = new Set(['alreadyReplaced', 'malformed', 'unauthorized', 'conflict']);

async function prove(
  input: OrderInput,
  call: AcmeCall,
  client: AcmeClient,
  name: DnsName,
  found: Authorization,
): Promise<void> {
  const { challenge: kind } = input.settings;
  const { host } = new URL(input.settings.directory);
  const challenge = found.challenges.find(({ type }) => type === (kind as string));
  if (!challenge) {
    const offered = found.challenges.map(({ type }) => type).join(', ') || 'none';
    throw new AcmeFault(
      'challenge',
      `The authority ${host} offers no ${kind} for ${name}, only ${offered.slice(0, 100)}. Set serve.acme.challenge to one of these.`,
    );
  }
  const authorization = await client.getChallengeKeyAuthorization(challenge);
  const takeAway = await input.challenges.put({
    kind,
    host: name,
    token: challenge.token,
    authorization,
    signal: call.signal,
  });
  try {
    await client.completeChallenge(challenge);
    const look = async (): Promise<Authorization> =>
      (await client.getAuthorizations({ authorizations: [found.url] } as Order))[0] as Authorization;
    const judged = await polled(input, call, look, ({ status }) => status !== 'pending');
    if (judged.status === 'valid') return;
    const failed = judged.challenges.find(({ type }) => type === (kind as string));
    throw new AcmeFault(
      'challenge',
      problemSentence(`The authority ${host} does not accept ${kind} for ${name}`, readProblem(failed?.error)),
    );
  } finally {
    await takeAway();
  }
}

/** Looks again until `settled`, at the pace that the authority asks for (RFC 8555 §7.5.1). */
async function polled<T>(
  input: OrderInput,
  call: AcmeCall,
  look: () => Promise<T>,
  settled: (value: T) => boolean,
): Promise<T> {
  for (const begun = input.now(); ;) {
    /* oxlint-disable no-await-in-loop -- it looks again and again */
    const value = await look();
    if (settled(value)) return value;
    if (input.now() - begun > waitMs)
      throw new AcmeFault(
        'unreachable',
        `The authority ${new URL(input.settings.directory).host} has not finished ${call.what} after ${waitMs / 60_000} minutes.`,
      );
    await input.sleep(Math.min(Math.max(call.retryAfterMs ?? pollMs, pollMs), longestPollMs), call.signal);
    /* oxlint-enable no-await-in-loop */
  }
}

/**
 * Requests to Route 53 (API version 2013-04-01): signed with Signature Version 4 for the region us-east-1, answered in
 * XML. What the error codes mean, and which permission of IAM a request needs.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { HostFault, HostOutside, HttpReply, HttpRequest } from '../host.ts';
import { ask, malformed, type Api, type Ask, type Words } from '../https/ask.ts';
import { find, parseXml, textOf, type Element } from './xml.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export function route53Api(keys: AwsKeys, base: string, outside: HostOutside): Api {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  return {
    title: 'Route 53',
    outside,
    base: `${base}/2013-04-01`,
    // The identifier of the key is no secret, yet nobody needs to read it in a message.
    secrets: [secretAccessKey, accessKeyId, ...(sessionToken === undefined ? [] : [sessionToken])],
    credentials: 'access key',
    sign: (request) => sign(keys, outside.now(), request),
    words,
    meaning,
    throttled,
  };
}

async function sign(keys: AwsKeys, now: number, request: HttpRequest): Promise<HttpRequest> {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers: { ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: 'route53',
    region: 'us-east-1',
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  });
  const signed = await signer.sign();
  const headers: Record<string, string> = {};
  signed.headers.forEach((value, name) => {
    if (name !== 'host') headers[name] = value;
  });
  return { ...request, url: signed.url.toString(), headers };
}

/** `<ErrorResponse><Error><Code/><Message/></Error></ErrorResponse>`, or `<InvalidChangeBatch><Messages>…`. */
function words(body: string): Words | undefined {
  const root = parseXml(body);
  if (root === undefined) return undefined;
  const error = find(root, 'Error') ?? root;
  const list = find(error, 'Messages') ?? find(root, 'Messages');
  const messages = (list?.children ?? []).map((child) => child.text);
  const code = textOf(error, 'Code') ?? (root.name === 'ErrorResponse' ? undefined : root.name);
  const text = messages.length > 0 ? messages.join(' ') : (textOf(error, 'Message') ?? '');
  return { ...(code === undefined ? {} : { code }), text };
}

const badKey = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'MissingAuthenticationToken',
  'IncompleteSignature',
  'RequestExpired',
]);

const changedInBetween = /but (it was not found|it already exists|the values provided do not match the current values)/;

function meaning(_status: number, said: Words | undefined, { needs }: Ask): Partial<HostFault> | undefined {
  const code = said?.code ?? '';
  if (badKey.has(code)) {
    const clock = code === 'SignatureDoesNotMatch' || code === 'RequestExpired' ? ' Look at the clock here too.' : '';
    return {
      reason: 'not-authenticated',
      detail: `Route 53 does not accept the access key (${code}).`,
      cure: `Put a valid access key and its secret key where the dns entry of septet.yaml points.${clock}`,
    };
  }
  if (code === 'AccessDenied' || code === 'AccessDeniedException') {
    // The message names the account and the user; the permission is what counts.
    return { reason: 'not-permitted', detail: `The access key for Route 53 lacks the permission ${needs}.` };
  }
  if (code === 'InvalidChangeBatch' && changedInBetween.test(said?.text ?? '')) {
    return { reason: 'changed', cure: 'Plan again; the new plan starts from what is there now.' };
  }
  if (code === 'NoSuchHostedZone') return { reason: 'no-zone', cure: 'Look at the id of the hosted zone.' };
  if (busy.has(code)) return { reason: 'rate-limited', cure: 'Try again in a few minutes.' };
  return undefined;
}

/** Refusals with status 400 that pass: nothing was done. */
const busy = new Set(['Throttling', 'ThrottlingException', 'PriorRequestNotComplete', 'RequestLimitExceeded']);

function throttled(reply: HttpReply): boolean {
  return reply.kind === 'reply' && reply.status === 400 && busy.has(words(reply.body)?.code ?? '');
}

/** One request; the root of the answer, which has to have the name. */
export async function call(api: Api, root: string, asked: Ask): Promise<{ readonly root: Element } | HostFault> {
  const answer = await ask(api, { contentType: 'text/xml', ...asked });
  if (answer.kind === 'fault') return answer;
  const seen = parseXml(answer.body);
  return seen?.name === root ? { root: seen } : malformed(api, asked.path, `it is not XML of ${root}`);
}

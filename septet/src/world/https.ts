/**
 * One HTTPS (or HTTP) GET, HEAD or POST, as strict as the readers of MTA-STS policies and BIMI logos are: addresses come from the
 * World's resolver, the certificate is verified against the host, redirects are followed only when asked for,
 * size and time are limited. The outcome says what went wrong instead of throwing.
 */
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { parseName } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import { dataOf } from '../dns/rrset.ts';
import type { CertificateFacts, FetchFailure, FetchLimits, FetchOutcome, HttpsFetch, TlsFacts } from './world.ts';

export interface HttpsOptions {
  readonly resolver: Resolver;
  /** Certificates (PEM) trusted besides the system's; for laboratories and tests. */
  readonly extraCa?: readonly string[];
  /** Other ports than the URL's, for laboratories and tests: `{ 443: 8443 }`. */
  readonly ports?: Readonly<Record<number, number>>;
  /** Milliseconds since 1970; only for measuring how long an answer took. */
  readonly now: () => number;
}

type Failed = Extract<FetchOutcome, { kind: 'failed' }>;

export function httpsFetch(options: HttpsOptions): HttpsFetch {
  return async (url, limits) => {
    const redirects: string[] = [];
    const timeout = AbortSignal.timeout(limits.timeoutMs);
    const signal = limits.signal ? AbortSignal.any([timeout, limits.signal]) : timeout;
    let current = url;
    for (;;) {
      const outcome = await fetchOnce(options, current, limits, signal);
      const location =
        outcome.kind === 'response' && outcome.status >= 300 && outcome.status < 400
          ? outcome.headers['location']
          : undefined;
      if (location === undefined || limits.method === 'POST' || !limits.maxRedirects)
        return { ...outcome, url, redirects };
      if (redirects.length >= limits.maxRedirects) {
        return {
          kind: 'failed',
          url,
          redirects,
          reason: 'too-many-redirects',
          detail: `more than ${limits.maxRedirects} redirects`,
        };
      }
      if (!URL.canParse(location, current))
        return { kind: 'failed', url, redirects, reason: 'protocol', detail: `redirect to ${location}` };
      current = new URL(location, current).href;
      redirects.push(current);
    }
  };
}

async function fetchOnce(
  options: HttpsOptions,
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const failed = (reason: FetchFailure, detail: string, more: Partial<Failed> = {}): Failed => ({
    kind: 'failed',
    url,
    redirects: [],
    reason,
    detail,
    ...more,
  });
  if (!URL.canParse(url)) return failed('protocol', `${url} is not a URL`);
  const unsent = Object.entries(postHeaders(limits)).find(([name, value]) => !isSendable(name, value));
  if (unsent) return failed('protocol', `the header ${JSON.stringify(unsent[0].slice(0, 60))} cannot be sent`);
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    return failed('protocol', `${target.protocol} is neither https: nor http:`);
  const addresses = await addressesOf(options.resolver, limits.via ?? target.hostname, limits.family, signal);
  if (signal.aborted) return failed('timeout', `no answer within ${limits.timeoutMs / 1000} seconds`);
  if (typeof addresses === 'string') return failed('dns', addresses);
  const secure = target.protocol === 'https:';
  const wanted = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
  const port = options.ports?.[wanted] ?? wanted;
  let last: Failed = failed('dns', `${target.hostname} has no address`);
  for (const address of addresses.slice(0, 4)) {
    if (signal.aborted) return failed('timeout', `no answer within ${limits.timeoutMs / 1000} seconds`);
    const outcome = await exchange(options, target, address, port, secure, limits, signal);
    if (outcome.kind === 'response') return outcome;
    last = outcome;
    if (outcome.reason !== 'unreachable' && outcome.reason !== 'refused') return outcome;
  }
  return last;
}

/** Addresses to try, IPv4 first; a sentence when there are none. */
async function addressesOf(
  resolver: Resolver,
  hostname: string,
  family: 4 | 6 | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | string> {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (net.isIP(bare) !== 0) return [bare];
  const host = parseName(hostname);
  if (!host.ok) return `${hostname} is not a host name`;
  const ask = (type: 'A' | 'AAAA') => resolver.query(host.name, type, { signal }).catch(() => undefined);
  const [a, aaaa] = await Promise.all([family === 6 ? undefined : ask('A'), family === 4 ? undefined : ask('AAAA')]);
  const found = [...(a ? dataOf(a) : []), ...(aaaa ? dataOf(aaaa) : [])];
  if (found.length > 0) return found;
  const failure = [a, aaaa].find((answer) => answer?.kind === 'failed');
  return failure?.kind === 'failed'
    ? `the address of ${hostname} could not be looked up (${failure.reason})`
    : `${hostname} has no address`;
}

function exchange(
  options: HttpsOptions,
  target: URL,
  address: string,
  port: number,
  secure: boolean,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  return new Promise((resolve) => {
    const started = options.now();
    let facts: TlsFacts | undefined;
    let settled = false;
    let sent = false;
    const finish = (outcome: FetchOutcome): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
      socket.destroy();
    };
    // What was sent may have taken effect, so that no other address may be tried with it.
    const spent = (reason: FetchFailure): boolean => sent && (reason === 'unreachable' || reason === 'refused');
    const fail = (reason: FetchFailure, detail: string): void =>
      finish({
        kind: 'failed',
        url: target.href,
        redirects: [],
        reason: spent(reason) ? 'protocol' : reason,
        detail,
        address,
        ...(facts ? { tls: facts } : {}),
      });
    const onAbort = (): void => fail('timeout', `no answer within ${limits.timeoutMs / 1000} seconds`);
    signal.addEventListener('abort', onAbort);
    const host = target.hostname;
    const socket: net.Socket = secure
      ? tls.connect({
          host: address,
          port,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
          ALPNProtocols: ['http/1.1'],
          minVersion: 'TLSv1',
          rejectUnauthorized: false,
          ...(options.extraCa ? { ca: [...tls.rootCertificates, ...options.extraCa] } : {}),
        })
      : net.connect({ host: address, port });
    socket.on('error', (error: NodeJS.ErrnoException) => fail(...networkFailure(error, address, port)));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      if (socket instanceof tls.TLSSocket) {
        facts = tlsFacts(socket);
        const fault = certificateFault(socket, host);
        if (fault) return fail(...fault);
      }
      const request = http.request({
        createConnection: () => socket,
        method: limits.method ?? 'GET',
        path: `${target.pathname}${target.search}`,
        headers: {
          host: target.host,
          'user-agent': 'septet',
          accept: '*/*',
          connection: 'close',
          ...(limits.method === 'POST' ? bodyHeaders(limits) : {}),
        },
        maxHeaderSize: 16 * 1024,
      });
      request.on('error', (error: NodeJS.ErrnoException) => fail(...networkFailure(error, address, port)));
      request.on('upgrade', () => fail('protocol', `${address} wants to speak another protocol`));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let octets = 0;
        response.on('data', (chunk: Buffer) => {
          octets += chunk.length;
          chunks.push(chunk);
          if (octets > limits.maxOctets) fail('too-large', `more than ${limits.maxOctets} octets`);
        });
        response.on('aborted', () => fail('protocol', 'the server ended the connection in the middle of the answer'));
        response.on('end', () =>
          finish({
            kind: 'response',
            url: target.href,
            redirects: [],
            status: response.statusCode ?? 0,
            headers: headersOf(response.headers),
            body: Buffer.concat(chunks),
            address,
            elapsedMs: options.now() - started,
            ...(facts ? { tls: facts } : {}),
          }),
        );
      });
      sent = limits.method === 'POST';
      if (sent && limits.body !== undefined) request.end(limits.body);
      else request.end();
    });
  });
}

const bodyHeaders = (limits: FetchLimits): Readonly<Record<string, string | number>> => ({
  ...postHeaders(limits),
  'content-length': limits.body?.length ?? 0,
  ...(limits.contentType === undefined ? {} : { 'content-type': limits.contentType }),
});

const postHeaders = ({ method, headers = {} }: FetchLimits): Readonly<Record<string, string>> =>
  method === 'POST' ? headers : {};

/** RFC 9110 §5.1 and §5.5; the fields that frame a request and name its host are not the caller's. */
const isSendable = (name: string, value: string): boolean =>
  /^[!#$%&'*+.^_`|~\w-]{1,100}$/.test(name) && /^[\x20-\x7e]{0,8000}$/.test(value) && !framing.has(name.toLowerCase());

const framing = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function networkFailure(error: NodeJS.ErrnoException, address: string, port: number): [FetchFailure, string] {
  switch (error.code) {
    case 'ECONNREFUSED':
      return ['refused', `${address} refuses connections on port ${port}`];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return ['unreachable', `${address} cannot be reached from here`];
    case 'ETIMEDOUT':
      return ['timeout', `${address} does not answer on port ${port}`];
    case 'ECONNRESET':
    case 'EPIPE':
      return ['protocol', `${address} ended the connection`];
    default:
      if (error.code?.startsWith('HPE_')) return ['protocol', `${address} does not speak HTTP`];
      if (error.code?.startsWith('ERR_SSL') || error.code?.startsWith('ERR_TLS') || error.code === 'EPROTO') {
        return ['tls', `no TLS with ${address}: ${error.code}`];
      }
      return ['unreachable', `${address}: ${error.code ?? error.message}`];
  }
}

function certificateFault(socket: tls.TLSSocket, host: string): [FetchFailure, string] | undefined {
  const certificate = socket.getPeerCertificate();
  const error: unknown = socket.authorizationError;
  const code =
    error instanceof Error
      ? ((error as NodeJS.ErrnoException).code ?? error.message)
      : error
        ? String(error)
        : undefined;
  if (code === 'CERT_HAS_EXPIRED') return ['certificate-expired', `it ended on ${dateOf(certificate.valid_to)}`];
  if (code === 'CERT_NOT_YET_VALID') return ['certificate-expired', `it begins on ${dateOf(certificate.valid_from)}`];
  if (code !== undefined && code !== 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const plain = untrusted.get(code) ?? `it is not trusted (${code})`;
    return ['certificate-untrusted', plain];
  }
  const mismatch = tls.checkServerIdentity(host, certificate);
  if (mismatch) return ['certificate-name', `it is for ${namesOf(certificate).slice(0, 4).join(', ') || 'no host'}`];
  return undefined;
}

const untrusted = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its chain ends at an authority that nobody trusts'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the server sends no intermediate certificate, or an untrusted one'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the server sends no intermediate certificate, or an untrusted one'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its chain is incomplete'],
]);

function tlsFacts(socket: tls.TLSSocket): TlsFacts {
  const certificate = socket.getPeerCertificate();
  const protocol = socket.getProtocol() ?? 'unknown';
  if (!certificate || Object.keys(certificate).length === 0) return { protocol };
  const facts: CertificateFacts = {
    names: namesOf(certificate),
    subject: subjectText(certificate.subject),
    issuer: subjectText(certificate.issuer),
    notBefore: Date.parse(certificate.valid_from),
    notAfter: Date.parse(certificate.valid_to),
  };
  return { protocol, certificate: facts };
}

const namesOf = (certificate: tls.PeerCertificate): readonly string[] =>
  (certificate.subjectaltname ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());

const subjectText = (subject: object | undefined): string =>
  Object.entries(subject ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ');

const dateOf = (text: string): string =>
  Number.isNaN(Date.parse(text)) ? text : new Date(Date.parse(text)).toISOString().slice(0, 10);

function headersOf(headers: http.IncomingHttpHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return out;
}

/**
 * The real `HostHttp`: one request over HTTPS, bounded in time and size. Certificates are verified, redirects are never
 * followed, and over plain HTTP no request leaves for a public address, because it would carry the token in clear.
 */
import { lookup as systemLookup } from 'node:dns';
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { addressClass, parseAddress } from '../dns/address.ts';
import { describeSocketError } from '../dns/transport-udp.ts';
import type { HostHttp, HttpReply, HttpRequest } from './host.ts';

export interface HttpClientOptions {
  /** From the first packet to the last octet of the reply, in milliseconds; default 20,000. */
  readonly timeoutMs?: number;
  /** Octets of a reply's body at most; default 32 MiB, which a zone of 100,000 records needs. */
  readonly maxOctets?: number;
  /** Certificates (PEM) that are trusted besides the well-known roots. */
  readonly ca?: readonly string[];
  /** How names become addresses; the system's way by default. */
  readonly lookup?: LookupFunction;
}

const defaultTimeoutMs = 20_000;
const defaultMaxOctets = 32 * 1024 * 1024;

/** A client; it keeps no connections and needs no closing. */
export function httpClient(options: HttpClientOptions = {}): HostHttp {
  const { timeoutMs = defaultTimeoutMs, maxOctets = defaultMaxOctets, ca, lookup = systemLookup } = options;
  return (asked) => {
    const url = parseUrl(asked.url);
    if (typeof url === 'string') return Promise.resolve({ kind: 'failed', detail: url });
    asked.signal?.throwIfAborted();
    return exchange(asked, url, { timeoutMs, maxOctets, ca, lookup });
  };
}

/** A sentence where the URL cannot be used. */
function parseUrl(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'the URL of the API must begin with https://';
  }
  if (url.username !== '' || url.password !== '') return 'the URL of the API must not contain a name or password';
  const address = parseAddress(url.hostname.replace(/^\[|\]$/g, ''));
  if (url.protocol === 'http:' && address !== undefined && !mayBePlain(url.hostname)) return tooPlain(url.hostname);
  return url;
}

const tooPlain = (host: string): string =>
  `${host} is reached over the Internet, and plain http would carry the token in clear: use https`;

/** Whether the address stands within the own machine or network. */
function mayBePlain(text: string): boolean {
  const address = parseAddress(text.replace(/^\[|\]$/g, ''));
  if (address === undefined) return false;
  return ['loopback', 'private', 'link-local', 'ula', 'cgnat'].includes(addressClass(address));
}

/** A look-up that refuses to give public addresses. */
const privately =
  (look: LookupFunction): LookupFunction =>
  (host, options, callback) => {
    look(host, { ...options, all: true }, (error, found) => {
      const all = typeof found === 'string' ? [{ address: found, family: 4 }] : found;
      if (error) return callback(error, '', 0);
      const first = all[0];
      if (first === undefined || !all.every(({ address }) => mayBePlain(address))) {
        return callback(Object.assign(new Error(tooPlain(host)), { code: 'ETOOPLAIN' }), '', 0);
      }
      if (options.all === true) callback(null, all);
      else callback(null, first.address, first.family);
    });
  };

interface Bounds {
  readonly timeoutMs: number;
  readonly maxOctets: number;
  readonly ca: readonly string[] | undefined;
  readonly lookup: LookupFunction;
}

function exchange(asked: HttpRequest, url: URL, bounds: Bounds): Promise<HttpReply> {
  const { signal } = asked;
  const body = asked.body === undefined ? undefined : Buffer.from(asked.body, 'utf8');
  let sending: ClientRequest;
  try {
    sending = open(asked, url, body?.length, bounds);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_CHAR') throw error;
    const detail = 'the token or key holds a character that no HTTP header can carry, a line break perhaps';
    return Promise.resolve({ kind: 'failed', detail });
  }
  return new Promise((resolve, reject) => {
    const finish = (reply: HttpReply): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve(reply);
      sending.destroy();
    };
    const fail = (detail: string): void => finish({ kind: 'failed', detail });
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
      sending.destroy();
    };
    const timer = setTimeout(() => fail(`no answer within ${bounds.timeoutMs / 1000} seconds`), bounds.timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    sending.on('error', (error) => fail(describe(error, url)));
    sending.on('response', (response) => {
      collect(response, bounds.maxOctets, fail, (text) =>
        finish({ kind: 'reply', status: response.statusCode ?? 0, headers: headersOf(response), body: text }),
      );
    });
    sending.end(body);
  });
}

/** Throws ERR_INVALID_CHAR for a header that cannot be sent. */
function open(asked: HttpRequest, url: URL, octets: number | undefined, bounds: Bounds): ClientRequest {
  const { ca, lookup } = bounds;
  const options: RequestOptions = {
    method: asked.method,
    agent: false,
    headers: {
      'user-agent': 'septet',
      accept: 'application/json',
      ...asked.headers,
      ...(octets !== undefined && { 'content-length': octets }),
    },
    maxHeaderSize: 32 * 1024,
  };
  return url.protocol === 'https:'
    ? requestHttps(url, { ...options, lookup, ...(ca && { ca: [...rootCertificates, ...ca] }) })
    : requestHttp(url, { ...options, lookup: privately(lookup) });
}

function collect(
  response: IncomingMessage,
  maxOctets: number,
  fail: (detail: string) => void,
  done: (text: string) => void,
): void {
  const chunks: Buffer[] = [];
  let octets = 0;
  response.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > maxOctets) fail(`an answer of more than ${maxOctets} octets`);
    else chunks.push(chunk);
  });
  response.on('error', () => fail('the server ended the connection in the middle of its answer'));
  response.on('end', () => done(Buffer.concat(chunks).toString('utf8')));
}

function describe(error: Error, url: URL): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ETOOPLAIN') return error.message;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${url.hostname} has no address`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of ${url.host} is not for that name`;
  if (/^(CERT_|ERR_TLS|ERR_SSL|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)/.test(code)) {
    return `no trustworthy TLS with ${url.host} (${code})`;
  }
  if (code.startsWith('HPE_')) return `${url.host} does not speak HTTP (${code})`;
  return `${url.host}: ${describeSocketError(error)}`;
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return out;
}

/**
 * Every request of the public side. The hot routes (`/c/…`, `/o/…`, the policy file) are decided by two look-ups and a
 * comparison: a router costs more than they do.
 */
import type { TokenReader } from '../rewrite/tracking-token.ts';
import { count, pairKey, type Counters, type Route } from './counters.ts';
import { nothingPage } from './pages.ts';
import { sendPage, sendText } from './answers.ts';
import { peerOf, type Proxies } from './proxies.ts';
import type { Exchange } from './exchange.ts';
import { serverName, type Handler, type Response } from './public-listener.ts';
import { requestFields } from './request-fields.ts';
import { safetyHeaders, type Sites, type StaticFile } from './sites.ts';
import { clientKey, tokenBucket } from './token-bucket.ts';
import { trackingRoutes, type TrackingOutside } from './tracking/tracking-routes.ts';

export interface HostingParts extends TrackingOutside {
  /** Read at each request: a reload puts another table there. */
  sites(): Sites;
  readonly reader: TokenReader;
  readonly counters: Counters;
  /** The key authorisation of a challenge (RFC 8555 §8.3). */
  challengeAnswer(token: string): Promise<string | undefined>;
  /** Absent: nobody is believed. */
  readonly proxies?: Proxies;
  /** Where plain HTTP leads to; `undefined`: HTTPS is somebody else's, and nothing is redirected. */
  readonly httpsPort: () => number | undefined;
  readonly rates?: Partial<Rates>;
  /** While it drains, connections end with their answer. */
  isDraining(): boolean;
  /** One line about what went wrong. */
  log(line: string): void;
  /** For `--log debug`: nothing of it tells who asked, or for what. */
  seen?(route: Route, status: number, host: string): void;
}

export interface Rates {
  /** Requests of one address in a minute, whatever they are for: large proxies ask for many readers. */
  readonly all: number;
  /** Those that led nowhere. */
  readonly stray: number;
}

const usualRates: Rates = { all: 6000, stray: 120 }; // house

const plainSafety = safetyHeaders(false);

export function hosting(parts: HostingParts): Handler {
  const rates = { ...usualRates, ...parts.rates };
  const all = tokenBucket(rates.all);
  const stray = tokenBucket(rates.stray);
  const { counters, proxies } = parts;
  const tell = (route: Route, status: number, host = ''): void => {
    count(counters.requests, pairKey(route, status));
    parts.seen?.(route, status, host);
  };

  /** Of what is not here. Who asks for too much of that is not answered for a while. */
  const nothing = (response: Response, client: string, now: number, head: boolean, secure: boolean): void => {
    if (!stray.take(client, now)) return tooMany(response, 'stray');
    tell('none', 404);
    sendPage(response, 404, nothingPage, { head, secure });
  };
  const tooMany = (response: Response, which: keyof Rates): void => {
    count(counters.limited, which);
    tell('none', 429);
    response.writeHead(429, [...plainSafety, 'retry-after', '60', 'content-length', '0', 'connection', 'close']);
    response.end();
  };
  const tracking = trackingRoutes({ ...parts, tell, nothing });

  const challenge = async (exchange: Omit<Exchange, 'site'>): Promise<void> => {
    const token = exchange.path.slice(challengePath.length);
    const { response, client, now, secure } = exchange;
    try {
      // RFC 8555 §8.1: base64url, 128 bits at least.
      const text = /^[\w-]{16,256}$/.test(token) ? await parts.challengeAnswer(token) : undefined;
      if (text === undefined) return nothing(response, client, now, false, secure);
      tell('challenge', 200);
      sendText(response, 200, text, 'application/octet-stream', secure);
    } catch (error) {
      parts.log(`A challenge could not be answered: ${error instanceof Error ? error.message : String(error)}`);
      tell('challenge', 503);
      sendText(response, 503, 'Try again later.\n', 'text/plain', secure);
    }
  };

  return (request, response, encrypted) => {
    const method = request.method ?? 'GET';
    const head = method === 'HEAD';
    const fields = requestFields(request.rawHeaders);
    const from = request.socket.remoteAddress ?? '';
    const peer = proxies ? peerOf(from, encrypted, request.headers, proxies) : { address: from, secure: encrypted };
    const { secure } = peer;
    const client = clientKey(peer.address);
    const now = parts.now();
    // What is sent along with a GET is not read; the connection ends with its answer.
    if ((fields.carries && method !== 'POST') || parts.isDraining()) response.shouldKeepAlive = false;
    if (!all.take(client, now)) return tooMany(response, 'all');

    const url = request.url ?? '/';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const host = hostOf(fields.host);
    const site = parts.sites().get(host);
    // Before anything else, and for every name: an authority may ask before the name is served.
    if (path.startsWith(challengePath) && (method === 'GET' || head))
      return void challenge({ request, response, fields, path, method, client: peer.address, secure, now });
    if (site === undefined || path[0] !== '/') return nothing(response, client, now, head, secure);
    if (encrypted) {
      // RFC 9110 §7.4: the connection was made for another name.
      const name = serverName(request);
      if (name !== undefined && name.toLowerCase() !== host) {
        tell('none', 421, host);
        return sendText(response, 421, 'This connection is for another name.\n', 'text/plain', secure);
      }
    }
    const exchange: Exchange = { request, response, fields, site, path, method, client: peer.address, secure, now };
    const isTracking = site.tracking !== undefined && path.length > 3 && path[2] === '/';
    if (isTracking && method === 'POST') return tracking.post(exchange);
    if (method !== 'GET' && !head) {
      tell('none', 405, host);
      response.writeHead(405, [
        ...plainSafety,
        'allow',
        isTracking ? 'GET, HEAD, POST' : 'GET, HEAD',
        'content-length',
        '0',
      ]);
      response.end();
      return;
    }
    if (!secure) {
      const port = parts.httpsPort();
      if (port !== undefined) {
        tell('redirect', 308, host);
        const place = port === 443 ? site.host : `${site.host}:${port}`;
        response.writeHead(308, [
          'location',
          `https://${place}${safePath(url)}`,
          'content-length',
          '0',
          ...plainSafety,
        ]);
        response.end();
        return;
      }
    }
    if (isTracking && tracking.get(exchange)) return;
    const file = site.files.get(path);
    if (file === undefined) return nothing(response, client, now, head, secure);
    tell(file.route, 200, host);
    sendFile(response, file, head, secure);
  };
}

const challengePath = '/.well-known/acme-challenge/';

/** Without port and final dot, in lower case. */
function hostOf(text: string | undefined): string {
  if (text === undefined || text.length > 260) return '';
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

/** As it goes into a field: the parser lets octets above 0x7e through. */
const safePath = (url: string): string =>
  url.replaceAll(/[^\x21-\x7e]/g, (sign) => encodeURIComponent(sign.toWellFormed()));

function sendFile(response: Response, file: StaticFile, head: boolean, secure: boolean): void {
  response.writeHead(200, (secure ? file.secureHeaders : file.headers) as string[]);
  response.end(head ? undefined : file.octets);
}

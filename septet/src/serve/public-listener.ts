/**
 * The sockets of `septet serve`: HTTP, HTTPS with certificates by SNI, and the listener for operators. Bounded in header
 * octets, connections and time; what it answers is decided by the handlers that it is given.
 */
import { Buffer } from 'node:buffer';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import { maxHelloOctets, readHello } from './client-hello.ts';
import { idleSockets } from './idle-sockets.ts';
import { listenFault } from './listen-fault.ts';

export type Request = IncomingMessage;
export type Response = ServerResponse;
/** `encrypted`: by TLS of this server. */
export type Handler = (request: Request, response: Response, encrypted: boolean) => void;
export type { SecureContext } from 'node:tls';

export interface PublicListenerOptions {
  readonly host: string;
  /** 0: any that is free; undefined: not at all. */
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly handler: Handler;
  /** By SNI; `undefined` refuses the handshake. */
  readonly contextFor: (name: string) => SecureContext | undefined;
  /** For a client that offers `acme-tls/1` (RFC 8737 §3). */
  readonly challengeContextFor: (name: string) => SecureContext | undefined;
  readonly limits?: Partial<PublicLimits>;
  /** One line, without line end. */
  log(line: string): void;
}

export interface PublicLimits {
  /** For the header fields of a request to come in, and for the TLS handshake. */
  readonly headersMs: number;
  /** For the whole of it. */
  readonly requestMs: number;
  /** Between requests of one connection; then, or a third later, it ends. Longer than an answer takes. */
  readonly idleMs: number;
  readonly connections: number;
}

/** Request line and fields; a token address has 8 KB at most. */
const maxHeaderOctets = 12 * 1024; // house
const usual: PublicLimits = { headersMs: 10_000, requestMs: 20_000, idleMs: 15_000, connections: 20_000 }; // house
/** Above this share of the connections, those on which nothing happens make room. */
const crowdedShare = 0.8;
const lookAroundMs = 500;

export interface PublicListener {
  /** Undefined where it does not listen. */
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  connections(): number;
  /** Takes no more connections, lets requests end for so long, and closes. */
  close(graceMs?: number): Promise<void>;
}

/** Rejects with `ListenFault`. */
export async function startPublicListener(options: PublicListenerOptions): Promise<PublicListener> {
  const limits = { ...usual, ...options.limits };
  const open = new Set<Socket>();
  // Not before Node has looked whose fields are slow, and answered 408.
  const idleMs = Math.max(limits.idleMs, limits.headersMs + 2 * lookAroundMs);
  const idle = idleSockets(idleMs, () => performance.now());
  const parts: { readonly server: net.Server; readonly web: http.Server | https.Server; readonly port: number }[] = [];
  try {
    let [httpPort, httpsPort]: (number | undefined)[] = [];
    if (options.http !== undefined) {
      const web = webServer(http.createServer(publicSettings(limits)), options.handler, false, options);
      httpPort = await listening(web, options.host, options.http, '--http');
      parts.push({ server: web, web, port: httpPort });
    }
    if (options.https !== undefined) {
      const { server, web } = secureServer(options, limits);
      httpsPort = await listening(server, options.host, options.https, '--https');
      parts.push({ server, web, port: httpsPort });
    }
    for (const { server } of parts) {
      server.maxConnections = limits.connections;
      server.on('connection', (socket) => {
        open.add(socket);
        idle.add(socket);
        socket.once('close', () => {
          open.delete(socket);
          idle.delete(socket);
        });
      });
      server.on('error', (error) => options.log(`The web server: ${error.message}`));
    }
    const timer = setInterval(() => {
      if (open.size > limits.connections * crowdedShare) for (const { web } of parts) web.closeIdleConnections();
    }, lookAroundMs);
    timer.unref();
    const looking = setInterval(() => idle.look(), idleMs / 3);
    looking.unref();
    return {
      httpPort,
      httpsPort,
      connections: () => open.size,
      close: async (graceMs = 0) => {
        clearInterval(timer);
        clearInterval(looking);
        await drained(parts, open, graceMs);
      },
    };
  } catch (error) {
    await drained(parts, open, 0);
    throw error;
  }
}

function settings(limits: PublicLimits): http.ServerOptions {
  return {
    maxHeaderSize: maxHeaderOctets,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.max(100, Math.min(1000, limits.headersMs / 2)),
    noDelay: true,
    // A request without a body is not made a stream: it has no event 'data', 'end' or 'close'.
    optimizeEmptyRequests: true,
  };
}

/** Without Node's timer between requests, see `idle-sockets.ts`. */
const publicSettings = (limits: PublicLimits): http.ServerOptions => ({ ...settings(limits), keepAliveTimeout: 0 });

function webServer<S extends http.Server | https.Server>(
  server: S,
  handler: Handler,
  encrypted: boolean,
  { log }: Pick<PublicListenerOptions, 'log'>,
): S {
  server.on('request', (request: Request, response: Response) => {
    try {
      handler(request, response, encrypted);
    } catch (error) {
      log(
        `A request could not be answered: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain', connection: 'close' });
      response.end();
    }
  });
  // What is no HTTP gets one short answer (RFC 9110 §15.5): 431 for fields that are too large, 408 for slow ones.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const status = answers[error.code ?? ''] ?? '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  });
  return server;
}

const answers: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** A plain listener that reads the ClientHello, and behind it two TLS servers: for readers, and for ACME servers. */
function secureServer(
  options: PublicListenerOptions,
  limits: PublicLimits,
): { readonly server: net.Server; readonly web: https.Server } {
  const sni =
    (find: (name: string) => SecureContext | undefined): tls.TlsOptions['SNICallback'] =>
    (name, done) => {
      const context = find(name.toLowerCase());
      // An error ends the handshake; without a name nobody is served either, as there is no certificate to show.
      if (context) done(null, context);
      else done(new Error('no certificate for this name'));
    };
  const web = webServer(
    https.createServer({
      ...publicSettings(limits),
      SNICallback: sni(options.contextFor),
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2', // RFC 8996
      handshakeTimeout: limits.headersMs,
    }),
    options.handler,
    true,
    options,
  );
  const acme = tls.createServer({
    SNICallback: sni(options.challengeContextFor),
    ALPNProtocols: [acmeProtocol],
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headersMs,
  });
  // The authority has seen the certificate by now; nothing is said on this connection (RFC 8737 §3).
  acme.on('secureConnection', (socket: TLSSocket) => socket.end());
  acme.on('tlsClientError', () => {});
  web.on('tlsClientError', (_error, socket) => void socket.destroy());
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    firstOctets(socket, limits.headersMs, (octets) => {
      const hello = readHello(octets);
      const forAcme = typeof hello === 'object' && hello.alpn.includes(acmeProtocol);
      (forAcme ? acme : web).emit('connection', socket);
    });
  });
  return { server, web };
}

const acmeProtocol = 'acme-tls/1';

/** Calls back when a ClientHello is there whole, with all octets put back into the socket. */
function firstOctets(socket: Socket, timeoutMs: number, then: (octets: Uint8Array) => void): void {
  let octets: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const read = (): void => {
    const piece = socket.read() as Buffer | null;
    if (piece !== null) octets = octets.length === 0 ? piece : Buffer.concat([octets, piece]);
    else if (socket.readableEnded || socket.destroyed) return;
    if (octets.length < maxHelloOctets && readHello(octets) === 'more') return;
    socket.off('readable', read);
    socket.off('close', stop);
    clearTimeout(timer);
    socket.unshift(octets);
    then(octets);
  };
  const stop = (): void => clearTimeout(timer);
  socket.once('close', stop);
  socket.on('readable', read);
}

function listening(server: net.Server, host: string, port: number, option: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenFault(error, { host, port, option }));
    server.once('error', failed);
    // Without a host Node takes all addresses, and those of IPv4 alone where there is no IPv6.
    server.listen({ port, ...(host === '::' ? {} : { host }), backlog: 4096 }, () => {
      server.off('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function drained(
  parts: readonly { readonly server: net.Server; readonly web: http.Server | https.Server }[],
  open: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> {
  const closed = parts.map(
    ({ server }) => new Promise<void>((resolve) => void (server.listening ? server.close(() => resolve()) : resolve())),
  );
  const limit = setTimeout(() => {
    for (const socket of open) socket.destroy();
  }, graceMs);
  const idle = setInterval(() => {
    for (const { web } of parts) web.closeIdleConnections();
  }, 20);
  for (const { web } of parts) web.closeIdleConnections();
  await Promise.all(closed);
  clearTimeout(limit);
  clearInterval(idle);
}

export interface AdminListener {
  readonly port: number;
  close(): Promise<void>;
}

/** For operators and proxies of this machine: health, metrics, `ask`. Rejects with `ListenFault`. */
export async function startAdminListener(options: {
  readonly host: string;
  readonly port: number;
  readonly handler: Handler;
  log(line: string): void;
}): Promise<AdminListener> {
  const limits = { headersMs: 5000, requestMs: 5000, idleMs: 5000, connections: 100 };
  const web = webServer(http.createServer(settings(limits)), options.handler, false, options);
  web.maxConnections = limits.connections;
  const port = await listening(web, options.host, options.port, '--admin');
  web.on('error', (error) => options.log(`The listener for operators: ${error.message}`));
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        web.close(() => resolve());
        web.closeAllConnections();
      }),
  };
}

/** The name of the TLS handshake (SNI); undefined without TLS or without a name. */
export function serverName({ socket }: Request): string | undefined {
  const name = (socket as Partial<TLSSocket>).servername;
  return typeof name === 'string' ? name : undefined;
}

/** PEM to what `contextFor` answers. Throws where key and certificate do not fit. */
export const secureContext = (pem: { readonly key: string; readonly certificate: string }): SecureContext =>
  tls.createSecureContext({ key: pem.key, cert: pem.certificate, minVersion: 'TLSv1.2' });

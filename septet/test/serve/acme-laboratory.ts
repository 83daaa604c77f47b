/** What the tests of certificates share: a zone in Knot, pebble, and a small server that uses the hooks of `Certificates`. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { run } from '../../src/cli/run.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import type { Certificates } from '../../src/serve/certificates/certificates.ts';
import type { KeeperInput } from '../../src/serve/certificates/keep-certificates.ts';
import { startPublicListener, type Response } from '../../src/serve/public-listener.ts';
import { folderShelf } from '../../src/serve/certificates/shelf.ts';
import { httpsFetch } from '../../src/world/https.ts';
import { startKnot, type Knot } from '../servers/knot.ts';
import { testIo } from './commands.ts';
import { startPebble, type Pebble, type PebbleOptions } from '../servers/pebble.ts';

export const zoneText = `$ORIGIN example.test.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns
ns A 127.0.0.1
acme A 127.0.0.1
mta-sts A 127.0.0.1
second A 127.0.0.1
third A 127.0.0.1
click CNAME mta-sts
_acme-challenge.third CNAME delegated
_mta-sts TXT "v=STSv1; id=20261123T120000"
`;

export interface Laboratory {
  readonly knot: Knot;
  readonly pebble: Pebble;
  readonly httpPort: number;
  readonly tlsPort: number;
  readonly log: string[];
  /** Pauses are cut to a twentieth of a second at most. */
  input(names: readonly string[], folder: string, more?: Partial<KeeperInput>): KeeperInput;
  stop(): Promise<void>;
}

export async function startLaboratory(
  ports: { readonly httpPort: number; readonly httpsPort: number },
  more: Partial<PebbleOptions> & { readonly zone?: string; readonly dnsPort?: number } = {},
): Promise<Laboratory> {
  const { zone = zoneText, dnsPort, ...options } = more;
  const knot = await startKnot([{ origin: 'example.test', text: zone }], {
    mayUpdate: [],
    ...(dnsPort === undefined ? {} : { port: dnsPort }),
  });
  const { httpPort, httpsPort: tlsPort } = ports;
  const pebble = await startPebble({ name: 'acme.example.test', dns: knot.server, httpPort, tlsPort, ...options });
  const resolver = networkResolver({ servers: [knot.server], timeoutMs: 2000, attempts: 1 });
  const log: string[] = [];
  return {
    knot,
    pebble,
    httpPort,
    tlsPort,
    log,
    input: (names, folder, changed = {}) => {
      const locks = new Set<string>();
      return {
        names: names.map((name) => dnsName(name)),
        acme: { directory: pebble.directory, email: 'hostmaster@example.test', challenge: 'http-01', agree: true },
        shelf: folderShelf(folder),
        shared: false,
        exclusively: async (name, work) => {
          if (locks.has(name)) return undefined;
          locks.add(name);
          try {
            return await work();
          } finally {
            locks.delete(name);
          }
        },
        readFile: (path) => readFile(path),
        world: { resolver },
        fetch: httpsFetch({ resolver, extraCa: [pebble.ca], now: Date.now }),
        now: Date.now,
        randomBytes: (count) => randomBytes(count),
        sleep: async (milliseconds, signal) =>
          void (await sleep(Math.min(milliseconds / 10, 50), undefined, signal ? { signal } : {})),
        log: (line) => void log.push(line),
        ...changed,
      };
    },
    stop: async () => {
      await Promise.all([pebble.stop(), knot.stop(), resolver.close?.()]);
    },
  };
}

export interface SmallServer {
  readonly httpPort: number;
  readonly httpsPort: number;
  stop(): Promise<void>;
}

/** HTTP and HTTPS of `septet serve`, with challenges and one policy. `certificates` may be exchanged. */
export async function startSmallServer(
  held: { certificates: Certificates },
  ports: { readonly http: number; readonly https: number },
  policy: (host: string) => string = () =>
    'version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 86400\r\n',
): Promise<SmallServer> {
  const start = '/.well-known/acme-challenge/';
  const say = (response: Response, status: number, type: string, text: string): void =>
    void response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  const listener = await startPublicListener({
    host: '127.0.0.1',
    http: ports.http,
    https: ports.https,
    contextFor: (name) => held.certificates.contextFor(name),
    challengeContextFor: (name) => held.certificates.challengeContextFor(name),
    log: () => {},
    handler: ({ url = '', headers }, response) => {
      if (url === '/.well-known/mta-sts.txt') return say(response, 200, 'text/plain', policy(headers.host ?? ''));
      if (!url.startsWith(start)) return say(response, 404, 'text/plain', '');
      held.certificates.challengeAnswer(url.slice(start.length)).then(
        (text) => say(response, text === undefined ? 404 : 200, 'application/octet-stream', text ?? ''),
        () => say(response, 503, 'text/plain', ''),
      );
    },
  });
  return { httpPort: listener.httpPort ?? 0, httpsPort: listener.httpsPort ?? 0, stop: () => listener.close() };
}

export interface Seen {
  readonly authorized: boolean;
  readonly error: string;
  readonly issuer: string;
  readonly serial: string;
}

/** What a client sees that trusts `root`. Rejects where the handshake fails. */
export function handshake(port: number, servername: string, root: string): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: root, rejectUnauthorized: false }, () => {
      const peer = socket.getPeerCertificate();
      const error = socket.authorizationError as unknown;
      resolve({
        authorized: socket.authorized,
        error: error ? String(error) : '',
        issuer: String(peer.issuer?.CN),
        serial: peer.serialNumber,
      });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** Waits until `settled` says yes; throws with the log after ten seconds. */
export async function until(
  what: string,
  log: readonly string[],
  settled: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const limit = performance.now() + 15_000; performance.now() < limit;) {
    // oxlint-disable-next-line no-await-in-loop -- it looks again and again
    if (await settled()) return;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(20);
  }
  throw new Error(`${what} did not happen:\n${log.join('\n')}`);
}

export const stateOf = (certificates: Certificates, name: string): string | undefined =>
  certificates.facts().find((one) => one.name === (name as DnsName))?.state;

/** A port that is free, below those that the system gives to connections on their way out. */
export async function quietPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 10_000 + (randomBytes(2).readUInt16BE() % 20_000);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}

export interface Served {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  out(): string;
  stop(): Promise<number>;
}

/** `septet serve` with these arguments, in this process. */
export async function startServe(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Served> {
  const { io, err, interrupt, shows } = testIo({ env });
  const ended = run(['serve', ...args], io);
  const started = await Promise.race([
    shows(/\{[^\n]*"msg":"Serving\."\}/),
    ended.then((code) => Promise.reject(new Error(`ended with ${code}:\n${err()}`))),
  ]);
  const { http, https, admin } = JSON.parse(started[0]) as Record<string, number>;
  return {
    httpPort: http ?? 0,
    httpsPort: https ?? 0,
    adminPort: admin ?? 0,
    out: err,
    stop: async () => {
      interrupt();
      return ended;
    },
  };
}

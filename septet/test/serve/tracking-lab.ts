/** `septet serve` for tests: sandbox certificates, a store in a temporary folder, tokens, and a client that says what it likes. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { tokenWriter } from '../../src/rewrite/tokens.ts';
import { openTrackingKeys, type TrackingKeys } from '../../src/rewrite/tracking-keys.ts';
import type { TokenWriter, TrackingIds } from '../../src/rewrite/tracking-token.ts';
import { makeAuthority, type Authority } from '../../src/sandbox/certificates.ts';
import type { Certificates } from '../../src/serve/certificates/certificates.ts';
import type { HostingConfig, HostingDomain } from '../../src/serve/host-state.ts';
import { secureContext } from '../../src/serve/public-listener.ts';
import { startServing, type Serving, type ServingSetup } from '../../src/serve/serving.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../servers/process.ts';

export const shop = dnsName('shop.example');
export const track = dnsName('track.shop.example');
export const ids: TrackingIds = { message: 'm1', campaign: 'autumn', reader: '0011223344556677' };
export const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

export const rules = { opens: true, clicks: true, addresses: 'none', privateTargets: false, notify: false } as const;

export const shopDomain = (more: Partial<HostingDomain> = {}): HostingDomain => ({
  domain: shop,
  intent: {
    mtaSts: { mode: 'testing' },
    takesMail: true,
    mx: [{ preference: 10, exchange: dnsName('mx.shop.example') }],
  },
  tracking: { host: track, ...rules },
  assets: [],
  ...more,
});

/** Certificates for every name, but none for those that end in `.refused`. */
export function labCertificates(authority: Authority, refused: (name: string) => boolean = () => false): Certificates {
  const contexts = new Map<string, ReturnType<typeof secureContext>>();
  const contextFor = (name: string): ReturnType<typeof secureContext> | undefined => {
    if (refused(name)) return undefined;
    let context = contexts.get(name);
    if (!context) contexts.set(name, (context = secureContext(authority.issue([name]))));
    return context;
  };
  return {
    contextFor,
    challengeContextFor: () => undefined,
    challengeAnswer: async () => undefined,
    facts: () => [],
    wanted: () => {},
    run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asking {
  readonly method?: string;
  readonly host?: string;
  readonly sni?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly plain?: boolean;
}

export interface Lab {
  readonly serving: Serving;
  readonly store: Store;
  readonly authority: Authority;
  readonly folder: string;
  readonly writer: TokenWriter;
  readonly keys: TrackingKeys;
  readonly log: readonly string[];
  /** A request to the HTTPS port (`plain`: the HTTP port), by default for the tracking host as a browser. */
  ask(path: string, asking?: Asking): Promise<Answer>;
  admin(path: string): Promise<Answer>;
  close(): Promise<void>;
}

export interface LabOptions extends Partial<Omit<ServingSetup, 'config' | 'log'>> {
  readonly domains?: readonly HostingDomain[];
  readonly open?: (folder: string) => Promise<Store>;
  /** The state folder; usual: in the temporary one. */
  readonly state?: string;
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const folder = await temporaryFolder('serve');
  const now = options.now ?? (() => Date.now());
  const making = { now, randomBytes };
  const authority = makeAuthority('Septet tests', Date.now());
  const keys = await openTrackingKeys(folder, making);
  const store = await (options.open?.(folder) ??
    openStore({ kind: 'sqlite', file: path.join(folder, 'septet.sqlite') }, making));
  const log: string[] = [];
  const told = (_fields: object, text: string): void => void log.push(text);
  const config: HostingConfig = { domains: options.domains ?? [shopDomain()], state: options.state ?? folder };
  const serving = await startServing({
    host: '127.0.0.1',
    http: 0,
    https: 0,
    admin: { host: '127.0.0.1', port: 0 },
    store,
    keys: async () => keys,
    certificates: labCertificates(authority),
    webhookOf: async () => undefined,
    retentionDays: () => 90,
    now,
    randomBytes,
    ...options,
    config,
    log: { debug: () => {}, info: told, warn: told, error: told },
  });
  const agent = new https.Agent({ keepAlive: false });
  const ask = (target: string, asking: Asking = {}): Promise<Answer> => {
    const { host = track, plain = false, method = 'GET', body } = asking;
    const headers = { host, 'user-agent': browser, ...asking.headers };
    const base = { host: '127.0.0.1', method, path: target, headers };
    return new Promise((resolve, reject) => {
      const request = plain
        ? http.request({ ...base, port: serving.httpPort, agent: false })
        : https.request({
            ...base,
            port: serving.httpsPort,
            servername: asking.sni ?? host.replace(/:\d+$/, ''),
            ca: authority.certificate,
            agent,
          });
      request.once('response', (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
        );
      });
      request.once('error', reject);
      request.end(body);
    });
  };
  const admin = (target: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = http.get(
        { host: '127.0.0.1', port: serving.adminPort, path: target, agent: false },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
          );
        },
      );
      request.once('error', reject);
    });
  let closed = false;
  return {
    serving,
    store,
    authority,
    folder,
    keys,
    writer: tokenWriter(keys),
    log,
    ask,
    admin,
    close: async () => {
      if (closed) return;
      closed = true;
      await serving.close(1000);
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The path of an address that a writer made. */
export const pathOf = (url: string): string => new URL(url).pathname;

export const clickPath = (
  lab: Lab,
  target: string,
  more: Partial<TrackingIds> & { link?: number; host?: DnsName } = {},
): string => {
  const { link = 0, host = track, ...own } = more;
  return pathOf(lab.writer.click(host, { ...ids, ...own }, link, target));
};

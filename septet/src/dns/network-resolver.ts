/**
 * A resolver that asks name servers over UDP and TCP (RFC 1035 §4.2, RFC 6891, RFC 7766): many questions at once, a
 * queue for the rest, one timer for all of them.
 */
import { isIP } from 'node:net';
import { getServers } from 'node:dns';
import { Asking, type Terms, type Upstream } from './asking.ts';
import type { DnsName } from './name.ts';
import { readAnswer } from './read-answer.ts';
import type { QueryOptions, Resolver } from './resolver.ts';
import type { Answer, RrType } from './rrset.ts';
import { TcpServer } from './transport-tcp.ts';
import type { ServerAddress } from './transport.ts';
import { UdpServer } from './transport-udp.ts';
import type { Question } from './wire-types.ts';

export interface NetworkResolverOptions {
  /** Asked in this order, each as `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:53`. */
  readonly servers: readonly string[];
  /** For a whole question, from its first packet on, in milliseconds; default 5000. */
  readonly timeoutMs?: number;
  /** Packets for one question in all; default 3, at least one for each server. */
  readonly attempts?: number;
  /** Questions in flight; the rest wait their turn. Default 1000. */
  readonly concurrency?: number;
  /** UDP sockets, and TCP connections, to each server at most; default 8. */
  readonly sockets?: number;
  /** UDP with TCP for truncated answers, or TCP throughout; default `udp`. */
  readonly transport?: 'udp' | 'tcp';
  /** RD: asks for recursion; default true. */
  readonly recursion?: boolean;
  /** Asks for the target of a CNAME when the answer stops there; default true. */
  readonly followCnames?: boolean;
  /** Reads a response; default `readAnswer`. */
  readonly read?: (message: Buffer, question: Question, server: string) => Answer;
}

/** A resolver with sockets: whoever makes one closes it. */
export interface NetworkResolver extends Resolver {
  close(): Promise<void>;
}

/** After that many unanswered questions in a row a server is asked after the others. */
const silencesBeforeLast = 3;

const sweepMs = 20;

/** Throws on a server that is not an address: `parseServer` tells beforehand. */
export function networkResolver(options: NetworkResolverOptions): NetworkResolver {
  return new Network(options);
}

class Network implements NetworkResolver {
  private readonly upstreams: readonly Upstream[];
  private readonly concurrency: number;
  private readonly terms: Terms;
  private readonly active = new Set<Asking>();
  private queue: Asking[] = [];
  private queueHead = 0;
  private readonly watched = new WeakSet<AbortSignal>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(options: NetworkResolverOptions) {
    const { sockets = 8, timeoutMs = 5000 } = options;
    this.upstreams = options.servers.map((text) => {
      const parsed = parseServer(text);
      if (parsed === undefined) throw new TypeError(`not the address of a name server: ${JSON.stringify(text)}`);
      return {
        address: parsed,
        udp: new UdpServer(parsed, sockets),
        tcp: new TcpServer(parsed, sockets),
        plain: false,
        silences: 0,
      };
    });
    if (this.upstreams.length === 0) throw new TypeError('a resolver needs a server');
    this.concurrency = options.concurrency ?? 1000;
    this.terms = {
      timeoutMs,
      attempts: Math.max(options.attempts ?? 3, this.upstreams.length),
      recursion: options.recursion ?? true,
      transport: options.transport ?? 'udp',
      followCnames: options.followCnames ?? true,
      read: options.read ?? readAnswer,
      order: () => this.order(),
      now: () => performance.now(),
      done: (asking, answer) => {
        this.active.delete(asking);
        asking.resolve(answer);
        this.pump();
      },
    };
  }

  query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.closed) return Promise.reject(new Error('the resolver is closed'));
    if (signal !== undefined) this.watch(signal);
    return new Promise<Answer>((resolve, reject) => {
      const asking = new Asking(this.terms, name, type, { dnssec: options?.dnssec === true, signal }, resolve, reject);
      this.queue.push(asking);
      this.pump();
    }) as Promise<Answer<T>>;
  }

  /** Ends the sockets; what is still asked is rejected. */
  close(): Promise<void> {
    this.closed = true;
    const open = [...this.active, ...this.queue.slice(this.queueHead)];
    this.active.clear();
    this.queue = [];
    this.queueHead = 0;
    this.rest();
    for (const asking of open) {
      asking.stop();
      asking.reject(new Error('the resolver was closed'));
    }
    for (const upstream of this.upstreams) {
      upstream.udp.close();
      upstream.tcp.close();
    }
    return Promise.resolve();
  }

  /** Starts what the concurrency and the first server's buffer allow. */
  private pump(): void {
    while (this.queueHead < this.queue.length && this.active.size < this.concurrency) {
      // Where nothing is active nobody would come back here, so one question is always sent.
      if (this.active.size > 0 && this.terms.transport === 'udp' && this.order()[0]?.udp.hasRoom() === false) break;
      const next = this.queue[this.queueHead++] as Asking;
      if (this.queueHead === this.queue.length) {
        this.queue.length = 0;
        this.queueHead = 0;
      } else if (this.queueHead >= 4096) {
        this.queue = this.queue.slice(this.queueHead);
        this.queueHead = 0;
      }
      this.active.add(next);
      next.start();
    }
    if (this.active.size > 0) this.timer ??= setInterval(() => this.sweep(), sweepMs);
  }

  private sweep(): void {
    for (const upstream of this.upstreams) upstream.udp.tick();
    const now = performance.now();
    for (const asking of this.active) asking.tick(now);
    this.pump();
    if (this.active.size === 0) this.rest();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One listener a signal, however many questions carry it. */
  private watch(signal: AbortSignal): void {
    if (this.watched.has(signal)) return;
    this.watched.add(signal);
    signal.addEventListener('abort', () => this.abort(signal), { once: true });
  }

  private abort(signal: AbortSignal): void {
    const waiting = this.queue.slice(this.queueHead);
    this.queue = waiting.filter((asking) => asking.signal !== signal);
    this.queueHead = 0;
    for (const asking of waiting) if (asking.signal === signal) asking.reject(signal.reason);
    for (const asking of this.active) {
      if (asking.signal !== signal) continue;
      asking.stop();
      this.active.delete(asking);
      asking.reject(signal.reason);
    }
    this.pump();
  }

  private order(): readonly Upstream[] {
    const { upstreams } = this;
    if (upstreams.length === 1 || (upstreams[0] as Upstream).silences < silencesBeforeLast) return upstreams;
    return upstreams.toSorted(
      (a, b) => Number(a.silences >= silencesBeforeLast) - Number(b.silences >= silencesBeforeLast),
    );
  }
}

/** Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:53`; `undefined` for anything else. */
export function parseServer(text: string): ServerAddress | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const dotted = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text);
  const address = bracketed?.[1] ?? dotted?.[1] ?? text;
  const port = Number(bracketed?.[2] ?? dotted?.[2] ?? 53);
  const family = isIP(address);
  if (family === 0 || (bracketed !== null && family === 4) || port < 1 || port > 65535) return undefined;
  return { address, port, text: family === 6 ? `[${address}]:${port}` : `${address}:${port}` };
}

/** The resolvers of this computer (`/etc/resolv.conf` and the like), in their order. */
export function systemServers(): readonly string[] {
  return getServers().filter((text) => parseServer(text) !== undefined);
}

/**
 * The SMTP server of the relay: sockets, TLS and limits. What is said on a connection is `smtp-session.ts`. Bounded are the
 * connections, the octets that wait to be read, the time for a line, for a piece of a message and for all of it.
 */
import { Buffer } from 'node:buffer';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { canonicalAddress } from '../dns/address.ts';
import { isTrusted } from './admission.ts';
import type { ClientEnd, ClientWire } from './client-wire.ts';
import { RelayFault, relayFault } from './relay-fault.ts';
import { smtpSession, type SessionOptions } from './smtp-session.ts';

export interface SmtpListenerOptions extends Omit<SessionOptions, 'tls'> {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM; without, STARTTLS is not offered. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly maxConnections: number;
  readonly times?: ClientTimes;
}

export interface ClientTimes {
  /** For one command line, in milliseconds. */
  readonly lineMs: number;
  /** For the next piece of a message. */
  readonly pieceMs: number;
  /** For all of a message. */
  readonly contentMs: number;
}

/** RFC 5321 §4.5.3.2.5, §4.5.3.2.7: a server waits 5 minutes for a command, a piece of a message may take 3. */
export const usualTimes: ClientTimes = { lineMs: 300_000, pieceMs: 180_000, contentMs: 1_200_000 };

export interface RelayListener {
  readonly port: number;
  /** Takes no more clients, lets messages that are on their way come to their end, at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Clients that have still to log in may have so many connections from one address. */
const maxStrange = 10; // house
const highWater = 128 * 1024;
const lingerMs = 500;

/** Rejects with `RelayFault` where it cannot listen, or key and certificate cannot be used. */
export async function startRelayListener(options: SmtpListenerOptions): Promise<RelayListener> {
  const context = options.tls && contextOf(options.tls);
  const times = options.times ?? usualTimes;
  const connections = new Map<Connection, Promise<void>>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const address = addressOf(socket);
    const refusal = refusalFor(address, connections, options);
    if (refusal !== undefined) {
      options.log({ event: 'client', why: refusal.why });
      socket.on('error', () => {});
      socket.end(refusal.text);
      setTimeout(() => socket.destroy(), lingerMs).unref();
      return;
    }
    const connection = connectionOn(socket, address, times, context);
    const session = smtpSession(connection.wire, { ...options, tls: context !== undefined })
      .catch((error: unknown) => {
        options.log({ event: 'fault', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        socket.destroy();
      })
      .finally(() => connections.delete(connection));
    connections.set(connection, session);
  });
  const port = await listening(server, options);
  return {
    port,
    async close(graceMs = 30_000) {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections.keys()) connection.goingDown();
      const timer = setTimeout(() => {
        for (const connection of connections.keys()) connection.cut();
      }, graceMs);
      await Promise.all(connections.values());
      clearTimeout(timer);
      await stopped;
    },
  };
}

function refusalFor(
  address: string,
  connections: ReadonlyMap<Connection, unknown>,
  { maxConnections, admission }: SmtpListenerOptions,
) {
  const trusted = isTrusted(admission, address);
  if (!trusted && admission.users.length === 0)
    return { why: 'not allowed', text: '554 5.7.1 This relay takes no mail from your address\r\n' } as const;
  const strange = trusted ? 0 : [...connections.keys()].filter(({ wire }) => wire.address === address).length;
  if (connections.size >= maxConnections || strange >= maxStrange)
    return { why: 'too many connections', text: '421 4.3.2 Too many connections, try again later\r\n' } as const;
  return undefined;
}

function contextOf(pair: NonNullable<SmtpListenerOptions['tls']>): SecureContext {
  try {
    return createSecureContext({ ...pair, minVersion: 'TLSv1.2' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RelayFault(
      `TLS cannot be offered with this key and certificate (${why}). Give both as PEM, of one pair.`,
    );
  }
}

function listening(server: Server, { host, port }: SmtpListenerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(relayFault(error, `port ${port} of ${host}`, '--listen'));
    server.once('error', failed);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off('error', failed);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function addressOf({ remoteAddress = '' }: Socket): string {
  return canonicalAddress(remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '')) ?? remoteAddress;
}

interface Connection {
  readonly wire: ClientWire;
  /** The next wait for a command answers 421. */
  goingDown(): void;
  cut(): void;
}

function connectionOn(
  first: Socket,
  address: string,
  times: ClientTimes,
  context: SecureContext | undefined,
): Connection {
  let socket: Socket | TLSSocket = first;
  let buffer: Buffer = Buffer.alloc(0);
  let ended = false;
  let down = false;
  let wake: (() => void) | undefined;
  const heard = (piece: Buffer): void => {
    buffer = buffer.length === 0 ? piece : Buffer.concat([buffer, piece]);
    if (buffer.length > highWater) socket.pause();
    wake?.();
  };
  const gone = (): void => {
    ended = true;
    wake?.();
  };
  const listen = (): void => void socket.on('data', heard).on('end', gone).on('error', gone).on('close', gone);
  listen();

  /** Waits for more octets, until `limit` (of `performance.now`). */
  const more = async (limit: number): Promise<ClientEnd | undefined> => {
    if (ended) return 'closed';
    const { promise, resolve } = Promise.withResolvers<'woken' | 'timeout'>();
    const timer = setTimeout(() => resolve('timeout'), Math.max(0, limit - performance.now()));
    wake = () => resolve('woken');
    socket.resume();
    const why = await promise;
    wake = undefined;
    clearTimeout(timer);
    return why === 'timeout' ? 'timeout' : undefined;
  };
  const consume = (octets: number): void => {
    buffer = buffer.subarray(octets);
  };

  const wire: ClientWire = {
    address,
    secure: () => socket instanceof TLSSocket,
    gone: () => ended,
    pending: () => buffer.length,
    async line(maxOctets) {
      const limit = performance.now() + times.lineMs;
      let tooLong = false;
      for (;;) {
        const end = buffer.indexOf(0x0a);
        if (end >= 0) {
          const text = buffer.toString('latin1', 0, end).replace(/\r$/, '');
          consume(end + 1);
          return tooLong || text.length > maxOctets ? { kind: 'too-long' } : { kind: 'line', text };
        }
        if (buffer.length > maxOctets) {
          tooLong = true;
          consume(buffer.length);
        }
        if (down) {
          socket.write('421 4.3.2 The relay is going down, try again later\r\n');
          return { kind: 'ended', why: 'closed' };
        }
        // oxlint-disable-next-line no-await-in-loop -- until the line is whole
        const why = await more(limit);
        if (why !== undefined) return { kind: 'ended', why };
      }
    },
    async content(reader, enough) {
      const limit = performance.now() + times.contentMs;
      for (;;) {
        if (buffer.length > 0) consume(reader.read(buffer));
        if (reader.done) return 'done';
        if (enough()) return 'enough';
        // oxlint-disable-next-line no-await-in-loop -- until the message is whole
        const end = await more(Math.min(limit, performance.now() + times.pieceMs));
        if (end !== undefined) return end;
      }
    },
    async skip(octets) {
      const limit = performance.now() + times.contentMs;
      for (let left = octets; ;) {
        const passed = Math.min(left, buffer.length);
        consume(passed);
        left -= passed;
        if (left === 0) return 'done';
        // oxlint-disable-next-line no-await-in-loop -- until they have come
        const end = await more(Math.min(limit, performance.now() + times.pieceMs));
        if (end !== undefined) return end;
      }
    },
    async send(text) {
      if (ended && socket.destroyed) return;
      if (socket.write(text, 'latin1') || socket.writableLength < highWater) return;
      // A client that does not read its answers gets no more of them.
      const limit = performance.now() + times.pieceMs;
      while (socket.writableLength > 0 && !socket.destroyed && performance.now() < limit) {
        // oxlint-disable-next-line no-await-in-loop -- it looks again and again
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      if (socket.writableLength > 0) socket.destroy();
    },
    upgrade: () =>
      new Promise((resolve) => {
        if (context === undefined) throw new Error('STARTTLS is not offered without a key');
        first.off('data', heard).off('end', gone);
        first.pause();
        const secured = new TLSSocket(first, { isServer: true, secureContext: context });
        const timer = setTimeout(() => secured.destroy(), times.lineMs);
        const end = (good: boolean): void => {
          clearTimeout(timer);
          resolve(good);
        };
        secured.once('secure', () => {
          socket = secured;
          listen();
          end(true);
        });
        secured.once('error', () => end(false));
        secured.once('close', () => end(false));
      }),
    close() {
      socket.end();
      setTimeout(() => first.destroy(), lingerMs).unref();
    },
  };
  return {
    wire,
    goingDown() {
      down = true;
      wake?.();
    },
    cut: () => void first.destroy(),
  };
}

/**
 * Raw messages to one server and their replies, over one TCP connection (RFC 7766): for updates and for what has to be
 * signed. Messages are sent without waiting for earlier replies; a reply belongs to the message with its id.
 */
import { connect } from 'node:net';
import type { ServerAddress } from './transport.ts';
import { describeSocketError } from './transport-udp.ts';

export type Exchanged =
  /** In the order of the messages. */
  | { readonly kind: 'replies'; readonly replies: readonly Buffer[] }
  /** `sent`: the server may have read what it did not answer. */
  | { readonly kind: 'failed'; readonly sent: boolean; readonly detail: string };

/** Sends messages with different ids. Rejects only with the reason of the signal. */
export type DnsExchange = (messages: readonly Buffer[], signal?: AbortSignal) => Promise<Exchanged>;

export interface TcpExchangeOptions {
  /** For one connection, from its opening to the last reply, in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
const maxMessageOctets = 65_535; // RFC 1035 §4.2.2: a length of 16 bits

/**
 * A server that closes the connection after some replies gets the other messages over a new one, as long as each brings
 * at least one reply. A single message is therefore never sent twice.
 */
export function tcpExchange(server: ServerAddress, options: TcpExchangeOptions = {}): DnsExchange {
  const { timeoutMs = defaultTimeoutMs } = options;
  return async (messages, signal) => {
    const replies = new Map<number, Buffer>();
    for (;;) {
      const left = messages.filter((message) => !replies.has(message.readUInt16BE(0)));
      if (left.length === 0) {
        return { kind: 'replies', replies: messages.map((message) => replies.get(message.readUInt16BE(0)) as Buffer) };
      }
      signal?.throwIfAborted();
      const had = replies.size;
      const ended = await oneConnection(server, left, replies, timeoutMs, signal);
      if (ended.closed && replies.size > had) continue;
      if (replies.size < messages.length) return { kind: 'failed', sent: ended.sent, detail: ended.detail };
    }
  };
}

interface Ended {
  /** The server closed the connection. */
  readonly closed: boolean;
  readonly sent: boolean;
  readonly detail: string;
}

function oneConnection(
  server: ServerAddress,
  messages: readonly Buffer[],
  replies: Map<number, Buffer>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const wanted = new Set(messages.map((message) => message.readUInt16BE(0)));
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    let sent = false;
    let rest: Buffer = Buffer.alloc(0);
    const end = (closed: boolean, detail: string): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      socket.destroy();
      resolve({ closed, sent, detail });
    };
    const stop = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(
      () => end(false, `no answer from ${server.text} within ${timeoutMs / 1000} seconds`),
      timeoutMs,
    );
    signal?.addEventListener('abort', stop);
    socket.on('connect', () => {
      sent = true;
      socket.write(Buffer.concat(messages.flatMap((message) => [lengthOf(message), message])));
    });
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const length = rest.readUInt16BE(0);
        const reply = rest.subarray(2, 2 + length);
        rest = rest.subarray(2 + length);
        const id = length >= 2 ? reply.readUInt16BE(0) : -1;
        if (wanted.delete(id)) replies.set(id, Buffer.from(reply));
      }
      if (wanted.size === 0) end(false, '');
    });
    socket.on('error', (error) => end(false, `${server.text}: ${describeSocketError(error)}`));
    socket.on('close', () => end(true, `${server.text} closed the connection without an answer`));
  });
}

function lengthOf(message: Buffer): Buffer {
  if (message.length > maxMessageOctets) throw new RangeError(`a message of ${message.length} octets`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return length;
}

/** A connection to an SMTP server: octets out, replies in, each with its time. The socket beneath may become TLS. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as secure, rootCertificates, type TLSSocket } from 'node:tls';
import { replyReader, type SmtpReply } from './next-reply.ts';

/** The connection can no longer be used. `reply`: what the server said, unasked, before it went. */
export interface Lost {
  readonly kind: 'lost';
  readonly why: 'timeout' | 'closed' | 'protocol';
  readonly reply?: SmtpReply;
}

export interface WireTls {
  /** The name that is asked for (SNI) and that the certificate has to bear. */
  readonly name: string;
  /** False: any certificate will do (RFC 7435). */
  readonly verify: boolean;
  /** PEM, besides the well-known roots. */
  readonly ca?: readonly string[];
}

export interface Wire {
  /** The next reply; a reply that came unasked counts as the end of the connection. */
  reply(timeoutMs: number): Promise<SmtpReply | Lost>;
  /** Sends, when nothing has come unasked. */
  send(octets: string | Uint8Array): Lost | undefined;
  /** How many octets the system has not yet taken. */
  unsent(): number;
  upgrade(tls: WireTls, timeoutMs: number): Promise<{ readonly fault: string } | undefined>;
  readonly secure: boolean;
  close(): void;
}

export type WireOpening =
  | { readonly kind: 'open'; readonly wire: Wire }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'no-tls'; readonly detail: string };

/** `tls`: TLS from the first octet. Never rejects. */
export async function openWire(
  place: { readonly host: string; readonly port: number },
  options: { readonly tls?: WireTls; readonly timeoutMs: number },
): Promise<WireOpening> {
  const socket = connect({ host: place.host, port: place.port, noDelay: true });
  const fault = await settled(socket, 'connect', options.timeoutMs);
  if (fault !== undefined) return { kind: 'unreachable', detail: fault };
  const wire = wireOn(socket);
  const failed = options.tls && (await wire.upgrade(options.tls, options.timeoutMs));
  return failed ? { kind: 'no-tls', detail: failed.fault } : { kind: 'open', wire };
}

function wireOn(first: Socket): Wire {
  let socket: Socket | TLSSocket = first;
  let isSecure = false;
  let reader = replyReader();
  const ready: SmtpReply[] = [];
  let lost: Lost | undefined;
  let wake: (() => void) | undefined;
  const lose = (why: Lost['why']): void => {
    const unasked = ready.at(-1);
    lost ??= { kind: 'lost', why, ...(unasked ? { reply: unasked } : {}) };
    socket.destroy();
    wake?.();
  };
  const heard = (octets: Uint8Array): void => {
    const replies = reader.read(octets);
    if (replies === undefined) return lose('protocol');
    ready.push(...replies);
    if (replies.length > 0) wake?.();
  };
  const ended = (): void => lose('closed');
  const listen = (): void => {
    socket.on('data', heard);
    socket.on('error', ended);
    socket.on('close', ended);
  };
  const deafen = (): void => {
    for (const [event, listener] of [
      ['data', heard],
      ['error', ended],
      ['close', ended],
    ] as const)
      socket.off(event, listener as () => void);
  };
  listen();
  return {
    get secure() {
      return isSecure;
    },
    unsent: () => socket.writableLength,
    send(octets) {
      // What came unasked is no answer to what is sent now: mostly 421, and the server has gone.
      if (ready.length > 0) lose('closed');
      if (lost) return lost;
      socket.write(octets);
      return undefined;
    },
    async reply(timeoutMs) {
      if (ready.length === 0 && !lost) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(() => lose('timeout'), Math.max(0, timeoutMs));
        wake = resolve;
        await promise;
        wake = undefined;
        clearTimeout(timer);
      }
      return ready.shift() ?? lost ?? { kind: 'lost', why: 'closed' };
    },
    async upgrade(tls, timeoutMs) {
      // Replies in clear behind the one to STARTTLS would be read as if they were secure.
      if (ready.length > 0) lose('protocol');
      if (lost) return { fault: 'the server ended the connection' };
      deafen();
      const secured = secure({
        socket: first,
        minVersion: 'TLSv1.2',
        ...(isIP(tls.name) === 0 ? { servername: tls.name } : {}),
        host: tls.name,
        rejectUnauthorized: tls.verify,
        ...(tls.ca === undefined || tls.ca.length === 0 ? {} : { ca: [...rootCertificates, ...tls.ca] }),
      });
      const fault = await settled(secured, 'secureConnect', timeoutMs);
      if (fault !== undefined) {
        first.destroy();
        lost = { kind: 'lost', why: 'closed' };
        return { fault };
      }
      socket = secured;
      reader = replyReader();
      isSecure = true;
      listen();
      return undefined;
    },
    close: () => socket.destroy(),
  };
}

/** What went wrong, or nothing. The socket is destroyed when anything did. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (fault?: string): void => {
      clearTimeout(timer);
      socket.off(event, good).off('error', bad).off('close', closed);
      if (fault !== undefined) socket.on('error', () => {}).destroy();
      resolve(fault);
    };
    const good = (): void => end();
    const bad = (error: Error): void => end(reasonOf(error));
    const closed = (): void => end('the server ended the connection');
    const timer = setTimeout(() => end('no answer in time'), timeoutMs);
    socket.once(event, good).once('error', bad).once('close', closed);
  });
}

function reasonOf(error: Error): string {
  const text = `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`;
  if (text.includes('ECONNREFUSED')) return 'no server listens there';
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'the name has no address';
  if (/ETIMEDOUT/.test(text)) return 'no answer in time';
  if (/ECONNRESET|EPIPE/.test(text)) return 'the server ended the connection';
  if (/EHOSTUNREACH|ENETUNREACH/.test(text)) return 'there is no way to it from here';
  return error.message.replace(/[\r\n]+/g, ' ').slice(0, 300);
}

/** Both ends of a relay under test: a client that talks, and a next server that does what it is told. */
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';
import { parseNetwork, type Network } from '../../src/dns/address.ts';
import { fixedRoute } from '../../src/relay/fixed-route.ts';
import type { RelayEvent } from '../../src/relay/relay-log.ts';
import { noRewriting } from '../../src/relay/rewriting.ts';
import { room } from '../../src/relay/room.ts';
import { startRelayListener, type RelayListener, type SmtpListenerOptions } from '../../src/relay/smtp-listener.ts';
import type { NextPlace, NextTimes } from '../../src/world/next-server.ts';
import { selfSigned } from '../../src/sandbox/certificates.ts';

export interface TakenMail {
  readonly commands: readonly string[];
  /** As it came, dots and end taken off. */
  readonly message: string;
}

export interface NextOptions {
  readonly extensions?: readonly string[];
  readonly greeting?: string;
  /** The answer to a command; `undefined`: 250. `cut` ends the connection without a word, `silence` says nothing. */
  answer?(command: string): string | undefined;
  /** The answer to the message's end. */
  readonly final?: (taken: TakenMail) => string;
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** Octets of a message after which the connection is cut. */
  readonly cutAfter?: number;
}

export interface Next {
  readonly port: number;
  /** Messages to which 250 was said. */
  readonly taken: TakenMail[];
  /** Every line of every client. */
  readonly said: string[];
  readonly connections: () => number;
  /** Ends every connection without a word. */
  cut(): void;
}

/** A server that follows a script, closed after the test. */
export async function nextServer(t: Pick<TestContext, 'after'>, options: NextOptions = {}): Promise<Next> {
  const taken: TakenMail[] = [];
  const said: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((first) => {
    connections++;
    let socket: Socket = first;
    let [buffer, content] = ['', false];
    let commands: string[] = [];
    sockets.add(first);
    first.on('close', () => sockets.delete(first)).on('error', () => {});
    const answer = (text: string): void => {
      if (text === 'cut') first.resetAndDestroy();
      else if (text !== 'silence') socket.write(`${text}\r\n`, 'latin1');
    };
    const heard = (piece: Buffer): void => {
      buffer += piece.toString('latin1');
      // A ClientHello that nobody expects.
      if (buffer.startsWith('\x16\x03')) return answer('cut');
      for (;;) {
        if (content) {
          if (buffer.length > (options.cutAfter ?? Infinity)) return answer('cut');
          const end = buffer.startsWith('.\r\n') ? 0 : buffer.indexOf('\r\n.\r\n') + 2;
          if (end === 1) return;
          const mail = { commands, message: buffer.slice(0, end).replace(/(^|\r\n)\./g, '$1') };
          buffer = buffer.slice(end + 3);
          content = false;
          commands = [];
          const final = options.final?.(mail) ?? '250 2.0.0 Ok: queued as TEST';
          if (final.startsWith('250')) taken.push(mail);
          answer(final);
          continue;
        }
        const end = buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        said.push(line);
        const told = options.answer?.(line);
        if (told !== undefined) answer(told);
        else if (/^EHLO/i.test(line)) {
          const more = options.extensions ?? [
            'PIPELINING',
            'SIZE 1000000',
            '8BITMIME',
            'SMTPUTF8',
            'DSN',
            'ENHANCEDSTATUSCODES',
          ];
          const words = ['next.test', ...more, ...(options.tls && socket === first ? ['STARTTLS'] : [])];
          answer(words.map((word, index) => `250${index < words.length - 1 ? '-' : ' '}${word}`).join('\r\n'));
        } else if (/^STARTTLS/i.test(line) && options.tls) {
          answer('220 2.0.0 Go ahead');
          first.off('data', heard);
          socket = new TLSSocket(first, { isServer: true, key: options.tls.key, cert: options.tls.certificate });
          socket.on('data', heard).on('error', () => {});
          return;
        } else if (/^DATA/i.test(line)) {
          content = true;
          answer('354 Go ahead');
        } else if (/^QUIT/i.test(line)) {
          answer('221 Bye');
          socket.end();
        } else {
          if (/^(MAIL|RSET)/i.test(line)) commands = [];
          commands.push(line);
          answer('250 2.1.0 Ok');
        }
      }
    };
    socket.on('data', heard);
    answer(options.greeting ?? '220 next.test ESMTP');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    taken,
    said,
    connections: () => connections,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}

export const network = (text: string): Network => {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

export const placeOf = (port: number, more: Partial<NextPlace> = {}): NextPlace => ({
  host: '127.0.0.1',
  port,
  tls: 'optional',
  secure: { name: '127.0.0.1', verify: false },
  loginInClear: true,
  ...more,
});

export interface TestRelay extends RelayListener {
  readonly events: RelayEvent[];
}

/** A relay in front of `next`, closed after the test. */
export async function relay(
  t: Pick<TestContext, 'after'>,
  next: number,
  options: Partial<SmtpListenerOptions> & { readonly place?: Partial<NextPlace>; readonly nextTimes?: NextTimes } = {},
): Promise<TestRelay> {
  const events: RelayEvent[] = [];
  const { place, nextTimes, ...rest } = options;
  const started = await startRelayListener({
    host: '127.0.0.1',
    port: 0,
    name: 'relay.test',
    route: fixedRoute({ place: placeOf(next, place), name: 'relay.test', ...(nextTimes ? { times: nextTimes } : {}) }),
    admission: { networks: [network('127.0.0.0/8')], users: [] },
    rewriting: noRewriting,
    maxOctets: 500_000,
    room: room(5_000_000),
    maxConnections: 100,
    log: (event) => void events.push(event),
    ...rest,
  });
  t.after(() => started.close(0));
  return { ...started, events };
}

export const pair = selfSigned(['relay.test'], Date.now());

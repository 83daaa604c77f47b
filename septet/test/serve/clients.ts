/** SMTP clients and servers for the tests of `serve/`. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import {
  startSmtpListener,
  type ReceivedMessage,
  type SmtpListener,
  type SmtpListenerOptions,
} from '../../src/serve/intake/smtp-listener.ts';

export interface TestListener extends SmtpListener {
  readonly messages: ReceivedMessage[];
  readonly log: string[];
}

/** A listener on a free port of loopback, closed after the test. */
export async function listener(
  t: Pick<TestContext, 'after'>,
  options: Partial<SmtpListenerOptions> = {},
): Promise<TestListener> {
  const messages: ReceivedMessage[] = [];
  const log: string[] = [];
  const started = await startSmtpListener({
    host: '127.0.0.1',
    port: 0,
    name: 'mx.test',
    maxOctets: 100_000,
    accepts: (address) => address.startsWith('test-'),
    ratePerMinute: 1000,
    maxConnections: 300,
    timeoutMs: 10_000,
    now: () => Date.now(),
    onMessage: async (message) => void messages.push(message),
    log: (line) => void log.push(line),
    ...options,
  });
  t.after(() => started.close());
  return { ...started, messages, log };
}

export interface Talk {
  /** Sends as it is, and answers the next reply (all lines of it). */
  say(text: string | Buffer): Promise<string>;
  send(text: string | Buffer): void;
  reply(): Promise<string>;
  /** Goes away without a word. */
  leave(): void;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>;
}

/** A connection that has read the greeting, destroyed after the test. */
export async function talk(t: Pick<TestContext, 'after'>, port: number): Promise<Talk> {
  const socket: Socket = connect(port, '127.0.0.1');
  t.after(() => void socket.destroy());
  let buffer = '';
  let ended = false;
  const waiting: (() => void)[] = [];
  const wake = (): void => waiting.splice(0).forEach((resolve) => resolve());
  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      wake();
      resolve();
    };
    socket.once('end', end);
    socket.once('close', end);
  });
  const reply = async (): Promise<string> => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(buffer);
      if (match) {
        buffer = buffer.slice(match[0].length);
        return match[0];
      }
      if (ended) return '';
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  const send = (text: string | Buffer): void => void socket.write(text);
  await reply();
  return {
    send,
    reply,
    say: (text) => {
      send(text);
      return reply();
    },
    leave: () => void socket.resetAndDestroy(),
    ended: closed,
  };
}

/** Key and certificate for 127.0.0.1 and mx.test, made by openssl. Files are in `folder`. */
export async function certificate(t: Pick<TestContext, 'after'>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-smtp-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mx.test -addext';
  await promisify(execFile)('openssl', [
    ...words.split(' '),
    'subjectAltName=DNS:mx.test,IP:127.0.0.1',
    '-keyout',
    file('key.pem'),
    '-out',
    file('cert.pem'),
  ]);
  return { key: await readFile(file('key.pem'), 'utf8'), cert: await readFile(file('cert.pem'), 'utf8'), file };
}

/** A client that speaks SMTP word for word, and a server that keeps what comes: the two ends of the tests of Postfix. */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Sent {
  /** The answer to the message: `250 2.0.0 Ok: queued as …`, `550 5.7.1 …`. */
  readonly answer: string;
}

export interface Sending {
  readonly helo: string;
  /** `''` is the null sender. */
  readonly from: string;
  readonly to: string;
  /** Another client address than the real one, for a server that believes us (Postfix's XCLIENT). */
  readonly address?: string;
}

/** Sends a message with CRLF line ends as it is; rejects where an answer before the message's own is a refusal. */
export function sendBySmtp(port: number, message: Buffer, { helo, from, to, address }: Sending): Promise<Sent> {
  const commands = [
    ...(address === undefined ? [] : [`EHLO ${helo}`, `XCLIENT ADDR=${address} NAME=${helo}`]),
    `EHLO ${helo}`,
    `MAIL FROM:<${from}>`,
    `RCPT TO:<${to}>`,
    'DATA',
  ];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let said = '';
    let at = 0;
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(`${why} at ${commands[at - 1] ?? 'the greeting'}: ${said}`));
    };
    socket.setTimeout(20_000, () => fail('no answer'));
    socket.once('error', (error) => fail(String(error)));
    socket.once('close', () => fail('closed'));
    socket.on('data', (text) => {
      said += text.toString('latin1');
      const answer = /^(\d)\d\d .*\r\n$/m.exec(said);
      if (!answer) return;
      const whole = said.trimEnd();
      if (at > commands.length) {
        resolve({ answer: whole });
        socket.end('QUIT\r\n');
        return;
      }
      if (answer[1] !== '2' && answer[1] !== '3') return fail('refused');
      said = '';
      const command = commands[at++];
      socket.write(command === undefined ? stuffed(message) : `${command}\r\n`);
    });
  });
}

/** RFC 5321 §4.5.2, with the dot that ends it. */
function stuffed(message: Buffer): Buffer {
  const text = message.toString('latin1').replaceAll(/^\./gm, '..');
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}

export interface Caught {
  readonly message: Buffer;
  readonly from: string;
}

export interface Catcher {
  /** The next message for this address; waits for it. */
  caught(address: string): Promise<Caught>;
  stop(): Promise<void>;
}

/** Takes everything that is sent to it. */
export async function startCatcher(port: number): Promise<Catcher> {
  const waiting = new Map<string, (caught: Caught) => void>();
  const here = new Map<string, Caught>();
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const caught = { message: Buffer.concat(pieces), from: mailFrom === false ? '' : mailFrom.address };
        for (const { address } of rcptTo) {
          const take = waiting.get(address);
          waiting.delete(address);
          if (take) take(caught);
          else here.set(address, caught);
        }
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    caught(address) {
      const already = here.get(address);
      here.delete(address);
      if (already) return Promise.resolve(already);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing was sent on for ${address}`)), 15_000);
        waiting.set(address, (caught) => {
          clearTimeout(timer);
          resolve(caught);
        });
      });
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/**
 * A session with the next SMTP server (RFC 5321 §3), step by step, so that each of its answers can be handed on. Every way
 * it may end is an outcome; user names and passwords are in none of their texts.
 */
import { Buffer } from 'node:buffer';
import { renameSync, rmSync } from 'node:fs';
import { reply, type SmtpReply } from './next-reply.ts';
import { openWire, type Lost, type Wire, type WireTls } from './next-wire.ts';

export interface NextPlace {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** `implicit`: from the first octet. `required`: STARTTLS. `optional`: STARTTLS where it is offered. */
  readonly tls: 'implicit' | 'required' | 'optional' | 'never';
  readonly secure: WireTls;
  readonly login?: { readonly user: string; readonly password: string };
  /** The password may go without TLS, because it does not leave the machine. */
  readonly loginInClear?: boolean;
}

export interface NextTimes {
  /** For the connection, greeting, EHLO, STARTTLS and login together, in milliseconds. */
  readonly openMs: number;
  /** For the answer to MAIL, RCPT, RSET. */
  readonly commandMs: number;
}

/**
 * RFC 5321 §4.5.3.2 gives a client 5 minutes for an answer to MAIL and RCPT, and 10 for that to the message. Ours are a
 * little shorter, so that our client hears before it gives up.
 */
export const nextTimes: NextTimes = { openMs: 120_000, commandMs: 270_000 };

export interface NextSession {
  /** Of EHLO: keyword in upper case, and what stands behind it. Empty after HELO. */
  readonly extensions: ReadonlyMap<string, string>;
  readonly tls: boolean;
  /** `line` without its end. Throws on a line that would be two: a bug. */
  command(line: string, timeoutMs?: number): Promise<SmtpReply | Lost>;
  /**
   * DATA, the message with its dots doubled, and the end. 2xx only where the server has said so after all was sent.
   * `timeoutMs` is for all of it; with a mark the answer is awaited for another hour, and the mark tells of it.
   */
  message(octets: Uint8Array, timeoutMs: number, mark?: string): Promise<SmtpReply | Lost>;
  /** Says QUIT without waiting, and closes. */
  quit(): void;
  /** Goes away; a message that has no end yet is void. */
  close(): void;
  /** Resolves when no answer is waited for any more. */
  idle(): Promise<void>;
  /** The process that speaks with the server. */
  readonly pid: number;
}

/** Opens sessions: here, or in a process of its own (`next-carrier.ts`). */
export type OpenNext = (place: NextPlace, name: string, times?: NextTimes) => Promise<NextOpening>;

/** How long a late answer is waited for when nobody listens any more. */
const lateMs = 3_600_000; // house

export type NextOpening =
  | { readonly kind: 'open'; readonly session: NextSession }
  /** What the server said to the greeting, EHLO, STARTTLS or the login. */
  | { readonly kind: 'refused'; readonly at: 'greeting' | 'login'; readonly reply: SmtpReply }
  | { readonly kind: 'unreachable' | 'no-tls'; readonly detail: string };

/** `name`: what we call ourselves. Never rejects. */
export async function openNext(place: NextPlace, name: string, times: NextTimes = nextTimes): Promise<NextOpening> {
  const end = performance.now() + times.openMs;
  const left = (): number => end - performance.now();
  const opening = await openWire(place, {
    timeoutMs: left(),
    ...(place.tls === 'implicit' ? { tls: place.secure } : {}),
  });
  if (opening.kind !== 'open') return opening;
  const { wire } = opening;
  const stop = (outcome: NextOpening): NextOpening => {
    wire.close();
    return outcome;
  };
  const said = async (line: string): Promise<SmtpReply | Lost> => wire.send(`${line}\r\n`) ?? wire.reply(left());
  const gone = (lost: Lost): NextOpening =>
    stop(
      lost.reply === undefined
        ? { kind: 'unreachable', detail: lostText(lost) }
        : { kind: 'refused', at: 'greeting', reply: lost.reply },
    );

  const greeting = await wire.reply(left());
  if ('kind' in greeting) return gone(greeting);
  if (greeting.code !== 220) return stop({ kind: 'refused', at: 'greeting', reply: greeting });
  let hello = await greet(said, name);
  if ('kind' in hello) return gone(hello);
  if (hello.code !== 250) return stop({ kind: 'refused', at: 'greeting', reply: hello });
  let extensions = extensionsOf(hello);
  if (!wire.secure && place.tls !== 'never') {
    if (extensions.has('STARTTLS')) {
      const answer = await said('STARTTLS');
      if ('kind' in answer) return gone(answer);
      const fault = answer.code === 220 ? await wire.upgrade(place.secure, left()) : { fault: 'STARTTLS is refused' };
      if (fault) {
        if (answer.code === 220 || place.tls === 'required') return stop({ kind: 'no-tls', detail: fault.fault });
      } else {
        hello = await greet(said, name);
        if ('kind' in hello) return gone(hello);
        if (hello.code !== 250) return stop({ kind: 'refused', at: 'greeting', reply: hello });
        extensions = extensionsOf(hello);
      }
    } else if (place.tls === 'required') return stop({ kind: 'no-tls', detail: 'STARTTLS is not offered' });
  }
  if (place.login) {
    if (!wire.secure && place.loginInClear !== true)
      return stop({ kind: 'no-tls', detail: 'the password would go over the network in clear' });
    const answer = await login(said, place.login, extensions.get('AUTH') ?? '');
    if ('kind' in answer) return gone(answer);
    if (answer.code !== 235) return stop({ kind: 'refused', at: 'login', reply: answer });
  }
  return { kind: 'open', session: sessionOn(wire, extensions, times) };
}

type Say = (line: string) => Promise<SmtpReply | Lost>;

/** EHLO, or HELO where that is not known (RFC 5321 §3.2). */
async function greet(say: Say, name: string): Promise<SmtpReply | Lost> {
  const hello = await say(`EHLO ${name}`);
  if ('kind' in hello || !/^50[0-4]$/.test(String(hello.code))) return hello;
  const plain = await say(`HELO ${name}`);
  return 'kind' in plain ? plain : { ...plain, lines: plain.lines.slice(0, 1) };
}

function extensionsOf({ lines }: SmtpReply): ReadonlyMap<string, string> {
  return new Map(
    lines.slice(1, 60).map((line) => {
      // `AUTH=PLAIN` is how servers wrote it before RFC 2554.
      const [keyword = '', ...rest] = line.trim().split(/[ =]+/);
      return [keyword.toUpperCase(), rest.join(' ')] as const;
    }),
  );
}

/** PLAIN (RFC 4616), or LOGIN, which old servers know alone. */
async function login(
  say: Say,
  { user, password }: NonNullable<NextPlace['login']>,
  offered: string,
): Promise<SmtpReply | Lost> {
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const words = offered.toUpperCase().split(' ');
  if (words.includes('PLAIN')) return say(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`);
  if (!words.includes('LOGIN')) return reply(504, '5.5.4 The server offers neither AUTH PLAIN nor AUTH LOGIN');
  for (const [line, wanted] of [
    ['AUTH LOGIN', 334],
    [base64(user), 334],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const answer = await say(line);
    if ('kind' in answer || answer.code !== wanted) return answer;
  }
  return say(base64(password));
}

function sessionOn(wire: Wire, extensions: ReadonlyMap<string, string>, times: NextTimes): NextSession {
  const command = async (line: string, timeoutMs = times.commandMs): Promise<SmtpReply | Lost> => {
    if (/[\r\n]/.test(line)) throw new Error('a command is one line');
    return wire.send(Buffer.from(`${line}\r\n`, 'latin1')) ?? wire.reply(timeoutMs);
  };
  const deliver = async (octets: Uint8Array, timeoutMs: number): Promise<SmtpReply | Lost> => {
    const end = performance.now() + timeoutMs;
    const ready = await command('DATA', timeoutMs);
    if ('kind' in ready) return ready;
    // Only a refusal is an answer here; a 2xx would pass for that to the message.
    if (ready.code !== 354) return ready.code >= 400 ? ready : { kind: 'lost', why: 'protocol' };
    const sent = wire.send(dotted(octets));
    if (sent) return sent;
    const answer = await wire.reply(end - performance.now());
    if ('kind' in answer) return answer;
    // An answer before the end was sent: a refusal counts, anything else cannot be about this message.
    if (wire.unsent() > 0) {
      wire.close();
      if (answer.code < 400) return { kind: 'lost', why: 'protocol' };
    }
    return answer;
  };
  let late: Promise<unknown> | undefined;
  return {
    extensions,
    tls: wire.secure,
    pid: process.pid,
    command,
    async message(octets, timeoutMs, mark) {
      if (mark === undefined) return deliver(octets, timeoutMs);
      const delivery = deliver(octets, timeoutMs + lateMs).then((answer) => {
        late = undefined;
        settleMark(mark, !('kind' in answer) && answer.code < 300);
        return answer;
      });
      late = delivery;
      const { promise, resolve } = Promise.withResolvers<Lost>();
      const timer = setTimeout(() => resolve({ kind: 'lost', why: 'timeout' }), Math.max(0, timeoutMs));
      const answer = await Promise.race([delivery, promise]);
      clearTimeout(timer);
      return answer;
    },
    idle: async () => void (await late),
    quit() {
      wire.send('QUIT\r\n');
      setTimeout(() => wire.close(), 20).unref();
    },
    close() {
      if (late) void late.then(() => wire.close());
      else wire.close();
    },
  };
}

/** What `relay/marks.ts` reads: a message that the server has taken, or of which nothing is known or left. */
function settleMark(mark: string, taken: boolean): void {
  try {
    if (taken) renameSync(`${mark}.sent`, `${mark}.taken`);
    else rmSync(`${mark}.sent`, { force: true });
  } catch {
    // Without its mark a message may be sent once more, and that is all.
  }
}

const [dot, cr, lf] = [0x2e, 0x0d, 0x0a];

/** With the dots of RFC 5321 §4.5.2 and the end. The message has CRLF line ends, or what it has stays. */
export function dotted(octets: Uint8Array): Uint8Array {
  let more = 0;
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  for (let at = bytes.indexOf('\n.'); at >= 0; at = bytes.indexOf('\n.', at + 1)) more++;
  const starts = bytes[0] === dot;
  const whole = bytes.length === 0 || (bytes.at(-2) === cr && bytes.at(-1) === lf);
  const out = Buffer.allocUnsafe(bytes.length + more + (starts ? 1 : 0) + (whole ? 3 : 5));
  let to = 0;
  let from = 0;
  if (starts) out[to++] = dot;
  for (let at = bytes.indexOf('\n.'); at >= 0; at = bytes.indexOf('\n.', from)) {
    to += bytes.copy(out, to, from, at + 1);
    out[to++] = dot;
    from = at + 1;
  }
  to += bytes.copy(out, to, from);
  out.write(whole ? '.\r\n' : '\r\n.\r\n', to, 'latin1');
  return out;
}

/** One clause for a person. */
export function lostText({ why }: Lost): string {
  if (why === 'timeout') return 'no answer in time';
  return why === 'closed' ? 'the server ended the connection' : 'what it says is not SMTP';
}

/**
 * One client of the relay, from its greeting to its end (RFC 5321). Commands are carried out one after the other, also
 * where they came in one packet (RFC 2920), and each that matters to the next server is answered with that server's own
 * words. The relay owns no mail: 250 to a message is said when the next server has said it, and not before.
 */
import { reply, replyText, type SmtpReply } from '../world/next-reply.ts';
import { isLoopback, isTrusted, mayLogIn, type Admission } from './admission.ts';
import type { ClientWire } from './client-wire.ts';
import { contentReader, type ContentReader } from './content-reader.ts';
import type { Mark, Marks } from './marks.ts';
import type { Offer, Outgoing, Route } from './outgoing.ts';
import type { ClientTrouble, RelayLog, RewritingTold } from './relay-log.ts';
import type { Rewriting } from './rewriting.ts';
import type { Room } from './room.ts';
import { maxAuthLine, readLogin } from './smtp-auth.ts';
import { readMailWish, readPath, readRecipientWords, type MailWish } from './smtp-command.ts';

export interface SessionOptions {
  /** What the relay calls itself. */
  readonly name: string;
  readonly route: Route;
  readonly admission: Admission;
  readonly rewriting: Rewriting;
  readonly maxOctets: number;
  readonly room: Room;
  /** STARTTLS is offered. */
  readonly tls: boolean;
  readonly log: RelayLog;
  /** Absent: a message whose answer was lost is sent again. */
  readonly marks?: Marks;
  /** From the end of a message to its answer, in milliseconds. */
  readonly answerMs?: number;
}

/**
 * RFC 5321 §4.5.3.2.6 lets a client wait 10 minutes for the answer to its message; half a minute less, so that it hears
 * ours and does not send again what the next server takes in its last second.
 */
const usualAnswerMs = 570_000;
const maxLine = 2048; // house: RFC 5321 §4.5.3.1.4 says 512, its extensions add some hundreds
const maxRecipients = 1000; // house: RFC 5321 §4.5.3.1.8 asks for 100 at least
const maxErrors = 20; // house
const maxLogins = 3; // house
/** How long a client that comes again waits for the answer to the message it sent before. */
const againMs = 20_000; // house
/** What a client still sends of a message that is too large is read up to this share of the limit. */
const passOverTimes = 4; // house

interface Transaction {
  readonly mailFrom: string;
  readonly wish: MailWish;
  readonly recipients: string[];
}

interface State {
  helo?: string;
  extended: boolean;
  user?: string;
  outgoing?: Outgoing;
  mail?: Transaction;
  errors: number;
  logins: number;
  /** Messages to which 250 was said, and of which the client may not have heard yet. */
  told: Mark[];
}

/** `undefined`: the client has been answered, or is to hear nothing. `end`: the session is over after this. */
interface Done {
  readonly reply?: SmtpReply;
  readonly end?: ClientTrouble | 'quit';
}

/** Resolves when the client has gone, for whatever reason; the wire is closed then. Rejects only on bugs. */
export async function smtpSession(wire: ClientWire, options: SessionOptions): Promise<void> {
  const state: State = { extended: false, errors: 0, logins: 0, told: [] };
  try {
    await wire.send(`220 ${options.name} ESMTP Septet relay\r\n`);
    for (let first = true; ; first = false) {
      /* oxlint-disable no-await-in-loop -- one command after the other */
      const fresh = wire.pending() === 0;
      const line = await wire.line(maxAuthLine);
      if (line.kind === 'ended') {
        if (line.why === 'timeout') await wire.send('421 4.4.2 No command came for too long\r\n');
        return options.log({ event: 'client', why: line.why });
      }
      // What comes after our answer says that it was heard. QUIT may have come with the message, and is as good.
      const heard = line.kind === 'line' && (fresh || /^QUIT\b/i.test(line.text));
      if (heard) for (const mark of state.told.splice(0)) options.marks?.forget(mark);
      const done = await carryOut(line.kind === 'line' ? line.text : undefined, first, { wire, options, state });
      if (done.reply) {
        if (done.reply.code >= 500 && done.reply.code < 504) state.errors++;
        await wire.send(replyText(done.reply));
      }
      if (done.end === 'quit') return;
      const end = done.end ?? (state.errors > maxErrors ? 'too many errors' : undefined);
      if (end !== undefined || done.reply?.code === 421) {
        if (done.reply?.code !== 421 && end === 'too many errors') await wire.send('421 4.7.0 Too many errors\r\n');
        if (end !== undefined) options.log({ event: 'client', why: end });
        return;
      }
      /* oxlint-enable no-await-in-loop */
    }
  } finally {
    state.outgoing?.close();
    wire.close();
  }
}

interface Context {
  readonly wire: ClientWire;
  readonly options: SessionOptions;
  readonly state: State;
}

async function carryOut(line: string | undefined, first: boolean, context: Context): Promise<Done> {
  const { wire, state, options } = context;
  const verb = (line ?? '').split(' ', 1)[0]?.toUpperCase() ?? '';
  if (line === undefined || (line.length > maxLine && verb !== 'AUTH'))
    return { reply: reply(500, '5.5.6 The line is too long') };
  // A browser that was led here: what it posts must not be read as commands.
  if (first && /^(GET|POST|PUT|HEAD|OPTIONS|CONNECT)$/.test(verb) && / HTTP\/\d/.test(line)) return { end: 'not smtp' };
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      return hello(line, verb === 'EHLO', context);
    case 'MAIL':
      return { reply: await mail(line, context) };
    case 'RCPT':
      return { reply: await recipient(line, context) };
    case 'DATA':
      return data(line, context);
    case 'BDAT':
      return chunk(line, context);
    case 'RSET':
      await drop(state);
      return { reply: reply(250, '2.0.0 Ok') };
    case 'NOOP':
      return { reply: reply(250, '2.0.0 Ok') };
    case 'QUIT':
      return { reply: reply(221, '2.0.0 Bye'), end: 'quit' };
    case 'VRFY':
      return { reply: reply(252, '2.5.0 Send it, and the next server will say') };
    case 'HELP':
      return { reply: reply(214, '2.0.0 See RFC 5321') };
    case 'STARTTLS':
      return startTls(line, context);
    case 'AUTH':
      return auth(line, context);
    default:
      return { reply: reply(/^(EXPN|ETRN|TURN)$/.test(verb) ? 502 : 500, '5.5.1 The command is not known here') };
  }

  async function startTls(text: string, { options: { tls } }: Context): Promise<Done> {
    if (!tls || wire.secure()) return { reply: reply(wire.secure() ? 503 : 502, '5.5.1 STARTTLS is not offered') };
    if (text.trim().length > 8) return { reply: reply(501, '5.5.4 STARTTLS takes nothing') };
    // Commands sent in clear behind it would count as said under TLS (RFC 3207 §4.2).
    if (wire.pending() > 0) return { reply: reply(503, '5.5.1 Wait for the answer to STARTTLS'), end: 'not smtp' };
    await wire.send('220 2.0.0 Go ahead\r\n');
    if (!(await wire.upgrade())) return { end: 'tls failed' };
    await drop(state);
    delete state.helo;
    delete state.user;
    return {};
  }

  async function auth(text: string, { options: { admission } }: Context): Promise<Done> {
    if (!mayAsk(context) || !state.extended) return { reply: reply(503, '5.5.1 AUTH is not offered') };
    if (state.user !== undefined || state.mail) return { reply: reply(503, '5.5.1 AUTH has no place here') };
    const read = await readLogin(text.slice(5), wire);
    if (read.kind === 'ended') return { end: 'closed' };
    if (read.kind === 'answer') return { reply: read.reply };
    if (mayLogIn(admission, read.user, read.password)) {
      state.user = read.user;
      return { reply: reply(235, '2.7.0 Logged in') };
    }
    options.log({ event: 'client', why: 'login refused' });
    if (++state.logins >= maxLogins) return { reply: reply(421, '4.7.0 Too many logins were refused') };
    return { reply: reply(535, '5.7.8 User name or password is wrong') };
  }
}

/** Whether a login can be taken now: never in clear over a network. */
const mayAsk = ({ wire, options: { admission } }: Context): boolean =>
  admission.users.length > 0 && (wire.secure() || isLoopback(wire.address));

const isAllowed = ({ wire, state, options: { admission } }: Context): boolean =>
  state.user !== undefined || isTrusted(admission, wire.address);

async function hello(line: string, extended: boolean, context: Context): Promise<Done> {
  const { options, state, wire } = context;
  const name = line.slice(5).trim();
  if (!/^[\x21-\x7e\x80-\xff]{1,255}$/.test(name)) return { reply: reply(501, '5.5.4 Say your host name') };
  await drop(state);
  // Strangers who have still to log in do not make us call the next server.
  if (isAllowed(context)) {
    const away = await opened(context);
    if (away) return { reply: away };
  }
  Object.assign(state, { helo: name, extended });
  if (!extended) return { reply: reply(250, options.name) };
  const offer = state.outgoing?.offer ?? options.route.early;
  return {
    reply: reply(
      250,
      options.name,
      'PIPELINING',
      `SIZE ${sizeOf(offer, options)}`,
      ...(options.tls && !wire.secure() ? ['STARTTLS'] : []),
      ...(mayAsk(context) && state.user === undefined ? ['AUTH PLAIN LOGIN'] : []),
      ...(offer.eightBit ? ['8BITMIME'] : []),
      ...(offer.utf8 ? ['SMTPUTF8'] : []),
      ...(offer.dsn ? ['DSN'] : []),
      ...(offer.enhanced ? ['ENHANCEDSTATUSCODES'] : []),
    ),
  };
}

const sizeOf = (offer: Offer, { maxOctets }: SessionOptions): number => Math.min(maxOctets, offer.size ?? Infinity);

/** The session with the next server, opened where there is none; what the client is told where that cannot be. */
async function opened({ state, options: { route, log } }: Context): Promise<SmtpReply | undefined> {
  if (state.outgoing?.usable()) return undefined;
  state.outgoing?.close();
  delete state.outgoing;
  const opening = await route.open();
  if (opening.kind === 'open') state.outgoing = opening.outgoing;
  else log({ event: 'next', why: opening.log });
  return opening.kind === 'away' ? opening.reply : undefined;
}

async function mail(line: string, context: Context): Promise<SmtpReply> {
  const { state, options } = context;
  if (state.helo === undefined) return reply(503, '5.5.1 Say EHLO first');
  if (state.mail) return reply(503, '5.5.1 One message at a time: there was a MAIL already');
  const read = readPath(line, 'MAIL');
  if (read.kind === 'bad') return reply(read.code, read.text);
  if (!isAllowed(context)) {
    options.log({ event: 'client', why: 'not allowed' });
    return options.admission.users.length > 0
      ? reply(530, '5.7.0 Log in first') // RFC 4954 §6
      : reply(550, '5.7.1 This relay takes no mail from your address');
  }
  const away = await opened(context);
  if (away) return away;
  const { outgoing } = state;
  if (!outgoing) throw new Error('a route opens, or says why not');
  const wish = readMailWish(read.value, outgoing.offer);
  if (wish.kind === 'bad') return reply(wish.code, wish.text);
  if ((wish.value.size ?? 0) > sizeOf(outgoing.offer, options))
    return reply(552, `5.3.4 A message may have ${sizeOf(outgoing.offer, options)} octets`);
  const answer = await outgoing.mail({ path: read.value.path, wish: wish.value, helo: state.helo });
  if (answer.code < 300) state.mail = { mailFrom: read.value.path, wish: wish.value, recipients: [] };
  return answer;
}

async function recipient(line: string, { state }: Context): Promise<SmtpReply> {
  if (!state.mail || !state.outgoing) return reply(503, '5.5.1 Say MAIL first');
  const read = readPath(line, 'RCPT');
  if (read.kind === 'bad') return reply(read.code, read.text);
  if (state.mail.recipients.length >= maxRecipients) return reply(452, '4.5.3 Too many recipients for one message');
  const words = readRecipientWords(read.value, state.outgoing.offer.dsn);
  if (words.kind === 'bad') return reply(words.code, words.text);
  const answer = await state.outgoing.recipient(read.value.path, words.value);
  if (answer.code < 300) state.mail.recipients.push(read.value.path);
  return answer;
}

async function data(line: string, context: Context): Promise<Done> {
  const { wire, state, options } = context;
  const { mail: current, outgoing } = state;
  if (!current || !outgoing) return { reply: reply(503, '5.5.1 Say MAIL and RCPT first') };
  if (line.trim().length > 4) return { reply: reply(501, '5.5.4 DATA takes nothing') };
  if (current.recipients.length === 0) return { reply: reply(554, '5.5.1 No recipient was taken') };
  await wire.send('354 Go ahead, a line with a dot ends it\r\n');
  const limit = sizeOf(outgoing.offer, options);
  const reader = contentReader(limit, options.room);
  try {
    const end = await wire.content(reader, () => reader.seen > limit * passOverTimes);
    if (end === 'enough') return { reply: reply(421, '4.3.4 The message is far too large'), end: 'too large' };
    if (end !== 'done') {
      if (end === 'timeout') await wire.send('421 4.4.2 The message did not come to its end in time\r\n');
      return { end };
    }
    return { reply: await sendOn(reader, current, context) };
  } finally {
    reader.release();
    await drop(state);
  }
}

async function sendOn(
  reader: ContentReader,
  { mailFrom, recipients }: Transaction,
  { wire, state, options }: Context,
): Promise<SmtpReply> {
  const started = performance.now();
  const { outgoing } = state;
  if (!outgoing) throw new Error('there is a transaction');
  if (reader.dropped === 'too large')
    return reply(552, `5.3.4 A message may have ${sizeOf(outgoing.offer, options)} octets`);
  if (reader.dropped === 'no room') return reply(452, '4.3.1 Too many large messages at a time, try again in a minute');
  if (reader.bare) return reply(554, '5.6.0 CR or LF stands alone in the message; lines end with CRLF');
  const { answerMs = usualAnswerMs, marks } = options;
  const octets = reader.take();
  const mark = marks?.of(octets, mailFrom, recipients);
  const standing = mark && marks ? await marks.standing(mark, Math.min(againMs, answerMs)) : 'none';
  if (standing !== 'none') options.log({ event: 'again', standing });
  if (standing === 'on its way')
    return reply(451, '4.4.2 The next server has this message and has not answered yet, try again later');
  if (standing === 'taken') {
    if (mark && !wire.gone()) state.told.push(mark);
    return reply(250, '2.0.0 Ok: the next server has taken it already');
  }
  const rewritten = await options.rewriting.rewrite(octets, { mailFrom, recipients });
  const left = answerMs - (performance.now() - started);
  const eightBit = reader.eightBit || has8Bit(rewritten.told, rewritten.octets);
  const marked = mark && { file: mark.file, begin: (pid: number) => marks?.begin(mark, pid) };
  const answer = await outgoing.message(rewritten.octets, eightBit, left, marked);
  // A client that has gone will come again.
  if (mark && answer.code < 300 && !wire.gone()) state.told.push(mark);
  options.log({
    event: 'message',
    way: 'smtp',
    outcome: answer.code < 300 ? 'accepted' : answer.code < 500 ? 'later' : 'refused',
    code: answer.code,
    octets: octets.length,
    recipients: recipients.length,
    ms: Math.round(performance.now() - started),
    rewriting: rewritten.told,
  });
  return answer;
}

/** Rewriting keeps the encodings; should it ever not, the next server must not be given what it does not take. */
const has8Bit = ({ kind }: RewritingTold, octets: Uint8Array): boolean =>
  kind === 'rewritten' && octets.some((octet) => octet > 127);

/** Ends a transaction that has no message. */
async function drop(state: State): Promise<void> {
  if (state.mail) await state.outgoing?.reset();
  delete state.mail;
}

/**
 * BDAT is not offered (RFC 3030), yet who sends it sends its octets right behind it: they are passed over, so that they
 * are not read as commands.
 */
async function chunk(line: string, { wire, options, state }: Context): Promise<Done> {
  const octets = /^BDAT +(\d{1,12})(?: +LAST)? *$/i.exec(line)?.[1];
  if (octets === undefined || Number(octets) > options.maxOctets * passOverTimes)
    return { reply: reply(421, '4.5.1 BDAT is not offered'), end: 'not smtp' };
  const end = await wire.skip(Number(octets));
  if (end !== 'done') return { end };
  await drop(state);
  return { reply: reply(502, '5.5.1 BDAT is not offered, use DATA') };
}

/**
 * The SMTP server of the test address (RFC 5321): takes messages for the recipients it is told, keeps every octet, and
 * answers 250 only when `onMessage` has kept the message. No login, no relaying. The only file that knows smtp-server.
 *
 * Everything is bounded: connections, messages of one client in a minute, octets of one message and of all that are on
 * their way, the time between two octets and that of a whole session.
 */
import type { Buffer } from 'node:buffer';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { domainToASCII } from 'node:url';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server';
import { canonicalAddress } from '../../dns/address.ts';
import { ListenFault, listenFault } from '../listen-fault.ts';
import { octetStore, type Budget, type OctetStore } from './octet-store.ts';
import { rateLimit } from './rate-limit.ts';

export interface ReceivedEnvelope {
  /** Of the client, as in RFC 5952. */
  readonly ip: string;
  /** As the client calls itself, in lower case; `''` where it says nothing. */
  readonly helo: string;
  /** `''` for the null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly tls: { readonly version: string; readonly cipher: string } | false | 'not offered';
  /** As in a Received field (RFC 5321 §4.4, RFC 6531 §3.7.3): `ESMTP`, `ESMTPS`, `UTF8SMTP`… */
  readonly protocol: string;
}

export interface ReceivedMessage {
  /** As they came: without the dots and the end that RFC 5321 §4.5.2 adds. */
  readonly octets: Buffer;
  readonly envelope: ReceivedEnvelope;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Thrown by `onMessage`: the message is not kept, and the client is told so. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** 4xx: come again later. 5xx: never. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface SmtpListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What the server calls itself. */
  readonly name: string;
  /** PEM. Without, STARTTLS is not offered. */
  readonly tls?: { readonly key: string | Uint8Array; readonly cert: string | Uint8Array };
  readonly maxOctets: number;
  /** Whether mail is taken for the address. */
  accepts(address: string): boolean;
  readonly ratePerMinute: number;
  readonly maxConnections: number;
  /** Without an octet; a session may take ten times that. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves when the message is kept. May throw `Refusal`; anything else is answered 451. */
  onMessage(message: ReceivedMessage): Promise<void>;
  /** One line for the terminal, without line end: faults of connections and of `onMessage`. */
  log?(line: string): void;
}

export interface SmtpListener {
  readonly port: number;
  close(): Promise<void>;
}

const maxRecipients = 100; // RFC 5321 §4.5.3.1.8: a server must take at least so many
/** Sessions may take so many times the idle time. */
const sessionTimes = 10; // house
/** Messages on their way may take so many times the largest one together, and at least `leastBudget`. */
const budgetTimes = 4; // house
const leastBudget = 64 * 1024 * 1024; // house
/** What a client still sends of a message that is too large is read up to this share of the limit. */
const passOverTimes = 4; // house
const closeMs = 500;

/** Rejects with `ListenFault` where it cannot listen, or key and certificate cannot be used. */
export async function startSmtpListener(options: SmtpListenerOptions): Promise<SmtpListener> {
  if (options.tls) checkPair(options.tls);
  const budget: Budget = { octets: Math.max(leastBudget, options.maxOctets * budgetTimes), used: 0 };
  const rate = rateLimit({ perMinute: options.ratePerMinute, now: options.now });
  const deadlines = new Map<string, NodeJS.Timeout>();
  const server = open({
    ...settingsOf(options),
    onConnect: (session, done) => {
      const timer = setTimeout(
        () => cut(session.id, 'The session takes too long'),
        options.timeoutMs * sessionTimes,
      ).unref();
      deadlines.set(session.id, timer);
      done();
    },
    onClose: ({ id }) => {
      clearTimeout(deadlines.get(id));
      deadlines.delete(id);
    },
    onMailFrom: (_address, session, done) =>
      done(
        rate.take(clientOf(session)) ? null : answer(450, `More than ${options.ratePerMinute} messages in a minute`),
      ),
    onRcptTo: (address, _session, done) =>
      done(options.accepts(addressOf(address)) ? null : answer(550, 'No such test address here')),
    onData: (stream, session, settle) => {
      take(stream, session, { options, budget, cut }).then(
        () => settle(),
        (error: unknown) => settle(error instanceof Error ? error : answer(451, 'Cannot be kept')),
      );
    },
  });
  // Connections that break are everyday matters; the server goes on.
  server.on('error', (error: Error) => options.log?.(`A connection failed: ${error.message}`));
  const cut = (id: string, why: string): void => {
    for (const connection of server.connections) if (connection.id === id) connection.send(421, why);
  };
  const port = await listening(server, options);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        for (const timer of deadlines.values()) clearTimeout(timer);
        server.close(() => resolve());
        for (const connection of server.connections) connection.send(421, 'The test is over');
      }),
  };
}

function settingsOf(options: SmtpListenerOptions): SMTPServerOptions {
  const { tls } = options;
  return {
    name: options.name,
    banner: 'Septet test address',
    size: options.maxOctets,
    maxClients: options.maxConnections,
    maxRecipients,
    socketTimeout: options.timeoutMs,
    closeTimeout: closeMs,
    // Names of clients are a matter of the proof; a server must not ask DNS for each that comes.
    disableReverseLookup: true,
    authOptional: true,
    // Without a key of ours smtp-server takes its own, which everybody knows.
    disabledCommands: [
      'AUTH',
      'XCLIENT',
      'XFORWARD',
      'WIZ',
      'SHELL',
      'KILL',
      ...(tls === undefined ? ['STARTTLS'] : []),
    ],
    hideENHANCEDSTATUSCODES: false,
    logger: false,
    ...(tls === undefined ? {} : { key: asText(tls.key), cert: asText(tls.cert) }),
  };
}

const asText = (pem: string | Uint8Array): string =>
  typeof pem === 'string' ? pem : new TextDecoder('latin1').decode(pem);

/** Where either is empty, smtp-server would take its own, so they are read before it sees them. */
function checkPair({ key, cert }: NonNullable<SmtpListenerOptions['tls']>): void {
  let why: string | undefined;
  try {
    const fits = new X509Certificate(asText(cert)).checkPrivateKey(createPrivateKey(asText(key)));
    if (!fits) why = 'the key belongs to another certificate';
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (why !== undefined) throw unusable(why);
}

const unusable = (why: string): ListenFault =>
  new ListenFault(`TLS cannot be offered with this key and certificate (${why}). Give both as PEM, of one pair.`);

function open(settings: SMTPServerOptions): SMTPServer {
  try {
    return new SMTPServer(settings);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function listening(server: SMTPServer, { host, port }: SmtpListenerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenFault(error, { host, port, option: '--port' }));
    server.server.once('error', failed);
    server.listen(port, host, () => {
      server.server.off('error', failed);
      const bound = server.server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

interface Taking {
  readonly options: SmtpListenerOptions;
  readonly budget: Budget;
  cut(id: string, why: string): void;
}

/** Resolves when the message is kept; rejects with what the client is answered, or when the client has gone. */
async function take(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  { options, budget, cut }: Taking,
): Promise<void> {
  const { maxOctets } = options;
  const store = octetStore(maxOctets, budget);
  try {
    await collect(stream, store, () => {
      // It does not look at answers: what it says of the size was in EHLO, and 552 comes when it ends.
      if (store.seen > maxOctets * passOverTimes) cut(session.id, `The message has more than ${maxOctets} octets`);
    });
    if (store.state === 'too-large') throw answer(552, `The message has more than ${maxOctets} octets`);
    if (store.state === 'no-room') throw answer(452, 'Too many large messages at a time, try again in a minute');
    const octets = store.take();
    store.release();
    await options.onMessage({ octets, envelope: envelopeOf(session, options), receivedAt: options.now() });
  } catch (error) {
    if (error instanceof Refusal) throw answer(error.code, error.message);
    if (error instanceof Error && 'responseCode' in error) throw error;
    const why = error instanceof Error ? error.message : String(error);
    options.log?.(`A message of ${clientOf(session)} was not kept: ${why}`);
    throw answer(451, 'The message cannot be kept now, try again later');
  } finally {
    store.release();
  }
}

function collect(stream: SMTPServerDataStream, store: OctetStore, watch: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', (piece: Uint8Array) => {
      store.add(piece);
      watch();
    });
    stream.once('end', resolve);
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('the connection ended in the middle of it')));
  });
}

function envelopeOf(session: SMTPServerSession, { tls }: SmtpListenerOptions): ReceivedEnvelope {
  const { envelope, tlsOptions, transmissionType } = session;
  return {
    ip: clientOf(session),
    helo: session.hostNameAppearsAs || '',
    mailFrom: envelope.mailFrom ? addressOf(envelope.mailFrom) : '',
    recipients: envelope.rcptTo.map(addressOf),
    tls: tlsOptions
      ? { version: tlsOptions.version, cipher: tlsOptions.name }
      : tls === undefined
        ? 'not offered'
        : false,
    protocol: envelope.smtpUtf8 ? `UTF8${transmissionType.replace(/^E/, '')}` : transmissionType,
  };
}

/** The server decodes A-labels; DNS wants them back. */
function addressOf({ address }: SMTPServerAddress): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const ascii = /^[\x20-\x7e]*$/.test(domain) ? domain : domainToASCII(domain);
  return at < 0 || ascii === '' ? address : `${address.slice(0, at)}@${ascii}`;
}

const clientOf = ({ remoteAddress }: SMTPServerSession): string =>
  canonicalAddress(remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '')) ?? remoteAddress;

const answer = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

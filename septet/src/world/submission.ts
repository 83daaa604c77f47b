/**
 * Gives one message to an SMTP server (RFC 6409): TLS first, then the login, then the message as it is. The only file
 * that knows nodemailer. Every way it may end is an outcome; user names and passwords are in none of their texts.
 */
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import SMTPConnection, { type SMTPError } from 'nodemailer/lib/smtp-connection';
import { isLoopback, type Via } from './via.ts';

export interface SubmittedEnvelope {
  /** `''` for the null sender. */
  readonly from: string;
  readonly to: readonly string[];
}

/** Where a server said no. */
export type SubmissionStage = 'greeting' | 'tls' | 'login' | 'sender' | 'recipient' | 'message';

export type SubmissionOutcome =
  | {
      readonly kind: 'accepted';
      /** What the server said, such as `250 2.0.0 Ok: queued as 4B1`. */
      readonly answer: string;
      readonly tls: boolean;
      /** Recipients that were not taken; at least one was. */
      readonly refused: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly stage: SubmissionStage;
      /** SMTP reply code; absent where the server only closed the connection. */
      readonly code?: number;
      readonly answer: string;
    }
  /** TLS is required, or a password would go in clear. `detail` is one sentence. */
  | { readonly kind: 'no-tls'; readonly detail: string }
  /** No connection, or none that speaks SMTP in time. `detail` is one sentence. */
  | { readonly kind: 'unreachable'; readonly detail: string };

export interface SubmissionLimits {
  /** For the connection and each answer, in milliseconds. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;
const maxAnswerOctets = 64 * 1024;
const maxShown = 500;

/** Never rejects. */
export async function submit(
  message: Uint8Array,
  envelope: SubmittedEnvelope,
  via: Via,
  { timeoutMs = defaultTimeoutMs }: SubmissionLimits = {},
): Promise<SubmissionOutcome> {
  const connection = new SMTPConnection({
    host: via.host,
    port: via.port,
    secure: via.tls === 'implicit',
    requireTLS: via.tls === 'required',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketCloseTimeout: 1000,
    maxResponseSize: maxAnswerOctets,
    allowInternalNetworkInterfaces: true,
    logger: false,
    tls: {
      minVersion: 'TLSv1.2',
      ...(isIP(via.host) === 0 ? { servername: via.host } : {}),
      ...(via.ca === undefined || via.ca.length === 0 ? {} : { ca: [...rootCertificates, ...via.ca] }),
    },
  });
  // An error that comes when all is told would end the process without a listener.
  let broken: (error: unknown) => void = () => {};
  const breaks = new Promise<never>((_resolve, reject) => (broken = reject));
  breaks.catch(() => {});
  connection.on('error', (error: unknown) => broken(error));
  try {
    return await Promise.race([exchange(connection, message, envelope, via), breaks]);
  } catch (error) {
    return outcomeOf(error as SMTPError, via);
  } finally {
    connection.close();
  }
}

async function exchange(
  connection: SMTPConnection,
  message: Uint8Array,
  envelope: SubmittedEnvelope,
  via: Via,
): Promise<SubmissionOutcome> {
  await called((done) => connection.connect(done));
  const { login } = via;
  if (login) {
    if (!connection.secure && !isLoopback(via.host)) {
      const detail = `${via.host} offers no TLS, and the password would go over the network in clear. Nothing was sent.`;
      return { kind: 'no-tls', detail };
    }
    await called((done) => connection.login({ user: login.user, pass: login.password }, done));
  }
  const info = await new Promise<{ response: string; rejected: readonly string[] }>((resolve, reject) => {
    connection.send(
      {
        from: envelope.from === '' ? false : envelope.from,
        to: [...envelope.to],
        size: message.length,
        use8BitMime: message.some((octet) => octet > 127),
      },
      Buffer.from(message),
      (error, sent) => (error || !sent ? reject(error ?? new Error('no answer')) : resolve(sent)),
    );
  });
  connection.quit();
  return {
    kind: 'accepted',
    answer: shown(info.response, via),
    tls: connection.secure,
    refused: [...info.rejected],
  };
}

const called = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

function outcomeOf(error: SMTPError, via: Via): SubmissionOutcome {
  const code = typeof error.responseCode === 'number' && error.responseCode > 0 ? error.responseCode : undefined;
  const words = shown(
    typeof error.response === 'string' && error.response !== '' ? error.response : error.message,
    via,
  );
  if (error.code === 'ETLS' && via.tls !== 'implicit' && error.command === 'STARTTLS') {
    return { kind: 'no-tls', detail: `TLS could not be started with ${via.host}: ${sentence(words)}` };
  }
  if (isCertificateFault(error) || error.code === 'ETLS') {
    return {
      kind: 'no-tls',
      detail: `The certificate of ${via.host} is not trusted or not for that name: ${sentence(words)} A certificate of your own is trusted with --ca.`,
    };
  }
  if (code !== undefined) return { kind: 'refused', stage: stageOf(error), code, answer: words };
  // The library's own words for an envelope or message that the server has never seen.
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE' || error.code === 'EAUTH') {
    return { kind: 'refused', stage: stageOf(error), answer: words };
  }
  return { kind: 'unreachable', detail: `${via.host}, port ${via.port}: ${sentence(reachText(error, words))}` };
}

const isCertificateFault = (error: Error): boolean =>
  /certificate|self-signed|altnames|CERT_|UNABLE_TO|wrong version number|ssl3_|tls_/i.test(error.message);

function stageOf(error: SMTPError): SubmissionStage {
  const command = error.command ?? '';
  if (command.startsWith('AUTH') || error.code === 'EAUTH') return 'login';
  if (command.startsWith('MAIL')) return 'sender';
  if (command.startsWith('RCPT')) return 'recipient';
  if (command.startsWith('DATA') || error.code === 'EMESSAGE') return 'message';
  if (command.startsWith('STARTTLS')) return 'tls';
  return error.code === 'EENVELOPE' ? 'sender' : 'greeting';
}

function reachText(error: SMTPError, words: string): string {
  const text = `${error.code ?? ''} ${error.message}`;
  if (text.includes('ECONNREFUSED')) return 'no server listens there';
  if (/ENOTFOUND|EAI_AGAIN|EDNS/.test(text)) return 'the name has no address';
  if (/ETIMEDOUT|timeout/i.test(text)) return 'no answer in time';
  if (/ECONNRESET|closed|EPIPE/i.test(text)) return 'the server ended the connection';
  if (/EHOSTUNREACH|ENETUNREACH/.test(text)) return 'there is no way to it from here';
  return words;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** One line of the server's words, without the login in any form that went over the wire. */
function shown(text: string, { login }: Via): string {
  let out = text.replace(/[\r\n]+/g, ' ');
  if (login) {
    const { user, password } = login;
    const base64 = (value: string): string => Buffer.from(value, 'utf8').toString('base64');
    const secrets = [password, base64(password), base64(`\0${user}\0${password}`), user, base64(user)];
    for (const secret of secrets) if (secret.length > 0) out = out.replaceAll(secret, '…');
  }
  return out.length > maxShown ? `${out.slice(0, maxShown)}…` : out.trim();
}

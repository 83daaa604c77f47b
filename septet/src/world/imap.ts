/**
 * A mailbox on an IMAP server, read for the reports in it. The only file that knows imapflow. Every way it may end is an
 * outcome; user and password are in none of their texts, and the library logs nothing.
 *
 * imapflow hangs when a command is given inside its `fetch` loop; here everything is `fetchAll`.
 */
import { isIP } from 'node:net';
import { ImapFlow } from 'imapflow';
import { imapFault, trusting, type ImapFault } from './imap-faults.ts';
import { readMessages, type MailboxCommands, type MailboxItem, type MailboxPosition } from './imap-messages.ts';
import { imapText, type ImapDone, type ImapUrl } from './imap-url.ts';

export interface MailboxOptions {
  /** Certificates (PEM) that are trusted besides the well-known roots. */
  readonly ca?: readonly string[];
  /** For the connection and for each command, in milliseconds. */
  readonly timeoutMs?: number;
  /** Larger messages are passed over. */
  readonly maxOctets?: number;
  /** Absent: messages stay as they are, and the mailbox is opened for reading alone. */
  readonly done?: ImapDone;
  /** Ends the connection; what waits for it ends with a fault. */
  readonly signal?: AbortSignal;
}

export type OpenedMailbox =
  | { readonly kind: 'open'; readonly mailbox: Mailbox }
  | { readonly kind: 'failed'; readonly fault: ImapFault };

export interface Mailbox {
  /** While it lasts, a UID names the same message (RFC 3501 §2.3.1.1). Another one after `reopen`, perhaps. */
  readonly uidValidity: number;
  /** Whether the server tells of new messages by itself (RFC 2177). */
  readonly tells: boolean;
  /** What is new since then; see `readMessages`. */
  messages(since?: MailboxPosition): AsyncGenerator<MailboxItem, void, undefined>;
  /** Until there is a new message (`changed`) or the time has passed (`quiet`). */
  wait(ms: number): Promise<'changed' | 'quiet' | ImapFault>;
  /** Asks the server whether there is anything new: for those that do not tell. */
  ask(): Promise<ImapFault | undefined>;
  /** Opens the mailbox again, which shows whether it is still there and still the same. */
  reopen(): Promise<ImapFault | undefined>;
  close(): Promise<void>;
}

const defaultTimeoutMs = 60_000;
const defaultMaxOctets = 128 * 1024 * 1024;
const maxSaidGoodbyeMs = 2000;
/** Below the 29 minutes of RFC 2177; `follow` opens the mailbox again more often than that. */
const maxIdleMs = 28 * 60_000;

/** Connects, logs in and opens the mailbox. Never rejects. */
export async function openMailbox(url: ImapUrl, options: MailboxOptions = {}): Promise<OpenedMailbox> {
  const { timeoutMs = defaultTimeoutMs, maxOctets = defaultMaxOctets, done = { kind: 'leave' }, signal } = options;
  const client = new ImapFlow({
    host: url.host,
    port: url.port,
    secure: url.tls === 'implicit',
    ...(url.tls === 'required' ? { doSTARTTLS: true } : {}),
    auth: { user: url.login.user, pass: url.login.password },
    tls: { minVersion: 'TLSv1.2', ...(isIP(url.host) === 0 ? { servername: url.host } : {}), ...trusting(options.ca) },
    logger: false,
    clientInfo: { name: 'septet' },
    disableAutoIdle: true,
    maxIdleTime: maxIdleMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: Math.max(timeoutMs, 5 * 60_000),
    maxLineLength: 16 * 1024 * 1024,
    maxLiteralSize: maxOctets + 1024 * 1024,
    maxResponseSize: maxOctets + 32 * 1024 * 1024,
  });
  let broken: unknown;
  let changes = 0;
  let opened = { uidValidity: 0, uidNext: 0 };
  /** The highest UID that was listed since the mailbox was opened. */
  let highest = 0;
  client.on('error', (error) => (broken = error));
  client.on('exists', ({ count, prevCount }) => {
    if (count > prevCount) changes++;
  });
  const abort = (): void => client.close();
  signal?.addEventListener('abort', abort, { once: true });
  client.once('close', () => signal?.removeEventListener('abort', abort));

  const fault = (error: unknown, stage: 'connect' | 'open' | 'read' = 'read'): ImapFault =>
    imapFault(isAnswer(error) ? error : (broken ?? error), url, stage, client.byeReason);
  /** A server that says nothing more is given up. */
  const command = async <T>(run: () => Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }));
      client.close();
    }, timeoutMs);
    try {
      return await Promise.race([run(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  const select = async (): Promise<ImapFault | undefined> => {
    try {
      const found = await command(() => client.mailboxOpen(url.mailbox, { readOnly: done.kind === 'leave' }));
      opened = { uidValidity: Number(found.uidValidity ?? 0), uidNext: found.uidNext ?? 0 };
      highest = 0;
      if (done.kind === 'leave' || found.readOnly !== true) return undefined;
      const text = `${imapText(url)} may only be read, so that no message can be marked or moved. Use --imap-done leave.`;
      return { kind: 'no-target', text };
    } catch (error) {
      const why = fault(error, 'open');
      return why.kind === 'no-mailbox' ? { ...why, text: `${why.text}${await namesText(client, command)}` } : why;
    }
  };

  const commands: MailboxCommands = {
    get uidValidity() {
      return opened.uidValidity;
    },
    async uids(from) {
      const found = await command(() => client.search({ uid: `${from}:*` }, { uid: true }));
      if (!Array.isArray(found)) throw broken ?? new Error('no list of messages');
      highest = found.reduce((most, uid) => Math.max(most, uid), highest);
      return found;
    },
    async rows(uids) {
      const query = { uid: true, size: true, internalDate: true };
      const found = await command(() => client.fetchAll(uids.join(','), query, { uid: true }));
      return found.map(({ uid, size, internalDate }) => {
        const at = new Date(internalDate ?? Number.NaN).getTime();
        return { uid, size: size ?? 0, ...(Number.isNaN(at) ? {} : { internalDate: Math.floor(at / 1000) }) };
      });
    },
    async whole(uids) {
      const query = { uid: true, source: true };
      const found = await command(() => client.fetchAll(uids.join(','), query, { uid: true }));
      const out = new Map<number, Uint8Array>();
      for (const { uid, source } of found) if (source !== undefined) out.set(uid, source);
      return out;
    },
    async piece(uid, start, length) {
      const query = { uid: true, source: { start, maxLength: length } };
      const [found] = await command(() => client.fetchAll(String(uid), query, { uid: true }));
      return found?.source;
    },
    async binary(uid) {
      if (!client.capabilities.has('BINARY')) return undefined;
      try {
        const query = { uid: true, source: true };
        const [found] = await command(() => client.fetchAll(String(uid), query, { uid: true, binary: true }));
        return found?.source;
      } catch (error) {
        if (isAnswer(error)) return undefined;
        throw error;
      }
    },
    async done(uids) {
      if (done.kind === 'leave') return undefined;
      const range = uids.join(',');
      const went = await command(async () =>
        done.kind === 'seen'
          ? client.messageFlagsAdd(range, ['\\Seen'], { uid: true })
          : client.messageMove(range, done.folder, { uid: true }),
      ).catch(() => false);
      if (went !== false && went !== undefined) return undefined;
      const what = done.kind === 'seen' ? 'marked as seen' : `moved to ${done.folder}`;
      return `${uids.length} imported ${uids.length === 1 ? 'message' : 'messages'} in ${imapText(url)} could not be ${what}; what was imported is kept.`;
    },
    fault: (error) => fault(error),
    refused: (error) => isAnswer(error) && error.responseStatus === 'NO' && !isPassing(error),
  };

  const mailbox: Mailbox = {
    get uidValidity() {
      return opened.uidValidity;
    },
    get tells() {
      return client.capabilities.has('IDLE');
    },
    messages(since) {
      changes = 0;
      // A server that counts from the beginning again without a new UIDVALIDITY: what was read is no position there.
      const lost = since !== undefined && opened.uidNext > 0 && since.lastUid >= Math.max(opened.uidNext, highest + 1);
      return readMessages(commands, lost ? undefined : since, maxOctets);
    },
    async wait(ms) {
      if (client.isClosed) return fault(undefined);
      if (changes > 0) return 'changed';
      const told = Promise.withResolvers<'changed' | 'quiet' | 'closed'>();
      const timer = setTimeout(() => told.resolve('quiet'), ms);
      const exists = (): void => {
        if (changes > 0) told.resolve('changed');
      };
      const closed = (): void => told.resolve('closed');
      client.on('exists', exists).on('close', closed);
      // It ends with the next command, and with the connection, which `close` tells.
      if (client.capabilities.has('IDLE')) client.idle().catch(() => {});
      const outcome = await told.promise;
      clearTimeout(timer);
      client.off('exists', exists).off('close', closed);
      return outcome === 'closed' ? fault(undefined) : outcome;
    },
    ask: () => command(() => client.noop()).then(() => (client.isClosed ? fault(undefined) : undefined), fault),
    reopen: select,
    async close() {
      const timer = setTimeout(() => client.close(), maxSaidGoodbyeMs);
      if (client.usable && !client.isClosed) await client.logout().catch(() => {});
      clearTimeout(timer);
      client.close();
    },
  };

  try {
    signal?.throwIfAborted();
    await client.connect();
  } catch (error) {
    client.close();
    return { kind: 'failed', fault: fault(error, 'connect') };
  }
  const why = (await select()) ?? (await missingTarget(client, command, done));
  if (why === undefined) return { kind: 'open', mailbox };
  await mailbox.close();
  return { kind: 'failed', fault: why };
}

type Command = <T>(run: () => Promise<T>) => Promise<T>;

/** The server answered the command, with no. */
const isAnswer = (
  error: unknown,
): error is { readonly responseStatus: string; readonly serverResponseCode?: unknown } =>
  typeof error === 'object' && error !== null && 'responseStatus' in error && typeof error.responseStatus === 'string';

/** A no of the server that has nothing to do with the message (RFC 5530 §3). */
const isPassing = ({ serverResponseCode }: { readonly serverResponseCode?: unknown }): boolean =>
  /^(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)$/.test(String(serverResponseCode ?? ''));

async function missingTarget(client: ImapFlow, command: Command, done: ImapDone): Promise<ImapFault | undefined> {
  if (done.kind !== 'move') return undefined;
  const paths = await pathsOf(client, command);
  const prefix = client.namespace?.prefix ?? '';
  if (paths === undefined || paths.includes(done.folder) || paths.includes(prefix + done.folder)) return undefined;
  const text = `There is no folder ${done.folder} to move imported messages to. Create it in a mail program, or name another with --imap-done.${listText(paths)}`;
  return { kind: 'no-target', text };
}

const namesText = async (client: ImapFlow, command: Command): Promise<string> =>
  listText((await pathsOf(client, command)) ?? []);

const pathsOf = (client: ImapFlow, command: Command): Promise<readonly string[] | undefined> =>
  command(() => client.list()).then(
    (folders) => folders.map(({ path }) => path),
    () => undefined,
  );

const maxNames = 8;

function listText(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const names = paths.slice(0, maxNames).map((path) => path.slice(0, 80).replace(/[\u0000-\u001F\u007F]/g, ''));
  return ` There ${paths.length === 1 ? 'is' : 'are'}: ${names.join(', ')}${paths.length > maxNames ? ' and more' : ''}.`;
}

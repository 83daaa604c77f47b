/** `septet message listen`: an SMTP test address. What comes in is proved, told in the terminal, and shown at a URL. */
import { randomUUID } from 'node:crypto';
import { ListenFault } from '../../serve/listen-fault.ts';
import { messageShelf, type MessageShelf } from '../../serve/intake/message-shelf.ts';
import { reportPages } from '../../serve/intake/report-pages.ts';
import { prepareFolder, saveMessage } from '../../serve/intake/save-message.ts';
import { Refusal, startSmtpListener, type ReceivedMessage } from '../../serve/intake/smtp-listener.ts';
import { startWebListener, type WebListener } from '../../serve/intake/web-listener.ts';
import type { IncomingMessage } from '../../mail/message.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import type { Expected } from '../../proof/expected.ts';
import type { Proof } from '../../proof/proof.ts';
import { verifyMessage } from '../../proof/verify.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import { painter } from '../paint.ts';
import { visible, visibleJson, visibleLines } from '../visible.ts';
import { listenSettings, type ListenOptions, type ListenSettings } from './listen-options.ts';
import { proofQueue } from './listen-queue.ts';
import { htmlProofs } from './proof-html.ts';
import { textProof } from './proof-text.ts';
import { expectedFor } from './verify.ts';

export type { ListenOptions } from './listen-options.ts';

const maxConnections = 50; // house
/** RFC 5321 §4.5.3.2 asks for minutes; this is a test address, and a client that stalls here is to notice. */
const idleMs = 60_000; // house
const shelfOctets = 256 * 1024 * 1024; // house
const atOnce = 4; // house
const sweepMs = 10_000;

/** Ends with `--count`, or when the user interrupts. Answers the exit code: 0, whatever the messages were like. */
export async function listen(options: ListenOptions, io: Io): Promise<number> {
  const settings = listenSettings(options);
  const tls =
    options.cert === undefined || options.tlsKey === undefined
      ? undefined
      : { cert: await io.readFile(options.cert), key: await io.readFile(options.tlsKey) };
  const expected = options.domain === undefined ? undefined : await expectedFor(options.domain, options.config, io);
  if (options.save !== undefined) await checkFolder(options.save);
  const { world, close } = await openWorld(options, io);
  const warn = (line: string): void => io.err(`${visibleLines(line)}\n`);
  const shelf = messageShelf({
    maxCount: settings.maxMessages,
    maxOctets: Math.max(shelfOctets, settings.maxOctets),
    keepMs: settings.keepMs,
    now: io.now,
    randomBytes: io.randomBytes,
  });
  const closers: (() => Promise<void>)[] = [close];
  try {
    const web = await openWeb(settings, shelf, warn);
    if (web) closers.push(web.close);
    const issued = `test-${letters(io, 10)}@${settings.name}`;
    const ended = ending(io);
    const taker = messageTaker({ settings, options, io, world, shelf, web, expected, warn, done: ended.end });
    const smtp = await startSmtpListener({
      host: settings.host,
      port: settings.port,
      name: settings.name,
      ...(tls ? { tls } : {}),
      maxOctets: settings.maxOctets,
      accepts: (address) => takes(address, issued, settings.loopback),
      ratePerMinute: settings.ratePerMinute,
      maxConnections,
      timeoutMs: idleMs,
      now: io.now,
      onMessage: taker.take,
      log: warn,
    });
    closers.push(smtp.close);
    const timer = setInterval(shelf.sweep, sweepMs);
    closers.push(async () => clearInterval(timer));
    for (const line of greeting(settings, issued, smtp.port, web, tls !== undefined)) warn(line);
    await ended.wait;
    await smtp.close();
    await taker.idle();
    if (settings.count === undefined) warn(`\nEnded. ${taker.count()} came.`);
    return 0;
  } catch (error) {
    if (error instanceof ListenFault) throw new InputError(error.message);
    throw error;
  } finally {
    for (const closer of closers.reverse()) {
      // oxlint-disable-next-line no-await-in-loop -- in the reverse of the order in which they were opened
      await closer();
    }
  }
}

async function checkFolder(folder: string): Promise<void> {
  try {
    await prepareFolder(folder);
  } catch (error) {
    throw new InputError(`--save ${visible(folder)}: no file can be written there (${reasonOf(error)}).`);
  }
}

async function openWeb(
  { web }: ListenSettings,
  shelf: MessageShelf,
  log: (line: string) => void,
): Promise<(WebListener & { readonly base: string }) | undefined> {
  if (web === undefined) return undefined;
  const pages = reportPages(shelf, {
    html: (proof) => htmlProofs([proof]),
    json: (proof) => `${visibleJson(proof, 2)}\n`,
  });
  const listener = await startWebListener({ ...web, pages, log });
  const host = web.host.includes(':') ? `[${web.host}]` : web.host;
  return { ...listener, base: `http://${host}:${listener.port}/r/` };
}

/** On loopback every address that begins with `test-` will do; elsewhere only the one that was issued. */
export function takes(address: string, issued: string, loopback: boolean): boolean {
  if (address.toLowerCase() === issued) return true;
  return loopback && /^test-[^@]{1,60}@[^@]+$/i.test(address);
}

function greeting(
  settings: ListenSettings,
  issued: string,
  port: number,
  web: { readonly base: string } | undefined,
  tls: boolean,
): readonly string[] {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const reach = settings.loopback ? ' (any other test-…@ will do as well)' : '';
  return [
    `Listening for SMTP at ${host}:${port}, ${tls ? 'with STARTTLS' : 'without TLS'}.`,
    `Send a message to ${issued}${reach}.`,
    ...(settings.loopback
      ? []
      : ['Only this address is taken. Whoever knows it can send to it until this command ends.']),
    ...(web === undefined ? [] : [`Reports are shown at ${web.base}… for ${timeText(settings.keepMs)}.`]),
    ...(settings.count === undefined ? ['End with Ctrl-C.'] : []),
    '',
  ];
}

interface TakerParts {
  readonly settings: ListenSettings;
  readonly options: ListenOptions;
  readonly io: Io;
  readonly world: World;
  readonly shelf: MessageShelf;
  readonly web: { readonly base: string } | undefined;
  readonly expected: Expected | undefined;
  warn(line: string): void;
  /** Called when `--count` messages are told. */
  done(): void;
}

/** Keeps each message before it is answered, and proves it afterwards. */
function messageTaker({ settings, options, io, world, shelf, web, expected, warn, done }: TakerParts) {
  const { count = Infinity } = settings;
  const paint = painter(io.columns, io.colours);
  let taken = 0;
  let told = 0;
  const queue = proofQueue({
    atOnce,
    maxWaiting: Math.max(settings.maxMessages, atOnce),
    failed: (error) => {
      if (++told >= count) done();
      warn(
        `A message could not be evaluated: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    },
  });
  const print = async (proof: Proof): Promise<void> => {
    const rule = `\n${'─'.repeat(Math.min(paint.columns, 80))}\n\n`;
    await io.out(options.json ? `${visibleJson(proof)}\n` : `${told > 0 ? rule : ''}${textProof(proof, paint)}`);
    if (++told >= count) done();
  };
  const take = async (message: ReceivedMessage): Promise<void> => {
    if (taken >= count) throw new Refusal(450, 'The test has all the messages that it waited for');
    if (message.octets.length === 0) throw new Refusal(554, 'The message is empty');
    if (!queue.hasRoom()) throw new Refusal(450, 'Too many messages wait for their report, try again in a minute');
    taken++;
    try {
      const saved = await save(options.save, message, warn);
      const token = shelf.put(message.octets, message.receivedAt);
      const source = web === undefined ? (saved ?? `message ${taken}`) : `${web.base}${token}`;
      queue.add(async () => {
        const proof = await proofOf(world, message, source, expected);
        shelf.prove(token, proof);
        return proof;
      }, print);
    } catch (error) {
      taken--;
      throw error;
    }
  };
  return { take, idle: queue.idle, count: () => (taken === 1 ? '1 message' : `${taken} messages`) };
}

async function save(
  folder: string | undefined,
  message: ReceivedMessage,
  warn: (line: string) => void,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  try {
    const token = randomUUID().replaceAll('-', '');
    return await saveMessage(folder, { octets: message.octets, receivedAt: message.receivedAt, token });
  } catch (error) {
    warn(
      `A message from ${message.envelope.ip} cannot be saved in ${folder} (${reasonOf(error)}); its sender was asked to try again.`,
    );
    throw new Refusal(451, 'The message cannot be saved now, try again later');
  }
}

async function proofOf(
  world: World,
  { octets, envelope }: ReceivedMessage,
  source: string,
  expected: Expected | undefined,
): Promise<Proof> {
  // What comes by SMTP is one message, also when it begins like a mailbox file.
  const { header, body } = splitMessage(octets);
  const message: IncomingMessage = { number: 1, header, body: once(body) };
  return verifyMessage(world, message, {
    source,
    listener: {
      ip: envelope.ip,
      helo: envelope.helo,
      mailFrom: envelope.mailFrom,
      recipients: envelope.recipients,
      ...(envelope.tls === 'not offered' ? {} : { tls: envelope.tls !== false }),
    },
    ...(expected ? { expected } : {}),
  });
}

async function* once(octets: Uint8Array): AsyncIterable<Uint8Array> {
  yield octets;
}

/** `wait` resolves with `end()`, or when the user interrupts. */
function ending(io: Io): { readonly wait: Promise<void>; end(): void } {
  let end = (): void => {};
  const asked = new Promise<void>((resolve) => (end = resolve));
  const interrupted = io.untilInterrupted?.() ?? new Promise<void>(() => {});
  return { wait: Promise.race([asked, interrupted]), end: () => end() };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz';

/** Letters of equal chance: octets from 234 on are passed over, as 26 does not divide 256. */
function letters(io: Io, count: number): string {
  let text = '';
  for (let tries = 0; text.length < count && tries < 100; tries++) {
    for (const octet of io.randomBytes(count)) if (octet < 234 && text.length < count) text += alphabet[octet % 26];
  }
  return text;
}

function timeText(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const;
  const [size, word] = units.find(([each]) => ms % each === 0) ?? [1000, 'second'];
  const number = Math.round(ms / size);
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function reasonOf(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    ENOSPC: 'no space is left',
    EACCES: 'permission denied',
    EROFS: 'the disk is read-only',
    ENOTDIR: 'a file stands where a folder is needed',
    EEXIST: 'a file stands where a folder is needed',
    ENOENT: 'the folder has gone',
  };
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return words[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

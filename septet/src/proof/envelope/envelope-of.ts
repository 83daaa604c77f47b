/**
 * The envelope of a message that was received: what the options say, what our own listener saw, and what the receiver's
 * fields tell. Each part says where it comes from.
 */
import { fieldsOf, type Header } from '../../mail/header.ts';
import { parseReceived } from '../../mail/parse-received.ts';
import type { Received } from '../../mail/received.ts';
import { below, boundaryOf, type Boundary } from './hop.ts';
import { canonical, reversePath, wordsOf, type Word } from './words.ts';
import type { Envelope, Known } from './envelope.ts';
import { organisationOf } from './organisation.ts';

/** The options `--ip`, `--helo`, `--mail-from`; they count before everything else. */
export interface GivenEnvelope {
  readonly ip?: string | undefined;
  readonly helo?: string | undefined;
  /** `''` and `<>` are the null sender. */
  readonly mailFrom?: string | undefined;
}

/** What our own SMTP server saw. */
export interface ListenerEnvelope {
  readonly ip: string;
  readonly helo?: string;
  readonly mailFrom: string;
  readonly tls?: boolean;
  readonly recipients?: readonly string[];
}

export interface EnvelopeOptions {
  /** Of a mailbox file, see `IncomingMessage`. */
  readonly fromLine?: string | undefined;
  /** The authserv-ids of `--trust`; empty: the receiver that wrote the newest fields. */
  readonly trustedHosts: readonly string[];
  readonly listener?: ListenerEnvelope | undefined;
}

/** Hops that are read; RFC 5321 §6.3 takes more than 100 for a loop. */
const maxHops = 200;

/** Never throws. Where a part cannot be found it is absent, and `why` tells of the hop. */
export function envelopeOf(header: Header, given: GivenEnvelope, options: EnvelopeOptions): Envelope {
  const hops = fieldsOf(header, 'received').slice(0, maxHops).map(parseReceived);
  const { trustedHosts, listener, fromLine } = options;
  const givenIp = canonical(given.ip) ?? given.ip;
  const all = listener ? [] : wordsOf(header);
  const boundary = listener ? ownListener(listener) : chooseHop(hops, all, trustedHosts, givenIp);
  const words = all.filter((word) => counts(word, boundary, hops, trustedHosts));
  const { hop } = boundary;
  const seen = hop && isAnother(hop, givenIp) ? undefined : hop;

  const ip =
    known(givenIp, 'option') ?? known(listener?.ip, 'listener') ?? fromHop(seen, seen?.ip) ?? fromWords(words, 'ip');
  const helo =
    known(given.helo, 'option') ??
    known(listener?.helo, 'listener') ??
    fromHop(seen, seen?.helo) ??
    fromWords(words, 'helo');
  const path = given.mailFrom === undefined ? undefined : reversePath(given.mailFrom);
  const mailFrom =
    known(path, 'option') ??
    known(listener && reversePath(listener.mailFrom), 'listener') ??
    fromWords(
      words.filter(({ from }) => from === 'Return-Path'),
      'mailFrom',
    ) ??
    fromHop(seen, seen?.envelopeFrom) ??
    fromWords(words, 'mailFrom') ??
    known(senderOfLine(fromLine), 'mbox');
  const tls = known(listener?.tls, 'listener') ?? fromHop(seen, seen && shownTls(seen));
  const recipients = listener?.recipients ?? (hop?.for === undefined ? undefined : [reversePath(hop.for)]);
  return {
    ...(ip ? { ip } : {}),
    ...(helo ? { helo } : {}),
    ...(mailFrom ? { mailFrom } : {}),
    ...(tls ? { tls } : {}),
    ...(recipients ? { recipients } : {}),
    ...(hop ? { hop } : {}),
    why: boundary.why,
    hops,
  };
}

function ownListener({ ip }: ListenerEnvelope): Boundary {
  return { why: `Septet's own listener took the message from ${ip}.`, submission: false };
}

function chooseHop(
  hops: readonly Received[],
  words: readonly Word[],
  trusted: readonly string[],
  givenIp: string | undefined,
): Boundary {
  const named = givenIp === undefined ? undefined : hops.find(({ ip }) => canonical(ip) === givenIp);
  if (named) {
    return { hop: named, why: `--ip names ${named.ip}, the client of this hop.`, submission: false };
  }
  const clients = words.flatMap(({ ip, line }) => (ip === undefined ? [] : [{ ip, line }]));
  const boundary = boundaryOf(hops, trusted, clients);
  if (givenIp === undefined) return boundary;
  return { ...boundary, why: `--ip names ${givenIp}, which is in no Received field.` };
}

/**
 * Whether the word is the receiver's: it stands above the next older hop; where it stands below the receiver's own
 * Received field (Gmail) or names its author, that must be the receiver; and its address is that of the hop.
 */
function counts(word: Word, { hop, newer }: Boundary, hops: readonly Received[], trusted: readonly string[]): boolean {
  const vouched =
    word.authservId !== undefined && trusted.some((id) => id.toLowerCase() === word.authservId?.toLowerCase());
  if (!hop) return trusted.length === 0 || vouched || word.from === 'Return-Path';
  if (word.line > below(hops, hop) || (newer && word.line <= newer.line)) return false;
  if (word.ip !== undefined && hop.ip !== undefined && word.ip !== canonical(hop.ip)) return false;
  if (word.line < hop.line) return true;
  return word.from !== 'Return-Path' && word.speaker !== undefined && word.speaker === organisationOf(hop.by);
}

const isAnother = (hop: Received, ip: string | undefined): boolean => ip !== undefined && canonical(hop.ip) !== ip;

/** True where the field shows TLS, false where it names a protocol without it, else open. */
function shownTls({ tls, protocol }: Received): boolean | undefined {
  if (tls) return true;
  return /^(?:E?SMTP|UTF8SMTP)A?$/i.test(protocol ?? '') ? false : undefined;
}

/** The sender in the separator line of a mailbox file: `a@example.com Mon Nov 23 …`. */
function senderOfLine(fromLine: string | undefined): string | undefined {
  const sender = fromLine?.trim().split(/\s/, 1)[0];
  if (sender === undefined || sender === '' || sender === '-') return undefined;
  if (/^mailer-daemon$/i.test(sender)) return '';
  return sender.includes('@') ? reversePath(sender) : undefined;
}

function known<T>(value: T | undefined, from: 'option' | 'listener' | 'mbox'): Known<T> | undefined {
  return value === undefined ? undefined : { value, from };
}

function fromHop<T>(hop: Received | undefined, value: T | undefined): Known<T> | undefined {
  return hop === undefined || value === undefined ? undefined : { value, from: 'Received', line: hop.line };
}

function fromWords(words: readonly Word[], key: 'ip' | 'helo' | 'mailFrom'): Known<string> | undefined {
  for (const word of words) {
    const value = word[key];
    if (value !== undefined) return { value, from: word.from, line: word.line };
  }
  return undefined;
}

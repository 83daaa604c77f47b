/** The other side of a relay: where a transaction goes. One for each client, one transaction at a time. */
import type { SmtpReply } from '../world/next-reply.ts';
import type { MailWish } from './smtp-command.ts';

/** What the next server takes, as far as it is known before the transaction. */
export interface Offer {
  readonly eightBit: boolean;
  readonly utf8: boolean;
  readonly dsn: boolean;
  /** Its replies bear the codes of RFC 2034. */
  readonly enhanced: boolean;
  /** Octets (RFC 1870); absent: it names no limit. */
  readonly size?: number;
}

export interface OutgoingMail {
  readonly path: string;
  readonly wish: MailWish;
  /** What the client called itself, for a Received field. */
  readonly helo: string;
}

/** Says how a message stands to whoever comes after us (`marks.ts`). */
export interface Marked {
  readonly file: string;
  /** Called right before the message goes out; `pid`: the process that hears the answer. */
  begin(pid: number): void;
}

/** Each answer is that of the next server, or one of ours where there is none. 421: its session is at its end. */
export interface Outgoing {
  readonly offer: Offer;
  /** False when the connection was lost: another one is to be opened. */
  usable(): boolean;
  mail(mail: OutgoingMail): Promise<SmtpReply>;
  /** `words`: parameters of DSN. */
  recipient(path: string, words: readonly string[]): Promise<SmtpReply>;
  /** 2xx: the next server has taken it. `eightBit`: it holds octets above 127. `timeoutMs` is for all of it. */
  message(octets: Uint8Array, eightBit: boolean, timeoutMs: number, marked?: Marked): Promise<SmtpReply>;
  /** Ends a transaction without a message. */
  reset(): Promise<void>;
  close(): void;
}

export type OutgoingOpening =
  | { readonly kind: 'open'; readonly outgoing: Outgoing }
  /** For the client; `log` is for the operator, without personal data. */
  | { readonly kind: 'away'; readonly reply: SmtpReply; readonly log: string };

export interface Route {
  /** What may be offered before anybody has asked the next server. */
  readonly early: Offer;
  open(): Promise<OutgoingOpening>;
}

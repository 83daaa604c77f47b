/** What a message is to become on its way out, and what became of it. */
import type { DnsName } from '../dns/name.ts';
import type { SignOptions } from '../proof/dkim/sign.ts';
import type { TokenWriter } from './tracking-token.ts';

/** What is wanted for one message to one recipient. The message's own `X-Septet-…` fields may ask for less. */
export interface RewriteWish {
  /** The sender's domain: readers get one pseudonym in all its mail, and its DKIM signatures are replaced. */
  readonly domain: DnsName;
  /** The tracking host, below which the addresses stand. */
  readonly host: DnsName;
  /** How the sender names the message, at most 64 octets of UTF-8; absent: after its Message-ID. */
  readonly message?: string;
  /** At most 64 octets of UTF-8; empty: none. `X-Septet-Campaign` of the message goes before it. */
  readonly campaign: string;
  /** Address or id; empty where nobody, or more than one, is meant: then there is no unsubscribe address. */
  readonly recipient: string;
  readonly clicks: boolean;
  readonly opens: boolean;
  /** Also the addresses in text/plain parts, which people see as they are. */
  readonly text: boolean;
  /**
   * List-Unsubscribe and List-Unsubscribe-Post. `keep`: an https address that is there stays; else ours goes in front of
   * what is there. `replace`: ours instead of each http(s) address, in front of mailto: addresses.
   */
  readonly unsubscribe: 'replace' | 'keep' | 'none';
  /** Links whose address speaks of unsubscribing stay. Those that List-Unsubscribe names stay in any case. */
  readonly keepUnsubscribeLinks: boolean;
  /** Also links into private networks. Absent: they stay, because no tracking host leads there unless it is told to. */
  readonly privateTargets?: boolean;
}

export interface RewriteTools {
  readonly writer: TokenWriter;
  /** Signs what was changed; absent: no key is known, and a note says so. */
  readonly sign?: SignOptions;
}

export interface Rewritten {
  /** The message, or the very octets that came in where nothing was to be changed. */
  readonly octets: Uint8Array;
  readonly changed: RewriteCounts;
  /** What a person should know. No addresses of people stand in it. */
  readonly notes: readonly RewriteNote[];
}

export interface RewriteCounts {
  /** Links that lead over the tracking host now, in HTML and in text parts. */
  readonly links: number;
  readonly pixels: number;
  /** List-Unsubscribe was put in. */
  readonly unsubscribe: boolean;
  /** Signatures of `domain` that the change would have broken, taken out. */
  readonly signaturesRemoved: number;
  readonly signed: boolean;
}

export type RewriteNoteCode =
  /** The message cannot be read: it passed through untouched. */
  | 'message.unreadable'
  /** Nothing was to be changed. */
  | 'message.unchanged'
  | 'part.charset'
  | 'part.sealed'
  | 'part.encoding'
  | 'part.limit'
  | 'link.too_long'
  | 'link.limit'
  | 'link.faulty'
  | 'unsubscribe.no_recipient'
  | 'unsubscribe.kept'
  | 'track.value'
  | 'id.too_long'
  | 'sign.no_key'
  | 'sign.fault'
  | 'sign.foreign';

export interface RewriteNote {
  readonly code: RewriteNoteCode;
  /** One sentence or two. */
  readonly text: string;
}

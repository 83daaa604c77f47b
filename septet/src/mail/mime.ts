/** The parts of a message (RFC 2045, RFC 2046), read in one pass over its body. */
import type { Header } from './header.ts';

export interface MimePart {
  /** `''` for the message itself, `1`, `2.1`: as IMAP counts (RFC 9051 §6.4.5). */
  readonly path: string;
  readonly depth: number;
  /** `text/html`, lower case; `text/plain` where there is none (RFC 2045 §5.2). */
  readonly type: string;
  /** Lower-case names; RFC 2231 continuations joined and decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  /** `7bit`, `8bit`, `binary`, `quoted-printable`, `base64`, or what is written, lower case. */
  readonly transferEncoding: string;
  readonly disposition?: 'inline' | 'attachment';
  readonly fileName?: string;
  readonly header: Header;
  /** The line of the message on which the content begins, from 1. */
  readonly line: number;
  /** Octets of the content as transferred. */
  readonly octets: number;
  /** Decoded content of `text/plain` and `text/html` parts that are no attachments. */
  readonly text?: string;
  /** The text is longer than what is kept. */
  readonly cut?: true;
  readonly children: readonly MimePart[];
}

export type MimeCode =
  | 'limit.depth'
  | 'limit.parts'
  | 'boundary.missing'
  | 'boundary.invalid'
  /** The closing delimiter does not come. */
  | 'boundary.unclosed'
  | 'type.invalid'
  | 'encoding.unknown'
  /** A multipart or message part in quoted-printable or base64 (RFC 2045 §6.4). */
  | 'encoding.composite'
  | 'encoding.faulty'
  | 'charset.unknown'
  | 'charset.faulty'
  | 'header.faulty';

export interface MimeProblem {
  readonly code: MimeCode;
  /** Of the part. */
  readonly path: string;
  /** In the message, from 1. */
  readonly line: number;
  readonly detail: string;
}

/** What the lines of the body look like. */
export interface BodyFacts {
  /** As read, octets. */
  readonly octets: number;
  readonly lines: number;
  /** Octets without the line end. */
  readonly longestLine: { readonly octets: number; readonly line: number };
  /** Lines over 998 octets (RFC 5322 §2.1.1). */
  readonly longLines: number;
  /** In a message whose lines end with CRLF. */
  readonly bareLf: number;
  readonly bareCr: number;
  readonly nul: number;
  /** Octets above 127. */
  readonly eightBit: number;
  /** The last line ends with a line end. */
  readonly closed: boolean;
}

export interface MimeTree {
  readonly root: MimePart;
  readonly parts: number;
  readonly body: BodyFacts;
  readonly problems: readonly MimeProblem[];
}

/** Takes the body in pieces of any length; `end` may be called once. */
export interface MimeReader {
  write(piece: Uint8Array): void;
  end(): MimeTree;
}

/** Above these the rest of the message is still counted, and a problem says so. */
export const maxDepth = 20; // house
export const maxParts = 1000; // house
/** Of decoded text that is kept, all parts together. */
export const maxTextOctets = 4 * 1024 * 1024; // house

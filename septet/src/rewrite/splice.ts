import { Buffer } from 'node:buffer';

/** A piece of a part that is replaced. Places are octets of the decoded content, from 0. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  /** ASCII, without line ends. */
  readonly text: string;
  /** Where a line end may be put in front of and behind the piece because it changes nothing there; absent: nowhere. */
  readonly breaks?: { readonly before: number; readonly behind: number };
}

/** A part with its splices made. */
export interface Spliced {
  readonly octets: Buffer;
  /** Splices that were left out because a line would have become too long. */
  readonly leftOut: number;
}

/** Octets of a line without its line end. */
export const maxLineOctets = 998; // RFC 5322 §2.1.1

/** `splices` in order, none over another. */
export function joinSplices(octets: Buffer, splices: readonly Splice[]): Buffer {
  let length = octets.length;
  for (const { from, to, text } of splices) length += text.length - (to - from);
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  let into = 0;
  for (const { from, to, text } of splices) {
    into += octets.copy(out, into, at, from);
    into += out.write(text, into, 'latin1');
    at = to;
  }
  octets.copy(out, into, at);
  return out;
}

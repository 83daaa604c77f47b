/** A message as it comes in: its header, and its body piece by piece, so that its size does not matter. */
import type { Header } from './header.ts';

export interface IncomingMessage {
  /** From 1; above 1 only in a mailbox file. */
  readonly number: number;
  /** What the separator line of a mailbox file says (`From a@example.com Mon Nov 23 …`), without `From `. */
  readonly fromLine?: string;
  readonly header: Header;
  /**
   * The body as it stands in the input, in pieces of any length; `>From ` of a mailbox file is undone. To be read to its
   * end before the next message is asked for. Where `header.lineEnd` is `lf`, a bare LF in it is a line end.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

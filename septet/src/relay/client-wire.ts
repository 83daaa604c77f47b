/** The connection of a client, as a session sees it: lines and a message in, replies out. No sockets. */
import type { ContentReader } from './content-reader.ts';

export type ClientEnd = 'closed' | 'timeout';

export type LineReading =
  | { readonly kind: 'line'; readonly text: string }
  /** The line was read to its end and is passed over. */
  | { readonly kind: 'too-long' }
  | { readonly kind: 'ended'; readonly why: ClientEnd };

export interface ClientWire {
  /** Of the client, as in RFC 5952. */
  readonly address: string;
  secure(): boolean;
  /** Without its line end; one character an octet. */
  line(maxOctets: number): Promise<LineReading>;
  /** Feeds the reader until it is done, or `enough` says that no more is to be read. */
  content(reader: ContentReader, enough: () => boolean): Promise<'done' | 'enough' | ClientEnd>;
  /** Passes over so many octets. */
  skip(octets: number): Promise<'done' | ClientEnd>;
  /** The client has ended the connection, or its half of it. */
  gone(): boolean;
  /** Octets that came and are not read yet. */
  pending(): number;
  /** Resolves when the client may be sent more. One character an octet. */
  send(text: string): Promise<void>;
  /** TLS from here on; false where the handshake failed. */
  upgrade(): Promise<boolean>;
  close(): void;
}

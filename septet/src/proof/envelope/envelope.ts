/** The envelope of a message and its client (RFC 5321), as SPF wants them, and where each was found. */
import type { Received } from '../../mail/received.ts';

/** `option`: said by the user. `listener`: seen by our own SMTP server. */
export type EnvelopeOrigin =
  | 'option'
  | 'listener'
  | 'Received'
  | 'Return-Path'
  | 'Received-SPF'
  | 'Authentication-Results'
  | 'mbox'
  | 'From';

export interface Known<T> {
  readonly value: T;
  readonly from: EnvelopeOrigin;
  /** The line of the field, from 1. */
  readonly line?: number;
}

export interface Envelope {
  /** The address of the client that gave the message to the receiver. */
  readonly ip?: Known<string>;
  readonly helo?: Known<string>;
  /** `''` for the null sender `<>`. */
  readonly mailFrom?: Known<string>;
  /** Our own listener knows; else from the trusted hop. */
  readonly tls?: Known<boolean>;
  readonly recipients?: readonly string[];
  /** The hop whose word was taken: the boundary between the sender's side and the receiver's. */
  readonly hop?: Received;
  /** Why that hop, in a sentence. */
  readonly why: string;
  /** All hops, the newest first. */
  readonly hops: readonly Received[];
}

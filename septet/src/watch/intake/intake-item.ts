/** A file or message for the intake. */
export interface IntakeItem {
  /** The path of the file, or the mailbox and UID of a message. */
  readonly origin: string;
  octets(): AsyncIterable<Uint8Array>;
  /** It cannot be read again: standard input. */
  readonly once?: boolean;
}

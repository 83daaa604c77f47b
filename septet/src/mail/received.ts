/** A trace field (RFC 5321 §4.4): who gave the message to whom, over which protocol, and when. */

export interface Received {
  /** Of the field, from 1. */
  readonly line: number;
  /** What the client called itself (HELO, EHLO), as written. */
  readonly helo?: string;
  /** The name that the server found for the client's address. */
  readonly reverseName?: string;
  /** The client's address, in canonical form. */
  readonly ip?: string;
  /** The host that wrote the field. */
  readonly by?: string;
  /** `ESMTPS`, `ESMTPSA`, `HTTP`… upper case. */
  readonly protocol?: string;
  /** The client proved who it is: `with` ends in A (RFC 3848), or a comment says so. */
  readonly authenticated: boolean;
  /** Present where the field shows TLS, by its protocol (RFC 3848) or by a comment. */
  readonly tls?: { readonly version?: string; readonly cipher?: string };
  readonly for?: string;
  readonly id?: string;
  /** The `envelope-from` that some servers note, without angle brackets. */
  readonly envelopeFrom?: string;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** What the transports and the resolver say to each other. A flight is one question that waits for its reply. */

export interface Flight {
  /** The query. The transport writes the id into its first two octets. */
  readonly packet: Buffer;
  /** A message with the id of this flight came. The flight stays until `forget`. */
  arrived(message: Buffer, carrier: Carrier, id: number): void;
  /** The carrier cannot bring a reply any more and has forgotten the flight. */
  lost(carrier: Carrier, detail: string): void;
}

export interface Carrier {
  readonly protocol: 'udp' | 'tcp';
  /** Sends the query under a free random id, which it answers. Outcomes come later, never from within. */
  send(flight: Flight): number;
  forget(id: number): void;
}

export interface ServerAddress {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** `192.0.2.53:53` or `[2001:db8::53]:53`. */
  readonly text: string;
}

/**
 * Ends connections on which nothing moves any more. Node's own time limit between requests sets and clears a timer for
 * each of them, which costs as much as reading the address of a click; this looks at all connections now and then.
 */

/** As much of a socket as is looked at. */
export interface WatchedSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  destroy(): unknown;
}

export interface IdleSockets {
  add(socket: WatchedSocket): void;
  delete(socket: WatchedSocket): void;
  /** Ends those on which no octet came or went since the time; called a few times in that time. */
  look(): void;
}

/** `idleMs`: longer than any answer is waited for. `now`: milliseconds, of any beginning. */
export function idleSockets(idleMs: number, now: () => number): IdleSockets {
  const seen = new Map<WatchedSocket, { octets: number; since: number }>();
  return {
    add: (socket) => void seen.set(socket, { octets: 0, since: now() }),
    delete: (socket) => void seen.delete(socket),
    look() {
      const time = now();
      for (const [socket, entry] of seen) {
        const octets = socket.bytesRead + socket.bytesWritten;
        if (octets !== entry.octets) {
          entry.octets = octets;
          entry.since = time;
        } else if (time - entry.since >= idleMs) socket.destroy();
      }
    },
  };
}

/**
 * UDP to one server (RFC 1035 §4.2.1): a few connected sockets, so that the system drops what others send and reports
 * a closed port, with a table of the questions in flight on each.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Ids } from './ids.ts';
import type { Carrier, Flight, ServerAddress } from './transport.ts';

/** Bursts of answers wait here while JavaScript is busy; the system's default holds about 250. */
const receiveBufferOctets = 4 * 1024 * 1024;

/**
 * How many questions may be without a reply at the server. Linux gives a UDP socket 208 KiB unless told otherwise, in
 * which 277 small packets fit, and others may be asking too. The window grows while replies come and halves when one
 * is lost, as TCP's does (RFC 5681).
 */
const firstWindow = 96;
const leastWindow = 16;
const mostWindow = 1024;
/** Growth for a whole window of replies. */
const growth = 4;
/** After so many ticks a question without reply leaves the window: the server has read it, or it is lost. */
const windowTicks = 10;
/** One loss is often followed by others of the same moment; they count once. */
const ticksBetweenCuts = 3;

/** One more socket is opened when those open carry this many questions each. */
const flightsPerSocket = 64;

export class UdpServer {
  readonly server: ServerAddress;
  private readonly maxSockets: number;
  private readonly ids = new Ids();
  private readonly sockets: UdpSocket[] = [];
  private turn = 0;
  private window = firstWindow;
  /** Sends of the last ticks that have no reply yet, in all and by tick. */
  private unanswered = 0;
  private readonly byTick = new Int32Array(windowTicks);
  private lastCut = -ticksBetweenCuts;
  /** Counts the ticks. */
  period = 0;

  constructor(server: ServerAddress, maxSockets: number) {
    this.server = server;
    this.maxSockets = maxSockets;
  }

  /** The socket for the next question; sockets take turns. */
  pick(): Carrier {
    const { sockets } = this;
    const index = sockets.length === 0 ? 0 : this.turn++ % sockets.length;
    const next = sockets[index];
    if (next !== undefined && (next.inFlight < flightsPerSocket || sockets.length >= this.maxSockets)) return next;
    const opened = new UdpSocket(this.server, this.ids, (socket) => {
      const at = sockets.indexOf(socket);
      if (at >= 0) sockets.splice(at, 1);
    });
    sockets.push(opened);
    return opened;
  }

  /** Whether a new question may be sent now without overrunning the server. Retries need not ask. */
  hasRoom(): boolean {
    return this.unanswered < this.window;
  }

  sent(): void {
    this.unanswered++;
    this.byTick[this.period % windowTicks]!++;
  }

  replied(period: number): void {
    if (this.period - period < windowTicks) {
      this.unanswered--;
      this.byTick[period % windowTicks]!--;
    }
    if (this.window < mostWindow) this.window += growth / this.window;
  }

  /** A question was not answered in time. */
  lost(): void {
    if (this.period - this.lastCut < ticksBetweenCuts) return;
    this.lastCut = this.period;
    this.window = Math.max(leastWindow, this.window / 2);
  }

  tick(): void {
    this.period++;
    const at = this.period % windowTicks;
    this.unanswered -= this.byTick[at]!;
    this.byTick[at] = 0;
  }

  close(): void {
    for (const socket of this.sockets.splice(0)) socket.close();
  }
}

class UdpSocket implements Carrier {
  readonly protocol = 'udp';
  private readonly ids: Ids;
  private readonly waiting = new Map<number, Flight>();
  private readonly socket: Socket;
  private readonly dropped: (socket: UdpSocket) => void;
  private state: 'opening' | 'open' | 'closed' = 'opening';

  constructor(server: ServerAddress, ids: Ids, dropped: (socket: UdpSocket) => void) {
    this.ids = ids;
    this.dropped = dropped;
    this.socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    // Whoever waits keeps the process alive; an idle socket must not.
    this.socket.unref();
    this.socket.on('message', (message) => this.receive(message));
    this.socket.on('error', (error) => this.fail(error));
    try {
      this.socket.connect(server.port, server.address, () => this.opened());
    } catch (error) {
      queueMicrotask(() => this.fail(error as Error));
    }
  }

  get inFlight(): number {
    return this.waiting.size;
  }

  send(flight: Flight): number {
    let id = this.ids.next();
    while (this.waiting.has(id)) id = this.ids.next();
    this.waiting.set(id, flight);
    const { packet } = flight;
    packet[0] = id >> 8;
    packet[1] = id & 255;
    if (this.state === 'open') this.socket.send(packet, this.sent);
    return id;
  }

  forget(id: number): void {
    this.waiting.delete(id);
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.waiting.clear();
    this.socket.close();
  }

  private opened(): void {
    if (this.state !== 'opening') return;
    this.state = 'open';
    try {
      this.socket.setRecvBufferSize(receiveBufferOctets);
    } catch {
      // The system allows less; retries make up for it.
    }
    for (const [id, flight] of this.waiting) {
      flight.packet[0] = id >> 8;
      flight.packet[1] = id & 255;
      this.socket.send(flight.packet, this.sent);
    }
  }

  private receive(message: Buffer): void {
    if (message.length < 2) return;
    const id = ((message[0] as number) << 8) | (message[1] as number);
    this.waiting.get(id)?.arrived(message, this, id);
  }

  private readonly sent = (error: Error | null): void => {
    if (error !== null) this.fail(error);
  };

  /** An ICMP error speaks for the server, not for one question, so it ends all that wait here. */
  private fail(error: Error): void {
    if (this.state === 'closed') return;
    const flights = [...this.waiting.values()];
    this.waiting.clear();
    if (this.state === 'opening') {
      this.close();
      this.dropped(this);
    }
    for (const flight of flights) flight.lost(this, describeSocketError(error));
  }
}

/** `connection refused (ECONNREFUSED)` and the like, for a person. */
export function describeSocketError(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  const words = code === undefined ? undefined : socketErrors.get(code);
  return words === undefined ? error.message : `${words} (${code})`;
}

const socketErrors = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'the server closed the connection'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no route to the network'],
  ['EACCES', 'the system forbids it'],
  ['EPERM', 'the system forbids it'],
  ['EPIPE', 'the server closed the connection'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EMFILE', 'too many open files'],
]);

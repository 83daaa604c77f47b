/**
 * TCP to one server (RFC 7766): connections that stay open, questions sent without waiting for earlier answers, and
 * all that one turn of the event loop brings in one write. Messages have a two-octet length in front (RFC 1035 §4.2.2).
 */
import { connect, type Socket } from 'node:net';
import { Ids } from './ids.ts';
import type { Carrier, Flight, ServerAddress } from './transport.ts';
import { describeSocketError } from './transport-udp.ts';

/** One more connection is opened when those open carry this many questions each. */
const flightsPerConnection = 64;

/** RFC 7766 §6.2.3: a client closes what it does not use; what has been silent that long may be dead besides. */
const idleMs = 4000;

export class TcpServer {
  readonly server: ServerAddress;
  private readonly maxConnections: number;
  private readonly ids = new Ids();
  private readonly connections: TcpConnection[] = [];
  private turn = 0;

  constructor(server: ServerAddress, maxConnections: number) {
    this.server = server;
    this.maxConnections = maxConnections;
  }

  pick(): Carrier {
    const { connections } = this;
    const index = connections.length === 0 ? 0 : this.turn++ % connections.length;
    const next = connections[index];
    if (next !== undefined && (next.inFlight < flightsPerConnection || connections.length >= this.maxConnections)) {
      return next;
    }
    const opened = new TcpConnection(this.server, this.ids, (connection) => {
      const at = connections.indexOf(connection);
      if (at >= 0) connections.splice(at, 1);
    });
    connections.push(opened);
    return opened;
  }

  close(): void {
    for (const connection of this.connections.splice(0)) connection.close();
  }
}

class TcpConnection implements Carrier {
  readonly protocol = 'tcp';
  private readonly ids: Ids;
  private readonly waiting = new Map<number, Flight>();
  private readonly socket: Socket;
  private readonly dropped: (connection: TcpConnection) => void;
  private out = Buffer.allocUnsafe(4096);
  private outLength = 0;
  /** The beginning of a message whose end has not come. */
  private rest: Buffer | undefined;
  private closed = false;

  constructor(server: ServerAddress, ids: Ids, dropped: (connection: TcpConnection) => void) {
    this.ids = ids;
    this.dropped = dropped;
    this.socket = connect({ host: server.address, port: server.port, noDelay: true });
    this.socket.unref();
    this.socket.setTimeout(idleMs, () => {
      this.end('the server was silent');
    });
    this.socket.on('data', (chunk) => this.receive(chunk as Buffer));
    this.socket.on('error', (error) => this.end(describeSocketError(error)));
    this.socket.on('end', () => this.end('the server closed the connection'));
    this.socket.on('close', () => this.end('the server closed the connection'));
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
    const { length } = packet;
    if (this.outLength + 2 + length > this.out.length) {
      const larger = Buffer.allocUnsafe(this.out.length * 2 + length);
      this.out.copy(larger, 0, 0, this.outLength);
      this.out = larger;
    }
    if (this.outLength === 0) setImmediate(this.flush);
    this.out[this.outLength++] = length >> 8;
    this.out[this.outLength++] = length & 255;
    packet.copy(this.out, this.outLength);
    this.outLength += length;
    return id;
  }

  forget(id: number): void {
    this.waiting.delete(id);
  }

  close(): void {
    this.closed = true;
    this.waiting.clear();
    this.socket.destroy();
  }

  private readonly flush = (): void => {
    if (this.closed) return;
    this.socket.write(this.out.subarray(0, this.outLength));
    this.out = Buffer.allocUnsafe(this.out.length);
    this.outLength = 0;
  };

  private receive(chunk: Buffer): void {
    const data = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = undefined;
    let at = 0;
    while (at + 2 <= data.length) {
      const length = ((data[at] as number) << 8) | (data[at + 1] as number);
      const end = at + 2 + length;
      if (end > data.length) break;
      if (length >= 2) {
        const message = data.subarray(at + 2, end);
        const id = ((message[0] as number) << 8) | (message[1] as number);
        this.waiting.get(id)?.arrived(message, this, id);
      }
      at = end;
    }
    if (at < data.length) this.rest = data.subarray(at);
  }

  private end(detail: string): void {
    if (this.closed) return;
    const flights = [...this.waiting.values()];
    this.close();
    this.dropped(this);
    for (const flight of flights) flight.lost(this, detail);
  }
}

/**
 * A small DNS server on loopback for the sandbox and the tests: UDP and TCP on one port, answering from a function.
 * Not for the Internet.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { Answer, Rdata, RrType } from './rrset.ts';
import { decodeMessage } from './wire-decode.ts';
import { encodeResponse, type ResponseToEncode } from './wire-encode.ts';
import {
  plainUdpOctets,
  rcodes,
  type ExtendedError,
  type Message,
  type Question,
  type WireRecord,
} from './wire-types.ts';

/** What is done with one question. */
export type ServerReply =
  | Answer
  /** No reply at all. */
  | { readonly kind: 'silence' }
  /** A response of one's own; `id` and `question` are those of the query unless given. */
  | { readonly kind: 'response'; readonly response: Partial<ResponseToEncode> }
  /** These octets, whatever they are; the first two are replaced by the query's id unless `keepId`. */
  | { readonly kind: 'octets'; readonly octets: Uint8Array; readonly keepId?: boolean };

export interface ServeOptions {
  readonly answer: (question: Question, query: Message, protocol: 'udp' | 'tcp') => ServerReply | Promise<ServerReply>;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Sets RA, and AD for answers that are `secure`; default true. */
  readonly recursion?: boolean;
  /** `false` leaves the TCP port closed; default true. */
  readonly tcp?: boolean;
}

export interface DnsServer {
  /** `127.0.0.1:40123` */
  readonly server: string;
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const maxTcpOctets = 65_535; // RFC 1035 §4.2.2

/** Rejects when the address cannot be had. */
export async function serveDns(options: ServeOptions): Promise<DnsServer> {
  const { address = '127.0.0.1', port = 0, tcp = true } = options;
  for (let tries = 0; ; tries++) {
    const udp = await bindUdp(address, port);
    const bound = udp.address().port;
    try {
      const stream = tcp ? await listenTcp(address, bound) : undefined;
      return start(options, address, bound, udp, stream);
    } catch (error) {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      if (port !== 0 || tries === 20) throw error;
    }
  }
}

function start(options: ServeOptions, address: string, port: number, udp: Socket, tcp: Server | undefined): DnsServer {
  let open = true;
  udp.on('message', (packet, from) => {
    void respond(options, packet, 'udp', (reply) => {
      if (open) udp.send(reply, from.port, from.address);
    });
  });
  const connections = new Set<TcpSocket>();
  tcp?.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        const packet = rest.subarray(2, end);
        rest = rest.subarray(end);
        void respond(options, packet, 'tcp', (reply) => {
          if (socket.destroyed) return;
          const frame = Buffer.allocUnsafe(2);
          frame.writeUInt16BE(reply.length, 0);
          socket.write(Buffer.concat([frame, reply]));
        });
      }
    });
  });
  return {
    server: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    address,
    port,
    close: async () => {
      open = false;
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        tcp && new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

async function respond(
  options: ServeOptions,
  packet: Buffer,
  protocol: 'udp' | 'tcp',
  send: (reply: Buffer) => void,
): Promise<void> {
  const reply = await replyTo(options, packet, protocol);
  if (reply) send(reply);
}

async function replyTo(options: ServeOptions, packet: Buffer, protocol: 'udp' | 'tcp'): Promise<Buffer | undefined> {
  const decoded = decodeMessage(packet);
  if (decoded.kind === 'malformed' || decoded.message.response) return undefined;
  const query = decoded.message;
  const { question } = query;
  if (question === undefined || query.opcode !== 0) {
    return encodeResponse({ id: query.id, rcode: question ? rcodes.notImplemented : rcodes.formatError });
  }
  const reply = await options.answer(question, query, protocol);
  if (reply.kind === 'silence') return undefined;
  if (reply.kind === 'octets') {
    const octets = Buffer.from(reply.octets);
    if (!reply.keepId && octets.length >= 2) octets.writeUInt16BE(query.id, 0);
    return octets;
  }
  const common = {
    id: query.id,
    question,
    rd: query.recursionDesired,
    ra: options.recursion ?? true,
    ...(query.edns && { edns: { dnssec: query.edns.dnssec } }),
  };
  const response: ResponseToEncode =
    reply.kind === 'response' ? { ...common, ...reply.response } : { ...common, ...responseTo(reply, query) };
  const octets = encodeResponse(response);
  const limit = protocol === 'tcp' ? maxTcpOctets : Math.max(plainUdpOctets, query.edns?.udpOctets ?? plainUdpOctets);
  if (octets.length <= limit) return octets;
  return encodeResponse({ ...response, tc: true, answers: [], authority: [], additional: [] });
}

/** The message that says what the answer says; `readAnswer` reads the same answer from it. */
export function responseTo(answer: Answer, query?: Message): Partial<ResponseToEncode> {
  const answers: WireRecord[] = answer.chain.map((hop) => ({
    name: hop.owner,
    type: 'CNAME',
    ttlSeconds: hop.ttlSeconds,
    data: hop.target,
  }));
  const aa = answer.authoritative === true;
  const ad = answer.dnssec === 'secure';
  switch (answer.kind) {
    case 'found': {
      const { set } = answer;
      for (const [index, data] of set.data.entries()) {
        const ttlSeconds = set.ttlsSeconds?.[index] ?? set.ttlSeconds;
        answers.push({ name: set.name, type: set.type, ttlSeconds, data });
      }
      return { aa, ad, answers };
    }
    case 'nodata':
    case 'nxdomain':
      return { aa, ad, answers, rcode: answer.kind === 'nodata' ? 0 : rcodes.nxDomain, authority: denial(answer) };
    case 'failed': {
      const rcode = answer.reason === 'refused' ? rcodes.refused : rcodes.serverFailure;
      const errors: ExtendedError[] = answer.detail === undefined ? [] : [{ code: 0, text: answer.detail }];
      return { aa, answers, rcode, ...(query?.edns && { edns: { errors } }) };
    }
  }
}

function denial(answer: Answer & { readonly kind: 'nodata' | 'nxdomain' }): readonly WireRecord[] {
  const { zone, negativeTtlSeconds } = answer;
  if (zone === undefined) return [];
  const data: Rdata<'SOA'> = {
    mname: zone,
    rname: zone,
    serial: 1,
    refresh: 7200,
    retry: 3600,
    expire: 1_209_600,
    minimum: negativeTtlSeconds,
  };
  const records: WireRecord[] = [{ name: zone, type: 'SOA', ttlSeconds: negativeTtlSeconds, data }];
  if (answer.kind === 'nodata' && answer.nxname) {
    const owner = answer.chain.at(-1)?.target ?? answer.name;
    const types: readonly RrType[] = ['RRSIG', 'NSEC', 'TYPE128'];
    records.push({ name: owner, type: 'NSEC', ttlSeconds: negativeTtlSeconds, data: { next: owner, types } });
  }
  return records;
}

function bindUdp(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      socket.on('error', () => {}); // An ICMP error of a client that has gone.
      resolve(socket);
    });
  });
}

function listenTcp(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/**
 * Stands between Septet and a Knot that takes signed updates only (TCP): signs each request with the time of this
 * machine, checks the reply and passes it on unsigned. A program whose clock is months ahead could not sign for itself
 * (RFC 8945 §5.2.3). It counts the updates that the server carried out.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { signMessage, verifyReply, type TsigKey } from '../../src/providers/tsig.ts';

/** Told of an update; false: it goes no further. */
export interface UpdateWatch {
  /** Before the server gets it. */
  request(): boolean;
  /** The server has carried it out, and nobody knows yet. */
  reply(): boolean;
}

export interface SigningProxy {
  readonly server: string;
  watch: UpdateWatch | undefined;
  /** Names of the zones of updates that the server said yes to, in order. */
  readonly applied: readonly string[];
  close(): Promise<void>;
}

export async function startSigningProxy(target: string, key: TsigKey): Promise<SigningProxy> {
  const own: { watch: UpdateWatch | undefined } = { watch: undefined };
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const applied: string[] = [];
  const proxy = createServer((client) => {
    const server = connect({ host, port: Number(port) });
    const macs = new Map<number, { readonly mac: Buffer; readonly zone: string | undefined; readonly signs: number }>();
    frames(client, server, sockets, (message) => {
      const signed = signMessage(message, key, Math.floor(Date.now() / 1000));
      const isUpdate = ((message[2] ?? 0) >> 3) % 16 === 5; // RFC 2136 §1.3: opcode 5
      const zone = isUpdate ? nameAt(message, 12) : undefined;
      if (isUpdate && own.watch?.request() === false) return undefined;
      macs.set(message.readUInt16BE(0), { mac: signed.mac, zone, signs: signed.message.length - message.length });
      return signed.message;
    });
    frames(server, client, sockets, (message) => {
      const sent = macs.get(message.readUInt16BE(0));
      if (!sent) throw new Error('a reply to nothing');
      const verdict = verifyReply(message, key, sent.mac, Math.floor(Date.now() / 1000));
      if (verdict.kind !== 'good' || verdict.error)
        throw new Error(`the server's signature: ${JSON.stringify(verdict)}`);
      const bare = Buffer.from(message.subarray(0, message.length - sent.signs));
      bare.writeUInt16BE(bare.readUInt16BE(10) - 1, 10);
      if (sent.zone === undefined) return bare;
      if (((message[3] ?? 0) & 15) === 0) applied.push(sent.zone);
      return own.watch?.reply() === false ? undefined : bare;
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return Object.assign(own, {
    server: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    applied,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  });
}

/** Whole messages; `through` answers what goes on, if anything. */
function frames(
  from: Socket,
  to: Socket,
  sockets: Set<Socket>,
  through: (message: Buffer) => Buffer | undefined,
): void {
  sockets.add(from);
  let rest: Buffer = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const message = through(Buffer.from(rest.subarray(2, 2 + rest.readUInt16BE(0))));
      rest = rest.subarray(2 + rest.readUInt16BE(0));
      if (!message) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      to.write(Buffer.concat([length, message]));
    }
  });
  from.on('error', () => to.destroy());
  from.on('close', () => {
    sockets.delete(from);
    to.destroy();
  });
}

function nameAt(message: Buffer, start: number): string {
  const labels: string[] = [];
  for (let at = start; (message[at] ?? 0) > 0; at += (message[at] ?? 0) + 1)
    labels.push(message.subarray(at + 1, at + 1 + (message[at] ?? 0)).toString('latin1'));
  return labels.join('.');
}

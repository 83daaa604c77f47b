/** Stands between Septet and a name server (TCP, RFC 7766) and is told of every message before it goes on. */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Passing {
  /** Counts from 0, over all connections. */
  readonly connection: number;
  readonly isUpdate: boolean;
}

export interface UpdateProxy {
  readonly server: string;
  close(): Promise<void>;
}

export interface Watch {
  /** Before the message goes on; false: it never does, and the connection stays open. */
  request(passing: Passing): boolean | Promise<boolean>;
  /** Before the reply goes on. */
  reply(passing: Passing): boolean;
}

export async function startUpdateProxy(target: string, watch: Watch): Promise<UpdateProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let connections = 0;
  const proxy = createServer((client) => {
    const connection = connections++;
    const server = connect({ host, port: Number(port) });
    let isUpdate = false;
    const pass = (from: Socket, to: Socket, goesOn: (message: Buffer) => boolean | Promise<boolean>): void => {
      sockets.add(from);
      let rest: Buffer = Buffer.alloc(0);
      from.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
          const frame = rest.subarray(0, 2 + rest.readUInt16BE(0));
          rest = rest.subarray(frame.length);
          const go = goesOn(frame);
          if (go === true) to.write(frame);
          else if (go !== false) void go.then((late) => late && to.write(frame));
        }
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    pass(client, server, (frame) => {
      isUpdate = ((frame[4] ?? 0) >> 3) % 16 === 5; // RFC 2136 §1.3: opcode 5
      return watch.request({ connection, isUpdate });
    });
    pass(server, client, () => watch.reply({ connection, isUpdate }));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}

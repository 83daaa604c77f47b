/** Raw messages over TCP against servers on loopback that answer late, out of order, in pieces, or not at all. */
import assert from 'node:assert/strict';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { parseServer } from '../../src/dns/network-resolver.ts';
import { tcpExchange, type DnsExchange } from '../../src/dns/update-transport.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

const message = (id: number, octets = 20): Buffer => {
  const out = Buffer.alloc(octets, id & 255);
  out.writeUInt16BE(id);
  return out;
};
const framed = (...messages: readonly Buffer[]): Buffer =>
  Buffer.concat(
    messages.flatMap((one) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(one.length);
      return [length, one];
    }),
  );

/** An exchange with a server that does this with the messages of each connection as they have come so far. */
async function against(
  act: (all: readonly Buffer[], socket: Socket, connection: number) => void,
): Promise<DnsExchange> {
  let connections = 0;
  const server = net.createServer((socket) => {
    const connection = ++connections;
    let data = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      const all: Buffer[] = [];
      for (let at = 0; at + 2 <= data.length;) {
        const end = at + 2 + data.readUInt16BE(at);
        if (end > data.length) return;
        all.push(data.subarray(at + 2, end));
        at = end;
      }
      act(all, socket, connection);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = parseServer(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.ok(address);
  return tcpExchange(address, { timeoutMs: 300 });
}

test('replies come back in the order of the messages, however they arrive', async () => {
  const exchange = await against((all, socket) => {
    if (all.length < 3) return;
    const wire = framed(message(77), ...all.toReversed(), Buffer.from([1]));
    for (let at = 0; at < wire.length; at += 7) socket.write(wire.subarray(at, at + 7));
  });
  const messages = [message(1), message(2, 3000), message(3)];
  const got = await exchange(messages);
  assert.deepEqual(got, { kind: 'replies', replies: messages });
});

test('a server that closes after each reply is asked again for the others', async () => {
  const exchange = await against((all, socket) => socket.end(framed(all[0] as Buffer)));
  const messages = [message(1), message(2), message(3)];
  assert.deepEqual(await exchange(messages), { kind: 'replies', replies: messages });
});

test('a single message is never sent twice', async () => {
  let received = 0;
  const exchange = await against((_all, socket) => {
    received++;
    socket.destroy();
  });
  const got = await exchange([message(9)]);
  assert.ok(got.kind === 'failed' && got.sent);
  assert.equal(received, 1);
});

test('silence ends with the time limit', async () => {
  const exchange = await against(() => undefined);
  const got = await exchange([message(9)]);
  assert.ok(got.kind === 'failed' && got.sent);
  assert.match(got.detail, /no answer from 127\.0\.0\.1:\d+ within 0.3 seconds/);
});

test('a reply with another id is no reply', async () => {
  const exchange = await against((_all, socket) => socket.write(framed(message(10))));
  assert.equal((await exchange([message(9)])).kind, 'failed');
});

test('a closed port is told, and that nothing was sent', async () => {
  const address = parseServer('127.0.0.1:1');
  assert.ok(address);
  const got = await tcpExchange(address)([message(1)]);
  assert.ok(got.kind === 'failed' && !got.sent);
  assert.match(got.detail, /connection refused/);
});

test('no messages need no connection', async () => {
  const address = parseServer('127.0.0.1:1');
  assert.ok(address);
  assert.deepEqual(await tcpExchange(address)([]), { kind: 'replies', replies: [] });
});

test('the signal ends it with its reason', async () => {
  const exchange = await against(() => undefined);
  const controller = new AbortController();
  const reason = new Error('stop');
  setTimeout(() => controller.abort(reason), 30);
  await assert.rejects(exchange([message(1)], controller.signal), reason);
});

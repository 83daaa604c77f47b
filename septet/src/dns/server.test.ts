import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { dnsName } from './name.ts';
import { networkResolver } from './network-resolver.ts';
import { txtText, type Answer } from './rrset.ts';
import { serveDns, type DnsServer } from './server.ts';
import { decodeMessage } from './wire-decode.ts';
import { encodeQuery } from './wire-encode.ts';
import { readZone } from './zone-read.ts';
import { zoneResolver } from './zone-resolver.ts';

const text = `$ORIGIN example.test.
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.53
@ TXT "v=spf1 -all"
alias CNAME target
target MX 10 mail
mixed 60 TXT "a"
large TXT ${`"${'x'.repeat(250)}" `.repeat(20)}
`;

async function sandbox(t: TestContext): Promise<DnsServer> {
  const read = readZone(text, { file: 'test', origin: dnsName('example.test') });
  assert.ok(read.kind === 'good', JSON.stringify(read));
  const zone = zoneResolver([read.zone]);
  const server = await serveDns({ answer: (question) => zone.peek(question.name, question.type) });
  t.after(() => server.close());
  return server;
}

test('what the zone says arrives over the wire', async (t) => {
  const server = await sandbox(t);
  const resolver = networkResolver({ servers: [server.server], timeoutMs: 1000 });
  t.after(() => resolver.close());
  const spf = await resolver.query(dnsName('example.test'), 'TXT');
  assert.ok(spf.kind === 'found');
  assert.equal(spf.set.ttlSeconds, 300);
  assert.deepEqual(spf.set.data.map(txtText), ['v=spf1 -all']);
  const mx = await resolver.query(dnsName('alias.example.test'), 'MX');
  assert.ok(mx.kind === 'found' && mx.set.name === 'target.example.test');
  assert.deepEqual(mx.chain, [{ owner: 'alias.example.test', target: 'target.example.test', ttlSeconds: 300 }]);
  const none = await resolver.query(dnsName('nothing.example.test'), 'MX');
  assert.ok(none.kind === 'nxdomain' && none.zone === 'example.test' && none.negativeTtlSeconds === 60);
  const nodata = await resolver.query(dnsName('target.example.test'), 'TXT');
  assert.ok(nodata.kind === 'nodata' && nodata.zone === 'example.test' && nodata.negativeTtlSeconds === 60);
  const large = await resolver.query(dnsName('large.example.test'), 'TXT');
  assert.ok(large.kind === 'found' && large.set.data[0]?.strings.length === 20);
  const foreign = await resolver.query(dnsName('foreign.example'), 'TXT');
  assert.ok(foreign.kind === 'failed');
});

/** Sends octets over UDP and answers the first reply, or `undefined` after a while. */
function exchange(server: DnsServer, octets: Uint8Array): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.close(() => resolve(undefined)), 100);
    socket.on('message', (reply) => {
      clearTimeout(timer);
      socket.close(() => resolve(reply));
    });
    socket.send(octets, server.port, server.address);
  });
}

test('without EDNS a response has 512 octets at most, with it as many as the client takes', async (t) => {
  const server = await sandbox(t);
  for (const edns of [true, false]) {
    const reply = await exchange(
      server,
      encodeQuery({ name: dnsName('large.example.test'), type: 'TXT', edns }).packet,
    );
    assert.ok(reply && reply.length <= 512);
    const decoded = decodeMessage(reply);
    assert.ok(decoded.kind === 'message' && decoded.message.truncated && decoded.message.answers.length === 0);
    assert.equal(decoded.message.edns !== undefined, edns);
  }
});

test('garbage and responses get no reply; another opcode is not implemented', async (t) => {
  const server = await sandbox(t);
  assert.equal(await exchange(server, Buffer.from('garbage')), undefined);
  const { packet } = encodeQuery({ id: 7, name: dnsName('example.test'), type: 'TXT' });
  const response = Buffer.from(packet);
  response[2] = 0x80;
  assert.equal(await exchange(server, response), undefined);
  const update = Buffer.from(packet);
  update[2] = 5 << 3;
  const reply = await exchange(server, update);
  const decoded = reply && decodeMessage(reply);
  assert.ok(decoded?.kind === 'message' && decoded.message.rcode === 4 && decoded.message.id === 7);
});

test('TCP: questions that arrive octet by octet, and two in one piece', async (t) => {
  const server = await sandbox(t);
  const { packet } = encodeQuery({ id: 1, name: dnsName('example.test'), type: 'TXT' });
  const frame = Buffer.concat([Buffer.from([0, packet.length]), packet]);
  const socket = connect(server.port, server.address);
  t.after(() => socket.destroy());
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk as Buffer]);
  });
  for (const octet of frame) {
    socket.write(Buffer.from([octet]));
    await new Promise((done) => setImmediate(done));
  }
  socket.write(Buffer.concat([frame, frame]));
  const length = (): number => (received.length < 2 ? Infinity : 2 + received.readUInt16BE(0));
  while (received.length < 3 * length()) await new Promise((done) => setTimeout(done, 5));
  const first = decodeMessage(received.subarray(2, length()));
  assert.ok(first.kind === 'message' && first.message.answers.length === 1);
});

test('a function may answer later, and every kind of answer arrives as it was meant', async () => {
  const name = dnsName('example.test');
  const base = { name, type: 'TXT', server: 'x', chain: [], dnssec: 'secure', authoritative: true } as const;
  const answers: Answer[] = [
    { ...base, kind: 'found', set: { name, type: 'TXT', ttlSeconds: 5, data: [{ strings: ['a', 'b'] }] } },
    {
      ...base,
      kind: 'found',
      set: { name, type: 'TXT', ttlSeconds: 5, data: [{ strings: ['a'] }, { strings: ['b'] }], ttlsSeconds: [5, 9] },
    },
    { ...base, kind: 'nodata', negativeTtlSeconds: 30, zone: name },
    { ...base, kind: 'nodata', negativeTtlSeconds: 0 },
    { ...base, kind: 'nodata', negativeTtlSeconds: 30, zone: name, nxname: true },
    { ...base, kind: 'nxdomain', negativeTtlSeconds: 30, zone: dnsName('test') },
  ];
  for (const given of answers) {
    const server = await serveDns({ answer: () => Promise.resolve(given) });
    const resolver = networkResolver({ servers: [server.server], timeoutMs: 500 });
    const { octets, ...arrived } = await resolver.query(name, 'TXT');
    assert.ok((octets ?? 0) > 12);
    assert.deepEqual(arrived, { ...given, server: server.server });
    await resolver.close();
    await server.close();
  }
  const failing = await serveDns({
    answer: () => ({ ...base, kind: 'failed', reason: 'servfail', detail: 'on purpose' }),
  });
  const resolver = networkResolver({ servers: [failing.server], timeoutMs: 500 });
  const failed = await resolver.query(name, 'TXT');
  assert.ok(failed.kind === 'failed' && failed.reason === 'servfail');
  assert.equal(failed.detail, 'SERVFAIL, Other (EDE 0): on purpose');
  await resolver.close();
  await failing.close();
});

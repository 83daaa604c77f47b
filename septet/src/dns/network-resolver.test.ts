import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { dnsName, type DnsName } from './name.ts';
import { networkResolver, parseServer, type NetworkResolver, type NetworkResolverOptions } from './network-resolver.ts';
import type { Answer, RrType } from './rrset.ts';
import { serveDns, type DnsServer, type ServeOptions, type ServerReply } from './server.ts';

const name = dnsName('www.example.test');

const found = (text: string, owner: DnsName = name): Answer => ({
  kind: 'found',
  name: owner,
  type: 'TXT',
  server: 'test',
  chain: [],
  dnssec: 'unknown',
  set: { name: owner, type: 'TXT', ttlSeconds: 60, data: [{ strings: text.match(/.{1,255}/gs) ?? [''] }] },
});

const alias = (owner: string, target: string): ServerReply => ({
  kind: 'response',
  response: { answers: [{ name: dnsName(owner), type: 'CNAME', ttlSeconds: 60, data: dnsName(target) }] },
});

async function serve(t: TestContext, answer: ServeOptions['answer'], more: Partial<ServeOptions> = {}) {
  const server = await serveDns({ answer, ...more });
  t.after(() => server.close());
  return server;
}

function resolve(t: TestContext, servers: readonly DnsServer[], more: Partial<NetworkResolverOptions> = {}) {
  const resolver = networkResolver({ servers: servers.map((one) => one.server), timeoutMs: 300, ...more });
  t.after(() => resolver.close());
  return resolver;
}

const outcome = (answer: Answer): string =>
  answer.kind === 'failed' ? `${answer.reason}: ${answer.detail}` : answer.kind;
const textOf = (answer: Answer): string =>
  answer.kind === 'found'
    ? (answer as Answer<'TXT'> & { kind: 'found' }).set.data[0]!.strings.join('')
    : outcome(answer);

test('asks, and says who answered', async (t) => {
  const server = await serve(t, () => found('hello'));
  const answer = await resolve(t, [server]).query(name, 'TXT');
  assert.equal(textOf(answer), 'hello');
  assert.equal(answer.server, server.server);
});

test('a large answer is cut off over UDP and comes over TCP', async (t) => {
  const protocols: string[] = [];
  const long = 'x'.repeat(6000);
  const server = await serve(t, (_question, _query, protocol) => {
    protocols.push(protocol);
    return found(long);
  });
  const answer = await resolve(t, [server]).query(name, 'TXT');
  assert.equal(textOf(answer), long);
  assert.deepEqual(protocols, ['udp', 'tcp']);
  assert.ok((answer.octets ?? 0) > 6000);
});

test('cut off over UDP and no TCP: the failure says so', async (t) => {
  const server = await serve(t, () => found('x'.repeat(2000)), { tcp: false });
  assert.match(outcome(await resolve(t, [server]).query(name, 'TXT')), /^unreachable: .*connection refused/);
});

test('the next server is asked when one refuses, fails, talks garbage or is silent', async (t) => {
  const good = await serve(t, () => found('good'));
  const replies: ServerReply[] = [
    { kind: 'response', response: { rcode: 5 } },
    { kind: 'response', response: { rcode: 2 } },
    { kind: 'silence' },
  ];
  for (const reply of replies) {
    const bad = await serve(t, () => reply);
    assert.equal(textOf(await resolve(t, [bad, good]).query(name, 'TXT')), 'good');
  }
});

test('a failure keeps what the most telling server said', async (t) => {
  const refusing = await serve(t, () => ({ kind: 'response', response: { rcode: 5 } }));
  const failing = await serve(t, (_question, query) => ({
    kind: 'response',
    response: { rcode: 2, ...(query.edns && { edns: { errors: [{ code: 22, text: '' }] } }) },
  }));
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const answer = await resolve(t, [failing, refusing, silent]).query(name, 'TXT');
  assert.equal(outcome(answer), 'servfail: SERVFAIL, No Reachable Authority (EDE 22)');
  assert.equal(answer.server, failing.server);
});

test('a lost packet is sent again', async (t) => {
  let count = 0;
  const server = await serve(t, () => (++count === 1 ? { kind: 'silence' } : found('second')));
  assert.equal(textOf(await resolve(t, [server]).query(name, 'TXT')), 'second');
});

test('a late reply to an earlier send still counts', async (t) => {
  let count = 0;
  const server = await serve(t, async () => {
    if (++count > 1) return { kind: 'silence' };
    await new Promise((done) => setTimeout(done, 150));
    return found('late');
  });
  assert.equal(textOf(await resolve(t, [server], { timeoutMs: 400 }).query(name, 'TXT')), 'late');
});

test('silence ends in a timeout that names the server, never in absence', async (t) => {
  const server = await serve(t, () => ({ kind: 'silence' }));
  const answer = await resolve(t, [server], { timeoutMs: 120 }).query(name, 'TXT');
  assert.equal(outcome(answer), `timeout: no answer from ${server.server} within 120 ms`);
});

test('a closed port is unreachable, at once', async (t) => {
  const server = await serveDns({ answer: () => found('') });
  await server.close();
  const started = performance.now();
  const answer = await resolve(t, [server], { timeoutMs: 3000 }).query(name, 'TXT');
  assert.equal(outcome(answer), `unreachable: ${server.server}: connection refused (ECONNREFUSED)`);
  assert.ok(performance.now() - started < 1500);
});

test('a server that cannot read EDNS is asked without, and that is remembered', async (t) => {
  const withEdns: boolean[] = [];
  const server = await serve(t, (_question, query) => {
    withEdns.push(query.edns !== undefined);
    return query.edns ? { kind: 'response', response: { rcode: 1, edns: {} } } : found('plain');
  });
  const resolver = resolve(t, [server]);
  assert.equal(textOf(await resolver.query(name, 'TXT')), 'plain');
  assert.equal(textOf(await resolver.query(name, 'TXT')), 'plain');
  assert.deepEqual(withEdns, [true, false, false]);
});

test('a reply to another question, under another id, or no DNS at all does not count', async (t) => {
  const replies: ServerReply[] = [
    { kind: 'response', response: { question: { name: dnsName('other.test'), type: 'TXT' } } },
    { kind: 'octets', octets: Buffer.from('nonsense') },
    { kind: 'octets', octets: Buffer.alloc(0) },
    { kind: 'octets', octets: Buffer.alloc(1) },
    { kind: 'octets', octets: Buffer.alloc(12, 255), keepId: true },
  ];
  for (const reply of replies) {
    const server = await serve(t, () => reply);
    const answer = await resolve(t, [server], { timeoutMs: 80 }).query(name, 'TXT');
    assert.match(outcome(answer), /^timeout: no answer/, JSON.stringify(reply));
  }
});

test('a response that belongs to the question and breaks off is malformed', async (t) => {
  const socket = createSocket('udp4');
  t.after(() => new Promise<void>((done) => socket.close(() => done())));
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  socket.on('message', (query, from) => {
    const reply = Buffer.from(query);
    reply[2] = 0x81;
    reply[7] = 3;
    socket.send(reply, from.port, from.address);
  });
  const resolver = networkResolver({ servers: [`127.0.0.1:${socket.address().port}`], timeoutMs: 300 });
  t.after(() => resolver.close());
  assert.match(outcome(await resolver.query(name, 'TXT')), /^malformed: /);
});

test('garbage from a fake server, ten thousand pieces of it, crashes nothing', async (t) => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % below;
  };
  const socket = createSocket('udp4');
  t.after(() => new Promise<void>((done) => socket.close(() => done())));
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  socket.on('message', (query, from) => {
    for (let i = 0; i < 10; i++) {
      const reply = Buffer.concat([query, Buffer.from(Array.from({ length: random(60) }, () => random(256)))]);
      reply[2] = 0x80;
      for (let j = 0; j < 4; j++) reply[2 + random(reply.length - 2)] = random(256);
      socket.send(reply, from.port, from.address);
    }
  });
  const resolver = networkResolver({ servers: [`127.0.0.1:${socket.address().port}`], timeoutMs: 200, attempts: 1 });
  t.after(() => resolver.close());
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => resolver.query(dnsName(`a${i}.test`), 'TXT')),
  );
  assert.equal(answers.length, 1000);
});

test('the end of a chain is asked for when the server does not follow', async (t) => {
  const server = await serve(t, (question) => {
    if (question.name === name) return alias('www.example.test', 'b.test');
    if (question.name === 'b.test') return alias('b.test', 'c.test');
    return found('end', dnsName('c.test'));
  });
  const answer = await resolve(t, [server]).query(name, 'TXT');
  assert.equal(textOf(answer), 'end');
  assert.equal(answer.name, name);
  assert.deepEqual(
    answer.chain.map((hop) => `${hop.owner} ${hop.target}`),
    ['www.example.test b.test', 'b.test c.test'],
  );
});

test('a chain over several servers that comes back, or never ends, is malformed and shows its hops', async (t) => {
  const loop = await serve(t, (question) =>
    question.name === name ? alias('www.example.test', 'b.test') : alias('b.test', 'www.example.test'),
  );
  const looping = await resolve(t, [loop]).query(name, 'TXT');
  assert.equal(outcome(looping), 'malformed: CNAME loop');
  assert.equal(looping.chain.length, 2);
  let count = 0;
  const endless = await serve(t, (question) => alias(question.name, `n${++count}.test`));
  const answer = await resolve(t, [endless]).query(name, 'TXT');
  assert.equal(outcome(answer), 'malformed: more than 16 CNAMEs in a row');
  assert.equal(answer.chain.length, 17);
});

test('a signal ends waiting questions and queued ones, and only those that carry it', async (t) => {
  const silent = await serve(t, (question) => (question.type === 'MX' ? { kind: 'silence' } : found('fine')));
  const resolver = resolve(t, [silent], { concurrency: 2, timeoutMs: 1000 });
  const stop = new AbortController();
  const ask = (type: RrType): Promise<unknown> =>
    resolver.query(name, type, { signal: stop.signal }).catch((error: unknown) => error);
  const ended = [ask('MX'), ask('MX'), ask('MX'), ask('TXT')];
  const other = resolver.query(name, 'TXT');
  setTimeout(() => stop.abort(new Error('enough')), 30);
  for (const error of await Promise.all(ended)) assert.equal((error as Error).message, 'enough');
  assert.equal(textOf(await other), 'fine');
  await assert.rejects(resolver.query(name, 'TXT', { signal: stop.signal }), /enough/);
});

test('closing rejects what is asked, and later questions', async (t) => {
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const resolver = resolve(t, [silent]);
  const open = resolver.query(name, 'TXT');
  const closing = assert.rejects(open, /closed/);
  await resolver.close();
  await closing;
  await assert.rejects(resolver.query(name, 'TXT'), /closed/);
});

test('no more questions are in flight than allowed, and all are answered in order', async (t) => {
  let open = 0;
  let most = 0;
  const server = await serve(t, async (question) => {
    most = Math.max(most, ++open);
    await new Promise((done) => setTimeout(done, 1));
    open--;
    return found(question.name, question.name);
  });
  const resolver = resolve(t, [server], { concurrency: 10, timeoutMs: 5000 });
  const names = Array.from({ length: 300 }, (_, i) => dnsName(`n${i}.test`));
  const answers = await Promise.all(names.map((one) => resolver.query(one, 'TXT')));
  assert.deepEqual(answers.map(textOf), names);
  assert.ok(most <= 10, `${most} at once`);
});

test('TCP throughout: many questions over few connections, and a connection that ends is opened again', async (t) => {
  const server = await serve(t, (question) => found(question.name, question.name));
  const resolver = resolve(t, [server], { transport: 'tcp', sockets: 2, timeoutMs: 5000 });
  const names = Array.from({ length: 2000 }, (_, i) => dnsName(`n${i}.test`));
  const answers = await Promise.all(names.map((one) => resolver.query(one, 'TXT')));
  assert.deepEqual(answers.map(textOf), names);
});

test('a TCP server that closes after each answer', async (t) => {
  let connections = 0;
  const tcp = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => {
      const length = chunk.readUInt16BE(0);
      const reply = Buffer.from(chunk.subarray(0, 2 + length));
      reply[4] = 0x84;
      socket.end(reply);
    });
  });
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
  t.after(() => new Promise<void>((done) => tcp.close(() => done())));
  const { port } = tcp.address() as { port: number };
  const resolver: NetworkResolver = networkResolver({ servers: [`127.0.0.1:${port}`], transport: 'tcp' });
  t.after(() => resolver.close());
  for (let i = 0; i < 5; i++) assert.equal((await resolver.query(name, 'TXT')).kind, 'nodata');
  assert.ok(connections >= 5);
});

test('IPv6', async (t) => {
  let server: DnsServer;
  try {
    server = await serve(t, () => found('six'), { address: '::1' });
  } catch {
    t.skip('this computer has no IPv6 loopback address');
    return;
  }
  assert.match(server.server, /^\[::1\]:\d+$/);
  assert.equal(textOf(await resolve(t, [server]).query(name, 'TXT')), 'six');
  assert.equal(textOf(await resolve(t, [server], { transport: 'tcp' }).query(name, 'TXT')), 'six');
});

test('server addresses', () => {
  const text = (server: string): string | undefined => parseServer(server)?.text;
  assert.equal(text('192.0.2.53'), '192.0.2.53:53');
  assert.equal(text('192.0.2.53:5353'), '192.0.2.53:5353');
  assert.equal(text('2001:db8::53'), '[2001:db8::53]:53');
  assert.equal(text('[2001:db8::53]'), '[2001:db8::53]:53');
  assert.equal(text('[2001:db8::53]:5353'), '[2001:db8::53]:5353');
  for (const bad of [
    '',
    'dns.example',
    '192.0.2.53:0',
    '192.0.2.53:70000',
    '[192.0.2.53]:53',
    '192.0.2',
    'https://x/',
  ]) {
    assert.equal(parseServer(bad), undefined, bad);
  }
  assert.throws(() => networkResolver({ servers: ['dns.example'] }), /not the address of a name server/);
});

test('a server that turns slow and gets everything twice does not end the asking', { timeout: 5000 }, async (t) => {
  let delayMs = 0;
  const server = await serve(t, async () => {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return found('here');
  });
  const resolver = resolve(t, [server], { timeoutMs: 3000 });
  for (let i = 0; i < 20; i++) await resolver.query(name, 'TXT');
  delayMs = 110; // Longer than a missed packet is waited for, so that every question is sent a second time.
  const answers = await Promise.all(Array.from({ length: 400 }, () => resolver.query(name, 'TXT')));
  assert.ok(answers.every((answer) => answer.kind === 'found'));
});

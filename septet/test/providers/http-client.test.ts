/** The HTTP client of the hosts against web servers on loopback: what it sends, what it refuses, where it stops. */
import assert from 'node:assert/strict';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type LookupFunction, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { HttpReply, HttpRequest } from '../../src/providers/host.ts';
import { httpClient, type HttpClientOptions } from '../../src/providers/http-client.ts';
import { makeAuthority, selfSigned } from '../../src/sandbox/certificates.ts';

const now = Date.now();

describe('the HTTP client of the hosts', () => {
  const authority = makeAuthority('Laboratory', now);
  const servers: Server[] = [];
  const seen: { readonly request: IncomingMessage; readonly body: string }[] = [];
  let plain = '';
  let trusted = '';
  let selfMade = '';
  let misnamed = '';
  let babbler = '';

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      seen.push({ request, body });
      switch (request.url) {
        case '/moved':
          response.writeHead(302, { location: `${plain}/stolen` }).end();
          return;
        case '/slow':
          return;
        case '/endless':
          response.writeHead(200);
          response.write('x'.repeat(5000));
          return;
        case '/cut':
          response.writeHead(200, { 'content-length': 100 });
          response.write('x', () => response.socket?.destroy());
          return;
        default:
          response.writeHead(201, { 'X-Test': 'one' }).end('{"ok":"\u00e9"}');
      }
    });
  };
  const listen = async (server: Server, scheme: string): Promise<string> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  before(async () => {
    const secure = (pair: { key: string; certificate: string }): Server =>
      https.createServer({ key: pair.key, cert: pair.certificate }, answer);
    plain = await listen(http.createServer(answer), 'http');
    trusted = (await listen(secure(authority.issue(['localhost'])), 'https')).replace('127.0.0.1', 'localhost');
    selfMade = (await listen(secure(selfSigned(['localhost'], now)), 'https')).replace('127.0.0.1', 'localhost');
    misnamed = (await listen(secure(authority.issue(['other.test'])), 'https')).replace('127.0.0.1', 'localhost');
    babbler = await listen(
      net.createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-nonsense\r\n')),
      'http',
    );
  });
  after(() => {
    for (const server of servers) {
      if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
      server.close();
    }
  });

  const ask = (url: string, more: Partial<HttpRequest> = {}, options: HttpClientOptions = {}): Promise<HttpReply> =>
    httpClient({ timeoutMs: 2000, ca: [authority.certificate], ...options })({
      method: 'GET',
      url,
      headers: { authorization: 'Bearer secret' },
      ...more,
    });
  const failure = async (reply: Promise<HttpReply>): Promise<string> => {
    const got = await reply;
    assert.equal(got.kind, 'failed', JSON.stringify(got));
    const detail = got.kind === 'failed' ? got.detail : '';
    assert.ok(!detail.includes('secret'), 'no header in a message');
    return detail;
  };

  test('sends what it is told and reads the answer as UTF-8', async () => {
    const headers = { 'x-api-key': 'k', 'content-type': 'application/json' };
    const reply = await ask(`${trusted}/a?b=c`, { method: 'PATCH', headers, body: '{"name":"é"}' });
    assert.ok(reply.kind === 'reply');
    assert.equal(reply.status, 201);
    assert.equal(reply.headers['x-test'], 'one');
    assert.equal(reply.body, '{"ok":"é"}');
    const last = seen.at(-1);
    assert.equal(last?.body, '{"name":"é"}');
    assert.equal(last?.request.method, 'PATCH');
    assert.equal(last?.request.url, '/a?b=c');
    assert.equal(last?.request.headers['x-api-key'], 'k');
    assert.equal(last?.request.headers['content-length'], '13');
  });

  test('plain HTTP goes to this machine', async () => {
    assert.equal((await ask(plain)).kind, 'reply');
    assert.equal((await ask(plain.replace('127.0.0.1', 'localhost'))).kind, 'reply');
  });

  test('plain HTTP does not leave for the Internet', async () => {
    assert.match(await failure(ask('http://203.0.113.7/')), /carry the token in clear/);
    assert.match(await failure(ask('http://8.8.8.8:8081/')), /use https/);
    assert.match(await failure(ask('http://[2001:4860:4860::8888]/')), /use https/);
  });

  test('plain HTTP does not leave by a name either', async () => {
    const lookup =
      (...addresses: readonly string[]): LookupFunction =>
      (_host, _options, callback) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
    const url = plain.replace('127.0.0.1', 'localhost');
    assert.equal((await ask(url, {}, { lookup: lookup('127.0.0.1') })).kind, 'reply');
    assert.match(await failure(ask(url, {}, { lookup: lookup('203.0.113.7') })), /carry the token in clear/);
    assert.match(
      await failure(ask(url, {}, { lookup: lookup('127.0.0.1', '203.0.113.7') })),
      /localhost is reached over the Internet/,
    );
  });

  test('URLs of other kinds are refused', async () => {
    for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense', '']) {
      assert.match(await failure(ask(url)), /https:\/\//);
    }
    assert.match(await failure(ask('https://me:pass@127.0.0.1/')), /must not contain a name or password/);
  });

  test('a redirect is an answer and is not followed', async () => {
    const before = seen.length;
    const reply = await ask(`${plain}/moved`);
    assert.equal(reply.kind === 'reply' && reply.status, 302);
    assert.equal(seen.length, before + 1);
  });

  test('certificates are verified', async () => {
    assert.match(await failure(ask(selfMade)), /no trustworthy TLS/);
    assert.match(await failure(ask(misnamed)), /is not for that name/);
    assert.match(await failure(ask(trusted, {}, { ca: [] })), /no trustworthy TLS/);
  });

  test('time is bounded', async () => {
    assert.match(await failure(ask(`${plain}/slow`, {}, { timeoutMs: 100 })), /within 0.1 seconds/);
    assert.match(await failure(ask(`${plain}/endless`, {}, { timeoutMs: 100 })), /within 0.1 seconds/);
  });

  test('size is bounded', async () => {
    assert.match(await failure(ask(`${plain}/endless`, {}, { maxOctets: 1000 })), /more than 1000 octets/);
  });

  test('broken connections are told', async () => {
    assert.match(await failure(ask(`${plain}/cut`)), /in the middle of its answer/);
    assert.match(await failure(ask(babbler)), /does not speak HTTP/);
    assert.match(await failure(ask('http://127.0.0.1:1/')), /connection refused/);
  });

  test('a token with a line break is told, and not shown', async () => {
    const detail = await failure(ask(plain, { headers: { authorization: 'Bearer secret\r\nx: y' } }));
    assert.match(detail, /a line break perhaps/);
  });

  test('the signal ends it with its reason', async () => {
    const reason = new Error('stop');
    const controller = new AbortController();
    const asked = ask(`${plain}/slow`, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(asked, reason);
    await assert.rejects(async () => ask(plain, { signal: controller.signal }), reason);
  });
});

/** DNS over HTTPS against an HTTPS server on loopback with a certificate made for the test. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { dnsName } from '../../src/dns/name.ts';
import { dataOf, type Answer } from '../../src/dns/rrset.ts';
import { dohResolver } from '../../src/dns/transport-doh.ts';
import { decodeMessage } from '../../src/dns/wire-decode.ts';
import { encodeResponse } from '../../src/dns/wire-encode.ts';
import type { Question } from '../../src/dns/wire-types.ts';
import { missing, temporaryFolder } from '../servers/process.ts';

const skip = await missing('openssl');
const name = dnsName('example.test');

suite('DNS over HTTPS', { skip }, () => {
  let server: Server;
  let folder: string;
  let ca: string;
  let url: string;
  let reply: (question: Question, response: ServerResponse, request: IncomingMessage) => void;

  const plain = (question: Question, response: ServerResponse): void => {
    const data = { strings: [`you asked for ${question.name}`] };
    response.setHeader('content-type', 'application/dns-message').end(
      encodeResponse({
        id: 0,
        question,
        ra: true,
        ad: true,
        answers: [{ name: question.name, type: 'TXT', ttlSeconds: 60, data }],
      }),
    );
  };

  before(async () => {
    folder = await temporaryFolder('doh');
    const key = join(folder, 'key.pem');
    const certificate = join(folder, 'certificate.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const form = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    await promisify(execFile)('openssl', ['req', ...form, ...subject, '-keyout', key, '-out', certificate]);
    ca = await readFile(certificate, 'utf8');
    server = createServer({ key: await readFile(key), cert: ca }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const decoded = decodeMessage(Buffer.concat(chunks));
        assert.ok(decoded.kind === 'message' && decoded.message.question);
        reply(decoded.message.question, response, request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as { port: number }).port}/dns-query`;
  });

  after(async () => {
    server?.closeAllConnections();
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(given: typeof reply, options: { timeoutMs?: number; withoutCa?: boolean } = {}): Promise<Answer> {
    reply = given;
    const { timeoutMs = 2000, withoutCa } = options;
    const resolver = dohResolver({ url, timeoutMs, ...(!withoutCa && { ca }) });
    try {
      return await resolver.query(name, 'TXT');
    } finally {
      await resolver.close();
    }
  }
  const outcome = (answer: Answer): string =>
    answer.kind === 'failed' ? `${answer.reason}: ${answer.detail}` : answer.kind;

  test('a question travels as a POST and the answer is read', async () => {
    let seen = '';
    const answer = await ask((question, response, request) => {
      seen = `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers.accept}`;
      plain(question, response);
    });
    assert.equal(seen, 'POST /dns-query application/dns-message application/dns-message');
    assert.deepEqual(dataOf(answer), [{ strings: ['you asked for example.test'] }]);
    assert.equal(answer.dnssec, 'secure');
    assert.equal(answer.server, url);
  });

  test('connections are used again', async () => {
    const ports = new Set<number>();
    reply = (question, response, request) => {
      ports.add(request.socket.remotePort ?? 0);
      plain(question, response);
    };
    const resolver = dohResolver({ url, ca, concurrency: 4 });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => resolver.query(dnsName(`n${i}.test`), 'TXT')),
    );
    await resolver.close();
    assert.ok(answers.every((answer) => answer.kind === 'found'));
    assert.ok(ports.size <= 4, `${ports.size} connections`);
  });

  test('every failure has its reason', async () => {
    const type = 'application/dns-message';
    assert.match(outcome(await ask((_q, response) => response.writeHead(404).end())), /^refused: HTTP status 404/);
    assert.match(outcome(await ask((_q, response) => response.writeHead(502).end())), /^servfail: HTTP status 502/);
    assert.match(
      outcome(await ask((_q, response) => response.setHeader('content-type', 'text/html').end('<p>'))),
      /^malformed: the content type is text\/html/,
    );
    assert.match(
      outcome(await ask((_q, response) => response.setHeader('content-type', type).end('garbage'))),
      /^malformed: the body is not a DNS response/,
    );
    const huge = Buffer.alloc(200_000);
    assert.match(
      outcome(await ask((_q, response) => response.setHeader('content-type', type).end(huge))),
      /^malformed: more than 65535 octets/,
    );
    assert.match(outcome(await ask(() => {}, { timeoutMs: 100 })), /^timeout: no answer from https:.* within 100 ms/);
    assert.match(outcome(await ask((_q, response) => response.destroy())), /^unreachable: /);
    assert.match(outcome(await ask(plain, { withoutCa: true })), /^unreachable: .*self-signed certificate/);
  });

  test('a signal ends a question; closing ends them all; plain http is refused', async () => {
    reply = () => {};
    const resolver = dohResolver({ url, ca });
    await assert.rejects(resolver.query(name, 'TXT', { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
    const open = assert.rejects(resolver.query(name, 'TXT'), /closed/);
    setTimeout(() => void resolver.close(), 30);
    await open;
    assert.throws(() => dohResolver({ url: 'http://127.0.0.1/dns-query' }), /needs an https: URL/);
  });
});

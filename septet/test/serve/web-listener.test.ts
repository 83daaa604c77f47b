/** The web side of the test address, with clients that are too slow, too large or not of the web. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Pages } from '../../src/serve/intake/report-pages.ts';
import { startWebListener } from '../../src/serve/intake/web-listener.ts';

async function web(t: Pick<TestContext, 'after'>, pages: Pages) {
  const log: string[] = [];
  const server = await startWebListener({
    host: '127.0.0.1',
    port: 0,
    pages,
    timeoutMs: 300,
    log: (line) => void log.push(line),
  });
  t.after(() => server.close());
  /** What the server says until it ends the connection. */
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('error', () => {});
      socket.once('close', () => resolve(answer));
    });
  return { say, log };
}

const page: Pages = ({ method, url }) => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: `${method} ${url}\n`,
});

test('a request is answered with what the pages say; HEAD without a body', async (t) => {
  const { say } = await web(t, page);
  assert.match(
    await say('GET /r/x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nGET \/r\/x\?y\n$/,
  );
  const head = await say('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(head, /content-length: 7\r\n/i);
  assert.match(head, /\r\n\r\n$/);
});

test('a header that is too large, a client that stalls, and what is no HTTP are let go', async (t) => {
  const { say } = await web(t, page);
  assert.match(await say(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431/);
  assert.match(await say('EHLO a\r\n'), /^HTTP\/1\.1 400/);
  const started = performance.now();
  assert.match(await say('GET / HTTP/1.1\r\nHost: a\r\n'), /^(?:HTTP\/1\.1 408|$)/);
  assert.ok(performance.now() - started < 5000);
});

test('a body is not waited for', async (t) => {
  const { say } = await web(t, page);
  assert.match(
    await say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx'),
    /^HTTP\/1\.1 200 [\s\S]*connection: close/i,
  );
});

test('a page that cannot be made is a 500 without its reason, which is in the log', async (t) => {
  const { say, log } = await web(t, () => {
    throw new Error('secret reason');
  });
  const answer = await say('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 500/);
  assert.doesNotMatch(answer, /secret/);
  assert.match(log.join(), /secret reason/);
});

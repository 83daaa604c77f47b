/** The one-click POST against a real HTTPS server on loopback: what it sends, what it makes of every kind of answer. */
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import tls from 'node:tls';
import { checkUnsubscribe } from '../../src/proof/unsubscribe/check.ts';
import { postOneClick, type PostOptions, type PostOutcome } from '../../src/proof/unsubscribe/post.ts';
import { makeAuthority, type Authority } from '../../src/sandbox/certificates.ts';
import { httpsFetch } from '../../src/world/https.ts';
import { recordingWorld, replayWorld } from '../../src/world/recording.ts';
import type { World } from '../../src/world/world.ts';
import { dnsName } from '../../src/dns/name.ts';
import { expectCodes, zoneWorld } from '../zone-world.ts';
import { mailHeader } from './mail-header.ts';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Ends the connection instead. */
  readonly drop?: true;
  /** Never answers. */
  readonly silent?: true;
}

const replies: Readonly<Record<string, Reply>> = {
  '/ok': { body: 'You are unsubscribed.' },
  '/empty': { status: 202 },
  '/cookies': { headers: { 'set-cookie': ['sid=s3cret; Path=/; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'lang=en'] } },
  '/moved': { status: 302, headers: { location: '/ok' } },
  '/moved307': { status: 307, headers: { location: 'https://one.click.test/ok' } },
  '/login': { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
  '/csrf': { status: 403, body: 'CSRF verification failed. Request aborted.' },
  '/expired': { status: 419, body: 'Page Expired' },
  '/referer': { status: 403, body: 'Referer checking failed: no Referer.' },
  '/confirm': { body: '<html><form method="post"><button>Really leave?</button></form></html>' },
  '/get-only': { status: 405, body: 'Method Not Allowed' },
  '/gone': { status: 404, body: 'not here' },
  '/broken': { status: 500, body: '<h1>oops</h1>' },
  '/large': { body: 'a'.repeat(600 * 1024) },
  '/drop': { drop: true },
  '/silent': { silent: true },
};

suite('one-click POST over real sockets', () => {
  let authority: Authority;
  let server: https.Server;
  let port = 0;
  const requests: Request[] = [];
  const sockets = new Set<Socket>();

  before(async () => {
    const now = Date.now();
    authority = makeAuthority('Laboratory', now);
    const stranger = makeAuthority('Stranger', now);
    const context = (pair: { readonly key: string; readonly certificate: string }): tls.SecureContext =>
      tls.createSecureContext({ key: pair.key, cert: pair.certificate });
    const contexts = new Map([
      ['one.click.test', context(authority.issue(['one.click.test']))],
      ['two.click.test', context(authority.issue(['two.click.test']))],
      ['name.click.test', context(authority.issue(['other.test']))],
      ['stranger.click.test', context(stranger.issue(['stranger.click.test']))],
    ]);
    server = https.createServer(
      { SNICallback: (name, done) => done(null, contexts.get(name)) },
      (request, response) => {
        let body = '';
        request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
        request.on('end', () => {
          requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
          const reply = replies[(request.url ?? '').split('?')[0] ?? ''] ?? { status: 404 };
          if (reply.silent) return;
          if (reply.drop) {
            request.socket.destroy();
            return;
          }
          for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
          response.writeHead(reply.status ?? 200);
          response.end(reply.body ?? '');
        });
      },
    );
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  after(async () => {
    for (let waited = 0; sockets.size > 0 && waited < 50; waited++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const left = sockets.size;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.equal(left, 0, 'no connection is left behind');
  });

  const worldOn = (httpsPort: number): World => {
    const base = zoneWorld('*.click.test. A 127.0.0.1\ntwo.click.test. A 127.0.0.9\ntwo.click.test. A 127.0.0.1');
    const { resolver } = base;
    const fetch = httpsFetch({
      resolver,
      now: () => Date.now(),
      ports: { 443: httpsPort },
      extraCa: [authority.certificate],
    });
    return { ...base, fetch };
  };
  const post = async (place: string, options: PostOptions = {}): Promise<PostOutcome> => {
    requests.length = 0;
    return postOneClick(worldOn(port), place.includes(':') ? place : `https://one.click.test${place}`, {
      inside: true,
      ...options,
    });
  };
  const answered = async (
    place: string,
    options?: PostOptions,
  ): Promise<Extract<PostOutcome, { kind: 'answered' }>> => {
    const outcome = await post(place, options);
    assert.ok(outcome.kind === 'answered', JSON.stringify(outcome));
    return outcome;
  };

  test('what is sent: one key and value, no cookie, no login, no Referer; the query stays, the fragment does not go', async () => {
    const outcome = await answered('/ok?u=abc#top');
    assert.equal(outcome.status, 200);
    assert.equal(outcome.excerpt, 'You are unsubscribed.');
    assert.equal(outcome.demand, undefined);
    assert.equal(outcome.tls?.protocol, 'TLSv1.3');
    assert.equal(requests.length, 1);
    const [request] = requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request.url, '/ok?u=abc');
    assert.equal(request.body, 'List-Unsubscribe=One-Click');
    assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(request.headers['content-length'], '26');
    for (const name of ['cookie', 'authorization', 'referer', 'origin']) {
      assert.equal(request.headers[name], undefined, name);
    }
  });

  test('the second form: multipart/form-data with the same key and value', async () => {
    await answered('/ok', { form: 'multipart' });
    const [request] = requests;
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(request?.headers['content-type'] ?? '')?.[1];
    assert.ok(boundary !== undefined && request);
    const form = await new Response(request.body, {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData();
    assert.deepEqual([...form], [['List-Unsubscribe', 'One-Click']]);
  });

  test('a redirect is told, and not followed', async () => {
    for (const [place, status, location] of [
      ['/moved', 302, '/ok'],
      ['/moved307', 307, 'https://one.click.test/ok'],
    ] as const) {
      const outcome = await answered(place);
      assert.equal(outcome.status, status);
      assert.equal(outcome.location, location);
      assert.equal(requests.length, 1, 'only the POST was sent');
    }
  });

  test('a POST is not led elsewhere, even where redirects are allowed', async () => {
    requests.length = 0;
    const limits = { maxOctets: 1024, timeoutMs: 3000, maxRedirects: 5 };
    const uri = 'https://one.click.test/moved307';
    const outcome = await worldOn(port).fetch?.(uri, { ...limits, method: 'POST' });
    assert.ok(outcome?.kind === 'response' && outcome.status === 307);
    assert.deepEqual(
      requests.map(({ method, headers }) => [method, headers['content-length'], headers['content-type']]),
      [['POST', '0', undefined]],
    );
    const read = await worldOn(port).fetch?.(uri, limits);
    assert.ok(read?.kind === 'response' && read.status === 200 && read.redirects.length === 1, 'a GET is');
  });

  test('cookies are noted by name, without their values', async () => {
    const outcome = await answered('/cookies');
    assert.deepEqual(outcome.cookies, ['sid', 'lang']);
    assert.ok(!JSON.stringify(outcome).includes('s3cret'));
    await answered('/cookies');
    assert.equal(requests[0]?.headers.cookie, undefined, 'none comes back');
  });

  test('what an answer asks for', async () => {
    const cases = [
      ['/login', 'login'],
      ['/csrf', 'form token'],
      ['/expired', 'form token'],
      ['/referer', 'referer'],
      ['/confirm', 'confirmation'],
      ['/get-only', undefined],
      ['/gone', undefined],
      ['/broken', undefined],
      ['/empty', undefined],
    ] as const;
    for (const [place, demand] of cases) assert.equal((await answered(place)).demand, demand, place);
  });

  test('certificates, dropped connections, silence and large answers are failures of their kind; nothing is sent twice', async () => {
    const failed = async (place: string, options?: PostOptions): Promise<string> => {
      const outcome = await post(place, options);
      return outcome.kind === 'failed' ? outcome.reason : outcome.kind;
    };
    assert.equal(await failed('https://name.click.test/ok'), 'certificate-name');
    assert.equal(await failed('https://stranger.click.test/ok'), 'certificate-untrusted');
    assert.equal(requests.length, 0, 'nothing goes to a server that cannot be trusted');
    assert.equal(await failed('/large'), 'too-large');
    assert.equal(await failed('/drop'), 'protocol');
    assert.equal(requests.length, 1);
    assert.equal(await failed('https://none.other.test/ok'), 'dns');
    const refused = await postOneClick(worldOn(await closedPort()), 'https://one.click.test/ok', { inside: true });
    assert.ok(refused.kind === 'failed' && refused.reason === 'refused');
    const impatient = AbortSignal.timeout(150);
    assert.equal(await failed('/silent', { signal: impatient }), 'timeout');
    assert.equal(
      (await answered('https://two.click.test/ok')).status,
      200,
      'the next address, where nothing was sent yet',
    );
    assert.equal(requests.length, 1);
  });

  test('what is not sent at all', async () => {
    const why = async (place: string, options?: PostOptions): Promise<string> => {
      const outcome = await post(place, options);
      return outcome.kind === 'not-sent' ? outcome.why : outcome.kind;
    };
    assert.equal(await why('http://one.click.test/ok'), 'not-https');
    assert.equal(await why('mailto:leave@click.test'), 'not-https');
    assert.equal(await why('https://[broken'), 'not-https');
    assert.equal(await why('https://user:pass@one.click.test/ok'), 'not-https');
    assert.equal(await why('/ok', { inside: false }), 'inside', 'a message from outside reaches no host inside');
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '10.0.0.1',
      '169.254.169.254',
      '2130706433',
      '0x7f.1',
      '[::ffff:7f00:1]',
    ]) {
      assert.equal(await why(`https://${host}/ok`, { inside: false }), 'inside', host);
    }
    assert.equal(requests.length, 0);
    const offline = await postOneClick(zoneWorld(''), 'https://one.click.test/ok');
    assert.ok(offline.kind === 'not-sent' && offline.why === 'offline');
  });

  test('a recorded POST is replayed without a request', async () => {
    const { world, recording } = recordingWorld(worldOn(port));
    requests.length = 0;
    const then = await postOneClick(world, 'https://one.click.test/ok', { inside: true });
    assert.equal(requests.length, 1);
    const replay = replayWorld(JSON.parse(JSON.stringify(recording())) as ReturnType<typeof recording>);
    assert.deepEqual(await postOneClick(replay, 'https://one.click.test/ok', { inside: true }), then);
    const other = await postOneClick(replay, 'https://one.click.test/ok', { inside: true, form: 'multipart' });
    assert.ok(other.kind === 'failed' && other.detail === 'not in the recording');
    assert.equal(requests.length, 1);
  });

  test('from the POST to the findings', async () => {
    const codes: readonly (readonly [string, readonly string[]])[] = [
      ['/ok', []],
      ['/moved', ['unsub.post.redirect']],
      ['/csrf', ['unsub.post.needs_context']],
      ['/get-only', ['unsub.post.works']],
    ];
    for (const [place, wanted] of codes) {
      const uri = `https://one.click.test${place}?u=4fXkQ2mV9sLw7TzR`;
      const header = mailHeader(
        `List-Unsubscribe: <${uri}>, <mailto:leave@click.test>`,
        'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
        'List-Id: <news.click.test>',
        'Feedback-ID: a:b:c:clicktest',
      );
      const findings = checkUnsubscribe({
        source: 'mail.eml',
        header,
        author: dnsName('click.test'),
        bulk: true,
        posts: [await post(uri)],
      });
      expectCodes(
        findings.filter(({ code }) => code.startsWith('unsub.post') || code === 'unsub.host.tls'),
        wanted,
      );
    }
    const uri = 'https://name.click.test/ok?u=4fXkQ2mV9sLw7TzR';
    const header = mailHeader(`List-Unsubscribe: <${uri}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    const findings = checkUnsubscribe({ source: 'mail.eml', header, bulk: true, posts: [await post(uri)] });
    assert.ok(findings.some(({ code }) => code === 'unsub.host.tls'));
  });
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const other = https.createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return port;
}

/** `httpsFetch` against real web servers on loopback, with an authority made here: every outcome is the right variant. */
import assert from 'node:assert/strict';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import tls from 'node:tls';
import type { Resolver } from '../../src/dns/resolver.ts';
import { makeAuthority, selfSigned, type Authority, type KeyAndCertificate } from '../../src/sandbox/certificates.ts';
import { serveWeb, type Page, type Site, type WebServers } from '../../src/sandbox/web.ts';
import { httpsFetch } from '../../src/world/https.ts';
import type { FetchLimits, FetchOutcome } from '../../src/world/world.ts';
import { zoneWorld } from '../zone-world.ts';

const now = Date.now();
const day = 86_400_000;
const limits: FetchLimits = { maxOctets: 64 * 1024, timeoutMs: 3000 };
const { resolver } = zoneWorld(
  `*.web.test. A 127.0.0.1
six.test. AAAA ::1
both.test. A 127.0.0.1
both.test. AAAA ::1
dead.test. A 127.0.0.9
last.test. A 127.0.0.9
last.test. A 127.0.0.1
mail.test. MX 10 mail.test.`,
  { failures: [['broken.test', '*', 'servfail']] },
);

type Handler = (socket: Socket) => void;

suite('one GET over real sockets', () => {
  let authority: Authority;
  let web: WebServers;
  let web6: WebServers | undefined;
  const raw: Server[] = [];
  const open = new Set<Socket>();

  before(async () => {
    authority = makeAuthority('Laboratory', now);
    const middle = authority.intermediate('Laboratory below');
    const stranger = makeAuthority('Stranger', now);
    const page = (one: Page): Site['pages'] => ({ '/': one });
    const chained = middle.issue(['chain.web.test']);
    const site = (certificate: KeyAndCertificate, pages: Site['pages'] = page({ body: 'here\n' })): Site => ({
      certificate,
      pages,
    });
    const valid = (name: string, pages?: Site['pages']): [string, Site] => [name, site(authority.issue([name]), pages)];
    const sites = new Map<string, Site>([
      valid('good.web.test', {
        '/': { headers: { 'Content-Type': 'text/plain', 'X-Robots-Tag': 'noindex' }, body: 'here\n' },
        '/a?b=c': { body: 'with a query' },
        '/once': { status: 302, headers: { location: '/' } },
        '/twice': { status: 301, headers: { location: 'https://good.web.test/once' } },
        '/circle': { status: 302, headers: { location: '/circle' } },
        '/nowhere': { status: 302, headers: { location: 'https://[broken' } },
        '/away': { status: 302, headers: { location: 'ftp://good.web.test/' } },
        '/expired': { status: 302, headers: { location: 'https://expired.web.test/' } },
        '/large': { body: Buffer.alloc(10 * 1024 * 1024, 'a') },
        '/exact': { body: Buffer.alloc(64 * 1024, 'a') },
        '/over': { body: Buffer.alloc(64 * 1024 + 1, 'a') },
        '/teapot': { status: 418, body: 'short and stout' },
      }),
      valid('last.test'),
      valid('both.test'),
      ['expired.web.test', site(authority.issue(['expired.web.test'], validity(-60, -30)))],
      ['early.web.test', site(authority.issue(['early.web.test'], validity(10, 30)))],
      ['other.web.test', site(authority.issue(['someone.else.test', '*.else.test']))],
      ['self.web.test', site(selfSigned(['self.web.test'], now))],
      ['stranger.web.test', site(stranger.issue(['stranger.web.test']))],
      ['short.web.test', site(middle.issue(['short.web.test']))],
      ['chain.web.test', site({ ...chained, certificate: chained.certificate + middle.certificate })],
    ]);
    web = await serveWeb(sites);
    const six = new Map<string, Site>([valid('six.test'), valid('both.test', page({ body: 'over IPv6\n' }))]);
    web6 = await serveWeb(six, '::1').catch(() => undefined);
  });

  after(async () => {
    for (const socket of open) socket.destroy();
    await Promise.all(raw.map((server) => new Promise((resolve) => server.close(resolve))));
    await web?.close();
    await web6?.close();
  });

  const get = (url: string, more: Partial<FetchLimits> = {}, ports?: Record<number, number>): Promise<FetchOutcome> =>
    fetchWith(resolver, ports ?? { 443: web.httpsPort, 80: web.httpPort })(url, { ...limits, ...more });
  const fetchWith = (asked: Resolver, ports: Record<number, number>): ReturnType<typeof httpsFetch> =>
    httpsFetch({ resolver: asked, now: () => Date.now(), ports, extraCa: [authority.certificate] });

  /** A server that speaks no HTTP by itself, behind TLS with a good certificate or without. */
  async function serveRaw(handler: Handler, options?: tls.TlsOptions): Promise<number> {
    const seen: Handler = (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket)).on('error', () => {});
      handler(socket);
      socket.resume(); // Without a reader the end of the connection is never seen.
    };
    const { key, certificate } = authority.issue(['raw.web.test']);
    const server = options ? tls.createServer({ key, cert: certificate, ...options }, seen) : net.createServer(seen);
    server.on('tlsClientError', () => {});
    raw.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const getRaw = async (handler: Handler, more: Partial<FetchLimits> = {}): Promise<FetchOutcome> =>
    get('https://raw.web.test/', more, { 443: await serveRaw(handler, {}) });

  test('a page: status, headers, body, address, TLS facts', async () => {
    const outcome = await get('https://good.web.test/');
    assert.ok(outcome.kind === 'response', JSON.stringify(outcome));
    assert.equal(outcome.status, 200);
    assert.equal(outcome.headers['content-type'], 'text/plain');
    assert.equal(outcome.headers['x-robots-tag'], 'noindex');
    assert.equal(textOf(outcome), 'here\n');
    assert.equal(outcome.address, '127.0.0.1');
    assert.ok(outcome.elapsedMs >= 0 && outcome.elapsedMs < limits.timeoutMs);
    assert.equal(outcome.tls?.protocol, 'TLSv1.3');
    assert.deepEqual(outcome.tls?.certificate?.names, ['good.web.test']);
    assert.equal(outcome.tls?.certificate?.issuer, 'CN=Laboratory');
    assert.ok((outcome.tls?.certificate?.notAfter ?? 0) > now);
    assert.deepEqual(outcome.redirects, []);
    assert.equal(textOf(await get('https://good.web.test/a?b=c')), 'with a query');
    const missing = await get('https://good.web.test/teapot');
    assert.ok(missing.kind === 'response' && missing.status === 418, 'a status is not a failure');
    const head = await get('https://good.web.test/', { method: 'HEAD' });
    assert.ok(head.kind === 'response' && head.status === 200 && head.body.length === 0);
  });

  test('certificates: each fault has its variant, and the certificate that was shown', async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['expired', 'certificate-expired', /^it ended on 2\d\d\d-\d\d-\d\d$/],
      ['early', 'certificate-expired', /^it begins on 2\d\d\d-\d\d-\d\d$/],
      ['other', 'certificate-name', /^it is for someone\.else\.test, \*\.else\.test$/],
      ['self', 'certificate-untrusted', /^it is self-signed$/],
      ['stranger', 'certificate-untrusted', /untrusted|nobody trusts/],
      ['short', 'certificate-untrusted', /intermediate/],
    ];
    for (const [host, reason, detail] of cases) {
      const outcome = await get(`https://${host}.web.test/`);
      assert.ok(outcome.kind === 'failed', host);
      assert.equal(outcome.reason, reason, host);
      assert.match(outcome.detail, detail);
      assert.ok(outcome.tls?.certificate, `${host}: the certificate is shown`);
    }
    assert.equal(
      textOf(await get('https://chain.web.test/')),
      'here\n',
      'with the intermediate certificate it is fine',
    );
  });

  test('redirects are reported, followed as far as allowed, and no further', async () => {
    const refused = await get('https://good.web.test/once', { maxRedirects: 0 });
    assert.ok(refused.kind === 'response' && refused.status === 302 && refused.headers['location'] === '/');
    const byDefault = await get('https://good.web.test/once');
    assert.ok(byDefault.kind === 'response' && byDefault.status === 302);
    const followed = await get('https://good.web.test/twice', { maxRedirects: 2 });
    assert.equal(textOf(followed), 'here\n');
    assert.deepEqual(followed.redirects, ['https://good.web.test/once', 'https://good.web.test/']);
    assert.equal(followed.url, 'https://good.web.test/twice');
    assert.equal(reasonOf(await get('https://good.web.test/twice', { maxRedirects: 1 })), 'too-many-redirects');
    assert.equal(reasonOf(await get('https://good.web.test/circle', { maxRedirects: 5 })), 'too-many-redirects');
    assert.equal(reasonOf(await get('https://good.web.test/nowhere', { maxRedirects: 1 })), 'protocol');
    assert.equal(reasonOf(await get('https://good.web.test/away', { maxRedirects: 1 })), 'protocol');
    const expired = await get('https://good.web.test/expired', { maxRedirects: 1 });
    assert.equal(reasonOf(expired), 'certificate-expired');
    assert.deepEqual(expired.redirects, ['https://expired.web.test/']);
    const secure = await get('http://good.web.test/', { maxRedirects: 1 });
    assert.equal(textOf(secure), 'here\n', 'plain HTTP leads to HTTPS');
  });

  test('a body over the limit is cut off, whether it says its length or not', async () => {
    assert.equal(reasonOf(await get('https://good.web.test/large')), 'too-large');
    assert.equal(reasonOf(await get('https://good.web.test/over')), 'too-large');
    assert.equal((await bodyOf(get('https://good.web.test/exact'))).length, 64 * 1024);
    let sent = 0;
    const endless = await getRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = (): void => {
        if (socket.destroyed) return;
        sent += 16_384;
        socket.write(`4000\r\n${'a'.repeat(16_384)}\r\n`, more);
      };
      more();
    });
    assert.equal(reasonOf(endless), 'too-large');
    assert.ok(sent < 32 * 1024 * 1024, `${sent} octets were taken`);
  });

  test('time is limited: silence before TLS, after TLS, after the headers, and a trickle', async () => {
    const port = await serveRaw(() => {});
    const times: Partial<FetchLimits> = { timeoutMs: 300 };
    const trickle =
      (start: string): Handler =>
      (socket) => {
        socket.write(start);
        const timer = setInterval(() => socket.write('a'), 20);
        socket.on('close', () => clearInterval(timer));
      };
    const outcomes = await Promise.all([
      timed(get('https://raw.web.test/', times, { 443: port })),
      timed(getRaw(() => {}, times)),
      timed(getRaw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'), times)),
      timed(getRaw(trickle('HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n'), times)),
      timed(getRaw(trickle('HTTP/1.1 200 OK\r\nX-Slow: '), times)),
      timed(fetchWith(deaf, {})('https://raw.web.test/', { ...limits, ...times })),
    ]);
    for (const [i, { outcome, elapsedMs }] of outcomes.entries()) {
      assert.equal(reasonOf(outcome), 'timeout', `case ${i}: ${JSON.stringify(outcome)}`);
      assert.ok(elapsedMs < 1500, `case ${i} took ${elapsedMs} ms`);
      assert.match(outcome.kind === 'failed' ? outcome.detail : '', /^no answer within 0\.3 seconds$/);
    }
    const stopped = new AbortController();
    setTimeout(() => stopped.abort(), 50);
    assert.equal(reasonOf(await getRaw(() => {}, { signal: stopped.signal })), 'timeout');
    assert.equal(reasonOf(await getRaw(() => {}, { signal: AbortSignal.abort() })), 'timeout');
  });

  test('servers that speak something else', async () => {
    const plain = await serveRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    assert.equal(reasonOf(await get('https://raw.web.test/', {}, { 443: plain })), 'tls', 'plain HTTP on the TLS port');
    const mail = await serveRaw((socket) => socket.write('220 mail.test ESMTP\r\n'));
    assert.equal(reasonOf(await get('https://raw.web.test/', {}, { 443: mail })), 'tls');
    const closing = await serveRaw((socket) => socket.destroy());
    assert.equal(reasonOf(await get('https://raw.web.test/', {}, { 443: closing })), 'protocol');
    const say =
      (text: string): Handler =>
      (socket) =>
        socket.once('data', () => socket.end(text));
    const garbage = [
      'garbage\r\n\r\n',
      '',
      '220 mail.test ESMTP\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort',
      'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      `HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n',
    ];
    for (const text of garbage) assert.equal(reasonOf(await getRaw(say(text))), 'protocol', text.slice(0, 60));
    const closed = await getRaw(say('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    assert.equal(textOf(closed), 'until the end', 'a body without length ends with the connection');
    const twice = await getRaw(say('HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n'));
    assert.ok(twice.kind === 'response' && twice.headers['x-a'] === '1, 2');
  });

  test('old TLS is told apart from no TLS, where OpenSSL still speaks it', async () => {
    const port = await serveRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nold')), {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const outcome = await get('https://raw.web.test/', {}, { 443: port });
    if (outcome.kind === 'response') assert.equal(outcome.tls?.protocol, 'TLSv1.1');
    else assert.equal(outcome.reason, 'tls', outcome.detail);
    const newer = await serveRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nfine')), {
      maxVersion: 'TLSv1.2',
    });
    const two = await get('https://raw.web.test/', {}, { 443: newer });
    assert.equal(two.kind === 'response' && two.tls?.protocol, 'TLSv1.2');
  });

  test('addresses: none, unknown, refused, the next one, and of one family', async () => {
    assert.equal(reasonOf(await get('https://nothing.test/')), 'dns');
    assert.equal(reasonOf(await get('https://mail.test/')), 'dns');
    const broken = await get('https://broken.test/');
    assert.ok(broken.kind === 'failed' && broken.reason === 'dns' && /could not be looked up/.test(broken.detail));
    const refused = await get('https://dead.test/');
    assert.ok(refused.kind === 'failed' && refused.reason === 'refused' && refused.address === '127.0.0.9');
    assert.equal(textOf(await get('https://last.test/')), 'here\n', 'the second address answers');
    assert.equal(reasonOf(await get('https://good.web.test/', { family: 6 })), 'dns');
    assert.equal(textOf(await get('https://both.test/', { family: 4 })), 'here\n');
  });

  test('IPv6 on its own and when it is asked for', async (t) => {
    if (!web6) return t.skip('this machine has no ::1');
    const ports = { 443: web6.httpsPort };
    const six = await get('https://six.test/', {}, ports);
    assert.ok(six.kind === 'response' && six.address === '::1');
    assert.equal(textOf(await get('https://both.test/', { family: 6 }, ports)), 'over IPv6\n');
    assert.equal(reasonOf(await get('https://six.test/', { family: 4 }, ports)), 'dns');
    const literal = await get('https://[::1]/', {}, ports);
    assert.equal(reasonOf(literal), 'certificate-name', 'an address is not a name of the certificate');
  });

  test('what is no web address', async () => {
    for (const url of ['not a URL', 'ftp://good.web.test/', 'https://', 'https://a..test/', 'file:///etc/passwd']) {
      const outcome = await get(url);
      assert.ok(outcome.kind === 'failed' && ['protocol', 'dns'].includes(outcome.reason), JSON.stringify(outcome));
    }
  });

  test('no connection is left behind', async () => {
    const limit = performance.now() + 2000;
    while (open.size > 0 && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(open.size, 0, 'every socket that a server accepted was closed by the client');
    await Promise.all(Array.from({ length: 50 }, () => get('https://good.web.test/')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const sockets = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap');
    assert.deepEqual(sockets, []);
  });
});

/** Never answers; ends with the signal. */
const deaf: Resolver = {
  query: (_name, _type, options) =>
    new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
    }),
};

const validity = (from: number, to: number): { readonly notBefore: Date; readonly notAfter: Date } => ({
  notBefore: new Date(now + from * day),
  notAfter: new Date(now + to * day),
});

const reasonOf = (outcome: FetchOutcome): string =>
  outcome.kind === 'failed' ? outcome.reason : `status ${outcome.status}`;

function textOf(outcome: FetchOutcome): string {
  assert.ok(outcome.kind === 'response', JSON.stringify(outcome));
  return Buffer.from(outcome.body).toString();
}

async function bodyOf(pending: Promise<FetchOutcome>): Promise<Uint8Array> {
  const outcome = await pending;
  assert.ok(outcome.kind === 'response', JSON.stringify(outcome));
  return outcome.body;
}

async function timed(
  pending: Promise<FetchOutcome>,
): Promise<{ readonly outcome: FetchOutcome; readonly elapsedMs: number }> {
  const started = performance.now();
  const outcome = await pending;
  return { outcome, elapsedMs: performance.now() - started };
}

/** Hosts that are not ours, names that do not fit, clients that are slow, silent, many or rude; reload and ending. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { describe, test } from 'node:test';
import { trustedProxies, type Proxies } from '../../src/serve/proxies.ts';
import type { HostingConfig } from '../../src/serve/host-state.ts';
import { hostedFile } from '../../src/config/serve-keys.ts';
import { dnsName } from '../../src/dns/name.ts';
import { parsePolicy } from '../../src/records/mtasts/policy.ts';
import { secureContext } from '../../src/serve/public-listener.ts';
import {
  clickPath,
  ids,
  labCertificates,
  pathOf,
  shop,
  shopDomain,
  startLab,
  track,
  type Lab,
} from './tracking-lab.ts';

const target = 'https://shop.example/';
const policyHost = 'mta-sts.shop.example';
const policyPath = '/.well-known/mta-sts.txt';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function lab(
  t: { after(fn: () => Promise<void>): void },
  options: Parameters<typeof startLab>[0] = {},
): Promise<Lab> {
  const made = await startLab(options);
  t.after(() => made.close());
  return made;
}

/** What a raw connection is told until it ends or the time is over. */
async function raw(
  port: number | undefined,
  text: string,
  ms = 3000,
): Promise<{ readonly said: string; readonly ended: boolean }> {
  const socket = net.connect(port ?? 0, '127.0.0.1');
  let said = '';
  let ended = false;
  socket.on('data', (piece) => (said += piece.toString('latin1')));
  socket.on('error', () => {});
  const end = once(socket, 'close').then(() => (ended = true));
  await once(socket, 'connect');
  socket.write(text);
  await Promise.race([end, pause(ms)]);
  socket.destroy();
  return { said, ended };
}

describe('the public side', () => {
  test('a policy: exact text, text/plain, no redirect, HEAD alike, and a parser takes it', async (t) => {
    const { ask } = await lab(t);
    const answer = await ask(policyPath, { host: policyHost });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/plain');
    assert.equal(
      answer.body.toString(),
      'version: STSv1\r\nmode: testing\r\nmx: mx.shop.example\r\nmax_age: 604800\r\n',
    );
    assert.equal(parsePolicy(answer.body).kind, 'good');
    const head = await ask(policyPath, { host: policyHost, method: 'HEAD' });
    assert.deepEqual(
      [head.status, head.body.length, head.headers['content-length']],
      [200, 0, String(answer.body.length)],
    );
    assert.equal((await ask(policyPath, { host: policyHost, method: 'POST', body: 'x' })).status, 405);
    assert.equal((await ask(policyPath)).status, 404, 'not on the tracking host');
    assert.equal(
      (await ask(clickPath({ writer: (await lab(t)).writer } as Lab, target), { host: policyHost })).status,
      404,
    );
  });

  test('logo and certificate at addresses of their content, kept for long, also after they were replaced', async (t) => {
    const host = dnsName('logo.shop.example');
    const first = hostedFile(host, 'logo', Buffer.from('<svg>1</svg>'));
    const second = hostedFile(host, 'logo', Buffer.from('<svg>2</svg>'));
    const pem = hostedFile(host, 'certificate', Buffer.from('-----BEGIN CERTIFICATE-----'));
    const domains = (...files: (typeof first)[]) => [
      shopDomain({ assets: files.map(({ path, octets }) => ({ domain: shop, host, path, octets })) }),
    ];
    const later: { next?: HostingConfig } = {};
    const { ask, serving, folder } = await lab(t, { domains: domains(first, pem), reread: async () => later.next });
    const logo = await ask(first.path, { host });
    assert.equal(logo.headers['content-type'], 'image/svg+xml');
    assert.match(String(logo.headers['cache-control']), /max-age=31536000, immutable/);
    assert.match(String(logo.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(logo.headers['x-content-type-options'], 'nosniff');
    assert.equal(logo.body.toString(), '<svg>1</svg>');
    assert.equal((await ask(pem.path, { host })).headers['content-type'], 'application/pem-certificate-chain');
    later.next = { domains: domains(second), state: folder };
    await serving.reload();
    assert.equal((await ask(second.path, { host })).body.toString(), '<svg>2</svg>');
    assert.equal((await ask(first.path, { host })).body.toString(), '<svg>1</svg>', 'the record may still point there');
    assert.equal((await ask('/bimi/00000000000000000000000000000000.svg', { host })).status, 404);
  });

  test('an unknown host is not here; one for which the connection was not made is misdirected', async (t) => {
    const { ask, serving } = await lab(t);
    assert.equal((await ask('/', { host: 'evil.example', sni: track })).status, 404);
    assert.equal((await ask(policyPath, { host: policyHost, sni: track })).status, 421);
    assert.equal((await ask('/', { host: 'TRACK.shop.example:443' })).status, 200);
    for (const line of ['Host: \r\n', 'Host: a/b\r\n', `Host: ${'a'.repeat(3000)}\r\n`])
      assert.match(
        (await raw(serving.httpPort, `GET / HTTP/1.1\r\n${line}Connection: close\r\n\r\n`)).said,
        /^HTTP\/1\.1 404 /,
        line,
      );
    assert.match((await raw(serving.httpPort, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).said, /^HTTP\/1\.1 400 /);
  });

  test('plain HTTP leads to HTTPS of the same name, and of no other', async (t) => {
    const { ask, serving } = await lab(t);
    const answer = await ask('/c/x?y=1', { plain: true });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.location, `https://${track}:${serving.httpsPort}/c/x?y=1`);
    assert.equal((await ask('/', { plain: true, host: 'evil.example' })).status, 404);
    const odd = await raw(serving.httpPort, `GET /\xc3\xa4 HTTP/1.1\r\nHost: ${track}\r\nConnection: close\r\n\r\n`);
    assert.doesNotMatch(odd.said, /\xc3/);
    for (const path of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
      const { said } = await raw(
        serving.httpPort,
        `GET ${path} HTTP/1.1\r\nHost: ${track}\r\nConnection: close\r\n\r\n`,
      );
      const location = /location: (\S+)/i.exec(said)?.[1];
      assert.ok(location === undefined || new URL(location).hostname === track, `${path}: ${location}`);
    }
  });

  test('SNI for a name that is not ours, or none: the handshake is refused', async (t) => {
    const { makeAuthority } = await import('../../src/sandbox/certificates.ts');
    const authority = makeAuthority('x', Date.now());
    const { serving } = await lab(t, { certificates: labCertificates(authority, (name) => name !== track) });
    const shake = (servername: string | undefined) =>
      new Promise<string>((resolve) => {
        const socket = tls.connect(
          {
            port: serving.httpsPort ?? 0,
            host: '127.0.0.1',
            rejectUnauthorized: false,
            ...(servername === undefined ? {} : { servername }),
          },
          () => {
            resolve('open');
            socket.destroy();
          },
        );
        socket.once('error', () => resolve('refused'));
      });
    assert.equal(await shake(track), 'open');
    assert.equal(await shake('TRACK.shop.example'), 'open');
    assert.equal(await shake('evil.example'), 'refused');
    assert.equal(await shake(undefined), 'refused');
    assert.equal((await raw(serving.httpsPort, 'GET / HTTP/1.1\r\n\r\n', 1000)).ended, true);
  });

  test('acme-tls/1 sees the certificate of the challenge, and everybody else the usual one', async (t) => {
    const { makeAuthority } = await import('../../src/sandbox/certificates.ts');
    const authority = makeAuthority('x', Date.now());
    const usual = labCertificates(authority);
    const challenge = secureContext(authority.issue(['challenge.example']));
    const answers: string[] = [];
    const certificates = {
      ...usual,
      challengeContextFor: (name: string) => (name === track ? challenge : undefined),
      challengeAnswer: async (token: string) => (
        answers.push(token),
        token === 'abcdefghijklmnopqrstuv' ? 'answer.key' : undefined
      ),
    };
    const { serving, ask } = await lab(t, { certificates });
    const seen = (protocols: readonly string[]) =>
      new Promise<string>((resolve, reject) => {
        const socket = tls.connect(
          {
            port: serving.httpsPort ?? 0,
            host: '127.0.0.1',
            servername: track,
            rejectUnauthorized: false,
            ALPNProtocols: [...protocols],
          },
          () => {
            resolve(`${String(socket.alpnProtocol)} ${socket.getPeerCertificate().subjectaltname}`);
            socket.destroy();
          },
        );
        socket.once('error', reject);
      });
    assert.equal(await seen(['acme-tls/1']), 'acme-tls/1 DNS:challenge.example');
    assert.equal(await seen(['h2', 'http/1.1']), `http/1.1 DNS:${track}`);
    const path = '/.well-known/acme-challenge/';
    const good = await ask(`${path}abcdefghijklmnopqrstuv`, { plain: true, host: 'any.example' });
    assert.deepEqual([good.status, good.body.toString()], [200, 'answer.key']);
    assert.equal((await ask(`${path}xyzabcdefghijklmnopqrstuv`, { plain: true })).status, 404);
    assert.equal((await ask(`${path}../../etc/passwd`, { plain: true })).status, 404);
    assert.deepEqual(answers, ['abcdefghijklmnopqrstuv', 'xyzabcdefghijklmnopqrstuv']);
  });

  test('a path of 64 KB, fields without end, no HTTP at all', async (t) => {
    const { serving, ask } = await lab(t);
    assert.match(
      (await raw(serving.httpPort, `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nHost: ${track}\r\n\r\n`)).said,
      /^HTTP\/1\.1 431 /,
    );
    const many = Array.from({ length: 3000 }, (_, n) => `X-${n}: 1\r\n`).join('');
    assert.match(
      (await raw(serving.httpPort, `GET / HTTP/1.1\r\nHost: ${track}\r\n${many}\r\n`)).said,
      /^HTTP\/1\.1 431 /,
    );
    assert.match(
      (await raw(serving.httpPort, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n')).said,
      /^HTTP\/1\.1 400 /,
    );
    assert.equal((await ask('/')).status, 200);
  });

  test('slow clients are cut off: fields, bodies and handshakes that drip', async (t) => {
    const limits = { headersMs: 300, requestMs: 600, idleMs: 300 };
    const { serving, writer } = await lab(t, { limits });
    const from = performance.now();
    const [silent, header, shake, body] = await Promise.all([
      raw(serving.httpPort, '', 5000),
      raw(serving.httpPort, `GET / HTTP/1.1\r\nHost: ${track}\r\nX-`, 5000),
      raw(serving.httpsPort, '\x16\x03\x01', 5000),
      raw(
        serving.httpPort,
        `POST ${pathOf(writer.unsubscribe(track, ids, 'a@b.example'))} HTTP/1.1\r\nHost: ${track}\r\nContent-Length: 26\r\n\r\nList-`,
        5000,
      ),
    ]);
    assert.deepEqual([silent.ended, header.ended, shake.ended, body.ended], [true, true, true, true]);
    assert.ok(performance.now() - from < 4500);
    assert.match(header.said, /^HTTP\/1\.1 408 /);
  });

  test('a connection that asks no more ends after a while, one that asks goes on', async (t) => {
    const { serving } = await lab(t, { limits: { headersMs: 300, idleMs: 1300 } });
    const hello = `GET / HTTP/1.1\r\nHost: ${track}\r\n\r\n`;
    const busy = net.connect(serving.httpPort ?? 0, '127.0.0.1');
    const secure = tls.connect({
      port: serving.httpsPort ?? 0,
      host: '127.0.0.1',
      servername: track,
      rejectUnauthorized: false,
    });
    const answers = { busy: 0, secure: 0 };
    busy.on('data', () => answers.busy++);
    secure.on('data', () => answers.secure++);
    const timer = setInterval(() => void (busy.write(hello), secure.write(hello)), 100);
    const silent = await raw(serving.httpPort, hello, 4000);
    assert.match(silent.said, /^HTTP\/1\.1 308 /);
    assert.equal(silent.ended, true);
    await pause(600);
    clearInterval(timer);
    assert.deepEqual([busy.destroyed, secure.destroyed], [false, false]);
    assert.ok(answers.busy > 5 && answers.secure > 5, JSON.stringify(answers));
    await Promise.race([Promise.all([once(busy, 'close'), once(secure, 'close')]), pause(3000)]);
    assert.deepEqual([busy.destroyed, secure.destroyed], [true, true]);
  });

  test('ten thousand connections on which nothing happens leave room for one that asks', async (t) => {
    const count = 10_000;
    const limits = { connections: 9000, headersMs: 60_000, requestMs: 60_000, idleMs: 60_000 };
    const { serving, ask, admin } = await lab(t, { limits });
    const sockets: net.Socket[] = [];
    t.after(async () => sockets.forEach((socket) => socket.destroy()));
    for (let n = 0; n < count; n += 500) {
      const group = Array.from({ length: 500 }, () => {
        const socket = net.connect(serving.httpPort ?? 0, '127.0.0.1');
        socket.on('error', () => {});
        sockets.push(socket);
        return Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      });
      await Promise.all(group);
    }
    let answer: number | undefined;
    for (let tries = 0; tries < 20 && answer === undefined; tries++) {
      answer = await ask('/', { plain: true }).then(
        ({ status }) => status,
        () => undefined,
      );
      if (answer === undefined) await pause(200);
    }
    assert.equal(answer, 308);
    assert.match((await admin('/metrics')).body.toString(), /septet_serve_connections \d+/);
  });

  test('who asks too often waits, by what was asked for', async (t) => {
    const { ask, writer, admin } = await lab(t, { rates: { all: 40, stray: 5 } });
    const asked = async (path: string, times: number): Promise<readonly number[]> => {
      const seen: number[] = [];
      for (let n = 0; n < times; n++) seen.push((await ask(path)).status);
      return seen;
    };
    assert.deepEqual(await asked('/c/wrong', 7), [404, 404, 404, 404, 404, 429, 429]);
    const clicks = await asked(pathOf(writer.open(track, ids)), 40);
    assert.equal(clicks[0], 200, 'an address of ours is still served');
    assert.equal(clicks.at(-1), 429);
    const metrics = (await admin('/metrics')).body.toString();
    assert.match(metrics, /septet_serve_limited_total\{which="stray"\} 2/);
    assert.match(metrics, /septet_serve_refused_total\{why="malformed"\} 7/);
  });

  test('behind a proxy: its word is taken, nobody else’s, and there is no redirect to HTTPS', async (t) => {
    const proxies = trustedProxies(['127.0.0.1']) as Proxies;
    const { ask, writer } = await lab(t, { proxies, https: undefined, rates: { stray: 2 } });
    const headers = (client: string) => ({ 'x-forwarded-for': client, 'x-forwarded-proto': 'https' });
    const path = pathOf(writer.click(track, ids, 1, target));
    const answer = await ask(path, { plain: true, headers: headers('203.0.113.9') });
    assert.equal(answer.headers.location, target);
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000');
    for (const client of ['203.0.113.1', '203.0.113.2', '203.0.113.3'])
      assert.equal(
        (await ask('/x', { plain: true, headers: headers(client) })).status,
        404,
        'each client has its own share',
      );
    const policy = await ask(policyPath, { plain: true, host: policyHost, headers: headers('203.0.113.9') });
    assert.equal(policy.status, 200);
  });

  test('health, readiness, ask, metrics', async (t) => {
    const { admin, ask, store } = await lab(t);
    await ask('/');
    assert.equal((await admin('/healthz')).status, 200);
    assert.equal((await admin('/readyz')).body.toString(), 'ready\n');
    assert.equal((await admin(`/ask?domain=${track}`)).status, 200);
    assert.equal((await admin('/ask?domain=evil.example')).status, 404);
    assert.equal((await admin('/ask')).status, 404);
    assert.equal((await admin('/nothing')).status, 404);
    const metrics = (await admin('/metrics')).body.toString();
    assert.match(metrics, /septet_serve_requests_total\{route="root",status="200"\} 1/);
    assert.match(metrics, /septet_serve_policy\{domain="shop\.example",mode="testing"\} 1/);
    assert.match(metrics, /process_resident_memory_bytes/);
    await store.close();
    assert.equal((await admin('/readyz')).status, 503);
  });

  test('settings are taken over without a restart, and bad ones are not', async (t) => {
    let next: HostingConfig | string | undefined;
    const { ask, serving, log, folder } = await lab(t, { reread: async () => next });
    const other = dnsName('other.example');
    assert.equal((await ask(policyPath, { host: 'mta-sts.other.example' })).status, 404);
    const domain = shopDomain({
      domain: other,
      tracking: { ...shopDomain().tracking!, host: dnsName('t.other.example') },
    });
    next = { domains: [domain], state: folder };
    await serving.reload();
    assert.equal((await ask(policyPath, { host: 'mta-sts.other.example' })).status, 200);
    assert.equal((await ask('/', { host: 't.other.example' })).status, 200);
    assert.equal((await ask('/')).status, 404, 'the tracking host of the domain that went');
    const left = await ask(policyPath, { host: policyHost });
    assert.match(left.body.toString(), /mode: none/, 'what senders may hold is taken back');
    next = 'septet.yaml:3:1: "domain" is not a key here.';
    await serving.reload();
    assert.equal((await ask(policyPath, { host: 'mta-sts.other.example' })).status, 200);
    assert.ok(
      log.some((line) => /not taken, and the one before stays.*septet\.yaml:3:1/.test(line)),
      log.join('\n'),
    );
    assert.deepEqual(
      [...serving.counters.reloads],
      [
        ['taken', 1],
        ['refused', 1],
      ],
    );
  });

  test('ending: requests on their way are answered, new ones are not taken', async (t) => {
    const { serving, writer, ask } = await lab(t);
    const path = pathOf(writer.unsubscribe(track, ids, 'ann@post.example'));
    const socket = net.connect(serving.httpPort ?? 0, '127.0.0.1');
    let said = '';
    socket.on('data', (piece) => (said += piece.toString('latin1')));
    await once(socket, 'connect');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${track}\r\nContent-Length: 26\r\n\r\nList-`);
    await pause(50);
    const closed = serving.close(5000);
    await pause(100);
    await assert.rejects(ask('/'));
    socket.write('Unsubscribe=One-Click');
    await once(socket, 'close');
    await closed;
    assert.match(said, /^HTTP\/1\.1 200 /);
  });
});

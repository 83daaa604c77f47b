/** Clicks, pixels and unsubscribes over real sockets: what is answered, what is on disk, and what is not. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { collect } from '../store/samples.ts';
import { clickPath, ids, pathOf, rules, shop, shopDomain, startLab, track, type Lab } from './tracking-lab.ts';

const always = { since: 0, until: Date.now() + 86_400_000_00 };
const target = 'https://shop.example/apples?a=1&b=%20#top';

describe('clicks', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  test('lead to their target, after they are stored', async () => {
    const answer = await lab.ask(clickPath(lab, target, { link: 3 }));
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.location, target);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.match((await lab.ask('/robots.txt')).body.toString(), /Disallow: \/$/m);
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000');
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(answer.body.length, 0);
    const [hit] = await lab.store.tracking.hits({ domain: shop, ...always }, 1);
    assert.deepEqual({ ...hit, at: 0 }, { domain: shop, at: 0, kind: 'click', agent: 'person', link: 3, ...ids });
  });

  test('a query that somebody added on the way changes nothing', async () => {
    assert.equal((await lab.ask(`${clickPath(lab, target)}?utm_source=x`)).headers.location, target);
  });

  test('altered, cut, of another host, of another kind, too long: the same page, and no redirect', async () => {
    const path = clickPath(lab, target);
    const flip = (at: number): string => path.slice(0, at) + (path[at] === 'A' ? 'B' : 'A') + path.slice(at + 1);
    const other = clickPath(lab, target, { host: dnsName('track.other.example') });
    const pages = await Promise.all(
      [
        flip(10),
        flip(path.length - 2),
        path.slice(0, -4),
        `${path}x`,
        other,
        path.replace('/c/', '/o/'),
        '/c/',
        '/c/x',
      ].map((bad) => lab.ask(bad)),
    );
    const long = await lab.ask(`/c/${'A'.repeat(9000)}`);
    const texts = new Set([...pages, long].map(({ body }) => body.toString()));
    assert.equal(texts.size, 1);
    for (const page of [...pages, long]) {
      assert.equal(page.status, 404);
      assert.equal(page.headers.location, undefined);
    }
    assert.doesNotMatch([...texts][0] ?? '', /shop\.example/);
  });

  test('only http and https, and no private networks', async () => {
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      'ftp://files.example/x',
      'file:///etc/passwd',
      '//evil.example/',
      'https://',
      'http://127.0.0.1/admin',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://[::1]/',
      'http://[::ffff:10.0.0.1]/',
      'http://192.168.1.1/',
      'http://169.254.169.254/latest/meta-data/',
      'http://localhost:8080/',
      'http://printer.local/',
      'http://intranet/',
      'http://db.internal/',
    ]) {
      const answer = await lab.ask(clickPath(lab, bad));
      assert.equal(answer.status, 404, bad);
      assert.equal(answer.headers.location, undefined, bad);
    }
    for (const good of ['http://shop.example', 'https://shop.example:8443/ä?x=ü', 'https://user@shop.example/']) {
      assert.equal(
        (await lab.ask(clickPath(lab, good))).headers.location,
        new URL(good).href.replace(/\/$/, good.endsWith('/') || good.includes('?') ? '/' : ''),
        good,
      );
    }
  });

  test('line ends in a target stay out of the header', async () => {
    const answer = await lab.ask(clickPath(lab, 'https://shop.example/a\r\nset-cookie: a=b'));
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.doesNotMatch(answer.headers.location ?? '', /[\r\n]/);
  });

  test('scanners count apart: HEAD, user agents, prefetches, and many links within seconds', async () => {
    const agents = async (message: string): Promise<readonly string[]> => {
      const hits = await lab.store.tracking.hits({ domain: shop, ...always }, 1000);
      return hits.filter((hit) => hit.message === message).map(({ agent }) => agent);
    };
    await lab.ask(clickPath(lab, target, { message: 'head' }), { method: 'HEAD' });
    for (const agent of ['', 'curl/8.5.0', 'Mozilla/5.0 (compatible; Barracuda Sentinel)', 'Mozilla/5.0'])
      await lab.ask(clickPath(lab, target, { message: 'agent' }), { headers: { 'user-agent': agent } });
    await lab.ask(clickPath(lab, target, { message: 'fetch' }), { headers: { 'sec-purpose': 'prefetch;prerender' } });
    for (let link = 0; link < 6; link++) await lab.ask(clickPath(lab, target, { message: 'burst', link }));
    for (let again = 0; again < 6; again++) await lab.ask(clickPath(lab, target, { message: 'twice', link: 1 }));
    assert.deepEqual(await agents('head'), ['scanner']);
    assert.deepEqual(await agents('agent'), Array(4).fill('scanner'));
    assert.deepEqual(await agents('fetch'), ['scanner']);
    assert.deepEqual(await agents('burst'), ['scanner', 'scanner', 'scanner', 'person', 'person', 'person']);
    assert.deepEqual(await agents('twice'), Array(6).fill('person'));
  });

  test('other methods are refused', async () => {
    assert.equal((await lab.ask(clickPath(lab, target), { method: 'DELETE' })).status, 405);
    const post = await lab.ask(clickPath(lab, target), { method: 'POST', body: 'x' });
    assert.equal(post.status, 404);
    assert.equal(post.headers.location, undefined);
  });
});

describe('what a domain allows', () => {
  test('without opens and clicks nothing is stored, and everything works', async () => {
    const lab = await startLab({
      domains: [shopDomain({ tracking: { host: track, ...rules, opens: false, clicks: false } })],
    });
    assert.equal((await lab.ask(clickPath(lab, target))).headers.location, target);
    assert.equal((await lab.ask(pathOf(lab.writer.open(track, ids)))).status, 200);
    assert.deepEqual(await lab.store.tracking.tally(always, 'day'), []);
    await lab.close();
  });

  test('addresses: none, truncated, full; private targets where they are allowed', async () => {
    for (const [addresses, wanted] of [
      ['none', undefined],
      ['truncated', '127.0.0.0'],
      ['full', '127.0.0.1'],
    ] as const) {
      const tracking = { host: track, ...rules, addresses, privateTargets: true };
      const lab = await startLab({ domains: [shopDomain({ tracking })] });
      assert.equal((await lab.ask(clickPath(lab, 'http://intranet/x'))).headers.location, 'http://intranet/x');
      const [hit] = await lab.store.tracking.hits({ domain: shop, ...always }, 1);
      assert.equal(hit?.address, wanted);
      await lab.close();
    }
  });
});

describe('opens', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  test('are answered with a pixel that nobody keeps', async () => {
    const path = pathOf(lab.writer.open(track, ids));
    const answer = await lab.ask(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'image/gif');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.body.subarray(0, 6).toString(), 'GIF89a');
    assert.deepEqual([answer.body.readUInt16LE(6), answer.body.readUInt16LE(8)], [1, 1]);
    const proxy = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
    await lab.ask(path, { headers: { 'user-agent': proxy } });
    await lab.ask(path, { headers: { 'user-agent': 'Mozilla/5.0' } });
    const head = await lab.ask(path, { method: 'HEAD' });
    assert.equal(head.body.length, 0);
    const [line] = await lab.store.tracking.tally(always, 'campaign');
    assert.deepEqual([line?.opens, line?.proxyOpens, line?.scanners], [1, 2, 1]);
    assert.equal((await lab.ask(`${path}x`)).status, 404);
  });
});

describe('unsubscribe', () => {
  let lab: Lab;
  const recipients = async (): Promise<readonly string[]> =>
    (await collect(lab.store.suppressions.list())).map(
      ({ recipient, kind, source }) => `${recipient} ${kind} ${source}`,
    );
  const pathFor = (recipient: string, more = {}): string =>
    pathOf(lab.writer.unsubscribe(track, { ...ids, ...more }, recipient));
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  test('GET and HEAD ask, and change nothing', async () => {
    const page = await lab.ask(pathFor('ann@post.example'));
    assert.equal(page.status, 200);
    assert.match(page.body.toString(), /a•••@post\.example/);
    assert.doesNotMatch(page.body.toString(), /ann@|<script|<img|https?:\/\//);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
    await lab.ask(pathFor('ann@post.example'), { method: 'HEAD' });
    assert.deepEqual(await recipients(), []);
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  test('one click (RFC 8058): no cookie, no redirect, 200, and it is stored', async () => {
    const answer = await lab.ask(pathFor('bob@post.example'), {
      method: 'POST',
      headers: form,
      body: 'List-Unsubscribe=One-Click',
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.location, undefined);
    assert.equal(answer.headers['set-cookie'], undefined);
    const boundary = '----x';
    const multipart = await lab.ask(pathFor('eve@post.example'), {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `--${boundary}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--${boundary}--\r\n`,
    });
    assert.equal(multipart.status, 200);
    assert.deepEqual(await recipients(), [
      'bob@post.example unsubscribed one-click',
      'eve@post.example unsubscribed one-click',
    ]);
    const [line] = await lab.store.tracking.tally(always, 'campaign');
    assert.equal(line?.unsubscribes, 2);
    const plain = await lab.ask(pathFor('http@post.example'), {
      plain: true,
      method: 'POST',
      headers: form,
      body: 'List-Unsubscribe=One-Click',
    });
    assert.equal(plain.status, 200, 'HTTPS is not forced on a POST by a redirect');
  });

  test('a POST without the words changes nothing; nor does one with an altered address, or a large body', async () => {
    const before = await recipients();
    const path = pathFor('dan@post.example');
    const post = (where: string, body: string) => lab.ask(where, { method: 'POST', headers: form, body });
    assert.equal((await post(path, '')).status, 400);
    assert.equal((await post(path, 'List-Unsubscribe=one-click')).status, 400);
    assert.equal((await post(`${path.slice(0, -2)}AA`, 'List-Unsubscribe=One-Click')).status, 404);
    const large = await post(path, `List-Unsubscribe=One-Click&x=${'y'.repeat(20_000)}`).catch(() => ({ status: 413 }));
    assert.equal(large.status, 413);
    assert.deepEqual(await recipients(), before);
  });

  test('the page’s buttons: unsubscribed, or not tracked any more', async () => {
    const path = pathFor('kim@post.example', { reader: 'aaaaaaaaaaaaaaaa', message: 'dnt' });
    const done = await lab.ask(path, { method: 'POST', headers: form, body: 'choice=unsubscribe' });
    assert.match(done.body.toString(), /You are unsubscribed/);
    const untracked = await lab.ask(path, { method: 'POST', headers: form, body: 'choice=do-not-track' });
    assert.match(untracked.body.toString(), /not tracked any more/);
    assert.ok((await recipients()).includes('kim@post.example do-not-track page'));
    assert.ok((await recipients()).includes('kim@post.example unsubscribed page'));
    const click = await lab.ask(clickPath(lab, target, { reader: 'aaaaaaaaaaaaaaaa', message: 'dnt' }));
    assert.equal(click.headers.location, target);
    const hits = await lab.store.tracking.hits({ domain: shop, ...always }, 100);
    assert.deepEqual(
      hits.filter(({ message }) => message === 'dnt').map(({ kind }) => kind),
      ['unsubscribe'],
    );
  });
});

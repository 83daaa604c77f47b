/** What is read of a request: its agent, its target, its proxies, its first octets, its form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { agentOf, burstLinks, burstMs, bursts } from './tracking/agents.ts';
import { readHello } from './client-hello.ts';
import { formOf } from './tracking/form-body.ts';
import { askPage, nothingPage, shortened } from './pages.ts';
import { patience } from './patience.ts';
import { peerOf, trustedProxies, type Proxies } from './proxies.ts';
import { quietLog } from './quiet-log.ts';
import { targetOf } from './tracking/targets.ts';
import { clientKey, tokenBucket, truncatedAddress } from './token-bucket.ts';

describe('agents', () => {
  const agent = (userAgent: string | undefined, more = {}) =>
    agentOf('open', { method: 'GET', userAgent, purpose: undefined, ...more });
  test('persons, proxies, scanners', () => {
    assert.equal(
      agent('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'),
      'person',
    );
    assert.equal(agent('Mozilla/5.0'), 'proxy');
    assert.equal(agent('YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'), 'proxy');
    for (const text of [
      undefined,
      '',
      'x',
      'python-requests/2.32',
      'Mozilla/5.0 (compatible; Googlebot/2.1)',
      'HeadlessChrome/140.0',
    ])
      assert.equal(agent(text), 'scanner', String(text));
    assert.equal(agent('Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', { method: 'HEAD' }), 'scanner');
    assert.equal(agent('Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', { purpose: 'prefetch' }), 'scanner');
    assert.equal(agentOf('click', { method: 'GET', userAgent: 'Mozilla/5.0', purpose: undefined }), 'scanner');
  });
  test('many links of one message within seconds are a burst; one link again and again is none', () => {
    const seen = bursts();
    const links = [1, 2, 2, 3, 4, 5].map((link) => seen.isBurst('m', 'r', link, 1000));
    assert.deepEqual(links, [false, false, false, false, true, true]);
    assert.equal(burstLinks, 4);
    assert.equal(seen.isBurst('m', 'r', 6, 1000 + burstMs + 1), false);
    assert.equal(seen.isBurst('m', 'other', 9, 1000), false);
  });
});

describe('targets', () => {
  test('never leave http and https, and never raise', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true, withFragments: true })),
        (text) => {
          const target = targetOf(text, false);
          if (typeof target !== 'string') assert.match(target.location, /^https?:\/\/[\x21-\x7e]+$/i);
        },
      ),
      { numRuns: 2000 },
    );
  });
  test('the quick way agrees with the slow one on what is private', () => {
    for (const text of [
      'http://a.local/',
      'http://A.LOCAL',
      'http://x.internal?y',
      'http://10.1.2.3/',
      'http://10.1.2.3.',
      'https://[fd00::1]/',
      'http://a.home.arpa/',
    ])
      assert.equal(targetOf(text, false), 'private', text);
    for (const text of [
      'https://shop.example',
      'https://1.1.1.1/',
      'https://xn--4ca.example/?a',
      'http://localhost.example/',
    ])
      assert.equal(typeof targetOf(text, false), 'object', text);
    assert.deepEqual(targetOf('http://10.1.2.3/', true), { location: 'http://10.1.2.3/' });
  });
});

describe('clients', () => {
  test('one bucket each, which fills by the minute', () => {
    const bucket = tokenBucket(60);
    let taken = 0;
    for (let n = 0; n < 100; n++) if (bucket.take('a', 0)) taken++;
    assert.equal(taken, 60);
    assert.equal(bucket.take('b', 0), true);
    assert.equal(bucket.take('a', 999), false);
    assert.equal(bucket.take('a', 2001), true);
  });
  test('a client is its address, a /64 of IPv6; what is kept is shorter', () => {
    assert.equal(clientKey('192.0.2.1'), '192.0.2.1');
    assert.equal(clientKey('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(clientKey('2001:db8:1:2:3::4'), clientKey('2001:db8:1:2:ffff::'));
    assert.notEqual(clientKey('2001:db8:1:2::'), clientKey('2001:db8:1:3::'));
    assert.equal(truncatedAddress('::ffff:192.0.2.77'), '192.0.2.0');
    assert.equal(truncatedAddress('2001:db8:aaaa:bbbb::1'), '2001:db8:aaaa::');
    assert.equal(truncatedAddress('nonsense'), undefined);
  });
  test('proxies are believed only when they are named, and only as far as they can see', () => {
    const proxies = trustedProxies(['127.0.0.1', '10.0.0.0/8']) as Proxies;
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.1.1', 'x-forwarded-proto': 'https' };
    assert.deepEqual(peerOf('127.0.0.1', false, headers, proxies), { address: '203.0.113.9', secure: true });
    assert.deepEqual(peerOf('::ffff:127.0.0.1', false, headers, proxies), { address: '203.0.113.9', secure: true });
    assert.deepEqual(peerOf('198.51.100.1', false, headers, proxies), { address: '198.51.100.1', secure: false });
    assert.deepEqual(peerOf('127.0.0.1', false, headers, undefined), { address: '127.0.0.1', secure: false });
    assert.deepEqual(peerOf('127.0.0.1', true, { 'x-forwarded-for': 'rubbish' }, proxies), {
      address: '127.0.0.1',
      secure: true,
    });
    assert.deepEqual(trustedProxies(['10.0.0.0/8', 'all']), { unknown: 'all' });
  });
});

describe('ClientHello', () => {
  test('any octets get an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => void readHello(octets)),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        const record = Buffer.concat([Buffer.from([22, 3, 1, octets.length >> 8, octets.length & 255]), octets]);
        assert.notEqual(readHello(record), 'more');
      }),
      { numRuns: 2000 },
    );
    assert.equal(readHello(Buffer.from('GET / HTTP/1.1\r\n')), 'other');
    assert.equal(readHello(Buffer.from([22, 3])), 'more');
  });
});

describe('forms', () => {
  test('both forms of RFC 8058, and nothing else', () => {
    assert.equal(formOf(Buffer.from('List-Unsubscribe=One-Click\r\n'), '').get('List-Unsubscribe'), 'One-Click');
    const body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--';
    assert.equal(formOf(Buffer.from(body), 'multipart/form-data; boundary="b"').get('List-Unsubscribe'), 'One-Click');
    assert.equal(formOf(Buffer.from('a=1&a=2'), '').get('a'), '1');
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'multipart/form-data; boundary=b'), (text, type) => {
        formOf(Buffer.from(text), type);
      }),
    );
  });
});

describe('pages', () => {
  test('what comes from outside is text', () => {
    const page = askPage('<script>', '"><img src=x>@post.example').toString();
    assert.doesNotMatch(page, /<script>|<img/);
    assert.equal(shortened('ann@post.example'), 'a•••@post.example');
    assert.equal(shortened('id-42'), 'Your address');
    assert.doesNotMatch(nothingPage.toString(), /http|<script/);
  });
});

describe('patience', () => {
  test('answers once: when it is stored, or when the time is over', async () => {
    let clock = 0;
    const wait = patience(40, () => clock);
    const told: string[] = [];
    const first = wait(
      () => told.push('first'),
      () => told.push('lost first'),
    );
    first();
    first('lost');
    wait(
      () => told.push('second'),
      () => told.push('lost second'),
    );
    clock = 41;
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.deepEqual(told, ['first', 'lost second', 'second']);
  });
});

describe('the log', () => {
  test('says the same line once in a while, with how often', () => {
    let clock = 0;
    const lines: string[] = [];
    const log = quietLog(
      (line) => void lines.push(line),
      () => clock,
    );
    for (let n = 0; n < 5; n++) log('full');
    clock = 11_000;
    log('full');
    assert.deepEqual(lines, ['full', 'full (4 more times)']);
  });
});

/** The options of `message listen`, and its queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../io.ts';
import { listenSettings, type ListenOptions } from './listen-options.ts';
import { proofQueue } from './listen-queue.ts';
import { takes } from './listen.ts';

const options: ListenOptions = {
  host: '127.0.0.1',
  port: '2525',
  web: '127.0.0.1:8025',
  keep: '1h',
  maxSize: '25m',
  maxMessages: '100',
  rate: '30',
};

test('the defaults are read', () => {
  assert.deepEqual(listenSettings(options), {
    host: '127.0.0.1',
    port: 2525,
    web: { host: '127.0.0.1', port: 8025 },
    name: 'localhost',
    loopback: true,
    keepMs: 3_600_000,
    maxOctets: 25 * 1024 * 1024,
    maxMessages: 100,
    ratePerMinute: 30,
  });
  const other = listenSettings({
    ...options,
    host: '0.0.0.0',
    name: 'Test.Example.com',
    web: '[::1]:0',
    maxSize: '500kb',
    keep: '7d',
    count: '1',
  });
  assert.deepEqual(
    [other.loopback, other.name, other.web, other.maxOctets, other.keepMs, other.count],
    [false, 'test.example.com', { host: '::1', port: 0 }, 512_000, 604_800_000, 1],
  );
  assert.equal(listenSettings({ ...options, web: 'off' }).web, undefined);
});

test('each option that cannot be used gets its sentence', () => {
  const cases: readonly (readonly [Partial<ListenOptions>, RegExp])[] = [
    [{ host: 'mail.example.com' }, /--host is an address of this machine/],
    [{ host: '0.0.0.0' }, /Give --name/],
    [{ port: '65536' }, /--port is a port from 1 to 65535/],
    [{ port: '-1' }, /--port/],
    [{ port: '' }, /--port/],
    [{ web: 'on' }, /--web is an address and a port/],
    [{ web: '127.0.0.1:99999' }, /--web is a port/],
    [{ web: 'example.com:80' }, /--web is an address of this machine/],
    [{ name: 'a b' }, /--name is a host name/],
    [{ keep: '1y' }, /--keep is a time/],
    [{ keep: '0s' }, /--keep is a time/],
    [{ keep: '31d' }, /--keep is 30d at most/],
    [{ maxSize: '10' }, /--max-size is a size/],
    [{ maxSize: '2g' }, /--max-size is 1g at most/],
    [{ maxMessages: '0' }, /--max-messages is a whole number/],
    [{ rate: '1.5' }, /--rate is a whole number/],
    [{ count: 'ten' }, /--count is a whole number/],
    [{ cert: 'a.pem' }, /--cert needs --tls-key/],
    [{ tlsKey: 'a.pem' }, /--tls-key needs --cert/],
  ];
  for (const [more, words] of cases) {
    assert.throws(
      () => listenSettings({ ...options, ...more }),
      (error) => error instanceof InputError && words.test(error.message),
      JSON.stringify(more),
    );
  }
});

test('on loopback every test address is taken, elsewhere the issued one alone', () => {
  const issued = 'test-abcdefghij@mx.example.com';
  assert.equal(takes('test-abcdefghij@MX.example.com', issued, false), true);
  assert.equal(takes('test-x@mx.example.com', issued, false), false);
  assert.equal(takes('test-x@anything.example', issued, true), true);
  assert.equal(takes('root@mx.example.com', issued, true), false);
  assert.equal(takes('test-@mx.example.com', issued, true), false);
});

test('the queue works side by side, tells in order, and goes on after a failure', async () => {
  const told: string[] = [];
  const failures: unknown[] = [];
  let running = 0;
  let most = 0;
  const queue = proofQueue({ atOnce: 2, maxWaiting: 5, failed: (error) => void failures.push(error) });
  const add = (name: string, ms: number, fails = false): void =>
    queue.add(
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, ms));
        running--;
        if (fails) throw new Error(name);
        return name;
      },
      async (result) => void told.push(result),
    );
  add('slow', 30);
  add('quick', 1);
  add('bad', 1, true);
  add('last', 1);
  assert.equal(queue.hasRoom(), true);
  add('full', 1);
  assert.equal(queue.hasRoom(), false);
  await queue.idle();
  assert.deepEqual(told, ['slow', 'quick', 'last', 'full']);
  assert.equal(failures.length, 1);
  assert.equal(most, 2);
  assert.equal(queue.hasRoom(), true);
});

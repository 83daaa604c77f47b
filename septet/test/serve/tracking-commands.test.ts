/** `septet tracking` and the options of `septet serve` as a person types them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { csvFields } from '../../src/cli/serve/tracking-suppressions.ts';
import { csvField } from '../../src/cli/serve/tracking-show.ts';
import { dnsName } from '../../src/dns/name.ts';
import { tokenReader, tokenWriter } from '../../src/rewrite/tokens.ts';
import { openTrackingKeys } from '../../src/rewrite/tracking-keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryFolder } from '../servers/process.ts';
import { testIo } from './commands.ts';

const shop = dnsName('shop.example');
let folder = '';
const septet = async (
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
  const { io, out, err } = testIo();
  const withLines = {
    ...io,
    async *lines(file: string) {
      yield* (await io.readFile(file)).toString('utf8').replace(/\n$/, '').split(/\r?\n/);
    },
  };
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const code = await run([...args.slice(0, end), '--data', folder, ...args.slice(end)], withLines);
  return { code, out: out(), err: err() };
};

describe('septet tracking', () => {
  before(async () => {
    folder = await temporaryFolder('tracking');
    const making = { now: () => Date.now(), randomBytes: (count: number) => new Uint8Array(count).fill(7) };
    const store = await openStore({ kind: 'sqlite', file: path.join(folder, 'septet.sqlite') }, making);
    const hit = { domain: shop, at: Date.now(), kind: 'click', agent: 'person', message: 'm', reader: 'r' } as const;
    for (const campaign of [
      'autumn',
      'autumn',
      '',
      '=cmd|calc',
      'a campaign whose name is far too long for a table in eighty columns \u001b[31m',
    ])
      await store.tracking.add({ ...hit, campaign });
    await store.tracking.add({ ...hit, kind: 'open', agent: 'proxy', campaign: 'autumn' });
    await store.tracking.add({ ...hit, at: Date.now() - 40 * 86_400_000, campaign: 'old' });
    await store.close();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('show: a table in 80 columns, CSV without formulas, JSON', async () => {
    const table = await septet('tracking', 'show');
    assert.equal(table.code, 0);
    for (const line of table.out.split('\n')) assert.ok(line.length <= 80, line);
    assert.match(table.out, /^autumn +2 +0 +0 +1 +0$/m);
    assert.match(table.out, /^\(no campaign\) +1 /m);
    assert.match(table.out, /^all campaigns +5 +0 +0 +1 +0$/m);
    assert.ok(!table.out.includes('\u001b') && !/^old /m.test(table.out));
    const csv = await septet('tracking', 'show', 'shop.example', '--csv');
    assert.match(csv.out, /^domain,campaign,clicks,opens,unsubscribes,proxyOpens,scanners\r\n/);
    assert.match(csv.out, /^shop\.example,'=cmd\|calc,1,0,0,0,0\r$/m);
    const json = JSON.parse((await septet('tracking', 'show', '--json', '--by', 'day', '--since', '90d')).out) as {
      readonly by: string;
      readonly lines: readonly { readonly clicks: number }[];
    };
    assert.equal(json.by, 'day');
    assert.deepEqual(
      json.lines.map(({ clicks }) => clicks),
      [1, 5],
    );
    assert.match((await septet('tracking', 'show', 'other.example')).out, /Nothing was clicked/);
    for (const [args, sentence] of [
      [['--since', '2026-02-31'], /--since is a day such as 2026-11-01, or 30d, not 2026-02-31/],
      [['--since', 'monday'], /--since is a day such as 2026-11-01, or 30d, not monday/],
      [['--by', 'hour'], /--by is campaign or day, not hour/],
      [['--csv', '--json'], /--csv and --json exclude each other/],
    ] as const) {
      const bad = await septet('tracking', 'show', ...args);
      assert.equal(bad.code, 2);
      assert.match(bad.err, sentence);
    }
  });

  test('suppressions: import, export, add, remove', async () => {
    const file = path.join(folder, 'list.csv');
    await writeFile(
      file,
      '\ufeffname,Email\r\n"Ann, A.",ann@post.example\r\nBob,bob@post.example\r\nNobody,\r\nAnn,ANN@post.example\r\n',
    );
    const first = await septet('tracking', 'suppressions', 'import', file, '--domain', 'shop.example');
    assert.equal(first.code, 1, 'a line was left out');
    assert.match(first.out, /Added: 2\. On the list before: 1\. Left out: 1\./);
    assert.match(first.err, /list\.csv:4: no recipient stands here/);
    await writeFile(file, 'eve@post.example\nid-42\n');
    assert.match(
      (await septet('tracking', 'suppressions', 'import', file, '--domain', 'shop.example', '--json')).out,
      /"added":2,"known":0,"faults":0/,
    );
    assert.equal(
      (await septet('tracking', 'suppressions', 'remove', 'Eve@post.example', '--domain', 'shop.example')).code,
      0,
    );
    const gone = await septet('tracking', 'suppressions', 'remove', 'eve@post.example', '--domain', 'shop.example');
    assert.deepEqual([gone.code, /not on the list/.test(gone.err)], [1, true]);
    const exported = await septet('tracking', 'suppressions', 'export', '--domain', 'shop.example');
    assert.deepEqual(
      exported.out
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(',').slice(0, 3).join(',')),
      [
        'recipient,domain,kind',
        'ann@post.example,shop.example,unsubscribed',
        'bob@post.example,shop.example,unsubscribed',
        'id-42,shop.example,unsubscribed',
      ],
    );
    // Nobody knows which column holds the recipients, so that names could be put on the list instead.
    await writeFile(file, '\nAnn Lee,ann@post.example\nBob,bob@post.example\n');
    const which = await septet('tracking', 'suppressions', 'import', file, '--domain', 'third.example');
    assert.equal(which.code, 2);
    assert.match(which.err, /list\.csv:2: of the 2 columns none is named email, recipient or address\./);
    await writeFile(file, Buffer.from('m\xfcller@post.example\nkim@post.example\n', 'latin1'));
    const latin = await septet('tracking', 'suppressions', 'import', file, '--domain', 'third.example');
    assert.deepEqual([latin.code, latin.out], [1, 'Added: 1. On the list before: 0. Left out: 1.\n']);
    assert.match(
      (await septet('tracking', 'suppressions', 'add', '', '--domain', 'shop.example')).err,
      /^"" is no recipient/,
    );
    // What was exported can be imported, also what a spreadsheet would take for a formula.
    const added = await septet(
      'tracking',
      'suppressions',
      'add',
      '--domain',
      'shop.example',
      '--',
      '-a@post.example',
      '=1+2',
    );
    assert.equal(added.code, 0, added.err);
    const whole = await septet('tracking', 'suppressions', 'export', '--domain', 'shop.example');
    assert.match(whole.out, /^'-a@post\.example,/m);
    await writeFile(file, whole.out);
    assert.match(
      (await septet('tracking', 'suppressions', 'import', file, '--domain', 'other.example')).out,
      /Added: 5\./,
    );
    const there = await septet('tracking', 'suppressions', 'export', '--domain', 'other.example', '--json');
    assert.deepEqual(
      there.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly recipient: string }).recipient)
        .sort(),
      ['-a@post.example', '=1+2', 'ann@post.example', 'bob@post.example', 'id-42'],
    );
  });

  test('do-not-track knows the links of a recipient, and needs the keys for it', async () => {
    const add = () =>
      septet(
        'tracking',
        'suppressions',
        'add',
        'kim@post.example',
        '--domain',
        'shop.example',
        '--kind',
        'do-not-track',
      );
    const without = await add();
    assert.equal(without.code, 2);
    assert.match(without.err, /no tracking keys in the data folder/);
    const keys = await openTrackingKeys(folder, {
      now: () => Date.now(),
      randomBytes: (count) => new Uint8Array(count).fill(9),
    });
    assert.equal((await add()).code, 0);
    const store = await openStore(
      { kind: 'sqlite', file: path.join(folder, 'septet.sqlite') },
      { now: () => 0, randomBytes: (count) => new Uint8Array(count) },
    );
    const reader = tokenWriter(keys).reader(shop, 'kim@post.example');
    // What is exported comes back as it was, and not as an unsubscribe.
    const file = path.join(folder, 'moved.csv');
    await writeFile(file, (await septet('tracking', 'suppressions', 'export', '--domain', 'shop.example')).out);
    await septet('tracking', 'suppressions', 'import', file, '--domain', 'moved.example');
    const moved = (await septet('tracking', 'suppressions', 'export', '--domain', 'moved.example')).out;
    assert.match(moved, /^kim@post\.example,moved\.example,do-not-track,/m);
    assert.match(moved, /^bob@post\.example,moved\.example,unsubscribed,/m);
    await septet(
      'tracking',
      'suppressions',
      'remove',
      'kim@post.example',
      '--domain',
      'moved.example',
      '--kind',
      'do-not-track',
    );
    assert.deepEqual(await store.suppressions.untracked(), new Set([`${shop} ${reader}`]));
    await store.close();
    const bad = await septet('tracking', 'suppressions', 'add', 'a', '--domain', 'shop.example', '--kind', 'bounced');
    assert.match(bad.err, /--kind is unsubscribed or do-not-track, not bounced/);
  });

  test('keys: ids and ages without secrets; --rotate adds one, and the older ones go on reading', async () => {
    const place = await temporaryFolder('keys');
    const day = 86_400_000;
    const keys = async (now: number, ...args: readonly string[]) => {
      const { io, out, err } = testIo();
      const code = await run(['tracking', 'keys', '--data', place, ...args], { ...io, now: () => now });
      return { code, out: out(), err: err() };
    };
    try {
      const none = await keys(0);
      assert.deepEqual([none.code, none.err], [1, '']);
      assert.match(none.out, /There are no tracking keys yet/);
      assert.deepEqual(JSON.parse((await keys(0, '--json')).out), {
        version: 1,
        file: path.join(place, 'tracking-keys.json'),
        rotated: false,
        keys: [],
      });
      const before = await openTrackingKeys(place, { now: () => day, randomBytes });
      const ids = { message: 'm', campaign: '', reader: '0000000000000000' };
      const host = dnsName('track.shop.example');
      const old = tokenWriter(before).click(host, ids, 1, 'https://shop.example/');
      const rotated = await keys(3.5 * day, '--rotate');
      assert.equal(rotated.code, 0, rotated.err);
      assert.match(rotated.out, /^ +2 +1970-01-04 +0 days +makes and reads\n +1 +1970-01-02 +2 days +reads$/m);
      const all = [rotated.out, (await keys(4 * day)).out, (await keys(4 * day, '--json')).out];
      const { readers, keys: stored } = JSON.parse(readFileSync(path.join(place, 'tracking-keys.json'), 'utf8')) as {
        readonly readers: string;
        readonly keys: readonly { readonly secret: string }[];
      };
      for (const secret of [readers, ...stored.map((key) => key.secret)])
        assert.ok(all.every((text) => !text.includes(secret)));
      for (const line of all.slice(0, 2).join('').split('\n'))
        assert.ok(line.length <= 80 || line.startsWith(place), line);
      const now = await openTrackingKeys(place, { now: () => 0, randomBytes });
      assert.equal(tokenReader(now).read(host, new URL(old).pathname).kind, 'good');
      assert.notEqual(tokenWriter(now).click(host, ids, 1, 'https://shop.example/'), old);
      await writeFile(path.join(place, 'tracking-keys.json'), '{');
      const damaged = await keys(0, '--rotate');
      assert.deepEqual([damaged.code, /tracking-keys\.json is damaged: it is not JSON/.test(damaged.err)], [2, true]);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });

  test('CSV fields, both ways', () => {
    assert.deepEqual(csvFields('a,"b ""c"", d",e'), ['a', 'b "c", d', 'e']);
    assert.deepEqual(csvFields('a;b'), ['a', 'b']);
    assert.deepEqual(csvFields('"a'), ['a']);
    assert.equal(csvField('a"b,c'), '"a""b,c"');
    assert.equal(csvField('+1'), "'+1");
  });
});

describe('septet serve', () => {
  test('options that cannot be used get their sentence', async () => {
    for (const [args, sentence] of [
      [['--http', 'eighty'], /--http is a port from 1 to 65535, or off, not eighty/],
      [['--http', 'off', '--https', 'off'], /leave nothing to serve/],
      [['--behind-proxy', 'all'], /--behind-proxy is an address or a network such as/],
      [['--admin', 'here'], /--admin is an address and a port/],
      [['--log', 'loud'], /--log is debug, info, warn or silent/],
      [['--rate', '0'], /--rate is a whole number/],
      [['--host', 'example.com'], /--host is an address of this machine/],
      [['--config', '/nonexistent/septet.yaml'], /nonexistent/],
    ] as const) {
      const { io, err } = testIo();
      assert.equal(await run(['serve', ...args], io), 2, args.join(' '));
      assert.match(err(), sentence);
    }
  });

  test('--sandbox: a folder that cannot be used is a sentence', async () => {
    const data = await temporaryFolder('damaged');
    try {
      await writeFile(path.join(data, 'tracking-keys.json'), '{');
      const file = path.join(data, 'tracking-keys.json');
      for (const [place, sentence] of [
        [data, /tracking-keys\.json is damaged: it is not JSON/],
        [file, /The sandbox cannot write to .*tracking-keys\.json .*Name a folder with --data/],
      ] as const) {
        const { io, err } = testIo();
        const args = ['serve', '--sandbox', '--http', '0', '--https', 'off', '--admin', 'off', '--data', place];
        assert.equal(await run(args, io), 2, err());
        assert.match(err(), sentence);
        assert.doesNotMatch(err(), /fault in Septet/);
      }
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  test('--sandbox shows addresses that work, and ends when it is asked to', async () => {
    const { io, shows, out, interrupt } = testIo();
    const data = await temporaryFolder('sandbox');
    try {
      const done = run(
        ['serve', '--sandbox', '--http', '0', '--https', 'off', '--admin', '127.0.0.1:0', '--data', data],
        io,
      );
      await shows(/End with Ctrl-C/);
      const { default: http } = await import('node:http');
      const ask = (url: string): Promise<number> =>
        new Promise((resolve, reject) => {
          const { hostname, port, pathname } = new URL(url);
          const request = http.get(
            { host: '127.0.0.1', port, path: pathname, headers: { host: hostname }, agent: false },
            (response) => {
              response.resume();
              resolve(response.statusCode ?? 0);
            },
          );
          request.once('error', reject);
        });
      const urls = [...out().matchAll(/https?:\/\/\S+/g)].map(([url]) => url);
      const statuses = await Promise.all(urls.map(ask));
      assert.deepEqual(statuses, [200, 200, 302, 200, 200, 200, 200]);
      interrupt();
      assert.equal(await done, 0);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });
});

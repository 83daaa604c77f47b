/** What was answered is on disk: full disks, kill -9, databases that go away, two machines, webhooks that fail. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseUnsubscribe } from './tracking-webhook.ts';
import { tokenWriter } from '../../src/rewrite/tokens.ts';
import { openTrackingKeys } from '../../src/rewrite/tracking-keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { StoreFault } from '../../src/store/sql/sql-fault.ts';
import { verifySignature } from '../../src/watch/alerts/webhook.ts';
import type { FetchLimits, FetchOutcome } from '../../src/world/world.ts';
import { collect } from '../store/samples.ts';
import { databases } from '../store/databases.ts';
import { freePort, temporaryFolder } from '../servers/process.ts';
import { clickPath, ids, pathOf, rules, shop, shopDomain, startLab, track } from './tracking-lab.ts';

const always = { since: 0, until: Date.now() + 86_400_000_0 };
const target = 'https://shop.example/';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const oneClick = { method: 'POST', headers: form, body: 'List-Unsubscribe=One-Click' } as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const making = { now: () => Date.now(), randomBytes: (count: number) => randomBytes(count) };

/** Why tests with a mounted disk cannot run; in CI that is an error where a disk can be mounted at all. */
async function noDisk(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'a small disk is mounted by root only';
  const folder = await temporaryFolder('mount');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=65536', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return false;
  } catch {
    return 'this machine does not let a test mount a disk';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
const unmountable = await noDisk();
if (unmountable !== false) process.stderr.write(`skipped: ${unmountable}\n`);

describe('a disk that fills', () => {
  test(
    'an unsubscribe says so, a click leads on, and both work when there is room',
    { skip: unmountable },
    async () => {
      const disk = await temporaryFolder('small');
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3000000', 'tmpfs', disk]);
      const lab = await startLab({
        open: () => openStore({ kind: 'sqlite', file: path.join(disk, 'septet.sqlite') }, making),
      });
      try {
        const ballast = path.join(disk, 'ballast');
        const fill = async (): Promise<void> => {
          for (let size = 2_000_000; size > 100; size = Math.floor(size / 2))
            await writeFile(`${ballast}-${size}`, Buffer.alloc(size)).catch(() => {});
        };
        assert.equal((await lab.ask(clickPath(lab, target))).status, 302);
        await fill();
        // The log has some room left over.
        for (let n = 0; n < 60; n++)
          await lab.ask(clickPath(lab, target, { message: `m-${n}`, campaign: 'x'.repeat(60) }));
        await fill();
        const click = await lab.ask(clickPath(lab, target));
        assert.deepEqual([click.status, click.headers.location], [302, target]);
        const path_ = pathOf(lab.writer.unsubscribe(track, ids, 'ann@post.example'));
        const refused = await lab.ask(path_, oneClick);
        assert.equal(refused.status, 503);
        assert.equal(refused.headers['retry-after'], '120');
        assert.match(refused.body.toString(), /try again in a few minutes/);
        assert.deepEqual(await collect(lab.store.suppressions.list()), []);
        assert.ok((lab.serving.counters.lost.get('click') ?? 0) > 0);
        assert.equal(lab.serving.counters.lost.get('unsubscribe'), 1);
        assert.equal((await lab.admin('/readyz')).status, 503);
        assert.match((await lab.admin('/metrics')).body.toString(), /septet_serve_lost_total\{kind="unsubscribe"\} 1/);
        execFileSync('sh', ['-c', `rm -f ${ballast}-*`]);
        assert.equal((await lab.ask(path_, oneClick)).status, 200);
        assert.equal((await collect(lab.store.suppressions.list())).length, 1);
        const before = lab.serving.counters.hits.get('click person') ?? 0;
        assert.equal((await lab.ask(clickPath(lab, target))).status, 302);
        assert.equal(lab.serving.counters.hits.get('click person'), before + 1);
      } finally {
        await lab.close();
        execFileSync('umount', [disk]);
        await rm(disk, { recursive: true, force: true });
      }
    },
  );
});

describe('a store that does not answer', () => {
  test('a click leads on after two seconds, and is counted as lost', async (t) => {
    const lab = await startLab({
      open: async (folder) => {
        const store = await openStore({ kind: 'sqlite', file: path.join(folder, 's') }, making);
        return { ...store, tracking: { ...store.tracking, add: () => new Promise<void>(() => {}) } };
      },
    });
    t.after(() => lab.close());
    const from = performance.now();
    assert.equal((await lab.ask(clickPath(lab, target))).headers.location, target);
    const took = performance.now() - from;
    assert.ok(took > 1900 && took < 5000, `${took}`);
    assert.equal(lab.serving.counters.lost.get('click'), 1);
  });

  test('a fault of the store is told once in a while, without who clicked', async (t) => {
    const lab = await startLab({
      open: async (folder) => {
        const store = await openStore({ kind: 'sqlite', file: path.join(folder, 's') }, making);
        const add = async (): Promise<void> => {
          throw new StoreFault('The disk is full.', true);
        };
        return { ...store, tracking: { ...store.tracking, add } };
      },
    });
    t.after(() => lab.close());
    for (let n = 0; n < 5; n++) assert.equal((await lab.ask(clickPath(lab, target))).status, 302);
    assert.deepEqual(
      lab.log.filter((line) => /click/.test(line)),
      ['A click was not stored: The disk is full.'],
    );
  });
});

/** The program itself, behind a proxy that is this test, on a port of its own. */
async function program(
  folder: string,
  more: readonly string[] = [],
): Promise<{ readonly port: number; readonly child: ChildProcess; log(): string }> {
  const port = await freePort();
  const bin = path.resolve(import.meta.dirname, '../../bin/septet.js');
  const child = spawn(
    process.execPath,
    [
      bin,
      'serve',
      '--config',
      path.join(folder, 'septet.yaml'),
      '--data',
      folder,
      '--host',
      '127.0.0.1',
      '--http',
      String(port),
      '--behind-proxy',
      '127.0.0.1',
      '--admin',
      'off',
      '--resolver',
      '127.0.0.1:9',
      ...more,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, SEPTET_CONFIG: '' } },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const limit = performance.now() + 30_000;
  while (!/"msg":"Serving\."/.test(log)) {
    if (child.exitCode !== null || performance.now() > limit) throw new Error(`it did not start:\n${log}`);
    await pause(25);
  }
  return { port, child, log: () => log };
}

function get(port: number, where: string, host = track as string, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path: where,
        method,
        headers: { host, 'x-forwarded-proto': 'https', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
        agent: false,
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      },
    );
    request.once('error', reject);
    request.end();
  });
}

const config = (extra = ''): string =>
  `domains:\n  shop.example:\n    mx: [ 10 mx.shop.example ]\n    mtaSts: { mode: testing }\n    tracking: { host: track, target: serve.example${extra} }\n`;

describe('the program', () => {
  test('kill -9 in the middle of clicks: every one that was answered is in the store', async (t) => {
    const folder = await temporaryFolder('kill');
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(path.join(folder, 'septet.yaml'), config());
    const writer = tokenWriter(await openTrackingKeys(folder, making));
    let answered = 0;
    for (let round = 0; round < 3; round++) {
      const { port, child } = await program(folder);
      t.after(() => void child.kill('SIGKILL'));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      let stop = false;
      const client = async (n: number): Promise<void> => {
        for (let i = 0; !stop; i++) {
          const where = pathOf(writer.click(track, { ...ids, message: `${round}-${n}-${i}` }, 1, target));
          const status = await get(port, where).catch(() => 0);
          if (status === 302) answered++;
          else stop = true;
        }
      };
      const clients = Promise.all(Array.from({ length: 16 }, (_, n) => client(n)));
      await pause(300 + 150 * round);
      child.kill('SIGKILL');
      await Promise.all([clients, ended]);
    }
    const store = await openStore({ kind: 'sqlite', file: path.join(folder, 'septet.sqlite') }, making);
    const hits = await store.tracking.hits({ domain: shop, ...always }, 1_000_000);
    const [line] = await store.tracking.tally(always, 'campaign');
    await store.close();
    assert.ok(answered > 50, String(answered));
    assert.ok(hits.length >= answered, `${hits.length} stored, ${answered} answered`);
    assert.equal(new Set(hits.map(({ message }) => message)).size, hits.length, 'none twice');
    assert.equal(line?.clicks, hits.length, 'counts fit the hits');
  });

  test('SIGHUP and a changed file are taken, a broken one is told, SIGTERM ends with 0', async (t) => {
    const folder = await temporaryFolder('reload');
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'septet.yaml');
    await writeFile(file, config());
    const { port, child, log } = await program(folder);
    t.after(() => void child.kill('SIGKILL'));
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const until = async (what: () => Promise<boolean> | boolean): Promise<void> => {
      const limit = performance.now() + 15_000;
      while (!(await what())) {
        if (performance.now() > limit) throw new Error(log());
        await pause(50);
      }
    };
    assert.equal(await get(port, '/.well-known/mta-sts.txt', 'mta-sts.shop.example'), 200);
    await writeFile(
      file,
      `${config()}  other.example:\n    mx: [ 10 mx.other.example ]\n    mtaSts: { mode: testing }\n`,
    );
    await until(async () => (await get(port, '/.well-known/mta-sts.txt', 'mta-sts.other.example')) === 200);
    await writeFile(file, `${config()}  other.example: { mtaSts: { mode: perhaps } }\n`);
    await until(() => /not taken.*perhaps/.test(log()));
    assert.equal(await get(port, '/.well-known/mta-sts.txt', 'mta-sts.other.example'), 200);
    await writeFile(file, config());
    child.kill('SIGHUP');
    await until(() => (log().match(/read again/g)?.length ?? 0) >= 2);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.doesNotMatch(log(), /127\.0\.0\.1|\/c\/|@/, 'no personal data in the log');
    for (const line of log().trim().split('\n'))
      assert.equal(typeof (JSON.parse(line) as { msg: unknown }).msg, 'string');
  });
});

describe('two machines on PostgreSQL', async () => {
  const postgres = (await databases()).find(({ kind }) => kind === 'postgres');
  test(
    'share clicks and the list; one dies, the other goes on',
    { skip: postgres?.skip ?? 'no databases' },
    async () => {
      assert.ok(postgres);
      await postgres.begin();
      const place = await postgres.place();
      const webhooks: string[] = [];
      const options = {
        open: () => openStore(place, making),
        domains: [shopDomain({ tracking: { host: track, ...rules, notify: true } })],
        webhookOf: async () => ({ url: 'https://app.example/hook', secret: 'secret of the test' }),
        fetch: async (url: string, limits: FetchLimits): Promise<FetchOutcome> => {
          webhooks.push(parseUnsubscribe(limits.body).recipient);
          return {
            kind: 'response',
            url,
            redirects: [],
            status: 204,
            headers: {},
            body: new Uint8Array(),
            address: '127.0.0.1',
            elapsedMs: 1,
          };
        },
      } as const;
      const one = await startLab(options);
      const two = await startLab({ ...options, keys: async () => one.keys });
      try {
        const clicks = Array.from({ length: 60 }, (_, n) => clickPath(one, target, { message: `m${n}` }));
        const asked = await Promise.all(clicks.map((where, n) => (n % 2 === 0 ? one : two).ask(where)));
        assert.ok(asked.every(({ status }) => status === 302));
        const where = (recipient: string): string => pathOf(one.writer.unsubscribe(track, ids, recipient));
        const both = await Promise.all([one, two].map((lab) => lab.ask(where('ann@post.example'), oneClick)));
        assert.deepEqual(
          both.map(({ status }) => status),
          [200, 200],
        );
        await one.close();
        assert.equal((await two.ask(clickPath(one, target))).status, 302);
        assert.equal((await two.ask(where('bob@post.example'), oneClick)).status, 200);
        const [line] = await two.store.tracking.tally(always, 'campaign');
        assert.deepEqual([line?.clicks, line?.unsubscribes], [61, 2]);
        for (let tries = 0; tries < 100 && (await two.store.outbox.waiting()) > 0; tries++) await pause(50);
        assert.deepEqual([...webhooks].sort(), ['ann@post.example', 'bob@post.example']);
        // The database goes away: readers get on, nobody is told that an unsubscribe was heard.
        await postgres.server().halt('crash');
        assert.equal((await two.ask(clickPath(one, target))).headers.location, target);
        assert.equal((await two.ask(where('eve@post.example'), oneClick)).status, 503);
        await postgres.server().start();
        let status = 0;
        for (let tries = 0; tries < 20 && status !== 200; tries++)
          status = (await two.ask(where('eve@post.example'), oneClick)).status;
        assert.equal(status, 200);
      } finally {
        await two.close();
        await one.close();
        await postgres.end();
      }
    },
  );
});

describe('webhooks', () => {
  test('are signed, come again with the same id until they are taken, and only where they are wanted', async (t: TestContext) => {
    let clock = Date.now();
    const posts: { readonly url: string; readonly limits: FetchLimits }[] = [];
    const statuses = [500, 301, 200];
    const lab = await startLab({
      now: () => clock,
      domains: [shopDomain({ tracking: { host: track, ...rules, notify: true } })],
      webhookOf: async () => ({ url: 'https://app.example/hook', secret: 'secret of the test' }),
      fetch: async (url, limits) => {
        posts.push({ url, limits });
        const status = statuses[posts.length - 1] ?? 200;
        return {
          kind: 'response',
          url,
          redirects: [],
          status,
          headers: {},
          body: new Uint8Array(),
          address: '127.0.0.1',
          elapsedMs: 1,
        };
      },
    });
    t.after(() => lab.close());
    assert.equal((await lab.ask(pathOf(lab.writer.unsubscribe(track, ids, 'Ann@post.example')), oneClick)).status, 200);
    const until = async (count: number): Promise<void> => {
      for (let tries = 0; tries < 200 && posts.length < count; tries++) {
        await pause(50);
        clock += 1000;
      }
    };
    await until(3);
    for (let tries = 0; tries < 50 && (await lab.store.outbox.waiting()) > 0; tries++) await pause(20);
    assert.equal(posts.length, 3);
    assert.equal(await lab.store.outbox.waiting(), 0);
    const names = posts.map(({ limits }) => limits.headers?.['X-Septet-Delivery']);
    assert.equal(new Set(names).size, 1);
    for (const { url, limits } of posts) {
      assert.equal(url, 'https://app.example/hook');
      const body = Buffer.from(limits.body ?? []).toString();
      const signature = limits.headers?.['X-Septet-Signature'] ?? '';
      assert.equal(verifySignature(signature, body, 'secret of the test', clock, 3600), 'good');
      assert.equal(verifySignature(signature, `${body} `, 'secret of the test', clock, 3600), 'wrong');
    }
    const told = parseUnsubscribe(posts[0]?.limits.body);
    assert.deepEqual(
      { ...told, id: '', at: '' },
      {
        version: 1,
        id: '',
        at: '',
        kind: 'unsubscribed',
        domain: shop,
        recipient: 'Ann@post.example',
        campaign: 'autumn',
        message: 'm1',
        source: 'one-click',
      },
    );
    assert.equal(told.id, names[0]);
    assert.ok(
      lab.log.some((line) => /did not take an unsubscribe \(try 1\): it answered 500/.test(line)),
      lab.log.join('\n'),
    );
    assert.ok(lab.log.every((line) => !/ann@/i.test(line)));
  });

  test('none where the configuration names none', async (t) => {
    const lab = await startLab();
    t.after(() => lab.close());
    await lab.ask(pathOf(lab.writer.unsubscribe(track, ids, 'ann@post.example')), oneClick);
    assert.equal(await lab.store.outbox.waiting(), 0);
  });
});

/** Alerts over real sockets: an HTTPS server that verifies signatures by itself, and our own SMTP listener. */
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, suite, test, type TestContext } from 'node:test';
import { configure } from '../../src/cli/alerts.ts';
import { InputError, type Io } from '../../src/cli/io.ts';
import { dnsName } from '../../src/dns/name.ts';
import { makeAuthority, type Authority } from '../../src/sandbox/certificates.ts';
import type { AlertShelf, StoredAlert } from '../../src/store/store.ts';
import type { Channel, ChannelRules } from '../../src/watch/alerts/channel.ts';
import { fileChannels } from '../../src/watch/alerts/channel-files.ts';
import { keepAlerts, memoryChannels, type ChannelShelf } from '../../src/watch/alerts/channel-state.ts';
import { tell, type TellOptions, type Told } from '../../src/watch/alerts/tell.ts';
import { httpsFetch } from '../../src/world/https.ts';
import { recordingWorld, replayWorld } from '../../src/world/recording.ts';
import type { World } from '../../src/world/world.ts';
import { listener } from '../serve/clients.ts';
import { serveZone } from '../cli/program.ts';
import { zoneWorld } from '../zone-world.ts';

interface Request {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = number | 'hang' | 'lost' | { readonly status: number; readonly headers: Readonly<Record<string, string>> };

const secret = 'correct horse battery';
const domain = dnsName('example.com');
const start = Date.parse('2026-11-23T12:00:00Z');
const rules: ChannelRules = { severity: 'warning', errorsAtOnce: false, mostPerHour: 12 };
const webhook: Channel = {
  id: 'webhook',
  target: { kind: 'webhook', url: 'https://hook.test/septet?k=path-secret', secret },
  rules,
};

const alert = (key: string, text = `${key} is wrong\n\nDetails of ${key}.`): StoredAlert => ({
  domain,
  key,
  severity: 'warning',
  text,
  since: start,
});

/** The contract of the store, in memory. */
function alertShelf(): AlertShelf {
  const open = new Map<string, StoredAlert>();
  return {
    raise: async (one) => {
      const before = open.get(`${one.domain} ${one.key}`);
      open.set(`${one.domain} ${one.key}`, { ...one, since: before?.since ?? one.since });
      return before?.text !== one.text || before.severity !== one.severity;
    },
    settle: async (of, key) => open.delete(`${of} ${key}`),
    open: async (of) => [...open.values()].filter((one) => of === undefined || one.domain === of),
  };
}

suite('alerts over real sockets', () => {
  let authority: Authority;
  let server: https.Server;
  let port = 0;
  let requests: Request[] = [];
  /** What is answered, one after the other; 200 when there is no more. */
  let replies: Reply[] = [];

  before(async () => {
    authority = makeAuthority('Laboratory', Date.now());
    const { key, certificate } = authority.issue(['hook.test', 'hooks.slack.test', 'ntfy.test']);
    server = https.createServer({ key, cert: certificate }, (request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString('utf8')));
      request.on('end', () => {
        requests.push({ url: request.url ?? '', headers: request.headers, body });
        const reply = replies.shift() ?? 200;
        if (reply === 'hang') return;
        if (reply === 'lost') {
          request.socket.destroy();
          return;
        }
        const { status, headers } = typeof reply === 'number' ? { status: reply, headers: {} } : reply;
        response.writeHead(status, headers);
        response.end(status >= 400 ? `no: ${request.url} \u001b[31m${secret}` : 'ok');
      });
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    requests = [];
    replies = [];
    server.closeAllConnections();
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const worldAt = (now: () => number): World => {
    const base = zoneWorld('hook.test. A 127.0.0.1\nhooks.slack.test. A 127.0.0.1\nntfy.test. A 127.0.0.1');
    const { resolver } = base;
    const fetch = httpsFetch({ resolver, now, ports: { 443: port }, extraCa: [authority.certificate] });
    return { ...base, fetch, now };
  };

  /** A laboratory with a clock of its own; pauses between tries pass at once and are noted. */
  function lab(channels: readonly Channel[], shelf: ChannelShelf = memoryChannels()) {
    let now = start;
    const alerts = alertShelf();
    const pauses: number[] = [];
    const options: TellOptions = {
      alerts,
      channels,
      shelf,
      world: worldAt(() => now),
      timeoutMs: 2000,
      sleep: async (milliseconds) => void pauses.push(milliseconds),
    };
    return {
      alerts,
      shelf,
      pauses,
      pass: (minutes: number) => void (now += minutes * 60_000),
      now: () => now,
      raise: (...some: readonly StoredAlert[]) => keepAlerts(alerts, some, [], now),
      settle: (...some: readonly StoredAlert[]) => keepAlerts(alerts, [], some, now),
      tell: async (more: Partial<TellOptions> = {}): Promise<Told> => {
        const [told] = await tell({ ...options, ...more });
        assert.ok(told);
        return told;
      },
    };
  }

  /** As a receiver would, with nothing of ours. */
  const isSigned = ({ headers, body }: Request): boolean => {
    const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-septet-signature'])) ?? [];
    const wanted = createHmac('sha256', secret).update(`${t}.${body}`).digest();
    // The clock of the laboratory is at most a day ahead of its start.
    const isFresh = Number(t) >= start / 1000 && Number(t) < start / 1000 + 86_400;
    return isFresh && v1 !== '' && timingSafeEqual(wanted, Buffer.from(v1, 'hex'));
  };
  const subjects = (): readonly string[] =>
    requests.map(({ body }) => (JSON.parse(body) as { readonly subject: string }).subject);

  test('only on change: once when it comes, again when it changes, once when it is over', async () => {
    const it = lab([webhook]);
    await it.raise(alert('spf'));
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 1 });
    assert.deepEqual(await it.raise(alert('spf')), { raised: 0, settled: 0 });
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 0 });
    await it.raise(alert('spf', 'spf is worse\n\nNow.'));
    await it.tell();
    await it.settle(alert('spf'));
    await it.tell();
    await it.tell();
    assert.deepEqual(subjects(), [
      '[septet] example.com: spf is wrong',
      '[septet] example.com: spf is worse',
      '[septet] example.com: over: spf is wrong'.replace('wrong', 'worse'),
    ]);
    assert.ok(requests.every(isSigned));
    assert.equal(new Set(requests.map(({ headers }) => headers['x-septet-delivery'])).size, 3);
    assert.ok(requests.every(({ headers }) => headers['content-type'] === 'application/json'));
    assert.ok(!isSigned({ ...(requests[0] as Request), body: `${requests[0]?.body} ` }), 'the receiver does look');
  });

  test('what came and went before it was told is nothing to tell', async () => {
    const it = lab([webhook]);
    await it.raise(alert('spf'));
    await it.settle(alert('spf'));
    assert.equal((await it.tell()).sent, 0);
    assert.equal(requests.length, 0);
  });

  test('two failures and then an answer: tried again with pauses, signed anew, the same delivery', async () => {
    const it = lab([webhook]);
    replies = [503, 'lost'];
    await it.raise(alert('spf'));
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 1 });
    assert.deepEqual(it.pauses, [1000, 4000]);
    assert.equal(requests.length, 3);
    assert.ok(requests.every(isSigned));
    assert.equal(new Set(requests.map(({ headers }) => headers['x-septet-delivery'])).size, 1);
    assert.equal((await it.tell()).sent, 0);
  });

  test('a channel that is down loses nothing: when it is back everything comes, once', async () => {
    const it = lab([webhook]);
    replies = Array.from({ length: 9 }, () => 500);
    await it.raise(alert('a'), alert('b'));
    const down = await it.tell();
    assert.equal(down.sent, 0);
    assert.match(down.trouble ?? '', /hook\.test answers HTTP 500: no: /);
    assert.doesNotMatch(JSON.stringify([down, await it.shelf.load('webhook')]), /path-secret|horse|u001b/);
    assert.equal(down.later?.until, it.now() + 60_000);
    assert.equal(requests.length, 3);
    assert.match((await it.tell()).trouble ?? '', /HTTP 500/);
    assert.equal(requests.length, 3, 'not asked again before its time');
    it.pass(1);
    await it.raise(alert('c'));
    const still = await it.tell();
    assert.equal(still.later?.until, it.now() + 120_000, 'a longer pause');
    it.pass(2);
    await it.tell();
    it.pass(4);
    requests = [];
    assert.equal((await it.tell()).sent, 3);
    assert.deepEqual(
      subjects().toSorted(),
      ['a', 'b', 'c'].map((key) => `[septet] example.com: ${key} is wrong`),
    );
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 0 });
  });

  test('a server that hangs, one that is gone, one that wants to lead elsewhere, one that asks for patience', async () => {
    const outcome = async (...given: readonly Reply[]): Promise<Told & { readonly asked: number }> => {
      const it = lab([webhook]);
      requests = [];
      replies = [...given];
      await it.raise(alert('a'));
      const told = await it.tell({ timeoutMs: 200 });
      return { ...told, asked: requests.length };
    };
    const hanging = await outcome('hang', 'hang', 'hang');
    assert.deepEqual([hanging.sent, hanging.asked], [0, 3]);
    assert.match(hanging.trouble ?? '', /no answer within 0\.2 seconds/);
    const gone = await outcome(410);
    assert.deepEqual([gone.asked, gone.later?.until], [1, start + 3_600_000]);
    assert.match(gone.trouble ?? '', /HTTP 410.*gone for good/);
    const moved = await outcome({ status: 307, headers: { location: 'https://ntfy.test/' } });
    assert.equal(moved.asked, 1);
    assert.match(moved.trouble ?? '', /follow no redirect/);
    const patience = await outcome({ status: 429, headers: { 'retry-after': '600' } });
    assert.deepEqual([patience.asked, patience.later?.until], [1, start + 600_000]);
    assert.equal((await outcome(404)).asked, 1, 'a plain no is not tried again at once');
  });

  test('too many at once: a summary is the last message of the hour, and every alert counts as told', async () => {
    const it = lab([{ ...webhook, rules: { ...rules, mostPerHour: 3 } }]);
    await it.raise(...Array.from({ length: 20 }, (_, index) => alert(`k${index + 10}`)));
    assert.equal((await it.tell()).sent, 3);
    assert.equal(subjects()[2], '[septet] example.com: 18 new or changed');
    await it.raise(alert('late'));
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 0, later: { count: 1, until: start + 3_600_000 } });
    it.pass(60);
    assert.equal((await it.tell()).sent, 1);
    assert.equal(subjects().length, 4);
  });

  test('quiet hours and a digest, in one channel each, with one clock', async () => {
    const at = (hours: number) => ({ minutes: hours * 60, zone: 'UTC' });
    const it = lab([{ ...webhook, rules: { ...rules, quiet: { from: at(11), until: at(13) } } }]);
    await it.raise(alert('a'));
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 0, later: { count: 1, until: start + 3_600_000 } });
    it.pass(60);
    assert.equal((await it.tell()).sent, 1);
    const daily = lab([{ ...webhook, rules: { ...rules, digest: at(14) } }]);
    await daily.raise(alert('a'), alert('b'));
    await daily.tell();
    daily.pass(119);
    await daily.settle(alert('b'));
    assert.equal((await daily.tell()).sent, 0);
    daily.pass(1);
    assert.equal((await daily.tell()).sent, 1);
    assert.equal(subjects().at(-1), '[septet] example.com: 1 new or changed (digest)');
    assert.equal((await daily.tell()).sent, 0);
  });

  test('the state on disk: a process that dies is taken over, two at a time send once, a damaged file is told', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'septet-alerts-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const it = lab([webhook], fileChannels(folder));
    await it.raise(alert('a'));
    const both = await Promise.all([it.tell(), it.tell({ shelf: fileChannels(folder) })]);
    assert.equal(requests.length, 1, JSON.stringify(both));
    assert.equal((await it.tell({ shelf: fileChannels(folder) })).sent, 0, 'another process knows what was told');
    // One that died in the middle holds the channel for a while.
    const state = await it.shelf.load('webhook');
    assert.ok(state);
    await it.shelf.save({ ...state, busyUntil: it.now() + 60_000, revision: state.revision + 1 });
    await it.raise(alert('b'));
    assert.equal((await it.tell()).busy, true);
    it.pass(2);
    assert.equal((await it.tell()).sent, 1);
    assert.doesNotMatch(await readFile(path.join(folder, 'alerts/webhook.json'), 'utf8'), /path-secret|horse/);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(path.join(folder, 'alerts/webhook.json'), '{"channel":');
    await assert.rejects(it.tell(), /webhook\.json is damaged/);
  });

  test('while one process is sending, another keeps off, also when something new has come', async () => {
    const it = lab([webhook]);
    replies = ['hang', 200];
    await it.raise(alert('a'));
    const first = it.tell({ timeoutMs: 500 });
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10)); // oxlint-disable-line no-await-in-loop -- until it has come
    await it.raise(alert('b'));
    assert.deepEqual(await it.tell(), { channel: 'webhook', sent: 0, busy: true });
    assert.deepEqual(await first, { channel: 'webhook', sent: 1 });
    assert.equal((await it.tell()).sent, 1);
    assert.deepEqual(
      subjects().slice(1),
      ['a', 'b'].map((key) => `[septet] example.com: ${key} is wrong`),
    );
  });

  test('mail to a real SMTP server: threads hold, and a server that says no is told', async (t) => {
    const mx = await listener(t, { accepts: (address) => address.startsWith('ops@') });
    const mail = (to: string): Channel => ({
      id: 'mail',
      target: {
        kind: 'mail',
        to: [to],
        from: 'septet@example.com',
        via: { host: '127.0.0.1', port: mx.port, tls: 'optional' },
      },
      rules,
    });
    const it = lab([mail('ops@mx.test')]);
    await it.raise(alert('spf', 'SPF record changed\r\nBcc: x@evil.example\n\n\u001b[31mv=spf1 +all'));
    await it.tell();
    await it.settle(alert('spf'));
    await it.tell();
    const [first = '', second = ''] = mx.messages.map(({ octets }) => octets.toString('utf8'));
    assert.match(first, /^Subject: \[septet\] example\.com: SPF record changed\r$/m);
    assert.match(first, /^Auto-Submitted: auto-generated\r$/m);
    assert.doesNotMatch(first.split('\r\n\r\n', 1)[0] ?? '', /^Bcc/m);
    assert.ok(!first.includes('\u001b'));
    const id = /^Message-ID: (<.*>)\r$/m.exec(first)?.[1] ?? 'none';
    assert.ok(second.includes(`\r\nIn-Reply-To: ${id}\r\n`));
    assert.match(second, /^Subject: \[septet\] example\.com: over: /m);
    assert.equal(mx.messages[0]?.envelope.mailFrom, 'septet@example.com');

    const refused = lab([mail('nobody@mx.test')]);
    await refused.raise(alert('a'));
    const told = await refused.tell();
    assert.match(told.trouble ?? '', /127\.0\.0\.1:\d+ refuses it: .*550/);
    assert.deepEqual(refused.pauses, []);
  });

  test('Slack and ntfy: what arrives', async () => {
    const it = lab([
      { id: 'slack', target: { kind: 'slack', url: 'https://hooks.slack.test/services/T/B/x' }, rules },
      { id: 'ntfy', target: { kind: 'ntfy', url: 'https://ntfy.test/topic', token: 'tk_secret' }, rules },
    ]);
    await it.raise(alert('spf', 'für <!channel>\r\nX-Injected: 1\n\n<b>'));
    await it.tell();
    const slack = requests.find(({ url }) => url === '/services/T/B/x');
    const ntfy = requests.find(({ url }) => url === '/topic');
    assert.ok(slack && ntfy);
    assert.doesNotMatch((JSON.parse(slack.body) as { readonly text: string }).text, /[<>]/);
    assert.equal(slack.headers['authorization'], undefined);
    assert.equal(ntfy.headers['authorization'], 'Bearer tk_secret');
    assert.deepEqual([ntfy.headers['priority'], ntfy.headers['tags']], ['4', 'warning']);
    assert.match(String(ntfy.headers['title']), /^=\?utf-8\?B\?/);
    assert.equal(ntfy.headers['x-injected'], undefined);
  });

  test('headers of a POST: none that frames the request or breaks out of its line; values are in no recording', async () => {
    const { world, recording } = recordingWorld(worldAt(() => start));
    const limits = { method: 'POST', maxOctets: 1024, timeoutMs: 2000 } as const;
    const url = 'https://hook.test/septet';
    const sent = await world.fetch?.(url, { ...limits, headers: { 'X-One': 'tk_secret' } });
    assert.equal(sent?.kind, 'response');
    assert.equal(requests[0]?.headers['x-one'], 'tk_secret');
    const bad = { 'X-Two': 'a\r\nX-Three: b', Host: 'evil.test', 'Content-Length': '3', 'a b': 'c', 'X-Four': 'ü' };
    for (const [name, value] of Object.entries(bad)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const outcome = await world.fetch?.(url, { ...limits, headers: { [name]: value } });
      assert.ok(outcome?.kind === 'failed' && outcome.reason === 'protocol', name);
      assert.match(outcome.detail, /^the header ".*" cannot be sent$/);
    }
    assert.equal(requests.length, 1);
    const text = JSON.stringify(recording());
    assert.doesNotMatch(text, /tk_secret|evil|X-Three/);
    const replay = replayWorld(JSON.parse(text) as ReturnType<typeof recording>);
    const again = await replay.fetch?.(url, { ...limits, headers: { 'X-One': 'another secret' } });
    assert.equal(again?.kind, 'response');
    await world.fetch?.(url, { ...limits, method: undefined as never, headers: { 'X-One': 'x' } });
    assert.equal(requests[1]?.headers['x-one'], undefined, 'a GET carries none');
  });

  /** Runs `septet alerts …` with our own table of one command. */
  async function alertsCommand(t: TestContext, args: readonly string[], config: string, env: Record<string, string>) {
    const { Command } = await import('commander');
    const zone = await serveZone(t, 'hook.test. A 127.0.0.1\nntfy.test. A 127.0.0.1');
    const text: Record<string, string> = { 'septet.yaml': config, 'ca.pem': authority.certificate };
    let stdout = '';
    let code = -1;
    const io = {
      out: (piece: string) => void (stdout += piece),
      err: () => {},
      columns: 80,
      colours: false,
      exists: async (file: string) => file in text,
      readFile: async (file: string) => Buffer.from(text[file] ?? ''),
      now: () => start,
      randomBytes: (count: number) => new Uint8Array(count).fill(7),
      env: { SEPTET_HTTPS_PORT: String(port), ...env },
    } as unknown as Io;
    const program = new Command('septet').exitOverride();
    configure(program.command('alerts'), io, (result) => void (code = result));
    const world = args[0] === 'test' ? ['--resolver', zone.server, '--ca', 'ca.pem'] : [];
    await program.parseAsync(['alerts', ...args, ...world], { from: 'user' });
    return { code, stdout };
  }

  test('septet alerts test: a table with what happened in each channel, and 1 when one fails', async (t) => {
    const mx = await listener(t, { accepts: () => true });
    const config = `domains: { example.com: }
alerts:
  - mail: { to: ops@mx.test, from: septet@example.com, via: "smtp://127.0.0.1:${mx.port}", digest: "08:00" }
  - webhook: { url: https://hook.test/septet, secret: \${HOOK} }
  - ntfy: { url: https://ntfy.test/topic-secret, token: \${NTFY} }
`;
    const good = await alertsCommand(t, ['test', '--channel', 'mail', '--channel', 'webhook'], config, {
      HOOK: secret,
    });
    assert.equal(good.code, 0, good.stdout);
    assert.match(good.stdout, /^Channel {7}Outcome {7}Where\nmail {10}sent {10}ops@mx\.test\n/);
    assert.match(good.stdout, /\nwebhook {7}sent {10}hook\.test\n {14}hook\.test took it: HTTP 200\.\n/);
    assert.match(mx.messages[0]?.octets.toString('utf8') ?? '', /Nothing has happened/);
    assert.ok(requests.every(isSigned));

    replies = [403];
    const bad = await alertsCommand(t, ['test'], config, { HOOK: secret });
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /\nwebhook {7}refused {7}hook\.test\n {14}hook\.test answers HTTP 403: no: …/);
    assert.match(
      bad.stdout,
      /\nntfy {10}not set up {4}ntfy\.test\n {14}septet\.yaml:5:5: ntfy\.token is in the environment/,
    );
    for (const line of bad.stdout.split('\n')) assert.ok(line.length <= 80, line);
    assert.doesNotMatch(bad.stdout, /topic-secret|horse/);
    assert.ok(!bad.stdout.includes('\u001b'));

    const json = JSON.parse((await alertsCommand(t, ['test', '--json'], config, { HOOK: secret })).stdout) as {
      readonly channels: readonly { readonly channel: string; readonly outcome: string }[];
    };
    assert.deepEqual(
      json.channels.map(({ channel, outcome }) => `${channel} ${outcome}`),
      ['mail sent', 'webhook sent', 'ntfy not-set-up'],
    );
    await assert.rejects(alertsCommand(t, ['test', '--channel', 'pager'], config, {}), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /There is no channel pager\. There are: mail, webhook, ntfy\./);
      return true;
    });
    await assert.rejects(alertsCommand(t, ['test'], 'domains: {}', {}), /names no channel of alerts/);
  });

  test('septet alerts show: rules, what was told, what waits, what is in trouble', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'septet-alerts-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const config = `domains: { example.com: }
alerts:
  - webhook: { url: https://hook.test/septet, secret: \${HOOK}, quiet: "22:00-07:00 Europe/Vienna" }
  - slack: { url: \${SLACK}, severity: error }
`;
    const it = lab([webhook], fileChannels(folder));
    await it.raise(alert('a', 'SPF \u001b[31m record\n\nx'));
    await it.tell();
    replies = [500, 500, 500];
    await it.raise(alert('b'));
    await it.tell();
    const shown = await alertsCommand(t, ['show', '--state', folder], config, {});
    assert.equal(shown.code, 1);
    assert.match(
      shown.stdout,
      /\nwebhook {7}in trouble {4}hook\.test\n {14}warnings and errors, quiet 22:00-07:00, 12 an hour\.\n/,
    );
    assert.match(shown.stdout, /Since 2026-11-23 12:00 UTC it takes nothing/);
    assert.match(shown.stdout, /1 to be told\.\n {14}example\.com: SPF \\027\[31m record/);
    assert.match(shown.stdout, /\nslack {9}not used {6}the webhook of Slack\n {14}errors only, 12 an hour\.\n/);
    for (const line of shown.stdout.split('\n')) assert.ok(line.length <= 80, line);
    const json = JSON.parse((await alertsCommand(t, ['show', '--state', folder, '--json'], config, {})).stdout) as {
      readonly channels: readonly { readonly waiting: number; readonly told: readonly unknown[] }[];
    };
    assert.deepEqual(
      json.channels.map(({ waiting, told }) => [waiting, told.length]),
      [
        [1, 1],
        [0, 0],
      ],
    );
  });
});

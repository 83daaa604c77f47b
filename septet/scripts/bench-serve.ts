/**
 * The figures of `septet serve`, against a bare `node:http` server in the same run, in turns:
 *
 *     node septet/scripts/bench-serve.ts [--rounds 5] [--seconds 4] [--connections 64] [--soak 60] [--nginx]
 *
 * `click`: an address of 1,000 different ones, signature verified, the click on disk (full sync) before the 302. `policy`:
 * the MTA-STS policy. Both over plain HTTP, as behind a proxy, because the comparison is of servers and not of TLS. wrk
 * asks; on two cores it shares them with the server. `--soak` asks for clicks at half of the rate that was reached, and
 * tells memory and the 99th percentile. With `--role` the script is one of the servers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dnsName } from '../src/dns/name.ts';
import { tokenWriter } from '../src/rewrite/tokens.ts';
import { openTrackingKeys } from '../src/rewrite/tracking-keys.ts';
import type { Certificates } from '../src/serve/certificates/certificates.ts';
import { startServing } from '../src/serve/serving.ts';
import { openStore } from '../src/store/open-store.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    soak: { type: 'string', default: '0' },
    nginx: { type: 'boolean', default: false },
    role: { type: 'string' },
    folder: { type: 'string', default: '' },
  },
});
const domain = dnsName('shop.example');
const track = dnsName('track.shop.example');
const policyHost = 'mta-sts.shop.example';
const target = 'https://shop.example/apples/red?campaign=autumn&item=42';
const policyText = 'version: STSv1\r\nmode: testing\r\nmx: mx.shop.example\r\nmax_age: 604800\r\n';
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (values.role === 'bare') await bare();
else if (values.role === 'serve') await serve(values.folder);
else await bench();

async function bare(): Promise<void> {
  const policy = Buffer.from(policyText);
  const server = http.createServer((request, response) => {
    if (request.url === '/.well-known/mta-sts.txt') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': policy.length });
      response.end(policy);
    } else {
      response.writeHead(302, { location: target });
      response.end();
    }
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    say(`port ${typeof address === 'object' ? address?.port : 0}`);
  });
}

async function serve(folder: string): Promise<void> {
  const now = (): number => Date.now();
  const store = await openStore(
    { kind: 'sqlite', file: path.join(folder, 'septet.sqlite') },
    { now, randomBytes: (count) => randomBytes(count) },
  );
  const keys = await openTrackingKeys(folder, { now, randomBytes: (count) => randomBytes(count) });
  const certificates: Certificates = {
    contextFor: () => undefined,
    challengeContextFor: () => undefined,
    challengeAnswer: async () => undefined,
    facts: () => [],
    wanted: () => {},
    run: async () => {},
  };
  const quiet = (_fields: object, text: string): void => void process.stderr.write(`${text}\n`);
  const serving = await startServing({
    host: '127.0.0.1',
    http: 0,
    https: undefined,
    store,
    keys: async () => keys,
    certificates,
    webhookOf: async () => undefined,
    retentionDays: () => 90,
    rates: { all: 1e12, stray: 1e12 },
    now,
    randomBytes: (count) => randomBytes(count),
    log: { debug: () => {}, info: () => {}, warn: quiet, error: quiet },
    config: {
      state: folder,
      domains: [
        {
          domain,
          intent: {
            mtaSts: { mode: 'testing' },
            takesMail: true,
            mx: [{ preference: 10, exchange: dnsName('mx.shop.example') }],
          },
          tracking: { host: track, opens: true, clicks: true, addresses: 'none', privateTargets: false, notify: false },
          assets: [],
        },
      ],
    },
  });
  say(`port ${serving.httpPort}`);
  process.once('SIGTERM', () => {
    const told = [...serving.counters.hits, ...serving.counters.lost.entries()].map(
      ([key, count]) => `${key} ${count}`,
    );
    say(`counted ${told.join(', ')}`);
    void serving
      .close(1000)
      .then(() => store.tracking.tally({ since: 0, until: now() + 86_400_000 }, 'campaign'))
      .then(async (lines) => {
        say(`stored ${lines.reduce((sum, line) => sum + line.clicks + line.scanners, 0)}`);
        await store.close();
        process.exit(0);
      });
  });
}

interface Server {
  readonly port: number;
  readonly child: ChildProcess;
  log(): string;
}

function start(role: string, folder: string): Promise<Server> {
  const child = spawn(process.execPath, [import.meta.filename, '--role', role, '--folder', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Nothing stays behind, however this run ends.
  process.once('exit', () => child.kill('SIGKILL'));
  let log = '';
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${role} ended`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const port = /port (\d+)/.exec(log)?.[1];
      if (port !== undefined) resolve({ port: Number(port), child, log: () => log });
    });
  });
}

async function stop({ child, log }: Server): Promise<string> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  return log();
}

interface Figures {
  readonly perSecond: number;
  /** Microseconds of processor time of the main thread for each request: what a busy machine changes least. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly errors: string;
}

/** Requests as fast as they come, or so many a second: wrk knows no rate, so connections wait in the script. */
async function wrk({ port, child }: Server, script: string, seconds: number, connections: number): Promise<Figures> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${port}`];
  const before = processorOf(child.pid ?? 0);
  const text = await output('wrk', args);
  const used = processorOf(child.pid ?? 0) - before;
  const [, amount = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit] ?? 1;
  const odd = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text)?.[0] ?? '';
  return {
    cpu: (used * 1e6) / Number(/(\d+) requests in/.exec(text)?.[1] ?? 1),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0),
    p99: Number(amount) * scale,
    errors: odd,
  };
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    child.once('error', reject);
    child.once('exit', () => resolve(text));
  });
}

async function bench(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-bench-'));
  const [rounds, seconds, connections, soak] = [values.rounds, values.seconds, values.connections, values.soak].map(
    Number,
  ) as [number, number, number, number];
  try {
    const keys = await openTrackingKeys(folder, { now: () => Date.now(), randomBytes: (count) => randomBytes(count) });
    const writer = tokenWriter(keys);
    const paths = Array.from({ length: 1000 }, (_, n) => {
      const ids = { message: `m-${n}`, campaign: 'autumn', reader: randomBytes(8).toString('hex') };
      return new URL(writer.click(track, ids, n % 7, target)).pathname;
    });
    const clicks = scriptOf(folder, 'click', track, paths);
    const policy = scriptOf(folder, 'policy', policyHost, ['/.well-known/mta-sts.txt']);
    const ours = await start('serve', folder);
    const plain = await start('bare', folder);
    const nginx = values.nginx ? await startNginx(folder) : undefined;
    say(`Node ${process.version}, ${rounds} rounds of ${seconds} s each in turns, ${connections} connections`);
    let half = 0;
    for (const [name, script, wanted] of [
      ['click', clicks, 0.5],
      ['policy', policy, 0.9],
    ] as const) {
      await Promise.all([wrk(ours, script, 1, connections), wrk(plain, script, 1, connections)]);
      const pairs: { ours: Figures; bare: Figures; nginx?: Figures }[] = [];
      for (let round = 0; round < rounds; round++) {
        // In turns, and the other first in every second round: what else runs here hits both alike.
        const first = round % 2 === 0;
        const a = await wrk(first ? ours : plain, script, seconds, connections);
        const b = await wrk(first ? plain : ours, script, seconds, connections);
        const third = nginx && (await wrk(nginx, script, seconds, connections));
        pairs.push({ ours: first ? a : b, bare: first ? b : a, ...(third ? { nginx: third } : {}) });
      }
      const shares = pairs.map(({ ours, bare }) => ours.perSecond / bare.perSecond).sort((a, b) => a - b);
      const share = shares[Math.floor(shares.length / 2)] ?? 0;
      const rate = median(pairs.map(({ ours }) => ours.perSecond));
      if (name === 'click') half = rate / 2;
      say(
        `${name}: ${count(rate)} a second, p99 ${median(pairs.map(({ ours }) => ours.p99)).toFixed(1)} ms; bare node:http ${count(median(pairs.map(({ bare }) => bare.perSecond)))}; ` +
          `share ${share.toFixed(2)} (rounds ${shares.map((one) => one.toFixed(2)).join(', ')}), wanted ${wanted}: ${share >= wanted ? 'reached' : 'missed'}` +
          `; processor ${median(pairs.map(({ ours }) => ours.cpu)).toFixed(1)} µs a request, bare ${median(pairs.map(({ bare }) => bare.cpu)).toFixed(1)} µs` +
          (nginx ? `; nginx ${count(median(pairs.map((pair) => pair.nginx?.perSecond ?? 0)))}` : ''),
      );
      const odd = pairs.map(({ ours }) => ours.errors).find((text) => text !== '');
      if (odd !== undefined) say(`  ${odd}`);
    }
    await stop(plain);
    if (nginx) await stop(nginx);
    if (soak > 0) await soaked(ours, paths, soak, half);
    const log = await stop(ours);
    say(log.split('\n').slice(1).join('; '));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A script that goes around the paths; each connection waits for so many milliseconds between its requests. */
function scriptOf(folder: string, name: string, host: string, paths: readonly string[], delay = 0): string {
  const file = path.join(folder, `${name}.lua`);
  const list = path.join(folder, `${name}.txt`);
  writeFileSync(list, paths.map((one) => `${one}\n`).join(''));
  writeFileSync(
    file,
    `local all = {}
local headers = { ["Host"] = "${host}", ["User-Agent"] = "${browser}" }
for line in io.lines("${list}") do all[#all + 1] = line end
local made = {}
init = function(args) for i, p in ipairs(all) do made[i] = wrk.format("GET", p, headers) end end
local n = 0
request = function() n = n % #made + 1; return made[n] end
${delay > 0 ? `delay = function() return ${delay} end` : ''}
`,
  );
  return file;
}

/**
 * Clicks at about this rate: each of 256 connections waits between its requests. Memory is looked at each second, and the
 * second third of the time compared with the last.
 */
async function soaked(server: Server, paths: readonly string[], seconds: number, rate: number): Promise<void> {
  const connections = 256;
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-soak-'));
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(residentOf(server.child.pid ?? 0)), 1000);
  try {
    const script = scriptOf(folder, 'soak', track, paths, Math.round((connections * 1000) / rate));
    const { perSecond, p99, errors } = await wrk(server, script, seconds, connections);
    const third = Math.floor(memory.length / 3);
    const mean = (list: readonly number[]): number =>
      list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);
    say(
      `soak: ${seconds} s, ${count(perSecond)} a second (asked for ${count(rate)}), p99 ${p99.toFixed(1)} ms, faults ${errors === '' ? 'none' : errors}; ` +
        `resident ${count(mean(memory.slice(third, 2 * third)))} MB in the second third, ${count(mean(memory.slice(2 * third)))} MB in the last`,
    );
  } finally {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of user and system time of the main thread so far: it is the one that answers. */
function processorOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MB. */
function residentOf(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

async function startNginx(folder: string): Promise<Server> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit; events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; server { listen 127.0.0.1:${port};
location = /.well-known/mta-sts.txt { default_type text/plain; return 200 "version: STSv1"; }
location / { return 302 ${target}; } } }`,
  );
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('exit', () => child.kill('SIGTERM'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { port, child, log: () => '' };
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** The configurations of `docs/behind-a-proxy.md`, run: only ports and paths are others than the page says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get as getPlain, request as requestPlain } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { findBinary, missing, run, temporaryFolder, type Running } from '../servers/process.ts';
import {
  handshake,
  quietPort,
  startLaboratory,
  startServe,
  until,
  type Laboratory,
  type Served,
} from './acme-laboratory.ts';

const page = await readFile(new URL('../../../docs/behind-a-proxy.md', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, one]) => one === language).map(([, , text]) => text ?? '');

const ours = 'mta-sts.example.test';
const policy = 'version: STSv1\r\nmode: testing\r\nmx: mx.example.test\r\nmax_age: 604800\r\n';
const domains = 'domains: { example.test: { mx: 10 mx.example.test, mtaSts: { mode: testing } } }\n';

/** Septet with the command of the page, except for its ports. */
async function septet(folder: string, laboratory: Laboratory, config: string): Promise<Served> {
  await writeFile(join(folder, 'septet.yaml'), config);
  const [command = ''] = blocks('sh');
  const options = command
    .trim()
    .replace(/^npx septet serve /, '')
    .replace('--http 8080', '--http 0')
    .split(' ');
  assert.ok(options.includes('--behind-proxy') && options.includes('0'), command);
  const places = ['--config', join(folder, 'septet.yaml'), '--data', join(folder, 'data')];
  return startServe([...options, ...places, '--admin', '127.0.0.1:0', '--resolver', laboratory.knot.server], {
    HOME: folder,
  });
}

interface Recorder {
  readonly port: number;
  /** Of each request: scheme, client and host, as the proxy tells them. */
  readonly heard: readonly string[];
  stop(): Promise<void>;
}

/** Stands between the proxy and Septet, notes what the proxy says, and passes it on as it is. */
async function recorder(septetPort: number): Promise<Recorder> {
  const heard: string[] = [];
  const server = createServer((asked, response) => {
    const { headers } = asked;
    if (!asked.url?.startsWith('/.well-known/acme-challenge/'))
      heard.push([headers['x-forwarded-proto'], headers['x-forwarded-for'], headers.host].join(' '));
    const onward = requestPlain({ host: '127.0.0.1', port: septetPort, path: asked.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, heard, stop };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const fetched = (
  port: number,
  host: string,
  ca: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        servername: host,
        ca,
        agent: false,
        path: '/.well-known/mta-sts.txt',
        headers: { host, ...headers },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    asking.on('error', reject);
    asking.end();
  });

/** The policy as a sender sees it, and what Septet heard of the client. */
async function servesPolicy(port: number, root: string, { heard }: Recorder): Promise<void> {
  const before = heard.length;
  const { status, headers, body } = await fetched(port, ours, root, {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'http',
  });
  assert.deepEqual([status, headers['content-type'], body], [200, 'text/plain', policy]);
  assert.equal(headers['location'], undefined);
  // What a client claims of itself is gone, or stands before what the proxy says.
  assert.equal(heard.length, before + 1);
  assert.match(heard.at(-1) ?? '', /^https (203\.0\.113\.9, )?127\.0\.0\.1 mta-sts\.example\.test$/);
}

const skipCaddy = await missing('caddy', 'pebble', 'knotd');

test(
  'Caddy gets a certificate for a name of ours because /ask says yes, for another none, and passes requests on',
  { skip: skipCaddy, timeout: 60_000 },
  async (t) => {
    const [http, https] = [await quietPort(), await quietPort()];
    const laboratory = await startLaboratory({ httpPort: http, httpsPort: https }, { name: 'localhost' });
    const [folder, own] = [await temporaryFolder('caddy'), await temporaryFolder('caddy-septet')];
    t.after(laboratory.stop);
    t.after(() => rm(own, { recursive: true, force: true }));
    const served = await septet(own, laboratory, domains);
    t.after(async () => assert.equal(await served.stop(), 0));
    const backend = await recorder(served.httpPort);
    t.after(backend.stop);
    const root = join(own, 'acme-root.pem');
    await writeFile(root, laboratory.pebble.ca);
    // Where a test differs from a machine: ports, the authority, no files outside of its folder.
    const options = [
      'admin off',
      `http_port ${http}`,
      `https_port ${https}`,
      `storage file_system ${folder}/storage`,
      `acme_ca ${laboratory.pebble.directory}`,
      `acme_ca_root ${root}`,
    ];
    const [caddyfile = ''] = blocks('caddyfile');
    const config = caddyfile
      .replace(/^\{\n/, `{\n${options.map((line) => `\t${line}\n`).join('')}`)
      .replace('127.0.0.1:8080', `127.0.0.1:${backend.port}`)
      .replace('127.0.0.1:9470', `127.0.0.1:${served.adminPort}`);
    await writeFile(join(folder, 'Caddyfile'), config);
    let caddy: Running | undefined;
    try {
      const environment = [`HOME=${folder}`, `XDG_DATA_HOME=${folder}`, `XDG_CONFIG_HOME=${folder}`];
      caddy = await run(
        '/usr/bin/env',
        [...environment, (await findBinary('caddy')) ?? '', 'run', '--config', join(folder, 'Caddyfile')],
        folder,
        async (log) => log.includes('serving initial configuration'),
      );
      const pebbleRoot = await laboratory.pebble.root();
      await servesPolicy(https, pebbleRoot, backend);
      await assert.rejects(handshake(https, 'second.example.test', pebbleRoot));
      assert.match(laboratory.pebble.log(), /mta-sts\.example\.test/);
      assert.doesNotMatch(laboratory.pebble.log(), /second\.example\.test/, 'the authority never heard of it');
    } catch (error) {
      throw new Error(`${String(error)}\n${caddy?.log() ?? ''}\n${served.out()}`, { cause: error });
    } finally {
      await caddy?.stop();
    }
  },
);

const skipNginx = await missing('nginx', 'pebble', 'knotd');
const execute = promisify(execFile);

test(
  'nginx: the order goes through its port 80, and it serves with the file that Septet keeps',
  { skip: skipNginx, timeout: 60_000 },
  async (t) => {
    const [http, https] = [await quietPort(), await quietPort()];
    const laboratory = await startLaboratory({ httpPort: http, httpsPort: https });
    const [folder, own] = [await temporaryFolder('nginx'), await temporaryFolder('nginx-septet')];
    t.after(laboratory.stop);
    t.after(() => rm(own, { recursive: true, force: true }));
    const ca = join(own, 'acme-root.pem');
    await writeFile(ca, laboratory.pebble.ca);
    const acme = `serve: { acme: { agree: true, directory: "${laboratory.pebble.directory}", ca: acme-root.pem } }\n`;
    const nginx = (await findBinary('nginx')) ?? '';
    const file = join(folder, 'nginx.conf');
    const write = (...servers: readonly string[]): Promise<void> =>
      writeFile(
        file,
        `daemon off;\nworker_processes 1;\npid ${folder}/pid;\nerror_log stderr notice;\nevents { worker_connections 64; }\nhttp {\naccess_log off;\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}\n${servers.join('\n')}}\n`,
      );
    await chmod(folder, 0o755);
    let server: Running | undefined;
    let served: Served | undefined;
    let backend: Recorder | undefined;
    try {
      // As the page says: the part for port 80 first, and nginx is there before the order.
      served = await septet(own, laboratory, domains + acme);
      backend = await recorder(served.httpPort);
      const [plain = '', secure = ''] = blocks('nginx').map((block) =>
        block
          .replaceAll('yourcompany.com', 'example.test')
          .replaceAll('127.0.0.1:8080', `127.0.0.1:${backend?.port}`)
          .replace('listen 80;', `listen 127.0.0.1:${http};`)
          .replace('listen 443 ssl;', `listen 127.0.0.1:${https} ssl;`)
          .replaceAll('/var/lib/septet', join(own, 'data')),
      );
      await write(plain);
      server = await run(nginx, ['-p', folder, '-e', 'stderr', '-c', file], folder, async (log) =>
        log.includes('start worker process'),
      );
      const { out } = served;
      await until('a certificate through nginx', [], () => /has a certificate of Pebble/.test(out()));
      await write(plain, secure);
      await execute(nginx, ['-p', folder, '-e', 'stderr', '-c', file, '-s', 'reload']);
      const root = await laboratory.pebble.root();
      await until('nginx serves', [], () =>
        handshake(https, ours, root).then(
          (seen) => seen.error === '',
          () => false,
        ),
      );
      await servesPolicy(https, root, backend);
      const redirect = await new Promise<string>((resolve, reject) => {
        getPlain({ host: '127.0.0.1', port: http, path: '/c/x', headers: { host: ours } }, (response) =>
          resolve(`${response.statusCode} ${response.resume().headers.location}`),
        ).on('error', reject);
      });
      assert.equal(redirect, `308 https://${ours}/c/x`);
    } catch (error) {
      throw new Error(`${String(error)}\n${server?.log() ?? ''}\n${served?.out()}`, { cause: error });
    } finally {
      await server?.stop();
      await backend?.stop();
      await served?.stop();
    }
  },
);

test('Traefik: the file is YAML and fits together; it is not run, as it is not in Debian', () => {
  const [block = ''] = blocks('yaml');
  const { http } = parse(block) as {
    http: {
      routers: Record<string, { rule: string; service: string; entryPoints: string[]; tls: { certResolver: string } }>;
      services: Record<string, { loadBalancer: { servers: { url: string }[] } }>;
    };
  };
  const router = http.routers['septet'];
  assert.match(router?.rule ?? '', /^Host\(`mta-sts\.[a-z.]+`\) \|\| Host\(`track\.[a-z.]+`\)$/);
  assert.deepEqual([router?.entryPoints, router?.tls], [['websecure'], { certResolver: 'letsencrypt' }]);
  const [server] = http.services[router?.service ?? '']?.loadBalancer.servers ?? [];
  assert.equal(new URL(server?.url ?? '').host, '127.0.0.1:8080');
});

/**
 * A laboratory for publishing: a primary Knot that takes updates, a secondary that hears of them, two unbounds that ask
 * the secondary, a Knot for the rest of the world, a web server, and a folder with `septet.yaml`.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { readJournal } from '../../src/store/files/journal-file.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import { processIo } from '../../src/process-io.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { serveWeb, type Page } from '../../src/sandbox/web.ts';
import type { Finished } from '../cli/program.ts';
import { startKnot, type KnotZone, type TestKey } from '../servers/knot.ts';
import { freePort } from '../servers/process.ts';
import { startUnbound } from '../servers/unbound.ts';

export const key: TestKey = {
  name: 'septet.',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('never-to-be-seen-in-any-output!!').toString('base64'),
};

/** A zone with nothing in it but what a zone must have; the absence of a name is remembered for one second. */
export const emptyZone = (origin: string): string => `$ORIGIN ${origin}.
$TTL 60
@ 1 SOA ns1.lab.net. hostmaster.lab.net. 1 60 60 3600 1
@ NS ns1.lab.net.
@ NS ns2.lab.net.
`;

export const tokens: readonly string[] = ['a', 'b', 'c'].map((letter) => letter.repeat(32));

/** The rest of the world, as far as the senders touch it. */
const world: readonly KnotZone[] = [
  {
    origin: 'com',
    text: `$ORIGIN com.
$TTL 60
@ 1 SOA ns1.lab.net. hostmaster.lab.net. 1 60 60 3600 1
@ NS ns1.lab.net.
app A 127.0.0.1
web A 127.0.0.1
amazonses TXT "v=spf1 ip4:20.60.1.0/24 -all"
feedback-smtp.eu-west-1.amazonses A 20.60.1.9
${tokens.map((token) => `${token}.dkim.amazonses TXT ( "v=DKIM1; k=rsa; p=" "${'KEY'}" )`).join('\n')}
`,
  },
  {
    origin: 'net',
    text: `$ORIGIN net.
$TTL 60
@ 1 SOA ns1.lab hostmaster.lab 1 60 60 3600 1
@ NS ns1.lab
ns1.lab A 127.0.0.1
ns2.lab A 127.0.0.1
reports MX 10 mail.reports
mail.reports A 20.60.2.9
example.com._report._dmarc.reports TXT "v=DMARC1"
`,
  },
  {
    origin: 'in-addr.arpa',
    text: `$ORIGIN in-addr.arpa.
$TTL 60
@ 1 SOA ns1.lab.net. hostmaster.lab.net. 1 60 60 3600 1
@ NS ns1.lab.net.
25.97.61.20 PTR mail.example.com.
`,
  },
];

export interface Lab {
  readonly folder: string;
  /** `127.0.0.1:40123` */
  readonly primary: string;
  readonly secondary: string;
  readonly resolvers: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Writes `septet.yaml` with these domains, a YAML text without the key `domains`. */
  configure(domains: string, more?: string): Promise<void>;
  /** The `dns:` line of a domain whose updates go to `server`, the primary without. */
  dns(server?: string, more?: string): string;
  /** Arguments that every command needs here. */
  readonly args: readonly string[];
  /** Runs the command line in this process, with the real clock. */
  run(args: readonly string[], more?: Partial<Io>): Promise<Finished>;
  /** `septet check --format json` through the first resolver, which knows nothing of the configuration. */
  check(domain: string, args: readonly string[]): Promise<Finished>;
  journal(domain: string): Promise<{ readonly text: string; readonly entries: readonly JournalEntry[] }>;
  /** Every record of the zone but the SOA, sorted, as the primary holds it. */
  records(zone: string): Promise<readonly string[]>;
  /** Of the SOA, at the primary unless another is named. */
  serial(zone: string, server?: string): Promise<number>;
  /** Adds what else was said to `traces`. */
  note(text: string): void;
  /** Everything that was said and written by the runs, to look for secrets in. */
  traces(): Promise<string>;
  stop(): Promise<void>;
}

export interface LabOptions {
  /** Zones that are to be published to. */
  readonly zones: readonly KnotZone[];
  /** Pages by host name. */
  readonly pages?: Readonly<Record<string, Readonly<Record<string, Page>>>>;
  /** Default: two. */
  readonly resolvers?: number;
  /** False: the resolvers ask the primary. A secondary of Knot hears of changes a second later. */
  readonly secondary?: boolean;
  /** Further zones that the resolvers know, by the servers that hold them. */
  readonly stubs?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startLab({
  zones,
  pages = {},
  resolvers = 2,
  secondary: isSecond = true,
  stubs: more = {},
  env: moreEnv = {},
}: LabOptions): Promise<Lab> {
  const closers: (() => Promise<void>)[] = [];
  const opened = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    closers.unshift(() => one.stop());
    return one;
  };
  const stop = async (): Promise<void> => {
    for (const close of closers) await close();
  };
  try {
    const folder = await mkdtemp(path.join(tmpdir(), 'septet-publish-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    // Who is told of changes may transfer, too; without a secondary nobody listens there.
    const primary = await opened(
      startKnot(zones, { keys: [key], mayUpdate: [key.name], notify: [`127.0.0.1:${port}`] }),
    );
    const origins = zones.map(({ origin }) => ({ origin }));
    const secondary = isSecond ? await opened(startKnot(origins, { port, primary: primary.server })) : primary;
    const rest = await opened(startKnot(world));
    const stubs = Object.fromEntries([
      ...world.map(({ origin }) => [origin, [rest.server]]),
      ...zones.map(({ origin }) => [origin, [secondary.server]]),
      ...Object.entries(more),
    ]) as Record<string, readonly string[]>;
    const unbounds = await Promise.all(Array.from({ length: resolvers }, () => opened(startUnbound({ stubs }))));
    const authority = makeAuthority('Laboratory', Date.now());
    const sites = Object.entries(pages).map(
      ([host, own]) => [host, { certificate: authority.issue([host]), pages: own }] as const,
    );
    const web = await serveWeb(new Map(sites));
    closers.unshift(() => web.close());
    await writeFile(path.join(folder, 'ca.pem'), authority.certificate);
    const file = path.join(folder, 'septet.yaml');
    const state = path.join(folder, 'state');
    const env = {
      TSIG: key.secret,
      SEPTET_HTTPS_PORT: String(web.httpsPort),
      SEPTET_HTTP_PORT: String(web.httpPort),
      ...moreEnv,
    };
    let said = '';
    const ca = path.join(folder, 'ca.pem');
    const within = async (args: readonly string[], more: Partial<Io> = {}): Promise<Finished> => {
      let [stdout, stderr] = ['', ''];
      const io: Io = {
        ...processIo(),
        out: (text) => void (stdout += String(text)),
        err: (text) => void (stderr += text),
        columns: 80,
        colours: false,
        progress: false,
        interactive: false,
        env,
        ...more,
      };
      const code = await run(args, io);
      said += `${stdout}${stderr}`;
      return { code, stdout, stderr };
    };
    const lab: Lab = {
      folder,
      primary: primary.server,
      secondary: secondary.server,
      resolvers: unbounds.map((unbound) => unbound.server),
      env,
      args: ['--config', file, '--ca', ca],
      configure: (domains, more = '') =>
        writeFile(
          file,
          `resolvers: ${JSON.stringify(lab.resolvers)}\nstate: ${state}\n${more}domains:\n${domains.replaceAll(/^(?=.)/gm, '  ')}\n`,
        ),
      dns: (server = primary.server, more = '') =>
        `dns: { host: rfc2136, server: "${server}", key: septet., secret: "\${TSIG}", servers: ${JSON.stringify([...new Set([secondary.server, primary.server])])}${more} }`,
      run: (args, more) => within([...args, ...lab.args], more),
      check: (domain, args) => {
        const resolver = lab.resolvers[0] ?? '';
        return within(['check', domain, '--format', 'json', '--resolver', resolver, '--ca', ca, ...args]);
      },
      journal: async (domain) => {
        const text = await readFile(path.join(state, `${domain}.journal.ndjson`), 'utf8').catch(() => '');
        return { text, entries: readJournal(text).entries };
      },
      records: (zone) => recordsOf(zone, primary.server),
      serial: async (zone, server = primary.server) =>
        Number((await kdig(server, ['+short', `${zone}.`, 'SOA'])).split(' ')[2]),
      note: (text) => void (said += text),
      traces: async () => {
        const names = await readdir(state, { recursive: true }).catch(() => []);
        const texts = names
          .filter((name) => !name.endsWith('.pem'))
          .map((name) => readFile(path.join(state, name), 'latin1').catch(() => ''));
        return [said, ...(await Promise.all(texts))].join('\n');
      },
      stop,
    };
    return lab;
  } catch (error) {
    await stop();
    throw error;
  }
}

const execute = promisify(execFile);

async function kdig(server: string, args: readonly string[]): Promise<string> {
  const [host = '', port = ''] = server.split(':');
  return (await execute('kdig', [`@${host}`, '-p', port, ...args])).stdout;
}

async function recordsOf(zone: string, server: string): Promise<readonly string[]> {
  const text = await kdig(server, ['+nocomments', '+nostats', `${zone}.`, 'AXFR']);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return lines
    .map((line) => line.replaceAll(/\s+/g, ' '))
    .filter((line) => !/ IN SOA /.test(line))
    .sort();
}

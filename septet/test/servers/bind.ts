/** BIND, the authoritative server, for tests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import type { TestKey } from './knot.ts';
import { findBinary, freePort, run, temporaryFolder } from './process.ts';

export interface BindZone {
  /** `example.com` */
  readonly origin: string;
  /** The zone file's text; absent for a secondary. */
  readonly text?: string;
}

export interface BindOptions {
  readonly port?: number;
  readonly keys?: readonly TestKey[];
  /** Names of keys that may update the zones; without any key, every address of this machine may. */
  readonly mayUpdate?: readonly string[];
  /** Secondaries that hear of changes, as `127.0.0.1:40123`. */
  readonly notify?: readonly string[];
  /** Makes this server a secondary of that one. */
  readonly primary?: string;
  /** Takes host records at names that are no host names; BIND itself does not. Default false. */
  readonly anyNames?: boolean;
  /** Signs the zones with keys of its own. */
  readonly signed?: boolean;
}

export interface Bind {
  /** `127.0.0.1:40123` */
  readonly server: string;
  readonly port: number;
  log(): string;
  stop(): Promise<void>;
}

/** Serves the zones on loopback. */
export async function startBind(zones: readonly BindZone[], options: BindOptions = {}): Promise<Bind> {
  const { keys = [], mayUpdate, notify = [], primary } = options;
  const path = await findBinary('named');
  if (path === undefined) throw new Error('named is not installed');
  const port = options.port ?? (await freePort());
  const folder = await temporaryFolder('bind');
  const whoUpdates =
    mayUpdate?.length === 0 ? 'localhost;' : (mayUpdate ?? []).map((name) => `key "${name}";`).join(' ');
  const updates = mayUpdate ? `allow-update { ${whoUpdates} };` : '';
  const entries: string[] = [];
  for (const [index, zone] of zones.entries()) {
    const file = join(folder, `${index}.zone`);
    if (zone.text !== undefined) await writeFile(file, zone.text);
    const role =
      primary === undefined
        ? `type primary; ${options.signed ? 'dnssec-policy default; ' : ''}${updates} allow-transfer { localhost; }; notify explicit; also-notify { ${listed(notify)} };`
        : `type secondary; primaries { ${listed([primary])} }; allow-notify { localhost; };`;
    entries.push(`zone "${zone.origin}" { file "${file}"; ${role} };`);
  }
  const config = `options {
  directory "${folder}";
  pid-file none;
  lock-file none;
  session-keyfile "${join(folder, 'session.key')}";
  managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
  notify-delay 0;
  tcp-clients 50;${options.anyNames ? '\n  check-names primary ignore;' : ''}
};
controls { };
${keys.map(({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`).join('\n')}
${entries.join('\n')}
`;
  const file = join(folder, 'named.conf');
  await writeFile(file, config);
  const probe = networkResolver({ servers: [`127.0.0.1:${port}`], timeoutMs: 200, attempts: 1, recursion: false });
  const running = await run(path, ['-g', '-n', '1', '-c', file], folder, async () => {
    for (const zone of zones) {
      const answer = await probe.query(dnsName(zone.origin), 'SOA');
      if (answer.kind !== 'found') return false;
    }
    return true;
  }).finally(() => probe.close());
  return { server: `127.0.0.1:${port}`, port, log: running.log, stop: running.stop };
}

const listed = (servers: readonly string[]): string =>
  servers.map((server) => `${server.replace(':', ' port ')};`).join(' ');

/** Knot, the authoritative server, for tests and measurements. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import { findBinary, freePort, run, temporaryFolder } from './process.ts';

export interface KnotZone {
  /** `example.com`, or `.` for the root. */
  readonly origin: string;
  /** The zone file's text, or where it lies. */
  readonly text?: string;
  readonly file?: string;
}

export interface Knot {
  /** `127.0.0.1:40123` */
  readonly server: string;
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface KnotOptions {
  readonly address?: string;
  readonly port?: number;
  /** Worker threads for each protocol; default 1. */
  readonly workers?: number;
  readonly keys?: readonly TestKey[];
  /** Names of keys that may update the zones; without any key, every address may. */
  readonly mayUpdate?: readonly string[];
  /** Secondaries that hear of changes, as `127.0.0.1:40123`; they may transfer without a key. */
  readonly notify?: readonly string[];
  /** Makes this server a secondary: the zones are fetched from there. */
  readonly primary?: string;
  /** Signs the zones with keys of its own (ECDSA P-256). */
  readonly signed?: boolean;
}

/** A TSIG key as configurations of name servers hold it. */
export interface TestKey {
  readonly name: string;
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
}

/** Serves the zones on loopback. */
export async function startKnot(zones: readonly KnotZone[], options: KnotOptions = {}): Promise<Knot> {
  const { address = '127.0.0.1', workers = 1 } = options;
  const path = await findBinary('knotd');
  if (path === undefined) throw new Error('knotd is not installed');
  const port = options.port ?? (await freePort(address));
  const folder = await temporaryFolder('knot');
  if (options.signed) await mkdir(join(folder, 'db'));
  const entries: string[] = [];
  for (const [index, zone] of zones.entries()) {
    const file = zone.file ?? join(folder, `${index}.zone`);
    if (zone.text !== undefined) await writeFile(file, zone.text);
    entries.push(`  - domain: ${absolute(zone.origin)}\n    file: ${JSON.stringify(file)}\n${roles(options)}`);
  }
  const config = `${common(folder)}
server:
    rundir: ${folder}
    listen: ${address}@${port}
    udp-workers: ${workers}
    tcp-workers: ${workers}
    background-workers: 1
    tcp-max-clients: 100
${sections(options)}template:
  - id: default
    storage: ${folder}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: soft
zone:
${entries.join('')}`;
  await writeFile(join(folder, 'knot.conf'), config);
  const probe = networkResolver({ servers: [`${address}:${port}`], timeoutMs: 200, attempts: 1, recursion: false });
  const running = await run(path, ['-c', join(folder, 'knot.conf')], folder, async () => {
    for (const zone of zones) {
      const answer = await probe.query(zone.origin === '.' ? dnsName('.') : dnsName(zone.origin), 'SOA');
      if (answer.kind !== 'found') return false;
    }
    return true;
  }).finally(() => probe.close());
  return { server: `${address}:${port}`, address, port, stop: running.stop };
}

export interface SignedZone {
  /** The signed zone file's text. */
  readonly text: string;
  /** The key-signing key as a record, for a validator's `trust-anchor`. */
  readonly trustAnchor: string;
}

/** Signs a zone with fresh keys (ECDSA P-256): a Knot of its own does it and writes the zone file. */
export async function signZone(origin: string, text: string): Promise<SignedZone> {
  const path = await findBinary('knotd');
  if (path === undefined) throw new Error('knotd is not installed');
  const folder = await temporaryFolder('sign');
  const file = join(folder, 'signed.zone');
  await writeFile(file, text);
  await mkdir(join(folder, 'db'));
  const config = `${common(folder)}
server:
    rundir: ${folder}
    listen: 127.0.0.1@${await freePort()}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
policy:
  - id: test
    algorithm: ecdsap256sha256
    nsec3: off
zone:
  - domain: ${absolute(origin)}
    file: ${JSON.stringify(file)}
    storage: ${folder}
    zonefile-sync: 0
    zonefile-load: whole
    dnssec-signing: on
    dnssec-policy: test
`;
  await writeFile(join(folder, 'knot.conf'), config);
  let signed = '';
  const signer = await run(path, ['-c', join(folder, 'knot.conf')], folder, async () => {
    signed = await readFile(file, 'utf8');
    return signed.includes('RRSIG') && signed.trimEnd().includes('\n;; Written');
  });
  await signer.stop();
  const key = /^(\S+)\s+\d+\s+(?:IN\s+)?DNSKEY\s+(257 3 .*)$/m.exec(signed);
  if (key === null) throw new Error(`no key-signing key in the signed zone:\n${signed.slice(0, 500)}`);
  return { text: signed, trustAnchor: `${absolute(origin)} DNSKEY ${key[2]}` };
}

/** What a zone entry says about updates and transfers. */
function roles({ mayUpdate, notify = [], primary, signed }: KnotOptions): string {
  const acls = [
    ...(mayUpdate ? ['update'] : []),
    ...(notify.length > 0 ? ['transfer'] : []),
    ...(primary ? ['notify'] : []),
  ];
  return [
    ...(acls.length > 0 ? [`    acl: [${acls.join(', ')}]\n`] : []),
    ...(notify.length > 0 ? [`    notify: [${notify.map((_, i) => `secondary${i}`).join(', ')}]\n`] : []),
    ...(primary ? ['    master: primary\n'] : []),
    ...(signed ? ['    dnssec-signing: on\n    dnssec-policy: ecdsa\n'] : []),
  ].join('');
}

/** Keys, remotes and permissions that `roles` names. */
function sections({ keys = [], mayUpdate, notify = [], primary, signed }: KnotOptions): string {
  const at = (server: string): string => server.replace(':', '@');
  const lines: string[] = [];
  if (keys.length > 0) lines.push('key:');
  for (const { name, algorithm, secret } of keys) {
    lines.push(`  - id: ${name}`, `    algorithm: ${algorithm}`, `    secret: ${secret}`);
  }
  const remotes = [...notify.map((server, i) => [`secondary${i}`, server]), ...(primary ? [['primary', primary]] : [])];
  if (remotes.length > 0) lines.push('remote:');
  for (const [id, server] of remotes) lines.push(`  - id: ${id}`, `    address: ${at(server ?? '')}`);
  if (mayUpdate || remotes.length > 0) lines.push('acl:');
  if (mayUpdate) {
    lines.push('  - id: update', '    action: update');
    lines.push(mayUpdate.length > 0 ? `    key: [${mayUpdate.join(', ')}]` : '    address: 127.0.0.0/8');
  }
  if (notify.length > 0) lines.push('  - id: transfer', '    address: 127.0.0.0/8', '    action: transfer');
  if (primary) lines.push('  - id: notify', '    address: 127.0.0.0/8', '    action: notify');
  if (signed) lines.push('policy:', '  - id: ecdsa', '    algorithm: ecdsap256sha256');
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function common(folder: string): string {
  return `database:
    storage: ${join(folder, 'db')}
log:
  - target: stderr
    any: warning
`;
}

const absolute = (origin: string): string => (origin.endsWith('.') ? origin : `${origin}.`);

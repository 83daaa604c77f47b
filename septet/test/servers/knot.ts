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
}

/** Serves the zones on loopback. */
export async function startKnot(zones: readonly KnotZone[], options: KnotOptions = {}): Promise<Knot> {
  const { address = '127.0.0.1', workers = 1 } = options;
  const path = await findBinary('knotd');
  if (path === undefined) throw new Error('knotd is not installed');
  const port = options.port ?? (await freePort(address));
  const folder = await temporaryFolder('knot');
  const entries: string[] = [];
  for (const [index, zone] of zones.entries()) {
    const file = zone.file ?? join(folder, `${index}.zone`);
    if (zone.text !== undefined) await writeFile(file, zone.text);
    entries.push(`  - domain: ${absolute(zone.origin)}\n    file: ${JSON.stringify(file)}\n`);
  }
  const config = `${common(folder)}
server:
    rundir: ${folder}
    listen: ${address}@${port}
    udp-workers: ${workers}
    tcp-workers: ${workers}
    background-workers: 1
    tcp-max-clients: 100
template:
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

function common(folder: string): string {
  return `database:
    storage: ${join(folder, 'db')}
log:
  - target: stderr
    any: warning
`;
}

const absolute = (origin: string): string => (origin.endsWith('.') ? origin : `${origin}.`);

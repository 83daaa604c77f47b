/** OpenDKIM, the milter that signs and verifies, for tests. Its keys come from a DNS server on loopback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findBinary, freePort, run, temporaryFolder, type Running } from './process.ts';

/** One line of the key and the signing table. */
export interface SigningRule {
  /** Addresses of authors: `*@example.com`. */
  readonly authors: string;
  /** `d=` and `s=`. */
  readonly domain: string;
  readonly selector: string;
  /** Private key, PEM. */
  readonly pem: string;
}

export interface Milter {
  /** As Postfix names it: `inet:127.0.0.1:40123`. */
  readonly milter: string;
  log(): string;
  stop(): Promise<void>;
}

/** Signs all mail whose author a rule names; the first rule that fits counts. */
export async function startSigner(rules: readonly SigningRule[], settings: readonly string[] = []): Promise<Milter> {
  const folder = await temporaryFolder('opendkim');
  await mkdir(join(folder, 'keys'), { mode: 0o700 });
  const keys: string[] = [];
  const signing: string[] = [];
  for (const [i, { authors, domain, selector, pem }] of rules.entries()) {
    const file = join(folder, `keys/${i}.pem`);
    // oxlint-disable-next-line no-await-in-loop -- a few files
    await writeFile(file, pem, { mode: 0o600 });
    keys.push(`key${i} ${domain}:${selector}:${file}`);
    signing.push(`${authors} key${i}`);
  }
  await writeFile(join(folder, 'KeyTable'), `${keys.join('\n')}\n`);
  await writeFile(join(folder, 'SigningTable'), `${signing.join('\n')}\n`);
  return start(folder, [
    'Mode s',
    'Canonicalization relaxed/relaxed',
    'OversignHeaders From',
    'RequireSafeKeys no',
    `KeyTable file:${join(folder, 'KeyTable')}`,
    `SigningTable refile:${join(folder, 'SigningTable')}`,
    ...settings,
  ]);
}

export interface VerifierOptions {
  readonly authservId: string;
  /** The address of the DNS server that is asked at port 53, an authoritative one for everything. */
  readonly nameServer: string;
  readonly settings?: readonly string[];
}

/** Verifies all mail, whoever the client is, writes a result always, and refuses nothing. */
export async function startVerifier({ authservId, nameServer, settings = [] }: VerifierOptions): Promise<Milter> {
  const folder = await temporaryFolder('opendkim');
  // Clients that are named here are signed for instead; without a list that is 127.0.0.1.
  await writeFile(join(folder, 'nobody'), '192.0.2.250\n');
  return start(folder, [
    'Mode v',
    `AuthservID ${authservId}`,
    'AlwaysAddARHeader yes',
    'On-Default accept',
    'On-BadSignature accept',
    'On-DNSError accept',
    'On-KeyNotFound accept',
    'On-Security accept',
    `InternalHosts file:${join(folder, 'nobody')}`,
    // `ResolverConfiguration` would take a port as well, but with two messages at once its reader ends the process.
    `Nameservers ${nameServer}`,
    ...settings,
  ]);
}

async function start(folder: string, settings: readonly string[]): Promise<Milter> {
  const path = await findBinary('opendkim');
  if (path === undefined) throw new Error('opendkim is not installed');
  const port = await freePort();
  const config = [
    `Socket inet:${port}@127.0.0.1`,
    'Background no',
    'AutoRestart no',
    'Syslog no',
    `TemporaryDirectory ${folder}`,
    ...settings,
  ];
  const file = join(folder, 'opendkim.conf');
  await writeFile(file, `${config.join('\n')}\n`);
  return milterAt(port, await run(path, ['-f', '-x', file], folder, () => listens(port)));
}

/** What a milter that runs is to a mail server. */
export function milterAt(port: number, running: Running): Milter {
  return { milter: `inet:127.0.0.1:${port}`, log: running.log, stop: running.stop };
}

/** Whether something takes connections at this port; a milter that hears nothing ends the session by itself. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

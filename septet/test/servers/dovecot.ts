/**
 * Dovecot, the IMAP server, for tests: an instance of its own with its configuration, sockets, users, certificate and mail
 * in a temporary folder, on loopback alone. It takes root to start one, as Dovecot changes to users of its own.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary, freePort, run, temporaryFolder, type Running } from './process.ts';

const execute = promisify(execFile);

export interface DovecotOptions {
  /** Names and passwords. */
  readonly users: Readonly<Record<string, string>>;
  /** What the server says it can; for servers that can less than Dovecot. */
  readonly capability?: string;
  /** Whether STARTTLS is offered on the plain port; usually it is. */
  readonly startTls?: boolean;
}

export interface Dovecot {
  /** TLS from the start. */
  readonly imaps: number;
  /** In clear, with STARTTLS. */
  readonly imap: number;
  /** The certificate (PEM), for `localhost` and 127.0.0.1; nobody signed it but itself. */
  readonly ca: string;
  /** Puts a message into a mailbox the way Maildir does: written beside, then moved in. `name` orders the messages. */
  deliver(user: string, octets: Uint8Array | string, name: string, mailbox?: string): Promise<void>;
  /** `doveadm` with this configuration: what it printed. */
  doveadm(...args: readonly string[]): Promise<string>;
  /** Stops the processes at once and leaves the mail where it is. */
  kill(): Promise<void>;
  /** Starts them again on the same ports. */
  start(): Promise<void>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Why Dovecot cannot be started here; `false` where it can. In CI that is an error. */
export function mayStartDovecot(): string | false {
  if (process.getuid?.() === 0) return false;
  const reason = 'Dovecot is started by root alone';
  if (process.env['CI'] === 'true') throw new Error(`${reason}; CI runs these tests as root`);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

/** Starts an instance and waits until both ports greet. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const [path, doveadm, openssl] = await Promise.all(['dovecot', 'doveadm', 'openssl'].map((name) => findBinary(name)));
  if (path === undefined || doveadm === undefined || openssl === undefined) throw new Error('dovecot is not installed');
  const folder = await temporaryFolder('dovecot');
  // Dovecot's own users come by here; the folder's name is not to be guessed.
  await chmod(folder, 0o755);
  const at = (...names: readonly string[]): string => join(folder, ...names);
  const [imaps, imap] = await twoPorts();
  const owner = await idsOf('dovecot');
  const ours = async (place: string): Promise<void> => {
    await mkdir(place, { recursive: true });
    await chown(place, owner.uid, owner.gid);
  };
  await ours(at('mail'));
  await mkdir(at('run'), { mode: 0o755 });
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await execute(openssl, [...request.split(' '), ...names, '-keyout', at('key.pem'), '-out', at('cert.pem')]);
  // In base64, as the file is split at colons.
  const users = Object.entries(options.users).map(
    ([name, password]) => `${name}:{PLAIN.b64}${Buffer.from(password).toString('base64')}\n`,
  );
  await writeFile(at('users'), users.join(''));
  await chown(at('users'), owner.uid, owner.gid);
  await chmod(at('users'), 0o600);
  await writeFile(at('dovecot.conf'), configuration(folder, imap, imaps, owner, options));

  const log = (): Promise<string> => readFile(at('log'), 'utf8').catch(() => '');
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    // The folder that `run` removes at the end is one of its own, so that the mail outlives a kill.
    await mkdir(at('turn'), { recursive: true });
    running = await run(path, ['-F', '-c', at('dovecot.conf')], at('turn'), async () => {
      const greeted = await Promise.all([greets(imap, '* OK'), greets(imaps, '')]);
      return greeted.every(Boolean);
    });
  };
  const halt = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const master = Number(await readFile(at('run', 'master.pid'), 'utf8').catch(() => ''));
    const listed = running && master > 1 ? `/proc/${master}/task/${master}/children` : '';
    const children = (await readFile(listed, 'utf8').catch(() => '')).split(' ').map(Number);
    if (signal === 'SIGKILL') for (const pid of [master, ...children]) end(pid);
    await running?.stop();
    // Sessions outlive a master that is told to end.
    if (signal === 'SIGTERM') for (const pid of children) end(pid);
    running = undefined;
  };
  try {
    await start();
  } catch (error) {
    const said = await log();
    await rm(folder, { recursive: true, force: true });
    throw new Error(`Dovecot did not start:\n${said}`, { cause: error });
  }
  return {
    imaps,
    imap,
    ca: await readFile(at('cert.pem'), 'utf8'),
    log,
    async deliver(user, octets, name, mailbox = 'INBOX') {
      const place = mailbox === 'INBOX' ? at('mail', user) : at('mail', user, `.${mailbox}`);
      await ours(at('mail', user));
      await ours(place);
      await Promise.all(['tmp', 'new', 'cur'].map((one) => ours(join(place, one))));
      const written = join(place, 'tmp', name);
      await writeFile(written, octets);
      await chown(written, owner.uid, owner.gid);
      await rename(written, join(place, 'new', name));
    },
    async doveadm(...args) {
      const { stdout } = await execute(doveadm, ['-c', at('dovecot.conf'), ...args]);
      return stdout;
    },
    kill: () => halt('SIGKILL'),
    start,
    async stop() {
      await halt('SIGTERM');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function configuration(
  folder: string,
  imap: number,
  imaps: number,
  owner: { readonly uid: number; readonly gid: number },
  options: DovecotOptions,
): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = ${options.startTls === false ? 'no' : 'yes'}
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_debug = no
mail_location = maildir:${folder}/mail/%u
mail_uid = ${owner.uid}
mail_gid = ${owner.gid}
first_valid_uid = 1
mailbox_idle_check_interval = 1 secs
maildir_very_dirty_syncs = no
default_client_limit = 200
default_process_limit = 50
${options.capability === undefined ? '' : `imap_capability = ${options.capability}`}
namespace inbox {
  inbox = yes
  separator = /
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = ${options.startTls === false ? 'no' : 'yes'}
  }
}
service anvil {
  chroot =
  # Without it wrong passwords make the next login wait.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`;
}

function end(pid: number): void {
  if (!(pid > 1)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function twoPorts(): Promise<readonly [number, number]> {
  const first = await freePort();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until they differ
    const second = await freePort();
    if (second !== first) return [first, second];
  }
}

/** Whether something listens there, and begins with these words. */
function greets(port: number, words: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    if (words === '') socket.once('connect', () => done(true));
    else socket.once('data', (data) => done(data.toString('latin1').startsWith(words)));
  });
}

async function idsOf(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${user} here`);
  return { uid: Number(uid), gid: Number(gid) };
}

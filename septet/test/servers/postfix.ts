/**
 * Postfix, the mail server, for tests: an instance of its own with its configuration, queue, data and log in a temporary
 * folder, on loopback alone. It takes root to start one, as Postfix changes to users of its own.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary, run, temporaryFolder } from './process.ts';

export interface PostfixListener {
  readonly port: number;
  /** Settings of this port that differ from `main`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostfixOptions {
  /** `mx.receiver.example` */
  readonly hostname: string;
  readonly listeners: readonly PostfixListener[];
  /** Texts that `main` names as `$config_directory/<name>`. */
  readonly files?: Readonly<Record<string, string>>;
  /** More of main.cf. */
  readonly main?: Readonly<Record<string, string>>;
  /** Takes mail for every address of this domain, and delivers it here. */
  readonly mailboxes?: string;
}

export interface Postfix {
  log(): Promise<string>;
  /** The message that was delivered to this address, as it lies in the mailbox; waits for it. */
  mail(address: string): Promise<Buffer>;
  /** The names of the messages that wait in this queue: `hold`, `deferred`, `active`. */
  waiting(queue: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Why Postfix cannot be started here; `false` where it can. In CI that is an error. */
export function mayStartPostfix(): string | false {
  if (process.getuid?.() === 0) return false;
  const reason = 'Postfix is started by root alone';
  if (process.env['CI'] === 'true') throw new Error(`${reason}; CI runs these tests as root`);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

/** Starts an instance and waits until each port greets. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { hostname, listeners, mailboxes } = options;
  const path = await findBinary('postfix');
  if (path === undefined) throw new Error('postfix is not installed');
  const [owner, reader] = await Promise.all([idsOf('postfix'), idsOf('nobody')]);
  const folder = await temporaryFolder('postfix');
  // Postfix's own users come by here; the folder's name is not to be guessed.
  await chmod(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  for (const name of ['etc', 'queue', 'data', 'mail']) {
    // oxlint-disable-next-line no-await-in-loop -- four folders
    await mkdir(at(name));
  }
  await chown(at('data'), owner.user, owner.group);
  await chown(at('mail'), reader.user, reader.group);
  const main: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: at('queue'),
    data_directory: at('data'),
    // Logging without syslog, by way of postlogd. Standard output is a socket here, which it cannot open.
    maillog_file: at('maillog'),
    maillog_file_prefixes: folder,
    syslog_name: 'postfix',
    myhostname: hostname,
    myorigin: hostname,
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    // Nobody is asked: next hops are given with their ports.
    smtp_dns_support_level: 'disabled',
    smtp_host_lookup: 'native',
    smtpd_peername_lookup: 'no',
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
    smtpd_tls_security_level: 'none',
    smtp_tls_security_level: 'none',
    smtpd_client_connection_count_limit: '0',
    smtpd_delay_reject: 'no',
    // Each message goes at once, and what cannot be delivered does not come back.
    smtp_connection_cache_on_demand: 'no',
    bounce_queue_lifetime: '0',
    maximal_queue_lifetime: '0',
    notify_classes: '',
    in_flow_delay: '0',
    ...(mailboxes === undefined ? {} : mailboxSettings(mailboxes, at('mail'), reader)),
    ...options.main,
  };
  await writeFile(at('etc/main.cf'), lines(Object.entries(main).map(([key, value]) => `${key} = ${value}`)));
  await writeFile(at('etc/master.cf'), lines([...listeners.map(listening), ...services]));

  for (const [name, text] of Object.entries(options.files ?? {})) {
    // oxlint-disable-next-line no-await-in-loop -- a few files
    await writeFile(at(`etc/${name}`), text);
  }

  // The program that makes the queue's folders; then the daemon itself, so that it is the one that is stopped.
  await execute(path, ['-c', at('etc'), 'check']);
  const running = await run(daemon, ['-c', at('etc'), '-s'], folder, async () => {
    for (const { port } of listeners) if (!(await greets(port))) return false; // oxlint-disable-line no-await-in-loop
    return true;
  });
  return {
    log: () => readFile(at('maillog'), 'utf8'),
    mail: (address) => delivered(at('mail/all/new'), address),
    waiting: (queue) => readdir(at(`queue/${queue}`)),
    stop: running.stop,
  };
}

/** Debian's place. */
const daemon = '/usr/lib/postfix/sbin/master';

const execute = promisify(execFile);

const services = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'smtp unix - - n - - smtp',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'virtual unix - n n - - virtual',
  'anvil unix - - n - 1 anvil',
  'proxymap unix - - n - - proxymap',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'postlog unix-dgram n - n - 1 postlogd',
];

/** A line of master.cf; nothing runs in a changed root (`chroot` is `n`). */
function listening({ port, settings = {} }: PostfixListener): string {
  const own = Object.entries(settings).map(([key, value]) => `\n  -o { ${key} = ${value} }`);
  return `127.0.0.1:${port} inet n - n - - smtpd${own.join('')}`;
}

interface Ids {
  readonly user: number;
  readonly group: number;
}

function mailboxSettings(domain: string, folder: string, { user, group }: Ids): Record<string, string> {
  return {
    virtual_mailbox_domains: domain,
    virtual_mailbox_base: folder,
    virtual_mailbox_maps: 'static:all/',
    virtual_minimum_uid: '1',
    virtual_uid_maps: `static:${user}`,
    virtual_gid_maps: `static:${group}`,
  };
}

async function idsOf(name: string): Promise<Ids> {
  const entry = (await readFile('/etc/passwd', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`));
  const [, , user, group] = entry?.split(':') ?? [];
  if (user === undefined || group === undefined) throw new Error(`this machine has no user ${name}`);
  return { user: Number(user), group: Number(group) };
}

/** Whether an SMTP server greets at this port. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (text) => {
      socket.write('QUIT\r\n');
      end(text.toString('latin1').startsWith('220'));
    });
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

async function delivered(folder: string, address: string): Promise<Buffer> {
  const read = new Set<string>();
  for (const limit = performance.now() + 10_000; performance.now() < limit;) {
    /* oxlint-disable no-await-in-loop -- it looks again and again */
    for (const name of await readdir(folder).catch(() => [])) {
      if (read.has(name)) continue;
      read.add(name);
      const message = await readFile(join(folder, name));
      if (message.includes(`\nDelivered-To: ${address}\n`)) return message;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    /* oxlint-enable no-await-in-loop */
  }
  throw new Error(`no message came for ${address}`);
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;

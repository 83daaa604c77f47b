/**
 * Postfix, the mail server, for tests: an instance of its own with its configuration, queue, data and log in a temporary
 * folder, on loopback alone. It takes root to start one, as Postfix changes to users of its own.
 */
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, type Ran } from './execute.ts';
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
  /** More of main.cf. */
  readonly main?: Readonly<Record<string, string>>;
  /** Takes mail for every address of this domain: `mail` finds it by the part before the `@`. */
  readonly mailboxes?: string;
}

export interface Postfix {
  /** What it logged, the end of it. */
  log(): string;
  /** The messages that were delivered to this mailbox so far, as they lie there. */
  mail(mailbox: string): Promise<readonly Buffer[]>;
  /** How many messages wait in this queue: `hold`, `deferred`, `active`. */
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
  const owner = await idsOf('postfix');
  const folder = await temporaryFolder('postfix');
  // Postfix's own users come by here; the folder's name is not to be guessed.
  await chmod(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  for (const name of ['etc', 'queue', 'data', 'mail']) {
    // oxlint-disable-next-line no-await-in-loop -- four folders
    await mkdir(at(name));
  }
  await chown(at('data'), owner.user, owner.group);
  await chown(at('mail'), owner.user, owner.group);
  const main: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: at('queue'),
    data_directory: at('data'),
    // Logging without syslog: to standard output, by way of postlogd.
    maillog_file: '/dev/stdout',
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
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
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
    ...(mailboxes === undefined ? {} : mailboxSettings(mailboxes, at('mail'), at('etc/mailboxes'), owner)),
    ...options.main,
  };
  if (mailboxes !== undefined) await writeFile(at('etc/mailboxes'), '/^([^@]+)@/ $1/\n');
  await writeFile(at('etc/main.cf'), lines(Object.entries(main).map(([key, value]) => `${key} = ${value}`)));
  await writeFile(at('etc/master.cf'), lines([...listeners.map(listening), ...services]));

  const running = await run(path, ['-c', at('etc'), 'start-fg'], folder, async () => {
    for (const { port } of listeners) if (!(await greets(port))) return false; // oxlint-disable-line no-await-in-loop
    return true;
  });
  return {
    log: running.log,
    mail: (mailbox) => filesIn(at(`mail/${mailbox}/new`)),
    waiting: (queue) => readdir(at(`queue/${queue}`)),
    stop: running.stop,
  };
}

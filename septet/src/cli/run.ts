/** The command line: one table of commands; each is loaded when it is called. */
import type { Command as CommanderCommand } from 'commander';
import { StateFault } from '../store/state-fault.ts';
import { InputError, type Io } from './io.ts';
import { version } from './version.ts';
import { visibleLines } from './visible.ts';

/** One command: its words for `--help`, and the module that carries it out. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  /** Adds arguments and options, and an action that answers the exit code through `done`. */
  configure(command: CommanderCommand, io: Io, done: (code: number) => void): void;
}

export const commands: readonly CommandEntry[] = [
  { name: 'check', summary: 'check all seven records of a domain, or of many', load: () => import('./check/check.ts') },
  {
    name: 'init',
    summary: 'write septet.yaml, starting from the records that are there',
    load: () => import('./init/init.ts'),
  },
  {
    name: 'plan',
    summary: 'what to publish, in which order, behind which gates',
    load: () => import('./plan/plan.ts'),
  },
  { name: 'publish', summary: 'carry the plan out and read the records back', load: () => import('./plan/publish.ts') },
  { name: 'status', summary: 'where each step stands, and what it waits for', load: () => import('./plan/status.ts') },
  { name: 'undo', summary: 'put back what a step changed', load: () => import('./plan/undo.ts') },
  {
    name: 'dkim',
    summary: 'DKIM keys: make, import, export for the signer, rotate',
    load: () => import('./dkim/dkim.ts'),
  },
  {
    name: 'message',
    summary: 'prove it on a message: verify, headers, sign, listen, send',
    load: () => import('./message/message.ts'),
  },
  { name: 'spf', summary: 'SPF: the verdict for an address, and the include tree', load: () => import('./spf/spf.ts') },
  { name: 'dmarc', summary: 'DMARC: the policy as new and as old receivers read it', load: () => import('./dmarc.ts') },
  { name: 'bimi', summary: 'BIMI: check, convert and preview a logo', load: () => import('./bimi/bimi.ts') },
  { name: 'mta-sts', summary: 'MTA-STS: check a policy file on disk', load: () => import('./mta-sts.ts') },
  {
    name: 'reports',
    summary: 'DMARC, failure and TLS reports: import, parse, show',
    load: () => import('./reports/reports.ts'),
  },
  {
    name: 'sources',
    summary: 'who sends as this domain, and whose each is',
    load: () => import('./reports/sources.ts'),
  },
  {
    name: 'ramp',
    summary: 'where each ramp stands and what it needs; simulate one',
    load: () => import('./ramp/ramp.ts'),
  },
  {
    name: 'approve',
    summary: 'say yes to the step that waits for you',
    load: () => import('./ramp/approve.ts'),
  },
  {
    name: 'watch',
    summary: 're-check, import reports, move ramps, alert on change',
    load: () => import('./watch/watch.ts'),
  },
  {
    name: 'history',
    summary: 'what changed, when, and by whom',
    load: () => import('./watch/history.ts'),
  },
  {
    name: 'alerts',
    summary: 'where alerts go: test the channels, show what is open',
    load: () => import('./alerts.ts'),
  },
  {
    name: 'serve',
    summary: 'host the policy, the logo, tracking and unsubscribe links',
    load: () => import('./serve/serve.ts'),
  },
  {
    name: 'certificates',
    summary: 'which names have a certificate, until when, from where',
    load: () => import('./serve/certificates.ts'),
  },
  {
    name: 'tracking',
    summary: 'clicks, opens and unsubscribes; the suppression list',
    load: () => import('./serve/tracking.ts'),
  },
  {
    name: 'rewrite',
    summary: 'put tracking and unsubscribe links into a message',
    load: () => import('./relay/rewrite.ts'),
  },
  {
    name: 'relay',
    summary: 'an SMTP proxy or milter that does so to each message',
    load: () => import('./relay/relay.ts'),
  },
  { name: 'backup', summary: 'everything that is stored, as one file', load: () => import('./backup/backup.ts') },
  { name: 'restore', summary: 'a backup into an empty store', load: () => import('./backup/restore.ts') },
  {
    name: 'config',
    summary: 'what septet.yaml may hold: schema, example, environment',
    load: () => import('./init/config.ts'),
  },
  { name: 'explain', summary: 'what a code means, why it matters, how to mend it', load: () => import('./explain.ts') },
  { name: 'demo', summary: 'check a sandbox domain with the classic mistakes', load: () => import('./demo.ts') },
];

const exitNote = `
Exit codes: 0 nothing at or above --fail-on, 1 such findings exist,
            2 wrong use or unreadable input, 3 could not tell (try again later)
`;

/** Runs the program and answers its exit code. Throws only on bugs, and says so. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { Command, CommanderError } = await import('commander');
  let code = 0;
  const program = new Command('septet')
    .description(
      'Checks, plans, publishes and proves the DNS records of an e-mail sender:\nMX, SPF, DKIM, DMARC, tracking, MTA-STS, BIMI',
    )
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', exitNote)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(visibleLines(text)),
      getOutHelpWidth: () => Math.min(io.columns, 100),
      getErrHelpWidth: () => Math.min(io.columns, 100),
    })
    .showSuggestionAfterError();
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  try {
    for (const entry of commands) {
      const command = program.command(entry.name).description(entry.summary).exitOverride();
      command.copyInheritedSettings(program);
      // Only the command that runs is loaded; the others stand in the help by name.
      // oxlint-disable-next-line no-await-in-loop -- at most one iteration loads anything
      if (entry.name === wanted) (await entry.load()).configure(command, io, (result) => void (code = result));
    }
    if (args.length === 0) {
      program.outputHelp();
      return 2;
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // A damaged file of the state folder is input like any other.
    if (error instanceof InputError || error instanceof StateFault) {
      io.err(`${visibleLines(error.message)}\n`);
      return 2;
    }
    io.err(`This is a fault in Septet, not in your domain. Please report it with these lines:\n`);
    io.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 2;
  }
}

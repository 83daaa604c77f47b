/** `septet undo`: puts back what a step changed, from the journal. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { inverse } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import type { DnsHost } from '../../providers/host.ts';
import { undo, type Undone } from '../../publish/undo.ts';
import { clockText } from './clock-text.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { addPlanOptions, openPlanSession, type DomainSession, type PlanOptions } from './plan-session.ts';
import { changeLines } from './plan-text.ts';
import { alone, clockOf, confirm, tellFault } from './publish-outside.ts';

interface Options extends PlanOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domain]', 'a domain of the configuration (default: the only one)')
    .argument('[step]', 'what to take back (default: what was published last)')
    .option('--yes', 'do not ask')
    .option('--force', 'also when later steps were published after it')
    .action(async (domain: string | undefined, step: string | undefined, options: Options) => {
      done(await undoStep(domain, step, options, io));
    });
}

async function undoStep(name: string | undefined, step: string | undefined, options: Options, io: Io): Promise<number> {
  const session = await openPlanSession(name === undefined ? [] : [name], options, io, { fresh: true });
  try {
    const [domain, ...others] = session.domains;
    if (domain === undefined || others.length > 0) throw new InputError('Which domain? septet undo example.com [step]');
    const own = await session.of(domain);
    const host = await own.openHost();
    try {
      return await alone(own.lockFile, domain, io, () => takeBack(own, host, step, options, io));
    } finally {
      await host.close?.();
    }
  } finally {
    await session.close();
  }
}

async function takeBack(
  own: DomainSession,
  host: DnsHost,
  step: string | undefined,
  options: Options,
  io: Io,
): Promise<number> {
  const paint = painter(io.columns, io.colours);
  // Another run may have ended between the first reading and the lock.
  await own.journal.refresh();
  const result = await undo({
    domain: own.domain,
    ...(step === undefined ? {} : { step }),
    force: options.force === true,
    host,
    journal: own.journal,
    clock: clockOf(io),
    zone: async () => (await own.plan()).plan.zone,
    consent: async (intent) => {
      const head = `${paint('bold', intent.step)}  as it was before ${clockText(Date.parse(intent.at), io.now())}`;
      const lines = intent.changes.map(inverse).flatMap((change) => changeLines(change, paint));
      await io.out([head, ...lines, ''].join('\n'));
      if (options.yes) return true;
      if (!io.interactive) throw new InputError('Nothing was changed: nobody is here to ask. Run it again with --yes.');
      return confirm('Put this back?');
    },
  });
  return tell(result, step, own.domain, paint, io);
}

async function tell(result: Undone, step: string | undefined, domain: DnsName, paint: Paint, io: Io): Promise<number> {
  switch (result.kind) {
    case 'undone':
      await io.out(`${result.intent.step} is as it was before.\n`);
      if (result.more) {
        const again = `septet undo ${domain} ${result.intent.step}`;
        await io.out(
          `${wrap(`An earlier write of this step still stands; take it back with: ${again}`, paint.columns, '')}\n`,
        );
      }
      return exitCodes.fine;
    case 'declined':
      await io.out('Nothing was changed.\n');
      return exitCodes.fine;
    case 'nothing': {
      const known =
        result.steps.length > 0
          ? `Published and not taken back: ${result.steps.join(', ')}.`
          : 'The journal knows of nothing that was published.';
      const words = `There is nothing to take back${step === undefined ? '' : ` for ${step}`}. ${known}`;
      throw new InputError(wrap(words, paint.columns, ''));
    }
    case 'built-upon':
      io.err(
        `${wrap(`${result.by.join(', ')} came after ${result.intent.step}. Take these back first, or use --force where they concern other records.`, paint.columns, '')}\n`,
      );
      return exitCodes.findings;
    case 'fault':
      return tellFault(result.fault, '', paint, io);
  }
}

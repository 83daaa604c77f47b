/** `septet undo`: puts back what a step changed, from the journal. */
import type { Command } from 'commander';
import { exitCodes } from '../audit/report.ts';
import { inverse } from '../change/change.ts';
import { undo, type Undone } from '../publish/undo.ts';
import { takeLock } from '../store/lock.ts';
import { InputError, type Io } from './io.ts';
import { painter, wrap, type Paint } from './paint.ts';
import { addPlanOptions, openPlanSession, type PlanOptions } from './plan-session.ts';
import { changeLines } from './plan-text.ts';
import { clockOf, confirm } from './publish-outside.ts';

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
  const paint = painter(io.columns, io.colours);
  let code: number;
  try {
    const [domain, ...others] = session.domains;
    if (domain === undefined || others.length > 0) throw new InputError('Which domain? septet undo example.com [step]');
    const own = await session.of(domain);
    const host = await own.openHost();
    const lock = await takeLock(own.lockFile, io.processes);
    if (lock.kind === 'taken')
      throw new InputError(`Another septet (process ${lock.pid}) is publishing ${domain}. Wait for it first.`);
    try {
      const result = await undo({
        domain,
        ...(step === undefined ? {} : { step }),
        force: options.force === true,
        host,
        journal: own.journal,
        clock: clockOf(io),
        zone: async () => (await own.plan()).plan.zone,
        consent: async (intent) => {
          const lines = intent.changes.map(inverse).flatMap((change) => changeLines(change, paint));
          await io.out([`${paint('bold', intent.step)}  as it was before ${intent.at}`, ...lines, ''].join('\n'));
          if (options.yes) return true;
          if (!io.interactive)
            throw new InputError('Nothing was changed: nobody is here to ask. Run it again with --yes.');
          return confirm('Put this back?');
        },
      });
      code = await tell(result, step, paint, io);
    } finally {
      await lock.release();
      await host.close?.();
    }
  } finally {
    await session.close();
  }
  return code;
}

async function tell(result: Undone, step: string | undefined, paint: Paint, io: Io): Promise<number> {
  switch (result.kind) {
    case 'undone':
      await io.out(`${result.intent.step} is as it was before.\n`);
      return exitCodes.fine;
    case 'declined':
      await io.out('Nothing was changed.\n');
      return exitCodes.fine;
    case 'nothing': {
      const known =
        result.steps.length > 0
          ? `Published and not taken back: ${result.steps.join(', ')}.`
          : 'The journal knows of nothing that was published.';
      throw new InputError(`There is nothing to take back${step === undefined ? '' : ` for ${step}`}. ${known}`);
    }
    case 'built-upon':
      io.err(
        `${wrap(`${result.by.join(', ')} came after ${result.intent.step}. Take these back first, or use --force where they concern other records.`, paint.columns, '')}\n`,
      );
      return exitCodes.findings;
    case 'fault':
      io.err(`${wrap(result.fault.detail, paint.columns, '')}\n${wrap(result.fault.cure, paint.columns, '')}\n`);
      return result.fault.reason === 'changed' ? exitCodes.findings : exitCodes.couldNotTell;
  }
}

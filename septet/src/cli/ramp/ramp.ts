/** `septet ramp`: where each ramp stands, what its next step needs and has; `septet ramp simulate` plays one through. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { viewRamps, type RampView } from '../../watch/ramp-view.ts';
import { InputError, type Io } from '../io.ts';
import { painter } from '../paint.ts';
import { addPlanOptions, openPlanSession, type PlanOptions } from '../plan/plan-session.ts';
import { worse } from '../plan/plan.ts';
import { findingBlocks } from '../check/report-text.ts';
import { visibleJson } from '../visible.ts';
import { rampsValue } from './ramp-json.ts';
import { rampsText } from './ramp-text.ts';
import type { SimulateOptions } from './simulate.ts';

interface Options extends PlanOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domain]', 'a domain of the configuration (default: all)')
    .option('--json', 'the same as JSON, with the findings')
    .option('-v, --verbose', 'also each finding, with why and what to do')
    .action(async (domain: string | undefined, options: Options) => {
      done(await ramp(domain === undefined ? [] : [domain], options, io));
    });
  command
    .command('simulate')
    .description('what a ramp would do over weeks, in a world that a file describes')
    .requiredOption('--scenario <file>', 'who sends, receives and forges (YAML; docs/examples has some)')
    .option('--days <count>', 'how many days (default: 120)')
    .option('--seed <number>', 'another draw of the same world (default: 1)')
    .option('--json', 'each morning as JSON, one a line')
    .action(async (_options: SimulateOptions, own: Command) => {
      const { simulateRamp } = await import('./simulate.ts');
      // `--json` stands before or after the word.
      done(await simulateRamp(own.optsWithGlobals<SimulateOptions>(), io));
    });
}

async function ramp(names: readonly string[], options: Options, io: Io): Promise<number> {
  const session = await openPlanSession(names, options, io);
  const paint = painter(io.columns, io.colours);
  let code: number = exitCodes.fine;
  try {
    if (session.domains.length === 0) throw new InputError('The configuration has no domain yet: septet init');
    for (const [index, domain] of session.domains.entries()) {
      // oxlint-disable no-await-in-loop -- one domain after the other, in the order that was asked for
      const own = await session.of(domain);
      const { plan } = await own.plan();
      const now = session.world.now();
      const views = await viewRamps({ intent: own.settings.intent, plan, now, store: session.store });
      if (options.json) {
        await io.out(`${visibleJson(rampsValue(domain, views), session.domains.length > 1 ? undefined : 2)}\n`);
      } else {
        const gap = index === 0 ? '' : '\n';
        await io.out(`${gap}${rampsText(domain, views, paint, now)}`);
        const findings = views.flatMap((view) => view.findings);
        if (options.verbose && findings.length > 0)
          await io.out(`\n${findingBlocks(findings, paint, { verbose: true }).trimEnd()}\n`);
      }
      // oxlint-enable no-await-in-loop
      code = worse(code, exitCodeOf(views));
    }
    if (!session.store && !options.json)
      await io.out('\nNo reports are kept here yet. They come in with: septet reports import PATH\n');
  } finally {
    await session.close();
  }
  return code;
}

/** 1 when a person has to decide or something got worse, 3 when DNS did not tell, else 0. */
function exitCodeOf(views: readonly RampView[]): number {
  if (views.some(({ asks, alerts, decision, paused }) => asks || paused || alerts.length > 0 || decision === 'back'))
    return exitCodes.findings;
  return views.some(({ decision }) => decision === 'unknown') ? exitCodes.couldNotTell : exitCodes.fine;
}

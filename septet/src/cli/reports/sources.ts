/** `septet sources [domain]`, `sources mark`, `sources unmark`: who sends as a domain, and whose each is. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addWorldOptions } from '../options.ts';
import { addStoreOptions } from '../store-option.ts';
import type { SourcesOptions } from './sources-list.ts';
import type { MarkOptions } from './sources-mark.ts';

const configWords = 'the configuration (default: septet.yaml here, then the usual places)';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[domain]', 'one domain (default: those of the configuration)')
    .option('--since <when>', 'a number of days such as 30d, or a date', '30d')
    .option('--unauthenticated', 'count reports too that nobody vouches for')
    .option('--offline', 'ask nobody for the names of addresses')
    .option('--config <file>', configWords)
    .option('--json', 'the same as JSON');
  addWorldOptions(addStoreOptions(command)).action(async (domain: string | undefined, options: SourcesOptions) => {
    const { listSources } = await import('./sources-list.ts');
    done(await listSources(domain, options, io));
  });
  const mark = command
    .command('mark')
    .description('say whose a source is; what you say counts before everything else')
    .argument('<source>', 'as `septet sources` names it: its key, its name, or an address')
    .argument('<whose...>', 'mine, forwarder or not mine')
    .option('--note <text>', 'a note for yourself');
  addCommon(mark).action(async (source: string, whose: readonly string[], own: MarkOptions, { parent }: Command) => {
    const { markSource } = await import('./sources-mark.ts');
    done(await markSource(source, whose.join(' '), withParent(own, parent), io));
  });
  const unmark = command.command('unmark').description('take a mark back').argument('<source>', 'as it was marked');
  addCommon(unmark).action(async (source: string, own: MarkOptions, { parent }: Command) => {
    const { unmarkSource } = await import('./sources-mark.ts');
    done(await unmarkSource(source, withParent(own, parent), io));
  });
}

const addCommon = (command: Command): Command =>
  addStoreOptions(
    command
      .option('--domain <name>', 'the domain that it sends as (default: the only one of the configuration)')
      .option('--config <file>', configWords),
  );

/** The command above has options of the same names, and takes those that stand behind `mark` too. */
const withParent = (own: MarkOptions, parent: Command | null): MarkOptions => ({
  ...parent?.opts<Pick<MarkOptions, 'data' | 'store' | 'config'>>(),
  ...own,
});

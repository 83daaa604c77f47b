/** `septet tracking show|keys|suppressions …`: what was clicked and opened, the keys of links, and who wants no more mail. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addStoreOptions } from '../store-option.ts';
import type { KeysOptions } from './tracking-keys.ts';
import type { ShowOptions } from './tracking-show.ts';
import type { AddOptions, ExportOptions, ImportOptions, RemoveOptions } from './tracking-suppressions.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(
    command
      .command('show')
      .description('clicks, opens and unsubscribes by campaign or day')
      .argument('[domain]', 'only this domain'),
  )
    .option('--since <time>', 'from this day on: 2026-11-01, or 30d (default: 30d)')
    .option('--by <what>', 'campaign or day (default: campaign)')
    .option('--csv', 'the same as CSV')
    .option('--json', 'the same as JSON')
    .action(async (domain: string | undefined, options: ShowOptions) => {
      const { trackingShow } = await import('./tracking-show.ts');
      done(await trackingShow(domain, options, io));
    });
  command
    .command('keys')
    .description('the keys that make and read the addresses of links; a new one')
    .option('--rotate', 'add a key, which makes the addresses from now on')
    .option('--data <folder>', 'where Septet keeps its data (default: ~/.local/share/septet, or SEPTET_DATA)')
    .option('--json', 'the same as JSON')
    .action(async (options: KeysOptions) => {
      const { trackingKeys } = await import('./tracking-keys.ts');
      done(await trackingKeys(options, io));
    });
  const list = command
    .command('suppressions')
    .description('who wants no more mail, or is not to be tracked: import, export, add, remove');
  const kind = ['--kind <kind>', 'unsubscribed or do-not-track (default: unsubscribed)'] as const;
  addStoreOptions(
    list
      .command('import')
      .description('addresses or ids, one a line, or CSV with a column email or recipient')
      .argument('<file>', 'a file, or - for standard input'),
  )
    .requiredOption('--domain <domain>', 'the domain whose mail they do not want')
    .option(...kind)
    .option('--json', 'what came of it, as JSON')
    .action(async (file: string, options: ImportOptions) => {
      const { importSuppressions } = await import('./tracking-suppressions.ts');
      done(await importSuppressions(file, options, io));
    });
  addStoreOptions(list.command('export').description('all of them as CSV'))
    .option('--domain <domain>', 'only those of this domain')
    .option('--json', 'one JSON object a line')
    .action(async (options: ExportOptions) => {
      const { exportSuppressions } = await import('./tracking-suppressions.ts');
      done(await exportSuppressions(options, io));
    });
  addStoreOptions(
    list.command('add').description('put recipients on the list').argument('<recipients...>', 'addresses or ids'),
  )
    .requiredOption('--domain <domain>', 'the domain whose mail they do not want')
    .option(...kind)
    .option('--json', 'what came of it, as JSON')
    .action(async (recipients: readonly string[], options: AddOptions) => {
      const { addSuppressions } = await import('./tracking-suppressions.ts');
      done(await addSuppressions(recipients, options, io));
    });
  addStoreOptions(
    list.command('remove').description('take recipients off the list').argument('<recipients...>', 'addresses or ids'),
  )
    .requiredOption('--domain <domain>', 'the domain whose mail they want again')
    .option(...kind)
    .option('--json', 'what came of it, as JSON')
    .action(async (recipients: readonly string[], options: RemoveOptions) => {
      const { removeSuppressions } = await import('./tracking-suppressions.ts');
      done(await removeSuppressions(recipients, options, io));
    });
}

/** `septet alerts test|show`: tries every channel of the configuration, or says what each has been told and waits for. */
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { addWorldOptions, collect } from './options.ts';
import { addStoreOptions } from './store-option.ts';
import type { AlertsShowOptions } from './alerts-show.ts';
import type { AlertsTestOptions } from './alerts-test.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  const test = command
    .command('test')
    .description('send a test alert to each channel, and say what came of it')
    .option('--channel <name>', 'only this one: its name, or a kind such as mail; may be repeated', collect)
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--json', 'what came of it, as JSON');
  addWorldOptions(test).action(async (options: AlertsTestOptions) => {
    const { alertsTest } = await import('./alerts-test.ts');
    done(await alertsTest(options, io));
  });
  const show = command
    .command('show')
    .description('the channels, what each has been told, and what waits until when')
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--state <folder>', 'where the channels remember what they were told (default: as the configuration says)')
    .option('--json', 'the same as JSON');
  addStoreOptions(show).action(async (options: AlertsShowOptions) => {
    const { alertsShow } = await import('./alerts-show.ts');
    done(await alertsShow(options, io));
  });
}

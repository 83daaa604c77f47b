/** `septet bimi`: check a logo and a mark certificate; `convert` and `preview` are loaded when they are called. */
import type { Command } from 'commander';
import { addFileOptions } from '../check/file-report.ts';
import type { Io } from '../io.ts';
import type { BimiOptions } from './check-logo.ts';
import type { ConvertFlags } from './convert-logo.ts';
import type { PreviewFlags } from './preview-logo.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[logo]', 'a logo to check, as --svg')
    .option('--svg <file>', 'the logo, .svg or .svgz (- is standard input)')
    .option('--certificate <file>', 'the mark certificate (VMC or CMC), PEM')
    .option('--at <time>', 'check as if it were this time, e.g. 2026-11-23T12:00:00Z');
  addFileOptions(command);
  command.action(async (logo: string | undefined, options: BimiOptions) => {
    const { checkLogo } = await import('./check-logo.ts');
    done(await checkLogo(logo, options, io));
  });
  command
    .command('convert')
    .description('make SVG Tiny PS, the profile of BIMI, from an ordinary SVG')
    .argument('<logo>', 'the logo, .svg or .svgz (- is standard input)')
    .option('-o, --out <file>', 'write the result there (default: standard output)')
    .option('--title <name>', 'name of the brand (default: the title of the file)')
    .option('--background <colour>', 'put this behind the drawing, e.g. "#fff" (in quotes) or white')
    .option('--json', 'the result and every change as JSON')
    .action(async (logo: string, options: ConvertFlags) => {
      const { convert } = await import('./convert-logo.ts');
      done(await convert(logo, options, io));
    });
  command
    .command('preview')
    .description('show a logo in the sizes and shapes of mailboxes')
    .argument('<logo>', 'the logo, .svg or .svgz (- is standard input)')
    .option('--html <file>', 'write the page there (default: standard output)')
    .option('--png <file>', 'draw it as a picture, by Chromium where that is installed')
    .action(async (logo: string, options: PreviewFlags) => {
      const { preview } = await import('./preview-logo.ts');
      done(await preview(logo, options, io));
    });
}

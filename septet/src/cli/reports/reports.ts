/** `septet reports import|parse|show`: DMARC, failure and TLS reports. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addWorldOptions, collect } from '../options.ts';
import { addStoreOptions } from '../store-option.ts';
import type { ImportOptions } from './import-options.ts';
import type { ParseOptions } from './parse.ts';
import type { ShowOptions } from './show.ts';

const configWords = 'the configuration (default: septet.yaml here, then the usual places)';

const sizeWords = 'of a file or message, packed or not, at the most';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  const read = command
    .command('import')
    .description('read reports into the store: xml, json, gzip, zip, messages, mailboxes, folders')
    .argument('[paths...]', 'files, folders or Maildirs; - is standard input')
    .option('--imap <url>', 'a mailbox: imaps://user:${PASSWORD}@host/INBOX; may be repeated', collect)
    .option('--imap-done <what>', 'leave, seen or move:FOLDER: what becomes of a message that is stored', 'leave')
    .option('--idle', 'stay with the mailbox until interrupted (IDLE)')
    .option('--follow <folder>', 'stay with a folder or Maildir until interrupted; may be repeated', collect)
    .option('--domain <name>', 'a domain of yours besides those of the configuration; may be repeated', collect)
    .option('--config <file>', configWords)
    .option('--keep-failures', 'store failure reports too, without what is personal in them')
    .option('--unredacted', 'with --keep-failures: also addresses, subjects and samples of mail')
    .option('--allow-unauthenticated', 'let mailed reports open gates although no signature vouches for them')
    .option('--max-size <megabytes>', sizeWords, '2000')
    .option('--patience <seconds>', 'how long a database or mailbox that is away is waited for', '120')
    .option('--json', 'one JSON object a line: each report when it is stored, each refusal, then the sums');
  addWorldOptions(addStoreOptions(read)).action(async (paths: readonly string[], options: ImportOptions) => {
    const { importReports } = await import('./import.ts');
    done(await importReports(paths, options, io));
  });
  command
    .command('parse')
    .description('the reports in files as JSON, one a line; nothing is stored')
    .argument('<files...>', 'files of any kind that import takes; - is standard input')
    .option('--unredacted', 'failure reports with all that is personal in them')
    .option('--max-size <megabytes>', sizeWords, '2000')
    .action(async (files: readonly string[], options: ParseOptions) => {
      const { parseReports } = await import('./parse.ts');
      done(await parseReports(files, options, io));
    });
  const show = command
    .command('show')
    .description('what the reports say, as tables')
    .argument('[domain]', 'one domain (default: those of the configuration)')
    .option('--since <when>', 'a number of days such as 30d, or a date', '30d')
    .option('--until <date>', 'up to this day')
    .option('--by <what>', 'source, day, receiver or result', 'source')
    .option('--unauthenticated', 'count reports too that nobody vouches for')
    .option('--config <file>', configWords)
    .option('--json', 'the same as JSON')
    .option('--csv', 'the table as CSV');
  addStoreOptions(show).action(async (domain: string | undefined, options: ShowOptions) => {
    const { showReports } = await import('./show.ts');
    done(await showReports(domain, options, io));
  });
}

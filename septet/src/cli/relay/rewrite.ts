/** `septet rewrite`: a message with links, pixel and unsubscribe address of the sender's own domain, to standard output. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import type { RewriteOptions } from './rewrite-run.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('<file>', 'the message; - is standard input')
    .requiredOption('--domain <domain>', 'the domain that the message is from')
    .option('--tracking <host>', 'the tracking host (default: as the configuration says)')
    .option('--recipient <id>', 'who it is for: address or id (default: the only address in To)')
    .option('--campaign <id>', 'campaign that the addresses name')
    .option('--message <id>', 'how you name the message (default: its Message-ID, up to @)')
    .option('--no-clicks', 'leave links as they are')
    .option('--no-opens', 'put in no pixel')
    .option('--text', 'also the addresses in plain text, which people see')
    .option(
      '--unsubscribe <what>',
      'List-Unsubscribe: keep an https address that is there, replace it, or none (default: keep)',
    )
    .option('--keep-unsubscribe-links', 'leave links whose address speaks of unsubscribing')
    .option('--selector <name>', 'selector of --key; without --key, of a key that Septet keeps')
    .option('--key <file>', 'private key for DKIM (PEM) (default: the keys that Septet keeps for the domain)')
    .option('--no-sign', 'do not sign')
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option(
      '--state <folder>',
      'where DKIM keys are kept (default: as the configuration says; .septet here without one)',
    )
    .option(
      '--data <folder>',
      'where the keys of tracking addresses are (default: ~/.local/share/septet, or SEPTET_DATA)',
    )
    .option('--at <time>', 'sign as if it were this time, e.g. 2026-11-23T12:00:00Z')
    .action(async (file: string, options: RewriteOptions) => {
      const { rewrite } = await import('./rewrite-run.ts');
      done(await rewrite(file, options, io));
    });
}

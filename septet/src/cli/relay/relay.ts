/** `septet relay`: an SMTP proxy, and a milter for Postfix, that rewrite each message on its way out. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addWorldOptions, collect } from '../options.ts';
import { addStoreOptions } from '../store-option.ts';
import type { RelayOptions } from './relay-options.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .option('--listen <place>', 'where mail is taken by SMTP: address:port (default: 127.0.0.1:2526)')
    .option('--to <server>', 'the next server: smtp://user:${PASSWORD}@host:587 (from the environment), smtps://…')
    .option('--direct', 'deliver to the mail servers of each recipient, as their MTA-STS policies demand')
    .option('--milter [place]', 'also, or without --to only, a milter at inet:address:port or unix:path')
    .option('--name <host>', 'what the relay calls itself (default: localhost; needed with --direct)')
    .option('--network <network>', 'programs that need no login (default: this machine); may be repeated', collect)
    .option('--cert <file>', 'certificate (PEM) for STARTTLS; without, TLS is not offered')
    .option('--tls-key <file>', 'private key (PEM) of --cert')
    .option('--max-size <size>', 'largest message: 500k, 25m (default: 25m)')
    .option('--max-connections <count>', 'clients at a time (default: 200)')
    .option('--on-fault <what>', 'milter, for what cannot be rewritten: accept or tempfail (default: accept)')
    .option('--keep-unsubscribe-links', 'leave links whose address speaks of unsubscribing')
    .option('--internal', 'with --direct: also deliver to loopback and private addresses')
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--state <folder>', 'where the DKIM keys are kept (default: as the configuration says)')
    .option('--json', 'one JSON document a line and event on standard output, instead of text on standard error');
  addStoreOptions(command);
  addWorldOptions(command).action(async (options: RelayOptions) => {
    const { relay } = await import('./relay-run.ts');
    done(await relay(options, io));
  });
}

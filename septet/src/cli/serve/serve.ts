/** `septet serve`: hosts what the records point at, for every domain of the configuration. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { collect } from '../options.ts';
import { addStoreOptions } from '../store-option.ts';
import type { ServeOptions } from './serve-options.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(command)
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--host <address>', 'where to listen (default: all addresses; 127.0.0.1 with --sandbox)')
    .option('--http <port>', 'the port for plain HTTP, or off (default: 80)')
    .option('--https <port>', 'the port for HTTPS, or off (default: 443; off with --behind-proxy)')
    .option('--admin <place>', 'health, metrics and ask: an address and a port, or off (default: 127.0.0.1:9470)')
    .option(
      '--behind-proxy <networks>',
      'believe X-Forwarded-For and -Proto of these addresses, with commas; may be repeated',
      collect,
    )
    .option('--resolver <server>', 'ask this resolver for exchanges; may be repeated', collect)
    .option('--ca <file>', 'trust these certificates (PEM) too; may be repeated', collect)
    .option('--rate <number>', 'requests of one address in a minute (default: 6000)')
    .option('--drain <seconds>', 'time for requests to end after SIGTERM (default: 10)')
    .option('--log <level>', 'debug, info, warn or silent (default: info)')
    .option('--sandbox', 'try it on loopback: a made-up domain, a certificate of its own, no DNS')
    .action(async (options: ServeOptions) => {
      if (options.sandbox) {
        const { serveSandbox } = await import('./serve-sandbox.ts');
        return done(await serveSandbox(options, io));
      }
      const { serve } = await import('./serve-run.ts');
      done(await serve(options, io));
    });
}

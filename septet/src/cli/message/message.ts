/** `septet message verify|headers|sign|listen|send`: the proof on a real message. Each action is loaded when it is called. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addWorldOptions, collect } from '../options.ts';
import type { HeadersOptions } from './headers.ts';
import type { ListenOptions } from './listen.ts';
import type { SendOptions } from './send.ts';
import type { SignOptions } from './sign.ts';
import type { VerifyOptions } from './verify.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  const verify = command
    .command('verify')
    .description('evaluate SPF, DKIM, DMARC and ARC of a message, and compare with what its receiver says')
    .argument('<files...>', 'messages (.eml) or mailbox files (mbox); - is standard input')
    .option('--domain <domain>', 'compare with the plan of this domain: its selectors, return paths, hosts')
    .option('--config <file>', 'the configuration for --domain (default: septet.yaml here, then the usual places)')
    .option('--ip <address>', 'the client that gave the message to its receiver (default: from Received)')
    .option('--helo <name>', 'what that client called itself (default: from Received)')
    .option('--mail-from <address>', 'the envelope sender, "" for none (default: from Return-Path)')
    .option('--trust <id>', 'authserv-id whose Authentication-Results count; may be repeated', collect)
    .option('--original <file>', 'the message as it was sent: shows exactly what was changed on the way')
    .option('--post-unsubscribe', 'send the one-click POST for real: it unsubscribes, so use a test recipient')
    .option('--json', 'all proofs as one JSON document')
    .option('--ndjson', 'one JSON document a line and message')
    .option('--markdown', 'the report as Markdown')
    .option('--html', 'the report as one HTML page that needs nothing else')
    .option('--verbose', 'advice and facts in full')
    .option('--fail-on <severity>', 'error or warning', 'error');
  addWorldOptions(verify).action(async (files: readonly string[], options: VerifyOptions) => {
    const { verify } = await import('./verify.ts');
    done(await verify(files, options, io));
  });
  command
    .command('headers')
    .description('read Authentication-Results, ARC and Received, as JSON')
    .argument('<file>', 'a message or a mailbox file; - is standard input')
    .option('--trust <id>', 'authserv-id whose Authentication-Results count; may be repeated', collect)
    .action(async (file: string, options: HeadersOptions) => {
      const { headers } = await import('./headers.ts');
      done(await headers(file, options, io));
    });
  command
    .command('sign')
    .description('put DKIM signatures on a message, and print it')
    .argument('<file>', 'the message; - is standard input')
    .requiredOption('--domain <domain>', 'the domain that signs (d=)')
    .option('--selector <name>', 'selector of --key')
    .option('--key <file>', 'private RSA key (PEM)')
    .option('--ed25519-selector <name>', 'selector of --ed25519-key')
    .option('--ed25519-key <file>', 'private Ed25519 key (PEM); with --key both sign')
    .option('--headers <names>', 'fields to sign, separated by colons (default: those of RFC 6376 §5.4.1)')
    .option('--expires <seconds>', 'write x=, so many seconds from now')
    .option('--canonicalization <form>', 'relaxed/relaxed or another pair of simple and relaxed', 'relaxed/relaxed')
    .option('--only-fields', 'print the DKIM-Signature fields alone')
    .option('--at <time>', 'sign as if it were this time, e.g. 2026-11-23T12:00:00Z')
    .action(async (file: string, options: SignOptions) => {
      const { sign } = await import('./sign.ts');
      done(await sign(file, options, io));
    });
  const listen = command
    .command('listen')
    .description('take mail at a test address, and report on each message')
    .option('--host <address>', 'where to listen (default: 127.0.0.1)', '127.0.0.1')
    .option('--port <number>', 'SMTP port', '2525')
    .option('--web <address>', 'where reports are shown: address:port, or off', '127.0.0.1:8025')
    .option(
      '--name <host>',
      'what the server calls itself, and the part of addresses behind @ (default: localhost; needed with a public --host)',
    )
    .option('--domain <domain>', 'compare with the plan of this domain')
    .option('--config <file>', 'the configuration for --domain')
    .option('--cert <file>', 'certificate (PEM) for STARTTLS; without, TLS is not offered')
    .option('--tls-key <file>', 'private key (PEM) of --cert')
    .option('--keep <time>', 'how long messages and reports are kept: 30m, 24h, 7d', '1h')
    .option('--save <folder>', 'also write each message as it came into this folder')
    .option('--max-size <size>', 'largest message: 500k, 25m', '25m')
    .option('--max-messages <count>', 'how many are kept at a time; the oldest goes first', '100')
    .option('--rate <count>', 'messages from one address in a minute', '30')
    .option('--count <count>', 'end after so many messages')
    .option('--json', 'one JSON document a line and message, instead of text');
  addWorldOptions(listen).action(async (options: ListenOptions) => {
    const { listen } = await import('./listen.ts');
    done(await listen(options, io));
  });
  const send = command
    .command('send')
    .description('send a test message with a token in it, for each sender of the plan')
    .requiredOption('--to <address>', 'your own mailbox at Gmail, Outlook, Yahoo…')
    .option(
      '--via <server>',
      'smtp://user:${PASSWORD}@host:587 (from the environment), smtps://…; postfix=smtp://… for one sender of the plan; ?tls=optional; may be repeated',
      collect,
    )
    .option('--domain <domain>', 'the domain to send from (default: the only one of the configuration)')
    .option('--from <address>', 'the From address (default: septet-test@ the domain)')
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--state <folder>', 'where the tokens are kept (default: as the configuration says)')
    .option('--unsubscribe <url>', 'an https address for List-Unsubscribe, to test one-click')
    .option('--ca <file>', 'trust these certificates (PEM) too; may be repeated', collect)
    .option('--json', 'what was sent, as JSON');
  send.action(async (options: SendOptions) => {
    const { send } = await import('./send.ts');
    done(await send(options, io));
  });
}

/** `septet message verify`: the proof of one message, of several, or of all in a mailbox file. */
import { exitCodeOf } from '../../audit/report.ts';
import { canonicalAddress } from '../../dns/address.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { readMessages } from '../../mail/read-messages.ts';
import type { Expected } from '../../proof/expected.ts';
import { verifyMessage, type VerifyOptions as Verifying } from '../../proof/verify.ts';
import { failOnOf } from '../check/file-report.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { domainOf } from '../options.ts';
import { painter } from '../paint.ts';
import { visible } from '../visible.ts';
import { writerOf, type WriterOptions } from './proof-writer.ts';

export interface VerifyOptions extends WorldOptions, WriterOptions {
  readonly domain?: string;
  readonly config?: string;
  readonly ip?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly trust?: readonly string[];
  readonly original?: string;
  readonly postUnsubscribe?: boolean;
  readonly failOn: string;
}

export async function verify(files: readonly string[], options: VerifyOptions, io: Io): Promise<number> {
  const failOn = failOnOf(options.failOn);
  const writer = writerOf(options, io, painter(io.columns, io.colours));
  const common = await commonOptions(options, io);
  if (files.filter((file) => file === '-').length > 1) throw new InputError('Standard input (-) can be read once.');
  const { world, close } = await openWorld(options, io);
  let worst = 0;
  const count = (code: number): void => void (worst = severer(worst, code));
  try {
    for (const file of files) {
      // oxlint-disable-next-line no-await-in-loop -- one message in memory at a time, in the order of the arguments
      await eachMessage(file, io, async (message, source) => {
        if (message.header.fields.length === 0) {
          await writer.fault(source, noMessage(source));
          return count(2);
        }
        const proof = await verifyMessage(world, message, { ...common, source });
        await writer.proof(proof);
        count(exitCodeOf(proof.findings, failOn));
      }).catch(async (error: unknown) => {
        // One file that cannot be read does not keep the others from being looked at.
        if (!(error instanceof InputError)) throw error;
        await writer.fault(file, error.message);
        count(2);
      });
    }
    await writer.end();
  } finally {
    await close();
  }
  return worst;
}

/** Misuse over findings over what could not be told. */
function severer(one: number, other: number): number {
  const rank = [0, 3, 1, 2];
  return rank.indexOf(other) > rank.indexOf(one) ? other : one;
}

const noMessage = (source: string): string =>
  `${source === '-' ? 'Standard input' : visible(source)} is no message: it has no header. Give the full source, for example by "Download original".`;

async function eachMessage(
  file: string,
  io: Io,
  take: (message: Parameters<typeof verifyMessage>[1], source: string) => Promise<void>,
): Promise<void> {
  let seen = 0;
  for await (const message of readMessages(io.chunks(file))) {
    seen = message.number;
    // A first message does not know yet whether others follow, so it has no number in its name.
    await take(message, message.number === 1 ? file : `${file}#${message.number}`);
  }
  if (seen === 0) {
    const name = file === '-' ? 'Standard input' : visible(file);
    throw new InputError(`${name} is empty: there is no message in it.`);
  }
}

async function commonOptions(options: VerifyOptions, io: Io): Promise<Omit<Verifying, 'source'>> {
  const { helo, mailFrom } = options;
  const ip = options.ip === undefined ? undefined : canonicalAddress(options.ip);
  if (options.ip !== undefined && ip === undefined)
    throw new InputError(`--ip is an address such as 192.0.2.1 or 2001:db8::1, not ${visible(options.ip)}.`);
  if (mailFrom !== undefined && mailFrom !== '' && mailFrom !== '<>' && !/^<?[^@\s]*@[^@\s>]+>?$/.test(mailFrom))
    throw new InputError(
      `--mail-from is an address such as bounce@example.com, or "" for none, not ${visible(mailFrom)}.`,
    );
  const expected = options.domain === undefined ? undefined : await expectedFor(options.domain, options.config, io);
  const original = options.original === undefined ? undefined : splitMessage(await io.readFile(options.original));
  return {
    given: {
      ...(ip === undefined ? {} : { ip }),
      ...(helo === undefined ? {} : { helo }),
      ...(mailFrom === undefined ? {} : { mailFrom: mailFrom.replace(/^<(.*)>$/, '$1') }),
    },
    trust: options.trust ?? [],
    ...(expected ? { expected } : {}),
    ...(original ? { original } : {}),
    // Laboratories that name their own ports or certificates mean hosts of their own.
    ...(options.postUnsubscribe ? { postUnsubscribe: { inside: options.ca !== undefined } } : {}),
  };
}

/** The plan of a domain; needs the configuration alone. */
export async function expectedFor(text: string, config: string | undefined, io: Io): Promise<Expected> {
  const [{ loadConfig }, { expectedOf }] = await Promise.all([
    import('../../config/find-config.ts'),
    import('./expected-of.ts'),
  ]);
  const domain = domainOf(text);
  const loaded = await loadConfig(io, config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  return expectedOf(domain, loaded.config);
}

/** What `reports import` is asked for, checked before anything is opened. */
import type { DnsName } from '../../dns/name.ts';
import { loadConfig } from '../../config/find-config.ts';
import type { IntakeLimits } from '../../reports/intake.ts';
import { missingPaths } from '../../watch/intake/files.ts';
import { parseImapDone, parseImapUrl, type ImapDone, type ImapUrl } from '../../world/imap-url.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import type { WorldOptions } from '../open-world.ts';
import type { StoreOptions } from '../store-option.ts';
import { visible } from '../visible.ts';
import { limitsOf } from './size-limit.ts';

export interface ImportOptions extends WorldOptions, StoreOptions {
  readonly imap?: readonly string[];
  readonly imapDone: string;
  readonly idle?: boolean;
  readonly follow?: readonly string[];
  readonly domain?: readonly string[];
  readonly config?: string;
  readonly keepFailures?: boolean;
  readonly unredacted?: boolean;
  readonly allowUnauthenticated?: boolean;
  readonly maxSize: string;
  readonly patience: string;
  readonly json?: boolean;
}

export interface ImportSettings {
  readonly domains: ReadonlySet<DnsName>;
  /** Where the domains were read from, for sentences; absent: options alone. */
  readonly configFile?: string;
  /** Of the configuration. */
  readonly resolvers: readonly string[];
  readonly mailboxes: readonly ImapUrl[];
  readonly done: ImapDone;
  readonly warnings: readonly string[];
  /** It goes on until it is interrupted. */
  readonly stays: boolean;
  readonly limits: IntakeLimits;
  readonly patienceSeconds: number;
  readonly keepFailures: 'no' | 'redacted' | 'whole';
}

const maxPatienceSeconds = 86_400;

/** Throws `InputError`. */
export async function importSettings(
  paths: readonly string[],
  options: ImportOptions,
  io: Io,
): Promise<ImportSettings> {
  const { imap = [], follow = [] } = options;
  if (paths.length === 0 && imap.length === 0 && follow.length === 0)
    throw new InputError('Name files or folders with reports, a mailbox with --imap, or a folder with --follow.');
  if (options.unredacted && !options.keepFailures)
    throw new InputError('--unredacted is about failure reports, which are stored with --keep-failures only.');
  if (options.idle && imap.length === 0)
    throw new InputError('--idle stays with a mailbox. Name one with --imap imaps://user@host/INBOX.');
  const patienceSeconds = Number(options.patience);
  if (!(options.patience.trim() !== '' && patienceSeconds >= 0 && patienceSeconds <= maxPatienceSeconds))
    throw new InputError(`--patience is a number of seconds up to ${maxPatienceSeconds}, not ${options.patience}.`);
  const done = parseImapDone(options.imapDone);
  if (typeof done === 'string') throw new InputError(done);
  const [missing] = await missingPaths(paths.filter((path) => path !== '-'));
  if (missing !== undefined)
    throw new InputError(`${visible(missing)} cannot be read: there is no such file or folder.`);
  const warnings: string[] = [];
  const mailboxes = imap.map((text) => {
    const parsed = parseImapUrl(withPassword(text), io.env);
    if (parsed.kind === 'bad') throw new InputError(parsed.why);
    warnings.push(...parsed.warnings);
    return parsed.url;
  });
  return {
    ...(await configured(options, io)),
    mailboxes,
    done,
    warnings,
    stays: follow.length > 0 || options.idle === true,
    limits: limitsOf(options.maxSize),
    patienceSeconds,
    keepFailures: options.keepFailures ? (options.unredacted ? 'whole' : 'redacted') : 'no',
  };
}

/** A user without a password has it in `SEPTET_IMAP_PASSWORD`. */
const withPassword = (text: string): string =>
  text.replace(/^(imaps?:\/\/[^/:]+)@(?=[^/@]*(?:\/|$))/i, '$1:${SEPTET_IMAP_PASSWORD}@');

async function configured(
  options: ImportOptions,
  io: Io,
): Promise<Pick<ImportSettings, 'domains' | 'configFile' | 'resolvers'>> {
  const named = (options.domain ?? []).map(domainOf);
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind === 'good') {
    const { domains, file, resolvers } = loaded.config;
    return { domains: new Set([...domains.keys(), ...named]), configFile: file, resolvers };
  }
  if (loaded.kind === 'bad') throw new InputError(loaded.message);
  if (named.length === 0)
    throw new InputError(
      `${loaded.message}\nOr name the domains that the reports are about with --domain; all others are kept apart.`,
    );
  return { domains: new Set(named), resolvers: [] };
}

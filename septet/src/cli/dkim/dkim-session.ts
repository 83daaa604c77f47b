/** What the `dkim` commands share: the domain, the folder of its keys, and words about keys. */
import path from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/find-config.ts';
import type { DomainConfig } from '../../config/domain.ts';
import { defaultState, type Config } from '../../config/read-config.ts';
import type { DnsName } from '../../dns/name.ts';
import { isPublicSuffix } from '../../dns/public-suffix.ts';
import { shellWord } from '../../providers/forms/shell.ts';
import { parseSelector, type KeyFacts } from '../../records/dkim/make-key.ts';
import { needsOf } from '../../senders/needs-of.ts';
import type { StoredKey } from '../../store/files/keys.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import { wrap, type Paint } from '../paint.ts';
import { visible } from '../visible.ts';

export interface KeyOptions {
  readonly config?: string;
  readonly state?: string;
  readonly format: string;
}

export interface KeySession {
  readonly domain: DnsName;
  /** The state folder. */
  readonly state: string;
  /** Absent: there is no configuration, or the domain is not in it. */
  readonly settings?: DomainConfig;
  readonly config?: Config;
  /** Selectors for which the configuration expects a key of Septet's. */
  readonly selectors: readonly string[];
  /** `septet dkim <words> example.com`, with the options that this run was given to find its files. */
  command(words: string, ...more: readonly string[]): string;
}

export function addKeyOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--state <folder>', 'where keys are kept (default: as the configuration says; .septet here without one)')
    .option('--format <form>', 'text or json', 'text');
}

/** Finds the domain and the folder. Without a configuration `.septet` in the folder one stands in is the state. */
export async function openKeys(text: string | undefined, options: KeyOptions, io: Io): Promise<KeySession> {
  if (options.format !== 'text' && options.format !== 'json')
    throw new InputError(`--format is text or json here, not ${visible(options.format)}.`);
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind === 'bad') throw new InputError(loaded.message);
  const config = loaded.kind === 'good' ? loaded.config : undefined;
  const domain = text === undefined ? onlyDomain(config) : domainOf(text);
  if (isPublicSuffix(domain)) {
    throw new InputError(`${domain} is a public suffix: people register domains below it. Give your own domain.`);
  }
  const settings = config?.domains.get(domain);
  const needs = settings ? needsOf(domain, settings.intent.senders).needs : [];
  const selectors = needs.flatMap((need) => need.dkim.flatMap((key) => (key.kind === 'own-key' ? [key.selector] : [])));
  const tail = [
    ...(options.config === undefined ? [] : [`--config ${shellWord(options.config)}`]),
    ...(options.state === undefined ? [] : [`--state ${shellWord(options.state)}`]),
  ];
  return {
    domain,
    state: options.state ?? config?.state ?? defaultState,
    ...(settings ? { settings } : {}),
    ...(config ? { config } : {}),
    selectors,
    command: (words, ...more) => ['septet', words, domain, ...more, ...tail].join(' '),
  };
}

function onlyDomain(config: Config | undefined): DnsName {
  const domains = [...(config?.domains.keys() ?? [])];
  const [only, ...others] = domains;
  if (only !== undefined && others.length === 0) return only;
  const known =
    only === undefined
      ? ''
      : ` ${config?.file ?? 'The configuration'} has ${domains.slice(0, 5).join(', ')}${domains.length > 5 ? ' and more' : ''}.`;
  throw new InputError(`Give the domain whose key it is, as in: septet dkim generate example.com.${known}`);
}

/** The selector a person typed. */
export function selectorOf(text: string, domain: DnsName): string {
  const selector = parseSelector(text, domain);
  if (selector !== undefined) return selector;
  const shown = visible(text.length > 70 ? `${text.slice(0, 70)}…` : text);
  throw new InputError(
    `"${shown}" is not a selector for ${domain}. It has letters, digits and hyphens, such as s1, and makes a name of at most 253 characters with ._domainkey.${domain} behind it.`,
  );
}

/** `RSA, 2048 bits`, `Ed25519`. */
export const factsText = ({ type, bits }: KeyFacts): string => (type === 'rsa' ? `RSA, ${bits} bits` : 'Ed25519');

/** Warnings about the files of keys, on the error stream. */
export function warnAboutKeys(keys: readonly StoredKey[], paint: Paint, io: Io): void {
  for (const { code, text } of keys.flatMap((key) => key.warnings)) {
    io.err(`${wrap(`${text} (${code})`, paint.columns, '  ', paint('yellow', 'warning: '))}\n`);
  }
}

/** Paths as a person reads them: from the folder one stands in where that is shorter. */
export function pathText(file: string): string {
  const relative = path.relative('.', file);
  return relative !== '' && relative.length < file.length ? relative : file;
}

/** `septet dkim export`: the configuration of the software that signs. It names private keys and holds none. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readRotations } from '../../publish/rotation-file.ts';
import { signingSelectors } from '../../publish/rotate.ts';
import { listKeys, type StoredKey } from '../../store/files/keys.ts';
import { signerIds, signers } from './dkim-signers.ts';
import type { Signer, SigningConfig } from './dkim-signing.ts';
import { factsText, openKeys, selectorOf, warnAboutKeys, type KeyOptions, type KeySession } from './dkim-session.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap } from '../paint.ts';
import { visible, visibleJson } from '../visible.ts';

export interface ExportOptions {
  readonly for: string;
  readonly selector?: readonly string[];
  readonly keyFolder?: string;
  readonly etc?: string;
  readonly out?: string;
}

export async function exportKeys(
  text: string | undefined,
  options: ExportOptions & KeyOptions,
  io: Io,
): Promise<number> {
  const signer = signerOf(options.for);
  const session = await openKeys(text, options, io);
  const keys = await keysToExport(session, signer, options.selector);
  warnAboutKeys(keys, painter(io.columns, io.colours), io);
  const config = configOf(session, signer, keys, options);
  if (options.out !== undefined) await writeAll(options.out, config, io);
  if (options.format === 'json') {
    const value = {
      version: 1,
      domain: session.domain,
      for: signer.id,
      selectors: keys.map((key) => key.selector),
      ...config,
    };
    await io.out(`${visibleJson(value, 2)}\n`);
  } else if (options.out === undefined) await io.out(configText(session, signer, keys, config, io.columns));
  else await io.out(writtenText(options.out, config, io.columns));
  return 0;
}

export function signerOf(id: string): Signer {
  const signer = signers.find((one) => one.id === id.toLowerCase());
  if (signer) return signer;
  throw new InputError(`--for is one of ${signerIds.join(', ')}, not ${visible(id)}.`);
}

/** The keys that the signer shall sign with; none for one that takes none. */
export async function keysToExport(
  session: KeySession,
  signer: Signer,
  named: readonly string[] | undefined,
): Promise<readonly StoredKey[]> {
  if (signer.types.length === 0) return [];
  const { state, domain } = session;
  const [keys, rotations] = await Promise.all([listKeys(state, domain), readRotations(state, domain)]);
  const wanted = named?.map((text) => selectorOf(text, domain)) ?? signingSelectors(keys, rotations);
  const chosen = wanted.map((selector) => {
    const key = keys.find((one) => one.selector === selector);
    if (!key) throw new InputError(`${domain} has no key ${selector} here. ${howToMake(session, keys)}`);
    if (key.revokedAt !== undefined)
      throw new InputError(`The key ${selector} of ${domain} is revoked: nothing may be signed with it.`);
    return key;
  });
  if (chosen.length === 0)
    throw new InputError(`${domain} has no key here that could sign. ${howToMake(session, keys)}`);
  const usable = chosen.filter((key) => signer.types.includes(key.type));
  if (usable.length === 0) {
    throw new InputError(
      `${signer.title} cannot sign with Ed25519 keys, and ${domain} has no other here. Make an RSA key: ${session.command('dkim generate', '--selector', 's1')}`,
    );
  }
  const away = usable.find((key) => key.pemFile === undefined);
  if (away) {
    throw new InputError(
      `The private half of ${away.selector} is not here. Put ${away.selector}.pem beside ${away.selector}.json, or export on the machine that has it.`,
    );
  }
  return usable;
}

function howToMake(session: KeySession, keys: readonly StoredKey[]): string {
  const known = keys.filter((key) => key.revokedAt === undefined).map((key) => key.selector);
  return known.length > 0 ? `There is: ${known.join(', ')}.` : `Make one with: ${session.command('dkim generate')}`;
}

/** `options` of an export; the keys are those of `keysToExport`. */
export function configOf(
  { domain }: KeySession,
  signer: Signer,
  keys: readonly StoredKey[],
  options: Pick<ExportOptions, 'keyFolder' | 'etc'>,
): SigningConfig {
  return signer.write({
    domain,
    keys: keys.map(({ selector, type, pemFile }) => ({ selector, type, pemFile: path.resolve(pemFile ?? '') })),
    ...(options.keyFolder === undefined ? {} : { keyFolder: options.keyFolder }),
    ...(options.etc === undefined ? {} : { etc: options.etc }),
  });
}

/** Everything in one text in which only what belongs into files and shells stands without `#` in front. */
export function configText(
  { domain }: Pick<KeySession, 'domain'>,
  signer: Signer,
  keys: readonly StoredKey[],
  config: SigningConfig,
  columns: number,
): string {
  const note = (text: string): string => wrap(text, columns, '# ', '# ');
  const named = keys.map((key) => `${key.selector} (${factsText(key)})`).join(' and ');
  const blocks = [note(`${signer.title} for ${domain}${named === '' ? '' : `: ${named}`}`)];
  for (const { path: file, about, text } of config.files) blocks.push(`# ${file}\n${note(about)}\n${text.trimEnd()}`);
  if (config.commands.length > 0) {
    blocks.push(`${note('Then, as root on the host that signs:')}\n${config.commands.join('\n')}`);
  }
  if (config.notes.length > 0) blocks.push(config.notes.map(note).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

async function writeAll(folder: string, config: SigningConfig, io: Io): Promise<void> {
  const files = filesIn(folder, config);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new InputError(
      `${visible(folder)} cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  for (const { file } of files) {
    // oxlint-disable-next-line no-await-in-loop -- nothing is written when one of them is there
    if (await io.exists(file))
      throw new InputError(`${visible(file)} is there already, and nothing was written. Name an empty folder.`);
  }
  await Promise.all(files.map(({ file, text }) => io.writeFile(file, text)));
}

function filesIn(folder: string, config: SigningConfig): readonly { readonly file: string; readonly text: string }[] {
  const files = config.files.map(({ path: file, text }) => ({
    file: path.join(folder, path.posix.basename(file)),
    text,
  }));
  const commands = config.commands.length === 0 ? [] : [`#!/bin/sh\nset -eu\n${config.commands.join('\n')}\n`];
  return [...files, ...commands.map((text) => ({ file: path.join(folder, 'install.sh'), text }))];
}

function writtenText(folder: string, config: SigningConfig, columns: number): string {
  const lines = config.files.map(({ path: file, about }) => {
    const own = path.join(folder, path.posix.basename(file));
    return `  ${visible(own)}\n${wrap(`for ${file}: ${about}`, columns, '      ')}`;
  });
  if (config.commands.length > 0)
    lines.push(
      `  ${visible(path.join(folder, 'install.sh'))}\n      the commands, to be run as root on the host that signs`,
    );
  return `Written:\n${lines.join('\n')}\n${config.notes.map((note) => `${wrap(note, columns, '')}\n`).join('')}`;
}

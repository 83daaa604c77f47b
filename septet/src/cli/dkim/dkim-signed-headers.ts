/** What a signature covers, and how a key gets to the host that signs: the same for all signers. */
import path from 'node:path';
import type { SigningInput, SigningKey } from './dkim-signing.ts';
import { shellWord } from '../../providers/forms/shell.ts';

/**
 * Header fields to sign where a message has them: those of RFC 6376 §5.4.1, the one-click fields that mailbox providers
 * want covered (RFC 8058 §4), and BIMI-Selector. Fields that relays add or change are not among them.
 */
export const signedHeaders: readonly string[] = [
  'From',
  'Reply-To',
  'Subject',
  'Date',
  'To',
  'Cc',
  'Message-ID',
  'In-Reply-To',
  'References',
  'MIME-Version',
  'Content-Type',
  'Sender',
  'List-Id',
  'List-Help',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Subscribe',
  'List-Post',
  'List-Owner',
  'List-Archive',
  'BIMI-Selector',
];

/** Copies the keys to where the signer reads them, readable by its user alone. */
export function copyCommands(
  user: string,
  keys: readonly SigningKey[],
  placeOf: (key: SigningKey) => string,
): readonly string[] {
  const folders = [...new Set(keys.map((key) => path.posix.dirname(placeOf(key))))];
  return [
    ...folders.map((folder) => folderCommand(user, folder)),
    ...keys.map((key) => copyCommand(user, key.pemFile, placeOf(key))),
  ];
}

export const folderCommand = (user: string, folder: string): string =>
  `install -d -o ${user} -g ${user} -m 0700 ${shellWord(folder)}`;

export const copyCommand = (user: string, from: string, to: string): string =>
  `install -o ${user} -g ${user} -m 0600 ${shellWord(from)} ${shellWord(to)}`;

/** `<folder>/<domain>/<selector>.pem`. */
export const placeBelow =
  (folder: string, { domain }: SigningInput) =>
  (key: SigningKey): string =>
    path.posix.join(folder, domain, `${key.selector}.pem`);

export const elsewhereNote =
  'When the signer runs on another host, copy the key there over SSH (scp) first, never by mail or chat.';

/**
 * Where certificates, the account and pending challenges are kept: names and texts, as `SecretShelf` has them. In the
 * store they are encrypted and shared by all machines; in a folder each is a file of mode 0600, written whole or not at
 * all. `<name>.pem` holds the key and then the chain, as HAProxy and others read it.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  codeOf,
  makePrivateFolder,
  reasonOf,
  removeStaleDrafts,
  unreadable,
  unwritable,
  writePrivately,
} from '../../store/files/key-files.ts';
import type { SecretShelf } from '../../store/store.ts';

export type CertificateShelf = SecretShelf;

/** What is kept under which name. */
export const kept = {
  certificate: (host: string): string => `acme/certificate/${host}`,
  state: (host: string): string => `acme/state/${host}`,
  account: (directoryHash: string): string => `acme/account/${directoryHash}`,
  challenge: (token: string): string => `acme/challenge/${token}`,
  /** Certificates for `acme-tls/1`, by host. */
  alpn: (host: string): string => `acme/alpn/${host}`,
  /** Texts below `_acme-challenge` that a run has put there, by host. */
  record: (host: string): string => `acme/record/${host}`,
} as const;

/** In `<folder>/certificates`. All verbs reject with `StateFault`: a sentence that names the file. */
export function folderShelf(dataFolder: string): CertificateShelf {
  const folder = path.join(dataFolder, 'certificates');
  /** Names are made by `kept` of host names and base64url: nothing in them leads out of the folder. */
  const fileOf = (name: string): string => {
    const [, kind = '', rest = ''] = /^acme\/([a-z]+)\/([\w.*-]{1,253})$/.exec(name) ?? [];
    if (rest === '' || rest.startsWith('.')) throw new Error(`not a name of this shelf: ${name}`);
    return kind === 'certificate' ? path.join(folder, `${rest}${ending}`) : path.join(folder, kind, rest);
  };
  const cleaned = new Set<string>();
  return {
    put: async (name, value) => {
      const file = fileOf(name);
      const place = path.dirname(file);
      await makePrivateFolder(place);
      if (!cleaned.has(place)) {
        cleaned.add(place);
        await removeStaleDrafts(place);
      }
      await writePrivately(file, value, 'replace');
    },
    get: async (name) => {
      const file = fileOf(name);
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw unreadable(file, error);
      }
    },
    remove: async (name) => {
      const file = fileOf(name);
      try {
        await rm(file);
        return true;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw unwritable(file, error);
      }
    },
    names: async () => {
      const listed = async (place: string, kind: string): Promise<readonly string[]> => {
        try {
          const entries = await readdir(place, { withFileTypes: true });
          const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
          if (kind !== 'certificate') return files.map(({ name }) => `acme/${kind}/${name}`);
          return files.flatMap(({ name }) =>
            name.endsWith(ending) ? [`acme/certificate/${name.slice(0, -ending.length)}`] : [],
          );
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return [];
          throw unreadable(place, error);
        }
      };
      const kinds = ['state', 'account', 'challenge', 'alpn', 'record'];
      const all = [listed(folder, 'certificate'), ...kinds.map((kind) => listed(path.join(folder, kind), kind))];
      return (await Promise.all(all)).flat();
    },
  };
}

const ending = '.pem';

/** A key and its chain as one text, and back. */
export const pemText = (key: string, chain: string): string => `${key.trim()}\n${chain.trim()}\n`;

export function splitPem(text: string): { readonly key: string; readonly chain: string } | undefined {
  const at = text.indexOf('-----BEGIN CERTIFICATE-----');
  const key = text.slice(0, Math.max(at, 0)).trim();
  return at < 0 || !key.includes('PRIVATE KEY-----') ? undefined : { key: `${key}\n`, chain: text.slice(at) };
}

/** A sentence of an error that a shelf rejects with. */
export const shelfReason = (error: unknown): string => {
  const text = reasonOf(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

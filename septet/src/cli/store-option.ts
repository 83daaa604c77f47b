/** `--data` and `--store`: which store a command opens, for every command that keeps or reads evidence. */
import path from 'node:path';
import type { Command } from 'commander';
import type { StorePlace } from '../store/open-store.ts';
import { StoreFault } from '../store/sql/sql-fault.ts';
import type { Store } from '../store/store.ts';
import { InputError, type Io } from './io.ts';

export interface StoreOptions {
  readonly data?: string;
  readonly store?: string;
}

const fileName = 'septet.sqlite';

export function addStoreOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'where Septet keeps its data (default: ~/.local/share/septet, or SEPTET_DATA)')
    .option('--store <url>', 'keep it in PostgreSQL instead: postgres://… (or SEPTET_STORE)');
}

/** The folder for data: `--data`, `SEPTET_DATA`, `$XDG_DATA_HOME/septet`, `~/.local/share/septet`. Throws `InputError`. */
export function dataFolder(options: StoreOptions, io: Pick<Io, 'env'>): string {
  const { SEPTET_DATA: named, XDG_DATA_HOME: xdg, HOME: home } = io.env;
  const folder = options.data ?? (named === '' ? undefined : named);
  if (folder !== undefined) return folder;
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'septet');
  if (home !== undefined && home !== '') return path.join(home, '.local/share/septet');
  throw new InputError('There is no home folder to keep data in. Name a folder with --data.');
}

/** `--store` decides where the store is; `--data` is then the folder for files beside it, such as tracking keys. */
export function storePlace(options: StoreOptions, io: Pick<Io, 'env'>): StorePlace {
  const named = options.data === undefined && io.env.SEPTET_STORE !== '' ? io.env.SEPTET_STORE : undefined;
  const url = options.store ?? named;
  if (url === undefined) return { kind: 'sqlite', file: path.join(dataFolder(options, io), fileName) };
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new InputError('--store is a URL such as postgres://septet@db.example.net/septet.');
  return { kind: 'postgres', url };
}

/**
 * Opens the store; the caller closes it. Secrets in it are encrypted with the key in `SEPTET_SECRET_KEY`. Throws
 * `InputError` with the sentence of the database.
 */
export async function openStoreOf(options: StoreOptions, io: Io): Promise<Store> {
  const place = storePlace(options, io);
  const [{ openStore }, { parseSecretKey }] = await Promise.all([
    import('../store/open-store.ts'),
    import('../store/secrets.ts'),
  ]);
  const text = io.env.SEPTET_SECRET_KEY;
  const { now, randomBytes } = io;
  try {
    const secretKey = text === undefined || text === '' ? undefined : parseSecretKey(text);
    return await openStore(place, { now: () => now(), randomBytes, ...(secretKey ? { secretKey } : {}) });
  } catch (error) {
    if (error instanceof StoreFault) throw new InputError(error.message);
    throw error;
  }
}

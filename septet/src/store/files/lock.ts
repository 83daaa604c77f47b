/**
 * One run at a time for each domain: two that publish at once would each undo what the other waits for. The lock is one
 * of the operating system's, which goes with its process however that ends; SQLite is the way to one in Node. The file
 * stays, and says nothing by being there.
 */
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './make-folder.ts';
import { StateFileError } from './journal-file.ts';
import { reasonOf } from './key-files.ts';

export type Lock =
  | { readonly kind: 'held'; release(): Promise<void> }
  /** Another process holds it; `pid` as it was told, 0 when it was not. */
  | { readonly kind: 'taken'; readonly pid: number };

/** The own process id is what others are told. Throws `StateFileError`. */
export async function takeLock(file: string, own: { readonly pid: number }): Promise<Lock> {
  const { DatabaseSync: Database } = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    await makeFolder(path.dirname(file));
    database = new Database(file, { timeout: 200 });
    database.exec('begin immediate');
    // Others see it once it is committed; who takes the lock in between has it.
    database.exec(`pragma user_version = ${Math.trunc(own.pid)}; commit; begin immediate`);
    const held = database;
    return { kind: 'held', release: async () => held.close() };
  } catch (error) {
    const busy = codeOf(error) === sqliteBusy;
    const holder = busy && database ? holderOf(database) : 0;
    database?.close();
    if (busy) return { kind: 'taken', pid: holder };
    throw new StateFileError(
      `The lock ${file} cannot be taken: ${reasonOf(error)}. Remove the file if no septet is running.`,
    );
  }
}

const sqliteBusy = 5; // SQLITE_BUSY

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined;

function holderOf(database: DatabaseSync): number {
  try {
    return Number(database.prepare('pragma user_version').get()?.['user_version'] ?? 0);
  } catch {
    return 0;
  }
}

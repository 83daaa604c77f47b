/** The store as one SQLite file: WAL, full sync, several processes at a time. */
import { createHash } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { makeFolder } from '../files/make-folder.ts';
import { takeLock, type Lock } from '../files/lock.ts';
import { migrate } from './migrations.ts';
import type { SqlAccess } from './sql-access.ts';
import { sqliteSql } from './sql-dialect.ts';
import { faultOf, StoreFault } from './sql-fault.ts';
import type { Tables } from './sql-tables.ts';
import { sqliteDialect } from './sqlite-driver.ts';

export interface SqliteOptions {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** `SEPT`: tells our files from those of other programs. */
const applicationId = 0x53_45_50_54;

/** Opens or makes the file, for its owner only. Throws `StoreFault`. */
export async function openSqlite(file: string, { now, randomBytes }: SqliteOptions): Promise<SqlAccess> {
  const place = file;
  const inWords = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, place);
    }
  };
  const { DatabaseSync: Database } = await import('node:sqlite');
  await touch(file);
  const database = await inWords(async () => opened(new Database(file, { timeout: 250 }), file));
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  try {
    await inWords(() => migrate(db, sqliteSql, place, now()));
  } catch (error) {
    await db.destroy();
    if (database.isOpen) database.close();
    throw error;
  }
  const locks = locksOf(`${file}-locks`, randomBytes);
  return {
    dialect: sqliteSql,
    place,
    read: (work) => inWords(() => work(db)),
    change: (work) => inWords(() => db.transaction().execute(work)),
    snapshot: () =>
      inWords(async () => {
        const second = new Database(file, { timeout: 2000, readOnly: true });
        second.exec('begin');
        second.prepare('select count(*) from sqlite_schema').get();
        const reader = new Kysely<Tables>({ dialect: sqliteDialect(second) });
        // Kysely closes only what it has used.
        const end = async (): Promise<void> => {
          await reader.destroy();
          if (second.isOpen) second.close();
        };
        return { db: reader, end };
      }),
    lock: (name) => locks.take(name),
    draftOwner: locks.owner,
    deadOwners: async (drafts) => locks.dead(drafts.map(({ owner }) => owner)),
    close: async () => {
      await inWords(() => db.destroy());
      if (database.isOpen) database.close();
      await locks.close();
    },
  };
}

async function touch(file: string): Promise<void> {
  try {
    await makeFolder(path.dirname(file));
    const handle = await open(file, 'a', 0o600);
    await handle.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/, .*$/, '') : String(error);
    throw new StoreFault(`${file} cannot be opened (${reason}). Check its folder, or name another with --data.`, false);
  }
}

/** Checks whose file it is, and sets how it is written. */
function opened(database: DatabaseSync, file: string): DatabaseSync {
  try {
    const number = (text: string): number => Number(Object.values(database.prepare(text).get() ?? {})[0] ?? 0);
    const id = number('pragma application_id');
    if (id !== applicationId) {
      if (id !== 0 || number('select count(*) from sqlite_schema') > 0) {
        throw new StoreFault(`${file} is the database of another program. Name another file for the store.`, false);
      }
      database.exec(`pragma application_id = ${applicationId}`);
    }
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full; pragma foreign_keys = on');
    // In KiB. The write-ahead log goes back to this size after a large report.
    database.exec('pragma cache_size = -16384; pragma temp_store = memory; pragma journal_size_limit = 67108864');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

interface Locks {
  take(name: string): Promise<{ readonly release: () => Promise<void> } | undefined>;
  owner(): Promise<string>;
  dead(owners: readonly string[]): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Files in a folder beside the database, each a lock of the operating system: it goes with its process (`lock.ts`). */
function locksOf(folder: string, randomBytes: SqliteOptions['randomBytes']): Locks {
  const held = new Map<string, Lock>();
  const take = async (file: string): Promise<boolean> => {
    if (held.has(file)) return false;
    // Nobody else of this process gets in while the file is opened.
    held.set(file, { kind: 'taken', pid: 0 });
    const lock = await takeLock(path.join(folder, file), { pid: 0 }).catch((error: unknown) => {
      held.delete(file);
      throw faultOf(error, folder);
    });
    if (lock.kind === 'held') held.set(file, lock);
    else held.delete(file);
    return lock.kind === 'held';
  };
  const release = async (file: string, remove: boolean): Promise<void> => {
    const lock = held.get(file);
    if (lock?.kind !== 'held') return;
    if (remove) await rm(path.join(folder, file), { force: true });
    await lock.release();
    held.delete(file);
  };
  let own: Promise<string> | undefined;
  return {
    take: async (name) => {
      const file = `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`;
      return (await take(file)) ? { release: () => release(file, false) } : undefined;
    },
    owner: () => {
      own ??= (async () => {
        const name = Buffer.from(randomBytes(12)).toString('hex');
        await take(`draft-${name}`);
        return name;
      })().catch((error: unknown) => {
        own = undefined;
        throw error;
      });
      return own;
    },
    dead: async (owners) => {
      const gone = new Set<string>();
      const files: readonly string[] = await readdir(folder).catch(() => []);
      for (const owner of new Set(owners)) {
        const file = `draft-${owner}`;
        if (held.has(file) || (files.includes(file) && !(await take(file)))) continue;
        await release(file, true);
        gone.add(owner);
      }
      return gone;
    },
    close: async () => {
      for (const file of held.keys()) await release(file, file.startsWith('draft-'));
    },
  };
}

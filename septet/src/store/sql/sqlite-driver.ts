/** `node:sqlite` behind Kysely: one connection, one user of it at a time, `begin immediate`, statements kept prepared. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { pauseFor } from './sql-fault.ts';

const mostPrepared = 500;
const sqliteBusy = 5; // SQLITE_BUSY
/** How often `begin` is tried when another process writes; each try waits as long as `busy_timeout` says. */
const beginTries = 120;

export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverOf(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function driverOf(database: DatabaseSync): Driver {
  const connection = connectionOf(database);
  /** Settles when the one before has given the connection back. */
  let turn: Promise<void> = Promise.resolve();
  let giveBack = (): void => {};
  return {
    init: async () => {},
    acquireConnection: async () => {
      const before = turn;
      const { promise, resolve } = Promise.withResolvers<void>();
      turn = promise;
      await before;
      giveBack = resolve;
      return connection;
    },
    releaseConnection: async () => giveBack(),
    beginTransaction: () => beginImmediate(database),
    commitTransaction: async () => database.exec('commit'),
    rollbackTransaction: async () => {
      // A full disk rolls back by itself.
      if (database.isTransaction) database.exec('rollback');
    },
    destroy: async () => database.close(),
  };
}

async function beginImmediate(database: DatabaseSync): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      database.exec('begin immediate');
      return;
    } catch (error) {
      const busy = error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === sqliteBusy;
      if (!busy || tries === beginTries) throw error;
      await pauseFor(5 + (tries % 7));
    }
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly reads: boolean;
}

function connectionOf(database: DatabaseSync): DatabaseConnection {
  const prepared = new Map<string, Prepared>();
  const prepare = (text: string): Prepared => {
    const kept = prepared.get(text);
    if (kept) return kept;
    if (prepared.size >= mostPrepared) prepared.clear();
    const statement = database.prepare(text);
    const made = { statement, reads: statement.columns().length > 0 };
    prepared.set(text, made);
    return made;
  };
  return {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const { statement, reads } = prepare(query.sql);
      const values = query.parameters as readonly SQLInputValue[];
      if (reads) return { rows: statement.all(...values) as R[] };
      const { changes } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes) };
    },
    // Long reads go page by page, so that writers get their turn.
    streamQuery: () => {
      throw new Error('the store reads page by page');
    },
  };
}

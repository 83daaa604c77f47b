/** The thread that writes clicks and opens into the SQLite file: the sync of the disk does not hold up the answers. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { dayBulk, dayRows, hitBulk } from './hit-rows.ts';
import type { HitReply, HitRequest } from './hit-writer.ts';
import type { Bulk, Value } from '../sql/sql-bulk.ts';
import { sqliteSql } from '../sql/sql-dialect.ts';
import { faultOf, StoreFault } from '../sql/sql-fault.ts';

const sqliteBusy = 5; // SQLITE_BUSY
/** How often `begin` is tried when another process writes; each try waits as long as the timeout says. */
const beginTries = 20;
const busyMs = 250;

if (parentPort) serve(parentPort, (workerData as { readonly file: string }).file);

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  let database: DatabaseSync | undefined;
  const prepared = new Map<string, StatementSync>();
  const open = (): DatabaseSync => {
    if (database) return database;
    database = new DatabaseSync(file, { timeout: busyMs });
    database.exec('pragma synchronous = full; pragma cache_size = -8192; pragma journal_size_limit = 67108864');
    return database;
  };
  const insert = (db: DatabaseSync, bulk: Bulk, values: readonly unknown[]): void => {
    const columns = bulk.columns.length;
    for (let from = 0; from < values.length;) {
      const left = (values.length - from) / columns;
      const size = sqliteSql.rowsAStatement.find((rows) => rows <= left) ?? 1;
      const key = `${bulk.table} ${size}`;
      let statement = prepared.get(key);
      if (!statement) prepared.set(key, (statement = db.prepare(textOf(bulk, size))));
      statement.run(...(values.slice(from, from + size * columns) as SQLInputValue[]));
      from += size * columns;
    }
  };
  port.on('message', (request: HitRequest) => {
    if (request === '') {
      database?.close();
      port.close();
      return;
    }
    let reply: HitReply = {};
    let db: DatabaseSync | undefined;
    try {
      const values = JSON.parse(request) as readonly Value[];
      db = open();
      begin(db);
      insert(db, hitBulk, values);
      insert(db, dayBulk, dayRows(values).flat());
      db.exec('commit');
    } catch (error) {
      // A full disk rolls back by itself.
      if (db?.isTransaction) db.exec('rollback');
      const fault = faultOf(error, file);
      reply =
        fault instanceof StoreFault
          ? { fault: fault.message, retryable: fault.retryable }
          : { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(reply);
  });
}

function begin(db: DatabaseSync): void {
  for (let tries = 1; ; tries++) {
    try {
      db.exec('begin immediate');
      return;
    } catch (error) {
      const busy = error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === sqliteBusy;
      if (!busy || tries === beginTries) throw error;
    }
  }
}

function textOf({ table, columns, tail }: Bulk, rows: number): string {
  const names = columns.map((column) => `"${column}"`).join(',');
  return `insert into "${table}" (${names}) values ${sqliteSql.tuples(rows, columns.length)} ${tail?.(sqliteSql) ?? ''}`;
}

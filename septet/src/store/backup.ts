/**
 * Everything as lines, and back, from either database to the other. The first line tells what it is, the last how many
 * rows of each table there were: a file that was cut off is not taken. Secrets stay encrypted.
 */
import { sql as raw } from 'kysely';
import { schemaVersion } from './sql/migrations.ts';
import type { SqlAccess } from './sql/sql-access.ts';
import { insertAll, type Value } from './sql/sql-bulk.ts';
import { StoreFault } from './sql/sql-fault.ts';
import { backedUp } from './sql/sql-tables.ts';

const rowsALine = 500;

type Row = Readonly<Record<string, Value>>;

/** Of one moment, though it is read slowly. */
export async function* backupOf(sql: SqlAccess): AsyncGenerator<unknown> {
  const { db, end } = await sql.snapshot();
  try {
    yield { septet: 'backup', schema: schemaVersion };
    const counts: Record<string, number> = {};
    for (const { table, columns, key } of backedUp) {
      counts[table] = 0;
      const names = raw.join(columns.map((column) => raw.ref(column)));
      const order = raw.join(key.map((column) => raw.ref(column)));
      // Rows of drafts are of reports that are not yet.
      const kept = table === 'report_row' || table === 'report_shape';
      for (let last: Row | undefined; ;) {
        const where = [
          ...(last ? [raw`(${order}) > (${raw.join(key.map((column) => last![column]))})`] : []),
          ...(kept ? [raw`report not in (select id from draft)`] : []),
        ];
        const filter = where.length > 0 ? raw`where ${raw.join(where, raw` and `)}` : raw``;
        const { rows } = await raw<Row>`select ${names} from ${raw.table(table)} ${filter}
          order by ${order} limit ${rowsALine}`.execute(db);
        if (rows.length === 0) break;
        counts[table] += rows.length;
        yield { table, columns, rows: rows.map((row) => columns.map((column) => row[column])) };
        last = rows.at(-1);
        if (rows.length < rowsALine) break;
      }
    }
    yield { end: true, counts };
  } finally {
    await end();
  }
}

/** All or nothing. Answers how many rows each table got. */
export async function restoreInto(
  sql: SqlAccess,
  lines: AsyncIterable<unknown>,
): Promise<Readonly<Record<string, number>>> {
  return sql.change(async (trx) => {
    for (const { table } of backedUp) {
      const { rows } = await raw`select 1 from ${raw.table(table)} limit 1`.execute(trx);
      if (rows.length > 0) throw refusal(`${sql.place} is not empty. Restore into a new store.`);
    }
    const counts: Record<string, number> = Object.fromEntries(backedUp.map(({ table }) => [table, 0]));
    let [number, ended] = [0, false];
    for await (const line of lines) {
      number++;
      if (number === 1) checkFirst(line);
      else if (ended) throw refusal(`Line ${number} of the backup comes after its end.`);
      else if (has(line, 'end')) {
        checkCounts(line, counts);
        ended = true;
      } else {
        const { table, columns, rows } = tableLine(line, number);
        await insertAll(trx, sql.dialect, { table, columns }, rows);
        counts[table] = (counts[table] ?? 0) + rows.length;
      }
    }
    if (!ended) throw refusal('The backup is not whole: its last line is missing. Nothing was restored.');
    await sql.dialect.continueIds(trx);
    return counts;
  });
}

const refusal = (text: string): StoreFault => new StoreFault(text, false);

function has<K extends string>(line: unknown, key: K): line is Readonly<Record<K, unknown>> {
  return typeof line === 'object' && line !== null && Object.hasOwn(line, key);
}

function checkFirst(line: unknown): void {
  if (!has(line, 'septet') || line.septet !== 'backup' || !has(line, 'schema')) {
    throw refusal('This is no backup of septet: its first line does not say so.');
  }
  if (line.schema !== schemaVersion) {
    throw refusal(
      `The backup is of schema ${String(line.schema)}, this septet writes ${schemaVersion}. Restore it with the septet that made it, update, and back up again.`,
    );
  }
}

function checkCounts(line: unknown, counts: Readonly<Record<string, number>>): void {
  const told = has(line, 'counts') && typeof line.counts === 'object' && line.counts !== null ? line.counts : {};
  for (const [table, count] of Object.entries(counts)) {
    if ((has(told, table) ? told[table] : 0) !== count) {
      throw refusal(`The backup is not whole: rows of ${table} are missing. Nothing was restored.`);
    }
  }
}

function tableLine(
  line: unknown,
  number: number,
): { readonly table: string; readonly columns: readonly string[]; readonly rows: readonly (readonly Value[])[] } {
  const known = has(line, 'table') ? backedUp.find(({ table }) => table === line.table) : undefined;
  if (!known || !has(line, 'columns') || !has(line, 'rows') || !Array.isArray(line.rows)) {
    throw refusal(`Line ${number} of the backup is not of a table that this septet has. Nothing was restored.`);
  }
  const { table, columns } = known;
  const rows: readonly unknown[] = line.rows;
  const good =
    JSON.stringify(line.columns) === JSON.stringify(columns) &&
    rows.every(
      (row) =>
        Array.isArray(row) &&
        row.length === columns.length &&
        row.every((value: unknown) => value === null || typeof value === 'string' || Number.isSafeInteger(value)),
    );
  if (!good) throw refusal(`Line ${number} of the backup is damaged. Nothing was restored.`);
  return { table, columns, rows: rows as readonly (readonly Value[])[] };
}

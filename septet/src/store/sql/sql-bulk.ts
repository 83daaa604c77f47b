/** Many rows in one statement: the text is made once for each number of rows, the databases keep it prepared. */
import { CompiledQuery, type Kysely } from 'kysely';
import type { SqlDialect } from './sql-dialect.ts';
import type { Tables } from './sql-tables.ts';

export type Value = number | string | null;

export interface Bulk {
  readonly table: string;
  readonly columns: readonly string[];
  /** `on conflict …`, `returning …`. */
  readonly tail?: (dialect: SqlDialect) => string;
}

/** Puts the rows in, and answers what `returning` gives. Runs inside the transaction of the caller. */
export async function insertAll<R = unknown>(
  trx: Kysely<Tables>,
  dialect: SqlDialect,
  bulk: Bulk,
  rows: readonly (readonly Value[])[],
): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let from = 0; from < rows.length;) {
    const size = dialect.rowsAStatement.find((size) => size <= rows.length - from) ?? rows.length - from;
    const query = CompiledQuery.raw(textOf(dialect, bulk, size), rows.slice(from, from + size).flat());
    const { rows: returned } = await trx.executeQuery<R>(query);
    if (returned.length > 0) answers.push(...returned);
    from += size;
  }
  return answers;
}

function textOf(dialect: SqlDialect, { table, columns, tail }: Bulk, rows: number): string {
  const names = columns.map((column) => `"${column}"`).join(',');
  return `insert into "${table}" (${names}) values ${dialect.tuples(rows, columns.length)} ${tail?.(dialect) ?? ''}`;
}

/** Text as both databases take it: PostgreSQL knows no NUL, UTF-8 no lone surrogate. */
export const plainText = (text: string): string => text.replaceAll('\0', '\u2400').toWellFormed();

/** In parts of at most `size`. */
export function* parts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** Tables of counts, from the rollups. */
import { sql as raw, type RawBuilder } from 'kysely';
import { daysOf, dayText, dispositions, rollupKinds, splitByMonths, tallyOf } from '../sql/rollups.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { counterColumns, type Counters } from '../sql/sql-tables.ts';
import type { Words } from '../sql/sql-words.ts';
import type { ReportQuery, ReportShelf, Tally, TallyLine } from '../store.ts';

/** Lines of one kind and of days from the first to before the second. */
type Range = readonly [kind: number, from: number, to: number];

export async function tallyLines(
  sql: SqlAccess,
  words: Words,
  query: ReportQuery,
  by: Parameters<ReportShelf['tally']>[1],
): Promise<readonly TallyLine[]> {
  const days = daysOf(query);
  const column = by === 'day' ? 'day' : 'key';
  const sums = raw.join(counterColumns.map((counter) => raw`${sql.dialect.sum(counter)} as ${raw.ref(counter)}`));
  const found = await lines<{ key: number; name: string | null } & Counters>(
    sql,
    words,
    query,
    rangesOf(by, days),
    (from) =>
      by === 'source' || by === 'receiver'
        ? raw`select l.key, w.text as name, ${raw.join(counterColumns.map((counter) => raw.ref(`l.${counter}`)))}
            from (select "key", ${sums} from ${from} group by "key") as l join word as w on w.id = l.key`
        : raw`select ${raw.ref(column)} as "key", null as name, ${sums} from ${from} group by ${raw.ref(column)}`,
  );
  const named = found.map((line) => ({
    key: line.name ?? (by === 'day' ? dayText(line.key) : (dispositions[line.key] ?? String(line.key))),
    ...tallyOf(line),
  }));
  return named.sort((a, b) => (by === 'day' ? 0 : b.messages - a.messages) || (a.key < b.key ? -1 : 1));
}

function rangesOf(by: Parameters<ReportShelf['tally']>[1], days: ReturnType<typeof daysOf>): readonly Range[] {
  if (by === 'day' || by === 'disposition') return [[rollupKinds[by], days.from, days.to]];
  const { before, months, after } = splitByMonths(days);
  return [
    [rollupKinds[by], ...before],
    [by === 'source' ? rollupKinds.sourceMonth : rollupKinds.receiverMonth, ...months],
    [rollupKinds[by], ...after],
  ];
}

export async function sourceDaysOf(
  sql: SqlAccess,
  words: Words,
  query: ReportQuery,
): Promise<readonly (Tally & { readonly day: string; readonly source: string })[]> {
  const days = daysOf(query);
  const columns = raw.join(counterColumns.map((counter) => raw.ref(counter)));
  const sums = raw.join(counterColumns.map((counter) => raw`${sql.dialect.sum(counter)} as ${raw.ref(counter)}`));
  const found = await lines<{ day: number; source: string } & Counters>(
    sql,
    words,
    query,
    [[rollupKinds.source, days.from, days.to]],
    (from) => raw`select day, w.text as source, ${columns}
      from (select day, "key", ${sums} from ${from} group by day, "key") as l join word as w on w.id = l.key`,
  );
  return found
    .map((line) => ({ day: dayText(line.day), source: line.source, ...tallyOf(line) }))
    .sort((a, b) => (a.day === b.day ? (a.source < b.source ? -1 : 1) : a.day < b.day ? -1 : 1));
}

/** Each range is read by the primary key of its own. */
async function lines<R>(
  sql: SqlAccess,
  words: Words,
  query: ReportQuery,
  ranges: readonly Range[],
  select: (from: RawBuilder<unknown>) => RawBuilder<unknown>,
): Promise<readonly R[]> {
  const domain = await sql.read((db) => words.find(db, query.domain));
  if (domain === undefined) return [];
  const columns = raw.join(['day', 'key', ...counterColumns].map((column) => raw.ref(column)));
  const pieces = ranges
    .filter(([, from, to]) => from < to)
    .flatMap(([kind, from, to]) =>
      (query.unauthenticated === true ? [1, 0] : [1]).map(
        (vouched) => raw`select ${columns} from rollup where domain = ${domain} and vouched = ${vouched}
          and kind = ${kind} and day >= ${from} and day < ${to}`,
      ),
    );
  if (pieces.length === 0) return [];
  const from = raw`(${raw.join(pieces, raw` union all `)}) as r`;
  const { rows } = await sql.read((db) => select(from).execute(db));
  return rows as readonly R[];
}

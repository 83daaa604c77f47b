/** What is too old goes, in short transactions, so that others get their turn. */
import { dayMs, dayOf, monthOf, rollupKinds } from './sql/rollups.ts';
import type { SqlAccess } from './sql/sql-access.ts';
import type { Retention } from './store.ts';

const reportsAtOnce = 50;

/**
 * Rows go first; heads stay as long as the rollups made of them, so that a report that comes again is still known. Days
 * count from `now` back, in whole UTC days; months go when all of them is too old.
 */
export async function retainIn(
  sql: SqlAccess,
  retention: Retention,
  now: number,
): Promise<Readonly<Record<string, number>>> {
  const firstDay = (days: number): number => dayOf(now) - Math.max(0, Math.floor(days));
  const rollups = firstDay(retention.rollups);
  const rows = await removeRows(sql, Math.max(firstDay(retention.rows), rollups) * dayMs);
  const deleted = async (work: Parameters<typeof sql.change<{ numDeletedRows: bigint }>>[0]): Promise<number> =>
    Number((await sql.change(work)).numDeletedRows);
  const days = [rollupKinds.day, rollupKinds.source, rollupKinds.receiver, rollupKinds.disposition];
  const months = [rollupKinds.sourceMonth, rollupKinds.receiverMonth];
  const failures = firstDay(retention.failures) * dayMs;
  const observations = firstDay(retention.observations) * dayMs;
  return {
    rows,
    reports: await deleted((db) =>
      db
        .deleteFrom('report')
        .where('kind', 'in', ['aggregate', 'tls'])
        .where('middle_at', '<', rollups * dayMs)
        .executeTakeFirst(),
    ),
    rollups: await deleted((db) =>
      db
        .deleteFrom('rollup')
        .where((eb) =>
          eb.or([
            eb.and([eb('kind', 'in', days), eb('day', '<', rollups)]),
            eb.and([eb('kind', 'in', months), eb('day', '<', monthOf(rollups))]),
          ]),
        )
        .executeTakeFirst(),
    ),
    failures: await deleted((db) =>
      db.deleteFrom('report').where('kind', '=', 'failure').where('middle_at', '<', failures).executeTakeFirst(),
    ),
    refusals: await deleted((db) =>
      db
        .deleteFrom('refusal')
        .where('at', '<', firstDay(retention.rows) * dayMs)
        .executeTakeFirst(),
    ),
    // Single hits go by the retention of their domain (`TrackingShelf.forget`).
    trackingDays: await deleted((db) => db.deleteFrom('tracking_day').where('day', '<', rollups).executeTakeFirst()),
    // The last state at each place stays in its own table.
    observations: await deleted((db) => db.deleteFrom('observation').where('at', '<', observations).executeTakeFirst()),
    reverseNames: await deleted((db) =>
      db.deleteFrom('reverse_name').where('at', '<', observations).executeTakeFirst(),
    ),
  };
}

/** The rows of reports whose middle is before the time. */
async function removeRows(sql: SqlAccess, before: number): Promise<number> {
  let gone = 0;
  for (;;) {
    const reports = await sql.read((db) =>
      db
        .selectFrom('report')
        .select('id')
        .where('kind', '=', 'aggregate')
        .where('middle_at', '<', before)
        .where('has_rows', '=', 1)
        .orderBy('middle_at')
        .limit(reportsAtOnce)
        .execute(),
    );
    if (reports.length === 0) return gone;
    gone += await sql.change(async (trx) => {
      const ids = reports.map(({ id }) => id);
      const { numDeletedRows } = await trx.deleteFrom('report_row').where('report', 'in', ids).executeTakeFirst();
      await trx.deleteFrom('report_shape').where('report', 'in', ids).execute();
      await trx.updateTable('report').set({ has_rows: 0 }).where('id', 'in', ids).execute();
      return Number(numDeletedRows);
    });
  }
}

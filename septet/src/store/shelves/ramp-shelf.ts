/** Where ramps stand, see `RampShelf`. */
import type { DnsName } from '../../dns/name.ts';
import { whole } from './report-shelf.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import type { RampEvent, RampShelf, RampState } from '../store.ts';

export function rampShelf(sql: SqlAccess): RampShelf {
  return {
    states: async (domain) => {
      const rows = await sql.read((db) => {
        const found = db.selectFrom('ramp_state').select(['state', 'revision']).orderBy('domain').orderBy('ramp');
        return (domain === undefined ? found : found.where('domain', '=', domain)).execute();
      });
      return rows.map(({ state, revision }) => ({ ...(JSON.parse(state) as RampState), revision }));
    },
    save: (state, event) =>
      sql.change(async (trx) => {
        const { domain, ramp, revision } = state;
        const text = JSON.stringify(state);
        const changed =
          revision === 0
            ? await trx
                .insertInto('ramp_state')
                .values({ domain, ramp, revision: 1, state: text })
                .onConflict((conflict) => conflict.columns(['domain', 'ramp']).doNothing())
                .executeTakeFirst()
            : await trx
                .updateTable('ramp_state')
                .set({ revision: revision + 1, state: text })
                .where('domain', '=', domain)
                .where('ramp', '=', ramp)
                .where('revision', '=', revision)
                .executeTakeFirst();
        const done = ('numUpdatedRows' in changed ? changed.numUpdatedRows : changed.numInsertedOrUpdatedRows) ?? 0n;
        if (done === 0n) return false;
        if (event) {
          await trx
            .insertInto('ramp_event')
            .values({ domain: event.domain, at: event.at, event: JSON.stringify(event) })
            .execute();
        }
        return true;
      }),
    events: async (domain, period) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('ramp_event')
          .select('event')
          .where('domain', '=', domain)
          .where('at', '>=', whole(period.since))
          .where('at', '<', whole(period.until))
          .orderBy('at')
          .orderBy('id')
          .execute(),
      );
      return rows.map(({ event }) => JSON.parse(event) as RampEvent);
    },
    exclusively: async (domain: DnsName, owner, work) => {
      const lock = await sql.lock(`ramp ${domain}`, owner);
      if (!lock) return undefined;
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
  };
}

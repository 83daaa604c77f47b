/** What was seen in the world, kept when it changes, see `ObservationShelf`. */
import type { Transaction } from 'kysely';
import { whole } from './report-shelf.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import type { Tables } from '../sql/sql-tables.ts';
import type { Observation, ObservationShelf, ObservedChange } from '../store.ts';

/** `last` tells when a state was seen last; `history` when it was seen first. */
export function observationShelf(sql: SqlAccess): ObservationShelf {
  return {
    add: (observations, by) =>
      sql.change(async (trx) => {
        const domains = [...new Set(observations.map(({ domain }) => domain))].sort();
        for (const domain of domains) await sql.dialect.lockName(trx, `septet observations ${domain}`);
        const changes: ObservedChange[] = [];
        for (const after of observations) {
          // Not seen is not gone: it is neither a change nor what the next is compared with.
          if (after.state === 'unknown') continue;
          const change = await addOne(trx, after, by);
          if (change) changes.push(change);
        }
        return changes;
      }),
    last: async (domain) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('observation_last')
          .select('seen')
          .where('domain', '=', domain)
          .orderBy('name')
          .orderBy('type')
          .orderBy('seen_from')
          .execute(),
      );
      return rows.map(({ seen }) => JSON.parse(seen) as Observation);
    },
    history: async (domain, period) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('observation')
          .select(['before', 'after', 'by'])
          .where('domain', '=', domain)
          .where('at', '>=', whole(period.since))
          .where('at', '<', whole(period.until))
          .orderBy('at')
          .orderBy('id')
          .execute(),
      );
      return rows.map(({ before, after, by }) => ({
        ...(before === null ? {} : { before: JSON.parse(before) as Observation }),
        after: JSON.parse(after) as Observation,
        by: by as ObservedChange['by'],
      }));
    },
  };
}

async function addOne(
  trx: Transaction<Tables>,
  after: Observation,
  by: ObservedChange['by'],
): Promise<ObservedChange | undefined> {
  const place = { domain: after.domain, name: after.name, type: after.type, seen_from: after.seenFrom };
  const seen = JSON.stringify(after);
  const stored = await trx
    .selectFrom('observation_last')
    .select('seen')
    .where('domain', '=', place.domain)
    .where('name', '=', place.name)
    .where('type', '=', place.type)
    .where('seen_from', '=', place.seen_from)
    .executeTakeFirst();
  const before = stored && (JSON.parse(stored.seen) as Observation);
  // An answer that was long on its way does not undo a later one.
  if (before && before.at > after.at) return undefined;
  await trx
    .insertInto('observation_last')
    .values({ ...place, seen })
    .onConflict((conflict) => conflict.columns(['domain', 'name', 'type', 'seen_from']).doUpdateSet({ seen }))
    .execute();
  if (before && sameState(before, after)) return undefined;
  const was = before ? JSON.stringify(before) : null;
  await trx
    .insertInto('observation')
    .values({ domain: after.domain, at: after.at, by, before: was, after: seen })
    .execute();
  return { ...(before ? { before } : {}), after, by };
}

/** A TTL that counts down in a resolver's cache is no change. */
function sameState(a: Observation, b: Observation): boolean {
  return a.state === b.state && JSON.stringify([...a.data].sort()) === JSON.stringify([...b.data].sort());
}

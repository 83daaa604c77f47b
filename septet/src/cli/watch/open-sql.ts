/** The connection of `watch` beside the store's: jobs, journals and states of channels stand in the same database. */
import type { SqlAccess } from '../../store/sql/sql-access.ts';
import { StoreFault } from '../../store/sql/sql-fault.ts';
import { InputError, type Io } from '../io.ts';
import { storePlace, type StoreOptions } from '../store-option.ts';

/** The caller closes it. Throws `InputError` with the sentence of the database. */
export async function openSql(options: StoreOptions, io: Io): Promise<SqlAccess> {
  const place = storePlace(options, io);
  const { now, randomBytes } = io;
  try {
    return place.kind === 'sqlite'
      ? await (await import('../../store/sql/sqlite-file.ts')).openSqlite(place.file, { now: () => now(), randomBytes })
      : await (
          await import('../../store/sql/postgres-pool.ts')
        ).openPostgres(place.url, { now: () => now(), randomBytes });
  } catch (error) {
    if (error instanceof StoreFault) throw new InputError(error.message);
    throw error;
  }
}

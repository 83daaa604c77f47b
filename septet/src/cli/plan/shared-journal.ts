/** Journals in PostgreSQL: machines that share a database share what each has published. */
import type { DnsName } from '../../dns/name.ts';
import { journalShelf } from '../../store/shelves/journal-shelf.ts';
import type { Journal } from '../../store/journal.ts';
import { StoreFault } from '../../store/sql/sql-fault.ts';
import { InputError, type Io } from '../io.ts';
import { storePlace, type StoreOptions } from '../store-option.ts';

export interface SharedJournals {
  open(domain: DnsName): Promise<Journal>;
  close(): Promise<void>;
}

/** Undefined where the store is a file of this machine: then the journals are files, too. Throws `InputError`. */
export async function sharedJournals(options: StoreOptions, io: Io): Promise<SharedJournals | undefined> {
  const place = storePlace(options, io);
  if (place.kind !== 'postgres') return undefined;
  const { openPostgres } = await import('../../store/sql/postgres-pool.ts');
  try {
    const sql = await openPostgres(place.url, { now: () => io.now(), randomBytes: io.randomBytes });
    const shelf = journalShelf(sql);
    return { open: (domain) => shelf.open(domain), close: () => sql.close() };
  } catch (error) {
    if (error instanceof StoreFault) throw new InputError(error.message);
    throw error;
  }
}

/**
 * The journal of each domain in the store, for the machines that share one: entries in order, each on disk before
 * `append` resolves. An entry is written at its place or not at all (compare and set), so that of two writers one is told.
 */
import { sql as raw } from 'kysely';
import type { DnsName } from '../../dns/name.ts';
import { readJournal } from '../files/journal-file.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { plainText } from '../sql/sql-bulk.ts';
import { StoreFault } from '../sql/sql-fault.ts';

export interface JournalShelf {
  /** The journal of a domain, read whole; an empty one where nothing was written. Rejects with `StoreFault`. */
  open(domain: DnsName): Promise<Journal>;
}

/** Another writer was there first: nothing was written, and the entries are what it left. Look again before you go on. */
export class JournalMoved extends StoreFault {
  constructor(domain: DnsName) {
    super(
      `Another septet has written into the journal of ${domain} meanwhile. Nothing of this was written; it is looked at again.`,
      true,
    );
  }
}

export function journalShelf(sql: SqlAccess): JournalShelf {
  return { open: (domain) => openOne(sql, domain) };
}

interface Row {
  readonly n: number;
  readonly entry: string;
}

async function openOne(sql: SqlAccess, domain: DnsName): Promise<Journal> {
  const entries: JournalEntry[] = [];
  const torn: string[] = [];
  /** The place of the next entry. */
  let next = 0;
  let tail: Promise<void> = Promise.resolve();
  const refresh = async (): Promise<void> => {
    const { rows } = await sql.read((db) =>
      raw<Row>`select n, entry from journal where domain = ${domain} order by n`.execute(db),
    );
    const read = readJournal(rows.map(({ entry }) => entry).join('\n'));
    entries.splice(0, entries.length, ...read.entries);
    torn.splice(0, torn.length, ...read.torn);
    next = (rows.at(-1)?.n ?? -1) + 1;
  };
  const write = async (entry: JournalEntry): Promise<void> => {
    const text = plainText(JSON.stringify(entry));
    const at = Date.parse(entry.at);
    const { rows } = await sql.change((trx) =>
      raw<Row>`insert into journal (domain, n, at, entry) values (${domain}, ${next}, ${at}, ${text})
        on conflict do nothing returning n, entry`.execute(trx),
    );
    if (rows.length === 0) {
      await refresh();
      throw new JournalMoved(domain);
    }
    entries.push(entry);
    next++;
  };
  /** One after the other, in the order of the calls. */
  const queued = (work: () => Promise<void>): Promise<void> => {
    const done = tail.then(work);
    tail = done.catch(() => undefined);
    return done;
  };
  await refresh();
  return { entries, torn, append: (entry) => queued(() => write(entry)), refresh: () => queued(refresh) };
}

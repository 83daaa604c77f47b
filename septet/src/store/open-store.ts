/** Opens the store, whichever database it is in. Drafts that a crash left behind are removed on the way. */
import { alertShelf } from './shelves/alert-shelf.ts';
import { backupOf, restoreInto } from './backup.ts';
import { removeDeadDrafts } from './shelves/draft-shelf.ts';
import { hostedShelf } from './shelves/hosted-shelf.ts';
import { observationShelf } from './shelves/observation-shelf.ts';
import { rampShelf } from './shelves/ramp-shelf.ts';
import { reportShelf } from './shelves/report-shelf.ts';
import { retainIn } from './retention.ts';
import { keyOctets, secretShelf } from './secrets.ts';
import { sourceShelf } from './shelves/source-shelf.ts';
import { StoreFault } from './sql/sql-fault.ts';
import type { Store } from './store.ts';
import { outboxShelf, suppressionShelf } from './shelves/suppression-shelf.ts';
import { trackingShelf } from './shelves/tracking-shelf.ts';

export type StorePlace =
  /** The path of the file; its folder is made where it is missing. */
  | { readonly kind: 'sqlite'; readonly file: string }
  /** `postgres://user:password@host:5432/database`; a schema `septet` of our own is made in it. */
  | { readonly kind: 'postgres'; readonly url: string };

export interface StoreOptions {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** 32 octets, see `parseSecretKey`; without it secrets are neither put nor read. */
  readonly secretKey?: Uint8Array;
}

/**
 * All verbs of the store reject with `StoreFault` when the database fails: a sentence, and whether trying again helps. An
 * import whose answer was lost may be done again: what is stored already is a duplicate with the same content.
 */
export async function openStore(place: StorePlace, options: StoreOptions): Promise<Store> {
  const { now, randomBytes, secretKey } = options;
  if (secretKey !== undefined && secretKey.length !== keyOctets) {
    throw new StoreFault(`The key for secrets has ${secretKey.length} octets; it has to have ${keyOctets}.`, false);
  }
  const sql =
    place.kind === 'sqlite'
      ? await (await import('./sql/sqlite-file.ts')).openSqlite(place.file, options)
      : await (await import('./sql/postgres-pool.ts')).openPostgres(place.url, options);
  try {
    await removeDeadDrafts(sql);
  } catch (error) {
    await sql.close();
    throw error;
  }
  const reports = reportShelf(sql, now);
  const tracking = trackingShelf(sql);
  return {
    kind: place.kind,
    reports,
    sources: sourceShelf(sql),
    observations: observationShelf(sql),
    ramps: rampShelf(sql),
    alerts: alertShelf(sql),
    secrets: secretShelf(sql, secretKey, randomBytes),
    tracking,
    suppressions: suppressionShelf(sql),
    outbox: outboxShelf(sql),
    hosted: hostedShelf(sql),
    retain: (retention, at) => retainIn(sql, retention, at),
    backup: () => backupOf(sql),
    restore: (lines) => restoreInto(sql, lines),
    close: async () => {
      await reports.settled();
      await tracking.close();
      await sql.close();
    },
  };
}

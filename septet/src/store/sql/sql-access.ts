/** What the shelves need of a database: `sqlite-file.ts` and `postgres-pool.ts` give it. */
import type { Kysely, Transaction } from 'kysely';
import type { SqlDialect } from './sql-dialect.ts';
import type { Tables } from './sql-tables.ts';

/** All of these reject with `StoreFault` where the database fails. */
export interface SqlAccess {
  readonly dialect: SqlDialect;
  /** For sentences; without a password. */
  readonly place: string;
  /** Reads only: a writer has to wait for its turn, which `change` does. */
  readonly read: <T>(work: (db: Kysely<Tables>) => Promise<T>) => Promise<T>;
  /** All or nothing; on disk when it resolves. Only `trx` may be used inside. */
  readonly change: <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>;
  /** One moment of the database, for long reads beside writers. */
  readonly snapshot: () => Promise<{ readonly db: Kysely<Tables>; readonly end: () => Promise<void> }>;
  /** A lock among all processes that goes with its process; undefined where another holds it. */
  readonly lock: (name: string, owner: string) => Promise<{ readonly release: () => Promise<void> } | undefined>;
  /** Who writes drafts here, told apart from all others that live. */
  readonly draftOwner: () => Promise<string>;
  /** Of these owners of drafts, whose drafts nobody will finish. */
  readonly deadOwners: (
    drafts: readonly { readonly owner: string; readonly touchedAt: number }[],
  ) => Promise<ReadonlySet<string>>;
  readonly close: () => Promise<void>;
}

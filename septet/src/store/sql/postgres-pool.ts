/** The store in PostgreSQL: schema `septet`, a pool, locks that go with the machine that holds them. */
import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Client, ClientConfig } from 'pg';
import { migrate } from './migrations.ts';
import type { SqlAccess } from './sql-access.ts';
import { postgresSql } from './sql-dialect.ts';
import { faultOf, StoreFault } from './sql-fault.ts';
import type { Tables } from './sql-tables.ts';

export interface PostgresOptions {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const connectionsOfPool = 8; // house
/** A draft that nobody has touched for so long is of a machine that died. */
const draftLifeMs = 3_600_000;
/** Settings of each session: a machine that vanishes without a word is noticed, and its locks freed, within a minute. */
const session = [
  'search_path=septet',
  'synchronous_commit=on',
  'tcp_keepalives_idle=20',
  'tcp_keepalives_interval=10',
  'tcp_keepalives_count=3',
];

/** Opens the database of the URL and makes or updates the schema. Throws `StoreFault`, in which no password stands. */
export async function openPostgres(url: string, { now, randomBytes }: PostgresOptions): Promise<SqlAccess> {
  const { place, config } = configOf(url);
  const { default: pg } = await import('pg');
  const settings: ClientConfig = { ...config, types: { getTypeParser: typeParser(pg.types.getTypeParser) } };
  const inWords = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, place);
    }
  };
  const pool = new pg.Pool({ ...settings, max: connectionsOfPool, idleTimeoutMillis: 30_000 });
  // A server that goes away tells idle connections first; who asks next gets a new one, or the fault.
  pool.on('error', () => {});
  // A connection that breaks while it is in use rejects its query; the event says the same again.
  pool.on('connect', (client) => void client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await inWords(() => migrate(db, postgresSql, place, now()));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const locks = locksOf(() => new pg.Client(settings));
  const owner = Buffer.from(randomBytes(12)).toString('hex');
  return {
    dialect: postgresSql,
    place,
    read: (work) => inWords(() => work(db)),
    change: (work) => inWords(() => db.transaction().execute(work)),
    snapshot: () =>
      inWords(async () => {
        const trx = await db
          .startTransaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute();
        // The moment is that of the first question.
        await sql`select 1`.execute(trx);
        return { db: trx, end: async () => void (await trx.rollback().execute()) };
      }),
    lock: (name) => inWords(() => locks.take(name)),
    draftOwner: async () => owner,
    deadOwners: async (drafts) => {
      const living = new Set(
        drafts.filter((draft) => draft.touchedAt > now() - draftLifeMs).map((draft) => draft.owner),
      );
      return new Set(drafts.map((draft) => draft.owner).filter((name) => name !== owner && !living.has(name)));
    },
    close: async () => {
      await locks.close();
      await inWords(() => db.destroy());
    },
  };
}

/** What `pg` is given, and how the place is called: `postgres://host:5432/septet`. */
function configOf(url: string): { readonly place: string; readonly config: ClientConfig } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new StoreFault('The store is named by a URL such as postgres://user:password@127.0.0.1/septet.', false);
  }
  const place = `postgres://${parsed.host}${parsed.pathname}`;
  const own = parsed.searchParams.get('options');
  parsed.searchParams.delete('options');
  const options = [...(own === null ? [] : [own]), ...session.map((setting) => `-c ${setting}`)].join(' ');
  return {
    place,
    config: {
      connectionString: parsed.href,
      options,
      application_name: 'septet',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    },
  };
}

/** `bigint` as a number: what is stored is at most 2^53 - 1. */
function typeParser(usual: (oid: number, format?: 'text') => unknown) {
  const int8 = 20;
  return (oid: number): ((text: string) => unknown) =>
    oid === int8 ? Number : (usual(oid) as (text: string) => unknown);
}

interface Locks {
  take(name: string): Promise<{ readonly release: () => Promise<void> } | undefined>;
  close(): Promise<void>;
}

/** Advisory locks of one session of their own: when its machine dies, the server frees them. */
function locksOf(makeClient: () => Client): Locks {
  /** A session may take its own lock twice: what this process holds is told here. */
  const held = new Set<string>();
  let current: Promise<Client> | undefined;
  const connect = (): Promise<Client> => {
    if (current) return current;
    const client = makeClient();
    const gone = (): void => {
      if (current === made) current = undefined;
    };
    client.on('error', gone);
    client.on('end', gone);
    const made = client.connect().then(
      () => client,
      (error: unknown) => {
        gone();
        throw error;
      },
    );
    current = made;
    return made;
  };
  return {
    take: async (name) => {
      if (held.has(name)) return undefined;
      held.add(name);
      const key = createHash('sha256').update(`septet ${name}`).digest().readBigInt64BE(0).toString();
      try {
        const client = await connect();
        const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [key]);
        if (rows[0]?.taken !== true) {
          held.delete(name);
          return undefined;
        }
        return {
          release: async () => {
            // Where the session is gone, so is the lock.
            if (current === undefined || (await current.catch(() => undefined)) !== client) held.delete(name);
            else {
              await client.query('select pg_advisory_unlock($1)', [key]).catch(() => {});
              held.delete(name);
            }
          },
        };
      } catch (error) {
        held.delete(name);
        throw error;
      }
    },
    close: async () => {
      const client = await current?.catch(() => undefined);
      current = undefined;
      await client?.end().catch(() => {});
    },
  };
}

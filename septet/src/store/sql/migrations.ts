/** The tables, step by step, the same on both databases. A step that was published is never changed, only followed. */
import { sql, type Kysely } from 'kysely';
import { StoreFault } from './sql-fault.ts';
import type { SqlDialect } from './sql-dialect.ts';
import { counterColumns, type Tables } from './sql-tables.ts';

interface Migration {
  readonly name: string;
  readonly statements: (dialect: SqlDialect) => readonly string[];
}

const counters = counterColumns.map((column) => `${column} bigint not null`).join(', ');

/** The version of the schema is the number of steps done. */
const migrations: readonly Migration[] = [
  {
    name: 'reports, sources, observations, ramps, alerts, secrets',
    statements: (d) => [
      ...d.ownTables,
      `create table word (id ${d.idColumn}, hash ${d.binaryText} not null unique, text text not null)`,
      `create table report (id bigint primary key, kind text not null, identity ${d.binaryText} not null unique,
         content text not null, domain bigint references word, about ${d.binaryText} not null, trust text not null,
         middle_at bigint not null, imported_at bigint not null, rows bigint not null, messages bigint not null,
         has_rows int not null, document text not null, source text not null)`,
      'create index report_by_domain on report (domain, kind, middle_at, id)',
      'create index report_by_age on report (kind, middle_at)',
      `create table draft (id bigint primary key, owner text not null, touched_at bigint not null)`,
      `create table draft_rollup (draft bigint not null, source bigint not null, ${counters},
         primary key (draft, source)) ${d.clustered}`,
      `create table report_row (report bigint not null, n int not null, source bigint not null, ip text not null,
         count bigint not null, disposition int not null, dkim int, spf int, shape int not null,
         primary key (report, n)) ${d.clustered}`,
      `create table report_shape (report bigint not null, n int not null, detail text not null,
         primary key (report, n)) ${d.clustered}`,
      `create table rollup (domain bigint not null references word, vouched int not null, kind int not null,
         day int not null, "key" bigint not null, ${counters},
         primary key (domain, vouched, kind, day, "key")) ${d.clustered}`,
      `create table refusal (id ${d.idColumn}, at bigint not null, code text not null, text text not null,
         origin text not null, trust text not null, source text not null)`,
      'create index refusal_by_time on refusal (at)',
      `create table source_mark (domain ${d.binaryText} not null, source_key ${d.binaryText} not null,
         mark text not null, note text, at bigint not null, primary key (domain, source_key))`,
      `create table reverse_name (address ${d.binaryText} primary key, name text, at bigint not null)`,
      `create table observation (id ${d.idColumn}, domain ${d.binaryText} not null, at bigint not null,
         "by" text not null, before text, after text not null)`,
      'create index observation_by_domain on observation (domain, at, id)',
      `create table observation_last (domain ${d.binaryText} not null, name ${d.binaryText} not null,
         type ${d.binaryText} not null, seen_from ${d.binaryText} not null, seen text not null,
         primary key (domain, name, type, seen_from))`,
      `create table ramp_state (domain ${d.binaryText} not null, ramp ${d.binaryText} not null,
         revision bigint not null, state text not null, primary key (domain, ramp))`,
      `create table ramp_event (id ${d.idColumn}, domain ${d.binaryText} not null, at bigint not null,
         event text not null)`,
      'create index ramp_event_by_domain on ramp_event (domain, at, id)',
      `create table alert (domain ${d.binaryText} not null, "key" ${d.binaryText} not null, severity text not null,
         text text not null, since bigint not null, primary key (domain, "key"))`,
      `create table secret (name ${d.binaryText} primary key, sealed text not null)`,
    ],
  },
  {
    name: 'tracking, suppressions, outbox, hosted',
    statements: (d) => [
      `create table tracking_hit (id ${d.idColumn}, domain ${d.binaryText} not null, at bigint not null,
         kind int not null, agent int not null, campaign text not null, message text not null, reader text not null,
         link int, address text)`,
      'create index tracking_hit_by_time on tracking_hit (domain, at)',
      `create table tracking_day (domain ${d.binaryText} not null, day int not null, campaign ${d.binaryText} not null,
         kind int not null, agent int not null, count bigint not null,
         primary key (domain, day, campaign, kind, agent)) ${d.clustered}`,
      `create table suppression (domain ${d.binaryText} not null, kind ${d.binaryText} not null,
         "key" ${d.binaryText} not null, recipient text not null, reader text not null, at bigint not null,
         source text not null, campaign text not null, primary key (domain, kind, "key")) ${d.clustered}`,
      `create table outbox (id ${d.binaryText} primary key, domain ${d.binaryText} not null, at bigint not null,
         body text not null, tries int not null, next_at bigint not null)`,
      'create index outbox_by_time on outbox (next_at)',
      `create table hosted (domain ${d.binaryText} not null, kind ${d.binaryText} not null,
         name ${d.binaryText} not null, value text not null, at bigint not null, primary key (domain, kind, name))`,
    ],
  },
  {
    name: 'journal, jobs, channels of alerts',
    statements: (d) => [
      `create table journal (domain ${d.binaryText} not null, n int not null, at bigint not null, entry text not null,
         primary key (domain, n))`,
      `create table job_run (kind ${d.binaryText} not null, subject ${d.binaryText} not null, at bigint not null,
         run text not null, primary key (kind, subject))`,
      `create table channel_state (channel ${d.binaryText} primary key, revision bigint not null, state text not null)`,
    ],
  },
];

/** What this program knows; a database with more is refused. */
export const schemaVersion = migrations.length;

/** Brings the database to `schemaVersion`, one process at a time. Throws `StoreFault` for a newer schema. */
export async function migrate(db: Kysely<Tables>, dialect: SqlDialect, place: string, now: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await dialect.lockName(trx, 'septet migrations');
    if (dialect.kind === 'postgres') await sql`create schema if not exists septet`.execute(trx);
    await sql`create table if not exists migration (version int primary key, name text not null, at bigint not null)`.execute(
      trx,
    );
    const { rows } = await sql<{ version: number | null }>`select max(version) as version from migration`.execute(trx);
    const version = rows[0]?.version ?? 0;
    if (version > schemaVersion) {
      throw new StoreFault(
        `${place} was written by a newer septet (schema ${version}, this one knows ${schemaVersion}). Update septet, or name another store.`,
        false,
      );
    }
    for (const [i, { name, statements }] of migrations.entries()) {
      if (i < version) continue;
      for (const statement of statements(dialect)) await sql.raw(statement).execute(trx);
      await sql`insert into migration values (${i + 1}, ${name}, ${now})`.execute(trx);
    }
  });
}

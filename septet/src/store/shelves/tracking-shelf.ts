/** Clicks, opens and unsubscribes, see `TrackingShelf`: single hits for as long as the domain keeps them, counts by day. */
import { sql as raw, type Transaction } from 'kysely';
import type { DnsName } from '../../dns/name.ts';
import { hitQueue } from '../hits/hit-queue.ts';
import { dayBulk, dayRows, hitAgents, hitBulk, hitKinds, putHit } from '../hits/hit-rows.ts';
import { threadWriter } from '../hits/hit-writer.ts';
import { dayMs, dayOf, daysOf, dayText } from '../sql/rollups.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { insertAll, plainText, type Value } from '../sql/sql-bulk.ts';
import type { Tables } from '../sql/sql-tables.ts';
import { suppressionRow } from './suppression-shelf.ts';
import type { Delivery, Suppression, TrackingHit, TrackingLine, TrackingShelf } from '../tracking.ts';

const mostWaiting = 20_000; // house
const atOnce = 5000;

/** `close` waits until nothing has to be written any more. */
export function trackingShelf(sql: SqlAccess): TrackingShelf & { readonly close: () => Promise<void> } {
  // SQLite's sync holds up the thread that asks for it; PostgreSQL's happens elsewhere anyway.
  const thread = sql.dialect.kind === 'sqlite' ? threadWriter(sql.place) : undefined;
  const write = thread?.write ?? ((hits: readonly TrackingHit[]) => sql.change((trx) => insertHits(trx, sql, hits)));
  const queue = hitQueue<TrackingHit>(write, mostWaiting);
  return {
    close: async () => {
      await queue.settled();
      await thread?.close();
    },
    add: queue.add,
    unsubscribe: (hit, suppression, delivery) =>
      sql.change(async (trx) => {
        if (!(await suppress(trx, suppression))) return 'known';
        await insertHits(trx, sql, [hit]);
        if (delivery) await post(trx, delivery);
        return 'new';
      }),
    tally: async ({ domain, ...period }, by) => {
      const { from, to } = daysOf(period);
      const key = by === 'day' ? 'day' : 'campaign';
      const rows = await sql.read((db) => {
        const found = db
          .selectFrom('tracking_day')
          .select([
            'domain',
            raw<string | number>`${raw.ref(key)}`.as('key'),
            'kind',
            'agent',
            sql.dialect.sum('count').as('count'),
          ])
          .where('day', '>=', from)
          .where('day', '<', to)
          .groupBy(['domain', key, 'kind', 'agent']);
        return (domain === undefined ? found : found.where('domain', '=', domain)).execute();
      });
      return linesOf(rows, by);
    },
    hits: async ({ domain, since, until }, limit) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('tracking_hit')
          .selectAll()
          .where('domain', '=', domain)
          .where('at', '>=', since)
          .where('at', '<', until)
          .orderBy('at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map((row) => ({
        domain: row.domain as DnsName,
        at: row.at,
        kind: hitKinds[row.kind] ?? 'click',
        agent: hitAgents[row.agent] ?? 'scanner',
        campaign: row.campaign,
        message: row.message,
        reader: row.reader,
        ...(row.link === null ? {} : { link: row.link }),
        ...(row.address === null ? {} : { address: row.address }),
      }));
    },
    forget: async (domain, before) => {
      let gone = 0;
      for (;;) {
        const { numDeletedRows } = await sql.change((trx) =>
          trx
            .deleteFrom('tracking_hit')
            .where('id', 'in', (eb) =>
              eb
                .selectFrom('tracking_hit')
                .select('id')
                .where('domain', '=', domain)
                .where('at', '<', before)
                .orderBy('at')
                .limit(atOnce),
            )
            .executeTakeFirst(),
        );
        gone += Number(numDeletedRows);
        if (numDeletedRows < BigInt(atOnce)) return gone;
      }
    },
    domains: async () => {
      const rows = await sql.read((db) =>
        db.selectFrom('tracking_day').select('domain').distinct().orderBy('domain').execute(),
      );
      return rows.map(({ domain }) => domain as DnsName);
    },
    ping: async () => {
      await sql.read((db) => raw`select 1`.execute(db));
    },
  };
}

async function insertHits(trx: Transaction<Tables>, { dialect }: SqlAccess, hits: readonly TrackingHit[]) {
  const rows = hits.map((hit) => {
    const row: Value[] = [];
    putHit(row, hit);
    return row;
  });
  await insertAll(trx, dialect, hitBulk, rows);
  await insertAll(trx, dialect, dayBulk, dayRows(rows.flat()));
}

async function suppress(trx: Transaction<Tables>, suppression: Suppression): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('suppression')
    .values(suppressionRow(suppression))
    .onConflict((conflict) => conflict.columns(['domain', 'kind', 'key']).doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function post(trx: Transaction<Tables>, { id, domain, at, body, tries, nextAt }: Delivery): Promise<void> {
  await trx
    .insertInto('outbox')
    .values({ id, domain, at, body: plainText(body), tries, next_at: nextAt })
    .execute();
}

interface CountRow {
  readonly domain: string;
  readonly key: string | number;
  readonly kind: number;
  readonly agent: number;
  readonly count: number;
}

function linesOf(rows: readonly CountRow[], by: 'campaign' | 'day'): readonly TrackingLine[] {
  type Line = { -readonly [K in keyof TrackingLine]: TrackingLine[K] };
  const lines = new Map<string, Line>();
  for (const row of rows) {
    const key = typeof row.key === 'number' ? dayText(row.key) : row.key;
    const place = `${row.domain} ${key}`;
    let line = lines.get(place);
    if (!line) {
      const zero = { clicks: 0, opens: 0, unsubscribes: 0, proxyOpens: 0, scanners: 0 };
      lines.set(place, (line = { domain: row.domain as DnsName, key, ...zero }));
    }
    const kind = hitKinds[row.kind];
    const agent = hitAgents[row.agent];
    if (kind === 'unsubscribe') line.unsubscribes += row.count;
    else if (agent === 'scanner') line.scanners += row.count;
    else if (kind === 'click') line.clicks += row.count;
    else if (agent === 'proxy') line.proxyOpens += row.count;
    else line.opens += row.count;
  }
  const order = (a: Line, b: Line): number => {
    if (a.domain !== b.domain) return a.domain < b.domain ? -1 : 1;
    if (by === 'campaign' && a.clicks !== b.clicks) return b.clicks - a.clicks;
    return a.key < b.key ? -1 : 1;
  };
  return [...lines.values()].sort(order);
}

/** The first moment of the day that lies `days` before. */
export const keptSince = (now: number, days: number): number => (dayOf(now) - days) * dayMs;

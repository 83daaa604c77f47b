/**
 * Reports that count otherwise than when they came: their domain has joined the configuration, somebody vouches for them
 * now, or a report that somebody vouches for takes the place of one that anybody may have written.
 */
import type { Transaction } from 'kysely';
import type { DnsName } from '../../dns/name.ts';
import {
  addTo,
  countersOf,
  dayOf,
  dispositions,
  monthOf,
  noSums,
  rollupKinds,
  shapeFacts,
  type Sums,
} from './rollups.ts';
import { insertAll, type Bulk } from './sql-bulk.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { ReportTable, Tables } from './sql-tables.ts';
import type { Words } from './sql-words.ts';
import type { Trust } from '../store.ts';

export interface RecountHands {
  readonly trx: Transaction<Tables>;
  readonly dialect: SqlDialect;
  readonly words: Words;
  /** Adds to the lines that are there; the sums may be negative. */
  readonly rollupBulk: Bulk;
}

type Stored = Pick<ReportTable, 'id' | 'kind' | 'domain' | 'trust' | 'middle_at' | 'has_rows' | 'document'>;

const columns = ['id', 'kind', 'domain', 'trust', 'middle_at', 'has_rows', 'document'] as const;
const rowsAPage = 2000;

/**
 * Lets the stored report count for the domain, where it counts for none yet, and as `trust` says, where nobody vouched for
 * it. False where that changes nothing, or where its rows are gone and nobody can count them again.
 */
export async function raiseReport(
  hands: RecountHands,
  id: number,
  { domain, trust }: { readonly domain?: DnsName; readonly trust?: Trust },
): Promise<boolean> {
  const { trx, dialect, words } = hands;
  if (domain !== undefined) await dialect.lockName(trx, `septet rollup ${domain}`);
  // Writes what stands there: another machine that is at the same report has to wait.
  const report = await trx
    .updateTable('report')
    .set((eb) => ({ trust: eb.ref('trust') }))
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst();
  if (report === undefined || (report.kind === 'aggregate' && report.has_rows === 0)) return false;
  const resolved = await words.resolve(trx, domain === undefined ? [] : [domain]);
  const to = {
    domain: report.domain ?? (domain === undefined ? null : resolved.id(domain)),
    trust: report.trust === 'unauthenticated' ? (trust ?? report.trust) : report.trust,
  };
  if (to.domain === report.domain && to.trust === report.trust) return false;
  await trx.updateTable('report').set(to).where('id', '=', id).execute();
  await recount(hands, report, [
    { ...report, sign: -1 },
    { ...to, sign: 1 },
  ]);
  return true;
}

/** The stored report goes, and what it has counted. */
export async function removeReport(hands: RecountHands, id: number): Promise<void> {
  const { trx } = hands;
  const report = await trx.deleteFrom('report').where('id', '=', id).returning(columns).executeTakeFirst();
  if (report === undefined) return;
  await recount(hands, report, [{ ...report, sign: -1 }]);
  await trx.deleteFrom('report_row').where('report', '=', id).execute();
  await trx.deleteFrom('report_shape').where('report', '=', id).execute();
}

/** Where a report counts, and whether it is added there or taken away. */
interface Share {
  readonly domain: number | null;
  readonly trust: string;
  readonly sign: 1 | -1;
}

async function recount(hands: RecountHands, report: Stored, all: readonly Share[]): Promise<void> {
  const { trx, dialect, words, rollupBulk } = hands;
  const shares = all.filter(({ domain }) => domain !== null);
  if (report.kind !== 'aggregate' || report.has_rows === 0 || shares.length === 0) return;
  const { reporter } = JSON.parse(report.document) as { readonly reporter: string };
  const receiver = (await words.resolve(trx, [reporter])).id(reporter);
  const day = dayOf(report.middle_at);
  const month = monthOf(day);
  for (let n = -1; ;) {
    const page = await pageOf(trx, report.id, n);
    const last = page.at(-1);
    if (last === undefined) break;
    n = last.n;
    const lines = linesOf(page, { day, month, receiver });
    const rows = shares.flatMap(({ domain, trust, sign }) =>
      lines.map(([kind, at, key, sums]) => [domain, vouchedOf(trust), kind, at, key, ...sums.map((sum) => sum * sign)]),
    );
    await insertAll(trx, dialect, rollupBulk, rows);
    if (page.length < rowsAPage) break;
  }
  for (const { domain, trust, sign } of shares) {
    if (sign > 0) continue;
    await trx
      .deleteFrom('rollup')
      .where('domain', '=', domain)
      .where('vouched', '=', vouchedOf(trust))
      .where('day', 'in', [day, month])
      .where('messages', '<=', 0)
      .execute();
  }
}

const vouchedOf = (trust: string): number => (trust === 'unauthenticated' ? 0 : 1);

const pageOf = (trx: Transaction<Tables>, id: number, after: number) =>
  trx
    .selectFrom('report_row')
    .innerJoin('report_shape', (join) =>
      join.onRef('report_shape.report', '=', 'report_row.report').onRef('report_shape.n', '=', 'report_row.shape'),
    )
    .select(['report_row.n', 'source', 'count', 'disposition', 'dkim', 'spf', 'detail'])
    .where('report_row.report', '=', id)
    .where('report_row.n', '>', after)
    .orderBy('report_row.n')
    .limit(rowsAPage)
    .execute();

type Line = readonly [kind: number, day: number, key: number, sums: Sums];

function linesOf(
  rows: Awaited<ReturnType<typeof pageOf>>,
  { day, month, receiver }: { readonly day: number; readonly month: number; readonly receiver: number },
): readonly Line[] {
  const total = noSums();
  const bySource = new Map<number, Sums>();
  const byDisposition = new Map<number, Sums>();
  for (const { source, count, disposition, dkim, spf, detail } of rows) {
    const facts = shapeFacts(JSON.parse(detail) as Parameters<typeof shapeFacts>[0]);
    const counters = countersOf(
      { count, disposition: dispositions[disposition] ?? 'none', ...signs('dkim', dkim), ...signs('spf', spf) },
      facts,
    );
    addTo(total, counters);
    addTo(of(bySource, source), counters);
    addTo(of(byDisposition, disposition), counters);
  }
  return [
    [rollupKinds.day, day, 0, total],
    [rollupKinds.receiver, day, receiver, total],
    [rollupKinds.receiverMonth, month, receiver, total],
    ...[...byDisposition].map(([key, sums]): Line => [rollupKinds.disposition, day, key, sums]),
    ...[...bySource].flatMap(([key, sums]): Line[] => [
      [rollupKinds.source, day, key, sums],
      [rollupKinds.sourceMonth, month, key, sums],
    ]),
  ];
}

function of(map: Map<number, Sums>, key: number): Sums {
  const sums = map.get(key) ?? noSums();
  map.set(key, sums);
  return sums;
}

const signs = (key: 'dkim' | 'spf', value: number | null) => (value === 1 ? { [key]: 'pass' as const } : {});

/**
 * Reports into the tables. Those that finish at the same time share a transaction, and so one flush of the disk; each
 * promise resolves after it.
 */
import { sql as raw, type Transaction } from 'kysely';
import type { Disposition } from '../../reports/aggregate.ts';
import { raiseReport, removeReport } from './recount.ts';
import { addTo, dayOf, dispositions, monthOf, rollupKinds, type Sums } from './rollups.ts';
import type { SqlAccess } from './sql-access.ts';
import { insertAll, parts, plainText, type Bulk, type Value } from './sql-bulk.ts';
import { StoreFault } from './sql-fault.ts';
import type { SqlDialect } from './sql-dialect.ts';
import { counterColumns, type Tables } from './sql-tables.ts';
import type { Resolved, Words } from './sql-words.ts';
import type { ImportFacts, ImportOutcome } from '../store.ts';

/** A row as it waits; `source` in words. */
export interface WaitingRow {
  readonly n: number;
  readonly source: string;
  readonly values: readonly [ip: string, count: number, disposition: number, dkim: number | null, spf: number | null];
  readonly shape: number;
}

export interface ReportSums {
  readonly total: Sums;
  readonly bySource: Map<string, Sums>;
  readonly byDisposition: Map<Disposition, Sums>;
}

/** A report that is ready to be stored. */
export interface ReadyReport {
  readonly kind: 'aggregate' | 'tls' | 'failure';
  readonly identity: string;
  readonly content: string;
  readonly about: string;
  readonly reporter: string;
  readonly middleAt: number;
  readonly document: string;
  readonly facts: ImportFacts;
  readonly rowCount: number;
  readonly messages: number;
  readonly rows: readonly WaitingRow[];
  /** Number and JSON of each. */
  readonly shapes: readonly (readonly [n: number, detail: string])[];
  readonly sums?: ReportSums;
  /** Its rows, or most of them, are in the tables under this id. */
  readonly draft?: number;
}

export interface Importer {
  /** Resolves when it is on disk. Rejects with `StoreFault`; then nothing of it is stored. */
  store(report: ReadyReport): Promise<ImportOutcome>;
  /** When nothing waits any more. */
  settled(): Promise<void>;
}

const mostReportsAtOnce = 256;
const mostRowsAtOnce = 5000;

export function importerOf(sql: SqlAccess, words: Words): Importer {
  const queue: { report: ReadyReport; resolve(outcome: ImportOutcome): void; reject(error: unknown): void }[] = [];
  let running: PromiseWithResolvers<void> | undefined;
  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      let rows = 0;
      // A large one goes alone: its transaction is long.
      const upTo = queue.findIndex(
        ({ report }, i) =>
          i >= mostReportsAtOnce || report.draft !== undefined || (rows += report.rows.length) > mostRowsAtOnce,
      );
      const batch = queue.splice(0, upTo < 0 ? queue.length : Math.max(1, upTo));
      try {
        const outcomes = await commit(
          sql,
          words,
          batch.map(({ report }) => report),
        );
        for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i]!);
      } catch (error) {
        if (batch.length === 1 || error instanceof StoreFault) for (const { reject } of batch) reject(error);
        // One of them is to blame; the others shall not suffer.
        else {
          for (const { report, resolve, reject } of batch) {
            await commit(sql, words, [report]).then(([outcome]) => resolve(outcome!), reject);
          }
        }
      }
    }
    running?.resolve();
    running = undefined;
  };
  return {
    store: (report) =>
      new Promise((resolve, reject) => {
        queue.push({ report, resolve, reject });
        if (running) return;
        running = Promise.withResolvers();
        // House: who finishes in the same turn of the loop goes along; waiting longer costs more than it gives.
        setImmediate(() => void flush());
      }),
    settled: async () => running?.promise,
  };
}

const reportBulk: Bulk = {
  table: 'report',
  columns: [
    'id',
    'kind',
    'identity',
    'content',
    'domain',
    'about',
    'trust',
    'middle_at',
    'imported_at',
    'rows',
    'messages',
    'has_rows',
    'document',
    'source',
  ],
  tail: () => 'on conflict (identity) do nothing returning id',
};

async function commit(
  sql: SqlAccess,
  words: Words,
  reports: readonly ReadyReport[],
): Promise<readonly ImportOutcome[]> {
  const { outcomes, resolved, known } = await sql.change((trx) => commitIn(trx, sql, words, reports));
  resolved.keep();
  const all = [...outcomes];
  // Seldom: what came before counts for less than it would today.
  for (const [report, stored] of known) all[reports.indexOf(report)] = await better(sql, words, report, stored);
  return all;
}

interface Committed {
  readonly outcomes: readonly ImportOutcome[];
  readonly resolved: Resolved;
  /** Those of which a poorer one is stored. */
  readonly known: ReadonlyMap<ReadyReport, StoredBefore>;
}

/** The same report counts for its domain now, or by the one who vouches for it; another takes the place of a stranger's. */
async function better(
  sql: SqlAccess,
  words: Words,
  report: ReadyReport,
  { id, content, imported_at: firstSeen }: StoredBefore,
): Promise<ImportOutcome> {
  const { outcome, resolved } = await sql.change(async (trx) => {
    const hands = { trx, dialect: sql.dialect, words, rollupBulk };
    if (content === report.content) {
      const raised = await raiseReport(hands, id, report.facts);
      const same = { kind: 'duplicate', same: true, firstSeen, ...(raised ? { raised } : {}) } as const;
      return { outcome: same, resolved: undefined };
    }
    await removeReport(hands, id);
    const again = await commitIn(trx, sql, words, [report]);
    return { outcome: again.outcomes[0]!, resolved: again.resolved };
  });
  resolved?.keep();
  return outcome;
}

const isVouched = (trust: string): boolean => trust !== 'unauthenticated';

function isPoorer(stored: StoredBefore, { content, facts }: ReadyReport): boolean {
  if (isVouched(facts.trust) && !isVouched(stored.trust)) return true;
  return stored.content === content && stored.domain === null && facts.domain !== undefined;
}

async function commitIn(
  trx: Transaction<Tables>,
  sql: SqlAccess,
  words: Words,
  reports: readonly ReadyReport[],
): Promise<Committed> {
  const resolved = await words.resolve(trx, wordsIn(reports));
  const fresh = reports.filter(({ draft }) => draft === undefined);
  const ids = fresh.length > 0 ? await sql.dialect.takeIds(trx, fresh.length) : [];
  const idOf = new Map(fresh.map((report, i) => [report, ids[i]!]));
  for (const report of reports) if (report.draft !== undefined) idOf.set(report, report.draft);
  const inOrder = [...reports].sort((a, b) => (a.identity < b.identity ? -1 : 1));
  const stored = await insertAll<{ id: number }>(
    trx,
    sql.dialect,
    reportBulk,
    inOrder.map((report) => reportValues(report, idOf.get(report)!, resolved)),
  );
  const won = new Set(stored.map(({ id }) => id));
  const kept = reports.filter((report) => won.has(idOf.get(report)!));
  const lost = reports.filter((report) => !won.has(idOf.get(report)!));
  await insertRows(trx, sql.dialect, kept, (report) => idOf.get(report)!, resolved);
  await addRollups(trx, sql.dialect, kept, resolved);
  const before = await storedBefore(trx, lost);
  const outcomes = reports.map((report): ImportOutcome => {
    if (won.has(idOf.get(report)!)) return { kind: 'stored', rows: report.rowCount, messages: report.messages };
    const first = before.get(report.identity);
    return {
      kind: 'duplicate',
      same: first?.content === report.content,
      firstSeen: first?.imported_at ?? report.facts.importedAt,
    };
  });
  const known = new Map<ReadyReport, StoredBefore>();
  for (const report of lost) {
    const first = before.get(report.identity);
    if (first && isPoorer(first, report)) known.set(report, first);
  }
  return { outcomes, resolved, known };
}

function* wordsIn(reports: readonly ReadyReport[]): Generator<string> {
  for (const { facts, reporter, rows, sums } of reports) {
    if (facts.domain !== undefined) yield facts.domain;
    yield reporter;
    for (const { source } of rows) yield source;
    if (sums) yield* sums.bySource.keys();
  }
}

function reportValues(report: ReadyReport, id: number, words: Resolved): readonly Value[] {
  const { facts } = report;
  return [
    id,
    report.kind,
    report.identity,
    report.content,
    facts.domain === undefined ? null : words.id(facts.domain),
    plainText(report.about),
    facts.trust,
    report.middleAt,
    facts.importedAt,
    report.rowCount,
    report.messages,
    report.kind === 'aggregate' ? 1 : 0,
    report.document,
    JSON.stringify(facts.source),
  ];
}

const shapeBulk: Bulk = { table: 'report_shape', columns: ['report', 'n', 'detail'] };
const rowBulk: Bulk = {
  table: 'report_row',
  columns: ['report', 'n', 'source', 'ip', 'count', 'disposition', 'dkim', 'spf', 'shape'],
};

/** Rows and shapes that wait, under the id that is given for each report. */
export async function insertRows<R extends Pick<ReadyReport, 'rows' | 'shapes'>>(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  reports: readonly R[],
  idOf: (report: R) => number,
  words: Resolved,
): Promise<void> {
  const shapes = reports.flatMap((report) => report.shapes.map(([n, detail]) => [idOf(report), n, detail]));
  await insertAll(trx, dialect, shapeBulk, shapes);
  const rows = reports.flatMap((report) => {
    const id = idOf(report);
    return report.rows.map(({ n, source, values, shape }) => [id, n, words.id(source), ...values, shape]);
  });
  await insertAll(trx, dialect, rowBulk, rows);
}

const add = (dialect: SqlDialect, table: string, key: string): string =>
  `on conflict (${key}) do update set ${counterColumns
    .map(
      (column) => `${column} = ${dialect.least}(${table}.${column} + excluded.${column}, ${Number.MAX_SAFE_INTEGER})`,
    )
    .join(', ')}`;

const rollupKey = 'domain, vouched, kind, day, "key"';
/** Adds to the lines that are there. */
export const rollupBulk: Bulk = {
  table: 'rollup',
  columns: ['domain', 'vouched', 'kind', 'day', 'key', ...counterColumns],
  tail: (dialect) => add(dialect, 'rollup', rollupKey),
};
const draftBulk: Bulk = {
  table: 'draft_rollup',
  columns: ['draft', 'source', ...counterColumns],
  tail: (dialect) => add(dialect, 'draft_rollup', 'draft, source'),
};

/** What a large draft has counted so far goes to the table, so that memory stays bounded. */
export async function spillSums(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  draft: number,
  bySource: ReadonlyMap<string, Sums>,
  words: Resolved,
): Promise<void> {
  const rows = [...bySource].map(([source, sums]) => [draft, words.id(source), ...sums]);
  await insertAll(trx, dialect, draftBulk, rows);
}

async function addRollups(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  reports: readonly ReadyReport[],
  words: Resolved,
): Promise<void> {
  const lines = new Map<string, { readonly key: readonly number[]; readonly sums: Sums }>();
  const domains = new Set<string>();
  for (const { facts, sums, middleAt, reporter } of reports) {
    if (sums === undefined || facts.domain === undefined) continue;
    domains.add(facts.domain);
    const place = [words.id(facts.domain), facts.trust === 'unauthenticated' ? 0 : 1];
    const day = dayOf(middleAt);
    const month = monthOf(day);
    const line = (kind: number, day: number, key: number, more: Sums): void => {
      const parts = [...place, kind, day, key];
      const name = parts.join(' ');
      const before = lines.get(name);
      if (before) addTo(before.sums, more);
      else lines.set(name, { key: parts, sums: [...more] });
    };
    line(rollupKinds.day, day, 0, sums.total);
    line(rollupKinds.receiver, day, words.id(reporter), sums.total);
    line(rollupKinds.receiverMonth, month, words.id(reporter), sums.total);
    for (const [disposition, some] of sums.byDisposition) {
      line(rollupKinds.disposition, day, dispositions.indexOf(disposition), some);
    }
    for (const [source, some] of sums.bySource) {
      line(rollupKinds.source, day, words.id(source), some);
      line(rollupKinds.sourceMonth, month, words.id(source), some);
    }
  }
  // Two machines that count for one domain go one after the other, and not in a circle.
  for (const domain of [...domains].sort()) await dialect.lockName(trx, `septet rollup ${domain}`);
  const rows = [...lines.values()].map(({ key, sums }) => [...key, ...sums]);
  await insertAll(trx, dialect, rollupBulk, rows);
  for (const report of reports) if (report.draft !== undefined) await closeDraft(trx, dialect, report, words);
}

/** The sums that were put aside join the rollups, and the draft is none any more. */
async function closeDraft(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  { draft, facts, middleAt }: ReadyReport,
  words: Resolved,
): Promise<void> {
  if (draft === undefined) return;
  if (facts.domain !== undefined) {
    const day = dayOf(middleAt);
    for (const [kind, at] of [
      [rollupKinds.source, day],
      [rollupKinds.sourceMonth, monthOf(day)],
    ]) {
      const place = [words.id(facts.domain), facts.trust === 'unauthenticated' ? 0 : 1, kind, at].join(', ');
      const columns = counterColumns.join(', ');
      await raw
        .raw(
          `insert into rollup (${rollupKey}, ${columns}) select ${place}, source, ${columns} from draft_rollup
           where draft = ${draft} order by source ${add(dialect, 'rollup', rollupKey)}`,
        )
        .execute(trx);
    }
  }
  await trx.deleteFrom('draft_rollup').where('draft', '=', draft).execute();
  const { numDeletedRows } = await trx.deleteFrom('draft').where('id', '=', draft).executeTakeFirst();
  if (numDeletedRows === 0n) {
    throw new StoreFault(
      'The rows of this report were taken for abandoned and removed. Import the report again.',
      false,
    );
  }
}

type StoredBefore = Pick<Tables['report'], 'id' | 'identity' | 'content' | 'imported_at' | 'domain' | 'trust'>;

async function storedBefore(
  trx: Transaction<Tables>,
  lost: readonly ReadyReport[],
): Promise<ReadonlyMap<string, StoredBefore>> {
  const found = new Map<string, StoredBefore>();
  for (const some of parts(lost, 200)) {
    const rows = await trx
      .selectFrom('report')
      .select(['id', 'identity', 'content', 'imported_at', 'domain', 'trust'])
      .where(
        'identity',
        'in',
        some.map(({ identity }) => identity),
      )
      .execute();
    for (const row of rows) found.set(row.identity, row);
  }
  return found;
}

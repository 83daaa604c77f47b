/** An aggregate report on its way in: small ones wait in memory, large ones go to the tables batch by batch. */
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AggregateHead, AggregateRow } from '../../reports/aggregate.ts';
import { sourceKeyOf } from '../../reports/source-key.ts';
import { addTo, countersOf, dispositions, middleOf, noSums, shapeFacts } from '../sql/rollups.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { plainText } from '../sql/sql-bulk.ts';
import {
  insertRows,
  spillSums,
  type Importer,
  type ReadyReport,
  type ReportSums,
  type WaitingRow,
} from '../sql/sql-import.ts';
import type { Tables } from '../sql/sql-tables.ts';
import type { Words } from '../sql/sql-words.ts';
import type { AggregateDraft } from '../store.ts';

/** Rows in memory before a report counts as large. */
const mostWaiting = 2000;
/** Shapes and sources of one report in memory; more are forgotten, or put aside. */
const mostShapes = 10_000;
const mostSources = 20_000;

interface Shape {
  readonly n: number;
  readonly forwarded: boolean;
  readonly errors: boolean;
  /** The source, where the address does not matter. */
  readonly source?: string;
}

/** What a row shares with others; what `rowOf` in `report-shelf.ts` reads again. */
export type RowDetail = Pick<
  AggregateRow,
  'reasons' | 'headerFrom' | 'envelopeFrom' | 'envelopeTo' | 'dkimAuth' | 'spfAuth'
>;

const detailOf = (row: AggregateRow): string =>
  JSON.stringify({
    headerFrom: row.headerFrom,
    envelopeFrom: row.envelopeFrom,
    envelopeTo: row.envelopeTo,
    reasons: row.reasons,
    dkimAuth: row.dkimAuth,
    spfAuth: row.spfAuth,
  } satisfies RowDetail | Record<keyof RowDetail, unknown>);

export const identityOf = (kind: string, reporter: string, reportId: string, domain: string): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, reporter, reportId, domain]))
    .digest('base64url');

export function newDraft(sql: SqlAccess, words: Words, importer: Importer, now: () => number): AggregateDraft {
  const content = createHash('sha256');
  const shapes = new Map<string, Shape>();
  const sums: ReportSums = { total: noSums(), bySource: new Map(), byDisposition: new Map() };
  let waiting: WaitingRow[] = [];
  let waitingShapes: [number, string][] = [];
  let [rowCount, shapeCount] = [0, 0];
  let id: number | undefined;
  /** Batches go to the tables one after the other; a failure stops all that follow. */
  let work: Promise<void> = Promise.resolve();
  let ready: ReadyReport | undefined;
  let over = false;

  const shapeOf = (row: AggregateRow, detail: string): Shape => {
    const known = shapes.get(detail);
    if (known) return known;
    if (shapes.size >= mostShapes) shapes.clear();
    const source = sourceKeyOf(row);
    const shape = { n: shapeCount++, ...shapeFacts(row), ...(source.startsWith('ip=') ? {} : { source }) };
    shapes.set(detail, shape);
    waitingShapes.push([shape.n, detail]);
    return shape;
  };
  const take = (row: AggregateRow): void => {
    const detail = detailOf(row);
    const shape = shapeOf(row, detail);
    const ip = plainText(row.sourceIp);
    const values = [ip, row.count, dispositions.indexOf(row.disposition), sign(row.dkim), sign(row.spf)] as const;
    content.update(`${JSON.stringify(values)}${detail}\n`);
    const source = shape.source ?? sourceKeyOf(row);
    waiting.push({ n: rowCount++, source, values, shape: shape.n });
    const counters = countersOf(row, shape);
    addTo(sums.total, counters);
    addTo(entry(sums.bySource, source), counters);
    addTo(entry(sums.byDisposition, row.disposition), counters);
  };
  /** What waits goes to the tables. */
  const stage = (): Promise<void> => {
    const [rows, fresh] = [waiting, waitingShapes];
    [waiting, waitingShapes] = [[], []];
    const spill = sums.bySource.size > mostSources ? new Map(sums.bySource) : undefined;
    if (spill) sums.bySource.clear();
    const before = work;
    const next = async (): Promise<void> => {
      await before;
      const owner = await sql.draftOwner();
      const resolved = await sql.change(async (trx) => {
        const touched = { owner, touched_at: now() };
        const draft = id ?? (await sql.dialect.takeIds(trx, 1))[0]!;
        if (id === undefined)
          await trx
            .insertInto('draft')
            .values({ id: draft, ...touched })
            .execute();
        else await trx.updateTable('draft').set(touched).where('id', '=', draft).execute();
        const resolved = await words.resolve(trx, [...rows.map(({ source }) => source), ...(spill?.keys() ?? [])]);
        await insertRows(trx, sql.dialect, [{ rows, shapes: fresh }], () => draft, resolved);
        if (spill) await spillSums(trx, sql.dialect, draft, spill, resolved);
        return { ...resolved, draft };
      });
      resolved.keep();
      id = resolved.draft;
    };
    work = next();
    // Who does not wait is told by `finish`.
    work.catch(() => {});
    return work;
  };
  const open = (): void => {
    if (over) throw new Error('this draft is finished');
  };
  return {
    rows: (rows) => {
      open();
      for (const row of rows) take(row);
      return waiting.length >= mostWaiting ? stage() : work;
    },
    finish: async (head, facts) => {
      open();
      await work;
      ready ??= readyReport(head, facts, content.update(contentOf(head)).digest('base64url'), {
        rowCount,
        messages: sums.total[0] ?? 0,
        rows: waiting,
        shapes: waitingShapes,
        sums,
        ...(id === undefined ? {} : { draft: id }),
      });
      const outcome = await importer.store(ready);
      over = true;
      if (outcome.kind === 'duplicate' && id !== undefined) await sql.change((trx) => removeDraft(trx, id!));
      return outcome;
    },
    discard: async () => {
      if (over) return;
      over = true;
      await work.catch(() => {});
      if (id !== undefined) await sql.change((trx) => removeDraft(trx, id!));
    },
  };
}

function entry<K>(map: Map<K, number[]>, key: K): number[] {
  const before = map.get(key);
  if (before) return before;
  const made = noSums();
  map.set(key, made);
  return made;
}

const sign = (result: 'pass' | 'fail' | undefined): number | null =>
  result === undefined ? null : result === 'pass' ? 1 : 0;

/** What we mended is ours and not the reporter's. */
const contentOf = (head: AggregateHead): string => JSON.stringify({ ...head, repairs: [] });

function readyReport(
  head: AggregateHead,
  facts: ReadyReport['facts'],
  content: string,
  rest: Pick<ReadyReport, 'rowCount' | 'messages' | 'rows' | 'shapes' | 'sums' | 'draft'>,
): ReadyReport {
  return {
    kind: 'aggregate',
    identity: identityOf('aggregate', head.reporter, head.reportId, head.policy.domain),
    content,
    about: head.policy.domain,
    reporter: head.reporter,
    middleAt: middleOf(head.range),
    document: JSON.stringify(head),
    facts,
    ...rest,
  };
}

/** All that is in the tables of a report that is not to be. */
export async function removeDraft(db: Kysely<Tables>, id: number): Promise<void> {
  await db.deleteFrom('report_row').where('report', '=', id).execute();
  await db.deleteFrom('report_shape').where('report', '=', id).execute();
  await db.deleteFrom('draft_rollup').where('draft', '=', id).execute();
  await db.deleteFrom('draft').where('id', '=', id).execute();
}

/** Drafts that a crash left. Their owners are dead: nobody will finish them. */
export async function removeDeadDrafts(sql: SqlAccess): Promise<number> {
  const drafts = await sql.read((db) => db.selectFrom('draft').selectAll().execute());
  if (drafts.length === 0) return 0;
  const dead = await sql.deadOwners(drafts.map(({ owner, touched_at }) => ({ owner, touchedAt: touched_at })));
  const gone = drafts.filter(({ owner }) => dead.has(owner));
  for (const { id } of gone) await sql.change((trx) => removeDraft(trx, id));
  return gone.length;
}

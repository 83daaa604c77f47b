/** Rows of reports as they are stored, page by page, so that the reader may be slow and leave early. */
import type { AggregateHead, AggregateRow } from '../../reports/aggregate.ts';
import type { RowDetail } from './draft-shelf.ts';
import { dayMs, daysOf, dispositions } from '../sql/rollups.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import type { Words } from '../sql/sql-words.ts';
import type { ReportQuery, StoredRow } from '../store.ts';

const reportsAPage = 100;
const rowsAPage = 2000;

interface PagedReport {
  readonly id: number;
  readonly middle_at: number;
  readonly rows: number;
  readonly document: string;
}

export async function* storedRows(
  sql: SqlAccess,
  words: Words,
  query: ReportQuery & { readonly sourceKey?: string },
): AsyncGenerator<StoredRow> {
  const domain = await sql.read((db) => words.find(db, query.domain));
  if (domain === undefined) return;
  let source: number | undefined;
  if (query.sourceKey !== undefined) {
    const key = query.sourceKey;
    source = await sql.read((db) => words.find(db, key));
    if (source === undefined) return;
  }
  let last: PagedReport | undefined;
  for (;;) {
    const page = await reportPage(sql, domain, query, last);
    for (const group of byRows(page)) yield* rowsOf(sql, group, source);
    last = page.at(-1);
    if (last === undefined || page.length < reportsAPage) return;
  }
}

function reportPage(
  sql: SqlAccess,
  domain: number,
  query: ReportQuery,
  after: PagedReport | undefined,
): Promise<readonly PagedReport[]> {
  const { from, to } = daysOf(query);
  return sql.read((db) => {
    let found = db
      .selectFrom('report')
      .select(['id', 'middle_at', 'rows', 'document'])
      .where('domain', '=', domain)
      .where('kind', '=', 'aggregate')
      .where('has_rows', '=', 1)
      .where('middle_at', '>=', from * dayMs)
      .where('middle_at', '<', to * dayMs)
      .orderBy('middle_at', 'desc')
      .orderBy('id', 'desc')
      .limit(reportsAPage);
    if (query.unauthenticated !== true) found = found.where('trust', '!=', 'unauthenticated');
    if (after) {
      found = found.where((eb) =>
        eb.or([
          eb('middle_at', '<', after.middle_at),
          eb.and([eb('middle_at', '=', after.middle_at), eb('id', '<', after.id)]),
        ]),
      );
    }
    return found.execute();
  });
}

/** Small reports together, so that one question brings a page of rows. */
function* byRows(reports: readonly PagedReport[]): Generator<readonly PagedReport[]> {
  let group: PagedReport[] = [];
  let rows = 0;
  for (const report of reports) {
    if (group.length > 0 && rows + report.rows > rowsAPage) {
      yield group;
      [group, rows] = [[], 0];
    }
    group.push(report);
    rows += report.rows;
  }
  if (group.length > 0) yield group;
}

async function* rowsOf(
  sql: SqlAccess,
  reports: readonly PagedReport[],
  source: number | undefined,
): AsyncGenerator<StoredRow> {
  const [first] = reports;
  if (!first) return;
  const heads = new Map(reports.map(({ id, document }) => [id, JSON.parse(document) as AggregateHead]));
  const byReport = new Map<number, StoredRow[]>();
  for (let n = -1; ;) {
    const rows = await sql.read((db) => {
      let found = db
        .selectFrom('report_row')
        .innerJoin('word', 'word.id', 'report_row.source')
        .innerJoin('report_shape', (join) =>
          join.onRef('report_shape.report', '=', 'report_row.report').onRef('report_shape.n', '=', 'report_row.shape'),
        )
        .select([
          'report_row.report',
          'report_row.n',
          'word.text as source_key',
          'ip',
          'count',
          'disposition',
          'dkim',
          'spf',
          'detail',
        ])
        .where('report_row.report', 'in', [...heads.keys()])
        .orderBy('report_row.report')
        .orderBy('report_row.n');
      if (source !== undefined) found = found.where('report_row.source', '=', source);
      // Several reports are one page together; one that is alone may be long.
      if (reports.length === 1) found = found.where('report_row.n', '>', n).limit(rowsAPage);
      return found.execute();
    });
    for (const row of rows) {
      const head = heads.get(row.report)!;
      const stored = storedRow(head, row);
      if (reports.length === 1) yield stored;
      else {
        const before = byReport.get(row.report);
        if (before) before.push(stored);
        else byReport.set(row.report, [stored]);
      }
    }
    if (reports.length > 1 || rows.length < rowsAPage) break;
    n = rows.at(-1)!.n;
  }
  for (const { id } of reports) yield* byReport.get(id) ?? [];
}

function storedRow(
  head: AggregateHead,
  row: {
    readonly source_key: string;
    readonly ip: string;
    readonly count: number;
    readonly disposition: number;
    readonly dkim: number | null;
    readonly spf: number | null;
    readonly detail: string;
  },
): StoredRow {
  const disposition = dispositions[row.disposition] ?? 'none';
  const whole: AggregateRow = {
    sourceIp: row.ip,
    count: row.count,
    disposition,
    ...(row.dkim === null ? {} : { dkim: word(row.dkim) }),
    ...(row.spf === null ? {} : { spf: word(row.spf) }),
    ...(JSON.parse(row.detail) as RowDetail),
  };
  return {
    reporter: head.reporter,
    reportId: head.reportId,
    begin: head.range.begin,
    end: head.range.end,
    sourceKey: row.source_key,
    row: whole,
    disposition,
  };
}

const word = (sign: number): 'pass' | 'fail' => (sign === 1 ? 'pass' : 'fail');

/** Reports in and out, see `ReportShelf`. */
import { createHash } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import type { AggregateHead } from '../../reports/aggregate.ts';
import type { FailureReport } from '../../reports/failure.ts';
import type { TlsReport } from '../../reports/tls.ts';
import { identityOf, newDraft } from './draft-shelf.ts';
import { raiseReport } from '../sql/recount.ts';
import { dayMs, daysOf, middleOf } from '../sql/rollups.ts';
import { storedRows } from './row-shelf.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { plainText } from '../sql/sql-bulk.ts';
import { importerOf, rollupBulk } from '../sql/sql-import.ts';
import { wordsOf } from '../sql/sql-words.ts';
import type { ImportFacts, Period, ReportQuery, ReportShelf, Trust } from '../store.ts';
import { sourceDaysOf, tallyLines } from './tally-shelf.ts';

export function reportShelf(
  sql: SqlAccess,
  now: () => number,
): ReportShelf & { readonly settled: () => Promise<void> } {
  const words = wordsOf(sql.dialect);
  const importer = importerOf(sql, words);
  const documents = async <T>(kind: string, query: ReportQuery, limit?: number) => {
    const domain = await sql.read((db) => words.find(db, query.domain));
    if (domain === undefined) return [];
    const { from, to } = spanOf(query);
    const rows = await sql.read((db) => {
      let found = db
        .selectFrom('report')
        .select(['document', 'source', 'trust', 'imported_at'])
        .where('domain', '=', domain)
        .where('kind', '=', kind)
        .where('middle_at', '>=', from)
        .where('middle_at', '<', to)
        .orderBy('middle_at', 'desc')
        .orderBy('id', 'desc');
      if (query.unauthenticated !== true) found = found.where('trust', '!=', 'unauthenticated');
      if (limit !== undefined) found = found.limit(Math.max(0, Math.trunc(limit)));
      return found.execute();
    });
    return rows.map((row) => ({
      document: JSON.parse(row.document) as T,
      facts: {
        source: JSON.parse(row.source) as ImportFacts['source'],
        trust: row.trust as Trust,
        importedAt: row.imported_at,
        domain: query.domain,
      } satisfies ImportFacts,
    }));
  };
  return {
    settled: importer.settled,
    draft: () => newDraft(sql, words, importer, now),
    addTls: (report, facts) => {
      const about = report.policies[0]?.policyDomain ?? '';
      const all = report.policies.map(({ policyDomain }) => policyDomain);
      return importer.store({
        kind: 'tls',
        identity: identityOf('tls', report.reporter, report.reportId, [...new Set(all)].sort().join(' ')),
        content: digestOf({ ...report, repairs: [] }),
        about,
        reporter: report.reporter,
        middleAt: middleOf(report.range),
        document: JSON.stringify(report),
        facts,
        rowCount: report.policies.length,
        messages: Math.min(
          report.policies.reduce((sum, { successful, failed }) => sum + successful + failed, 0),
          Number.MAX_SAFE_INTEGER,
        ),
        rows: [],
        shapes: [],
      });
    },
    addFailure: (report, facts) => {
      const at = report.arrival ?? Math.floor(facts.importedAt / 1000);
      return importer.store({
        kind: 'failure',
        identity: identityOf('failure', report.reporter, report.reportId, report.reportedDomain),
        content: digestOf({ ...report, repairs: [] }),
        about: report.reportedDomain,
        reporter: report.reporter,
        middleAt: middleOf({ begin: at, end: at }),
        document: JSON.stringify(report),
        facts,
        rowCount: 1,
        messages: report.incidents,
        rows: [],
        shapes: [],
      });
    },
    adopt: async (domainOf) => {
      const foreign = await sql.read((db) =>
        db.selectFrom('report').select('about').distinct().where('domain', 'is', null).orderBy('about').execute(),
      );
      const adopted = new Map<DnsName, number>();
      for (const { about } of foreign) {
        const domain = domainOf(about);
        if (domain === undefined) continue;
        const found = await sql.read((db) =>
          db.selectFrom('report').select('id').where('domain', 'is', null).where('about', '=', about).execute(),
        );
        for (const { id } of found) {
          const raised = await sql.change((trx) =>
            raiseReport({ trx, dialect: sql.dialect, words, rollupBulk }, id, { domain }),
          );
          if (raised) adopted.set(domain, (adopted.get(domain) ?? 0) + 1);
        }
      }
      return adopted;
    },
    addRefusal: async (refusal, facts) => {
      await sql.change((db) =>
        db
          .insertInto('refusal')
          .values({
            at: facts.importedAt,
            code: refusal.code,
            text: plainText(refusal.text),
            origin: plainText([facts.source.origin, ...facts.source.inside].join(' > ')),
            trust: facts.trust,
            source: JSON.stringify(facts.source),
          })
          .execute(),
      );
    },
    tally: (query, by) => tallyLines(sql, words, query, by),
    sourceDays: (query) => sourceDaysOf(sql, words, query),
    list: async (query, limit) =>
      (await documents<AggregateHead>('aggregate', query, limit)).map(({ document, facts }) => ({
        head: document,
        facts,
      })),
    rows: (query) => storedRows(sql, words, query),
    tls: async (query) =>
      (await documents<TlsReport>('tls', query)).map(({ document, facts }) => ({ report: document, facts })),
    failures: async (query) =>
      (await documents<FailureReport>('failure', query)).map(({ document, facts }) => ({ report: document, facts })),
    foreign: async (period) => {
      const { from, to } = spanOf(period);
      const rows = await sql.read((db) =>
        db
          .selectFrom('report')
          .select(['about', (eb) => eb.fn.countAll<number>().as('reports')])
          .where('domain', 'is', null)
          .where('middle_at', '>=', from)
          .where('middle_at', '<', to)
          .groupBy('about')
          .orderBy('reports', 'desc')
          .orderBy('about')
          .execute(),
      );
      return rows.map(({ about, reports }) => ({ domain: about, reports }));
    },
    refusals: async (period) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('refusal')
          .select(['code', 'text', 'origin', 'at'])
          .where('at', '>=', whole(period.since))
          .where('at', '<', whole(period.until))
          .orderBy('at', 'desc')
          .orderBy('id', 'desc')
          .execute(),
      );
      return rows.map(({ code, text, origin, at }) => ({
        refusal: { code: code as 'not-xml', text },
        origin,
        at,
      }));
    },
  };
}

/** The same whole days as those of the rollups, in milliseconds. */
export function spanOf(period: Period): { readonly from: number; readonly to: number } {
  const { from, to } = daysOf(period);
  return { from: from * dayMs, to: to * dayMs };
}

/** Also of `Infinity`, what both databases take. */
export const whole = (at: number): number =>
  Math.min(Math.max(Math.ceil(at), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');

/** Reports for the tests of the store: any number gives the same report each time. */
import { dnsName } from '../../src/dns/name.ts';
import type { AggregateHead, AggregateRow } from '../../src/reports/aggregate.ts';
import type { AggregateDraft, ImportFacts, ImportOutcome, Store } from '../../src/store/store.ts';

export const domain = dnsName('example.com');
export const day = 86_400_000;
export const now = Date.parse('2026-11-23T12:00:00Z');
/** Midnight of 2026-11-01, in seconds. */
export const november = Date.parse('2026-11-01T00:00:00Z') / 1000;
export const always = { since: 0, until: now + 365 * day };

export interface WantedReport {
  readonly id: string;
  readonly rows?: readonly AggregateRow[];
  readonly head?: Partial<AggregateHead>;
  readonly facts?: Partial<ImportFacts>;
}

export function row(changes: Partial<AggregateRow> = {}): AggregateRow {
  return {
    sourceIp: '192.0.2.1',
    count: 1,
    disposition: 'none',
    dkim: 'pass',
    spf: 'pass',
    reasons: [],
    headerFrom: 'example.com',
    dkimAuth: [{ domain: 'example.com', selector: 's1', result: 'pass' }],
    spfAuth: [{ domain: 'bounce.example.com', scope: 'mfrom', result: 'pass' }],
    ...changes,
  };
}

export function headOf(id: string, rows: readonly AggregateRow[], changes: Partial<AggregateHead> = {}): AggregateHead {
  return {
    kind: 'aggregate',
    form: 'RFC 9990',
    reporter: 'receiver.example',
    reportId: id,
    range: { begin: november, end: november + 86_399 },
    errors: [],
    policy: { domain: 'example.com', p: 'none' },
    extensions: [],
    rows: rows.length,
    messages: rows.reduce((sum, { count }) => sum + count, 0),
    repairs: [],
    ...changes,
  };
}

export const factsOf = (changes: Partial<ImportFacts> = {}): ImportFacts => ({
  source: { origin: 'report.xml', inside: [] },
  trust: 'file',
  importedAt: now,
  domain,
  ...changes,
});

export function foreignFacts(): ImportFacts {
  const { domain: _, ...facts } = factsOf();
  return facts;
}

export async function put(store: Store, { id, rows = [row()], head, facts }: WantedReport): Promise<ImportOutcome> {
  const draft: AggregateDraft = store.reports.draft();
  await draft.rows(rows);
  return draft.finish(headOf(id, rows, head), factsOf(facts));
}

/** Of its number: ten rows, some of each result, from five senders and some who prove nothing. */
export function numberedRows(n: number, length = 10): readonly AggregateRow[] {
  return Array.from({ length }, (_, i): AggregateRow => {
    const sender = (n + i) % 7;
    const proved = sender < 5;
    return row({
      sourceIp: `198.51.${(n + i) % 100}.${i % 250}`,
      count: 1 + ((n * 31 + i * 7) % 50),
      disposition: (['none', 'quarantine', 'reject', 'pass'] as const)[(n + i) % 4] ?? 'none',
      dkim: proved ? 'pass' : 'fail',
      spf: i % 2 === 0 && proved ? 'pass' : 'fail',
      reasons: i % 5 === 0 ? [{ type: 'mailing_list', comment: `list ${i}` }] : [],
      dkimAuth: proved ? [{ domain: `sender${sender}.example`, selector: 's', result: 'pass' }] : [],
      spfAuth: [{ domain: `sender${sender}.example`, result: i % 3 === 0 ? 'temperror' : 'fail' }],
    });
  });
}

/** On one of sixty days, from one of four receivers. */
export function numbered(n: number, length?: number): WantedReport {
  const begin = november - 86_400 * (n % 60);
  return {
    id: `report-${n}`,
    rows: numberedRows(n, length),
    head: { reporter: `receiver${n % 4}.example`, range: { begin, end: begin + 86_399 } },
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

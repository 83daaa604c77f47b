/** A sink that keeps everything, for files that are small enough: `reports parse`, and tests. */
import type { AggregateHead, AggregateRow, ReportRefusal } from './aggregate.ts';
import type { FailureReport } from './failure.ts';
import type { ReportSink, ReportSource } from './intake.ts';
import type { TlsReport } from './tls.ts';

export interface Gathered {
  readonly aggregate: {
    readonly head: AggregateHead;
    readonly rows: readonly AggregateRow[];
    readonly source: ReportSource;
  }[];
  readonly tls: { readonly report: TlsReport; readonly source: ReportSource }[];
  readonly failure: { readonly report: FailureReport; readonly source: ReportSource }[];
  readonly refused: { readonly refusal: ReportRefusal; readonly source: ReportSource }[];
}

export function gatheringSink(): ReportSink & { readonly gathered: Gathered } {
  const gathered: Gathered = { aggregate: [], tls: [], failure: [], refused: [] };
  let rows: AggregateRow[] = [];
  return {
    gathered,
    begin() {
      rows = [];
    },
    rows(batch) {
      for (const row of batch) rows.push(row);
    },
    aggregate(head, source) {
      gathered.aggregate.push({ head, rows, source });
      rows = [];
    },
    tls: (report, source) => void gathered.tls.push({ report, source }),
    failure: (report, source) => void gathered.failure.push({ report, source }),
    refused: (refusal, source) => void gathered.refused.push({ refusal, source }),
  };
}

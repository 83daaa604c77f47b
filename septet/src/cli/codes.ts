/** Every catalogue of the house in one table: for `septet explain`, `docs/findings.md` and `docs/coverage.md`. */
import { catalogues, type Catalogue, type Entry } from '../audit/catalogues.ts';
import * as plan from '../plan/findings.ts';
import { proofCatalogues } from '../proof/catalogues.ts';
import * as reports from '../reports/evidence/findings.ts';
import * as tls from '../reports/evidence/tls-findings.ts';
import { driftCatalogues } from '../watch/drift/findings.ts';

const inArea = <T>(values: Readonly<Record<string, T>>, area: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).filter(([code]) => code.startsWith(`${area}.`)));

const planCatalogues: readonly Catalogue[] = [
  { area: 'plan', title: 'Plans' },
  { area: 'ramp', title: 'The ramp of DMARC' },
].map(({ area, title }) => ({
  record: 'zone',
  area,
  title,
  rows: inArea(plan.rows, area),
  later: inArea(plan.later, area),
}));

const reportCatalogues: readonly Catalogue[] = [
  { record: 'dmarc', area: 'rua', title: 'DMARC reports', rows: reports.ruaRows, later: reports.ruaLater },
  { record: 'dmarc', area: 'ramp', title: 'The ramp of DMARC', rows: reports.rampRows, later: {} },
  { record: 'spf', area: 'spf', title: 'SPF', rows: reports.spfRows, later: {} },
  { record: 'tlsrpt', area: 'tlsrpt', title: 'TLS-RPT', rows: tls.tlsrptRows, later: {} },
  { record: 'mtasts', area: 'mtasts', title: 'MTA-STS', rows: tls.mtastsRows, later: {} },
];

/** Rows of messages, reports and time continue the area of their record, where there is one, and no longer wait there. */
function continued(base: readonly Catalogue[], more: readonly Catalogue[]): readonly Catalogue[] {
  const byArea = new Map(base.map((catalogue) => [catalogue.area, catalogue]));
  for (const catalogue of more) {
    const known = byArea.get(catalogue.area);
    const rows = { ...known?.rows, ...catalogue.rows };
    const later = Object.entries({ ...known?.later, ...catalogue.later });
    byArea.set(catalogue.area, {
      ...(known ?? catalogue),
      rows,
      later: Object.fromEntries(later.filter(([code]) => !Object.hasOwn(rows, code))),
    });
  }
  return [...byArea.values()];
}

export const allCatalogues: readonly Catalogue[] = continued(
  [...catalogues, ...planCatalogues],
  [...proofCatalogues, ...reportCatalogues, ...driftCatalogues],
);

const entries: ReadonlyMap<string, Entry> = new Map(
  allCatalogues.flatMap((catalogue) =>
    Object.entries(catalogue.rows).map(([code, row]) => [code, { catalogue, code, row }] as const),
  ),
);

/** The row of a code; `undefined` when nothing reports it. */
export const entryOf = (code: string): Entry | undefined => entries.get(code);

/** Codes like the one that was typed: in the same area, or sharing a word with it. At most eight. */
export function similarCodes(code: string): readonly string[] {
  const words = code
    .toLowerCase()
    .split(/[._\s-]+/)
    .filter((word) => word !== '');
  const score = (candidate: string): number =>
    words.filter((word) => candidate.split(/[._]/).includes(word)).length + (candidate.startsWith(code) ? 3 : 0);
  return allCatalogues
    .flatMap((catalogue) => Object.keys(catalogue.rows))
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score || a.candidate.localeCompare(b.candidate))
    .slice(0, 8)
    .map((entry) => entry.candidate);
}

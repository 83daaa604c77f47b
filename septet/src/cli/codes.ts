/** Every catalogue of the house in one table: for `septet explain`, `docs/findings.md` and `docs/coverage.md`. */
import { catalogues, type Catalogue, type Entry } from '../audit/catalogues.ts';
import * as plan from '../plan/findings.ts';
import { proofCatalogues } from '../proof/catalogues.ts';

const inArea = <T>(values: Readonly<Record<string, T>>, area: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).filter(([code]) => code.startsWith(`${area}.`)));

/** Rows of messages continue the area of their record, where there is one, and no longer wait there. */
function withProof(records: readonly Catalogue[]): readonly Catalogue[] {
  const known = new Set(records.map(({ area }) => area));
  const joined = records.map((catalogue) => {
    const more = proofCatalogues.find(({ area }) => area === catalogue.area);
    if (!more) return catalogue;
    const later = Object.entries({ ...catalogue.later, ...more.later });
    return {
      ...catalogue,
      rows: { ...catalogue.rows, ...more.rows },
      later: Object.fromEntries(later.filter(([code]) => !Object.hasOwn(more.rows, code))),
    };
  });
  return [...joined, ...proofCatalogues.filter(({ area }) => !known.has(area))];
}

export const allCatalogues: readonly Catalogue[] = [
  ...withProof(catalogues),
  ...[
    { area: 'plan', title: 'Plans' },
    { area: 'ramp', title: 'The ramp of DMARC' },
  ].map(({ area, title }) => ({
    record: 'zone' as const,
    area,
    title,
    rows: inArea(plan.rows, area),
    later: inArea(plan.later, area),
  })),
];

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

/** `reports show --csv` (RFC 4180), safe to open in a spreadsheet. Pure. */
import { resultsOf } from './show-json.ts';
import { counters, type Shown } from './shown.ts';

/** A line for each line of the table, of all domains. */
export function showCsv({ by, domains }: Shown): string {
  if (by === 'result') {
    const rows = domains.flatMap(({ domain, days, lines }) => [
      ...resultsOf(days).map(({ key, messages }) => [domain, 'result', key, messages]),
      ...lines.map(({ key, messages }) => [domain, 'disposition', key, messages]),
    ]);
    return csvOf([['domain', 'of', 'key', 'messages'], ...rows]);
  }
  const named = by === 'source' ? ['name'] : [];
  const rows = domains.flatMap(({ domain, lines }) =>
    lines.map((line) => [
      domain,
      line.key,
      ...(by === 'source' ? [line.title] : []),
      ...counters.map((counter) => line[counter]),
    ]),
  );
  return csvOf([['domain', by, ...named, ...counters], ...rows]);
}

const csvOf = (rows: readonly (readonly (string | number)[])[]): string =>
  rows
    .map((row) => `${row.map((cell) => (typeof cell === 'number' ? String(cell) : csvCell(cell))).join(',')}\r\n`)
    .join('');

/** Names come from strangers: a text that a spreadsheet would compute gets a `'` in front. */
export function csvCell(text: string): string {
  const safe = /^[\s\uFEFF]*[=+\-@]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Records as a table for a host's web form, one row for each record. The value is the last column, so that nothing stands
 * behind it; where a line would pass 80 columns it stands alone on the next line, from the first column on, so that what
 * is copied is the value and nothing else. A value is never broken.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { txtText, type Rdata, type RrType, type Txt } from '../../dns/rrset.ts';
import type { FormInput } from '../form.ts';
import { laterLines, oneLine, proseLines, putUp } from './comments.ts';
import { editsOf } from './edits.ts';
import { entryOf, isPlainText, relativeName, shownTxt, type Entry, type EntryStyle } from './entry.ts';
import { fit, type FitRules } from './fit.ts';

export interface TableForm extends FitRules {
  /** Where the form is found, and the quirks; one line each. */
  readonly notes: readonly string[];
  readonly style: EntryStyle;
  /** The heading of the value column: `Content`. */
  readonly valueTitle: string;
  /** The heading of the name column: `Name`, `Host`. */
  readonly nameTitle: string;
  readonly ttlText: (seconds: number) => string;
  /** Columns of this host alone. */
  readonly extra?: readonly { readonly title: string; readonly of: (type: RrType) => string }[];
}

/** What stands in the value column when the value is on the next line. */
export const onNextLine = '(next line)';

const columns = 80;

interface Row {
  readonly cells: readonly string[];
  readonly value: string;
}

export function writeTable(input: FormInput, form: TableForm): string {
  const lines = [
    ...proseLines(`Records for ${input.domain} at ${form.host}, in the order of publishing.`),
    ...form.notes.flatMap((note) => proseLines(note)),
  ];
  for (const fitted of fit(input, form)) {
    const { step } = fitted;
    lines.push('', ...proseLines(`${fitted.number}. ${step.title}`, '', '   '), ...proseLines(step.why, '   '));
    for (const line of step.outside) lines.push(...proseLines(`Not in this zone: ${line}`, '   '));
    for (const { url, lines: rows } of step.files ?? [])
      lines.push(
        ...proseLines(`Not in this zone: ${putUp(url)}`, '   '),
        ...rows.map((row) => `     | ${oneLine(row)}`),
      );
    for (const line of [...fitted.raised, ...fitted.refused]) lines.push(...proseLines(`! ${line}`, '   '));
    const rows = fitted.changes.flatMap((change) => rowsOf(change, input.zone, form));
    if (rows.length > 0) lines.push('', ...layOut(rows, form));
  }
  lines.push(...laterLines('', input), '', `Plan ${input.digest}`);
  return `${lines.join('\n')}\n`;
}

/** Pairs of what goes and what comes are one `edit`, so that the name is never without its record. */
function rowsOf(change: Change, zone: DnsName, form: TableForm): readonly Row[] {
  const { added, removed, kept, type, ttlSeconds } = editsOf(change);
  const pairs = Math.min(added.length, removed.length);
  const row = (action: string, data: Rdata<RrType>, style: EntryStyle): Row => {
    const entry = entryOf(type, data, style);
    const ttl = style === form.style ? form.ttlText(ttlSeconds) : '-';
    return { cells: cellsOf(action, entry, change, zone, ttl, form), value: entry.value };
  };
  const shown: EntryStyle = { dot: form.style.dot, txt: (txt) => shownText(txt, form.style) };
  return [
    ...removed.slice(0, pairs).flatMap((data, i) => {
      const next = added[i];
      return [row('edit', data, shown), ...(next === undefined ? [] : [row('  to', next, form.style)])];
    }),
    ...removed.slice(pairs).map((data) => row('remove', data, shown)),
    ...added.slice(pairs).map((data) => row('add', data, form.style)),
    ...kept.map((data) => row('keep', data, shown)),
  ];
}

/** What stands there already is shown as the host shows it; what no form can show stands in zone file notation. */
const shownText = (txt: Txt, style: EntryStyle): string => (isPlainText(txtText(txt)) ? style.txt(txt) : shownTxt(txt));

function cellsOf(
  action: string,
  entry: Entry,
  change: Change,
  zone: DnsName,
  ttl: string,
  form: TableForm,
): readonly string[] {
  return [
    action,
    change.type,
    relativeName(change.name, zone),
    entry.priority === undefined ? '-' : String(entry.priority),
    ttl,
    ...(form.extra ?? []).map((column) => column.of(change.type)),
  ];
}

function layOut(rows: readonly Row[], form: TableForm): readonly string[] {
  const titles = ['Do', 'Type', form.nameTitle, 'Priority', 'TTL', ...(form.extra ?? []).map((column) => column.title)];
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => (row.cells[i] ?? '').length)));
  const line = (cells: readonly string[], value: string): string =>
    `${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}  ${value}`;
  return [
    line(titles, form.valueTitle),
    ...rows.flatMap((row) => {
      const whole = line(row.cells, row.value);
      const fits =
        whole.length <= columns && row.value === row.value.trim() && row.value !== '' && row.value !== onNextLine;
      return fits ? [whole] : [line(row.cells, onNextLine), row.value];
    }),
  ];
}

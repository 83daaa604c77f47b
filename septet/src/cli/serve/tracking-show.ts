/** `septet tracking show`: counts from the rollups, as a table, CSV or JSON. */
import type { TrackingLine } from '../../store/tracking.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import { cutTo, painter, wrap, type Paint } from '../paint.ts';
import { openStoreOf, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson, widthOf } from '../visible.ts';

export interface ShowOptions extends StoreOptions {
  readonly since?: string;
  readonly by?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

/** Exit code 0. Throws `InputError`. */
export async function trackingShow(domain: string | undefined, options: ShowOptions, io: Io): Promise<number> {
  const { by = 'campaign' } = options;
  if (by !== 'campaign' && by !== 'day') throw new InputError(`--by is campaign or day, not ${visible(by)}.`);
  if (options.csv && options.json) throw new InputError('--csv and --json exclude each other.');
  const since = sinceOf(options.since ?? '30d', io.now());
  const name = domain === undefined ? undefined : domainOf(domain);
  const store = await openStoreOf(options, io);
  try {
    const until = io.now() + dayMs;
    const lines = await store.tracking.tally({ ...(name === undefined ? {} : { domain: name }), since, until }, by);
    if (options.json)
      await io.out(`${visibleJson({ version: 1, since: dayText(since), by, lines: lines.map(jsonOf) }, 2)}\n`);
    else if (options.csv) await io.out(csvOf(lines, by));
    else await io.out(tableOf(lines, by, dayText(since), painter(io.columns, io.colours)));
    return 0;
  } finally {
    await store.close();
  }
}

const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

const isDay = (at: number, text: string): boolean => !Number.isNaN(at) && dayText(at) === text;

/** The first moment of a UTC day. */
export function sinceOf(text: string, now: number): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 31 February would be a day in March.
  const at = days !== undefined ? now - Number(days) * dayMs : isDay(day, text) ? day : Number.NaN;
  if (Number.isNaN(at)) throw new InputError(`--since is a day such as 2026-11-01, or 30d, not ${visible(text)}.`);
  return Math.max(0, Math.floor(at / dayMs) * dayMs);
}

/** `docs/serving.md` describes it. */
const jsonOf = (line: TrackingLine) => ({ ...line });

const columns = ['clicks', 'opens', 'unsubscribes', 'proxyOpens', 'scanners'] as const;

function csvOf(lines: readonly TrackingLine[], by: string): string {
  const rows = lines.map((line) => [line.domain, line.key, ...columns.map((column) => String(line[column]))]);
  return [['domain', by, ...columns], ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

const formula = /^[=+\-@\t\r]/;

/** RFC 4180 §2. A spreadsheet takes what begins with `=`, `+`, `-` or `@` for a formula: an apostrophe stands before it. */
export function csvField(text: string): string {
  const plain = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** What `csvField` was given: takes its apostrophe off again. */
export const plainField = (field: string): string =>
  field.startsWith("'") && formula.test(field.slice(1)) ? field.slice(1) : field;

const titles = ['Clicks', 'Opens', 'Unsubscr.', 'Proxies', 'Scanners'];
const numberWidth = 9;

/** In 80 columns; names are cut before numbers are. */
function tableOf(lines: readonly TrackingLine[], by: 'campaign' | 'day', since: string, paint: Paint): string {
  if (lines.length === 0) return `Nothing was clicked, opened or unsubscribed since ${since}.\n`;
  const nameWidth = Math.max(20, Math.min(48, paint.columns - titles.length * (numberWidth + 1)));
  const row = (name: string, numbers: readonly string[]): string => {
    const cut = cutTo(visible(name), nameWidth);
    const cells = numbers.map((text) => text.padStart(numberWidth)).join(' ');
    return `${cut}${' '.repeat(Math.max(0, nameWidth - widthOf(cut)))} ${cells}`.trimEnd();
  };
  const out: string[] = [];
  for (const domain of new Set(lines.map((line) => line.domain))) {
    const own = lines.filter((line) => line.domain === domain);
    out.push(paint('bold', row(domain, titles)));
    for (const line of own) {
      const name = line.key === '' ? '(no campaign)' : line.key;
      out.push(
        row(
          name,
          columns.map((column) => String(line[column])),
        ),
      );
    }
    const sums = columns.map((column) => String(own.reduce((sum, line) => sum + line[column], 0)));
    if (own.length > 1) out.push(paint('dim', row(by === 'day' ? 'all days' : 'all campaigns', sums)));
    out.push('');
  }
  const note = `Since ${since}. Proxies fetch pictures for mail programs; scanners are no persons.`;
  out.push(wrap(note, paint.columns, ''));
  return `${out.join('\n')}\n`;
}

/** What `reports import` says: progress, refusals as they come, and the sums; or all of it as JSON lines. */
import { placeOf, type IntakeEvent, type IntakeSummary } from '../../watch/intake/intake-event.ts';
import type { Io } from '../io.ts';
import { painter, wrap } from '../paint.ts';
import { visible, visibleJson } from '../visible.ts';
import type { ImportSettings } from './import-options.ts';
import { eventJson, summaryJson } from './import-json.ts';
import { plural, thousands } from './words.ts';

export interface ImportTeller {
  tell(event: IntakeEvent): void;
  /** What was there is read; from now on it stays. */
  follows(): void;
  /** A sentence instead of an end. */
  fail(text: string): void;
  /** Writes the sums and answers the exit code. */
  end(summary: IntakeSummary, settings: ImportSettings, trouble: ImportTrouble | undefined): Promise<number>;
}

/** Why not everything was read, if so; `wrong` is for a person to mend. */
export interface ImportTrouble {
  readonly kind: 'away' | 'wrong' | 'interrupted';
  readonly texts: readonly string[];
}

/** Sentences of one kind that are shown; more are counted. */
const maxShown = 20;
const redrawMs = 200;
const maxDomains = 8;

export function importTeller({
  io,
  json,
  stays,
}: {
  readonly io: Io;
  readonly json: boolean;
  readonly stays: boolean;
}): ImportTeller {
  const paint = painter(io.columns, io.colours);
  const shown = new Map<string, number>();
  let staying = false;
  let [read, drawn, drawnAt] = [0, 0, 0];
  const clear = (): void => {
    if (drawn > 0) io.err(`\r${' '.repeat(drawn)}\r`);
    drawn = 0;
  };
  const err = (text: string): void => {
    clear();
    io.err(`${wrap(text, paint.columns, '  ', '')}\n`);
  };
  /** `kind` may say so much; what follows is for the sums. */
  const some = (kind: string, text: string): void => {
    const count = (shown.get(kind) ?? 0) + 1;
    shown.set(kind, count);
    if (count <= maxShown) err(text);
    else if (count === maxShown + 1) err('More of this kind are not shown here; --json tells each.');
  };
  const draw = (): void => {
    const now = io.now();
    if (!io.progress || now - drawnAt < redrawMs) return;
    drawnAt = now;
    const line = `${thousands(read)} reports read`;
    clear();
    io.err(line);
    drawn = line.length;
  };
  const tellText = (event: IntakeEvent): void => {
    switch (event.kind) {
      case 'stored': {
        const place = placeOf(event.source);
        for (const { code, text, row, count } of event.repairs) {
          const where = row > 0 ? ` (row ${row}${count > 1 ? `, ${thousands(count)} times` : ''})` : '';
          some(`mended ${code}`, `${place}: mended: ${text}${where}.`);
        }
        if (event.untrusted !== undefined) some('untrusted', `${place}: nobody vouches for it: ${event.untrusted}.`);
        if (staying) {
          clear();
          void io.out(`${wrap(storedText(event, io.now()), paint.columns, '  ', '')}\n`);
        }
        break;
      }
      case 'duplicate':
        if (!event.same)
          some(
            'differing',
            `${placeOf(event.source)}: ${event.reporter} used the id ${event.reportId} before, with other content. The first report stays.`,
          );
        break;
      case 'refused':
        some('refused', `${placeOf(event.source)}: ${event.refusal.text}`);
        break;
      case 'postponed':
        some('postponed', `${placeOf(event.source)}: ${event.why}`);
        break;
      case 'unreadable':
        some('unreadable', event.why);
        break;
      case 'notice':
        err(event.text);
        break;
      case 'left-out':
        break;
    }
  };
  return {
    tell(event) {
      read++;
      if (json) {
        void io.out(`${visibleJson(eventJson(event))}\n`);
        if (event.kind === 'notice') err(event.text);
      } else tellText(event);
      draw();
    },
    follows() {
      staying = true;
      if (stays) err('What was there is read. It goes on with what comes; end with Ctrl-C.');
    },
    fail: (text) => err(visible(text)),
    async end(summary, settings, trouble) {
      clear();
      for (const text of trouble?.texts ?? []) err(text);
      if (trouble?.kind === 'interrupted')
        err('Interrupted. What is counted below is stored; import the rest again, nothing counts twice.');
      const code = exitCode(summary, trouble);
      await io.out(json ? `${visibleJson(summaryJson(summary))}\n` : summaryText(summary, settings, paint.columns));
      return code;
    },
  };
}

function exitCode(summary: IntakeSummary, trouble: ImportTrouble | undefined): number {
  if (trouble?.kind === 'wrong') return 2;
  if (trouble !== undefined || summary.postponed > 0) return 3;
  return summary.refused + summary.unreadable > 0 ? 1 : 0;
}

function storedText(event: Extract<IntakeEvent, { readonly kind: 'stored' }>, now: number): string {
  const at = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
  const about = event.domain === undefined ? `${event.about} (not yours)` : event.about;
  const what =
    event.report === 'aggregate'
      ? `${plural(event.messages, 'message')} in ${plural(event.rows, 'row')}`
      : event.report === 'tls'
        ? plural(event.messages, 'TLS session')
        : 'a failure report';
  return `${at}  ${about}: ${what}, from ${event.reporter || 'a reporter without a name'}`;
}

function summaryText(summary: IntakeSummary, settings: ImportSettings, columns: number): string {
  const { aggregate, tls, failure } = summary;
  const kinds = [
    ...(aggregate > 0 ? [plural(aggregate, 'DMARC report')] : []),
    ...(tls > 0 ? [plural(tls, 'TLS report')] : []),
    ...(failure > 0 ? [plural(failure, 'failure report')] : []),
  ];
  const lines: (readonly [label: string, text: string])[] = [];
  if (aggregate > 0)
    lines.push(['In them', `${plural(summary.messages, 'message')} in ${plural(summary.rows, 'row')}`]);
  if (tls > 0) lines.push(['TLS', plural(summary.sessions, 'session')]);
  if (summary.domains.size > 0) lines.push(['Yours', countsText(summary.domains)]);
  if (summary.foreign.size > 0) {
    const place = settings.configFile ?? 'the domains named with --domain';
    lines.push(['Kept apart', `${countsText(summary.foreign)}: not in ${place}, so they count for nothing`]);
  }
  if (summary.duplicates > 0)
    lines.push(['Known before', `${plural(summary.duplicates, 'report')}, not counted again`]);
  if (summary.raised > 0)
    lines.push([
      'Counts now',
      `${plural(summary.raised, 'report')} of these, kept apart or unproved when it came first`,
    ]);
  if (summary.differing > 0)
    lines.push(['Id used twice', `${plural(summary.differing, 'report')} with other content; the first of each stays`]);
  if (summary.unauthenticated > 0)
    lines.push([
      'Unproved',
      `${plural(summary.unauthenticated, 'report')} came by mail that no signature vouches for: they are shown with --unauthenticated, and open no gates`,
    ]);
  if (summary.mended > 0) lines.push(['Mended', `${plural(summary.mended, 'report')} with small faults`]);
  if (summary.leftOut > 0)
    lines.push([
      'Left out',
      `${plural(summary.leftOut, 'failure report')}: they hold personal data. --keep-failures stores them redacted`,
    ]);
  if (summary.refused > 0) lines.push(['Refused', `${plural(summary.refused, 'report or file', 'reports or files')}`]);
  if (summary.unreadable > 0) lines.push(['Unreadable', plural(summary.unreadable, 'file')]);
  if (summary.postponed > 0) lines.push(['Not yet', `${plural(summary.postponed, 'message')} to be imported again`]);
  const stored = kinds.length > 0 ? `${kinds.join(', ')} stored` : 'nothing new stored';
  const head = wrap(`${plural(summary.items, 'file or message', 'files and messages')} read: ${stored}.`, columns, '');
  const width = Math.max(0, ...lines.map(([label]) => label.length)) + 4;
  const body = lines.map(([label, text]) => wrap(`${text}.`, columns, ' '.repeat(width), `  ${label}`.padEnd(width)));
  return `${[head, ...body].join('\n')}\n`;
}

/** `example.com 12, example.net 3 and 4 more`. */
function countsText(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const named = sorted.slice(0, maxDomains).map(([name, count]) => `${name || '(no domain)'} ${thousands(count)}`);
  const more = sorted.length - maxDomains;
  return `${named.join(', ')}${more > 0 ? ` and ${thousands(more)} more` : ''}`;
}

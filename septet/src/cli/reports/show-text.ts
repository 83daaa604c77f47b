/** `reports show` in the terminal: a sparkline, a table, TLS, and at the foot what does not count. Pure. */
import type { Period, TallyLine } from '../../store/store.ts';
import type { Io } from '../io.ts';
import { cutTo, painter, wrap, type Paint } from '../paint.ts';
import { visible, widthOf } from '../visible.ts';
import { periodText } from './period.ts';
import { resultsOf } from './show-json.ts';
import { byTitle, messagesOf, type Shown, type ShownDomain, type ShownLine } from './shown.ts';
import { sparkline } from './sparkline.ts';
import { percentText, plural, thousands } from './words.ts';

const dayMs = 86_400_000;
/** Lines of a table that are shown. */
const maxLines = 25;
const maxNamed = 8;
const maxRefusals = 5;

export function showText(shown: Shown, io: Pick<Io, 'columns' | 'colours'>): string {
  const paint = painter(io.columns, io.colours);
  const blocks = shown.domains.map((domain) => domainText(domain, shown, paint));
  const foot = footText(shown, paint);
  return `${[...blocks, ...(foot === '' ? [] : [foot])].join('\n\n')}\n`;
}

function domainText(shown: ShownDomain, { period, by, foreign }: Shown, paint: Paint): string {
  const { domain, days, tls } = shown;
  const head = `${paint('bold', domain)}  ${periodText(period)}`;
  const unproved =
    shown.unproved > 0
      ? [
          wrap(
            `${plural(shown.unproved, 'message')} more in reports by mail that no signature vouches for: not counted. --unauthenticated counts them.`,
            paint.columns,
            '  ',
          ),
        ]
      : [];
  if (days.length === 0) {
    const apart = foreign.find((other) => other.domain.toLowerCase() === domain)?.reports ?? 0;
    const words =
      apart > 0
        ? `${plural(apart, 'report')} on ${domain} ${apart === 1 ? 'is' : 'are'} kept apart, because the configuration does not have the domain. Add it to septet.yaml; the next septet reports import lets them count.`
        : `No DMARC report on ${domain} is stored for this time. Receivers send them daily to the addresses of rua= in its DMARC record; put them into the store with: septet reports import FILE…`;
    const none = wrap(words, paint.columns, '  ');
    return [head, none, ...unproved, ...tlsText(shown, paint)].join('\n');
  }
  const lines = [head, ...overview(days, period, paint), ''];
  lines.push(
    ...(by === 'result'
      ? resultTable(shown, paint)
      : table(by === 'source' ? byTitle(shown.lines) : shown.lines, by, paint)),
  );
  return [...lines, ...unproved, ...(tls.reports > 0 ? tlsText(shown, paint) : [])].join('\n');
}

function overview(days: readonly TallyLine[], period: Period, paint: Paint): readonly string[] {
  const messages = messagesOf(days);
  const sum = (of: (line: TallyLine) => number): number => days.reduce((total, line) => total + of(line), 0);
  const aligned = sum((line) => line.aligned);
  const byDay = new Map(days.map((line) => [line.key, line]));
  const all: (TallyLine | undefined)[] = [];
  for (let at = Math.floor(period.since / dayMs) * dayMs; at < period.until; at += dayMs)
    all.push(byDay.get(new Date(at).toISOString().slice(0, 10)));
  const width = paint.columns - 22;
  const most = days.reduce((top, line) => (line.messages > top.messages ? line : top));
  const failing = messages - aligned;
  return [
    wrap(
      `${plural(messages, 'message')}, ${percentText(aligned, messages)} pass DMARC: DKIM ${percentText(
        sum((line) => line.dkimAligned),
        messages,
      )}, SPF ${percentText(
        sum((line) => line.spfAligned),
        messages,
      )}. ${thousands(sum((line) => line.quarantined))} quarantined, ${thousands(sum((line) => line.rejected))} rejected.`,
      paint.columns,
      '  ',
    ),
    '',
    `  messages  ${paint(
      'cyan',
      sparkline(
        all.map((line) => line?.messages),
        width,
      ),
    )}`,
    ...(failing > 0
      ? [
          `  failing   ${paint(
            'yellow',
            sparkline(
              all.map((line) => line && line.messages - line.aligned),
              width,
            ),
          )}`,
        ]
      : []),
    `            most on ${most.key}: ${plural(most.messages, 'message')}`,
  ];
}

const numberWidth = 10;
const shareWidth = 9;

function table(lines: readonly ShownLine[], by: string, paint: Paint): readonly string[] {
  const width = paint.columns - 2 - numberWidth - 3 * shareWidth;
  const heads = { source: 'Source', day: 'Day', receiver: 'Receiver' }[by] ?? by;
  const row = (name: string, ...cells: readonly string[]): string =>
    `  ${fitted(name, width)}${cells.map((cell, index) => cell.padStart(index === 0 ? numberWidth : shareWidth)).join('')}`;
  const shown = by === 'day' ? lines.slice(-maxLines) : lines.slice(0, maxLines);
  const out = [paint('bold', row(heads, 'Messages', 'Pass', 'DKIM', 'SPF').trimEnd())];
  for (const line of shown) {
    const { title, messages, aligned, dkimAligned, spfAligned } = line;
    const text = row(
      title || '(no name)',
      thousands(messages),
      percentText(aligned, messages),
      percentText(dkimAligned, messages),
      percentText(spfAligned, messages),
    );
    out.push(aligned === messages ? text : aligned === 0 ? paint('red', text) : text);
  }
  const rest = lines.filter((line) => !shown.includes(line));
  if (rest.length > 0)
    out.push(
      wrap(
        `${by === 'day' ? 'Before these' : 'And'} ${thousands(rest.length)} more with ${plural(messagesOf(rest), 'message')}; --csv and --json have all.`,
        paint.columns,
        '  ',
      ),
    );
  return out;
}

function resultTable({ days, lines }: ShownDomain, paint: Paint): readonly string[] {
  const messages = messagesOf(days);
  const width = Math.min(34, paint.columns - 2 - numberWidth - shareWidth);
  const row = (name: string, count: string, share: string): string =>
    `  ${fitted(name, width)}${count.padStart(numberWidth)}${share.padStart(shareWidth)}`;
  return [
    paint('bold', row('Result', 'Messages', 'Share')),
    ...resultsOf(days).map((line) => row(line.title, thousands(line.messages), percentText(line.messages, messages))),
    '',
    paint('bold', row('What receivers did', 'Messages', 'Share')),
    ...lines.map((line) =>
      row(done[line.key] ?? line.key, thousands(line.messages), percentText(line.messages, messages)),
    ),
  ];
}

const done: Readonly<Record<string, string>> = {
  none: 'nothing (none)',
  pass: 'let it pass (pass)',
  quarantine: 'put it aside (quarantine)',
  reject: 'rejected it (reject)',
};

function tlsText({ tls }: ShownDomain, paint: Paint): readonly string[] {
  if (tls.reports === 0) return [];
  const sessions = tls.successful + tls.failed;
  const lines = [
    '',
    wrap(
      `TLS: ${plural(sessions, 'session')} of ${plural(tls.reporters.length, 'sender')} to your mail servers, ${tls.failed === 0 ? 'none failed' : `${thousands(tls.failed)} failed (${percentText(tls.failed, sessions)})`}.`,
      paint.columns,
      '  ',
    ),
  ];
  if (tls.failures.length === 0) return lines;
  const typeWidth = 30;
  const hostWidth = Math.max(16, paint.columns - 2 - typeWidth - numberWidth - 2 - 16);
  const row = (type: string, host: string, count: string, who: string): string =>
    `  ${fitted(type, typeWidth)}${fitted(host, hostWidth)}${count.padStart(numberWidth)}  ${who}`.trimEnd();
  lines.push('', paint('bold', row('Failure', 'At', 'Sessions', 'Reported by')));
  for (const { type, host, sessions: count, reporters } of tls.failures.slice(0, maxLines)) {
    const who = `${visible(reporters[0] ?? '')}${reporters.length > 1 ? ` and ${reporters.length - 1} more` : ''}`;
    lines.push(row(type, host || '(not said)', thousands(count), cutTo(who, 16)));
  }
  if (tls.failures.length > maxLines)
    lines.push(`  And ${thousands(tls.failures.length - maxLines)} more; --json has all.`);
  return lines;
}

function footText({ foreign, refusals }: Shown, paint: Paint): string {
  const lines: string[] = [];
  if (foreign.length > 0) {
    const count = foreign.reduce((sum, { reports }) => sum + reports, 0);
    const named = foreign
      .slice(0, maxNamed)
      .map(({ domain, reports }) => `${domain || '(no domain)'} ${thousands(reports)}`);
    const more = foreign.length > maxNamed ? ` and ${thousands(foreign.length - maxNamed)} more` : '';
    lines.push(
      wrap(
        `Kept apart: ${plural(count, 'report')} on domains that were not in the configuration when they came: ${named.join(', ')}${more}.`,
        paint.columns,
        '  ',
        '',
      ),
    );
  }
  if (refusals.length > 0) {
    lines.push(`Refused: ${plural(refusals.length, 'report or file', 'reports or files')}.`);
    for (const { refusal, origin } of refusals.slice(0, maxRefusals))
      lines.push(wrap(`${origin}: ${refusal.text}`, paint.columns, '    ', '  '));
    if (refusals.length > maxRefusals)
      lines.push(`  And ${thousands(refusals.length - maxRefusals)} more; --json has all.`);
  }
  return lines.join('\n');
}

function fitted(text: string, width: number): string {
  const cut = cutTo(visible(text), width - 1);
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)));
}

/** The report of one domain for a person at a terminal. */
import type { Report } from '../../audit/report.ts';
import { recordOrder, recordTitles } from '../../audit/report.ts';
import type { Evidence, Finding, Fix, RecordKey } from '../../finding/finding.ts';
import type { Demand, ProviderCard, RecordReport } from '../../audit/report.ts';
import type { Paint, Style } from '../paint.ts';
import { cutTo, underlined, wrap } from '../paint.ts';
import { partsOf, type Group } from './finding-groups.ts';
import { visible } from '../visible.ts';

export interface TextOptions {
  /** Also list advice and facts in full. */
  readonly verbose?: boolean;
  /** It failed, so that nothing to mend is no reason to be content. */
  readonly failing?: boolean;
}

export function textReport(report: Report, paint: Paint, options: TextOptions = {}): string {
  const lines: string[] = [];
  const title = report.domain;
  const when = `checked ${report.checkedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const gap = paint.columns - title.length - when.length;
  if (gap >= 2) lines.push(`${paint('bold', title)}${' '.repeat(gap)}${paint('dim', when)}`, '');
  else lines.push(paint('bold', wrap(title, paint.columns, '')), paint('dim', when), '');
  for (const key of recordOrder) {
    const record = report.records[key];
    if (record) lines.push(headline(key, record, report, paint));
  }
  lines.push('', findingBlocks(report.findings, paint, options).trimEnd());
  if (report.mailboxProviders.length > 0) {
    lines.push('', paint('bold', 'What the mailbox providers demand'));
    for (const card of report.mailboxProviders) lines.push('', ...cardLines(card, paint));
  }
  return `${lines.join('\n')}\n`;
}

/** The findings in three parts: what needs doing, what could not be told, what is good to know. */
export function findingBlocks(findings: readonly Finding[], paint: Paint, options: TextOptions = {}): string {
  const lines: string[] = [];
  const { wrong, unknown, advice } = partsOf(findings);
  if (wrong.length === 0 && unknown.length === 0 && options.failing !== true)
    lines.push(paint('green', 'Nothing needs doing.'));
  if (wrong.length > 0) {
    lines.push(paint('bold', wrong.length === 1 ? 'One thing to mend' : `${wrong.length} things to mend, worst first`));
    const published = new Map<string, number>();
    for (const [index, group] of wrong.entries()) {
      lines.push('', ...findingLines(group, paint, `${index + 1}.`, curedBy(group.first.fix, published, index + 1)));
    }
  }
  if (unknown.length > 0) {
    if (wrong.length > 0) lines.push('');
    lines.push(paint('bold', 'Could not be told'), '');
    for (const { first, more } of unknown) lines.push(...shortLines(first, paint, more));
  }
  if (advice.length > 0) {
    lines.push('', paint('bold', 'Good to know'), '');
    for (const group of advice)
      lines.push(...(options.verbose ? findingLines(group, paint, '·') : shortLines(group.first, paint)));
  }
  return `${lines.join('\n')}\n`;
}

function headline(key: RecordKey, record: RecordReport, report: Report, paint: Paint): string {
  const own = report.findings.filter((finding) => finding.record === key);
  const [word, style] = verdict(record, own);
  const summary = cutTo(visible(record.summary), paint.columns - 24);
  return `  ${recordTitles[key].padEnd(9)} ${paint(style, word.padEnd(11))} ${summary}`.trimEnd();
}

function verdict(record: RecordReport, findings: readonly Finding[]): [string, Style] {
  const failing = findings.filter((finding) => finding.state === 'fail');
  const errors = failing.filter((finding) => finding.severity === 'error').length;
  const warnings = failing.filter((finding) => finding.severity === 'warning').length;
  if (errors > 0) return [errors === 1 ? '1 error' : `${errors} errors`, 'red'];
  if (warnings > 0) return [warnings === 1 ? '1 warning' : `${warnings} warnings`, 'yellow'];
  if (record.state === 'unknown') return ['unknown', 'cyan'];
  if (record.state === 'skip') return ['–', 'dim'];
  return ['fine', 'green'];
}

const severityStyle: Readonly<Record<string, Style>> = { error: 'red', warning: 'yellow', info: 'cyan', ok: 'green' };

/** The number of an earlier finding with the very same records to publish; remembers these otherwise. */
function curedBy(fix: Fix, published: Map<string, number>, number: number): number | undefined {
  if (!fix.set) return undefined;
  const key = JSON.stringify(fix.set);
  const earlier = published.get(key);
  if (earlier === undefined) published.set(key, number);
  return earlier;
}

function findingLines({ first, also }: Group, paint: Paint, bullet: string, cure?: number): readonly string[] {
  const indent = '   ';
  const style = severityStyle[first.severity] ?? 'cyan';
  const head = `${bullet.padEnd(bullet.length > 2 ? 4 : 3)}${paint(style, first.severity)}  ${recordTitles[first.record]}`;
  const fits = bullet.length + first.severity.length + recordTitles[first.record].length + first.code.length + 6;
  const lines =
    fits <= paint.columns
      ? [`${head}  ${paint('dim', first.code)}`]
      : [head, paint('dim', wrap(first.code, paint.columns, indent))];
  lines.push(wrap(first.message, paint.columns, indent));
  const shown = first.evidence.slice(0, 4);
  for (const evidence of shown) lines.push(...evidenceLines(evidence, paint, '     '));
  const hidden = first.evidence.length - shown.length;
  if (hidden > 0) lines.push(wrap(`… and ${hidden} more (--format json shows all)`, paint.columns, '       ', '     '));
  lines.push(wrap(first.consequence, paint.columns, indent));
  const codes = [...new Set(also.map((finding) => finding.code))].filter((code) => code !== first.code);
  if (codes.length > 0) lines.push(wrap(`With it: ${codes.join(', ')}`, paint.columns, indent));
  if (cure === undefined) lines.push(...fixLines(first.fix, paint, indent));
  else
    lines.push(
      ...fixLines({ text: first.fix.text }, paint, indent),
      wrap(`The record under ${cure}. mends this too.`, paint.columns, `${indent}  `),
    );
  lines.push(paint('dim', wrap(`Source: ${first.source}`, paint.columns, indent)));
  return lines;
}

/** One or two lines for what needs no doing, or no doing now. */
function shortLines(finding: Finding, paint: Paint, more = 0): readonly string[] {
  const code = more === 0 ? `(${finding.code})` : `(${finding.code}, and ${more} more like it)`;
  const text = wrap(`${recordTitles[finding.record]}: ${finding.message} ${code}`, paint.columns, '    ', '  · ');
  return [text.replace(code, paint('dim', code))];
}

function fixLines(fix: Fix, paint: Paint, indent: string): readonly string[] {
  const lines = [wrap(fix.text, paint.columns, `${indent}  `, `${indent}→ `)];
  for (const record of fix.set ?? []) {
    const removed = record.action === 'remove';
    const verb = removed ? 'Delete' : 'Publish';
    const particulars = `${record.type}${removed ? '' : `  TTL ${record.ttlSeconds}`}`;
    const name = nameOf(record.name);
    // Names and values are never wrapped: they are what people copy.
    if (indent.length + verb.length + name.length + particulars.length + 6 <= paint.columns)
      lines.push(`${indent}  ${paint('bold', verb)}  ${name}  ${particulars}`);
    else lines.push(`${indent}  ${paint('bold', verb)}  ${particulars}`, `${indent}    ${name}`);
    if (!removed) for (const value of record.data) lines.push(`${indent}    ${paint('green', visible(value))}`);
  }
  return lines;
}

export function evidenceLines(evidence: Evidence, paint: Paint, indent: string): readonly string[] {
  switch (evidence.kind) {
    case 'record':
      return [
        paint('dim', wrap(`${nameOf(evidence.name)}  ${evidence.type}`, paint.columns, `${indent}  `, indent)),
        ...underlined(evidence.text, evidence.marks ?? [], paint.columns, `${indent}  `),
      ];
    case 'answer':
      return [
        wrap(`${nameOf(evidence.name)} ${evidence.type}: ${evidence.outcome}`, paint.columns, `${indent}  `, indent),
      ];
    case 'http':
      return [wrap(`${evidence.url}  ${evidence.detail}`, paint.columns, `${indent}  `, indent)];
    case 'file': {
      const place =
        evidence.line === undefined ? evidence.place : `${evidence.place}:${evidence.line}:${evidence.column ?? 1}`;
      const text = evidence.text.replace(/\n$/, '').split('\n').slice(0, 6);
      const marks = text.length === 1 ? (evidence.marks ?? []) : [];
      return [
        paint('dim', wrap(place, paint.columns, `${indent}  `, indent)),
        ...text.flatMap((line) => underlined(line, marks, paint.columns, `${indent}  `, {})),
      ];
    }
    case 'fact':
      return [wrap(`${evidence.label}: ${evidence.value}`, paint.columns, `${indent}  `, indent)];
  }
}

function cardLines(card: ProviderCard, paint: Paint): readonly string[] {
  const heading = wrap(`${card.title} – ${card.bulk}`, paint.columns, '  ', '');
  const lines = [heading.replace(card.title, paint('bold', card.title))];
  const narrow = paint.columns < 60;
  const label = (level: string): string =>
    level === 'required for bulk' ? ' (bulk)' : level === 'recommended' ? ' (advised)' : '';
  const rows = [
    ['met', 'green'],
    ['unmet', 'red'],
    ['unknown', 'cyan'],
    ['not shown', 'dim'],
  ] as const;
  for (const [state, style] of rows) {
    const demands = card.demands.filter((demand) => demand.state === state);
    if (demands.length === 0) continue;
    const why = (demand: Demand): string =>
      demand.because.length > 0 ? demand.because.slice(0, 2).join(', ') : demand.detail;
    const reasoned = state === 'unmet' || state === 'unknown';
    const text = demands
      .map((demand) => `${demand.title}${label(demand.level)}${reasoned ? `: ${why(demand)}` : ''}`)
      .join(reasoned ? '; ' : ', ');
    const name = state === 'not shown' ? 'DNS cannot show' : state;
    if (narrow) lines.push(`  ${paint(style, name)}`, wrap(text, paint.columns, '    '));
    else
      lines.push(wrap(text, paint.columns, ' '.repeat(19), `  ${name.padEnd(17)}`).replace(name, paint(style, name)));
  }
  return lines;
}

const nameOf = (name: string): string => (name === '' ? '.' : visible(name));

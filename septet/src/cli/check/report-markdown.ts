/** The report as Markdown, for tickets and wikis. */
import type { Report } from '../../audit/report.ts';
import { recordOrder, recordTitles } from '../../audit/report.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { underlined } from '../paint.ts';
import { visible } from '../visible.ts';

export function markdownReport(report: Report): string {
  const lines = [
    `# ${prose(report.domain)}`,
    '',
    `Checked ${report.checkedAt}.`,
    '',
    '| record | state | seen |',
    '|---|---|---|',
  ];
  for (const key of recordOrder) {
    const record = report.records[key];
    if (record) lines.push(`| ${recordTitles[key]} | ${record.state} | ${cell(record.summary)} |`);
  }
  const wrong = report.findings.filter((finding) => finding.state === 'fail' && finding.severity !== 'info');
  if (wrong.length > 0) lines.push('', '## To mend', '', ...wrong.flatMap(findingLines));
  const unknown = report.findings.filter((finding) => finding.state === 'unknown');
  if (unknown.length > 0) lines.push('', '## Could not be told', '', ...unknown.map(short));
  const advice = report.findings.filter((finding) => finding.severity === 'info' && finding.state !== 'unknown');
  if (advice.length > 0) lines.push('', '## Good to know', '', ...advice.map(short));
  for (const card of report.mailboxProviders) {
    lines.push(
      '',
      `## ${card.title}`,
      '',
      `${prose(card.bulk)}.`,
      '',
      '| demand | level | state | why |',
      '|---|---|---|---|',
    );
    for (const demand of card.demands)
      lines.push(`| ${cell(demand.title)} | ${demand.level} | ${demand.state} | ${cell(demand.detail)} |`);
  }
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding): readonly string[] {
  const lines = [
    `### ${finding.severity}: ${finding.code}`,
    '',
    prose(`${finding.message} ${finding.consequence}`),
    '',
  ];
  for (const evidence of finding.evidence) lines.push(...evidenceLines(evidence));
  lines.push(`**Mend:** ${prose(finding.fix.text)}`, '');
  for (const record of finding.fix.set ?? []) {
    const verb = record.action === 'remove' ? 'Delete' : 'Publish';
    lines.push(`${verb} ${code(`${record.name} ${record.type}`)}${record.action === 'remove' ? '' : ':'}`, '');
    if (record.action !== 'remove') lines.push(...fence(record.data.map((value) => visible(value))), '');
  }
  return [...lines, `Source: ${finding.source}`, ''];
}

function evidenceLines(evidence: Evidence): readonly string[] {
  switch (evidence.kind) {
    case 'record':
    case 'file': {
      const head =
        evidence.kind === 'record'
          ? `${evidence.name} ${evidence.type}`
          : `${evidence.place}${evidence.line ? `:${evidence.line}:${evidence.column ?? 1}` : ''}`;
      const text = evidence.text.replace(/\n$/, '').split('\n');
      const marks = text.length === 1 ? (evidence.marks ?? []) : [];
      const shown = text.flatMap((line) =>
        underlined(line, marks, Number.MAX_SAFE_INTEGER, '', { octets: evidence.kind === 'record' }),
      );
      return [code(head), '', ...(shown.length > 0 ? [...fence(shown), ''] : [])];
    }
    case 'answer':
      return [`${code(`${evidence.name} ${evidence.type}`)}: ${prose(evidence.outcome)}`, ''];
    case 'http':
      return [`${code(evidence.url)}: ${prose(evidence.detail)}`, ''];
    case 'fact':
      return [`${evidence.label}: ${prose(evidence.value)}`, ''];
  }
}

const short = (finding: Finding): string =>
  `- **${recordTitles[finding.record]}** ${prose(finding.message)} (\`${finding.code}\`)`;

/**
 * A sentence with its code spans. Outside of them nothing of a stranger's text is Markdown or HTML; where the backticks
 * do not pair, there are no code spans.
 */
function prose(text: string): string {
  const parts = oneLine(text).split('`');
  const paired = parts.length % 2 === 1 && !parts.slice(1, -1).includes('');
  if (!paired) return escaped(parts.join('\\`'), /[<>[\]*_|]/g);
  return parts.map((part, index) => (index % 2 === 1 ? `\`${part}\`` : escaped(part, /[\\<>[\]*_|]/g))).join('');
}

const escaped = (text: string, marks: RegExp): string => text.replaceAll(marks, '\\$&');

/** A code span whose backticks are more than any run of them inside. */
function code(text: string): string {
  const shown = oneLine(text);
  const marks = '`'.repeat(longestRun(shown) + 1);
  return marks.length === 1 ? `\`${shown}\`` : `${marks} ${shown} ${marks}`;
}

/** In a table a bar ends the cell, also inside a code span. */
const cell = (text: string): string => prose(text).replaceAll(/\\?\|/g, '\\|');

const oneLine = (text: string): string => visible(text.replaceAll(/[ \t\r\n]+/g, ' ').trim());

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));

/** A code block whose fence is longer than any run of backticks inside. */
function fence(lines: readonly string[]): readonly string[] {
  const marks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [marks, ...lines, marks];
}

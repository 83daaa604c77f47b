/** The report as Markdown, for tickets and wikis. */
import type { Report } from '../audit/report.ts';
import { recordOrder, recordTitles } from '../audit/report.ts';
import type { Evidence, Finding } from '../finding/finding.ts';

export function markdownReport(report: Report): string {
  const lines = [
    `# ${report.domain}`,
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
      `${card.bulk}.`,
      '',
      '| demand | level | state | why |',
      '|---|---|---|---|',
    );
    for (const demand of card.demands)
      lines.push(`| ${demand.title} | ${demand.level} | ${demand.state} | ${cell(demand.detail)} |`);
  }
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding): readonly string[] {
  const lines = [`### ${finding.severity}: ${finding.code}`, '', `${finding.message} ${finding.consequence}`, ''];
  for (const evidence of finding.evidence) lines.push(...evidenceLines(evidence));
  lines.push(`**Mend:** ${finding.fix.text}`, '');
  for (const record of finding.fix.set ?? []) {
    const verb = record.action === 'remove' ? 'Delete' : 'Publish';
    lines.push(`${verb} \`${record.name} ${record.type}\`${record.action === 'remove' ? '' : ':'}`, '');
    if (record.action !== 'remove') lines.push(...fence(record.data.join('\n')), '');
  }
  return [...lines, `Source: ${finding.source}`, ''];
}

function evidenceLines(evidence: Evidence): readonly string[] {
  switch (evidence.kind) {
    case 'record':
    case 'file': {
      const mark = evidence.marks?.[0];
      const under =
        mark && !evidence.text.includes('\n')
          ? `\n${' '.repeat(mark.offset)}${'~'.repeat(Math.max(1, mark.length))}`
          : '';
      const head =
        evidence.kind === 'record'
          ? `${evidence.name} ${evidence.type}`
          : `${evidence.place}${evidence.line ? `:${evidence.line}:${evidence.column ?? 1}` : ''}`;
      return [`\`${head}\``, '', ...fence(evidence.text + under), ''];
    }
    case 'answer':
      return [`\`${evidence.name} ${evidence.type}\`: ${evidence.outcome}`, ''];
    case 'http':
      return [`${evidence.url}: ${evidence.detail}`, ''];
    case 'fact':
      return [`${evidence.label}: ${evidence.value}`, ''];
  }
}

const short = (finding: Finding): string =>
  `- **${recordTitles[finding.record]}** ${finding.message} (\`${finding.code}\`)`;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');

/** A code block whose fence is longer than any run of backticks inside. */
function fence(text: string): readonly string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const marks = '`'.repeat(longest + 1);
  return [marks, text, marks];
}

/** The report as SARIF 2.1.0 (OASIS), for code-scanning pages and editors. */
import type { Report } from '../../audit/report.ts';
import type { Finding } from '../../finding/finding.ts';
import { visibleJson } from '../visible.ts';

const levels = { error: 'error', warning: 'warning', info: 'note', ok: 'none' } as const;

export function sarifReport(reports: readonly Report[], version: string): string {
  const findings = reports.flatMap((report) => report.findings.map((finding) => ({ domain: report.domain, finding })));
  const rules = new Map<string, Finding>();
  for (const { finding } of findings) if (!rules.has(finding.code)) rules.set(finding.code, finding);
  const ids = [...rules.keys()].sort();
  const index = new Map(ids.map((id, position) => [id, position]));
  return `${visibleJson(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'Septet',
              version,
              rules: ids.map((id) => {
                const rule = rules.get(id);
                return {
                  id,
                  shortDescription: { text: rule?.message ?? id },
                  fullDescription: { text: rule?.consequence ?? '' },
                  help: { text: `${rule?.fix.text ?? ''} (${rule?.source ?? ''})` },
                  defaultConfiguration: { level: levels[rule?.severity ?? 'info'] },
                };
              }),
            },
          },
          results: findings.map(({ domain, finding }) => ({
            ruleId: finding.code,
            ruleIndex: index.get(finding.code),
            // SARIF 2.1.0 §3.27.10: only a failing result has a level other than `none`.
            level: finding.state === 'fail' ? levels[finding.severity] : 'none',
            kind: finding.state === 'unknown' ? 'review' : finding.state === 'fail' ? 'fail' : 'informational',
            message: { text: `${finding.message} ${finding.consequence} ${finding.fix.text}` },
            locations: [
              {
                logicalLocations: [
                  {
                    name: `${finding.subject.name} ${finding.subject.type}`,
                    fullyQualifiedName: `${domain}/${finding.subject.name}/${finding.subject.type}`,
                    kind: 'resource',
                  },
                ],
              },
            ],
            properties: { record: finding.record, state: finding.state, evidence: finding.evidence, fix: finding.fix },
          })),
        },
      ],
    },
    2,
  )}\n`;
}

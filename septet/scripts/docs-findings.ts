/** `docs/findings.md`: every code with its sentences, from the catalogues. */
import type { Catalogue } from '../src/audit/catalogues.ts';
import { allCatalogues as catalogues } from '../src/cli/codes.ts';
import { mailboxDemands } from '../src/audit/mailbox-demands.ts';
import { plainBraces } from '../src/cli/explain.ts';
import type { Row } from '../src/finding/catalogue.ts';
import { cell, generatedNote } from './docs-markdown.ts';

export function findingsPage(): string {
  const total = catalogues.reduce((sum, catalogue) => sum + Object.keys(catalogue.rows).length, 0);
  const contents = catalogues.map(
    ({ area, title, rows }) => `| [${area}.*](#${area}) | ${title} | ${Object.keys(rows).length} |`,
  );
  return `${generatedNote}
# Findings

Every code that Septet reports: ${total} in ${catalogues.length} areas. A code keeps its meaning: it is never renamed and never used for something
else. \`septet explain CODE\` shows the same in a terminal; [coverage.md](coverage.md) lists the codes that no check reports yet.

- **error**: mail or the feature is broken at a major reader. **warning**: it works today but is fragile, or is below a
  provider's bar. **info**: advice, or a fact that is good to know.
- ‹name› stands for what was seen.
- Sources: an RFC section, a provider's own page, BIMI-D, SVG-D and VMC-D for the drafts of BIMI, MCR for the requirements
  on mark certificates, and "house" where the rule is ours.

| codes | what | how many |
|---|---|---|
${contents.join('\n')}
| [req.*](#req) | demands of mailbox providers | ${mailboxDemands.reduce((sum, provider) => sum + provider.rows.length, 0)} |

${catalogues.map(areaText).join('\n')}
${demandsText()}`;
}

function areaText({ area, title, rows }: Catalogue): string {
  const entries = Object.entries(rows).map(([code, row]) => entryText(code, row));
  return `<a id="${area}"></a>

## ${area}: ${title}

${entries.join('\n')}`;
}

function entryText(code: string, row: Row): string {
  const severities = [row.severity, ...(row.or ?? [])].join(' or ');
  const text = (sentence: string): string => plainBraces(sentence).replaceAll('<', '&lt;');
  return `### ${code}

**${severities}** · ${text(row.test)}

- Says: ${text(row.message)}
- Why: ${text(row.why)}
- Fix: ${text(row.fix)}
- Source: ${text(row.source)}
`;
}

/** The demands stand in the provider cards of a report. */
function demandsText(): string {
  const parts = mailboxDemands.map(({ id, title, bulk, source, seenOn, rows }) => {
    const lines = rows.map(({ row, title: demand, level, note }) =>
      cell(`\`req.${id}.${row}\``, demand, level, note ?? ''),
    );
    return `### ${title}

${bulk[0]?.toUpperCase()}${bulk.slice(1)}. Source: ${source}, read on ${seenOn}.

| code | demand | level | note |
|---|---|---|---|
${lines.join('\n')}
`;
  });
  return `<a id="req"></a>

## req: what mailbox providers demand of senders

The cards at the end of a report set these demands against what was seen. "Required for bulk" holds above the provider's
volume. What neither DNS nor HTTPS shows is named and not judged.

${parts.join('\n')}`;
}

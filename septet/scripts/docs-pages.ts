/** Every page of `docs/` that is made of the code. The tests compare them with the files. */
import { configurationMarkdown } from '../src/config/markdown.ts';
import { cliPage } from './docs-cli.ts';
import { coveragePage } from './docs-coverage.ts';
import { generatedNote } from './docs-markdown.ts';
import { findingsPage } from './docs-findings.ts';
import { jsonPage } from './docs-json.ts';
import { planJsonSchema } from './plan-schemas.ts';
import { proofJsonSchema } from './proof-schemas.ts';
import { reportJsonSchema } from './report-schema.ts';

/** File names below `docs/`, and their text. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['cli.md', await cliPage()],
    ['configuration.md', `${generatedNote}\n${configurationMarkdown()}`],
    ['coverage.md', coveragePage()],
    ['findings.md', findingsPage()],
    ['json.md', jsonPage()],
    ['plan.schema.json', `${JSON.stringify(planJsonSchema(), undefined, 2)}\n`],
    ['proof.schema.json', `${JSON.stringify(proofJsonSchema(), undefined, 2)}\n`],
    ['report.schema.json', `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n`],
  ]);
}

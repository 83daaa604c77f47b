/** `docs/coverage.md`: which rules are checked, which wait for something, and where our list of codes has more than the plan. */
import { catalogues, type Catalogue } from '../src/audit/catalogues.ts';
import { waitsFor } from '../src/cli/explain.ts';
import { cell, generatedNote } from './docs-markdown.ts';

/** Codes of ours that the rule catalogue does not have, and why. */
export const ownCodes: Readonly<Record<string, string>> = {
  'spf.syntax.character': 'a character outside visible ASCII needs another sentence than a malformed term',
  'mtasts.policy.max_age_invalid': 'stands for `mtasts.policy.invalid`: the code says which line is meant',
  'svg.title.position': 'the schema wants the title first; a title elsewhere is not a missing one',
  'svg.attribute.forbidden': 'the schema lists the attributes of every element',
  'svg.attribute.value': 'the schema lists the values of many attributes',
  'svg.text.stray': 'the schema allows text in few elements',
};

/** Codes of the rule catalogue that have another name here. */
export const renamed: Readonly<Record<string, string>> = {
  'mtasts.policy.invalid': 'mtasts.policy.max_age_invalid',
};

/** Areas of the rule catalogue without a check so far, and what they wait for. */
export const areasToCome: Readonly<Record<string, string>> = {
  dane: 'a connection to the mail servers, and a validating resolver for TLSA',
  ramp: 'DMARC reports over time',
  rua: 'DMARC aggregate reports',
  unsub: 'a real message and the unsubscribe address',
  authres: 'a real message with the results of its receiver',
  arc: 'a real message that was forwarded',
  plan: 'a plan of what is wanted',
};

export function coveragePage(): string {
  const summary = catalogues.map(({ area, title, rows, later }) =>
    cell(`${area}.*`, title, String(Object.keys(rows).length), String(Object.keys(later).length)),
  );
  const checked = catalogues.reduce((sum, { rows }) => sum + Object.keys(rows).length, 0);
  const waiting = catalogues.reduce((sum, { later }) => sum + Object.keys(later).length, 0);
  return `${generatedNote}
# Coverage

What Septet checks today, and what waits for something that DNS, HTTPS and local files do not show. Every code in the
column "reported" has a scenario in the tests in which it appears, and one in which it must not.

| codes | what | reported | waiting |
|---|---|---|---|
${summary.join('\n')}
| | together | ${checked} | ${waiting} |

## Codes that wait

${catalogues
  .filter(({ later }) => Object.keys(later).length > 0)
  .map(waitingText)
  .join('\n')}
## Areas without a check so far

| codes | wait for |
|---|---|
${Object.entries(areasToCome)
  .map(([area, reason]) => cell(`${area}.*`, reason))
  .join('\n')}

## Codes that only Septet has

The codes come from a catalogue of rules that was drawn up before the code. These were added because the rule needed a
sentence of its own.

| code | why |
|---|---|
${Object.entries(ownCodes)
  .map(([code, reason]) => cell(`[\`${code}\`](findings.md#${code.replaceAll('.', '')})`, reason))
  .join('\n')}
`;
}

function waitingText({ area, title, later }: Catalogue): string {
  const byReason = new Map<string, string[]>();
  for (const [code, reason] of Object.entries(later))
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${code}\``]);
  const rows = [...byReason].map(([reason, codes]) => cell(waitsFor[reason] ?? reason, codes.join(', ')));
  return `### ${area}: ${title}

| need | codes |
|---|---|
${rows.join('\n')}
`;
}

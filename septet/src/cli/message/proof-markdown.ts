/** The proof of one message as Markdown, for tickets and wikis: the words and the order of the other views. */
import { recordTitles } from '../../audit/report.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { Difference, Proof } from '../../proof/proof.ts';
import { underlined } from '../paint.ts';
import { visible } from '../visible.ts';
import { partsOf, type Group } from '../check/finding-groups.ts';
import { clientText, sinceText } from './proof-html-trace.ts';
import { cell, code, fence, prose } from './proof-markdown-text.ts';
import { shorteningNote, withoutTokens } from './proof-private.ts';
import { proofRows } from './proof-rows.ts';
import { factsOf, minuteText, sourceText, verdictTitles } from './proof-words.ts';

/** More of one kind say nothing new. */
const maxEvidence = 6; // house
const maxHops = 40; // house

/** Ends with an empty line, so that several follow each other. */
export function markdownProof(whole: Proof): string {
  const proof = withoutTokens(whole);
  const { verdict, findings } = proof;
  const { wrong, unknown, advice } = partsOf(findings);
  const lines = [
    `# ${prose(sourceText(proof))}`,
    '',
    `**${verdictTitles[verdict.kind]}.** ${prose(verdict.text)}`,
    '',
    `Evaluated ${minuteText(proof.evaluatedAt)}.`,
    '',
    ...factLines(proof),
    '',
    ...tableLines(proof),
    ...(wrong.length === 0 && unknown.length === 0 && verdict.kind !== 'fail' ? ['', 'Nothing needs doing.'] : []),
    ...section('To mend', wrong.flatMap(findingLines)),
    ...section(
      `Where ${prose(proof.receiver.speaker ?? 'the receiver')} and Septet differ`,
      proof.differences.slice(0, 30).map(differenceLine),
    ),
    ...section(
      'Could not be told',
      unknown.map(({ first, more }) => shortLine(first, more)),
    ),
    ...section(
      'Good to know',
      advice.map(({ first }) => shortLine(first)),
    ),
    ...section('The way of the message', hopLines(proof)),
    '',
    '---',
    '',
    shorteningNote,
  ];
  return `${lines.join('\n')}\n\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...trimmed(lines)];

const trimmed = (lines: readonly string[]): readonly string[] => (lines.at(-1) === '' ? lines.slice(0, -1) : lines);

/** Texts of the message stand in code spans, where nobody is mentioned and nothing is a link. */
function factLines(proof: Proof): readonly string[] {
  const rows = factsOf(proof).map(
    ([label, text]) => `| ${label} | ${cell(foreign.has(label) ? code(text) : prose(text))} |`,
  );
  return ['| | |', '|---|---|', ...rows];
}

const foreign: ReadonlySet<string> = new Set(['From', 'Subject', 'Came from']);

function tableLines(proof: Proof): readonly string[] {
  const { speaker } = proof.receiver;
  const heads = ['proof', 'here', ...(speaker === undefined ? [] : [`as ${prose(speaker)} says`]), 'about'];
  const rows = proofRows(proof).map(({ method, ours, about, theirs }) => [
    method,
    ours,
    ...(speaker === undefined ? [] : [theirs === undefined ? '' : prose(theirs)]),
    prose(about),
  ]);
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
}

function findingLines({ first, also }: Group): readonly string[] {
  const codes = [...new Set(also.map((finding) => finding.code))].filter((one) => one !== first.code);
  const hidden = first.evidence.length - maxEvidence;
  const lines = [
    `### ${first.severity}: ${first.code}`,
    '',
    prose(`${first.message} ${first.consequence}`),
    '',
    ...first.evidence.slice(0, maxEvidence).flatMap(evidenceLines),
    ...(hidden > 0 ? [`… and ${hidden} more pieces of evidence (the JSON report shows all).`, ''] : []),
    ...(codes.length > 0 ? [`With it: ${codes.join(', ')}`, ''] : []),
    `**Mend:** ${prose(first.fix.text)}`,
    '',
  ];
  for (const { name, type, action, data } of first.fix.set ?? []) {
    const record = code(`${name} ${type}`);
    if (action === 'remove') lines.push(`Delete ${record}`, '');
    else lines.push(`Publish ${record}:`, '', ...fence(data.map((value) => visible(value))), '');
  }
  return [...lines, `Source: ${prose(first.source)}`, ''];
}

function evidenceLines(evidence: Evidence): readonly string[] {
  switch (evidence.kind) {
    case 'record':
      return shownText(`${evidence.name} ${evidence.type}`, evidence);
    case 'file': {
      const { place, line, column } = evidence;
      return shownText(line === undefined ? place : `${place}:${line}:${column ?? 1}`, evidence);
    }
    case 'answer':
      return [`${code(`${evidence.name} ${evidence.type}`)}: ${prose(evidence.outcome)}`, ''];
    case 'http':
      return [
        `${code(evidence.url)}: ${evidence.status === undefined ? '' : `${evidence.status}, `}${prose(evidence.detail)}`,
        '',
      ];
    case 'fact':
      return [`${prose(evidence.label)}: ${prose(evidence.value)}`, ''];
  }
}

/** In lines of a page's width, with `~` under the marks; of long texts the beginning and what is around the marks. */
function shownText(
  head: string,
  { kind, text, marks }: Extract<Evidence, { kind: 'record' | 'file' }>,
): readonly string[] {
  const rows = text.replace(/\n$/, '').split('\n').slice(0, 6);
  const own = rows.length === 1 ? (marks ?? []) : [];
  const shown = rows.flatMap((row) => underlined(row, own, 100, '', { octets: kind === 'record' }));
  return [code(head), '', ...(shown.length > 0 ? [...fence(shown), ''] : [])];
}

const differenceLine = ({ method, about, ours, theirs, line, why }: Difference): string =>
  `- **${method.toUpperCase()}${about === '' ? '' : ` ${prose(about)}`}**: here ${prose(ours)}, there ${prose(theirs)} (line ${line}). ${prose(why)}`;

const shortLine = (finding: Finding, more = 0): string =>
  `- **${recordTitles[finding.record]}** ${prose(finding.message)} (\`${finding.code}\`${more > 0 ? `, and ${more} more like it` : ''})`;

/** The oldest first. */
function hopLines({ envelope }: Proof): readonly string[] {
  const hops = envelope.hops.slice(0, maxHops).toReversed();
  return hops.map((hop, index) => {
    const before = hops[index - 1]?.at;
    const time = hop.at === undefined || before === undefined ? '' : `, ${sinceText(hop.at - before)}`;
    const taken = hop.line === envelope.hop?.line ? ', taken as the hand-over to the receiver' : '';
    const how = `${hop.protocol === undefined ? '' : `, ${prose(hop.protocol)}`}${hop.tls ? ', TLS' : ''}`;
    return `${index + 1}. from ${code(clientText(hop))} by ${code(hop.by ?? '?')}${how}${time} (line ${hop.line}${taken})`;
  });
}

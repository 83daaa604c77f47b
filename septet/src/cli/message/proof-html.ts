/**
 * Proofs as one HTML page that can be sent to a colleague: no script, nothing from elsewhere, nothing of the message
 * that can be clicked. It says the same without colours, on paper, and on a telephone.
 */
import type { Difference, Proof } from '../../proof/proof.ts';
import { detailSections, factList, result } from './proof-html-details.ts';
import { adviceSection, mendSection, unknownSection, type Heading } from './proof-html-findings.ts';
import { style } from './proof-html-style.ts';
import { html, type Html } from './proof-html-text.ts';
import { traceSection } from './proof-html-trace.ts';
import { partsOf } from '../check/finding-groups.ts';
import { shorteningNote, withoutTokens } from './proof-private.ts';
import { proofRows } from './proof-rows.ts';
import { authorText, factsOf, minuteText, sourceText, verdictTitles } from './proof-words.ts';

/** Rows of the table, and differences of one message, that are shown. */
const maxRows = 40; // house
const maxDifferences = 30; // house

/** The whole page; with several proofs a table of them comes first. */
export function htmlProofs(proofs: readonly Proof[]): string {
  const shown = proofs.map(withoutTokens);
  const [only, ...others] = shown;
  const single = only !== undefined && others.length === 0;
  const title = single
    ? `Proof of ${sourceText(only)}`
    : shown.length === 0
      ? 'Proof: no message could be read'
      : `Proofs of ${shown.length} messages`;
  const page = html`<main>
    <h1>${title}</h1>
    ${
      single
        ? messageOf(only, headings(2))
        : html`${shown.length === 0 ? html`<p>There is nothing to show.</p>` : contents(shown)}${shown.map(article)}`
    }
    ${shown.length === 0 ? undefined : foot}
  </main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<meta name="color-scheme" content="light dark">
<title>${html`${title}`.markup}</title>
<style>${style}</style>
</head>
<body>
${page.markup}
</body>
</html>
`;
}

const foot = html`<footer><p>Made by Septet, which evaluated the message itself. ${shorteningNote}</p></footer>`;

/** Headings from the level on that `base` says. */
const headings =
  (base: 2 | 3): Heading =>
  (level, content) => ({ markup: `<h${base + level}>${content.markup}</h${base + level}>` });

function article(proof: Proof, index: number): Html {
  return html`<article id="m${index + 1}">
    <h2>${index + 1}. ${sourceText(proof)}</h2>
    ${messageOf(proof, headings(3))}
    <p class="back"><a href="#list">Back to the list</a></p>
  </article> `;
}

/** Every message with its verdict; the numbers lead to them. */
function contents(proofs: readonly Proof[]): Html {
  const rows = proofs.map((proof, index) => {
    const { message, verdict, findings } = proof;
    return html`<tr>
      <th scope="row">
        <a href="#m${index + 1}">Message ${index + 1}</a> <span class="soft">${sourceText(proof)}</span>
      </th>
      <td>
        ${authorText(message.author)}${message.subject === undefined ? undefined : html`<br /><span class="soft">${shortOf(message.subject)}</span>`}
      </td>
      <td>
        <span class="result ${tones[verdict.kind]}">${verdictTitles[verdict.kind]}</span><br /><span class="soft"
          >${toMend({ findings, verdict })}</span
        >
      </td>
    </tr> `;
  });
  return html`<table class="toc" id="list">
    <caption>
      Each message and its verdict
    </caption>
    <thead>
      <tr>
        <th scope="col">Message</th>
        <th scope="col">From, subject</th>
        <th scope="col">Verdict</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table> `;
}

const shortOf = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);

function messageOf(proof: Proof, heading: Heading): Html {
  const { findings } = proof;
  return html`${verdictBox(proof, heading)}
  ${factList([
    ...factsOf(proof).map(([label, text]) => [label, html`${text}`] as const),
    ['Message-ID', proof.message.messageId === undefined ? undefined : html`${shortOf(proof.message.messageId)}`],
    ['Evaluated', html`${minuteText(proof.evaluatedAt)}`],
  ])}
  ${table(proof)} ${mendSection(findings, heading)} ${differenceSection(proof, heading)}
  ${unknownSection(findings, heading)} ${adviceSection(findings, heading)} ${traceSection(proof.envelope, heading)}
  ${detailSections(proof, heading)}`;
}

const tones = { ideal: 'good', bar: 'good', weak: 'doubtful', fail: 'bad', unknown: 'open' } as const;
const signs = { ideal: '✓', bar: '✓', weak: '!', fail: '✗', unknown: '?' } as const;

function verdictBox({ verdict, findings }: Proof, heading: Heading): Html {
  const { kind, text, forwarded } = verdict;
  return html`<section class="verdict ${tones[kind]}">
    ${heading(0, html`<span aria-hidden="true">${signs[kind]}</span> ${verdictTitles[kind]}`)}
    <p>${text}</p>
    ${forwarded ? html`<p>The message was forwarded: judge the sender by one that came directly.</p>` : undefined}
    <p><strong>${toMend({ findings, verdict })}.</strong></p>
  </section> `;
}

/** `2 things to mend, 1 could not be told` */
function toMend({ findings, verdict }: Pick<Proof, 'findings' | 'verdict'>): string {
  const { wrong, unknown } = partsOf(findings);
  const untold = unknown.reduce((sum, { more }) => sum + 1 + more, 0);
  const parts = [
    ...(wrong.length > 0 ? [wrong.length === 1 ? 'One thing to mend' : `${wrong.length} things to mend`] : []),
    ...(untold > 0 ? [`${untold} could not be told`] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return verdict.kind === 'fail' ? verdictTitles.fail : 'Nothing needs doing';
}

function table(proof: Proof): Html {
  const { speaker } = proof.receiver;
  const all = proofRows(proof);
  const more = all.length - maxRows;
  const columns = speaker === undefined ? 2 : 3;
  const rows = all.slice(0, maxRows).map(
    ({ method, ours, about, theirs }) =>
      html`<tr>
        <th scope="row"><strong>${method}</strong> ${about}</th>
        <td>${result(ours)}</td>
        ${
          speaker === undefined
            ? undefined
            : html`<td>${theirs === undefined ? html`<span class="soft">not said</span>` : result(theirs)}</td>`
        }
      </tr> `,
  );
  if (more > 0)
    rows.push(
      html`<tr>
        <td colspan="${columns}">… and ${more} more (the JSON report shows all).</td>
      </tr>`,
    );
  const caption = speaker === undefined ? html`Evaluated here` : html`Evaluated here, and as ${speaker} says`;
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        <th scope="col">Proof</th>
        <th scope="col" class="word">Here</th>
        ${speaker === undefined ? undefined : html`<th scope="col" class="word">Receiver</th>`}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function differenceSection({ differences, receiver }: Proof, heading: Heading): Html {
  if (differences.length === 0) return html``;
  const more = differences.length - maxDifferences;
  return html`<section>
    ${heading(0, html`Where ${receiver.speaker ?? 'the receiver'} and Septet differ`)}
    <ul>
      ${differences.slice(0, maxDifferences).map(differenceItem)}
    </ul>
    ${more > 0 ? html`<p class="soft">… and ${more} more.</p>` : undefined}
  </section> `;
}

const differenceItem = ({ method, about, ours, theirs, why, line }: Difference): Html =>
  html`<li>
    <strong>${method.toUpperCase()}${about === '' ? '' : ` ${about}`}</strong>: here ${result(ours)}, there
    ${result(theirs)} (line ${line})<br />${why}
  </li> `;

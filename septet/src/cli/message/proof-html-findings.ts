/** What to mend, what could not be told, and what is good to know, as sections of the HTML report. */
import { recordTitles } from '../../audit/report.ts';
import type { Evidence, Finding, Fix, RecordToSet } from '../../finding/finding.ts';
import { partsOf, type Group, type Swarm } from '../check/finding-groups.ts';
import { code, html, marked, prose, verbatim, type Html } from './proof-html-text.ts';

/** A heading of the level, 2 to 4. */
export type Heading = (level: 0 | 1, content: Html) => Html;

/** More of one kind say nothing new. */
const maxEvidence = 6; // house
const maxSubjects = 12; // house

const tones = { error: 'bad', warning: 'doubtful', info: 'open', ok: 'good' } as const;

export function mendSection(findings: readonly Finding[], heading: Heading): Html {
  const { wrong } = partsOf(findings);
  if (wrong.length === 0) return html``;
  const title = wrong.length === 1 ? 'One thing to mend' : `${wrong.length} things to mend, worst first`;
  const published = new Map<string, number>();
  return html`<section>
    ${heading(0, html`${title}`)}
    <ol class="findings">
      ${wrong.map((group, index) => wrongItem(group, index + 1, heading, published))}
    </ol>
  </section> `;
}

export function unknownSection(findings: readonly Finding[], heading: Heading): Html {
  const { unknown } = partsOf(findings);
  if (unknown.length === 0) return html``;
  return html`<section>
    ${heading(0, html`Could not be told`)}
    <p class="soft">Nobody knows whether these are wrong. They can be asked again.</p>
    <ul>
      ${unknown.map(unknownItem)}
    </ul>
  </section> `;
}

export function adviceSection(findings: readonly Finding[], heading: Heading): Html {
  const { advice } = partsOf(findings);
  if (advice.length === 0) return html``;
  return html`<section>${heading(0, html`Good to know`)} ${advice.map(adviceItem)}</section> `;
}

function wrongItem(group: Group, number: number, heading: Heading, published: Map<string, number>): Html {
  const { first } = group;
  const cure = curedBy(first.fix, published, number);
  return html`<li class="${tones[first.severity]}">
    ${heading(1, html`${number}. <span class="tag">${first.severity}</span> ${recordTitles[first.record]}: ${prose(first.message)}`)}
    ${body(group)} ${mend(first.fix, cure)}
    <p class="soft">${code(first.code)} · Source: ${first.source}</p>
  </li> `;
}

/** Who notices, the evidence, and what else comes of it. */
function body({ first, also }: Group): Html {
  const codes = [...new Set(also.map((finding) => finding.code))].filter((one) => one !== first.code);
  const subjects = [...new Set([first, ...also].map(({ subject }) => `${subject.name} ${subject.type}`.trim()))];
  const shown = first.evidence.slice(0, maxEvidence);
  const hidden = first.evidence.length - shown.length;
  return html`<p>${prose(first.consequence)}</p>
    ${shown.map(evidenceItem)}${hidden > 0 ? html`<p class="soft">… and ${hidden} more pieces of evidence (the JSON report shows all).</p>` : undefined}${
      subjects.length > 1
        ? html`<p class="soft">
            It stands for
            ${subjects.slice(0, maxSubjects).join(', ')}${subjects.length > maxSubjects ? ` and ${subjects.length - maxSubjects} more` : ''}.
          </p>`
        : undefined
    }${codes.length > 0 ? html`<p class="soft">With it: ${codes.join(', ')}</p>` : undefined}`;
}

/** The number of an earlier finding with the very same records to publish; remembers these otherwise. */
function curedBy(fix: Fix, published: Map<string, number>, number: number): number | undefined {
  if (!fix.set) return undefined;
  const key = JSON.stringify(fix.set);
  const earlier = published.get(key);
  if (earlier === undefined) published.set(key, number);
  return earlier;
}

function mend(fix: Fix, cure: number | undefined): Html {
  return html`<div class="mend">
    <p><strong>Mend:</strong> ${prose(fix.text)}</p>
    ${cure === undefined ? (fix.set ?? []).map(recordBox) : html`<p>The record under ${cure}. mends this too.</p>`}
  </div>`;
}

/** A click on a name or value marks the whole of it, so that it can be copied. */
function recordBox({ name, type, ttlSeconds, data, action }: RecordToSet): Html {
  const own = html`<code class="copy">${verbatim(name === '' ? '.' : name)}</code>`;
  if (action === 'remove')
    return html`<div class="record">
      <p><strong>Delete</strong> ${type} at ${own}</p>
    </div>`;
  return html`<div class="record">
    <p><strong>Publish</strong> ${type}, TTL ${ttlSeconds}, at ${own}</p>
    ${data.map((value) => html`<pre><code class="copy">${verbatim(value)}</code></pre>`)}
  </div>`;
}

const nameOf = (name: string): string => (name === '' ? '.' : name);

function evidenceItem(evidence: Evidence): Html {
  switch (evidence.kind) {
    case 'record':
      return shownText(
        html`${nameOf(evidence.name)} ${evidence.type}`,
        marked(evidence.text, evidence.marks ?? [], { octets: true }),
      );
    case 'file': {
      const { place, line } = evidence;
      const where = line === undefined ? html`${placeOf(place)}` : html`${placeOf(place)}, line ${line}`;
      return shownText(where, marked(evidence.text, evidence.marks ?? [], { octets: false }));
    }
    case 'answer':
      return html`<div class="evidence">
        <p>${code(`${nameOf(evidence.name)} ${evidence.type}`)}: ${evidence.outcome}</p>
      </div>`;
    case 'http':
      return html`<div class="evidence">
        <p>
          ${code(evidence.url)}:
          ${evidence.status === undefined ? undefined : html`${evidence.status}, `}${evidence.detail}
        </p>
      </div>`;
    case 'fact':
      return html`<div class="evidence"><p>${evidence.label}: ${evidence.value}</p></div>`;
  }
}

const placeOf = (place: string): string => (place === '-' ? 'standard input' : place);

const shownText = (head: Html, text: Html): Html =>
  html`<div class="evidence">
    <p>${head}</p>
    <pre><code>${text}</code></pre>
  </div> `;

const unknownItem = ({ first, more }: Swarm): Html =>
  html`<li>
    <strong>${recordTitles[first.record]}:</strong> ${prose(first.message)}
    <span class="soft">(${code(first.code)}${more > 0 ? `, and ${more} more like it` : ''})</span>
  </li> `;

function adviceItem(group: Group): Html {
  const { first } = group;
  return html`<details>
    <summary>
      <strong>${recordTitles[first.record]}:</strong> ${prose(first.message)}
      <span class="soft">(${code(first.code)})</span>
    </summary>
    ${body(group)}
    <p>${prose(first.fix.text)}</p>
    <p class="soft">Source: ${first.source}</p>
  </details> `;
}

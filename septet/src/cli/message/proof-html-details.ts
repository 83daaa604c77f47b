/** The particulars of a proof, folded: identities, signatures, readings of DMARC, the row of a report, ARC, the receiver. */
import type { AuthenticationResults, MethodResult } from '../../mail/authres.ts';
import type { ArcSet } from '../../proof/arc/outcome.ts';
import type { Change, DkimKeySeen, DkimOutcome } from '../../proof/dkim/outcome.ts';
import type { DmarcReading, ReportRow } from '../../proof/dmarc/outcome.ts';
import type { Proof, ReceiverField, SpfOutcome } from '../../proof/proof.ts';
import { effectText } from '../../records/dmarc/readers.ts';
import { explainTrace } from '../../records/spf/trace.ts';
import type { Heading } from './proof-html-findings.ts';
import { code, html, linesOfText, verbatim, type Html } from './proof-html-text.ts';
import { toneOf } from './proof-rows.ts';
import { octetsText } from './proof-words.ts';

/** Longer lists are cut, with how many more there are. */
const maxTold = 30; // house
const maxTraceLines = 100; // house

/** A result word; a receiver may write anything in its place. */
export const result = (word: string): Html =>
  html`<span class="result ${toneOf(word)}">${word.length > maxWord ? `${word.slice(0, maxWord)}…` : word}</span>`;

const maxWord = 30; // house; the words of RFC 8601 are shorter

/** Rows of a label and what belongs to it; one without a label goes on with the one above, one without content is left out. */
export const factList = (rows: readonly (readonly [label: string, content: Html | undefined])[]): Html =>
  html`<dl class="facts">
    ${rows.flatMap(([label, content]) => {
      if (content === undefined || content.markup === '') return [];
      return [
        html`${label === '' ? undefined : html`<dt>${label}</dt>`}
          <dd>${content}</dd> `,
      ];
    })}
  </dl>`;

export function detailSections(proof: Proof, heading: Heading): Html {
  const { spf, dkim, dmarc, arc, receiver } = proof;
  const parts = [
    ...cut(spf, spfDetails),
    ...cut(dkim, (outcome) => signatureDetails(outcome, 'DKIM signature')),
    ...cut(dmarc.readings, dmarcDetails),
    ...(dmarc.report ? [reportDetails(dmarc.report)] : []),
    ...cut(arc.sets, arcDetails),
    ...cut(receiver.fields, receiverDetails),
  ];
  if (parts.length === 0) return html``;
  return html`<section>${heading(0, html`Particulars`)} ${parts}</section> `;
}

/** The first items, and a line that says how many more there are; `more` makes it where it stands in a list or table. */
function cut<T>(
  items: readonly T[],
  show: (item: T) => Html,
  more: (text: string) => Html = (text) => html`<p class="soft">${text}</p>`,
): readonly Html[] {
  const left = items.length - maxTold;
  return [...items.slice(0, maxTold).map(show), ...(left > 0 ? [more(`… and ${left} more.`)] : [])];
}

const listItem = (text: string): Html => html`<li class="soft">${text}</li>`;

const folded = (summary: Html, content: Html): Html =>
  html`<details>
    <summary>${summary}</summary>
    ${content}
  </details> `;

function spfDetails({ scope, domain, result: word, reason, detail }: SpfOutcome): Html {
  const lines = detail?.trace ? explainTrace(detail) : [];
  const shown = lines.slice(0, maxTraceLines).map(({ depth, text }) => `${'  '.repeat(depth)}${text}`);
  const more = lines.length - shown.length;
  return folded(
    html`SPF of ${scope === 'helo' ? 'HELO' : 'MAIL FROM'}${domain === '' ? '' : ` ${domain}`}: ${result(word)}`,
    html`<p>${reason}</p>
      ${factList([
        ['DNS', detail && html`${detail.lookups} of 10 look-ups, ${detail.voids} of 2 void ones`],
        ['Explanation', detail?.explanation === undefined ? undefined : html`${detail.explanation}`],
      ])}${shown.length > 0 ? html`<pre><code>${linesOfText(more > 0 ? [...shown, `… and ${more} more lines`] : shown)}</code></pre>` : undefined}`,
  );
}

function signatureDetails(outcome: DkimOutcome, title: string): Html {
  const { canonicalization: form, length, bodyHash, timestamp, expires, identity, algorithm } = outcome;
  const changes = outcome.changes ?? [];
  return folded(
    html`${title} d=${outcome.domain ?? '?'} s=${outcome.selector ?? '?'}: ${result(outcome.result)}`,
    html`<p>${outcome.reason}</p>
      ${factList([
        ['Line', html`${outcome.line}`],
        ['Algorithm', some(algorithm)],
        ['Form (c=)', form && html`header ${form.header}, body ${form.body}`],
        ['For (i=)', some(identity)],
        ['Signed fields (h=)', signedFields(outcome.signedHeaders)],
        ['Signed at (t=)', some(timestamp === undefined ? undefined : timeOf(timestamp * 1000))],
        ['Expires (x=)', some(expires === undefined ? undefined : timeOf(expires * 1000))],
        ['Length (l=)', length && html`${length.signed} octets of the body are signed, ${length.beyond} more are not`],
        ['Body hash', bodyHash && hashes(bodyHash)],
        ['Key', outcome.key && keyText(outcome.key)],
        ['Besides', besides(outcome)],
        [
          'Changed since',
          changes.length > 0
            ? html`<ul>
                ${cut(changes, (change) => html`<li>${changeItem(change)}</li>`, listItem)}
              </ul>`
            : undefined,
        ],
      ])}`,
  );
}

/** What limits the explanation. */
function besides({ keyFits, originalFits, looked }: DkimOutcome): Html | undefined {
  const lines = [
    ...(keyFits === false ? ['The published key did not make this signature, or b= was damaged.'] : []),
    ...(originalFits === false ? ['The original that was given is not what was signed either.'] : []),
    ...(looked
      ? [`Only the first ${octetsText(looked.octets)} of ${octetsText(looked.of)} of the body were looked at.`]
      : []),
  ];
  return some(lines.join(' '));
}

const some = (text: string | undefined): Html | undefined =>
  text === undefined || text === '' ? undefined : html`${text}`;

function signedFields(names: readonly string[]): Html | undefined {
  if (names.length === 0) return undefined;
  const more = names.length - 100;
  return html`<code>${names.slice(0, 100).join(' : ')}</code>${more > 0 ? html` and ${more} more` : undefined}`;
}

const hashes = ({ signed, computed }: { readonly signed: string; readonly computed: string }): Html =>
  signed === computed
    ? html`<code>${signed}</code>, as the body has it`
    : html`signed <code>${signed}</code>, the body has <code>${computed}</code>`;

function keyText(key: DkimKeySeen): Html {
  const size = key.type === undefined ? '' : key.type === 'rsa' ? `RSA ${key.bits ?? '?'}` : 'Ed25519';
  const kind = {
    found: size,
    bad: 'a record that cannot be used',
    missing: 'no record',
    several: 'several records',
    unavailable: 'could not be looked up',
  }[key.kind];
  const more = [
    ...(key.detail === undefined ? [] : [key.detail]),
    ...(key.aliases.length > 0 ? [`by CNAME to ${key.aliases.join(', ')}`] : []),
    ...(key.testing ? ['the domain says that it is testing (t=y)'] : []),
    ...(key.server === undefined ? [] : [`answered by ${key.server}`]),
  ];
  return html`<code>${key.name}</code>:
    ${[kind, ...more].filter((part) => part !== '').join(', ')}${key.texts
      .slice(0, 4)
      .map((text) => html`<pre><code>${verbatim(text.slice(0, 2000))}</code></pre>`)}`;
}

const certainties = { shown: '', proved: ' (proved by the hash)', likely: ' (probably)' } as const;

/** What became of the message, as a sentence and the texts. */
function changeItem(change: Change): Html {
  const sure = certainties[change.certainty];
  switch (change.kind) {
    case 'field': {
      const how = {
        altered: 'was altered',
        removed: 'was taken out',
        added: 'was put in',
        refolded: 'was folded anew',
      }[change.how];
      return html`The field ${code(change.field)}${change.line === undefined ? '' : ` on line ${change.line}`}
      ${how}${sure}.${wasIs(change.was, change.is)}`;
    }
    case 'footer':
    case 'banner': {
      const lines = change.lines === 1 ? '1 line' : `${change.lines} lines`;
      const where = change.kind === 'footer' ? 'A footer' : 'A banner';
      return html`${where} of ${lines} was put in from line ${change.fromLine} of the body${sure}:
        <pre><code>${change.text}</code></pre>`;
    }
    case 'line':
      return html`Line ${change.line} of the body was altered${sure}.${wasIs(change.was, change.is)}`;
    case 'form':
      return html`${change.text.replace(/\.$/, '')}${sure}.`;
  }
}

const wasIs = (was: string | undefined, is: string | undefined): Html =>
  was === undefined && is === undefined
    ? html``
    : factList([
        ['It was', was === undefined ? undefined : code(was === '' ? '(empty)' : was)],
        ['It is', is === undefined ? undefined : code(is === '' ? '(empty)' : is)],
      ]);

function dmarcDetails(reading: DmarcReading): Html {
  const { record, sampled, identifiers } = reading;
  return folded(
    html`DMARC of ${reading.author} for readers of ${reading.reader}: ${result(reading.result)}`,
    html`<p>${reading.reason}</p>
      ${factList([
        [
          'Record',
          record
            ? html`<code>${record.name}</code>
                <pre><code>${verbatim(record.text.slice(0, 2000))}</code></pre>`
            : html`none`,
        ],
        ['Organisation', some(reading.organisationalDomain)],
        [
          'Asked for',
          html`${effectText(reading.published)}; DKIM ${modeText(reading.adkim)}, SPF ${modeText(reading.aspf)}`,
        ],
        [
          'Done here',
          html`${reading.disposition}${sampled ? ` for ${sampled.percent} of 100 messages, ${sampled.rest} for the rest` : ''}`,
        ],
      ])}
      ${identifiers.length > 0 ? identifierTable(reading) : undefined}`,
  );
}

const modeText = (mode: 'r' | 's'): string => (mode === 's' ? 'strict' : 'relaxed');

function identifierTable({ identifiers, author }: DmarcReading): Html {
  const rows = cut(
    identifiers,
    ({ method, domain, selector, passed, match, aligned }) => {
      const name = selector === undefined ? domain : `${domain} (s=${selector})`;
      const fits = {
        strict: 'the same domain',
        relaxed: 'the same organisation',
        none: 'another organisation',
        unknown: 'not known',
      }[match];
      return html`<tr>
        <th scope="row">${method.toUpperCase()} ${name}</th>
        <td>${passed ? 'passed' : 'did not pass'}</td>
        <td>${fits}${aligned ? ', aligned' : ''}</td>
      </tr> `;
    },
    (text) =>
      html`<tr>
        <td colspan="3">${text}</td>
      </tr>`,
  );
  return html`<table>
    <caption>
      What may stand for ${author}
    </caption>
    <thead>
      <tr>
        <th scope="col">Identifier</th>
        <th scope="col">Itself</th>
        <th scope="col">Against From</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

const reportDetails = (row: ReportRow): Html =>
  folded(
    html`The row that an aggregate report would hold`,
    html`<pre><code>${linesOfText(reportLines(row))}</code></pre>`,
  );

/** As the XML of RFC 9990 has it. */
export function reportLines(report: ReportRow): readonly string[] {
  const { source_ip, count, policy_evaluated, identifiers, auth_results } = report;
  return elementLines('record', { row: { source_ip, count, policy_evaluated }, identifiers, auth_results }, 0);
}

function elementLines(name: string, value: unknown, depth: number): readonly string[] {
  const indent = '  '.repeat(depth);
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.slice(0, maxTold).flatMap((item) => elementLines(name, item, depth));
  if (typeof value === 'object' && value !== null)
    return [
      `${indent}<${name}>`,
      ...Object.entries(value).flatMap(([key, part]) => elementLines(key, part, depth + 1)),
      `${indent}</${name}>`,
    ];
  return [`${indent}<${name}>${xmlText(String(value))}</${name}>`];
}

const xmlText = (text: string): string =>
  text.replaceAll(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');

function arcDetails({ instance, domain, selector, claimed, results, message, seal }: ArcSet): Html {
  const said = seal?.result ?? 'unknown';
  return folded(
    html`ARC set ${instance} by ${domain ?? '?'}: ${result(said)}`,
    html`${factList([
      ['Seal', seal && html`${result(seal.result)}: ${seal.reason}`],
      ['Selector', some(selector)],
      ['Before it (cv=)', some(claimed)],
      ['It had found', results && resultList(results)],
    ])}${message ? signatureDetails(message, 'ARC message signature') : undefined}`,
  );
}

const standings = {
  trusted: 'the receiver’s own word',
  claim: 'a claim that nobody vouches for',
  copy: 'a copy of an earlier word',
  forged: 'forged',
} as const;

const receiverDetails = ({ name, line, value, standing, why }: ReceiverField): Html =>
  folded(
    html`${name} on line ${line}${value.authservId === undefined ? '' : ` by ${value.authservId}`}:
    ${standings[standing]}`,
    html`<p>${why}</p>
      ${resultList(value)}
      ${
        value.repairs.length > 0
          ? html`<p class="soft">
              Written with faults:
              ${value.repairs
                .slice(0, 6)
                .map(({ text }) => text)
                .join(' ')}
            </p>`
          : undefined
      }`,
  );

function resultList({ results, none }: AuthenticationResults): Html {
  if (results.length === 0) return html`<p>${none ? 'It says that nothing was looked at.' : 'It holds no result.'}</p>`;
  return html`<ul>
    ${cut(results, (one) => html`<li>${resultText(one)}</li>`, listItem)}
  </ul>`;
}

function resultText({ method, result: word, reason, properties, comments }: MethodResult): Html {
  const named = properties.map(
    ({ ptype, property, value }) => `${ptype === '' ? '' : `${ptype}.`}${property}=${value}`,
  );
  return html`${method.toUpperCase()}
  ${result(word)}${named.length > 0 ? html` <code>${named.join(' ')}</code>` : undefined}${
    comments.length > 0 ? ` (${comments.join('; ')})` : ''
  }${reason === undefined ? '' : `: ${reason}`}`;
}

const timeOf = (ms: number): string | undefined => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

/**
 * The page as one HTML file, to be sent or printed. It loads nothing; the only script is that of the copy buttons, and
 * without it the page says the same. A long value wraps in its cell; wrapping by CSS puts no line end into what is copied.
 */
import type { FormInput, TextForm } from '../form.ts';
import { putUp } from './comments.ts';
import { copyScript, style } from './html-parts.ts';
import { pageOf, ttlWords, whole, type PageRecord, type PageStep } from './page.ts';

export const htmlForm: TextForm = {
  id: 'html',
  title: 'page for whoever has access to the DNS (HTML)',
  extension: '.html',
  write: writeHtml,
};

function writeHtml(input: FormInput): string {
  const page = pageOf(input);
  const list = (items: readonly string[]): string =>
    `<ul>${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${text(page.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${heading(page.title)}</h1>
${page.intro.map((line) => `<p>${text(line)}</p>`).join('\n')}
${page.hints.length === 0 ? '' : `<section class="hints" aria-label="How to enter the records">${list(page.hints)}</section>`}
${page.steps.map(stepOf).join('\n')}
${
  page.look.length === 0
    ? ''
    : `<section>
<h2>How to see that it worked</h2>
<p>Each of these shows what is published, as soon as what stood there before is out of the caches:</p>
<pre>${page.look.map(text).join('\n')}</pre>
<p>Or all at once: <code>${text(page.command)}</code></p>
</section>`
}
${page.later.length === 0 ? '' : `<section><h2>Later, not yet</h2>${list(page.later)}</section>`}
<footer>Plan <code>${text(page.digest)}</code>, made ${text(page.madeAt)} by Septet.</footer>
</main>
<script>${copyScript}</script>
</body>
</html>
`;
}

const stepOf = (step: PageStep): string => `<section class="step">
<h2>${step.number}. ${heading(step.title)}</h2>
<p>${text(step.why)}</p>
${step.outside.map((line) => `<p class="note">Not in this zone: ${text(line)}</p>`).join('\n')}
${step.files.map(({ url, lines }) => `<p class="note">Not in this zone: ${text(putUp(url))}</p>\n<pre>${lines.map(text).join('\n')}</pre>`).join('\n')}
${step.cannot.map((line) => `<p class="note"><strong>Attention:</strong> ${text(line)}</p>`).join('\n')}
${step.records.map(recordOf).join('\n')}
${
  step.keep.length === 0
    ? ''
    : `<div class="keep"><p><strong>Please leave these as they are:</strong></p><ul>${step.keep
        .map(({ type, name, value }) => `<li><code>${text(`${type} ${name}`)}</code>: <code>${text(value)}</code></li>`)
        .join('')}</ul></div>`
}
</section>`;

function recordOf(record: PageRecord): string {
  const row = (field: string, title: string, value: string, note = ''): string =>
    `<tr data-field="${field}"><th scope="row">${title}</th><td><code>${text(value)}</code>${note === '' ? '' : ` <span class="aside">${note}</span>`}</td></tr>`;
  const rows = [
    row('type', 'Type', record.type),
    row('name', 'Name', record.name, `whole name: <code>${text(record.fullName)}</code>`),
    ...(record.now ? [row('now', 'Value now', whole(record.now))] : []),
    row(
      'value',
      record.now ? 'New value' : 'Value',
      record.value,
      record.zoneNotation ? 'written as in a zone file' : '',
    ),
    ...(record.priority === undefined ? [] : [row('priority', 'Priority', String(record.priority))]),
    ...(record.verb === 'Delete'
      ? []
      : [
          row(
            'ttl',
            'TTL',
            String(record.ttlSeconds),
            ttlWords(record.ttlSeconds)
              .replace(/^\d+ ?/, '')
              .replaceAll(/[()]/g, ''),
          ),
        ]),
    ...(record.pieces !== undefined && record.verb !== 'Delete'
      ? [row('pieces', 'In pieces', record.pieces, 'only if the form refuses more than 255 characters')]
      : []),
  ];
  return `<table class="record" data-verb="${record.verb}">
<caption><span class="verb ${record.verb.toLowerCase()}">${record.verb}</span> ${record.type} <code>${text(record.name)}</code></caption>
<tbody>${rows.join('\n')}</tbody>
</table>`;
}

/** Names that are longer than a telephone is wide break behind their dots. */
const heading = (raw: string): string =>
  raw
    .split(' ')
    .map((word) => (word.length > 25 ? text(word).replaceAll('.', '.<wbr>') : text(word)))
    .join(' ');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML. Nothing of it becomes markup. */
const text = (raw: string): string => raw.replaceAll(/[&<>"']/g, (c) => entities[c] ?? c);

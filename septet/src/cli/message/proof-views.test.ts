/** The views of a proof: the same words everywhere, nothing of the message that works, and nothing that tells a token. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../finding/finding.ts';
import { bare, full, hostile, ideal, token } from '../../../test/browser/proof-samples.ts';
import { painter } from '../paint.ts';
import { partsOf } from '../check/finding-groups.ts';
import { reportLines } from './proof-html-details.ts';
import { htmlProofs } from './proof-html.ts';
import { proofDocument } from './proof-json.ts';
import { markdownProof } from './proof-markdown.ts';
import { shorteningNote } from './proof-private.ts';
import { proofRows } from './proof-rows.ts';
import { textProof } from './proof-text.ts';
import { factsOf } from './proof-words.ts';

const plainText = (page: string): string =>
  page
    .replace(/<head>[^]*<\/head>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ');

for (const [title, proof] of Object.entries({ ideal, full, bare })) {
  test(`text, HTML and Markdown of one proof say the same: ${title}`, () => {
    const text = squeezed(textProof(proof, painter(120, false)));
    const page = plainText(htmlProofs([proof]));
    const markdown = squeezed(markdownProof(proof).replaceAll(/\\(.)/g, '$1'));
    const said = [
      proof.verdict.text,
      ...factsOf(proof).map(([, fact]) => squeezed(fact)),
      ...proofRows(proof).flatMap(({ ours, about }) => [ours, about]),
      ...proof.differences.map(({ why }) => why),
    ];
    for (const part of said) {
      assert.ok(page.includes(part), `HTML: ${part}`);
      assert.ok(markdown.includes(part), `Markdown: ${part}`);
      // The terminal has two columns, so a sentence may have the receiver's word in its midst.
      for (const word of part.split(' '))
        assert.ok(text.includes(word.replace(/^<|>$/g, '')), `text: ${word} of ${part}`);
    }
  });
}

test('the order: verdict, table, mend, differ, not told, good to know, way', () => {
  const heads = [
    '3 things to mend, worst first',
    'Where mx.google.com and Septet differ',
    'Could not be told',
    'Good to know',
    'The way of the message',
  ];
  const page = htmlProofs([full]);
  const headings = [...page.matchAll(/<h2>(.*?)<\/h2>/gs)].map(([, text = '']) => plainText(text).trim());
  assert.deepEqual(headings, ['✗ Fails', ...heads, 'Particulars']);
  const markdown = markdownProof(full);
  assert.deepEqual(
    [...markdown.matchAll(/^## (.*)$/gm)].map(([, head]) => head),
    ['To mend', ...heads.slice(1)],
  );
  assert.deepEqual(
    [...markdown.matchAll(/^# (.*)$/gm)].map(([, head]) => head),
    ['news.mbox#2'],
  );
});

test('records to publish stand whole, evidence has its marks', () => {
  const value = full.findings[0]?.fix.set?.[0]?.data[0] ?? assert.fail();
  assert.ok(htmlProofs([full]).includes(`<code class="copy">${value}</code>`));
  assert.ok(markdownProof(full).includes(`\n${value}\n`));
  assert.ok(htmlProofs([full]).includes('ip4:<mark>198.51.100.300</mark> ~all'));
  assert.match(markdownProof(full), /^ {39}~{14}$/m);
});

test('several messages: a table with anchors, and each below', () => {
  const page = htmlProofs([ideal, full, bare]);
  for (const number of [1, 2, 3]) {
    assert.equal(page.split(`href="#m${number}"`).length, 2);
    assert.equal(page.split(`id="m${number}"`).length, 2);
  }
  assert.deepEqual(
    [...page.matchAll(/<h1>(.*)<\/h1>/g)].map(([, text]) => text),
    ['Proofs of 3 messages'],
  );
  assert.match(htmlProofs([]), /<h1>Proof: no message could be read<\/h1>/);
});

test('tokens are in the JSON alone, and the reports say so once', () => {
  assert.ok(JSON.stringify(proofDocument([full], [])).includes(token));
  for (const view of [htmlProofs([full]), htmlProofs([full, full]), markdownProof(full)]) {
    assert.ok(!view.includes(token));
    assert.equal(view.split(shorteningNote).length, 2);
  }
});

test('the page of a hostile message has no element of its own making', () => {
  const page = htmlProofs([hostile]);
  const tags = new Set([...page.slice(page.indexOf('<body>')).matchAll(/<([a-z]\w*)/gi)].map(([, name]) => name));
  for (const name of ['script', 'img', 'a', 'iframe', 'form', 'link']) assert.ok(!tags.has(name), name);
  assert.doesNotMatch(page, /\p{Cf}|[^\P{Cc}\n]/u);
  assert.match(page, /\\u\{202e\}gnp\.exe/);
  assert.ok(page.length < 3_000_000, String(page.length));
});

test('Markdown of a hostile message: no HTML, no link, no heading of its own', () => {
  const markdown = markdownProof(hostile);
  const fenced = /^(`{3,})\n[^]*?\n\1$/gm;
  const outside = markdown.replaceAll(fenced, '').replaceAll(/(?<!\\)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
  assert.doesNotMatch(outside, /(?<!\\)[<>]/);
  assert.doesNotMatch(outside, /(?<!\\)\]\(/);
  assert.doesNotMatch(outside, /(?<!\\):\/\//);
  const own = [...markdown.replaceAll(fenced, '').matchAll(/^#+ /gm)].length;
  // The title, six sections, and what is to mend.
  assert.equal(own, 1 + 5 + partsOf(hostile.findings).wrong.length);
  assert.doesNotMatch(markdown, /\p{Cf}|[^\P{Cc}\n]/u);
});

test('findings that say the same are one, those that follow stand with their cause, swarms are counted', () => {
  const one = full.findings[0] ?? assert.fail();
  const unknown = (name: string): Finding => ({ ...one, code: 'x.unknown', state: 'unknown', message: name });
  const parts = partsOf([
    one,
    one,
    { ...one, code: 'dkim.other', follows: one.code },
    { ...one, code: 'dkim.third', record: 'spf', follows: one.code },
    ...['a', 'b', 'c'].map(unknown),
  ]);
  assert.deepEqual(
    parts.wrong.map(({ first, also }) => [first.code, also.length]),
    [
      [one.code, 2],
      ['dkim.third', 0],
    ],
  );
  assert.deepEqual(
    parts.unknown.map(({ first, more }) => [first.message, more]),
    [['a', 2]],
  );
  assert.equal(partsOf(['a', 'b'].map(unknown)).unknown.length, 2);
});

test('the receiver’s word stands beside the signature that it is about', () => {
  const theirs = proofRows(full).map((row) => [row.method, row.theirs]);
  assert.deepEqual(theirs, [
    ['SPF', 'pass'],
    ['SPF', undefined],
    ['DKIM', undefined],
    ['DKIM', 'pass'],
    ['DMARC', 'pass'],
    ['DMARC', 'pass'],
    ['ARC', undefined],
  ]);
});

test('the row of a report is XML whose texts are escaped', () => {
  const lines = reportLines(full.dmarc.report ?? assert.fail());
  assert.equal(lines[0], '<record>');
  assert.ok(lines.includes('        <comment>arc=fail &amp; &lt;odd&gt;</comment>'));
  assert.ok(lines.includes('    <count>1</count>'));
  assert.ok(!lines.some((line) => line.includes('undefined')));
});

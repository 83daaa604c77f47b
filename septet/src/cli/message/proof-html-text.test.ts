import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { html, marked, prose, verbatim } from './proof-html-text.ts';

test('what is put in is text, what was made is markup', () => {
  assert.equal(
    html`<p>${'<b>&"\''} ${html`<i>${1}</i>`}${undefined}${[html`a`, html`b`]}</p>`.markup,
    '<p>&lt;b&gt;&amp;&quot;&#39; <i>1</i>ab</p>',
  );
});

test('no text opens a tag, ends an attribute, or steers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (text, octets) => {
      const span = [{ offset: 1, length: 5 }];
      for (const { markup } of [html`${text}`, verbatim(text), prose(text), marked(text, span, { octets })]) {
        const bare = markup.replaceAll(/<\/?(?:code|mark)>/g, '');
        assert.doesNotMatch(bare, /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        assert.doesNotMatch(bare.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});

test('code stands between backticks that pair', () => {
  assert.equal(prose('set `p=<x>` here').markup, 'set <code>p=&lt;x&gt;</code> here');
  assert.equal(prose('one ` alone').markup, 'one ` alone');
  assert.equal(prose('``').markup, '``');
});

test('marks, also over line ends, beyond the end, and on octets that are one character', () => {
  const plain = { octets: false };
  assert.equal(marked('abc', [{ offset: 1, length: 1 }], plain).markup, 'a<mark>b</mark>c');
  assert.equal(marked('ab\r\n cd\r\n', [{ offset: 1, length: 5 }], plain).markup, 'a<mark>b\n c</mark>d');
  assert.equal(marked('ab', [{ offset: 2, length: 0 }], plain).markup, 'ab<mark> </mark>');
  assert.equal(marked('sch\u00c3\u00b6n', [{ offset: 4, length: 1 }], { octets: true }).markup, 'sch<mark>ö</mark>n');
});

test('of a long text the beginning and what is around the marks is shown', () => {
  const text = `${'a'.repeat(5000)}X${'b'.repeat(5000)}`;
  const { markup } = marked(text, [{ offset: 5000, length: 1 }], { octets: false });
  assert.ok(markup.length < 700);
  assert.match(markup, /^a{240} … a{120}<mark>X<\/mark>b{120} …$/);
  assert.match(marked(text, [], { octets: false }).markup, /^a{600} …$/);
});

test('endless words, texts and piles of accents are cut', () => {
  assert.equal(html`${'w'.repeat(10_000)}`.markup, `${'w'.repeat(253)}…`);
  assert.equal(html`${'two words '.repeat(1000)}`.markup.length, 2001);
  assert.equal(html`${`Z${'\u0301'.repeat(90)}`}`.markup, 'Z\u0301\u0301\u0301');
  assert.equal(verbatim('w'.repeat(5000)).markup.length, 5000, 'what is copied is whole');
});

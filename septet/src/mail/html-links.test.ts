import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHtml } from './html-links.ts';
import { linksInText } from './text-links.ts';

/** `kind href` and the text where there is one. */
const links = (html: string): readonly string[] =>
  readHtml(html).links.map((link) => `${link.kind} ${link.href}${link.text === '' ? '' : ` “${link.text}”`}`);

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['<a href="https://a.example/">Shop</a>', ['link https://a.example/ “Shop”']],
  ["<A HREF='https://a.example/?x=1&amp;y=2'>A &amp;\n <b>B</b></A>", ['link https://a.example/?x=1&y=2 “A & B”']],
  ['<a href=https://a.example/x>x</a>', ['link https://a.example/x “x”']],
  ['<a href=" \n https://a.exa\nmple/ ">x</a>', ['link https://a.example/ “x”']],
  ['<a href="x" href="y">1</a>', ['link x “1”']],
  ['<a>no address</a><a href="">empty</a><a href>none</a>', []],
  ['<a href=x>one<a href=y>two</a> after', ['link x “one”', 'link y “two”']],
  ['<a href=x>one<p>two<br>three</p>four</a>', ['link x “one two three four”']],
  ['<a href=x>co<b>mp</b>any</a>', ['link x “company”']],
  ['<a href=x><img src=i.png alt=logo></a>', ['link x', 'image i.png']],
  ['<a href=x>never closed', ['link x “never closed”']],
  ['<a href=x>y<!-- z --><script>w</script><style>v</style></a>', ['link x “y”']],
  ['<!-- <a href=x>y</a> --><a href=z>w</a>', ['link z “w”']],
  ['<!--[if mso]><a href=x>y</a><![endif]--><![if !mso]><a href=z>w</a><![endif]>', ['link z “w”']],
  ['<script>document.write("<a href=x>y</a>")</script>', []],
  ['<script src=s.js></script>', ['other s.js']],
  ['<template><a href=x>y</a><template></template><img src=z></template><a href=v>w</a>', ['link v “w”']],
  ['<title><a href=x>y</a></title><textarea><a href=x></textarea>', []],
  ['<img src=a.png srcset="b.png 1x, c.png 2x">', ['image a.png', 'image b.png', 'image c.png']],
  ['<td background=a.png style="background: url( \'b.png\' )">', ['image a.png', 'style b.png']],
  [
    '<style>/* url(no) */ @import "a.css"; p { background: URL(b.png) } i{b:url("c.png")}</style>',
    ['style a.css', 'style b.png', 'style c.png'],
  ],
  [
    '<link rel="Stylesheet" href=a.css><link rel=icon href=i.ico><link rel=x href=y>',
    ['style a.css', 'image i.ico', 'other y'],
  ],
  [
    '<form action=f></form><iframe src=i></iframe><video poster=p src=v></video>',
    ['other f', 'other i', 'image p', 'other v'],
  ],
  ['<map><area href=x></map><v:roundrect href=y></v:roundrect>', ['link x', 'link y']],
  ['<a href="mailto:a@b.example">m</a><a href="#top">t</a>', ['link mailto:a@b.example “m”', 'link #top “t”']],
  [
    '<a href=u>1</a><base href="https://a.example/d/"><a href="../v">2</a><a href="https://b.example">3</a><base href=other>',
    ['link https://a.example/d/u “1”', 'link https://a.example/v “2”', 'link https://b.example “3”'],
  ],
  ['<base href="no url"><a href=x>y</a>', ['link x “y”']],
  ['<a href="{{ unsubscribe }}">y</a>', ['link {{ unsubscribe }} “y”']],
  ['<a href=x', []],
  ['<', []],
];
for (const [html, expected] of cases)
  test(`reads ${html}`, () => {
    assert.deepEqual(links(html), expected);
  });

test('says where a link stands and how many images there are', () => {
  const facts = readHtml('<p>x</p> <a href=y>z</a><img><img src=a>');
  assert.deepEqual(
    facts.links.map((link) => link.at),
    [9, 29],
  );
  assert.equal(facts.images, 2);
  assert.equal(facts.base, undefined);
});

test('visible text', () => {
  for (const html of ['<p>x</p>', '&#65;', '<textarea>x</textarea>', '<a href=y>x</a>'])
    assert.equal(readHtml(html).visibleText, true, html);
  for (const html of [
    '',
    '<p> &nbsp;&zwnj;\u034f\u00ad</p>',
    '<title>x</title>',
    '<style>x</style>',
    '<!-- x -->',
    '<img alt=x>',
    '<template>x</template>',
  ])
    assert.equal(readHtml(html).visibleText, false, html);
});

test('the text of a link is cut, as are the links', () => {
  const [link] = readHtml(`<a href=x>${'a  '.repeat(400)}</a>`).links;
  assert.equal(link?.text, 'a '.repeat(150));
  assert.equal(readHtml(`<a href=x>${'&amp;'.repeat(400)}</a>`).links[0]?.text, '&'.repeat(300));
  const many = readHtml('<a href=x>y</a>'.repeat(5001));
  assert.deepEqual([many.links.length, many.cut], [5000, true]);
  assert.equal(readHtml('<a href=x>y</a>'.repeat(5000)).cut, false);
});

test('bombs cost no time', () => {
  for (const part of [
    '<div>',
    '<a href=x>',
    '</x>',
    '<template>',
    '<',
    '<a ',
    '<!--',
    '<a x="',
    '&',
    '&amp',
    '<style>',
    '<a style="url(',
    "<p style='url(\"'>",
    '<b style=/*>',
    '<img srcset="a,">',
    '<base href=x>',
    '<a href=x>&#32;',
    '<title>',
    '</template>',
    '<svg><math>',
  ]) {
    const before = performance.now();
    readHtml(part.repeat(2_000_000 / part.length));
    assert.ok(performance.now() - before < 60_000, `${part} took ${performance.now() - before} ms`);
  }
  const before = performance.now();
  readHtml('<div>'.repeat(1_000_000) + '</div>'.repeat(1_000_000));
  readHtml(`<style>${'url( '.repeat(300_000)}</style>`);
  readHtml(`<style>${'url("'.repeat(300_001)}</style>`);
  readHtml(`<style>url(${' '.repeat(1_000_000)}</style>`);
  readHtml(`<img srcset="${'a, '.repeat(300_000)}">`);
  assert.ok(performance.now() - before < 100_000);
});

test('addresses of a text', () => {
  const found = (text: string): readonly string[] => linksInText(text).links.map((link) => `${link.at} ${link.href}`);
  assert.deepEqual(
    found('See https://a.example/x. Or <HTTP://b.example>, (https://c.example/y_(z)) and xhttps://d.example'),
    ['4 https://a.example/x', '29 HTTP://b.example', '49 https://c.example/y_(z)'],
  );
  assert.deepEqual(found('ftp://a.example http:// https://... mailto:a@b.example'), []);
  assert.deepEqual(found('[a](https://a.example/)!'), ['4 https://a.example/']);
  assert.deepEqual(found('https://täst.example/?q=1&b=2\r\nhttps://[2001:db8::1]/'), [
    '0 https://täst.example/?q=1&b=2',
    '31 https://[2001:db8::1]/',
  ]);
  assert.deepEqual(
    [linksInText('https://a.example '.repeat(5001)).cut, linksInText('https://a.example '.repeat(5000)).cut],
    [true, false],
  );
});

test('texts made to be slow are not', () => {
  const before = performance.now();
  for (const part of ['https://', 'https://a)', ')', '.', 'https://.', 'h', 'https://a(.'])
    linksInText(`https://a.example/${part.repeat(1_000_000 / part.length)}`);
  assert.ok(performance.now() - before < 100_000);
});

test('a link that is put in comes out, whatever stands around it', () => {
  const safe = fc.array(
    fc.constantFrom('<p>', '</p>', 'text', '<b', '>', '&lt;', ' ', '<i x="', '"', '<td>', '<!-- -->'),
  );
  fc.assert(
    fc.property(safe, fc.webUrl({ withQueryParameters: true }), fc.string({ maxLength: 20 }), (before, url, text) => {
      const escape = (value: string): string =>
        value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
      const opened = `${before.join('')}">`;
      const found = readHtml(`${opened}<a href="${escape(url)}">${escape(text)}</a>`).links.at(-1);
      // Where the text in front leaves a quote open, the link is inside an attribute.
      if (opened.split('"').length % 2 === 0 && /="[^"]*$/.test(opened)) return;
      if (found === undefined) {
        assert.match(opened, /=\s*"/);
        return;
      }
      assert.deepEqual([found.href, found.text], [url, text.replaceAll(/\s+/g, ' ').trim()]);
    }),
  );
});

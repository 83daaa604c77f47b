import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { checkHtml } from '../../test/rewrite/check-html.ts';
import { htmlSplices, maxPartLinks, type PartWish } from './rewrite-html.ts';
import { joinSplices } from './splice.ts';

/** Rewrites; every address becomes `[target]`, the pixel `[pixel]`. One character per octet in and out. */
function rewritten(html: string, wish: Partial<PartWish> & { readonly rules?: PartWish['rules'] } = {}): string {
  const octets = Buffer.from(html, 'latin1');
  const rules = { host: dnsName('track.example.com'), listed: new Set<string>(), keepUnsubscribeLinks: false };
  const { splices } = htmlSplices(octets, { rules, charset: 'utf-8', click: (target) => `[${target}]`, ...wish });
  return joinSplices(octets, splices).toString('latin1');
}
const rules = { host: dnsName('track.example.com'), listed: new Set<string>(), keepUnsubscribeLinks: false };

test('links of a and area are rewritten, in every way to write an attribute', () => {
  const cases: readonly (readonly [before: string, after: string])[] = [
    ['<a href="https://x.example/">x</a>', '<a href="[https://x.example/]">x</a>'],
    ["<a href='http://x.example/'>x</a>", "<a href='[http://x.example/]'>x</a>"],
    ['<a href=http://x.example/y>x</a>', '<a href=[http://x.example/y]>x</a>'],
    ['<a href=http://x.example/y/>x</a>', '<a href=[http://x.example/y/]>x</a>'],
    ['<A CLASS=b\n HREF = "HTTP://x.example/"\tid=i>', '<A CLASS=b\n HREF = "[HTTP://x.example/]"\tid=i>'],
    ['<a/href="https://x.example"/>', '<a/href="[https://x.example]"/>'],
    ['<a class="b"href="https://x.example/">', '<a class="b"href="[https://x.example/]">'],
    ['<area shape=rect href="https://x.example/">', '<area shape=rect href="[https://x.example/]">'],
    // The first of two counts.
    [
      '<a href="https://x.example/" href="https://y.example/">',
      '<a href="[https://x.example/]" href="https://y.example/">',
    ],
    // Blanks around an address, and line ends inside, are none of it (WHATWG URL §4.4).
    ['<a href=" https://x.example/\r\n a\tb ">', '<a href="[https://x.example/ ab]">'],
    ['<a title="a > b" href="https://x.example/">', '<a title="a > b" href="[https://x.example/]">'],
    ['<a title=it\'s href="https://x.example/">', '<a title=it\'s href="[https://x.example/]">'],
  ];
  for (const [before, after] of cases) {
    assert.equal(rewritten(before), after);
    checkHtml(Buffer.from(before, 'latin1'), 'utf-8', before);
  }
});

test('entities are decoded as browsers decode them in attributes', () => {
  const cases: readonly (readonly [written: string, target: string])[] = [
    ['https://x.example/?a=1&amp;b=2', 'https://x.example/?a=1&b=2'],
    ['https://x.example/?a=1&b=2', 'https://x.example/?a=1&b=2'],
    // `&copy=` is no entity in an attribute, `&copy;` is.
    ['https://x.example/?a=1&copy=2', 'https://x.example/?a=1&copy=2'],
    ['https://x.example/?a=1&copy;2', 'https://x.example/?a=1©2'],
    ['https://x.example/?a=1&lt', 'https://x.example/?a=1<'],
    ['https://x.example/?a=1&ltx', 'https://x.example/?a=1&ltx'],
    ['&#104;ttps&#x3A;//x.example/&#38;', 'https://x.example/&'],
    ['https://x.example/?&&amp;amp;', 'https://x.example/?&&amp;'],
    ['https://x.example/?q=&quot;a&apos;', 'https://x.example/?q="a\''],
    ['https://x.example/?a&', 'https://x.example/?a&'],
  ];
  for (const [written, target] of cases) {
    const html = `<a href="${written}">`;
    const targets: string[] = [];
    rewritten(html, { click: (found) => String(targets.push(found)) });
    assert.deepEqual(targets, [target], written);
    checkHtml(Buffer.from(html, 'latin1'), 'utf-8', written);
  }
});

test('what is no http(s) link, what is filled in later, and our own addresses stay', () => {
  const stay = [
    'mailto:a@x.example',
    'tel:+4912345',
    '#top',
    '',
    ' ',
    '/shop',
    '//x.example/',
    'ftp://x.example/',
    'javascript:void(0)',
    'data:text/html,x',
    'cid:1@x.example',
    '{{ unsubscribe_url }}',
    'https://x.example/?e={{email}}',
    'https://x.example/?e=%7B%7Bemail%7D%7D',
    '%%unsubscribe%%',
    'https://x.example/%%name%%',
    '*|UNSUB|*',
    'https://x.example/*|LIST:ID|*',
    'https://x.example/?[[name]]',
    'https://x.example/${name}',
    'https://x.example/?n={NAME}',
    'https://x.example/?n={% if a %}b{% endif %}',
    'https://x.example/<%= name %>',
    'https://track.example.com/c/abc',
    'https://TRACK.example.com',
    'http://track.example.com:8080/x',
    'http://localhost/x',
    'http://wiki/x',
    'http://10.1.2.3/x',
    'http://[::1]/x',
    'http://printer.local/',
    'http://2130706433/',
    'https:x.example',
    'https:\\\\x.example\\y',
    'http://',
    'https://x example/',
  ];
  for (const address of stay) {
    const html = `<a href="${address}">x</a>`;
    assert.equal(rewritten(html), html);
    checkHtml(Buffer.from(html, 'latin1'), 'utf-8', address);
  }
  const go = [
    'https://track.example.com.x.example/',
    'https://track.example.co/',
    'https://x.example/?u=https://track.example.com/',
    'https://x.example/100%25%20off',
    'https://x.example/a*b',
    'http://8.8.8.8/',
    'http://[2a00:1450::1]/',
    'http://user:pass@x.example/',
    'https://münchen.example/'.replace('ü', 'u'),
  ];
  for (const address of go) assert.equal(rewritten(`<a href="${address}">`), `<a href="[${address}]">`);
  assert.equal(
    rewritten('<a href="http://wiki/x">', { rules: { ...rules, privateTargets: true } }),
    '<a href="[http://wiki/x]">',
  );
});

test('comments, text elements, templates and unfinished tags stay', () => {
  const link = '<a href="https://x.example/">';
  for (const html of [
    `<!-- ${link} -->`,
    `<!--[if mso]>${link}<![endif]-->`,
    `<!-->--${link.slice(1)}`,
    `<script>${link}</script>`,
    `<SCRIPT type=x>${link}</scripty>${link}</script >`,
    `<style>${link}</style>`,
    `<title>${link}</title>`,
    `<textarea>${link}</textarea>`,
    `<template>${link}<template></template>${link}</template>`,
    `<plaintext>${link}`,
    `<xmp>${link}`,
    '<a href="https://x.example/"',
    '<a href="https://x.example/',
    '<a href=https://x.example/',
    '<ab href="https://x.example/">',
    '<a data-href="https://x.example/" hre="https://x.example/">',
    '</a href="https://x.example/">',
    `<?php ${link.slice(1, -1)}>`,
    '<! href="https://x.example/">',
    '< a href="https://x.example/">',
    '<img src="https://x.example/"><link href="https://x.example/"><form action="https://x.example/">',
  ]) {
    assert.equal(rewritten(html), html);
    checkHtml(Buffer.from(html, 'latin1'), 'utf-8', html);
  }
  // Behind them reading goes on.
  const marked = '<a href="[https://x.example/]">';
  for (const before of [
    '<!-- a -- b --!>',
    '<!-->',
    '<!--->',
    '<!doctype html>',
    '<![endif]>',
    '<script></script>',
    '<template></template>',
    '</template>',
    '<noscript>',
    '</>',
    '< ',
    '<3 ',
    '<?x>',
    '<p title="<a href=\'https://y.example/\'>">',
  ]) {
    assert.equal(rewritten(before + link), before + marked);
    checkHtml(Buffer.from(before + link, 'latin1'), 'utf-8', before);
  }
});

test('<base> makes links of relative addresses; the first one counts, wherever it stands', () => {
  const html =
    '<a href="/a?b=c&amp;d"><a href="#top"><a href="mailto:x@x.example"><base href="https://b.example/x/"><base href="https://c.example/">';
  assert.equal(
    rewritten(html),
    '<a href="[https://b.example/a?b=c&d]"><a href="#top"><a href="mailto:x@x.example"><base href="https://b.example/x/"><base href="https://c.example/">',
  );
  assert.equal(rewritten('<base href="{{base}}"><a href="/a">'), '<base href="{{base}}"><a href="/a">');
  assert.equal(rewritten('<base target=_blank><a href="/a">'), '<base target=_blank><a href="/a">');
  assert.equal(
    rewritten('<base href="https://b.example/"><a href="{{a}}">'),
    '<base href="https://b.example/"><a href="{{a}}">',
  );
});

test('links that List-Unsubscribe names stay, and those that speak of it when asked', () => {
  const html =
    '<a href="https://x.example/u?a&amp;b"><a href="https://x.example/unsubscribe"><a href="https://x.example/opt-out">';
  const listed = new Set(['https://x.example/u?a&b']);
  const all =
    '<a href="[https://x.example/u?a&b]"><a href="[https://x.example/unsubscribe]"><a href="[https://x.example/opt-out]">';
  assert.equal(rewritten(html), all);
  assert.equal(
    rewritten(html, { rules: { ...rules, listed } }),
    all.replace('[https://x.example/u?a&b]', 'https://x.example/u?a&amp;b'),
  );
  assert.equal(rewritten(html, { rules: { ...rules, listed, keepUnsubscribeLinks: true } }), html);
});

test('the pixel stands at the end of the body, once', () => {
  const open = { open: () => 'https://track.example.com/o/x' };
  const placeOf = (html: string): number => {
    const out = rewritten(html, open);
    const at = out.indexOf('<img src="https://track.example.com/o/x"');
    if (at >= 0)
      assert.equal(out.slice(0, at) + out.slice(out.indexOf('>', at) + 1), html, 'and all else is as it was');
    return at;
  };
  assert.equal(placeOf('<body><p>x</p></body></html>'), 14);
  assert.equal(placeOf('<p>x</p></BODY >'), 8);
  assert.equal(placeOf('<p>x</p></html>'), 8);
  assert.equal(placeOf('<p>x</p>\r\n'), 10);
  assert.equal(placeOf('x</body>y</body>z'), 9);
  assert.equal(placeOf('x<!-- </body> -->'), 17);
  assert.equal(placeOf('x<!-- y'), -1, 'a comment that does not end would swallow it');
  assert.equal(placeOf('x<div class="'), -1);
  assert.equal(placeOf('<title>x'), -1);
  assert.equal(placeOf('<template>x'), -1);
  assert.equal(placeOf('<img src="https://track.example.com/o/y"></body>'), -1, 'it has one');
});

test('octets are read in the charset of the part', () => {
  const targets: string[] = [];
  const click = (target: string): string => `[${targets.push(target)}]`;
  rewritten('<a href="https://x.example/\xe9\x80">', { charset: 'windows-1252', click });
  rewritten(Buffer.from('<a href="https://x.example/é€">').toString('latin1'), { click });
  rewritten('<a title="\x83\x5c\x83\x7c" href="https://x.example/\x83\x5c">', { charset: 'shift_jis', click });
  assert.deepEqual(targets, ['https://x.example/é€', 'https://x.example/é€', 'https://x.example/ソ']);
});

test('more links than are rewritten: the rest stays, and is told', () => {
  const octets = Buffer.from('<a href=http://x.example/>'.repeat(maxPartLinks + 5));
  const found = htmlSplices(octets, {
    rules,
    charset: 'utf-8',
    click: () => 'x',
    open: () => 'https://track.example.com/o/x',
  });
  assert.equal(found.links, maxPartLinks);
  assert.equal(found.cut, true);
  assert.equal(found.pixels, 1);
});

test('time is linear, also for what is made to be slow', () => {
  const started = performance.now();
  for (const piece of [
    '<a ',
    '<a href="',
    '<!--',
    '<!-- --',
    '</',
    '<script></',
    '<',
    '<a href=x',
    '<a a=b ',
    '<template>',
    '&amp',
    '<a href=&#',
    '="',
  ])
    rewritten(piece.repeat(200_000), { open: () => 'x' });
  assert.ok(performance.now() - started < 200_000);
});

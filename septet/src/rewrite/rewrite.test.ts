import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  bodyOf,
  codes,
  htmlMail,
  lines,
  link,
  run,
  shown,
  sign,
  top,
  wish,
  writer,
} from '../../test/rewrite/run-rewrite.ts';
import { rewriteMessage } from './rewrite.ts';

test('a message of one HTML part: its link leads over the tracking host, all else is as it was', () => {
  const out = run(htmlMail);
  assert.equal(out.text, htmlMail.replace('https://x.example/', '[click 1 https://x.example/]'));
  assert.deepEqual(out.changed, { links: 1, pixels: 0, unsubscribe: false, signaturesRemoved: 0, signed: false });
  assert.deepEqual(codes(out), ['sign.no_key']);
});

test('where nothing is to be changed the very octets come back, and it is told', () => {
  for (const message of [
    htmlMail.replace('https:', 'mailto:'),
    lines(...top, '', 'plain https://x.example/'),
    lines(...top, 'DKIM-Signature: v=1; d=example.com; s=s; b=x', 'Content-Type: text/html', '', 'no link'),
  ]) {
    const octets = Buffer.from(message);
    const out = rewriteMessage(octets, wish, { writer });
    assert.equal(out.octets, octets);
    assert.deepEqual(codes(out), ['message.unchanged']);
  }
});

test('clicks, opens and text are asked for one by one', () => {
  const mail = lines(
    ...top,
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    '',
    'See (https://x.example/a), or <https://x.example/b>.',
    '--b',
    'Content-Type: text/html',
    '',
    `${link}</body>`,
    '--b--',
  );
  assert.equal(run(mail).text, mail.replace('"https://x.example/"', '"[click 1 https://x.example/]"'));
  const opens = run(mail, { clicks: false, opens: true });
  assert.match(opens.text, /x<\/a><img src="\[open\]" width="1" height="1" alt="" style="[^"]*"><\/body>/);
  assert.deepEqual([opens.changed.links, opens.changed.pixels], [0, 1]);
  const text = run(mail, { text: true }).text;
  assert.match(text, /See \(\[click 1 https:\/\/x\.example\/a\]\), or <\[click 2 https:\/\/x\.example\/b\]>\./);
  assert.match(text, /href="\[click 3 https:\/\/x\.example\/\]"/);
  assert.equal(run(mail, { clicks: false }).text, mail);
});

test('addresses in text in their charset', () => {
  const mail = (charset: string, body: string): string =>
    lines(...top, `Content-Type: text/plain; charset=${charset}`, '', body);
  const at = (charset: string, body: string): string => bodyOf(run(mail(charset, body), { text: true }).text);
  const utf8 = 'Grüße – 😀 https://x.example/ü?a=b, und https://x.example/b.';
  const out = run(mail('utf-8', Buffer.from(utf8).toString('latin1')), { text: true });
  assert.equal(
    bodyOf(shown(Buffer.from(out.octets).toString('utf8'))),
    'Grüße – 😀 [click 1 https://x.example/ü?a=b], und [click 2 https://x.example/b].\r\n',
  );
  assert.equal(at('windows-1252', '\x93https://x.example/\x94'), '\x93[click 1 https://x.example/]\x94\r\n');
  assert.equal(
    at('shift_jis', '\x83\x5c https://x.example/\x83\x5c'),
    '\x83\x5c [click 1 https://x.example/]\x83\x5c\r\n',
  );
  for (const stay of [
    'https://x.example/{{name}}',
    'https://x.example/?${name}',
    'https://x.example/*|NAME|*',
    'https://x.example/<%= name %>',
    'https://x.example/%%name%%',
    'https://x.example/[[name]]',
    'https://track.example.com/c/x',
    'http://',
    'xhttps://x.example/',
  ])
    assert.equal(at('us-ascii', `(${stay})`), `(${stay})\r\n`);
});

test('charsets whose octets cannot be told apart stay, and it is told', () => {
  for (const charset of ['utf-16', 'utf-16le', 'utf-7', 'iso-2022-jp', 'x-nobody-knows', 'utf-32']) {
    const mail = htmlMail.replace('utf-8', charset);
    const out = run(mail);
    assert.equal(out.text, mail, charset);
    assert.deepEqual(codes(out), ['part.charset', 'message.unchanged'], charset);
  }
  for (const charset of ['iso-8859-1', 'Windows-1251', 'koi8-r', 'GB18030', 'euc-jp', 'us-ascii', '""'])
    assert.equal(run(htmlMail.replace('utf-8', charset)).changed.links, 1, charset);
});

test('attachments, files, messages inside, calendars, reports and sealed parts stay', () => {
  const part = (...header: readonly string[]): string => lines('--b', ...header, '', link);
  const mixed = (type: string, ...parts: readonly string[]): string =>
    `${lines(...top, `Content-Type: ${type}; boundary=b`, '')}${parts.join('')}--b--\r\n`;
  const stay = [
    mixed('multipart/mixed', part('Content-Type: text/html', 'Content-Disposition: attachment')),
    mixed('multipart/mixed', part('Content-Type: text/html; name=a.html')),
    mixed('multipart/mixed', part('Content-Type: text/html', 'Content-Disposition: inline; filename=a.html')),
    mixed('multipart/mixed', part('Content-Type: text/calendar'), part('Content-Type: image/svg+xml')),
    mixed('multipart/mixed', lines('--b', 'Content-Type: message/rfc822', '', 'Content-Type: text/html', '', link)),
    mixed('multipart/report', part('Content-Type: text/html')),
    mixed('multipart/related; start="<r>"', part('Content-Type: text/html')),
    lines(...top, 'Content-Type: application/xhtml+xml', '', link),
  ];
  for (const mail of stay) {
    const out = run(mail, { opens: true });
    assert.equal(out.text, mail);
    assert.deepEqual(codes(out), ['message.unchanged'], mail);
  }
  for (const mail of [
    mixed('multipart/signed', part('Content-Type: text/html')),
    mixed('multipart/encrypted', part('Content-Type: text/html')),
    mixed(
      'multipart/mixed',
      lines(
        '--b',
        'Content-Type: multipart/signed; boundary=c',
        '',
        '--c',
        'Content-Type: text/html',
        '',
        link,
        '--c--',
      ),
    ),
    lines(...top, 'Content-Type: application/pkcs7-mime', '', 'x'),
    lines(...top, 'Content-Type: text/html', '', '-----BEGIN PGP SIGNED MESSAGE-----', link),
  ]) {
    const out = run(mail, { opens: true });
    assert.equal(out.text, mail);
    assert.deepEqual(codes(out), ['part.sealed', 'message.unchanged'], mail);
  }
});

test('multipart/related: its root is rewritten, what lies beside it is not', () => {
  const html = (id: string): string => lines('--b', 'Content-Type: text/html', `Content-ID: <${id}>`, '', link);
  const related = (parameters: string): string =>
    `${lines(...top, `Content-Type: multipart/related; boundary=b${parameters}`, '')}${html('one')}${html('two')}--b--\r\n`;
  const first = run(related(''), { opens: true });
  assert.match(first.text, /<one>\r\n\r\n<a href="\[click 1[^]*open[^]*<two>\r\n\r\n<a href="https:/);
  const second = run(related('; start="<two>"'));
  assert.match(second.text, /<one>\r\n\r\n<a href="https:[^]*<two>\r\n\r\n<a href="\[click 1/);
});

test('a message has one pixel, however many parts it has', () => {
  const part = lines('--b', 'Content-Type: text/html', '', 'x');
  const mail = `${lines(...top, 'Content-Type: multipart/mixed; boundary=b', '')}${part}${part}--b--\r\n`;
  const out = run(mail, { opens: true });
  assert.equal(out.changed.pixels, 1);
  assert.equal(out.text.split('[open]').length, 2);
});

test('parts in parts, with a preamble, an epilogue and boundaries that begin alike', () => {
  const mail = lines(
    ...top,
    'Content-Type: multipart/mixed; boundary="b b"',
    '',
    `preamble ${link}`,
    '--b b',
    'Content-Type: multipart/alternative; boundary="b bc"',
    '',
    '--b bc',
    'Content-Type: text/html',
    '',
    `1 ${link}`,
    '--b bcd',
    `2 ${link}`,
    'in a line --b bc',
    `5 ${link}`,
    '--b bc  ',
    'Content-Type: text/html',
    '',
    `3 ${link}`,
    '--b b',
    'Content-Type: text/html',
    '',
    `4 ${link}`,
    '--b b--',
    `epilogue ${link}`,
  );
  const out = run(mail);
  assert.equal(out.changed.links, 5);
  let count = 0;
  assert.equal(
    out.text,
    mail.replaceAll(/(?<=\d <a href=")https:\/\/x\.example\//g, (target) => `[click ${++count} ${target}]`),
  );
});

test('transfer encodings stay: quoted-printable around the change, base64 anew, 8bit as it is', () => {
  const qp = lines(
    ...top,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: Quoted-Printable',
    '',
    '<p>Gr=C3=BC=C3=9Fe =',
    '   soft</p>  ',
    '<a href=3D"https://x.example/?a=3Db&amp;c=',
    '=3Dd">x</a>',
    '=20<b>=c3=a9</b>',
  );
  const out = run(qp);
  const before = qp.split('\r\n');
  const after = Buffer.from(out.octets).toString('latin1').split('\r\n');
  assert.deepEqual(after.slice(0, 8), before.slice(0, 8));
  assert.deepEqual(after.slice(-2), before.slice(-2));
  assert.equal(after[8]?.slice(0, 40), '<a href=3D"https://track.example.com/c/E');
  for (const line of after) assert.ok(line.length <= 76, line);
  assert.equal(
    shown(after.slice(8, -2).join('\n').replaceAll('=\n', '').replaceAll('=3D', '=')),
    '<a href="[click 1 https://x.example/?a=b&c=d]">x</a>',
  );

  const base64 = (text: string): string =>
    lines(
      ...top,
      'Content-Type: text/html',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(text).toString('base64'),
    );
  const encoded = bodyOf(Buffer.from(run(base64(link.repeat(3))).octets).toString('latin1'));
  assert.match(encoded, /^(?:[\w+/]{76}\r\n)+[\w+/]{1,76}={0,2}\r\n$/);
  assert.equal(run(`${base64(link)}A footer that a list put there\r\n`).changed.links, 0);
  assert.deepEqual(codes(run(`${base64(link)}A footer that a list put there\r\n`)), [
    'part.encoding',
    'message.unchanged',
  ]);

  const eight = htmlMail.replace('<p>', '<p>\xc3\xa9');
  assert.ok(run(eight).text.includes('<p>\xc3\xa9<a href="[click 1'));
  assert.ok(!run(htmlMail).octets.some((octet) => octet > 127), '7bit stays 7bit');
});

test('files that end their lines with LF keep to it', () => {
  const mail = htmlMail.replaceAll('\r\n', '\n');
  const out = run(mail, { opens: true, unsubscribe: 'replace' }, sign);
  assert.ok(!out.octets.includes(13));
  assert.match(
    out.text,
    /^DKIM-Signature: [^]*\nFrom: [^]*\nList-Unsubscribe: <\[unsubscribe reader@example\.org\]>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\n<p>/,
  );
});

test('the separator line of a mailbox file stays on top', () => {
  const out = run(`From a@example.com Mon Nov 23 12:00:00 2026\r\n${htmlMail}`, {}, sign);
  assert.match(out.text, /^From a@example\.com Mon Nov 23 12:00:00 2026\r\nDKIM-Signature: v=1;/);
});

test('links that are faulty or too long stay, and are told', () => {
  const long = `https://x.example/${'a'.repeat(1200)}`;
  const body = `<a href="https://x.example:99999/">\r\n<a href="https:x.example">\r\n<a href="${'https://x.example/'.padEnd(700, 'a')}">`;
  const mail = htmlMail.replace(link, body);
  const out = run(mail);
  assert.equal(out.text, mail, 'an address of 700 octets makes a line of more than 998');
  assert.deepEqual(codes(out), ['link.faulty', 'link.too_long', 'sign.no_key']);
  assert.match(out.notes[0]?.text ?? '', /^2 links/);
  const encoded = htmlMail
    .replace('\r\n\r\n', '\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n')
    .replace(`<p>${link}</p>`, `<a href=3D"${long.replaceAll(/.{60}/g, '$&=\r\n')}">`);
  assert.equal(run(encoded).changed.links, 1, 'quoted-printable has room');
});

test('what is no message passes through untouched, and it is told', () => {
  for (const message of [
    '',
    ' From: a@example.com\r\n\r\nx',
    'nothing of a header here\r\n\r\nx',
    'From: a@example.com\r\nContent-Type: text/html\r\n',
    `${'X: y\r\n'.repeat(10_001)}\r\n`,
  ]) {
    const octets = Buffer.from(message);
    const out = rewriteMessage(octets, { ...wish, opens: true, unsubscribe: 'replace' }, { writer, sign });
    assert.equal(out.octets, octets);
    assert.deepEqual(codes(out), ['message.unreadable']);
  }
  const noBoundary = run(lines(...top, 'Content-Type: multipart/mixed', '', '--b', '', link));
  assert.deepEqual(codes(noBoundary), ['part.encoding', 'message.unchanged']);
});

test('no note holds an address of a person or a target', () => {
  const mail = `DKIM-Signature: d=esp.example; b=x\r\nX-Septet-Track: secret@x.example\r\n${htmlMail}`;
  for (const { text } of run(mail, { unsubscribe: 'keep', recipient: '' }).notes)
    assert.doesNotMatch(text, /reader@|x\.example|secret/);
});

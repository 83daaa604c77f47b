import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { expectCodes } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding, Severity } from '../../finding/finding.ts';
import type { Header } from '../../mail/header.ts';
import { mimeReader } from '../../mail/mime-reader.ts';
import type { MimeTree } from '../../mail/mime.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { checkContent, gmailShowsOctets, type ContentInput } from './check.ts';
import { rows } from './findings.ts';

const author = dnsName('example.com');
const own = 'https://track.example.com/c/x';
const link = (href: string, text = 'Read on'): string => `<p>Hello, <a href="${href}">${text}</a></p>`;

function read(text: string): { readonly header: Header; readonly mime: MimeTree } {
  const { header, body } = splitMessage(Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'utf8'));
  const reader = mimeReader(header);
  reader.write(body);
  return { header, mime: reader.end() };
}

const part = (type: string, text: string): string => `Content-Type: ${type}; charset=utf-8\n\n${text}\n`;
const message = (fields: string, ...parts: readonly string[]): string =>
  `From: a@example.com\n${fields}MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n` +
  `${parts.map((one) => `--b\n${one}`).join('')}--b--\n`;
/** Bulk mail with text and HTML. */
const mailing = (html: string, text = `Hello\n${own}`): string =>
  message('List-Id: <n.example.com>\n', part('text/plain', text), part('text/html', html));
/** The same, from a person. */
const letter = (html: string): string => message('', part('text/plain', 'Hello'), part('text/html', html));

interface Scenario extends Partial<Pick<ContentInput, 'author' | 'expected' | 'bulk'>> {
  readonly title: string;
  readonly text: string;
  readonly codes: readonly string[];
  readonly severity?: Severity;
  readonly says?: RegExp;
}

const plan = { domain: author, senders: [], tracking: [dnsName('click.brand.test')], unsubscribe: [] };

const scenarios: readonly Scenario[] = [
  { title: 'all in good order', text: mailing(link(own) + '<img src="https://img.example.com/a.png">'), codes: [] },
  { title: 'a plain message', text: 'From: a@example.com\n\nHello\n', codes: [] },
  { title: 'plain bulk mail', text: `From: a@example.com\nPrecedence: bulk\n\nHello ${own}\n`, codes: [] },
  {
    title: 'no link leads home',
    text: mailing(link('https://other.test/a') + link('https://other.test/b') + link('https://third.test/'), 'Hello'),
    codes: ['message.link.orgdomain'],
    says: /\(3 in all\) leads to example\.com or its sub-domains; the host linked most is other\.test/,
  },
  {
    title: 'one link leads home',
    text: mailing(link('https://other.test/a') + link('https://www.example.com/')),
    codes: [],
  },
  { title: 'links of a letter lead where they like', text: letter(link('https://other.test/a')), codes: [] },
  {
    title: 'a letter that the user calls bulk mail',
    text: letter(link('https://other.test/a')),
    bulk: true,
    codes: ['message.link.orgdomain'],
  },
  {
    title: 'the tracking host of the plan is home',
    text: mailing(link('https://click.brand.test/a'), 'Hello'),
    expected: plan,
    codes: [],
  },
  {
    title: 'the host that all customers of a service share',
    text: mailing(
      link('https://u123.ct.sendgrid.net/ls/click?upn=x') + link('https://u123.ct.sendgrid.net/ls/click?upn=y'),
      'Hello',
    ),
    codes: ['message.link.shared_host'],
    says: /^2 links lead over u123\.ct\.sendgrid\.net, a host that SendGrid shares/,
  },
  {
    title: 'the shared host of another service, in a letter too',
    text: letter(link('https://abc.r.eu-west-1.awstrack.me/L0/x')),
    codes: ['message.link.shared_host'],
  },
  {
    title: 'software on a host of its own is no shared service',
    text: mailing(link('https://track.postal.example.com/x'), 'Hello'),
    codes: [],
  },
  {
    title: 'images from elsewhere only',
    text: mailing(link(own) + '<img src="https://cdn.other.test/a.png">'),
    codes: ['message.image.orgdomain'],
    severity: 'info',
  },
  {
    title: 'images inside the message are nobody else',
    text: mailing(link(own) + '<img src="cid:logo"><img src="data:image/png;base64,AAAA">'),
    codes: [],
  },
  {
    title: 'a text that names another domain',
    text: mailing(link('https://evil.test/login', 'https://www.bank.test/login') + link(own)),
    codes: ['message.link.text_differs'],
    severity: 'warning',
    says: /shows www\.bank\.test and leads to evil\.test\./,
  },
  {
    title: 'the same over the own tracking host is advice',
    text: mailing(link(own, 'www.partner.test')),
    codes: ['message.link.text_differs'],
    severity: 'info',
  },
  {
    title: 'a text that names the own domain, over the own tracking host',
    text: mailing(link(own, 'www.example.com/news')),
    codes: [],
  },
  {
    title: 'a text that only looks like a name',
    text: mailing(link(own, 'report.pdf') + link(own, 'Node.js')),
    codes: [],
  },
  { title: 'words around a name are words', text: mailing(link(own, 'Read on at www.bank.test today')), codes: [] },
  {
    title: 'links and images over http',
    text: mailing(link(own) + link('http://example.com/') + '<img src="http://img.example.com/a.png">'),
    codes: ['message.link.http'],
    says: /^2 links or images/,
  },
  {
    title: 'a letter to the own site over http',
    text: letter(link('http://www.example.com/')),
    codes: ['message.link.http'],
    severity: 'warning',
    says: /^One link or image uses http:/,
  },
  {
    title: 'a letter to the site of somebody else over http',
    text: letter(link('http://other.test/')),
    codes: ['message.link.http'],
    severity: 'info',
  },
  {
    title: 'a shortener',
    text: mailing(link(own) + link('https://bit.ly/3xyz')),
    codes: ['message.link.shortener'],
    says: /One link leads over bit\.ly/,
  },
  { title: 'a name that ends like one', text: mailing(link(own) + link('https://rabbit.ly/3xyz')), codes: [] },
  {
    title: 'a bare address',
    text: mailing(link(own) + link('https://192.0.2.7/a') + link('https://[2001:db8::1]/')),
    codes: ['message.link.address'],
    says: /^2 links lead to the bare IP address 192\.0\.2\.7/,
  },
  {
    title: 'an address written as a number',
    text: mailing(link(own) + link('https://3221225991/a')),
    codes: ['message.link.address'],
  },
  {
    title: 'letters of two scripts in a name',
    text: mailing(link(own) + link('https://pаypal.test/')),
    codes: ['message.link.mixed_script'],
    says: /xn--.*Latin and Cyrillic/,
  },
  {
    title: 'names of one script are as they should be',
    text: mailing(
      link(own) + link('https://müller.test/') + link('https://почта.test/') + link('https://ελλάδα.test/'),
    ),
    codes: [],
  },
  {
    title: 'placeholders that nobody filled',
    text: mailing(
      link(own) + link('{{ unsubscribe_url }}') + link('*|UNSUB|*') + link('[UNSUBSCRIBE]') + link('%%link%%'),
    ),
    codes: ['message.link.broken'],
    says: /^4 links lead nowhere, such as `\{\{ unsubscribe_url \}\}`/,
  },
  {
    title: 'addresses that are none',
    text: mailing(link(own) + link('/relative') + link('www.example.com') + link('#') + link('https://nodots/')),
    codes: ['message.link.broken'],
    says: /^4 links/,
  },
  {
    title: 'links that are no web addresses',
    text: mailing(
      link(own) + link('mailto:a@example.com') + link('tel:+4930123') + link('#top') + link('//example.com/x'),
    ),
    codes: [],
  },
  {
    title: 'HTML alone',
    text: `From: a@example.com\nContent-Type: text/html\n\n${link(own)}\n`,
    codes: ['message.text.missing'],
    says: /no plain-text part/,
  },
  {
    title: 'an empty plain text',
    text: mailing(link(own), '  '),
    codes: ['message.text.missing'],
    says: /nothing in it/,
  },
  {
    title: 'HTML in front of the plain text',
    text: message('', part('text/html', link(own)), part('text/plain', 'Hello')),
    codes: ['message.text.order'],
  },
  {
    title: 'nothing but images',
    text: letter('<a href="https://example.com/"><img src="https://example.com/a.png"></a>&nbsp;<img src="cid:b">'),
    codes: ['message.html.images_only'],
    says: /\(2\)/,
  },
  { title: 'an image and a word', text: letter('<img src="https://example.com/a.png">Hello'), codes: [] },
  {
    title: 'more HTML than Gmail shows',
    text: letter(`<p>Hello</p>${'<p>more and more</p>'.repeat(6000)}`),
    codes: ['message.html.clipped'],
    says: /has 117 KB/,
  },
  { title: 'just as much as Gmail shows', text: letter('a'.repeat(gmailShowsOctets - 2)), codes: [] },
  {
    title: 'the links of an attached message are not those of the message',
    text: message(
      '',
      part('text/plain', 'Hello'),
      `Content-Type: message/rfc822\n\nFrom: x@y.test\n\nhttp://bit.ly/x\n`,
    ),
    codes: [],
  },
];

const seen = new Set<string>();

for (const { title, text, codes, severity, says, ...more } of scenarios) {
  test(title, () => {
    const findings: readonly Finding[] = checkContent({ source: 'mail.eml', author, ...read(text), ...more });
    for (const { code } of findings) seen.add(code);
    expectCodes(findings, codes);
    if (severity !== undefined) assert.equal(findings[0]?.severity, severity);
    if (says !== undefined) assert.match(findings[0]?.message ?? '', says);
  });
}

after(() => assert.deepEqual([...seen].sort(), Object.keys(rows).sort(), 'every row has a scenario'));

test('without an author domain nobody is at home, and nothing is said of it', () => {
  expectCodes(checkContent({ source: 'x', ...read(mailing(link('https://other.test/'), 'Hello')) }), []);
});

test('HTML bombs are judged in bounded time, with few findings', () => {
  const bombs: readonly (readonly [string, string])[] = [
    ['tags nested deep', '<div>'.repeat(400_000)],
    ['a hundred thousand links', '<a href="http://bit.ly/x">www.bank.test</a>'.repeat(100_000)],
    ['as many hosts', Array.from({ length: 30_000 }, (_, i) => `<a href="http://h${i}.test/">x</a>`).join('')],
    [
      'as many hosts of two scripts',
      Array.from({ length: 10_000 }, (_, i) => `<a href="https://pаy${i}.test/">x</a>`).join(''),
    ],
    ['brackets that never close', '<a href="'.repeat(200_000)],
    ['less-than signs', '<'.repeat(2_000_000)],
    ['an address of a megabyte', `<a href="https://${'a.'.repeat(500_000)}test/">x</a>`],
    ['a text of a megabyte', `<a href="https://example.com/">${'www.'.repeat(250_000)}</a>`],
    ['entities', '&nbsp;'.repeat(300_000)],
  ];
  for (const [title, html] of bombs) {
    const { header, mime } = read(mailing(html));
    const started = performance.now();
    const findings = checkContent({ source: 'x', author, header, mime });
    const took = performance.now() - started;
    assert.ok(took < 4000, `${title}: ${Math.round(took)} ms`);
    assert.ok(findings.length < 20, title);
    assert.ok(JSON.stringify(findings).length < 20_000, title);
  }
});

test('any text as HTML is judged without an exception', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<a href="',
      '">',
      '</a>',
      '<img src=',
      ' ',
      'https://',
      'http:',
      'xn--',
      'www.',
      '.',
      '{{',
      '#',
      '[',
      '//',
      '&#0;',
      '%',
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const findings = checkContent({ source: 'x', author, ...read(mailing(pieces.join(''))) });
      for (const { code, message: sentence } of findings) {
        assert.ok(code in rows);
        assert.ok(!/(?<!\{)\{\w+\}(?!\})/.test(sentence.replaceAll(/`[^`]*`/g, '')), sentence);
      }
    }),
    { numRuns: 300 },
  );
});

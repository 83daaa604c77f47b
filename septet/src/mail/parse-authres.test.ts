import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AuthenticationResults, RepairCode } from './authres.ts';
import { maxAuthresCharacters, maxProperties, maxResults, parseAuthenticationResults } from './parse-authres.ts';

function read(text: string, options: { arc?: boolean } = {}): AuthenticationResults {
  const parsed = parseAuthenticationResults(text, options);
  assert.ok(parsed.kind === 'good', `${text}: ${parsed.kind === 'bad' ? parsed.why : ''}`);
  return parsed.value;
}
const short = (value: AuthenticationResults): readonly string[] =>
  value.results.map((result) =>
    [
      `${result.method}=${result.result}`,
      ...(result.reason === undefined ? [] : [`reason=${result.reason}`]),
      ...result.properties.map((p) => `${p.ptype}.${p.property}=${p.value}`),
    ].join(' '),
  );
const codes = (value: AuthenticationResults): readonly RepairCode[] => value.repairs.map((repair) => repair.code);

interface Case {
  readonly title: string;
  readonly text: string;
  readonly id?: string;
  readonly results: readonly string[];
  readonly repairs?: readonly RepairCode[];
  readonly more?: Partial<AuthenticationResults>;
  readonly arc?: true;
}

const cases: readonly Case[] = [
  {
    title: 'none (RFC 8601 appendix B.2)',
    text: 'example.org 1; none',
    id: 'example.org',
    results: [],
    more: { none: true },
  },
  {
    title: 'comments everywhere, method version, reason (RFC 8601 appendix B.7)',
    text: "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
    id: 'foo.example.net',
    results: ['dkim=fail policy.expired=1362471462'],
  },
  {
    title: 'a comment nests, touches and holds semicolons and escapes',
    text: String.raw`mx.example.net;dmarc=pass(p=none; (dis\)=none))header.from=example.com`,
    id: 'mx.example.net',
    results: ['dmarc=pass header.from=example.com'],
  },
  {
    title: 'quoted strings, addresses, `=` and `+` in a local part',
    text: String.raw`mx; spf=pass smtp.mailfrom="a \"b\"; c" smtp.helo="";dkim=pass reason="good; signature" header.i=@example.com; auth=pass smtp.auth=a+b=c@d.example; x=pass smtp.mailfrom="a b"@example.com`,
    id: 'mx',
    results: [
      'spf=pass smtp.mailfrom=a "b"; c smtp.helo=',
      'dkim=pass reason=good; signature header.i=@example.com',
      'auth=pass smtp.auth=a+b=c@d.example',
      'x=pass smtp.mailfrom=a b@example.com',
    ],
  },
  { title: 'another version', text: 'mx 2; spf=pass', id: 'mx', results: ['spf=pass'], more: { version: 2 } },
  {
    title: 'upper case',
    text: 'MX.Example; SPF=Pass Smtp.MailFrom=A@B',
    id: 'MX.Example',
    results: ['spf=pass smtp.mailfrom=A@B'],
  },
  {
    title: 'a blank before the value',
    text: 'mx; spf=pass smtp.mailfrom= a@b smtp.helo=c',
    id: 'mx',
    results: ['spf=pass smtp.mailfrom=a@b smtp.helo=c'],
  },
  {
    title: 'ARC',
    text: 'i=2; mx.microsoft.com 1; spf=pass',
    arc: true,
    id: 'mx.microsoft.com',
    results: ['spf=pass'],
    more: { instance: 2 },
  },
  {
    title: 'ARC without its instance',
    text: 'mx.example; spf=pass',
    arc: true,
    id: 'mx.example',
    results: ['spf=pass'],
    repairs: ['id.missing'],
  },
  {
    title: 'an instance outside ARC',
    text: 'i=1; mx; spf=pass',
    id: 'mx',
    results: ['spf=pass'],
    repairs: ['text.stray'],
    more: { instance: 1 },
  },
  {
    title: 'Microsoft: no authserv-id, glued semicolons, private tokens',
    text: 'spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was verified) header.d=example.com;dmarc=pass action=none header.from=example.com;compauth=pass reason=100',
    results: [
      'spf=pass smtp.mailfrom=example.com',
      'dkim=pass header.d=example.com',
      'dmarc=pass .action=none header.from=example.com',
      'compauth=pass reason=100',
    ],
    repairs: ['id.missing', 'property.no_ptype'],
  },
  {
    title: 'the sample of the seed: no semicolons',
    text: 'mx.google.com; dkim=pass header.d=yourcompany.com spf=pass smtp.mailfrom=yourcompany.com dmarc=pass header.from=yourcompany.com',
    id: 'mx.google.com',
    results: [
      'dkim=pass header.d=yourcompany.com',
      'spf=pass smtp.mailfrom=yourcompany.com',
      'dmarc=pass header.from=yourcompany.com',
    ],
    repairs: ['semicolon.missing', 'semicolon.missing'],
  },
  {
    title: 'no semicolon after the name',
    text: 'mx.google.com spf=pass',
    id: 'mx.google.com',
    results: ['spf=pass'],
    repairs: ['semicolon.missing'],
  },
  {
    title: 'semicolons too many',
    text: 'mx;; spf=pass; ;dkim=none;',
    id: 'mx',
    results: ['spf=pass', 'dkim=none'],
    repairs: ['semicolon.extra', 'semicolon.extra', 'semicolon.extra'],
  },
  {
    title: 'no name, but its semicolon',
    text: '; spf=pass',
    results: ['spf=pass'],
    repairs: ['id.missing', 'semicolon.extra'],
  },
  {
    title: 'a name with a slash',
    text: 'mx/1@x; spf=pass',
    id: 'mx/1@x',
    results: ['spf=pass'],
    repairs: ['id.character'],
  },
  {
    title: 'no number for a version',
    text: 'mx v1; spf=pass',
    id: 'mx',
    results: ['spf=pass'],
    repairs: ['version.invalid'],
  },
  {
    title: 'an empty result is none',
    text: 'mx; spf= smtp.mailfrom=a@b; dkim=; dmarc=pass',
    id: 'mx',
    results: ['dmarc=pass'],
    repairs: ['result.empty', 'result.empty'],
  },
  {
    title: 'a faulty result',
    text: 'mx; spf="pass"; dkim=pass, header.d=a',
    id: 'mx',
    results: ['spf=pass', 'dkim=pass header.d=a'],
    repairs: ['result.character', 'result.character'],
  },
  { title: 'two equals', text: 'mx; spf==pass', id: 'mx', results: ['spf=pass'], repairs: ['method.duplicate_equals'] },
  {
    title: 'no value',
    text: 'mx; spf=pass smtp.helo= smtp.mailfrom=a@b header.x=',
    id: 'mx',
    results: ['spf=pass smtp.helo= smtp.mailfrom=a@b header.x='],
    repairs: ['property.no_value', 'property.no_value'],
  },
  {
    title: 'values that need quotes',
    text: 'mx; dkim=pass header.b=a/b= header.b=????',
    id: 'mx',
    results: ['dkim=pass header.b=a/b= header.b=????'],
    repairs: ['property.character', 'property.character'],
  },
  {
    title: 'the reason behind a property',
    text: 'mx; dkim=fail header.d=a reason="no key"',
    id: 'mx',
    results: ['dkim=fail reason=no key header.d=a'],
    repairs: ['reason.position'],
  },
  {
    title: 'an open comment ends at the semicolon',
    text: 'mx; dkim=pass (good; spf=pass',
    id: 'mx',
    results: ['dkim=pass', 'spf=pass'],
    repairs: ['comment.unclosed'],
  },
  {
    title: 'an open quotation',
    text: 'mx; dkim=pass header.d="a; spf=pass',
    id: 'mx',
    results: ['dkim=pass header.d=a', 'spf=pass'],
    repairs: ['quote.unclosed'],
  },
  {
    title: 'stray words',
    text: 'mx; hello; dkim=pass what header.d=a; smtp.remote-ip=192.0.2.1; none',
    id: 'mx',
    results: ['dkim=pass header.d=a'],
    repairs: ['text.stray', 'text.stray', 'text.stray', 'text.stray'],
  },
  {
    title: 'a property that looks like a method',
    text: 'mx; dmarc=pass auth=example.com x-tag=1',
    id: 'mx',
    results: ['dmarc=pass .auth=example.com .x-tag=1'],
    repairs: ['property.no_ptype', 'property.no_ptype'],
  },
];

for (const { title, text, id, results, repairs = [], more = {}, arc } of cases) {
  test(`authres: ${title}`, () => {
    const value = read(text, arc ? { arc } : {});
    assert.equal(value.authservId, id);
    assert.deepEqual(short(value), results);
    assert.deepEqual(codes(value), repairs);
    for (const [key, wanted] of Object.entries(more))
      assert.deepEqual(value[key as keyof AuthenticationResults], wanted);
  });
}

test('authres: comments stand with their result, nested ones whole; spans point at the text', () => {
  const text = String.raw`mx (id); dkim=pass (2048-bit (rsa) key\)) header.d=a (after); spf (x) =none`;
  const value = read(text);
  assert.deepEqual(
    value.results.map((result) => result.comments),
    [['2048-bit (rsa) key)', 'after'], ['x']],
  );
  assert.deepEqual(
    value.results.map(({ at }) => text.slice(at.offset, at.offset + at.length)),
    [String.raw`dkim=pass (2048-bit (rsa) key\)) header.d=a`, 'spf (x) =none'],
  );
  const glued = 'mx; dkim=pass spf=fail';
  assert.equal(read(glued).repairs[0]?.offset, glued.indexOf('spf'));
});

test('authres: what holds no result is bad, with a sentence', () => {
  for (const text of [
    '',
    '  (only a comment)',
    'header field that the receiving machine added after',
    'mx.example.com',
    'mx;',
  ])
    assert.equal(parseAuthenticationResults(text).kind, 'bad', text);
});

test('authres: 10,000 results, properties and repairs are bounded and told', () => {
  const many = read(`mx${'; dkim=pass'.repeat(10_000)}`);
  assert.equal(many.results.length, maxResults);
  assert.deepEqual(codes(many), ['limit.results']);
  const wide = read(`mx; dkim=pass${' a.b=c'.repeat(1000)}`);
  assert.equal(wide.results[0]?.properties.length, maxProperties);
  assert.deepEqual(codes(wide), ['limit.results']);
  const long = read(`mx; dkim=pass header.d=${'a'.repeat(1_000_000)}`);
  assert.deepEqual(codes(long), ['limit.results']);
  assert.equal(long.repairs[0]?.offset, maxAuthresCharacters);
});

test('authres: hostile megabytes take no more than linear time', () => {
  const started = performance.now();
  for (const piece of [
    '(',
    '(;',
    '"',
    '\\"',
    '" \\" ',
    ';',
    '=',
    'a=',
    'a.',
    'a /',
    'x-a=pass ',
    'spf=(',
    '.',
    '((()',
    'i=1;',
    'a="',
    ') (',
  ])
    for (const start of ['', 'mx; dkim=pass ', 'mx; a.b="']) {
      parseAuthenticationResults(start + piece.repeat(Math.ceil(1_000_000 / piece.length)));
    }
  const milliseconds = performance.now() - started;
  assert.ok(milliseconds < 5000, `${milliseconds} ms for 51 MB`);
});

test('authres: never throws, and spans stay inside', () => {
  const pieces = [
    'mx.example.net',
    'dkim=pass',
    'spf',
    '=',
    ';',
    ' ',
    '(',
    ')',
    '"',
    '\\',
    'header.d=',
    '.',
    '/',
    '1',
    'i=1;',
    'none',
    'reason=',
    'é',
    '\0',
    '\r\n ',
    'x-a=fail',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 30 }),
      fc.boolean(),
      (parts, arc) => {
        const text = parts.join('');
        const parsed = parseAuthenticationResults(text, { arc });
        if (parsed.kind === 'bad') return;
        for (const span of [...parsed.value.repairs, ...parsed.value.results.map((result) => result.at)])
          assert.ok(span.offset >= 0 && span.length >= 0 && span.offset + span.length <= text.length, text);
      },
    ),
    { numRuns: 2000 },
  );
});

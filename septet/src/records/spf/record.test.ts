import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../../test/shared-data.ts';
import { parseAddress as parseOctets, formatAddress as formatOctets } from '../../dns/address.ts';
import { dottedForm, formatAddress, formatIp4, formatIp6, parseAddress, parseIp4, parseIp6 } from './address.ts';
import { format, isSpfText, parse } from './record.ts';
import type { SpfRecord } from './record.ts';
import { foreignIn, repair } from './repair.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const host = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'example', 'xn--p1ai'))
  .map(([left, top]) => `${left.join('.')}.${top}`);
const macro = fc.constantFrom('%{i}', '%{ir}', '%{d2}', '%{l1r-}', '%{v}', '%{H}', '%%', '%_', '%-');
const spec = fc.oneof(
  host,
  fc.tuple(macro, host).map(([left, right]) => `${left}.${right}`),
  macro,
);
const sign = fc.constantFrom('', '+', '-', '~', '?');
const ip4 = fc.integer({ min: 0, max: 0xffffffff }).map((word) => formatIp4(word | 0));
const ip6 = fc
  .tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer())
  .map(([a, b, c, d]) => formatIp6(a, b, c, d));
const prefix = (most: number, slashes: string) =>
  fc.oneof(
    fc.constant(''),
    fc.integer({ min: 0, max: most }).map((bits) => `${slashes}${bits}`),
  );
const mechanism = fc.oneof(
  fc.constant('all'),
  fc.tuple(fc.constantFrom('include:', 'exists:', 'ptr:'), spec).map((parts) => parts.join('')),
  fc.constant('ptr'),
  fc
    .tuple(
      fc.constantFrom('a', 'mx'),
      fc.oneof(
        fc.constant(''),
        spec.map((name) => `:${name}`),
      ),
      prefix(32, '/'),
      prefix(128, '//'),
    )
    .map((parts) => parts.join('')),
  fc.tuple(fc.constant('ip4:'), ip4, prefix(32, '/')).map((parts) => parts.join('')),
  fc.tuple(fc.constant('ip6:'), ip6, prefix(128, '/')).map((parts) => parts.join('')),
);
const terms = fc.tuple(
  fc.array(
    fc.tuple(sign, mechanism).map((parts) => parts.join('')),
    { maxLength: 12 },
  ),
  fc.option(
    spec.map((name) => `redirect=${name}`),
    { nil: '' },
  ),
  fc.option(fc.constant('x-note=a%_b'), { nil: '' }),
);
const texts = terms.map(([list, redirect, note]) =>
  ['v=spf1', ...list, redirect, note].filter((word) => word !== '').join(' '),
);

function good(text: string): SpfRecord {
  const parsed = parse(text);
  assert.equal(parsed.kind, 'good', `${text} ${JSON.stringify(parsed)}`);
  if (parsed.kind !== 'good') throw new TypeError('unreachable');
  return parsed.value;
}

test('what the grammar allows is read, and written as it was', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const value = good(text);
      assert.equal(format(value), text);
      assert.deepEqual(good(format(value)), value);
      for (const term of value.terms)
        assert.equal(text.slice(term.at.offset, term.at.offset + term.at.length), term.text);
    }),
  );
});

test('blanks between terms do not change the terms', () => {
  const bare = (text: string) => good(text).terms.map(({ text }) => text);
  assert.deepEqual(bare('v=spf1  mx   -all  '), bare('v=spf1 mx -all'));
});

test('the version decides what is an SPF record', () => {
  for (const text of ['v=spf1', 'v=spf1 ', 'V=SPF1 -all']) assert.ok(isSpfText(text), text);
  for (const text of ['', 'v=spf', 'v=spf10', 'v=spf1\tmx', ' v=spf1 mx', 'v=spf1;']) {
    assert.equal(isSpfText(text), false, text);
    assert.equal(parse(text).kind, 'other', text);
  }
});

test('values: addresses, prefixes and qualifiers', () => {
  const [a, six, mx] = good('v=spf1 ~ip4:192.0.2.129/25 ip6:2001:db8::1/64 -mx:%{d2}/24//64').terms;
  assert.ok(a?.kind === 'ip4' && a.qualifier === '~' && a.address >>> 0 === 0xc0000281 && a.prefix === 25);
  assert.ok(six?.kind === 'ip6' && six.prefix === 64 && six.address[0] === 0x20010db8 && six.address[3] === 1);
  assert.ok(
    mx?.kind === 'mx' &&
      mx.prefix4 === 24 &&
      mx.prefix6 === 64 &&
      mx.domain?.dynamic === true &&
      mx.domain.name === null,
  );
});

test('every broken word has its own problem, with its place', () => {
  const text = 'v=spf1 moo ip4:1.2.3 a:museum %{d} -all';
  const parsed = parse(text);
  assert.ok(parsed.kind === 'bad');
  assert.deepEqual(
    parsed.problems.map(({ code, offset, length }) => [code, text.slice(offset, offset + length)]),
    [
      ['spf.syntax.unknown_mechanism', 'moo'],
      ['spf.ip4.invalid', '1.2.3'],
      ['spf.syntax.domain_tld', 'museum'],
      ['spf.syntax.unknown_mechanism', '%{d}'],
    ],
  );
});

test('IPv4 and IPv6 text agree with the octet parser of dns/', () => {
  const parts = fc.array(fc.constantFrom('0', '1', 'ff', 'abcd', ':', '::', '.', '1.2.3.4', '256', '01', 'g'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        ip4,
        ip6,
        parts.map((list) => list.join('')),
      ),
      (text) => {
        const octets = parseOctets(text);
        assert.equal(
          text.includes(':') ? parseIp6(text) !== undefined : parseIp4(text) >= 0,
          octets !== undefined,
          text,
        );
        const address = parseAddress(text);
        if (address && octets && !formatOctets(octets).startsWith('::ffff:'))
          assert.equal(formatAddress(address), formatOctets(octets));
      },
    ),
    { numRuns: 2000 },
  );
});

test('IPv4-mapped addresses are IPv4, and the form for macros', () => {
  const mapped = parseAddress('::ffff:192.0.2.1');
  assert.equal(mapped?.family, 4);
  assert.equal(mapped && dottedForm(mapped), '192.0.2.1');
  const six = parseAddress('2001:db8::cb01');
  assert.equal(six && dottedForm(six), '2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1');
});

test('tokens of others are left out of a repaired record, and named', () => {
  const text = 'v=spf1 a mx ip4:177.234.150.110 ~allapple-domain-verification=oUMUbgoogle-site-verification=VIz1k';
  assert.equal(repair(text), 'v=spf1 a mx ip4:177.234.150.110 ~all');
  assert.deepEqual(foreignIn(text), ['apple-domain-verification=oUMUbgoogle-site-verification=VIz1k']);
  assert.equal(repair('v=spf1 a, exp=why.example MS=ms123 -all'), 'v=spf1 a exp=why.example -all');
  assert.deepEqual(foreignIn('v=spf1 ip4=192.0.2.1, redirect:x.example'), []);
});

test('quotation marks between words stood for the blank there', () => {
  assert.equal(repair('v=spf1""include:_spf.example.com""-all'), 'v=spf1 include:_spf.example.com -all');
  assert.equal(
    repair('v=spf1 ip4:192.0.2.1 -all"include:spf.example.com -all'),
    'v=spf1 ip4:192.0.2.1 include:spf.example.com -all',
  );
  assert.equal(repair('"v=spf1 include:"spf.example.com" -all"'), 'v=spf1 include:spf.example.com -all');
});

test('mutated real records never throw, and repairs are free of problems', (t) => {
  const file = sharedData(t, 'wild/root.zone');
  if (file === undefined) return;
  const records =
    readFileSync(file, 'latin1')
      .match(/v=spf1[^"]*/g)
      ?.slice(0, 4000) ?? [];
  const noise = [
    '%',
    '%{',
    ':',
    '=',
    '/',
    ' ',
    '-',
    '~',
    ',',
    ';',
    '\u0000',
    '\u00ff',
    '//',
    'include:',
    'all',
    '..',
    'ip4:',
  ];
  let seed = 7;
  const next = (bound: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % bound;
  for (const record of records) {
    const at = next(record.length);
    const text = record.slice(0, at) + (noise[next(noise.length)] ?? '') + record.slice(at + next(3));
    const parsed = parse(text);
    if (parsed.kind === 'bad') assert.ok(parsed.problems.length > 0, text);
    if (parsed.kind !== 'other') {
      for (const { offset, length } of parsed.problems)
        assert.ok(offset >= 0 && length > 0 && offset + length <= text.length, `${text} ${offset}+${length}`);
    }
    const mended = repair(text);
    if (mended !== undefined) assert.deepEqual(parse(mended).kind, 'good', mended);
  }
});

test('parsing is linear: a huge record takes no time', () => {
  const from = performance.now();
  for (const piece of ['ip4:', 'a:b,', '%{', 'include:', 'x-', '/', '~all']) {
    const text = `v=spf1 ${piece.repeat(Math.floor(60_000 / piece.length))}`;
    parse(text);
    repair(text);
  }
  parse(`v=spf1 ${'bad '.repeat(16_000)}`);
  assert.ok(performance.now() - from < 40_000, `${performance.now() - from} ms`);
});

test('a mended record never lets everybody pass', () => {
  assert.equal(repair('v=spf1 ip4=192.0.2.1 +all'), 'v=spf1 ip4:192.0.2.1 ~all');
  assert.equal(repair('v=spf1; all ip4:192.0.2.1;'), 'v=spf1 ip4:192.0.2.1 ~all');
});

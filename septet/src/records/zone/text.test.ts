import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../../test/shared-data.ts';
import { dnsName, root } from '../../dns/name.ts';
import { readZone } from '../../dns/zone-read.ts';
import { kindOfName } from './places.ts';
import { setDamage } from './pieces.ts';
import { versionOf, type Versioned } from './kinds.ts';
import { textDamage, type TextDamage } from './text.ts';

const domain = dnsName('shop.nl');
const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function damage(kind: Versioned, ...strings: readonly string[]): TextDamage | undefined {
  return textDamage({ strings: strings.map(octets) }, { expect: kind, domain });
}

const key = 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0Z3VS5JJcds3xfn';

const sound: readonly (readonly [kind: Versioned, ...strings: readonly string[]])[] = [
  ['spf', 'v=spf1 -all'],
  ['spf', 'v=spf1 include:_spf.google.com ~all '],
  ['spf', 'V=SPF1 mx -all'],
  ['spf', 'v=spf1 exists:%{ir}.%{v}._spf.%{d} -all'],
  ['spf', 'v=spf1 ip4:8.8.', '8.8 -all'],
  ['spf', 'v=spf1 include:a.nl ', 'include:b.nl -all'],
  ['spf', 'v=spf1 ip6:2a02:', 'a:1:2::/64 -all'],
  ['spf', 'v=spf1 a:smx01.yourdomainprovider.net -all'],
  ['spf', 'google-site-verification=abc"def'],
  ['dmarc', 'v=DMARC1; p=none; rua=mailto:d@shop.nl; '],
  ['dmarc', 'v=DMARC1; p=none;', ' rua=mailto:d@shop.nl'],
  ['dkim', `v=DKIM1; k=rsa; p=${key}`],
  ['dkim', ` k=rsa; p=${key} `],
  ['dkim', `k=rsa; p=${key}`, ` ${key}`],
  ['dkim', `v=DKIM1; n=the "old" key; p=${key}`],
  ['dkim', 'v=DKIM1; p='],
  ['mtasts', 'v=STSv1; id=20260508T120000; '],
  ['tlsrpt', 'v=TLSRPTv1; rua=mailto:t@shop.nl'],
  ['bimi', 'v=BIMI1; l=https://shop.nl/logo.svg; a='],
  ['bimi', 'v=BIMI1;'],
];

for (const [kind, ...strings] of sound) {
  test(`no damage: ${kind} ${strings.join('|')}`, () => assert.equal(damage(kind, ...strings), undefined));
}

const broken: readonly {
  readonly kind: Versioned;
  readonly strings: readonly string[];
  readonly codes: readonly string[];
  readonly cleaned?: string;
}[] = [
  {
    kind: 'spf',
    strings: ['v=spf1 include:a.nl', 'ip4:8.8.8.8 -all'],
    codes: ['joint_space'],
    cleaned: 'v=spf1 include:a.nl ip4:8.8.8.8 -all',
  },
  {
    kind: 'spf',
    strings: ['v=spf1 include:a.nl', '-all'],
    codes: ['joint_space'],
    cleaned: 'v=spf1 include:a.nl -all',
  },
  {
    kind: 'spf',
    strings: ['v=spf1 include:a', ' .nl -all'],
    codes: ['joint_space'],
    cleaned: 'v=spf1 include:a.nl -all',
  },
  {
    kind: 'dmarc',
    strings: ['v=DMARC1; p=none; rua=mailto:d@sh', ' op.nl'],
    codes: ['joint_space'],
    cleaned: 'v=DMARC1; p=none; rua=mailto:d@shop.nl',
  },
  { kind: 'spf', strings: ['"v=spf1 -all"'], codes: ['literal_quotes', 'literal_quotes'], cleaned: 'v=spf1 -all' },
  {
    kind: 'dmarc',
    strings: ["'v=DMARC1; p=none'"],
    codes: ['literal_quotes', 'literal_quotes'],
    cleaned: 'v=DMARC1; p=none',
  },
  {
    kind: 'dkim',
    strings: [`v=DKIM1; p=${key}" "${key}`],
    codes: ['literal_quotes'],
    cleaned: `v=DKIM1; p=${key}${key}`,
  },
  {
    kind: 'spf',
    strings: ['v=spf1 include:a.nl –all'],
    codes: ['smart_punctuation'],
    cleaned: 'v=spf1 include:a.nl -all',
  },
  {
    kind: 'spf',
    strings: ['v=spf1\u00a0mx\u200b -all'],
    codes: ['smart_punctuation', 'smart_punctuation'],
    cleaned: 'v=spf1 mx -all',
  },
  { kind: 'dmarc', strings: ['\ufeffv=DMARC1; p=none'], codes: ['smart_punctuation'], cleaned: 'v=DMARC1; p=none' },
  {
    kind: 'dmarc',
    strings: ['“v=DMARC1; p=none”'],
    codes: ['smart_punctuation', 'smart_punctuation'],
    cleaned: 'v=DMARC1; p=none',
  },
  {
    kind: 'dmarc',
    strings: ['v=DMARC1\\; p=none\\;'],
    codes: ['backslash_visible', 'backslash_visible'],
    cleaned: 'v=DMARC1; p=none;',
  },
  {
    kind: 'dmarc',
    strings: ['\\"v=DMARC1; p=none\\"'],
    codes: ['backslash_visible', 'backslash_visible'],
    cleaned: 'v=DMARC1; p=none',
  },
  { kind: 'dmarc', strings: ['v=DMARC1'], codes: ['semicolon_truncated'] },
  { kind: 'dkim', strings: ['k=rsa'], codes: ['semicolon_truncated'] },
  {
    kind: 'dmarc',
    strings: ['_dmarc 3600 IN TXT v=DMARC1; p=none'],
    codes: ['zonefile_pasted'],
    cleaned: 'v=DMARC1; p=none',
  },
  { kind: 'spf', strings: ['shop.nl. v=spf1 -all'], codes: ['zonefile_pasted'], cleaned: 'v=spf1 -all' },
  { kind: 'mtasts', strings: ['Value: v=STSv1; id=1'], codes: ['zonefile_pasted'], cleaned: 'v=STSv1; id=1' },
  {
    kind: 'dkim',
    strings: [`s1._domainkey IN TXT ( "v=DKIM1; k=rsa; " "p=${key}" ) ; ----- DKIM key s1 for shop.nl`],
    codes: ['zonefile_pasted', 'literal_quotes', 'literal_quotes', 'zonefile_pasted'],
    cleaned: `v=DKIM1; k=rsa; p=${key}`,
  },
  {
    kind: 'dmarc',
    strings: ['v=DMARC1; p=none; rua=&quot;mailto:d@shop.nl&quot;'],
    codes: ['html_entity', 'html_entity'],
    cleaned: 'v=DMARC1; p=none; rua=mailto:d@shop.nl',
  },
  { kind: 'spf', strings: ['v=spf1 mx\n-all'], codes: ['line_break'], cleaned: 'v=spf1 mx -all' },
  { kind: 'spf', strings: ['v=spf1 ip4:8.8.\n8.8 -all'], codes: ['line_break'], cleaned: 'v=spf1 ip4:8.8.8.8 -all' },
  { kind: 'dkim', strings: [`v=DKIM1; p=${key}\r\n${key}`], codes: ['line_break'], cleaned: `v=DKIM1; p=${key}${key}` },
  { kind: 'spf', strings: [' v=spf1 -all'], codes: ['edge_space'], cleaned: 'v=spf1 -all' },
  { kind: 'mtasts', strings: ['v=STSv1; id=1 '], codes: ['edge_space'], cleaned: 'v=STSv1; id=1' },
  { kind: 'dmarc', strings: ['v=DMARC1; p=none; rua=mailto:d@yourcompany.com'], codes: ['placeholder'] },
  { kind: 'spf', strings: ['v=spf1 ip4:203.0.113.7 include:example.com -all'], codes: ['placeholder', 'placeholder'] },
  { kind: 'dkim', strings: ['v=DKIM1; k=rsa; p=MIGfMA0G...'], codes: ['placeholder'] },
  { kind: 'dkim', strings: ['v=DKIM1; k=rsa; p=MIGfMA0G…'], codes: ['placeholder'] },
  { kind: 'dkim', strings: ['v=DKIM1; k=rsa; p=<public key>'], codes: ['placeholder'] },
  { kind: 'bimi', strings: ['v=BIMI1; l=https://{domain}/logo.svg'], codes: ['placeholder'] },
  { kind: 'dkim', strings: [`v=DKIM1; n=clé; p=${key}`], codes: ['non_ascii'] },
  { kind: 'spf', strings: [`v=spf1 ${'ip4:8.8.8.8 '.repeat(25)}-all`], codes: ['chunk_over_255'] },
];

for (const { kind, strings, codes, cleaned } of broken) {
  test(`damage: ${kind} ${strings.join('|').slice(0, 80)}`, () => {
    const found = damage(kind, ...strings);
    assert.deepEqual(
      found?.problems.map(({ code }) => code.replace(/^dns\.(?:txt\.)?/, '')),
      codes,
    );
    assert.equal(found?.cleaned, cleaned);
  });
}

test('the span of a problem covers the octets that are wrong', () => {
  const found = damage('spf', 'v=spf1 include:a.nl –all');
  const [problem] = found?.problems ?? [];
  assert.equal(found?.text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0)), octets('–'));
  assert.deepEqual(problem?.args, { character: 'U+2013' });
});

test('an internationalised domain in Unicode becomes its ASCII form', () => {
  const own = dnsName('xn--mller-kva.de');
  const txt = { strings: [octets('v=DMARC1; p=none; rua=mailto:d@müller.de')] };
  const found = textDamage(txt, { expect: 'dmarc', domain: own });
  assert.deepEqual(
    found?.problems.map(({ code }) => code),
    ['dns.idn.mixed_form'],
  );
  assert.equal(found?.cleaned, 'v=DMARC1; p=none; rua=mailto:d@xn--mller-kva.de');
});

test('sample values are in their place under a documentation domain', () => {
  const txt = { strings: ['v=spf1 ip4:192.0.2.1 include:_spf.example.com -all'] };
  assert.equal(textDamage(txt, { expect: 'spf', domain: dnsName('example.com') }), undefined);
});

test('the kind is told from the text where the name does not tell it', () => {
  const at = (text: string) => textDamage({ strings: [text] }, { expect: 'any', domain })?.kind;
  assert.equal(at('"v=spf1 -all"'), 'spf');
  assert.equal(at('"v=DKIM1; p=abc"'), 'dkim');
  assert.equal(at('"some token"'), undefined);
  assert.equal(at('v=DMARC1'), undefined, 'authorises reports, RFC 9990 §4');
});

test('a set: pieces and twins', () => {
  const set = (kind: Versioned, ...texts: readonly string[]) =>
    setDamage(
      texts.map((text) => ({ strings: [text] })),
      kind,
    ).map(({ code, cleaned }) => [code.slice(8), cleaned]);
  assert.deepEqual(set('spf', 'v=spf1 include:a.nl', 'include:b.nl -all'), [
    ['split_across_records', 'v=spf1 include:a.nl include:b.nl -all'],
  ]);
  assert.deepEqual(set('dkim', `v=DKIM1; p=${key}`, key), [['split_across_records', `v=DKIM1; p=${key}${key}`]]);
  assert.deepEqual(set('dmarc', 'v=DMARC1; p=none;', 'rua=mailto:d@shop.nl', 'ruf=mailto:d@shop.nl'), [
    ['split_across_records', undefined],
  ]);
  assert.deepEqual(set('spf', 'v=spf1 -all', 'v=spf1 -all'), [['duplicate_identical', undefined]]);
  assert.deepEqual(set('spf', 'v=spf1 -all', 'MS=ms123', 'abcdef0123456789'), []);
  assert.deepEqual(set('dkim', `v=DKIM1; p=${key}`, 'some note'), []);
});

test('never throws, stays inside the text, and a cleaned text is clean', () => {
  const piece = fc.oneof(
    fc.constantFrom('v=spf1 ', 'v=DKIM1; p=', '"', "'", '\\;', '&quot;', '\n', '\t', ' ', '(', ')', ' IN TXT ', '-all'),
    fc.constantFrom('include:a.nl', 'ip4:8.8.8.8', '–', '\u00a0', '…', '{x}', '<y>', 'é', ';', 'MIIB'),
    fc.string({ maxLength: 6, unit: 'binary' }),
  );
  const strings = fc.array(
    fc.array(piece, { maxLength: 8 }).map((parts) => octets(parts.join(''))),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(
      strings,
      fc.constantFrom<Versioned>('spf', 'dkim', 'dmarc', 'mtasts', 'tlsrpt', 'bimi'),
      (parts, kind) => {
        const found = textDamage({ strings: parts }, { expect: kind, domain });
        if (!found) return;
        for (const { offset, length } of found.problems) assert.ok(offset >= 0 && offset + length <= found.text.length);
        if (found.cleaned === undefined || found.cleaned.length > 255) return;
        assert.equal(textDamage({ strings: [found.cleaned] }, { expect: kind, domain }), undefined, found.cleaned);
      },
    ),
    { numRuns: 1000 },
  );
});

test('wrapping any sound record in quotes is found and undone', () => {
  const kinds = fc.constantFrom<Versioned>('dmarc', 'mtasts', 'tlsrpt', 'bimi');
  fc.assert(
    fc.property(kinds, fc.stringMatching(/^[a-z]=[a-z0-9@:]{1,20}$/), (kind, tag) => {
      const text = `${versionOf[kind]}; ${tag}`;
      fc.pre(damage(kind, text) === undefined);
      assert.equal(damage(kind, `"${text}"`)?.cleaned, text);
    }),
  );
});

test('real records: a few in a thousand are damaged', (t) => {
  const wild = sharedData(t, 'wild/root.zone');
  const moj = sharedData(t, 'zones/moj');
  if (wild === undefined || moj === undefined) return;
  const files = [wild, ...readdirSync(moj).map((file) => path.join(moj, file))];
  let texts = 0;
  let damaged = 0;
  for (const file of files) {
    const read = readZone(readFileSync(file), { file, origin: root });
    assert.equal(read.kind, 'good', file);
    for (const [name, sets] of read.zone.records) {
      for (const txt of sets.get('TXT')?.data ?? []) {
        texts++;
        const expect = kindOfName(name) ?? 'any';
        if ('strings' in Object(txt) && textDamage(txt as { strings: string[] }, { expect, domain: name })) damaged++;
      }
    }
  }
  assert.ok(texts > 20_000 && damaged > 20 && damaged < texts / 500, `${damaged} of ${texts}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  absent,
  alias,
  changeOf,
  liveTxt,
  settled,
  summary,
  texts,
  textsAfter,
  unknown,
} from '../../../test/live-sets.ts';
import { dnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import { declinedRecord, proposeBimi } from './plan.ts';
import { format, isDeclined, parse } from './record.ts';

const name = dnsName('default._bimi.example.com');
const logo = 'https://example.com/logo.svg';
const certificate = 'https://example.com/vmc.pem';
const want = { name, logo, certificate, ttlSeconds: 3600 };
const isOurs = (text: string): boolean => parse(text).kind !== 'other';

test('logo and certificate are compared as URLs, choices of the owner stay', () => {
  for (const [there, expected, after] of [
    [`v=BIMI1; l=${logo}; a=${certificate};`, 'keep equal', undefined],
    [`v=BIMI1;a=https://EXAMPLE.com:443/vmc.pem;l=${logo}`, 'keep equivalent', undefined],
    [`v=BIMI1; l=${logo}; a=${certificate}; avp=personal;`, 'keep superset', undefined],
    [`v=BIMI1; l=${logo}; a=; lps=news;`, 'change weaker', `v=BIMI1; l=${logo}; a=${certificate}; lps=news;`],
    [`v=BIMI1; l=; a=${certificate};`, 'change weaker', `v=BIMI1; l=${logo}; a=${certificate};`],
    [
      'v=BIMI1; l=https://example.com/old.svg; a=; avp=personal;',
      'change conflicting',
      `v=BIMI1; l=${logo}; a=${certificate}; avp=personal;`,
    ],
    [
      `v=BIMI1; l=${logo}; a=https://example.com/old.pem;`,
      'change conflicting',
      `v=BIMI1; l=${logo}; a=${certificate};`,
    ],
    [`v=BIMI1; l=${logo}; a=; s=x;`, 'change conflicting', `v=BIMI1; l=${logo}; a=${certificate};`],
    [format(declinedRecord), 'change conflicting', `v=BIMI1; l=${logo}; a=${certificate};`],
    ['v=bimi1; l=x', 'change conflicting', `v=BIMI1; l=${logo}; a=${certificate};`],
  ] as const) {
    const proposal = proposeBimi(want, texts(name, there));
    assert.equal(summary(proposal), expected, there);
    if (after === undefined) continue;
    assert.deepEqual(textsAfter(proposal), [after]);
    assert.deepEqual(changeOf(proposal).loses, expected === 'change conflicting' ? [there] : []);
  }
});

test('without a wanted certificate the one of the same logo stays, that of another goes', () => {
  const plain = { name, logo, ttlSeconds: 3600 };
  assert.equal(summary(proposeBimi(plain, texts(name, `v=BIMI1; l=${logo}; a=${certificate};`))), 'keep superset');
  const moved = proposeBimi(plain, texts(name, `v=BIMI1; l=https://example.com/old.svg; a=${certificate};`));
  assert.deepEqual([summary(moved), textsAfter(moved)], ['change conflicting', [`v=BIMI1; l=${logo}; a=;`]]);
  const joined = proposeBimi(plain, texts(name, `v=BIMI1; l=; a=${certificate};`));
  assert.deepEqual([summary(joined), textsAfter(joined)], ['change weaker', [`v=BIMI1; l=${logo}; a=${certificate};`]]);
});

test('the refusal is a readable record', () => {
  const parsed = parse(format(declinedRecord));
  assert.ok(parsed.kind === 'good' && isDeclined(parsed.value));
});

test('what cannot be published is blocked with a sentence', () => {
  for (const logo of [
    '',
    'http://example.com/logo.svg',
    'https://example.com/logo.png',
    'https://example.com/a;b.svg',
    'logo.svg',
  ]) {
    assert.equal(summary(proposeBimi({ ...want, logo }, absent(name, 'TXT'))), 'blocked', logo);
  }
  assert.equal(summary(proposeBimi({ ...want, certificate: 'vmc.pem' }, absent(name, 'TXT'))), 'blocked');
  assert.equal(summary(proposeBimi(want, unknown(name, 'TXT'))), 'blocked');
  assert.equal(summary(proposeBimi(want, alias(name, dnsName('b.example.net'), 'TXT'))), 'blocked');
});

test('any TXT set: the logo stands afterwards, and what the owner chose beside it', () => {
  const url = fc.constantFrom(logo, 'https://example.com/old.svg', 'https://Example.com/logo.svg', '');
  const mark = fc.constantFrom(certificate, 'https://example.com/old.pem', '');
  const rest = fc.constantFrom('', ' lps=news,mail;', ' avp=personal;', ' lps=;', ' x=y;', ' avp=odd;');
  const own = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(url, mark, rest).map(([l, a, more]) => `v=BIMI1; l=${l}; a=${a};${more}`) },
    fc.constantFrom('v=BIMI1', 'v=BIMI1; l=x.png', 'BIMI1 l=x'),
  );
  const wanted = fc.constantFrom(want, { name, logo, ttlSeconds: 60 });
  fc.assert(
    fc.property(liveTxt(name, own), wanted, (live, wanted) => {
      const after = settled((at) => proposeBimi(wanted, at), live, isOurs);
      const ours = (after?.data ?? []).map(txtText).filter(isOurs);
      assert.equal(ours.length, 1);
      const parsed = parse(ours[0] ?? '');
      assert.ok(parsed.kind === 'good');
      assert.equal(parsed.value.location.toLowerCase(), logo);
      if ('certificate' in wanted) assert.equal(parsed.value.evidence, certificate);
      const before = live.kind === 'present' ? live.set.data.map(txtText).filter(isOurs) : [];
      const only = before.length === 1 ? parse(before[0] ?? '') : undefined;
      if (only?.kind === 'good') {
        assert.equal(parsed.value.avatar, only.value.avatar);
        assert.deepEqual(parsed.value.localParts, only.value.localParts);
      }
    }),
  );
});

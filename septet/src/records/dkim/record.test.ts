import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DkimKeyRecord, format, parse } from './record.ts';

const codes = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.kind === 'other' ? ['other'] : parsed.problems.map((problem) => problem.code);
};

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const records: fc.Arbitrary<DkimKeyRecord> = fc.record(
  {
    versioned: fc.boolean(),
    keyType: fc.constantFrom('rsa' as const, 'ed25519' as const),
    publicKey: fc.base64String({ maxLength: 400 }),
    hashes: fc.array(word, { minLength: 1, maxLength: 3 }),
    services: fc.array(word, { minLength: 1, maxLength: 3 }),
    flags: fc.array(fc.constantFrom('y', 's', 'x'), { maxLength: 3 }),
    notes: fc.stringMatching(/^[!-:<>-~]{0,20}$/),
    granularity: fc.stringMatching(/^[a-z*]{0,8}$/),
    other: fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^x[a-z0-9_]{1,6}$/), value: word }, { noNullPrototype: true }),
      {
        maxLength: 3,
        selector: ({ name }) => name,
      },
    ),
  },
  { requiredKeys: ['versioned', 'keyType', 'publicKey', 'flags', 'other'], noNullPrototype: true },
);

test('what is formatted is parsed back', () => {
  fc.assert(
    fc.property(records, (record) => {
      const parsed = parse(format(record));
      assert.equal(parsed.kind, 'good');
      if (parsed.kind === 'good') assert.deepEqual(parsed.value, record);
    }),
  );
});

test('any text is read without an exception, and marks stay inside it', () => {
  const piece = fc.constantFrom(
    'v=DKIM1',
    'DKIM1',
    'p=',
    'p',
    'k=rsa',
    't=y',
    ';',
    ' ',
    '=',
    ':',
    '"',
    'MIIB',
    '-----BEGIN',
    'h=',
    '\u00ff',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parse(text);
      if (parsed.kind === 'other') return;
      for (const { offset, length } of parsed.problems) {
        assert.ok(
          offset >= 0 && length >= 0 && offset + length <= text.length,
          `${offset}+${length} of ${text.length}`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('tags stand in any order, and k is optional', () => {
  for (const text of ['p=MIIB', 'k=rsa; p=MIIB', 'p=MIIB; k=rsa', 't=s; p=MI IB\t; ', 'n=hi; p=MIIB;']) {
    const parsed = parse(text);
    assert.equal(parsed.kind, 'good', text);
    if (parsed.kind === 'good') assert.equal(parsed.value.keyType, 'rsa');
    assert.deepEqual(codes(text), ['dkim.v.absent']);
  }
  const blanks = parse('v=DKIM1; p=MI IB');
  assert.ok(blanks.kind === 'good' && blanks.value.publicKey === 'MIIB');
});

test('texts of another kind', () => {
  for (const text of [
    '',
    'v=spf1 -all',
    'google-site-verification=abc',
    'v=DMARC1; p=reject',
    'hello',
    'o=~; r=a@b.c',
    'dkim=all',
  ]) {
    assert.deepEqual(codes(text), ['other'], text);
  }
});

test('each fault of a record has its code and place', () => {
  const cases: readonly (readonly [text: string, code: string, marked: string])[] = [
    ['v=DKIM1; k:rsa; p=MIIB', 'dkim.record.syntax', 'k:rsa'],
    ['v=DKIM1; k; p=MIIB', 'dkim.record.syntax', 'k'],
    ['v=DKIM1 k=rsa; p=MIIB', 'dkim.record.syntax', 'DKIM1 k='],
    ['v=DKIM1;; p=MIIB', 'dkim.record.syntax', ';'],
    ['v=DKIM1; p=MIIB; p=AAAA', 'dkim.record.duplicate_tag', 'p=AAAA'],
    ['v=dkim1; p=MIIB', 'dkim.v.invalid', 'v=dkim1'],
    ['k=rsa; v=DKIM1; p=MIIB', 'dkim.v.not_first', 'v=DKIM1'],
    ['v=DKIM1; k=rsa', 'dkim.p.missing', 'v=DKIM1; k=rsa'],
    ['v=DKIM1; p=', 'dkim.p.revoked', 'p='],
    ['v=DKIM1; p=MII“B', 'dkim.p.not_base64', '“'],
    ['v=DKIM1; p=MI==IB', 'dkim.p.not_base64', '='],
    ['v=DKIM1; p=-----BEGIN PUBLIC KEY----- MIIB', 'dkim.p.pem_armour', '-----BEGIN PUBLIC KEY-----'],
    ['v=DKIM1; k=RSA; p=MIIB', 'dkim.k.unknown', 'k=RSA'],
    ['v=DKIM1; h=sha1; p=MIIB', 'dkim.h.sha1_only', 'h=sha1'],
    ['v=DKIM1; s=chat; p=MIIB', 'dkim.s.excludes_email', 's=chat'],
    ['v=DKIM1; s=tlsrpt; p=MIIB', 'dkim.s.tlsrpt', 's=tlsrpt'],
    ['v=DKIM1; t=s:y; p=MIIB', 'dkim.t.testing', 't=s:y'],
    ['v=DKIM1; g=; p=MIIB', 'dkim.g.legacy', 'g='],
  ];
  for (const [text, code, marked] of cases) {
    const parsed = parse(text);
    assert.ok(parsed.kind !== 'other', text);
    assert.deepEqual(
      parsed.problems.map((problem) => problem.code),
      [code],
      text,
    );
    const [problem] = parsed.problems;
    assert.equal(text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0)), marked);
  }
});

test('a record that no verifier can use is bad, one that it forgives is good', () => {
  assert.equal(parse('v=DKIM1;; p=MIIB').kind, 'good');
  assert.equal(parse('v=DKIM1; t=y; p=MIIB').kind, 'good');
  assert.equal(parse('v=DKIM1; p=MIIB; p=MIIB').kind, 'bad');
  assert.equal(parse('v=DKIM1; k=dsa; p=MIIB').kind, 'bad');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { formatPolicy, matches, parsePolicy } from './policy.ts';
import type { MtaStsPolicy } from './policy.ts';
import { format, idAt, parse } from './record.ts';

const alphanumeric = [...'abcXYZ019'];
/** Ordinary objects, as the parsers make them. */
const plain = { noNullPrototype: true } as const;
const word = fc.string({ unit: fc.constantFrom(...alphanumeric), minLength: 1, maxLength: 32 });

test('MTA-STS: parse(format(record)) is the record', () => {
  const record = fc.record(
    {
      id: word,
      extensions: fc.array(fc.record({ name: word.filter((w) => w !== 'id' && w !== 'v'), value: word }, plain), {
        maxLength: 3,
      }),
    },
    plain,
  );
  fc.assert(
    fc.property(record, (value) => {
      const parsed = parse(format(value));
      assert.ok(parsed.kind === 'good');
      assert.deepEqual(parsed.value, value);
    }),
  );
});

test('MTA-STS: parsePolicy(formatPolicy(policy)) is the policy', () => {
  const pattern = fc.record({ wildcard: fc.boolean(), name: word.map((label) => dnsName(`${label}.example`)) }, plain);
  const policy = fc.record(
    {
      mode: fc.constantFrom('enforce' as const, 'testing' as const),
      mx: fc.array(pattern, { minLength: 1, maxLength: 4 }),
      maxAgeSeconds: fc.integer({ min: 0, max: 31_557_600 }),
      extensions: fc.array(fc.record({ key: word.map((w) => `x-${w}`.slice(0, 32)), value: word }, plain), {
        maxLength: 2,
      }),
    },
    plain,
  );
  fc.assert(
    fc.property(policy, (value: MtaStsPolicy) => {
      const parsed = parsePolicy(Buffer.from(formatPolicy(value)));
      assert.ok(parsed.kind === 'good');
      assert.deepEqual(parsed.value, value);
    }),
  );
});

test('MTA-STS: mutated records and policies never throw', () => {
  const seeds = [
    'v=STSv1; id=20261101T000000;',
    'version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 604800\r\n',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.nat(60),
      fc.uint8Array({ maxLength: 5 }),
      fc.nat(8),
      (seed, at, octets, cut) => {
        const text = seed.slice(0, at) + Buffer.from(octets).toString('latin1') + seed.slice(at + cut);
        parse(text);
        const parsed = parsePolicy(Buffer.from(text, 'latin1'));
        if (parsed.kind === 'good') assert.ok(['enforce', 'testing', 'none'].includes(parsed.value.mode));
        else assert.ok(parsed.kind !== 'bad' || parsed.problems.length > 0);
      },
    ),
    { numRuns: 2000 },
  );
});

test('MTA-STS: texts of other kinds are left alone', () => {
  for (const text of [
    '',
    'v=spf1 -all',
    'v=DMARC1; p=none',
    'google-site-verification=x',
    'v=TLSRPTv1; rua=mailto:a@b.c',
    'sts',
    'stsystem=1',
  ]) {
    assert.equal(parse(text).kind, 'other', text);
  }
});

test('MTA-STS: a star stands for exactly one label', () => {
  const star = { wildcard: true, name: dnsName('example.com') };
  assert.equal(matches(star, dnsName('mx.example.com')), true);
  assert.equal(matches(star, dnsName('a.mx.example.com')), false);
  assert.equal(matches(star, dnsName('example.com')), false);
});

test('MTA-STS: the id is the UTC time', () => {
  assert.equal(idAt(Date.parse('2026-11-23T12:34:56Z')), '20261123T123456');
});

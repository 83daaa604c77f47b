import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../../mail/header.ts';
import type { DkimFault } from './outcome.ts';
import { maxSignatureOctets, readSignature } from './signature.ts';

const fieldOf = (value: string, name = 'DKIM-Signature'): Field => ({
  name,
  key: name.toLowerCase(),
  raw: `${name}: ${value}`,
  colon: name.length,
  line: 1,
});
const base = 'v=1; a=rsa-sha256; d=example.com; s=s1; h=from:to; bh=YWJj; b=ZGVm';
/** The base with a tag put in or replaced. */
const withTag = (name: string, value: string): string =>
  new RegExp(`(^|; )${name}=`).test(base)
    ? base.replace(new RegExp(`(^|; )${name}=[^;]*`), `$1${name}=${value}`)
    : `${base}; ${name}=${value}`;
const faults = (value: string): readonly DkimFault[] => {
  const reading = readSignature(fieldOf(value));
  return reading.kind === 'good' ? [] : reading.problems.map(({ fault }) => fault);
};

test('a good signature, and what is taken where tags are absent', () => {
  const reading = readSignature(fieldOf(base));
  assert.equal(reading.kind, 'good');
  const { signature, ...tags } = reading.tags;
  assert.equal(signature?.toString(), 'def');
  assert.deepEqual(tags, {
    a: 'rsa-sha256',
    algorithm: { keyType: 'rsa', hash: 'sha256' },
    c: { header: 'simple', body: 'simple' },
    d: 'example.com',
    s: 's1',
    h: ['from', 'to'],
    b: 'ZGVm',
    bh: 'YWJj',
    identity: '@example.com',
    identityDomain: 'example.com',
  });
});

test('blanks, folds, case of words and unknown tags do no harm', () => {
  const value =
    'b=ZG\r\n Vm;\r\n\ta = RSA-SHA256 ; c=Relaxed; d=EXAMPLE.com; s=S1; h=From :\r\n\tTo; bh= YW\r\n Jj;v=1; zz=anything here; i=a=40b@Mail.example.COM; q=foo/bar:dns/txt; t=1; x=2; l=0;';
  const reading = readSignature(fieldOf(value));
  assert.equal(reading.kind, 'good');
  assert.equal(reading.tags.b, 'ZGVm');
  assert.equal(reading.tags.bh, 'YWJj');
  assert.deepEqual(reading.tags.c, { header: 'relaxed', body: 'simple' });
  assert.equal(reading.tags.d, 'example.com');
  assert.equal(reading.tags.s, 's1');
  assert.deepEqual(reading.tags.h, ['From', 'To']);
  assert.equal(reading.tags.identity, 'a@b@Mail.example.COM');
  assert.equal(reading.tags.identityDomain, 'mail.example.com');
  assert.equal(reading.tags.l, 0);
});

test('every fault of a field is told by its name', () => {
  const cases: readonly (readonly [value: string, fault: DkimFault])[] = [
    [withTag('v', '2'), 'version'],
    [withTag('v', '0.5'), 'version'],
    [withTag('a', 'rsa-md5'), 'algorithm_unknown'],
    [withTag('a', 'rsa-sha1'), 'sha1'],
    [withTag('c', 'nofws'), 'canonicalization_unknown'],
    [withTag('c', 'relaxed/'), 'canonicalization_unknown'],
    [withTag('d', 'com'), 'syntax'],
    [withTag('d', 'exa mple.com'), 'syntax'],
    [withTag('d', 'example.com.'), 'syntax'],
    [withTag('d', 'a@example.com'), 'syntax'],
    [withTag('d', ''), 'syntax'],
    [withTag('s', ''), 'syntax'],
    [withTag('s', 'a..b'), 'syntax'],
    [withTag('s', `${'x'.repeat(63)}.`.repeat(4).slice(0, -1)), 'syntax'],
    [withTag('h', ''), 'syntax'],
    [withTag('h', ':'), 'syntax'],
    [withTag('h', 'from:a b'), 'syntax'],
    [withTag('h', 'to:subject'), 'from_unsigned'],
    [withTag('b', ''), 'syntax'],
    [withTag('b', 'a*b'), 'syntax'],
    [withTag('bh', 'YWJj=YW'), 'syntax'],
    [withTag('l', '-1'), 'syntax'],
    [withTag('l', '1'.repeat(77)), 'syntax'],
    [withTag('t', '1e3'), 'syntax'],
    [withTag('x', '1'.repeat(13)), 'syntax'],
    [`${base}; t=10; x=10`, 'timestamps'],
    [withTag('q', 'http'), 'query_unknown'],
    [withTag('i', 'example.com'), 'syntax'],
    [withTag('i', '@example.org'), 'i_outside_d'],
    [withTag('i', '@notexample.com'), 'i_outside_d'],
    [`${base}; d=example.org`, 'syntax'],
    [`${base}; junk`, 'syntax'],
    [`${base};; t=1`, 'syntax'],
    [`${base}; 1x=2`, 'syntax'],
  ];
  for (const [value, fault] of cases) assert.deepEqual(faults(value), [fault], value);
});

test('an empty name in h= means no field, as all receivers have it', () => {
  const reading = readSignature(fieldOf(withTag('h', ':from::to:')));
  assert.equal(reading.kind, 'good');
  assert.deepEqual(reading.tags.h, ['from', 'to']);
});

test('each required tag is missed', () => {
  for (const name of ['v', 'a', 'b', 'bh', 'd', 'h', 's']) {
    const value = base.replace(new RegExp(`(^|; )${name}=[^;]*`), '').replace(/^; /, '');
    assert.deepEqual(faults(value), ['tag_missing'], name);
  }
});

test('z= gives the fields as they were signed', () => {
  const reading = readSignature(
    fieldOf(withTag('z', 'From:foo@eng.example.net|To:joe@example.com|\r\n  Subject:demo=20run=3B=7C')),
  );
  assert.deepEqual(reading.tags.z, [
    { name: 'From', value: 'foo@eng.example.net' },
    { name: 'To', value: 'joe@example.com' },
    { name: 'Subject', value: 'demo run;|' },
  ]);
});

test('U-labels in UTF-8 become A-labels (RFC 8616)', () => {
  const utf8 = Buffer.from('bücher.example', 'utf8').toString('latin1');
  const reading = readSignature(fieldOf(withTag('d', utf8)));
  assert.equal(reading.tags.d, 'xn--bcher-kva.example');
});

test('a field that is too long is not read', () => {
  assert.deepEqual(faults(`${base}; z=${'a'.repeat(maxSignatureOctets)}`), ['syntax']);
});

test('sentences hold nothing that a terminal acts upon', () => {
  const reading = readSignature(fieldOf(withTag('d', '\x1b[31m\x07evil')));
  assert.equal(reading.kind, 'bad');
  assert.doesNotMatch(reading.problems.map(({ text }) => text).join(' '), /\p{Cc}/u);
});

test('property: mutated fields never throw, and good ones have what they must have', () => {
  const pieces = fc.constantFrom(
    ...base.split(/(?<=[;=:])/),
    ';',
    '=',
    '\r\n ',
    '\0',
    '\xff',
    'i=@a.example.com',
    'l=99',
    'x=',
    'h=from',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const reading = readSignature(fieldOf(parts.join('')));
      if (reading.kind === 'good') assert.ok(reading.tags.d && reading.tags.s && reading.tags.signature);
      else assert.ok(reading.problems.every(({ text }) => text.length < 200));
    }),
    { numRuns: 500 },
  );
});

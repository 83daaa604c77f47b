import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ed25519Key, pkcs1Of, rsa2048, rsaKey } from '../../../test/dkim-keys.ts';
import {
  absent,
  alias,
  changeOf,
  liveTxt,
  setOf,
  settled,
  summary,
  texts,
  textsAfter,
  unknown,
} from '../../../test/live-sets.ts';
import { dnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import { readKey } from './key.ts';
import { proposeKey, proposeKeyAlias, type KeyWant } from './plan.ts';
import { parse, read } from './record.ts';

const name = dnsName('s1._domainkey.example.com');
const target = dnsName('s1.dkim.example.net');
const value = `v=DKIM1; k=rsa; p=${rsa2048}`;
const otherKey = rsaKey(2048, 2);
const want: KeyWant = { name, value, verbatim: false, ttlSeconds: 3600 };
const isOurs = (text: string): boolean => read(text) !== undefined;
const over = (there: string, more: Partial<KeyWant> = {}) => proposeKey({ ...want, ...more }, texts(name, there));

test('a key is compared by what it is, not by how it is written', () => {
  for (const [there, expected] of [
    [value, 'keep equal'],
    [`p=${rsa2048}`, 'keep equivalent'],
    [`k=rsa;h=sha256:sha1; s=email; n=made+today; p=${rsa2048.slice(0, 80)} ${rsa2048.slice(80)}`, 'keep equivalent'],
    [`v=DKIM1; t=s; p=${rsa2048}`, 'keep superset'],
    [`v=DKIM1; t=y:s; p=${rsa2048}`, 'change weaker'],
    [`v=DKIM1; h=sha1; p=${rsa2048}`, 'change weaker'],
    [`v=DKIM1; s=tlsrpt; p=${rsa2048}`, 'change weaker'],
    [`v=DKIM1; p=${pkcs1Of(rsa2048)}`, 'change weaker'],
    [`k=rsa; v=DKIM1; p=${rsa2048}`, 'change weaker'],
    [`v=DKIM1; p=${otherKey}`, 'change conflicting'],
    [`v=DKIM1; p=${rsa2048.slice(0, 255)}`, 'change conflicting'],
    ['v=DKIM1; p=', 'change conflicting'],
    ['v=DKIM1; k=rsa', 'change conflicting'],
  ] as const) {
    const proposal = over(there);
    assert.equal(summary(proposal), expected, there);
    if (proposal.kind === 'change') {
      assert.deepEqual(proposal.loses, expected === 'change conflicting' ? [there] : [], there);
      assert.ok(proposal.notes.length > 0);
    }
  }
  assert.equal(summary(proposeKey(want, texts(name, 'MS=ms1'))), 'change absent');
  const ed = `v=DKIM1; k=ed25519; p=${ed25519Key()}`;
  assert.equal(summary(over(`k=ed25519; p=${ed25519Key()}`, { value: ed })), 'keep equivalent');
  assert.equal(summary(over(`p=${ed25519Key()}`, { value: ed })), 'change weaker');
});

test('another key is never replaced in silence', () => {
  const { notes } = changeOf(over(`v=DKIM1; p=${otherKey}`));
  assert.ok(notes.some((note) => note.includes('septet dkim rotate')));
  const revoked = changeOf(over(value, { value: 'v=DKIM1; k=rsa; p=' }));
  assert.deepEqual([revoked.comparison, revoked.loses], ['conflicting', [value]]);
  assert.ok(!revoked.notes.some((note) => note.includes('rotate')));
  assert.equal(summary(over('k=rsa; p=; v=DKIM1', { value: 'v=DKIM1; k=rsa; p=' })), 'change conflicting');
  assert.equal(summary(over('p=', { value: 'v=DKIM1; k=rsa; p=' })), 'keep equivalent');
});

test('flags and tags of the owner stay when the record is mended', () => {
  const proposal = over(`v=DKIM1; t=y:s; n=mine; x=1; p=${rsa2048}`);
  assert.deepEqual(textsAfter(proposal), [`v=DKIM1; k=rsa; n=mine; t=s; x=1; p=${rsa2048}`]);
});

test('several keys at one selector: one stays, the others are named', () => {
  const proposal = changeOf(proposeKey(want, texts(name, value, 'token', `p=${otherKey}`)));
  assert.deepEqual([proposal.comparison, proposal.loses], ['conflicting', [`p=${otherKey}`]]);
  assert.deepEqual(textsAfter(proposal), [value, 'token']);
});

test('a value to the letter is published as it is, whatever its spelling', () => {
  const odd = `v=DKIM1;k=rsa;p=${rsa2048};`;
  assert.deepEqual(textsAfter(proposeKey({ ...want, value: odd, verbatim: true }, absent(name, 'TXT'))), [odd]);
  assert.deepEqual(textsAfter(proposeKey({ ...want, value: odd }, absent(name, 'TXT'))), [value]);
  assert.equal(summary(over(odd, { value: odd, verbatim: true })), 'keep equal');
  assert.equal(summary(over(value, { value: odd, verbatim: true })), 'change weaker');
  assert.deepEqual(changeOf(over(`t=s; p=${rsa2048}`, { value: odd, verbatim: true })).loses, [`t=s; p=${rsa2048}`]);
});

test('what is no public key is blocked, and a private one is never shown', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  for (const value of [
    `v=DKIM1; p=${secret}`,
    'MIIB',
    `v=DKIM1; p=${rsa2048.slice(0, 200)}`,
    'v=DKIM1; k=rsa',
    `v=DKIM1; p=${rsa2048};;p=x`,
  ]) {
    for (const verbatim of [false, true]) {
      const proposal = proposeKey({ ...want, value, verbatim }, absent(name, 'TXT'));
      assert.equal(summary(proposal), 'blocked', value.slice(0, 40));
      assert.ok(!JSON.stringify(proposal).includes(secret.slice(20, 60)));
    }
  }
  const proposal = proposeKey({ ...want, value: `v=DKIM1; p=${secret}` }, absent(name, 'TXT'));
  assert.ok(proposal.kind === 'blocked' && proposal.why.includes('private key'));
});

test('an alias where the key must stand', () => {
  const kept = proposeKey(want, alias(name, target, 'TXT', [{ strings: [`p=${rsa2048}`] }]));
  assert.equal(summary(kept), 'keep equivalent');
  assert.equal(summary(proposeKey(want, alias(name, target, 'TXT', [{ strings: [`p=${otherKey}`] }]))), 'blocked');
  assert.equal(summary(proposeKey(want, unknown(name, 'TXT'))), 'blocked');
});

test('a selector of a sending service is an alias, and a key in its place is not thrown away', () => {
  const wanted = { name, target, ttlSeconds: 60 };
  const none = absent(name, 'CNAME');
  assert.equal(summary(proposeKeyAlias(wanted, none, absent(name, 'TXT'))), 'change absent');
  assert.equal(summary(proposeKeyAlias(wanted, setOf(name, 'CNAME', target), unknown(name, 'TXT'))), 'keep equal');
  assert.equal(summary(proposeKeyAlias(wanted, none, unknown(name, 'TXT'))), 'blocked');
  const own = texts(name, value);
  const proposal = proposeKeyAlias(wanted, none, own);
  assert.ok(proposal.kind === 'blocked' && proposal.cure.includes('another selector'));
  assert.ok(own.kind === 'present');
  assert.deepEqual(proposeKeyAlias(wanted, none, [own.set]), proposal);
  const moved = proposeKeyAlias(wanted, setOf(name, 'CNAME', dnsName('old.example.net')), alias(name, target, 'TXT'));
  assert.deepEqual(changeOf(moved).loses, ['old.example.net.']);
});

test('any TXT set: the wanted key stands afterwards, alone of its kind', () => {
  const key = fc.constantFrom(rsa2048, otherKey, pkcs1Of(rsa2048), ed25519Key(), '', rsa2048.slice(0, 100));
  const tags = fc.constantFrom(
    'v=DKIM1; ',
    'v=DKIM1; k=rsa; ',
    'k=ed25519;',
    '',
    't=y:s; ',
    'h=sha1;',
    's=email; x=1;',
    'v=DKIM2;',
    't=;;',
    't=s k=rsa;',
  );
  const own = fc.tuple(tags, key).map(([before, key]) => `${before}p=${key}`);
  const wanted = fc.constantFrom(
    value,
    `v=DKIM1; k=ed25519; p=${ed25519Key()}`,
    'v=DKIM1; k=rsa; p=',
    `v=DKIM1; t=s; p=${pkcs1Of(otherKey)}`,
    `v=DKIM1; s=tlsrpt; t=y; p=${rsa2048}`,
  );
  const material = (text: string): string => {
    const parsed = parse(text);
    assert.ok(parsed.kind === 'good', text);
    if (parsed.value.publicKey === '') return 'revoked';
    const key = readKey(Buffer.from(parsed.value.publicKey, 'base64'));
    return key.kind === 'rsa' ? key.modulus : key.kind === 'ed25519' ? key.publicKey : key.kind;
  };
  fc.assert(
    fc.property(liveTxt(name, own), wanted, fc.boolean(), (live, value, verbatim) => {
      const after = settled((at) => proposeKey({ ...want, value, verbatim }, at), live, isOurs);
      const ours = (after?.data ?? []).map(txtText).filter(isOurs);
      assert.equal(ours.length, 1);
      assert.equal(material(ours[0] ?? ''), material(value));
      if (verbatim) assert.equal(ours[0], value);
    }),
    { numRuns: 300 },
  );
});

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
import { proposeTlsRpt } from './plan.ts';
import { parse } from './record.ts';

const name = dnsName('_smtp._tls.example.com');
const want = { name, uris: ['mailto:tls@example.com'], ttlSeconds: 3600 };
const isOurs = (text: string): boolean => parse(text).kind !== 'other';

test('addresses are added to those that stand', () => {
  for (const [there, expected, after] of [
    ['v=TLSRPTv1; rua=mailto:tls@example.com', 'keep equal', undefined],
    ['v=TLSRPTv1;rua=mailto:tls@EXAMPLE.com;', 'keep equivalent', undefined],
    ['v=TLSRPTv1; rua=https://r.example.net/x,mailto:tls@example.com', 'keep superset', undefined],
    ['v=TLSRPTv1; rua=mailto:tls@example.com; x=y', 'keep superset', undefined],
    [
      'v=TLSRPTv1; rua=mailto:TLS@example.com; x=y',
      'change weaker',
      'v=TLSRPTv1; rua=mailto:TLS@example.com,mailto:tls@example.com; x=y',
    ],
    [
      'v=TLSRPTv1; rua=mailto:a@b.example mailto:tls@example.com',
      'change weaker',
      'v=TLSRPTv1; rua=mailto:a@b.example,mailto:tls@example.com',
    ],
    ['v=TLSRPTv1; rua=tls@example.com', 'change conflicting', 'v=TLSRPTv1; rua=mailto:tls@example.com'],
    [
      'v=TLSRPTv1; rua=mailto:a@b.example,ftp://x',
      'change conflicting',
      'v=TLSRPTv1; rua=mailto:a@b.example,mailto:tls@example.com',
    ],
    [
      'v=TLSRPTv1; rua=mailto:tls@example.com; rua=mailto:a@b.example',
      'change conflicting',
      'v=TLSRPTv1; rua=mailto:tls@example.com',
    ],
    ['v=TLSRPTv2; rua=mailto:a@b.example', 'change conflicting', 'v=TLSRPTv1; rua=mailto:tls@example.com'],
  ] as const) {
    const proposal = proposeTlsRpt(want, texts(name, there));
    assert.equal(summary(proposal), expected, there);
    if (after === undefined) continue;
    assert.deepEqual(textsAfter(proposal), [after]);
    assert.deepEqual(changeOf(proposal).loses, expected === 'change conflicting' ? [there] : []);
  }
});

test('several records are none: their addresses are joined, and all are named', () => {
  const there = ['v=TLSRPTv1; rua=mailto:a@b.example', 'v=TLSRPTv1; rua=mailto:tls@example.com'];
  const proposal = changeOf(proposeTlsRpt(want, texts(name, there[0] ?? '', 'token', there[1] ?? '')));
  assert.deepEqual([proposal.comparison, proposal.loses], ['conflicting', there]);
  assert.deepEqual(textsAfter(proposal), ['v=TLSRPTv1; rua=mailto:a@b.example,mailto:tls@example.com', 'token']);
});

test('what cannot be published is blocked with a sentence', () => {
  for (const uris of [[], ['tls@example.com'], ['mailto:a,b@example.com'], ['https://x/;y'], ['ftp://x.example']]) {
    assert.equal(summary(proposeTlsRpt({ ...want, uris }, absent(name, 'TXT'))), 'blocked', uris.join());
  }
  assert.equal(summary(proposeTlsRpt(want, unknown(name, 'TXT'))), 'blocked');
  const target = dnsName('reports.example.net');
  assert.equal(summary(proposeTlsRpt(want, alias(name, target, 'TXT'))), 'blocked');
});

test('any TXT set: ours is asked for, nobody who was asked is forgotten', () => {
  const uri = fc.constantFrom(
    'mailto:a@b.example',
    'mailto:tls@Example.com',
    'https://r.example.net/v1',
    'mailto:x@y.example?subject=1',
  );
  const own = fc.oneof(
    fc.array(uri, { minLength: 1, maxLength: 3 }).map((uris) => `v=TLSRPTv1;rua=${uris.join(' , ')};`),
    fc.constantFrom('v=TLSRPTv1; rua=', 'v=TLSRPTv1; x=1; rua=mailto:a@b.example', 'tlsrpt', 'v=TLSRPTv1; rua=a;;b'),
  );
  const rua = (text: string): readonly string[] => {
    const parsed = parse(text);
    return parsed.kind === 'good' ? parsed.value.rua.map((uri) => uri.uri.toLowerCase()) : [];
  };
  fc.assert(
    fc.property(liveTxt(name, own), fc.array(uri, { minLength: 1, maxLength: 2 }), (live, uris) => {
      const after = settled((at) => proposeTlsRpt({ ...want, uris }, at), live, isOurs);
      const ours = (after?.data ?? []).map(txtText).filter(isOurs);
      assert.equal(ours.length, 1);
      const asked = rua(ours[0] ?? '');
      for (const uri of uris) assert.ok(asked.includes(uri.toLowerCase()));
      const before = live.kind === 'present' ? live.set.data.map(txtText) : [];
      for (const uri of before.flatMap(rua)) assert.ok(asked.includes(uri), uri);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
} from '../../test/live-sets.ts';
import { dnsName, type DnsName } from '../dns/name.ts';
import type { Txt } from '../dns/rrset.ts';
import type { Live } from './change.ts';
import { proposeAddresses, proposeAlias, proposeTxtMember } from './propose.ts';
import { proposeTxt } from './propose-txt.ts';

const name = dnsName('track.example.com');
const target = dnsName('track.example.net');
const other = dnsName('old.example.net');
const ttlSeconds = 3600;
const want = { name, target, ttlSeconds };
const cname = (...names: DnsName[]): Live<'CNAME'> => setOf(name, 'CNAME', ...names);
const txt = (text: string): Txt => ({ strings: [text] });

test('an alias is new, kept, or takes the place of another that is named', () => {
  const fresh = changeOf(proposeAlias(want, absent(name, 'CNAME'), []));
  assert.equal(fresh.comparison, 'absent');
  assert.deepEqual(fresh.change, { name, type: 'CNAME', after: { name, type: 'CNAME', ttlSeconds, data: [target] } });
  assert.equal(summary(proposeAlias(want, cname(target), [])), 'keep equal');
  const moved = changeOf(proposeAlias(want, cname(other), []));
  assert.deepEqual([moved.comparison, moved.loses], ['conflicting', ['old.example.net.']]);
  const two = changeOf(proposeAlias(want, cname(other, target), []));
  assert.deepEqual(two.loses, ['old.example.net.']);
  assert.equal(summary(proposeAlias(want, unknown(name, 'CNAME'), [])), 'blocked');
  assert.equal(summary(proposeAlias({ ...want, target: name }, absent(name, 'CNAME'), [])), 'blocked');
});

test('an alias does not stand beside other data, which is named', () => {
  const a = { name, type: 'A', ttlSeconds, data: ['192.0.2.1'] } as const;
  const proposal = proposeAlias(want, absent(name, 'CNAME'), [a]);
  assert.ok(proposal.kind === 'blocked' && proposal.why.includes('A 192.0.2.1'), JSON.stringify(proposal));
  const apex = { name, type: 'NS', ttlSeconds, data: [target] } as const;
  const top = proposeAlias(want, absent(name, 'CNAME'), [apex]);
  assert.ok(top.kind === 'blocked' && top.why.includes('top of a zone'));
  const nsec = { name, type: 'NSEC', ttlSeconds, data: [{ next: target, types: ['CNAME'] }] } as const;
  const behind = { ...a, name: target };
  assert.equal(summary(proposeAlias(want, absent(name, 'CNAME'), [nsec, behind])), 'change absent');
});

const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];

test('addresses are compared as a set', () => {
  const propose = (wanted: readonly string[], ...there: string[]): string =>
    summary(
      proposeAddresses(
        { name, type: 'A', addresses: wanted, ttlSeconds },
        there.length > 0 ? setOf(name, 'A', ...there) : absent(name, 'A'),
      ),
    );
  assert.equal(propose(['192.0.2.1']), 'change absent');
  assert.equal(propose(['192.0.2.1', '192.0.2.2'], '192.0.2.2', '192.0.2.1'), 'keep equal');
  assert.equal(propose(['192.0.2.1'], '192.0.2.2', '192.0.2.1'), 'keep superset');
  assert.equal(propose(['192.0.2.1', '192.0.2.2'], '192.0.2.1'), 'change weaker');
  assert.equal(propose(['192.0.2.1', '192.0.2.2'], '192.0.2.1', '192.0.2.9'), 'change conflicting');
  assert.equal(propose([]), 'blocked');
  assert.equal(propose(['2001:db8::1']), 'blocked');
  const six = { name, type: 'AAAA', addresses: ['2001:DB8:0::1'], ttlSeconds } as const;
  assert.equal(summary(proposeAddresses(six, setOf(name, 'AAAA', '2001:db8::1'))), 'keep equal');
  assert.equal(summary(proposeAddresses(six, alias(name, target, 'AAAA', ['2001:db8::1']))), 'keep equal');
  assert.equal(summary(proposeAddresses(six, alias(name, target, 'AAAA'))), 'blocked');
  assert.equal(summary(proposeAddresses(six, unknown(name, 'AAAA'))), 'blocked');
});

test('any addresses: wanted ones stand afterwards, and those that go are named', () => {
  const some = fc.uniqueArray(fc.constantFrom(...addresses), { minLength: 1 });
  fc.assert(
    fc.property(some, fc.uniqueArray(fc.constantFrom(...addresses)), (wanted, there) => {
      const propose = (live: Live<'A'>) => proposeAddresses({ name, type: 'A', addresses: wanted, ttlSeconds }, live);
      const live = there.length > 0 ? setOf(name, 'A', ...there) : absent(name, 'A');
      const after = settled(propose, live);
      for (const address of wanted) assert.ok(after?.data.includes(address));
      const proposal = propose(live);
      const gone = there.filter((address) => !after?.data.includes(address));
      assert.deepEqual(proposal.kind === 'change' ? proposal.loses : [], gone);
    }),
  );
});

test('a proof of ownership is compared to the letter and replaces only its older form', () => {
  const member = { name, text: 'proof=2', isSameKind: (text: string) => text.startsWith('proof='), ttlSeconds };
  assert.equal(summary(proposeTxtMember(member, absent(name, 'TXT'))), 'change absent');
  assert.equal(summary(proposeTxtMember(member, texts(name, 'proof=2', 'v=spf1 -all'))), 'keep equal');
  assert.equal(summary(proposeTxtMember(member, texts(name, 'proof=2', 'proof=1'))), 'keep superset');
  const replaced = proposeTxtMember(member, texts(name, 'v=spf1 -all', 'proof=1', 'MS=1'));
  assert.deepEqual(textsAfter(replaced), ['v=spf1 -all', 'proof=2', 'MS=1']);
  assert.deepEqual(changeOf(replaced).loses, ['proof=1']);
  const beside = proposeTxtMember(member, texts(name, 'v=spf1 -all'));
  assert.deepEqual([summary(beside), textsAfter(beside)], ['change absent', ['v=spf1 -all', 'proof=2']]);
  assert.equal(summary(proposeTxtMember(member, alias(name, target, 'TXT', [txt('proof=2')]))), 'keep equal');
  const blocked = proposeTxtMember(member, alias(name, target, 'TXT'));
  assert.ok(blocked.kind === 'blocked' && blocked.why.includes('track.example.net.') && blocked.cure.includes('CNAME'));
  const unsure = proposeTxtMember(member, unknown(name, 'TXT'));
  assert.ok(unsure.kind === 'blocked' && unsure.why.includes('no answer within 5 seconds'));
});

test('any TXT set: the member stands afterwards, the others as they were', () => {
  const own = fc.constantFrom('proof=1', 'proof=2', 'proof=3');
  const isOurs = (text: string): boolean => text.startsWith('proof=');
  fc.assert(
    fc.property(liveTxt(name, own), (live) => {
      const after = settled(
        (at) => proposeTxtMember({ name, text: 'proof=2', isSameKind: isOurs, ttlSeconds }, at),
        live,
        isOurs,
      );
      assert.ok(after?.data.some((data) => data.strings.join('') === 'proof=2'));
    }),
  );
});

test('the same text in two cuts is one record too many where one may stand', () => {
  const live = setOf(name, 'TXT', { strings: ['only', '=1'] }, { strings: ['only=', '1'] });
  const isSameKind = (text: string): boolean => text.startsWith('only=');
  const proposal = proposeTxt({ name, ttlSeconds, isSameKind }, live, () => ({ kind: 'keep', comparison: 'equal' }));
  assert.deepEqual([summary(proposal), textsAfter(proposal)], ['change conflicting', ['only=1']]);
  assert.deepEqual(changeOf(proposal).loses, ['only=1']);
});

test('a proof of ownership in other letters than ASCII is not published as something else', () => {
  const name = dnsName('example.com');
  const want = { name, isSameKind: () => false, ttlSeconds: 300 };
  const live = { kind: 'absent', name, type: 'TXT', negativeTtlSeconds: 60 } as const;
  for (const text of ['token=\u201cabc\u201d', 'token=\u00fc', 'token=a\nb']) {
    const proposal = proposeTxtMember({ ...want, text }, live);
    assert.equal(proposal.kind, 'blocked', text);
    assert.match(proposal.kind === 'blocked' ? proposal.why : '', /ASCII/);
  }
  // What stands there already in octets of its own is not touched.
  const set = { name, type: 'TXT', ttlSeconds: 300, data: [{ strings: ['token=\u00fc'] }] } as const;
  assert.equal(proposeTxtMember({ ...want, text: 'token=\u00fc' }, { ...live, kind: 'present', set }).kind, 'keep');
});

test('no record is made of characters that are no octets', () => {
  const name = dnsName('s1._domainkey.example.com');
  const live = { kind: 'absent', name, type: 'TXT', negativeTtlSeconds: 60 } as const;
  const proposal = proposeTxt({ name, ttlSeconds: 300, isSameKind: () => false }, live, () => ({
    kind: 'publish',
    text: 'v=DKIM1; n=\u2026; p=',
    comparison: 'absent',
    loses: [],
    notes: [],
  }));
  assert.equal(proposal.kind, 'blocked');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { absent, alias, changeOf, setOf, settled, summary, unknown } from '../../../test/live-sets.ts';
import type { Live } from '../../change/change.ts';
import { dnsName } from '../../dns/name.ts';
import { proposeMx } from './plan.ts';
import { format, isNullMx, nullMx, parse, type Mx } from './record.ts';

const name = dnsName('example.com');
const ttlSeconds = 3600;
const mx = (text: string): Mx => {
  const [preference, exchange] = text.split(' ');
  return {
    preference: Number(preference),
    exchange: exchange === '.' ? nullMx.exchange : dnsName(`${exchange}.example.com`),
  };
};
const list = (text: string): readonly Mx[] => (text === '' ? [] : text.split(', ').map(mx));
const liveMx = (text: string): Live<'MX'> => (text === '' ? absent(name, 'MX') : setOf(name, 'MX', ...list(text)));
const propose = (wanted: string, there: string, alone = false) =>
  proposeMx({ name, exchanges: list(wanted), alone, ttlSeconds }, liveMx(there));

test('exchanges are compared by the order in which senders try them', () => {
  for (const [wanted, there, expected, loses] of [
    ['10 a', '', 'change absent', []],
    ['10 a, 20 b', '20 b, 10 a', 'keep equal', []],
    ['10 a, 20 b', '1 a, 5 b', 'keep equivalent', []],
    ['10 a, 10 b', '5 a, 5 b', 'keep equivalent', []],
    ['10 a, 10 b', '5 a, 6 b', 'change conflicting', ['5 a', '6 b']],
    ['10 a, 20 b', '20 a, 10 b', 'change conflicting', ['20 a', '10 b']],
    ['10 a', '10 a, 20 b', 'keep superset', []],
    ['10 a', '10 a, 20 a', 'keep equivalent', []],
    ['10 a, 20 b', '10 a, 30 a, 20 b', 'keep equivalent', []],
    ['10 a, 20 b', '5 a', 'change weaker', []],
    ['10 a', '10 b', 'change conflicting', ['10 b']],
    ['10 a, 20 b', '10 a, 20 c', 'change conflicting', ['20 c']],
    ['10 a', '0 .', 'change conflicting', ['0 .']],
    ['10 a', '10 a, 0 .', 'change conflicting', ['0 .']],
    ['0 .', '10 a', 'change conflicting', ['10 a']],
    ['0 .', '0 .', 'keep equal', []],
    ['0 ., 10 a', '10 a', 'blocked', []],
    ['', '10 a', 'blocked', []],
  ] as const) {
    const proposal = propose(wanted, there);
    assert.equal(summary(proposal), expected, `${wanted} over ${there}`);
    const short = (proposal.kind === 'change' ? proposal.loses : []).map((text) =>
      text.replace(/(\.example\.com)?\.$/, ''),
    );
    assert.deepEqual(
      short,
      loses.map((text) => text.replace(/\.$/, '')),
      `${wanted} over ${there}`,
    );
  }
});

test('exchanges that have to be alone lose the others', () => {
  const proposal = changeOf(propose('10 a', '20 b, 10 a', true));
  assert.deepEqual([proposal.comparison, proposal.loses], ['conflicting', ['20 b.example.com.']]);
  assert.equal(proposal.notes.length, 1);
  assert.equal(summary(propose('10 a', '30 a', true)), 'keep equivalent');
});

test('an alias and an answer that did not come', () => {
  const want = { name, exchanges: list('10 a'), alone: false, ttlSeconds };
  const target = dnsName('example.net');
  assert.equal(summary(proposeMx(want, alias(name, target, 'MX', list('10 a')))), 'keep equal');
  assert.equal(summary(proposeMx(want, alias(name, target, 'MX', list('10 b')))), 'blocked');
  assert.equal(summary(proposeMx(want, unknown(name, 'MX'))), 'blocked');
});

const exchange = fc.constantFrom('a', 'b', 'c', 'd').map((host) => dnsName(`${host}.example.com`));
const record = fc.record({ preference: fc.constantFrom(0, 10, 20, 30), exchange }, { noNullPrototype: true });

test('any exchanges: wanted ones stand afterwards in their order, and hosts that go are named', () => {
  const wanted = fc.array(record, { minLength: 1, maxLength: 4 });
  const there = fc.array(fc.oneof({ weight: 6, arbitrary: record }, fc.constant(nullMx)), { maxLength: 4 });
  fc.assert(
    fc.property(wanted, there, fc.boolean(), (exchanges, data, alone) => {
      const live = data.length > 0 ? setOf(name, 'MX', ...data) : absent(name, 'MX');
      const want = { name, exchanges, alone, ttlSeconds };
      const after = settled((at) => proposeMx(want, at), live);
      assert.ok(after);
      for (const mx of after.data) assert.deepEqual(parse(format(mx)), { kind: 'good', value: mx, problems: [] });
      const hosts = new Set(after.data.map((mx) => mx.exchange));
      for (const mx of exchanges) assert.ok(hosts.has(mx.exchange));
      assert.ok(!after.data.some(isNullMx));
      const proposal = proposeMx(want, live);
      const named = proposal.kind === 'change' ? proposal.loses : [];
      for (const mx of data) if (!hosts.has(mx.exchange)) assert.ok(named.includes(format(mx)));
    }),
  );
});

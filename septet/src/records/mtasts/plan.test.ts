import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  absent,
  alias,
  carriedOut,
  changeOf,
  liveTxt,
  settled,
  summary,
  texts,
  textsAfter,
  unknown,
} from '../../../test/live-sets.ts';
import { dnsName, type DnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import { nullMx } from '../mx/record.ts';
import { comparePolicy, proposeRecord, uncoveredBy, wantedPolicy } from './plan.ts';
import { formatPolicy, matches, parsePolicy, type MtaStsPolicy, type MxPattern } from './policy.ts';
import { parse } from './record.ts';

const name = dnsName('_mta-sts.example.com');
const host = (text: string): DnsName => dnsName(text);
const a = host('a.example.com');
const b = host('b.example.com');
const now = Date.parse('2026-11-23T12:00:00Z');
const want = { name, changed: false, now, ttlSeconds: 3600 };
const isOurs = (text: string): boolean => parse(text).kind !== 'other';

const pattern = (text: string): MxPattern =>
  text.startsWith('*.') ? { wildcard: true, name: host(text.slice(2)) } : { wildcard: false, name: host(text) };
const policy = (mode: MtaStsPolicy['mode'], mx: string, maxAgeSeconds = 604_800): MtaStsPolicy => ({
  mode,
  mx: mx === '' ? [] : mx.split(' ').map(pattern),
  maxAgeSeconds,
  extensions: [],
});

test('the wanted policy names each exchange once and is kept for a week at first', () => {
  const exchanges = [
    { preference: 10, exchange: a },
    { preference: 20, exchange: b },
    { preference: 30, exchange: a },
  ];
  assert.deepEqual(wantedPolicy({ mode: 'testing', exchanges }), policy('testing', `${a} ${b}`));
  assert.deepEqual(wantedPolicy({ mode: 'enforce', exchanges: [a] }), policy('enforce', a));
  assert.deepEqual(
    wantedPolicy({ mode: 'enforce', exchanges: [a], maxAgeSeconds: 86_400 }),
    policy('enforce', a, 86_400),
  );
  assert.deepEqual(wantedPolicy({ mode: 'none', exchanges: [a] }), policy('none', '', 86_400));
  assert.deepEqual(wantedPolicy({ mode: 'enforce', exchanges: [nullMx] }), policy('none', '', 86_400));
});

test('a served policy is compared by what senders do', () => {
  const wanted = policy('testing', `${a} ${b}`);
  for (const [live, expected] of [
    [undefined, 'absent'],
    [wanted, 'equal'],
    [policy('testing', `${b} ${a}`), 'equivalent'],
    [{ ...wanted, extensions: [{ key: 'x', value: 'y' }] }, 'equivalent'],
    [policy('testing', '*.example.com'), 'superset'],
    [policy('enforce', `${a} ${b}`), 'superset'],
    [policy('testing', `${a} ${b}`, 2_592_000), 'superset'],
    [policy('testing', `${a} ${b} c.example.com`), 'superset'],
    [policy('testing', a), 'weaker'],
    [policy('none', ''), 'weaker'],
    [policy('testing', `${a} ${b}`, 86_400), 'weaker'],
    [policy('testing', `${a} c.example.com`), 'conflicting'],
    [policy('testing', '*.a.example.com'), 'conflicting'],
  ] as const) {
    assert.equal(comparePolicy(wanted, live), expected, JSON.stringify(live));
  }
  assert.equal(comparePolicy(policy('enforce', a), policy('testing', a)), 'weaker');
  assert.equal(comparePolicy(policy('none', '', 86_400), policy('enforce', a)), 'conflicting');
  assert.equal(comparePolicy(policy('none', '', 86_400), policy('none', '', 86_400)), 'equal');
  assert.equal(comparePolicy(policy('none', '', 86_400), policy('none', '', 604_800)), 'superset');
  const wild = policy('testing', '*.example.com');
  assert.equal(comparePolicy(wild, policy('testing', a)), 'weaker');
});

test('coverage follows the patterns, a star for one label', () => {
  const wild = policy('enforce', '*.example.com');
  assert.deepEqual(uncoveredBy(wild, [a, { preference: 10, exchange: b }, nullMx]), []);
  assert.deepEqual(uncoveredBy(wild, [host('x.a.example.com')]), ['x.a.example.com']);
  assert.deepEqual(uncoveredBy(policy('enforce', a), [a, b]), [b]);
  assert.deepEqual(uncoveredBy(policy('none', ''), [a, b]), []);
});

const exchange = fc.constantFrom(a, b, host('x.a.example.com'), host('mx.example.net'));

test('any wanted policy can be written, covers its exchanges, and equals itself', () => {
  const mode = fc.constantFrom('testing' as const, 'enforce' as const, 'none' as const);
  fc.assert(
    fc.property(mode, fc.array(exchange), (mode, exchanges) => {
      const wanted = wantedPolicy({ mode, exchanges });
      const parsed = parsePolicy(Buffer.from(formatPolicy(wanted)));
      assert.ok(parsed.kind === 'good');
      assert.equal(comparePolicy(wanted, parsed.value), 'equal');
      assert.deepEqual(uncoveredBy(parsed.value, exchanges), []);
    }),
  );
});

test('any two policies: what serves covers all that the wanted one covers', () => {
  const mode = fc.constantFrom('testing' as const, 'enforce' as const, 'none' as const);
  const mx = fc.array(fc.constantFrom('a.example.com', 'b.example.com', '*.example.com', 'mx.example.net'), {
    minLength: 1,
  });
  const any = fc
    .tuple(mode, mx, fc.constantFrom(86_400, 604_800))
    .map(([mode, mx, age]) => policy(mode, mode === 'none' ? '' : mx.join(' '), age));
  fc.assert(
    fc.property(any, any, exchange, (wanted, live, exchange) => {
      const comparison = comparePolicy(wanted, live);
      if (!['equal', 'equivalent', 'superset'].includes(comparison)) return;
      const covered = (policy: MtaStsPolicy): boolean => policy.mx.some((pattern) => matches(pattern, exchange));
      assert.ok(!covered(wanted) || covered(live));
      assert.ok(live.maxAgeSeconds >= wanted.maxAgeSeconds || wanted.mode === 'none');
    }),
  );
});

test('the record keeps a valid id while the policy stays, and gets a new one when it changes', () => {
  const fresh = changeOf(proposeRecord(want, absent(name, 'TXT')));
  assert.deepEqual(textsAfter(fresh), ['v=STSv1; id=20261123T120000;']);
  assert.equal(fresh.change.stamp, '20261123T120000');
  assert.equal(summary(proposeRecord(want, texts(name, 'v=STSv1; id=old1;'))), 'keep equal');
  assert.equal(summary(proposeRecord(want, texts(name, 'v=STSv1;id=old1'))), 'keep equivalent');
  assert.equal(summary(proposeRecord(want, texts(name, 'v=STSv1; id=old1; x=y;'))), 'keep superset');
  const changed = proposeRecord({ ...want, changed: true }, texts(name, 'token', 'v=STSv1; id=old1; x=y;'));
  assert.equal(summary(changed), 'change weaker');
  assert.deepEqual(textsAfter(changed), ['token', 'v=STSv1; id=20261123T120000; x=y;']);
  const bad = changeOf(proposeRecord(want, texts(name, 'v=STSv1; id=2026-11-23;')));
  assert.deepEqual([bad.comparison, bad.loses], ['conflicting', ['v=STSv1; id=2026-11-23;']]);
  const two = changeOf(proposeRecord(want, texts(name, 'v=STSv1; id=1;', 'v=STSv1; id=2;')));
  assert.deepEqual([two.comparison, two.loses.length, textsAfter(two).length], ['conflicting', 2, 1]);
  assert.equal(summary(proposeRecord(want, unknown(name, 'TXT'))), 'blocked');
  const target = host('_mta-sts.example.net');
  const behind = alias(name, target, 'TXT', [{ strings: ['v=STSv1; id=9;'] }]);
  assert.equal(summary(proposeRecord(want, behind)), 'keep equal');
  assert.equal(summary(proposeRecord({ ...want, changed: true }, behind)), 'blocked');
});

test('an id of our own tells for which policy it stands', () => {
  const testing = wantedPolicy({ mode: 'testing', exchanges: [a, b] });
  const at = (policy: MtaStsPolicy, later = 0) => ({ name, policy, now: now + later, ttlSeconds: 60 });
  const first = changeOf(proposeRecord(at(testing), absent(name, 'TXT')));
  assert.match(textsAfter(first)[0] ?? '', /^v=STSv1; id=20261123T120000P[0-9a-f]{8};$/);
  assert.equal(first.change.stamp, '20261123T120000');
  const live = carriedOut(first.change, 'TXT');
  const reordered = wantedPolicy({ mode: 'testing', exchanges: [b, a] });
  assert.equal(summary(proposeRecord(at(reordered, 9000), live)), 'keep equal');
  const enforced = wantedPolicy({ mode: 'enforce', exchanges: [a, b] });
  assert.equal(summary(proposeRecord(at(enforced, 9000), live)), 'change weaker');
  assert.equal(summary(proposeRecord(at(enforced), texts(name, 'v=STSv1; id=old1;'))), 'keep equal');
});

test('any TXT set: one readable record stands afterwards', () => {
  const own = fc.constantFrom(
    'v=STSv1; id=1;',
    'v=STSv1;id=abc;x=y',
    'v=STSv1; id=20261123T120000;',
    'v=STSv1; id=a-b;',
    'v=stsv1; id=1',
    'v=STSv1',
  );
  fc.assert(
    fc.property(liveTxt(name, own), fc.boolean(), (live, changed) => {
      const after = settled((at) => proposeRecord({ ...want, changed }, at), live, isOurs);
      const ours = (after?.data ?? []).map(txtText).filter(isOurs);
      assert.equal(ours.length, 1);
      const parsed = parse(ours[0] ?? '');
      assert.ok(parsed.kind === 'good');
      if (changed) assert.equal(parsed.value.id, '20261123T120000');
    }),
  );
});

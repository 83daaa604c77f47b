import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../change/change.ts';
import { txtOf } from '../change/txt.ts';
import { dnsName } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { HostLimits } from '../plan/limits.ts';
import { hostLimits } from './limits.ts';
import { pendingChanges, refusal } from './pending.ts';

const zone = dnsName('example.com');
const limits = hostLimits['bind'] as HostLimits;
const name = dnsName('_dmarc.example.com');
const txt = (ttlSeconds: number, ...texts: readonly string[]): RrSet<'TXT'> => ({
  name,
  type: 'TXT',
  ttlSeconds,
  data: texts.map(txtOf),
});
const cname: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds: 60, data: [zone] };
const change = (before: RrSet | undefined, after: RrSet | undefined): Change => ({
  name,
  type: (after ?? before)?.type ?? 'TXT',
  ...(before && { before }),
  ...(after && { after }),
});

const outcome = (changes: readonly Change[], live: readonly RrSet[]): string => {
  const found = pendingChanges(changes, live);
  return found.kind === 'fault' ? found.reason : String(found.pending.length);
};

for (const [what, changes, live, expected] of [
  ['nothing there, and something wanted', [change(undefined, txt(60, 'a'))], [], '1'],
  ['it is there already', [change(undefined, txt(60, 'a'))], [txt(60, 'a')], '0'],
  ['it is there with another TTL', [change(undefined, txt(60, 'a'))], [txt(90, 'a')], '1'],
  ['only the TTL is to change', [change(txt(60, 'a'), txt(90, 'a'))], [txt(60, 'a')], '1'],
  ['what was seen has another TTL by now', [change(txt(7, 'a'), txt(60, 'b'))], [txt(60, 'a')], '1'],
  ['the members stand in another order', [change(txt(60, 'a', 'b'), txt(60, 'c'))], [txt(60, 'b', 'a')], '1'],
  ['somebody put something there', [change(undefined, txt(60, 'a'))], [txt(60, 'b')], 'changed'],
  ['somebody added a member', [change(txt(60, 'a'), txt(60, 'c'))], [txt(60, 'a', 'b')], 'changed'],
  ['somebody removed it', [change(txt(60, 'a'), txt(60, 'c'))], [], 'changed'],
  ['it is gone as it should be', [change(txt(60, 'a'), undefined)], [], '0'],
  ['a CNAME stands there', [change(undefined, txt(60, 'a'))], [cname], 'rejected'],
  ['a CNAME is wanted where a text stands', [change(undefined, cname)], [txt(60, 'a')], 'rejected'],
  [
    'the text makes way for the CNAME',
    [change(txt(60, 'a'), undefined), change(undefined, cname)],
    [txt(60, 'a')],
    '2',
  ],
] as const) {
  test(`${what}: ${expected}`, () => assert.equal(outcome(changes, live), expected));
}

test('strings that are cut differently are the same text', () => {
  const cut: RrSet<'TXT'> = { ...txt(60), data: [{ strings: ['v=spf1', ' -all'] }] };
  assert.equal(outcome([change(txt(60, 'v=spf1 -all'), txt(60, 'x'))], [cut]), '1');
  const found = pendingChanges([change(txt(60, 'v=spf1 -all'), txt(60, 'x'))], [cut]);
  assert.deepEqual(found.kind === 'pending' && found.pending[0]?.live, cut, 'the strings that stand there');
});

test('after the changes are made none is pending', () => {
  const sets = fc.option(fc.array(fc.string({ unit: 'binary-ascii', maxLength: 4 }), { minLength: 1, maxLength: 3 }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(sets, sets, (before, after) => {
      fc.pre(before !== undefined || after !== undefined);
      const one = change(before && txt(60, ...before), after && txt(60, ...after));
      assert.equal(outcome([one], one.after ? [one.after] : []), '0');
    }),
  );
});

for (const [what, one, said] of [
  ['another zone', { ...change(undefined, txt(60, 'a')), name: dnsName('example.org') }, /not in the zone/],
  ['the SOA', { name: zone, type: 'SOA' }, /belongs to the host/],
  ['the NS at the top', { name: zone, type: 'NS' }, /belongs to the host/],
  ['two CNAMEs at one name', change(undefined, { ...cname, data: [zone, name] }), /one CNAME only/],
  ['a TTL of 32 bits', change(undefined, txt(2 ** 31, 'a')), /TTL/],
] as const) {
  test(`refused without looking: ${what}`, () => {
    const fault = refusal(zone, [one], limits);
    assert.equal(fault?.reason, 'rejected');
    assert.match(fault?.detail ?? '', said);
  });
}

test('a CNAME and a text wanted at one name are refused together', () => {
  assert.match(
    refusal(zone, [change(undefined, cname), change(undefined, txt(60, 'a'))], limits)?.detail ?? '',
    /at once/,
  );
  assert.equal(refusal(zone, [change(undefined, cname), change(txt(60, 'a'), undefined)], limits), undefined);
});

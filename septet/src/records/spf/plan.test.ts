import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { liveOf } from '../../change/change.ts';
import { dnsName } from '../../dns/name.ts';
import { txtText, type RrSet } from '../../dns/rrset.ts';
import type { MergeNeed } from './merge.ts';
import { proposeSpf, type SpfProposal, type SpfWant } from './plan.ts';
import { lookupForPlan, lookupsNeeded } from './plan-lookup.ts';

const name = dnsName('example.com');
const others = `
_spf.mailer.example. TXT "v=spf1 ip4:198.51.100.0/24 include:more.mailer.example ~all"
more.mailer.example. TXT "v=spf1 ip4:203.0.113.0/29 ~all"
old.mailer.example. TXT "v=spf1 ip4:198.51.100.0/25 ~all"
older.mailer.example. TXT "v=spf1 ip4:198.18.0.0/25 ~all"
rest.example. TXT "v=spf1 ip4:198.18.7.0/24 -all"
empty.example. TXT "nothing"
big.example. TXT "v=spf1 a:b0.example a:b1.example a:b2.example a:b3.example a:b4.example a:b5.example a:b6.example a:b7.example a:b8.example ~all"
${Array.from({ length: 9 }, (_, k) => `b${k}.example. A 198.18.9.${k}`).join('\n')}
`;

interface Wanted extends Partial<SpfWant> {
  readonly add?: readonly string[];
  readonly failures?: readonly FailingQuestion[];
}

async function propose(zone: string, { add = [], failures = [], ...want }: Wanted = {}): Promise<SpfProposal> {
  const world = zoneWorld(`${zone}\n${others}`, { failures });
  const needs: readonly MergeNeed[] = want.needs ?? [{ mechanisms: add, retired: [] }];
  const live = liveOf('TXT', await world.resolver.query(name, 'TXT'));
  const observed = await lookupForPlan(world, name, needs, live);
  return proposeSpf({ name, all: 'ramp', alone: false, ttlSeconds: 600, ...want, needs }, live, observed);
}
const record = (text: string): string => `example.com. 300 TXT "${text}"`;
function textOf(proposal: SpfProposal): string {
  if (proposal.kind === 'blocked') return `blocked: ${proposal.why}`;
  if (proposal.kind === 'keep') return `keep ${proposal.comparison}`;
  return (proposal.change.after as RrSet<'TXT'>).data
    .map(txtText)
    .filter((text) => text.startsWith('v=spf1'))
    .join(' | ');
}

const cases: readonly (readonly [title: string, zone: string, want: Wanted, expected: string])[] = [
  [
    'no record',
    'example.com. TXT "hello"',
    { add: ['ip4:192.0.2.10', 'include:_spf.mailer.example'] },
    'v=spf1 ip4:192.0.2.10 include:_spf.mailer.example ~all',
  ],
  ['no name at all', '', { add: ['ip4:192.0.2.10'] }, 'v=spf1 ip4:192.0.2.10 ~all'],
  [
    'a name of its own',
    '',
    { add: ['include:_spf.mailer.example'], alone: true },
    'v=spf1 include:_spf.mailer.example -all',
  ],
  ['a wanted end', '', { add: ['mx'], all: '?' }, 'v=spf1 mx ?all'],
  [
    'every live term stays in its order',
    record('v=spf1 mx a:b0.example ip4:192.0.2.1 -all exp=why.example.com'),
    { add: ['include:_spf.mailer.example'] },
    'v=spf1 mx a:b0.example ip4:192.0.2.1 include:_spf.mailer.example -all exp=why.example.com',
  ],
  [
    'the same include',
    record('v=spf1 include:_SPF.mailer.example -all'),
    { add: ['include:_spf.mailer.example'] },
    'keep superset',
  ],
  [
    'the same record',
    record('v=spf1 include:_spf.mailer.example ~all'),
    { add: ['include:_spf.mailer.example'] },
    'keep equal',
  ],
  [
    'another order',
    record('v=spf1 ip4:192.0.2.1 include:_spf.mailer.example ~all'),
    { add: ['include:_spf.mailer.example', 'ip4:192.0.2.1'] },
    'keep equivalent',
  ],
  [
    'more than wanted',
    record('v=spf1 mx include:_spf.mailer.example ~all'),
    { add: ['include:_spf.mailer.example'] },
    'keep superset',
  ],
  [
    'nested further in',
    record('v=spf1 include:_spf.mailer.example ~all'),
    { add: ['include:more.mailer.example'] },
    'keep superset',
  ],
  [
    'an address within a live network',
    record('v=spf1 ip4:192.0.2.0/24 ~all'),
    { add: ['ip4:192.0.2.10'] },
    'keep superset',
  ],
  [
    'an address behind a term with a macro',
    record('v=spf1 exists:%{i}.l.example ip4:192.0.2.10 ~all'),
    { add: ['ip4:192.0.2.10'] },
    'keep superset',
  ],
  [
    'an include whose networks the owner lists',
    record('v=spf1 ip4:203.0.113.0/28 ~all'),
    { add: ['include:more.mailer.example'] },
    'keep superset',
  ],
  [
    'an include whose networks another service happens to have',
    record('v=spf1 include:_spf.mailer.example ~all'),
    { add: ['include:old.mailer.example'] },
    'v=spf1 include:_spf.mailer.example include:old.mailer.example ~all',
  ],
  [
    'an old name goes for the new',
    record('v=spf1 mx include:old.mailer.example a:b0.example ~all'),
    { needs: [{ mechanisms: ['include:_spf.mailer.example'], retired: ['old.mailer.example'] }] },
    'v=spf1 mx include:_spf.mailer.example a:b0.example ~all',
  ],
  [
    'redirect= stays behind what is new',
    record('v=spf1 redirect=rest.example'),
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 ip4:192.0.2.10 redirect=rest.example',
  ],
  [
    'redirect= already leads there',
    record('v=spf1 redirect=rest.example'),
    { add: ['ip4:198.18.7.7'] },
    'keep superset',
  ],
  ['no end: ~all with ramp', record('v=spf1 mx'), { add: ['ip4:192.0.2.10'] }, 'v=spf1 mx ip4:192.0.2.10 ~all'],
  ['no end: none with keep', record('v=spf1 mx'), { add: ['ip4:192.0.2.10'], all: 'keep' }, 'v=spf1 mx ip4:192.0.2.10'],
  ['never looser', record('v=spf1 mx -all'), { add: ['ip4:192.0.2.10'], all: '~' }, 'v=spf1 mx ip4:192.0.2.10 -all'],
  ['stricter when asked', record('v=spf1 mx ~all'), { all: '-' }, 'v=spf1 mx -all'],
  [
    'macros and ptr stay',
    record('v=spf1 ptr exists:%{i}.l.example include:%{d}.x.example ~all'),
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 ptr exists:%{i}.l.example include:%{d}.x.example ip4:192.0.2.10 ~all',
  ],
  [
    'before a term that would decide against it',
    record('v=spf1 mx -ip4:192.0.2.0/24 -all'),
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 mx ip4:192.0.2.10 -ip4:192.0.2.0/24 -all',
  ],
  [
    'in the place of the same with another qualifier',
    record('v=spf1 ?include:_spf.mailer.example -all'),
    { add: ['include:_spf.mailer.example'] },
    'v=spf1 include:_spf.mailer.example -all',
  ],
  [
    'before an include that is an error',
    record('v=spf1 include:empty.example -all'),
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 ip4:192.0.2.10 include:empty.example -all',
  ],
  [
    'a syntax error is mended',
    record('v=spf1 ip4=192.0.2.1 include: rest.example -all'),
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 ip4:192.0.2.1 include:rest.example ip4:192.0.2.10 -all',
  ],
  [
    'two records',
    `${record('v=spf1 mx -all')}\n${record('v=spf1 include:rest.example ~all')}`,
    { add: ['ip4:192.0.2.10'] },
    'v=spf1 mx include:rest.example ip4:192.0.2.10 ~all',
  ],
];
for (const [title, zone, want, expected] of cases)
  test(`SPF plan: ${title}`, async () => assert.equal(textOf(await propose(zone, want)), expected));

const stops: readonly (readonly [title: string, zone: string, want: Wanted, why: RegExp, cure: RegExp])[] = [
  [
    'the name is not answered',
    record('v=spf1 mx -all'),
    { add: ['mx'], failures: [['example.com', 'TXT', 'servfail']] },
    /did not answer for the TXT records/,
    /Try again/,
  ],
  [
    'a live include is not answered',
    record('v=spf1 include:rest.example -all'),
    { add: ['ip4:192.0.2.1'], failures: [['rest.example', 'TXT', 'timeout']] },
    /did not answer for rest\.example/,
    /Try again/,
  ],
  [
    'a wanted include is not answered',
    '',
    { add: ['include:rest.example'], failures: [['rest.example', 'TXT', 'timeout']] },
    /did not answer for rest\.example/,
    /Try again/,
  ],
  [
    'what a wanted include includes is not answered',
    '',
    { add: ['include:_spf.mailer.example'], failures: [['more.mailer.example', 'TXT', 'timeout']] },
    /did not answer for more\.mailer\.example/,
    /Try again/,
  ],
  [
    'a wanted include has no record',
    record('v=spf1 mx -all'),
    { add: ['include:empty.example'] },
    /leads to no valid SPF record, or to one/,
    /Compare the name/,
  ],
  [
    'eleven look-ups',
    record('v=spf1 include:big.example ~all'),
    { add: ['include:rest.example'] },
    /needs 11 look-ups, and receivers stop at 10/,
    /septet spf optimise example\.com.*septet spf flatten example\.com.*MAIL FROM name of its own/,
  ],
  [
    'three void look-ups',
    record('v=spf1 a:g1.example a:g2.example ~all'),
    { add: ['a:g3.example'] },
    /3 look-ups that find nothing/,
    /optimise/,
  ],
  [
    'an alias',
    'example.com. CNAME rest.example.',
    { add: ['ip4:192.0.2.1'] },
    /alias of rest\.example/,
    /Replace the CNAME/,
  ],
  [
    'what is wanted leads back',
    record('v=spf1 mx -all'),
    { add: ['include:example.com'] },
    /leads back to the record/,
    /Take the term out/,
  ],
  ['no mechanism', '', { add: ['-all'] }, /-all is not an SPF mechanism/, /Write it as/],
];
for (const [title, zone, want, why, cure] of stops)
  test(`SPF plan is blocked: ${title}`, async () => {
    const proposal = await propose(zone, want);
    assert.equal(proposal.kind, 'blocked', textOf(proposal));
    if (proposal.kind !== 'blocked') return;
    assert.match(proposal.why, why);
    assert.match(proposal.cure, cure);
  });

test('an unanswered include does not matter when nothing is to be added', async () => {
  const failures: readonly FailingQuestion[] = [['rest.example', 'TXT', 'timeout']];
  const proposal = await propose(record('v=spf1 ip4:192.0.2.1 include:rest.example -all'), {
    add: ['ip4:192.0.2.1'],
    failures,
  });
  assert.equal(proposal.kind, 'keep');
});

test('an alias that already leads to what is wanted is kept', async () => {
  assert.equal(textOf(await propose('example.com. CNAME rest.example.', { add: ['ip4:198.18.7.1'] })), 'keep superset');
});

test('other TXT records of the name stay, and the price is told', async () => {
  const proposal = await propose(
    `example.com. 300 TXT "proof=1"\n${record('v=spf1 mx -all')}\nexample.com. MX 10 b0.example.`,
    { add: ['include:_spf.mailer.example'] },
  );
  assert.equal(proposal.kind, 'change');
  if (proposal.kind !== 'change') return;
  assert.equal(proposal.comparison, 'weaker');
  assert.deepEqual((proposal.change.after as RrSet<'TXT'>).data.map(txtText), [
    'proof=1',
    'v=spf1 mx include:_spf.mailer.example -all',
  ]);
  assert.equal(proposal.change.after?.ttlSeconds, 600);
  assert.equal(proposal.change.before?.ttlSeconds, 300);
  assert.deepEqual(proposal.price, {
    lookupsBefore: 1,
    lookupsAfter: 3,
    voidsBefore: 0,
    voidsAfter: 0,
    octetsBefore: 14,
    octetsAfter: 42,
  });
  assert.deepEqual(proposal.loses, []);
  assert.match(proposal.notes.join(' '), /Kept from the live record: mx\./);
});

const losses: readonly (readonly [title: string, zone: string, want: Wanted, loses: readonly string[]])[] = [
  [
    'a refusal that no longer decides',
    record('v=spf1 -ip4:192.0.2.0/24 -all'),
    { add: ['ip4:192.0.2.10'] },
    ['-ip4:192.0.2.0/24'],
  ],
  [
    'an old name with addresses of its own',
    record('v=spf1 include:older.mailer.example -all'),
    { needs: [{ mechanisms: ['include:_spf.mailer.example'], retired: ['older.mailer.example'] }] },
    ['include:older.mailer.example'],
  ],
  [
    'an old name without',
    record('v=spf1 include:old.mailer.example -all'),
    { needs: [{ mechanisms: ['include:_spf.mailer.example'], retired: ['old.mailer.example'] }] },
    [],
  ],
  ['a broken text', record('v=spf1 mx; -all'), { add: ['ip4:192.0.2.1'] }, ['v=spf1 mx; -all']],
  ['+all', record('v=spf1 +all'), { all: '~' }, ['+all']],
  ['two records', `${record('v=spf1 mx -all')}\n${record('v=spf1 a ~all')}`, {}, []],
];
for (const [title, zone, want, loses] of losses)
  test(`what a person must agree to: ${title}`, async () => {
    const proposal = await propose(zone, want);
    assert.equal(proposal.kind, 'change', textOf(proposal));
    if (proposal.kind === 'change') assert.deepEqual(proposal.loses, loses);
  });

test('what has to be asked for a plan', () => {
  const needs = [
    { mechanisms: ['include:_spf.mailer.example', 'a', 'ip4:192.0.2.1', 'mx:b0.example', 'nonsense'], retired: [] },
  ];
  assert.deepEqual(lookupsNeeded(name, needs), ['_spf.mailer.example', 'example.com', 'b0.example']);
});

test('a record that gets long is published, and a person is told', async () => {
  const text = `v=spf1 ${Array.from({ length: 30 }, (_, k) => `ip4:192.0.2.${k * 2}`).join(' ')} -all`;
  const proposal = await propose(
    record(text.slice(0, 250))
      .replace('"v', `"v`)
      .replace(/ ip4:[^ ]*"$/, ' -all"'),
    { add: Array.from({ length: 20 }, (_, k) => `ip4:198.18.1.${k * 2}`) },
  );
  assert.equal(proposal.kind, 'change', textOf(proposal));
  if (proposal.kind === 'change') assert.match(proposal.notes.join(' '), /above 450 .* septet spf optimise/);
});

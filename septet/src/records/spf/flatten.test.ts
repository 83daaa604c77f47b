import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { flatten, notInRecord, type FlattenOptions, type Flattened } from './flatten.ts';
import type { Blocked } from './flatten-own.ts';
import { suggestFlatten } from './flatten-suggest.ts';
import { lookup, type SpfObservation } from './lookup.ts';
import { optimise, type Optimised } from './optimise.ts';
import { parse } from './record.ts';
import { split } from './split.ts';

const domain = dnsName('example.com');
const others = `
mail.example.com. A 192.0.2.10
mail.example.com. AAAA 2001:db8::10
mx1.example.com. A 192.0.2.11
example.com. A 192.0.2.10
example.com. MX 10 mx1.example.com.
_spf.mailer.example. 300 TXT "v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/25 include:more.mailer.example ~all"
more.mailer.example. 60 TXT "v=spf1 -ip4:203.0.113.7 ip4:203.0.113.0/29 ?all"
live.sales.example. TXT "v=spf1 ip4:198.18.0.0/24 exists:%{i}._spf.%{d} -all"
refuse.example. TXT "v=spf1 -exists:%{i}.bad.example ip4:198.19.0.0/24 -all"
some.example. TXT "v=spf1 a:mail.example.com include:_spf.mailer.example exp=why.%{d} ~all"
`;

async function see(text: string, failures: readonly FailingQuestion[] = []): Promise<SpfObservation> {
  return lookup(zoneWorld(`example.com. 300 TXT "${text}"\n${others}`, { failures }), domain, { neighbours: false });
}
async function flat(
  text: string,
  options: FlattenOptions = {},
  failures?: readonly FailingQuestion[],
): Promise<Flattened | Blocked> {
  return flatten(await see(text, failures), options);
}
const textOf = (result: Flattened | Optimised | Blocked): string =>
  result.kind === 'done' ? result.text : `blocked: ${result.why}`;

const flattened: readonly (readonly [title: string, before: string, after: string])[] = [
  ['hosts and exchanges', 'v=spf1 a mx -all', 'v=spf1 ip4:192.0.2.10/31 -all'],
  ['IPv6 too', 'v=spf1 a:mail.example.com ~all', 'v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 ~all'],
  ['a prefix behind a host', 'v=spf1 a:mail.example.com/24//64 ~all', 'v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/64 ~all'],
  [
    'what a nested record refuses first is not let pass, and neighbours are joined',
    'v=spf1 include:_spf.mailer.example -all',
    'v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/30 ip4:203.0.113.4/31 ip4:203.0.113.6 -all',
  ],
  [
    'the qualifier of the include',
    'v=spf1 ?include:more.mailer.example -all',
    'v=spf1 ?ip4:203.0.113.0/30 ?ip4:203.0.113.4/31 ?ip4:203.0.113.6 -all',
  ],
  [
    'a term with a macro moves up, its domain written out',
    'v=spf1 include:live.sales.example -all',
    'v=spf1 ip4:198.18.0.0/24 exists:%{i}._spf.live.sales.example -all',
  ],
  [
    'a refusal that depends on the message stays',
    'v=spf1 mx include:refuse.example -all',
    'v=spf1 ip4:192.0.2.11 include:refuse.example -all',
  ],
  [
    'the owner’s networks stay as they are written',
    'v=spf1 ip4:192.0.2.99 ip4:192.0.2.5 include:refuse.example mx -all',
    'v=spf1 ip4:192.0.2.99 ip4:192.0.2.5 include:refuse.example ip4:192.0.2.11 -all',
  ],
  [
    'redirect with the end of its record',
    'v=spf1 redirect=_spf.mailer.example',
    'v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/30 ip4:203.0.113.4/31 ip4:203.0.113.6 ~all',
  ],
  ['a host without address lets nobody pass', 'v=spf1 a:gone.example ip4:192.0.2.1 -all', 'v=spf1 ip4:192.0.2.1 -all'],
  [
    'an order with different qualifiers',
    'v=spf1 -ip4:192.0.2.10 a ip4:192.0.2.0/24 -all',
    'v=spf1 -ip4:192.0.2.10 ip4:192.0.2.0/24 -all',
  ],
  [
    'exp= and unknown modifiers stay',
    'v=spf1 mx exp=why.example.com x=y -all',
    'v=spf1 ip4:192.0.2.11 -all exp=why.example.com x=y',
  ],
  [
    'an include that is an error stays',
    'v=spf1 mx include:nothing.example -all',
    'v=spf1 ip4:192.0.2.11 include:nothing.example -all',
  ],
];

for (const [title, before, after] of flattened)
  test(`flatten: ${title}`, async () => {
    assert.equal(textOf(await flat(before)), after);
  });

test('flatten says what stays, where the networks come from, and the price', async () => {
  const result = await flat('v=spf1 a include:_spf.mailer.example include:refuse.example -all');
  assert.equal(result.kind, 'done');
  if (result.kind !== 'done') return;
  assert.deepEqual(result.flattened, ['a', 'include:_spf.mailer.example']);
  assert.equal(result.kept[0]?.term, 'include:refuse.example');
  assert.match(result.kept[0]?.why ?? '', /-exists:%\{i\}\.bad\.example .* depends on the message/);
  assert.deepEqual(
    result.sources.slice(1).map(({ name, type, ttlSeconds }) => `${name} ${type} ${ttlSeconds}`),
    ['_spf.mailer.example TXT 300', 'more.mailer.example TXT 60'],
  );
  assert.deepEqual([result.price.lookupsBefore, result.price.lookupsAfter], [5, 2]);
});

test('records and hosts that only refuse are sources too: when they change, the networks are out of date', async () => {
  const zone = `
example.com. 300 TXT "v=spf1 include:nested.example -all"
nested.example. 60 TXT "v=spf1 -a:bad.example ~include:worse.example ip4:192.0.2.0/24 -all"
bad.example. 30 A 192.0.2.7
worse.example. 90 TXT "v=spf1 ip4:192.0.2.8 -all"
`;
  const result = flatten(await lookup(zoneWorld(zone), domain, { neighbours: false }));
  assert.ok(result.kind === 'done');
  assert.deepEqual(result.sources.map(({ name, type, ttlSeconds }) => `${name} ${type} ${ttlSeconds}`).toSorted(), [
    'bad.example A 30',
    'nested.example TXT 60',
    'worse.example TXT 90',
  ]);
});

test('flatten: only what is named, and no more than is needed', async () => {
  const text = 'v=spf1 a mx include:_spf.mailer.example -all';
  assert.equal(textOf(await flat(text, { only: ['MX'] })), 'v=spf1 a ip4:192.0.2.11 include:_spf.mailer.example -all');
  const to3 = await flat(text, { toLookups: 3 });
  assert.equal(to3.kind === 'done' && to3.price.lookupsAfter, 3);
  const to9 = await flat(text, { toLookups: 9 });
  assert.equal(textOf(to9), text);
  const parsed = parse(text);
  assert.ok(parsed.kind === 'good');
  assert.deepEqual(
    notInRecord(parsed.value, domain, ['include:_SPF.mailer.example', 'a:example.com', 'mx:x.example']),
    ['mx:x.example'],
  );
});

const stops: readonly (readonly [
  title: string,
  text: string,
  failures: readonly FailingQuestion[],
  why: RegExp,
  unanswered: boolean,
])[] = [
  [
    'the record is not answered',
    'v=spf1 a -all',
    [['example.com', 'TXT', 'timeout']],
    /DNS did not answer for the SPF record/,
    true,
  ],
  [
    'an include is not answered',
    'v=spf1 include:_spf.mailer.example -all',
    [['more.mailer.example', 'TXT', 'servfail']],
    /more\.mailer\.example TXT/,
    true,
  ],
  [
    'a host is not answered',
    'v=spf1 a:mail.example.com -all',
    [['mail.example.com', 'AAAA', 'timeout']],
    /mail\.example\.com AAAA/,
    true,
  ],
  ['a syntax error', 'v=spf1 ip4:1.2.3 -all', [], /syntax error/, false],
  ['a loop', 'v=spf1 include:example.com -all', [], /leads back/, false],
  ['no record', 'hello', [], /no SPF record/, false],
];
for (const [title, text, failures, why, unanswered] of stops)
  test(`nothing is changed when there is trouble: ${title}`, async () => {
    for (const result of [flatten(await see(text, failures)), optimise(await see(text, failures))]) {
      assert.equal(result.kind, 'blocked');
      if (result.kind !== 'blocked') continue;
      assert.match(result.why, why);
      assert.equal(result.unanswered, unanswered);
    }
  });

const optimised: readonly (readonly [title: string, before: string, after: string])[] = [
  [
    'a and mx that are named as networks',
    'v=spf1 a mx ip4:192.0.2.10 ip4:192.0.2.11 -all',
    'v=spf1 ip4:192.0.2.10/31 -all',
  ],
  [
    'repetitions',
    'v=spf1 include:_spf.mailer.example mx include:_SPF.mailer.example -mx -all',
    'v=spf1 include:_spf.mailer.example mx -all',
  ],
  [
    'an include that another includes',
    'v=spf1 include:more.mailer.example include:_spf.mailer.example -all',
    'v=spf1 include:_spf.mailer.example -all',
  ],
  ['what stands behind all', 'v=spf1 mx -all ip4:192.0.2.1 redirect=some.example', 'v=spf1 mx -all'],
  ['a host without address', 'v=spf1 a:gone.example mx -all', 'v=spf1 mx -all'],
  [
    'networks in networks',
    'v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.77 ip4:192.0.2.128/25 ~all',
    'v=spf1 ip4:192.0.2.0/24 ~all',
  ],
  [
    'networks are joined past includes that only let pass',
    'v=spf1 ip4:192.0.2.0/25 include:_spf.mailer.example ip4:192.0.2.128/25 ~all',
    'v=spf1 ip4:192.0.2.0/24 include:_spf.mailer.example ~all',
  ],
  [
    'an address that a service names today stays',
    'v=spf1 ip4:198.51.100.7 include:_spf.mailer.example ~all',
    'v=spf1 ip4:198.51.100.7 include:_spf.mailer.example ~all',
  ],
  [
    'an include that is an error stays',
    'v=spf1 include:nothing.example mx -all',
    'v=spf1 include:nothing.example mx -all',
  ],
  [
    'a refusal in front stays',
    'v=spf1 -ip4:192.0.2.11 mx ip4:192.0.2.0/24 -all',
    'v=spf1 -ip4:192.0.2.11 ip4:192.0.2.0/24 -all',
  ],
  ['nothing to gain', 'v=spf1 mx include:live.sales.example ~all', 'v=spf1 mx include:live.sales.example ~all'],
];
for (const [title, before, after] of optimised)
  test(`optimise: ${title}`, async () => assert.equal(textOf(optimise(await see(before))), after));

test('split fills the record first, then chains parts of up to 450 octets', () => {
  const networks = Array.from({ length: 70 }, (_, k) => `ip4:192.0.2.${2 * k}`);
  const { pieces, fits } = split(domain, `v=spf1 mx ${networks.join(' ')} ~all exp=why.example.com`);
  assert.ok(fits);
  assert.deepEqual(
    pieces.map((piece) => piece.name),
    ['example.com', '_spf1.example.com', '_spf2.example.com'],
  );
  for (const { name, text } of pieces) assert.ok(name.length + text.length <= 450);
  assert.match(
    pieces[0]?.text ?? '',
    /^v=spf1 mx ip4:192\.0\.2\.0 .* include:_spf1\.example\.com ~all exp=why\.example\.com$/,
  );
  assert.match(pieces[1]?.text ?? '', / include:_spf2\.example\.com -all$/);
  const all = pieces.flatMap((piece) => piece.text.split(' ').filter((word) => word.startsWith('ip4:')));
  assert.deepEqual(all, networks);
});

test('split goes round names that are in use, and takes those that hold the same', () => {
  const text = `v=spf1 ${Array.from({ length: 40 }, (_, k) => `ip4:192.0.2.${2 * k}`).join(' ')} ~all`;
  const first = split(domain, text);
  const part = first.pieces[1];
  assert.equal(part?.name, '_spf1.example.com');
  const taken = split(domain, text, { taken: new Map([[dnsName('_spf1.example.com'), 'v=spf1 -all']]) });
  assert.equal(taken.pieces[1]?.name, '_spf2.example.com');
  const same = split(domain, text, { taken: new Map([[dnsName('_spf1.example.com'), part?.text]]) });
  assert.deepEqual(same, first);
});

test('spf.flatten.suggest from 9 look-ups on', async () => {
  const parts = Array.from({ length: 9 }, (_, k) => `a${k}.example. A 198.51.100.${k}`);
  const of = async (count: number) => {
    const terms = Array.from({ length: count }, (_, k) => `a:a${k}.example`).join(' ');
    const world = zoneWorld(`example.com. TXT "v=spf1 ${terms} -all"\n${parts.join('\n')}`);
    return suggestFlatten(await lookup(world, domain, { neighbours: false }));
  };
  assert.equal(await of(8), undefined);
  const finding = await of(9);
  assert.equal(finding?.code, 'spf.flatten.suggest');
  assert.match(finding?.message ?? '', /costs 8 look-ups instead of 9/);
  assert.match(finding?.fix.text ?? '', /septet spf flatten example\.com --to 8/);
});

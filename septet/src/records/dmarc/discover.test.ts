/** Discovery by both generations; the numbered cases are the vectors of RFC 9989 §4.10 that readers have got wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FailingQuestion, zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Resolver } from '../../dns/resolver.ts';
import { check } from './check.ts';
import type { Discovery } from './discover.ts';
import { effectiveOf } from './effective.ts';
import { lookupDmarc, organisationalDomain } from './lookup.ts';
import { effectText, readAs7489, readAs9989 } from './readers.ts';
import { parse } from './record.ts';

interface Seen {
  readonly discovery: Discovery;
  /** Names asked by the walk, without `_dmarc.`. */
  readonly asked: readonly string[];
  readonly organisation: string;
  readonly policyAt: string;
}

async function see(domain: string, zone: string, failures: readonly FailingQuestion[] = []): Promise<Seen> {
  const observation = await lookupDmarc(zoneWorld(zone, { failures }), dnsName(domain), { probe: false });
  const { discovery } = observation;
  const { walk } = discovery;
  return {
    discovery,
    asked: walk.levels.map((level) => level.domain),
    organisation: walk.organisation.kind === 'known' ? walk.organisation.domain : 'unknown',
    policyAt: 'level' in walk.source ? walk.source.level.domain : walk.source.kind,
  };
}

const at = (name: string, text: string): string => `_dmarc.${name}. TXT "v=DMARC1; ${text}"\n`;

test('1: a record between the author and the organisational domain is not used', async () => {
  const seen = await see('a.b.d.test', at('b.d.test', 'p=reject') + at('d.test', 'p=none; sp=quarantine'));
  assert.deepEqual(seen.asked, ['a.b.d.test', 'b.d.test', 'd.test', 'test']);
  assert.equal(seen.organisation, 'd.test');
  assert.equal(seen.policyAt, 'd.test');
  assert.equal(effectText(effectiveOf(seen.discovery).new.domain), 'quarantine (sp)');
});

test('2: psd=n ends the walk and makes an organisational domain', async () => {
  const seen = await see('a.b.d.test', at('b.d.test', 'p=reject; psd=n') + at('d.test', 'p=none'));
  assert.deepEqual(seen.asked, ['a.b.d.test', 'b.d.test']);
  assert.equal(seen.discovery.walk.stoppedBy, 'psd=n');
  assert.equal(seen.organisation, 'b.d.test');
  assert.equal(seen.policyAt, 'b.d.test');
  // An old reader knows nothing of psd and asks where the list says.
  assert.equal(effectText(effectiveOf(seen.discovery).old.domain), 'none (p)');
});

test('3: a registry with psd=y puts the organisational domain one label below', async () => {
  const seen = await see('a.d.test', at('test', 'p=reject; sp=quarantine; np=reject; psd=y'));
  assert.equal(seen.organisation, 'd.test');
  assert.equal(seen.policyAt, 'test');
  assert.equal(seen.discovery.walk.source.kind, 'registry');
  const effective = effectiveOf(seen.discovery);
  assert.equal(effectText(effective.new.domain), 'quarantine (sp)');
  assert.equal(effectText(effective.new.ghost), 'reject (np)');
  assert.equal(effectText(effective.old.domain), 'no DMARC');
});

test('3: the record of the organisational domain goes before that of the registry', async () => {
  const seen = await see('a.d.test', at('test', 'p=reject; psd=y') + at('d.test', 'p=none'));
  assert.equal(seen.organisation, 'd.test');
  assert.equal(seen.policyAt, 'd.test');
});

test('4: psd=y at the author itself does not point one label below', async () => {
  const seen = await see('d.test', at('d.test', 'p=reject; psd=y') + at('test', 'p=none'));
  assert.deepEqual(seen.asked, ['d.test']);
  assert.equal(seen.organisation, 'd.test');
  assert.equal(seen.policyAt, 'd.test');
});

test('5: two records at one level count as none and the walk goes on', async () => {
  const seen = await see(
    'a.d.test',
    at('a.d.test', 'p=reject') + at('a.d.test', 'p=none') + at('d.test', 'p=quarantine'),
  );
  assert.equal(seen.discovery.walk.levels[0]?.outcome, 'several');
  assert.equal(seen.policyAt, 'd.test');
  // RFC 7489 §6.6.3 step 5 stops there.
  assert.equal(effectText(effectiveOf(seen.discovery).old.domain), 'no DMARC');
});

test('6: twelve labels cost eight questions and hide the middle', async () => {
  const name = 'a.b.c.d.e.f.g.h.i.j.k.test';
  const seen = await see(name, at('b.c.d.e.f.g.h.i.j.k.test', 'p=reject; psd=n') + at('k.test', 'p=none'));
  assert.deepEqual(seen.asked, [
    name,
    'f.g.h.i.j.k.test',
    'g.h.i.j.k.test',
    'h.i.j.k.test',
    'i.j.k.test',
    'j.k.test',
    'k.test',
    'test',
  ]);
  assert.equal(seen.policyAt, 'k.test');
  assert.equal(seen.discovery.walk.skipped.length, 4);
});

test('6: eight labels are asked one by one', async () => {
  const seen = await see('a.b.c.d.e.f.g.test', '');
  assert.equal(seen.asked.length, 8);
  assert.equal(seen.asked[1], 'b.c.d.e.f.g.test');
  assert.deepEqual(seen.discovery.walk.skipped, []);
});

test('7: records without psd count as psd=u', async () => {
  const seen = await see('a.d.test', at('a.d.test', 'p=none') + at('d.test', 'p=reject'));
  assert.deepEqual(seen.asked, ['a.d.test', 'd.test', 'test']);
  assert.equal(seen.organisation, 'd.test');
  assert.equal(seen.policyAt, 'a.d.test');
});

test('8: each identifier is walked from its own name', async () => {
  const world = zoneWorld(at('d.test', 'p=none') + at('y.d.test', 'p=none; psd=n'));
  const from = await organisationalDomain(world, dnsName('x.d.test'));
  const signer = await organisationalDomain(world, dnsName('y.d.test'));
  assert.deepEqual(from, { name: 'x.d.test', walk: 'd.test', list: 'd.test' });
  assert.deepEqual(signer, { name: 'y.d.test', walk: 'y.d.test', list: 'd.test' });
});

test('9: t=y lowers sp too', async () => {
  const seen = await see('x.d.test', at('d.test', 'p=none; sp=reject; t=y'));
  const effective = effectiveOf(seen.discovery);
  assert.equal(effectText(effective.new.domain), 'quarantine (sp, one level less because of t=y)');
  assert.equal(effectText(effective.old.domain), 'reject (sp)');
});

test('10: a wrong sp spoils the whole record', async () => {
  const withRua = effectiveOf((await see('d.test', at('d.test', 'p=reject; sp=rejct; rua=mailto:a@d.test'))).discovery);
  const without = effectiveOf((await see('d.test', at('d.test', 'p=reject; sp=rejct'))).discovery);
  for (const reader of ['new', 'old'] as const) {
    assert.equal(effectText(withRua[reader].domain), 'none (in place of a broken record)');
    assert.equal(effectText(without[reader].domain), 'no DMARC');
  }
});

test('11: without any record the start is its own organisational domain', async () => {
  const seen = await see('a.d.test', '');
  assert.equal(seen.organisation, 'a.d.test');
  assert.equal(seen.policyAt, 'none');
  assert.equal(seen.discovery.list.organisation, 'd.test');
});

test('12: a failed question in the walk leaves the policy unknown', async () => {
  const zone = at('d.test', 'p=reject');
  const seen = await see('a.d.test', zone, [['_dmarc.a.d.test', 'TXT', 'servfail']]);
  assert.equal(seen.policyAt, 'unknown');
  assert.equal(seen.organisation, 'unknown');
  assert.equal(effectText(effectiveOf(seen.discovery).new.domain), 'unknown');
  const above = await see('d.test', zone, [['_dmarc.test', 'TXT', 'timeout']]);
  assert.equal(above.policyAt, 'd.test');
  assert.equal(above.organisation, 'unknown');
});

test('below psd=y at the start, a sub-domain is an organisation of its own', async () => {
  const { discovery } = await see('d.test', at('d.test', 'p=reject; sp=quarantine; psd=y'));
  assert.equal(effectText(effectiveOf(discovery).new.existing), 'quarantine (sp)');
});

test('for sub-domains of a sub-domain the organisational domain decides', async () => {
  const { discovery } = await see(
    'a.d.test',
    at('a.d.test', 'p=reject; sp=reject') + at('d.test', 'p=none; np=quarantine'),
  );
  const effective = effectiveOf(discovery);
  assert.equal(effectText(effective.new.domain), 'reject (p)');
  assert.equal(effectText(effective.new.existing), 'none (p)');
  assert.equal(effectText(effective.new.ghost), 'quarantine (np)');
  assert.equal(effectText(effective.old.existing), 'none (p)');
});

test('a zone file without its registry still gives a verdict', async () => {
  const soa = 'd.test. SOA ns.d.test. host.d.test. 1 2 3 4 5\n';
  const { organisation, policyAt } = await see('d.test', soa + at('d.test', 'p=reject'));
  assert.equal(organisation, 'd.test');
  assert.equal(policyAt, 'd.test');
});

test('both readings of one record', () => {
  const cases: readonly (readonly [text: string, now: string, old: string])[] = [
    ['p=reject', 'reject (p) / reject (p) / reject (p)', 'reject (p) / reject (p) / reject (p)'],
    [
      'p=reject; sp=none; np=quarantine',
      'reject (p) / none (sp) / quarantine (np)',
      'reject (p) / none (sp) / none (sp)',
    ],
    [
      'p=quarantine; t=y; pct=10',
      'none (p, one level less because of t=y) / none (p, one level less because of t=y) / none (p, one level less because of t=y)',
      'quarantine for 10 of 100 messages, none for the rest (p) / quarantine for 10 of 100 messages, none for the rest (p) / quarantine for 10 of 100 messages, none for the rest (p)',
    ],
    [
      'p=reject; pct=0',
      'reject (p) / reject (p) / reject (p)',
      'quarantine (p=reject, but pct=0) / quarantine (p=reject, but pct=0) / quarantine (p=reject, but pct=0)',
    ],
    ['p=none; t=y; pct=50', 'none (p) / none (p) / none (p)', 'none (p) / none (p) / none (p)'],
    ['p=reject; np=x', 'no DMARC / no DMARC / no DMARC', 'reject (p) / reject (p) / reject (p)'],
  ];
  for (const [text, now, old] of cases) {
    const parsed = parse(`v=DMARC1; ${text}`);
    assert.equal(parsed.kind, 'good');
    if (parsed.kind !== 'good') continue;
    for (const [reading, expected] of [
      [readAs9989(parsed.value), now],
      [readAs7489(parsed.value), old],
    ] as const) {
      assert.equal([reading.domain, reading.existing, reading.ghost].map(effectText).join(' / '), expected, text);
    }
  }
});

test('the usual case asks nothing but the walk', async () => {
  const asked: string[] = [];
  const world = zoneWorld(at('d.test', 'p=reject; rua=mailto:a@d.test') + 'd.test. MX 10 mx.d.test.\n');
  const counting: Resolver = {
    query: (name, type, options) => {
      asked.push(`${name} ${type}`);
      return world.resolver.query(name, type, options);
    },
  };
  const counted = { ...world, resolver: counting };
  check(await lookupDmarc(counted, dnsName('d.test')), { now: 0, domain: dnsName('d.test'), sends: undefined });
  assert.deepEqual(asked, ['_dmarc.d.test TXT', '_dmarc.test TXT', 'd.test MX']);
  asked.length = 0;
  await lookupDmarc(counted, dnsName('none.example'), { probe: false });
  assert.deepEqual(asked, ['_dmarc.none.example TXT', '_dmarc.example TXT']);
});

test('a cancelled look-up rejects with the reason', async () => {
  const reason = new Error('stop');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(lookupDmarc(zoneWorld(''), dnsName('d.test'), { signal }), reason);
});

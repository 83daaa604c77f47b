/**
 * Real domains from what is seen to a plan: nothing that a plan proposes loses a sender, and nothing is proposed where
 * DNS did not answer. Once as `init` writes it, once with two senders more.
 */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { isPublicSuffix } from '../../src/dns/public-suffix.ts';
import type { Change } from '../../src/change/change.ts';
import { txtSet } from '../../src/change/txt.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import type { World } from '../../src/world/world.ts';
import { readDomains, readRealZones, realZone, spread, subdomains, type RealZone } from '../audit/real-zones.ts';
import { sharedData } from '../shared-data.ts';
import { zoneWorld } from '../zone-world.ts';
import { lossesOf } from './losses.ts';
import { moreSenders, planFromSeen, realWorld, sourceOf, wantedOf } from './real-plans.ts';
import { addPlan, classes, conflict, newTally, summary, type Tally } from './tally.ts';

let absent: string | false = false;
const note = { skip: (reason?: string) => (absent = reason ?? 'absent') };
const folder = sharedData(note, 'zones') ?? '';
const wildZone = sharedData(note, 'wild/root.zone') ?? '';
const wildDomains = sharedData(note, 'wild/domains.txt') ?? '';

const known: ReadonlySet<string> = new Set([...classes.map(({ name }) => name), conflict.name]);

/** Domains of wild at which something went wrong once. */
const hard: readonly DnsName[] = [
  'capaobonito.sp.gov.br', // an include of older instructions
  'dili.gov.tl', // ?include: of what is wanted
  'hantsport.ca', // an include behind all
  'marivelesbataan.gov.ph', // includes itself
  'rionegrinho.sc.gov.br', // -include: of who takes its mail
  'spechbach.de', // blanks inside terms
  'ulundi.gov.za', // terms behind a permerror
  'villedechapais.com', // a tab at the end
].map(dnsName);

suite('plans of real domains', { skip: absent, timeout: 60_000 }, () => {
  const zones: readonly RealZone[] = absent ? [] : readRealZones(folder);
  const world: World = realWorld(
    zones.map(({ zone }) => zone),
    absent ? undefined : realZone(wildZone).zone,
  );
  const apexes = zones.map(({ zone }) => zone.origin);
  const below = subdomains(zones);
  const wild = absent
    ? []
    : [...new Set([...hard, ...spread(readDomains(wildDomains), 500)])].filter(
        (name) => !isPublicSuffix(name, { icannOnly: true }),
      );

  async function judge(t: TestContext, domains: readonly DnsName[], more: boolean): Promise<Tally> {
    const tally = newTally();
    const losses: string[] = [];
    for (const domain of domains) {
      // oxlint-disable-next-line no-await-in-loop -- the zones answer at once
      const { plan, settings } = await planFromSeen(world, domain, more ? moreSenders : []);
      addPlan(tally, plan);
      for (const loss of lossesOf(sourceOf(world), plan, wantedOf(settings)))
        losses.push(`${domain} ${loss.step} ${loss.kind}: ${loss.text}`);
    }
    t.diagnostic(summary(tally));
    assert.deepEqual(losses, []);
    assert.deepEqual(
      [...tally.stopped.keys()].filter((name) => !known.has(name)),
      [],
      'every reason not to plan belongs to a class that is explained',
    );
    return tally;
  }

  test('the apex of every zone, as seen', async (t) => {
    const { domains, merges } = await judge(t, apexes, false);
    assert.equal(domains, 227);
    assert.equal(merges.get('extended'), undefined, 'what is seen wants nothing that is not there');
    assert.equal(merges.get('blocked'), undefined);
  });

  test('the apex of every zone, with two senders more', async (t) => {
    const { merges } = await judge(t, apexes, true);
    assert.ok((merges.get('extended') ?? 0) > 150);
  });

  test('names below them that own MX or TXT, as seen', async (t) => {
    const { merges } = await judge(t, below, false);
    assert.equal(merges.get('extended'), undefined);
  });

  test('names below them that own MX or TXT, with two senders more', async (t) => {
    await judge(t, below, true);
  });

  test('domains of wild, as seen', async (t) => {
    const { merges, domains } = await judge(t, wild, false);
    assert.ok((merges.get('kept') ?? 0) > domains * 0.8);
  });

  test('domains of wild, with two senders more', async (t) => {
    const { merges, domains } = await judge(t, wild, true);
    assert.ok((merges.get('extended') ?? 0) > domains * 0.7);
  });
});

const zone = `$ORIGIN shop.example.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ MX 10 mx1
@ TXT "v=spf1 ip4:192.0.2.0/24 include:spf.mail.shop.example -all"
@ TXT "proof=1"
spf.mail TXT "v=spf1 ip4:198.51.100.0/24 ~all"
s1._domainkey TXT "v=DKIM1; p=abc"
_dmarc TXT "v=DMARC1; p=reject; sp=quarantine"
news TXT "v=spf1 -all"
mx1 A 192.0.2.25
`;

function losing(
  name: string,
  type: 'TXT' | 'MX',
  texts: readonly string[],
  loses: readonly string[] = [],
): readonly string[] {
  const source: Source = sourceOf(zoneWorld(zone));
  const owner = dnsName(name);
  const stands = source(owner, type);
  const data = texts.flatMap((text) => txtSet(owner, 60, text).data);
  const change: Change = {
    name: owner,
    type,
    ...(stands?.kind === 'found' ? { before: stands.set } : {}),
    after:
      type === 'TXT'
        ? { name: owner, type, ttlSeconds: 60, data }
        : { name: owner, type, ttlSeconds: 60, data: [{ preference: 10, exchange: dnsName('mx2.shop.example') }] },
  };
  const step = { id: 'x', record: 'spf', status: { kind: 'ready' }, changes: [change], loses } as unknown as Step;
  const domain = dnsName(name.startsWith('_dmarc.news') ? 'news.shop.example' : 'shop.example');
  const plan = { domain, zone: dnsName('shop.example'), steps: [step] } as unknown as Plan;
  return [...new Set(lossesOf(source, plan, new Map([[owner, ['ip4:203.0.113.9']]])).map(({ kind }) => kind))];
}

test('the judge of losses does judge', () => {
  const at = 'shop.example';
  const whole = 'v=spf1 ip4:192.0.2.0/24 include:spf.mail.shop.example ip4:203.0.113.9 -all';
  assert.deepEqual(losing(at, 'TXT', [whole, 'proof=1']), []);
  assert.deepEqual(losing(at, 'TXT', [whole]), ['foreign']);
  assert.deepEqual(losing(at, 'TXT', [whole, 'proof=1'], ['v=spf1 …']), ['loses']);
  assert.deepEqual(losing(at, 'TXT', ['v=spf1 ip4:192.0.2.0/24 ip4:203.0.113.9 -all', 'proof=1']), ['spf']);
  assert.deepEqual(losing(at, 'TXT', [whole.replace('/24', '/25'), 'proof=1']), ['spf']);
  assert.deepEqual(losing(at, 'TXT', [whole.replace('ip4:203.0.113.9 ', ''), 'proof=1']), ['spf']);
  assert.deepEqual(losing(at, 'TXT', [whole.replace('-all', '+all'), 'proof=1']), ['stranger']);
  assert.deepEqual(losing(at, 'TXT', [whole, whole, 'proof=1']), ['spf']);
  assert.deepEqual(losing('s1._domainkey.shop.example', 'TXT', ['v=DKIM1; p=abd']), ['dkim']);
  assert.deepEqual(losing('s1._domainkey.shop.example', 'TXT', ['p=a b c']), []);
  assert.deepEqual(losing('_dmarc.shop.example', 'TXT', ['v=DMARC1; p=reject']), []);
  assert.deepEqual(losing('_dmarc.shop.example', 'TXT', ['v=DMARC1; p=reject; sp=none']), ['dmarc']);
  assert.deepEqual(losing('_dmarc.shop.example', 'TXT', ['v=DMARC1; p=reject; sp=quarantine; pct=99']), ['dmarc']);
  assert.deepEqual(losing('_dmarc.shop.example', 'TXT', ['v=DMARC1; p=reject; sp=quarantine; t=y']), ['dmarc']);
  assert.deepEqual(losing('_dmarc.news.shop.example', 'TXT', ['v=DMARC1; p=none']), ['inherited']);
  assert.deepEqual(losing('_dmarc.news.shop.example', 'TXT', ['v=DMARC1; p=quarantine']), []);
  assert.deepEqual(losing(at, 'MX', []), ['mx']);
  assert.deepEqual(losing('other.example', 'TXT', [whole]), ['unanswered', 'other', 'stranger']);
});

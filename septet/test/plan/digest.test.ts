/** The digest: equal for the same plan, different for another, blind to what means nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { txtText, type RrSet, type Txt } from '../../src/dns/rrset.ts';
import { makeZone } from '../../src/dns/zone.ts';
import { fitsDigest, sameChanges, shortDigest } from '../../src/plan/digest.ts';
import { zoneOf } from '../zone-world.ts';
import { planOf, stepOf, textsAfter, zoneText, type Scene } from './plan-world.ts';

const settings = `people: false
mx: [ 10 mail.example.com ]
senders: [ google-workspace ]
dmarc: { reports: dmarc@example.com }
mtaSts: {}
tlsReports: tls@example.com
`;
const live = `@ MX 20 old
@ TXT "v=spf1 ip4:9.9.9.1 ~all"
@ TXT "google-site-verification=abc"
_dmarc TXT "v=DMARC1; p=none"
_dmarc TXT "something else"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:other@example.com"
`;
const digestOf = async (scene: Partial<Scene>): Promise<string> =>
  (await planOf({ settings, zone: live, ...scene })).digest;

test('64 digits, the same a minute and a day later, ids of MTA-STS and all', async () => {
  const plan = await planOf({ settings, zone: live });
  assert.match(plan.digest, /^[0-9a-f]{64}$/);
  // Both steps of MTA-STS carry the time, the second one before and after.
  assert.match(textsAfter(plan, 'mtasts.enforce')[0] ?? '', /id=20261123T1200/);
  for (const later of [60_000, 86_400_000]) assert.equal(await digestOf({ later }), plan.digest);
});

test('the step after the one that was published does what was shown, although the clock went on', async () => {
  const first = await planOf({ settings, zone: live });
  const published = `${live}_mta-sts TXT "${textsAfter(first, 'mtasts.testing')[0]}"`;
  const url = 'https://mta-sts.example.com/.well-known/mta-sts.txt';
  const [work] = stepOf(first, 'mtasts.testing').outside ?? [];
  const pages = { [url]: { body: work?.kind === 'file' ? work.text : '' } };
  const second = await planOf({ settings, zone: published, pages, later: 90_000 });
  assert.equal(stepOf(second, 'mtasts.testing').status.kind, 'done');
  assert.ok(sameChanges(stepOf(first, 'mtasts.enforce').changes, stepOf(second, 'mtasts.enforce').changes));
  // Another policy under the same clock is another change.
  const other = await planOf({ settings: settings.replace('10 mail', '10 mx2'), zone: published, pages });
  assert.ok(!sameChanges(stepOf(first, 'mtasts.enforce').changes, stepOf(other, 'mtasts.enforce').changes));
});

test('the MX that a plan publishes changes none of its other steps', async () => {
  const first = await planOf({ settings, zone: '@ MX 20 other' });
  assert.equal(stepOf(first, 'mx').status.kind, 'waiting');
  const second = await planOf({ settings, zone: '@ MX 10 mail' });
  for (const id of ['mtasts.testing', 'mtasts.enforce']) {
    assert.ok(sameChanges(stepOf(first, id).changes, stepOf(second, id).changes), id);
  }
});

test('every RRset that is touched counts, by what stands there now', async () => {
  const digest = await digestOf({});
  const plan = await planOf({ settings, zone: live });
  const touched = new Set(plan.steps.flatMap((step) => step.changes.map((change) => `${change.name} ${change.type}`)));
  const lines: Readonly<Record<string, string>> = {
    'example.com MX': '@ MX 30 mail2',
    'example.com TXT': '@ TXT "another proof"',
    '_dmarc.example.com TXT': '_dmarc TXT "another text"',
    '_smtp._tls.example.com TXT': '_smtp._tls TXT "another text"',
    '_mta-sts.example.com TXT': '_mta-sts TXT "another text"',
  };
  assert.deepEqual([...touched].sort(), Object.keys(lines).sort());
  for (const [key, line] of Object.entries(lines)) {
    // oxlint-disable-next-line no-await-in-loop -- one world after the other
    assert.notEqual(await digestOf({ zone: `${live}${line}\n` }), digest, key);
  }
});

test('settings count where they change what is written', async () => {
  const digest = await digestOf({});
  assert.notEqual(await digestOf({ settings: `${settings}ttl: 600\n` }), digest);
  assert.notEqual(await digestOf({ settings: settings.replace('tls@', 'tls2@') }), digest);
  assert.equal(
    await digestOf({
      settings: `${settings}tracking: { host: track, target: app.example.net }\n`,
      zone: `${live}track CNAME app.example.net.`,
    }),
    digest,
  );
});

test('order of members, cuts of strings, TTLs of what stands and other names mean nothing', async () => {
  const digest = await digestOf({});
  const zone = zoneOf(zoneText(live));
  const sets = [...zone.records.values()].flatMap((types) => [...types.values()]);
  const turned = sets.map((set): RrSet => ({ ...set, data: [...set.data].reverse(), ttlSeconds: 77 }));
  const soa = sets.filter((set) => set.type === 'SOA');
  assert.equal(await digestOf({ zone: makeZone(zone.origin, [...turned, ...soa]) }), digest);
  const cut = sets.map((set): RrSet => {
    if (set.type !== 'TXT') return set;
    const data = (set.data as readonly Txt[]).map((txt) => ({ strings: [...txtText(txt)] }));
    return { ...(set as RrSet<'TXT'>), data };
  });
  assert.equal(await digestOf({ zone: makeZone(zone.origin, cut) }), digest);
  assert.equal(await digestOf({ zone: `${live}unrelated TXT "x"\n` }), digest);
});

test('a part of at least eight digits stands for the digest', async () => {
  const digest = await digestOf({});
  assert.ok(fitsDigest(shortDigest(digest), digest));
  assert.ok(fitsDigest(digest.slice(0, 8).toUpperCase(), digest));
  assert.ok(!fitsDigest(digest.slice(0, 7), digest));
  assert.ok(!fitsDigest('00000000', digest) || digest.startsWith('00000000'));
});

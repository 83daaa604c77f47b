/** What holds for every plan, whatever the settings and whatever stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sameData, type Change } from '../../src/change/change.ts';
import { isAtOrBelow } from '../../src/dns/name.ts';
import { txtText, type RrSet, type Txt } from '../../src/dns/rrset.ts';
import { makeZone, type Zone } from '../../src/dns/zone.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { rsaKey } from '../dkim-keys.ts';
import { zoneOf } from '../zone-world.ts';
import { madeOf, zoneText, type Scene } from './plan-world.ts';

const senders = [
  'google-workspace',
  'ses: { region: eu-west-1, tokens: [abcdefghijklmnopqrstuvwxyz234567, bbcdefghijklmnopqrstuvwxyz234567, cbcdefghijklmnopqrstuvwxyz234567], mailFrom: bounce }',
  'postfix: { ip: [198.51.100.30], selector: s1, helo: out.example.com }',
  'custom: { name: Shop, spf: [ "ip4:9.9.9.0/28", "include:old.example.net" ], dkim: [ { selector: s2, target: s2.dkim.example.net } ] }',
  'mailgun: { subdomain: mg, dkimZone: 9d876.dkim1.mailgun.com, tracking: email }',
  'brevo: { verification: "brevo-code:1a2b" }',
];
const maybe = (...texts: readonly string[]) => fc.constantFrom('', ...texts);

const settings = fc
  .record({
    people: fc.constantFrom('people: true\n', 'people: false\n'),
    mx: maybe('mx: [ 10 mail.example.com ]\n', 'mx: [ 5 mail.example.com, 10 mx.example.net ]\n', 'mx: none\n'),
    senders: fc.subarray(senders),
    spf: maybe('spf: { all: ramp }\n', 'spf: { all: -all }\n'),
    dmarc: maybe(
      'dmarc: { reports: dmarc@example.com }\n',
      'dmarc: { reports: x@reports.example.net, readers: 9989 }\n',
      'dmarc: { ramp: dedicated, sp: reject, reject: confirmed }\n',
      'dmarc: { ramp: [{ stage: none, days: 3 }, { stage: reject }] }\n',
    ),
    tracking: maybe('tracking: { host: track, target: app.example.net }\n'),
    mtaSts: maybe('mtaSts: {}\n', 'mtaSts: { mode: enforce, host: app.example.net }\n', 'mtaSts: { mode: none }\n'),
    tls: maybe('tlsReports: tls@example.com\n'),
    bimi: maybe('bimi: { logo: https://example.com/l.svg }\n'),
    ttl: maybe('ttl: 300\n'),
  })
  .map((parts) => {
    const list = parts.senders.map((sender) => `  - ${sender}\n`).join('');
    return Object.values({ ...parts, senders: list === '' ? '' : `senders:\n${list}` }).join('');
  });

const key = `"v=DKIM1; k=rsa; p=" "${rsaKey(1024)}"`;
/** Lines of a live zone that may stand together. */
const lines = fc
  .tuple(
    maybe('@ MX 10 mail', '@ MX 10 old.example.net.', '@ MX 0 .', '@ MX 10 mail\n@ MX 20 mail2'),
    maybe(
      '@ TXT "v=spf1 -all"',
      '@ TXT "v=spf1 include:old.example.net ?all"',
      '@ TXT "v=spf1 mx ~all"\n@ TXT "v=spf1 a -all"',
    ),
    maybe('@ TXT "foreign-1"', '@ TXT "foreign-1" "b"\n@ TXT "foreign-2"'),
    maybe(
      '_dmarc TXT "v=DMARC1; p=none"',
      '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:z@example.com"',
      '_dmarc TXT "v=DMARC1; p=quarantine; pct=20"',
      '_dmarc CNAME d.example.net.',
    ),
    maybe(
      '_dmarc.mg TXT "foreign-3"',
      '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:o@example.com"\n_smtp._tls TXT "foreign-4"',
    ),
    maybe(
      '_mta-sts TXT "v=STSv1; id=7"',
      '_mta-sts TXT "v=STSv1; id=7"\n_mta-sts TXT "foreign-5"',
      '_mta-sts TXT "broken"',
    ),
    maybe(`s1._domainkey TXT ${key}`, `s1._domainkey TXT "p="`, 's2._domainkey CNAME elsewhere.example.net.'),
    maybe(
      'bounce MX 10 other.example.net.',
      'bounce TXT "v=spf1 ip4:9.9.9.1 -all"\nbounce TXT "foreign-6"',
      'bounce CNAME other.example.net.',
    ),
    maybe('track CNAME other.example.net.', 'track A 9.9.9.1', 'out A 198.51.100.31', 'mg NS ns.example.net.'),
    maybe('* TXT "foreign-wild"', '* CNAME app.example.net.', '* A 9.9.9.3'),
    maybe('default._bimi TXT "v=BIMI1; l=https://example.com/old.svg"', 'mta-sts A 9.9.9.1'),
  )
  .map((parts) => parts.filter((part) => part !== '').join('\n'));

const ownKeys = { s1: `v=DKIM1; k=rsa; p=${rsaKey(2048, 2)}` };
const scenes = fc.record({ settings, zone: lines }).map(({ settings: text, zone }): Scene => ({
  settings: text,
  zone: zoneText(zone),
  others: ['$ORIGIN mg.example.com.\n$TTL 60\n@ SOA ns.example.net. h. 1 60 60 60 60\n@ NS ns.example.net.\n'].filter(
    () => zone.includes('mg NS'),
  ),
  ownKeys,
  pages: {},
}));

const runs = Number(process.env['SEPTET_TEST_RUNS'] ?? 150);
const check = (property: (scene: Scene) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(scenes, property), { numRuns: runs });

const keyOf = ({ name, type }: { readonly name: string; readonly type: string }): string => `${type} ${name}`;
const changesOf = (plan: Plan): readonly Change[] =>
  plan.steps.filter((step) => step.status.kind !== 'blocked').flatMap((step) => step.changes);

test('a step comes after every step that its gates name, and ids are unique', () =>
  check(async (scene) => {
    const { plan } = await madeOf(scene);
    const before = new Set<string>();
    for (const step of plan.steps) {
      for (const { gate } of step.gates) {
        if (gate.kind === 'visible') assert.ok(before.has(gate.step), `${step.id} before ${gate.step}`);
        if (gate.kind === 'elapsed') assert.ok(before.has(gate.since), `${step.id} before ${gate.since}`);
      }
      assert.ok(!before.has(step.id), `${step.id} twice`);
      before.add(step.id);
      if (step.status.kind === 'ready') assert.ok(step.gates.every(({ state }) => state === 'open'));
    }
  }));

test('nothing is changed outside the zone, nor below a delegation out of it', () =>
  check(async (scene) => {
    const { plan } = await madeOf(scene);
    const cut = typeof scene.zone === 'string' && scene.zone.includes('mg NS');
    for (const { name } of changesOf(plan)) {
      assert.ok(isAtOrBelow(name, plan.zone), name);
      if (cut) assert.ok(!name.endsWith('mg.example.com'), name);
    }
  }));

test('before is what stands, or what an earlier step leaves; texts of others survive; TTLs are those of the settings', () =>
  check(async (scene) => {
    const { plan } = await madeOf(scene);
    const zone = zoneOf(scene.zone as string);
    const standing = new Map(
      [...zone.records.values()].flatMap((types) => [...types.values()]).map((set) => [keyOf(set), set]),
    );
    for (const change of plan.steps.flatMap((step) => step.changes)) {
      assert.ok(
        sameData(change.before, standing.get(keyOf(change))),
        `${keyOf(change)}: ${JSON.stringify(change.before)}`,
      );
      assert.ok(!sameData(change.before, change.after), keyOf(change));
      const after = textsIn(change.after);
      for (const text of textsIn(change.before)) {
        if (text.startsWith('foreign')) assert.ok(after.includes(text), `${keyOf(change)} loses ${text}`);
      }
      if (change.after) standing.set(keyOf(change), change.after);
      assert.equal(change.after?.ttlSeconds, scene.settings.includes('ttl: 300') ? 300 : 3600);
    }
  }));

test('what gives up a record of others asks first', () =>
  check(async (scene) => {
    const { plan } = await madeOf(scene);
    for (const step of plan.steps) {
      if (step.loses.length === 0) continue;
      assert.ok(
        step.gates.some(({ gate, state }) => gate.kind === 'approved' && state === 'closed'),
        step.id,
      );
      assert.notEqual(step.status.kind, 'ready', step.id);
    }
  }));

test('when all is carried out, nothing is left to publish, and the plan after it is the same', () =>
  check(async (scene) => {
    const { plan } = await madeOf(scene);
    const zone = applied(zoneOf(scene.zone as string), changesOf(plan));
    const files = plan.steps.flatMap((step) => step.outside ?? []).filter((work) => work.kind === 'file');
    const last = files.at(-1);
    const pages = last ? { [last.url]: { body: last.text } } : {};
    const { plan: next } = await madeOf({ ...scene, zone, pages, later: 60_000 });
    const left = next.steps.filter((step) => step.changes.length > 0 && step.status.kind !== 'blocked');
    assert.deepEqual(
      left.map((step) => [step.id, step.changes]),
      [],
    );
    const blocked = (of: Plan) => of.steps.filter((step) => step.status.kind === 'blocked').map((step) => step.id);
    assert.deepEqual(
      blocked(next),
      blocked(plan).filter((id) => blocked(next).includes(id)),
    );
  }));

test('the digest does not know the clock', () =>
  check(async (scene) => {
    const [now, later] = await Promise.all([madeOf(scene), madeOf({ ...scene, later: 61_000 })]);
    assert.equal(now.plan.digest, later.plan.digest);
  }));

const textsIn = (set: RrSet | undefined): readonly string[] =>
  set?.type === 'TXT' ? (set.data as readonly Txt[]).map(txtText) : [];

function applied(zone: Zone, changes: readonly Change[]): Zone {
  const sets = new Map(
    [...zone.records.values()].flatMap((types) => [...types.values()]).map((set) => [keyOf(set), set]),
  );
  for (const change of changes) {
    if (change.after) sets.set(keyOf(change), change.after);
    else sets.delete(keyOf(change));
  }
  return makeZone(zone.origin, sets.values());
}

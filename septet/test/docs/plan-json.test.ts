/**
 * The JSON of plans and of where they stand holds to what `docs/json.md` says: an undocumented field fails, and so does a
 * documented field or variant that no situation here shows.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import { planSchema, statusSchema } from '../../scripts/plan-schemas.ts';
import { planValue } from '../../src/cli/plan/plan-json.ts';
import { dnsName } from '../../src/dns/name.ts';
import { journalPath, openJournal } from '../../src/store/files/journal-file.ts';
import { folder, jsonLines, within } from '../cli/program.ts';
import { rsaKey } from '../dkim-keys.ts';
import { planOf, zoneText, type Scene } from '../plan/plan-world.ts';
import { zoneWorldNow } from '../zone-world.ts';
import { contract } from './contract.ts';

const now = zoneWorldNow;
const minutes = 60_000;
const mailOnly = 'people: false\nmx: [ 10 mail.example.com ]\nsenders: [ custom: { spf: [ mx ] } ]\n';
const all = `people: false
mx: [ 10 mail.example.com ]
senders:
  - google-workspace
  - postfix: { ip: [198.51.100.10, 9.9.9.26], selector: s1 }
dmarc: { reports: [dmarc@example.com, x@reports.example.net] }
tracking: { host: track, target: app.example.net }
mtaSts: { mode: ramp }
tlsReports: tls@example.com
bimi: { logo: https://example.com/logo.svg, certificate: https://example.com/vmc.pem }`;
const tenMore = Array.from({ length: 10 }, (_, i) => `a${i}.example.net. A 9.9.8.${i}`).join('\n');

/** What the step `spf` does to a zone without the record. */
const spfAdded =
  (await planOf({ settings: mailOnly, zone: '@ MX 10 mail' })).steps.find(({ id }) => id === 'spf')?.changes ?? [];

/** Situation, scene, and what the JSON must show so that the situation is what it says it is. */
const scenes: Readonly<Record<string, readonly [scene: Scene, shows: RegExp]>> = {
  'an empty domain, everything wanted': [{ settings: all, zone: '' }, /"kind":"ready"/],
  'everything there': [
    {
      settings: 'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { ramp: [{ stage: none }] }',
      zone: '@ MX 10 mail\n@ TXT "v=spf1 ~all"\n_dmarc TXT "v=DMARC1; p=none"',
      servers: ['@ MX 10 mail\n@ TXT "v=spf1 ~all"\n_dmarc TXT "v=DMARC1; p=none"'],
    },
    /^(?!.*"kind":"(?:ready|waiting|blocked|outside)").*"visibility":\{"state":"open"/,
  ],
  'done, while caches still say otherwise': [
    {
      settings: mailOnly,
      zone: '@ MX 10 mail',
      servers: ['@ MX 10 mail'],
      resolvers: ['@ 1200 MX 10 old'],
    },
    /"visibility":\{"state":"closed","detail":"[^"]*","until":"2026-11-23T12:20:00\.000Z"\}/,
  ],
  'waiting until a time': [
    {
      settings: mailOnly,
      zone: '@ MX 10 mail\n@ TXT "v=spf1 mx ~all"',
      evidence: {
        published: new Map([['spf', { at: now - 20 * minutes, changes: spfAdded }]]),
        visibleSince: new Map([['spf', now - 5 * minutes]]),
      },
    },
    /"status":\{"kind":"waiting","until":"2026-11-23T12:05:00\.000Z"\}/,
  ],
  'blocked by a record of somebody else': [
    { settings: mailOnly, zone: '@ MX 10 mail\n_dmarc CNAME dmarc.example.net.\n@ TXT "v=spf1 ip4:9.9.9 -all"' },
    /"status":\{"kind":"blocked","why":"[^"]+","cure":"[^"]+"\}/,
  ],
  'a record to give up': [
    { settings: 'mx: [ 10 mail.example.com ]', zone: '@ MX 10 elsewhere.example.net.\nmail A 9.9.9.9' },
    /"loses":\["10 elsewhere\.example\.net\."\]/,
  ],
  'DNS does not answer': [
    {
      settings: all,
      failures: [
        ['example.com', 'TXT', 'timeout'],
        ['_dmarc.example.com', 'TXT', 'servfail'],
        ['26.9.9.9.in-addr.arpa', 'PTR', 'timeout'],
      ],
    },
    /"unanswered":true/,
  ],
  'the price of SPF': [
    { settings: 'senders: [ google-workspace ]', zone: '@ TXT "v=spf1 include:mailgun.org -all"' },
    /"price":\{"lookupsBefore":1,"lookupsAfter":2,/,
  ],
  'hosts whose reverse names are right, wrong and unknown': [
    {
      settings: 'senders: [ postfix: { ip: [9.9.9.26, 9.9.9.27, 9.9.9.28], selector: s1, helo: out.example.com } ]',
      zone: 'out A 9.9.9.26\nout A 9.9.9.27\nother A 9.9.9.27',
      others: [
        '26.9.9.9.in-addr.arpa. SOA ns. h. 1 2 3 4 5\n26.9.9.9.in-addr.arpa. PTR out.example.com.',
        '27.9.9.9.in-addr.arpa. SOA ns. h. 1 2 3 4 5\n27.9.9.9.in-addr.arpa. PTR other.example.com.',
      ],
      failures: [['28.9.9.9.in-addr.arpa', 'PTR', 'timeout']],
    },
    /"kind":"record","done":true,"who":"[^"]*","name":"26\.9\.9\.9\.in-addr\.arpa"/,
  ],
  'over the limit of look-ups': [
    {
      settings: 'senders: [ google-workspace ]',
      zone: `@ TXT "v=spf1 ${Array.from({ length: 10 }, (_, i) => `a:a${i}.example.net`).join(' ')} -all"`,
      others: [`example.net. SOA ns. h. 1 2 3 4 5\n${tenMore}`],
    },
    /"kind":"blocked","why":"[^"]*11 look-ups/,
  ],
  'a name with other letters': [
    {
      settings: 'mx: [ 10 mail.bücher.example ]',
      domain: 'bücher.example',
      zone: 'xn--bcher-kva.example. SOA ns. h. 1 2 3 4 5',
    },
    /^\{"version":1,"domain":"xn--bcher-kva\.example",.*"data":\["10 mail\.xn--bcher-kva\.example\."\]/,
  ],
};

test('plan: every situation, and every documented field in one of them', async (t) => {
  const plan = contract(planSchema);
  for (const [title, [scene, shows]] of Object.entries(scenes)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await t.test(title, async () => {
      const value = planValue(await planOf(scene));
      assert.match(JSON.stringify(value), shows);
      plan.holds(value);
    });
  }
  // Where the page of a policy does not answer, the gate says so.
  plan.shownWhole(['FileWork.unanswered']);
});

test('plan: data as a report has it, and lines of a zone file with the strings of a long text', async () => {
  const key = `v=DKIM1; k=rsa; p=${rsaKey(2048)}`;
  const made = planValue(
    await planOf({ settings: `senders: [ custom: { dkim: [{ selector: a, value: "${key}" }] } ]\nttl: 300` }),
  );
  const [first] = made.steps.find((step) => step.record === 'dkim')?.changes ?? [];
  assert.deepEqual(first?.after, {
    ttlSeconds: 300,
    data: [key],
    zone: [`a._domainkey.example.com. 300 IN TXT "${key.slice(0, 255)}" "${key.slice(255)}"`],
  });
});

const config = (settings: string): string => `domains:\n  example.com:\n${settings.replaceAll(/^/gm, '    ')}\n`;
const rootZone = '$ORIGIN .\n@ 60 SOA ns. h. 1 60 60 60 60\n';

async function configured(t: TestContext, zone: string, settings = mailOnly) {
  const file = await folder(t, {
    'septet.yaml': config(settings),
    'example.zone': zoneText(zone),
    'root.zone': rootZone,
  });
  const at = ['--config', file('septet.yaml'), '--zone', file('example.zone'), file('root.zone')];
  return { file, at };
}

test('plan: findings worst first, as in a report', async () => {
  const { findings } = planValue(
    await planOf({ settings: all, zone: '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject"' }),
  );
  const ranks = findings.map(({ severity }) => ['error', 'warning', 'info', 'ok'].indexOf(severity));
  assert.ok(new Set(ranks).size > 1, JSON.stringify(ranks));
  assert.deepEqual(ranks, ranks.toSorted());
});

test('plan --as json: the whole output, one domain and several', async (t) => {
  const plan = contract(planSchema);
  const { file, at } = await configured(t, '@ MX 10 mail', all);
  const one = await within(['plan', 'example.com', '--as', 'json', ...at]);
  assert.equal(one.code, 1);
  plan.holds(one.stdout);
  await writeFile(file('septet.yaml'), `${config(all)}  example.net: {}\n`);
  const lines = jsonLines((await within(['plan', '--as', 'json', ...at])).stdout);
  assert.equal(lines.length, 2);
  for (const line of lines) plan.holds(line);
});

test('docs/plan.schema.json allows fields that a later release adds, and asks for those of today', async () => {
  const place = path.resolve(import.meta.dirname, '../../../docs/plan.schema.json');
  const loose = z.fromJSONSchema(JSON.parse(readFileSync(place, 'utf8')));
  const value = planValue(await planOf({ settings: all, zone: '' }));
  assert.ok(loose.safeParse(JSON.parse(JSON.stringify({ ...value, later: 1 }))).success);
  assert.ok(!loose.safeParse(JSON.parse(JSON.stringify({ ...value, digest: undefined }))).success);
  assert.ok(!loose.safeParse(JSON.parse(JSON.stringify({ ...value, madeAt: 'today' }))).success);
});

test('status: done, waiting until a time, published, and cut off', async (t) => {
  const status = contract(statusSchema);
  const { file, at } = await configured(t, '@ MX 10 mail\n@ TXT "v=spf1 mx ~all"');
  const run = () => within(['status', 'example.com', '--format', 'json', ...at]);
  status.holds((await run()).stdout, 'without a journal');
  await writeFile(file('septet.yaml'), config(all));
  const trouble = await run();
  assert.match(trouble.stdout, /"status": "blocked"[^]*"status": "outside"|"status": "outside"[^]*"status": "blocked"/);
  status.holds(trouble.stdout, 'trouble');
  await writeFile(file('septet.yaml'), config(mailOnly));
  assert.equal(spfAdded.length, 1);
  const journal = await openJournal(journalPath(file('.septet'), dnsName('example.com')));
  const iso = (before: number): string => new Date(now - before * minutes).toISOString();
  const about = { host: 'rfc2136', changes: spfAdded };
  await journal.append({ kind: 'intent', at: iso(20), id: '1', step: 'spf', ...about });
  await journal.append({ kind: 'result', at: iso(20), id: '1', outcome: 'applied' });
  await journal.append({ kind: 'visible', at: iso(5), step: 'spf' });
  await journal.append({ kind: 'intent', at: iso(1), id: '2', step: 'mx', ...about, changes: [] });
  const { stdout } = await run();
  status.holds(stdout, 'with one');
  const value = JSON.parse(stdout) as z.infer<typeof statusSchema>;
  const byId = new Map(value.steps.map((step) => [step.id, step]));
  assert.equal(byId.get('spf')?.status, 'done');
  assert.deepEqual(
    [byId.get('dmarc.none')?.status, byId.get('dmarc.none')?.until],
    ['waiting', '2026-11-23T12:05:00.000Z'],
  );
  assert.deepEqual(value.published, [{ step: 'spf', at: iso(20), host: 'rfc2136' }]);
  assert.deepEqual(value.unfinished, [{ step: 'mx', at: iso(1) }]);
  status.shownWhole();
});

/** `septet ramp`, `ramp simulate`, `approve`: from zone files and a store in a folder, as the terminal shows them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { dayMs, startOf } from '../../src/reports/evidence/days.ts';
import { journalShelf } from '../../src/store/shelves/journal-shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPostgres } from '../../src/store/sql/postgres-pool.ts';
import type { Store } from '../../src/store/store.ts';
import type { Scenario } from '../../src/watch/simulate/scenario.ts';
import { simulate } from '../../src/watch/simulate/simulate.ts';
import { postgresMissing, startPostgres } from '../servers/postgres.ts';
import { importReports } from '../watch/move-world.ts';
import { clean, newcomer, own, ses } from '../watch/scenarios.ts';
import { folder, within, type Finished } from './program.ts';

const domain = dnsName('example.com');
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';
const examples = path.resolve(import.meta.dirname, '../../../docs/examples');
const zone = `$ORIGIN example.com.
$TTL 60
@ SOA ns1 hostmaster 1 60 60 60 1
@ NS ns1
ns1 A 198.51.100.1
mail A 198.51.100.10
@ MX 10 mail
@ TXT "v=spf1 mx ~all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
`;
const config = `watch: { automatic: true }
domains:
  example.com:
    people: false
    mx: [ 10 mail.example.com ]
    spf: { all: ramp }
    dmarc: { reports: dmarc@example.com }
    bimi: { logo: "https://example.com/logo.svg" }
`;
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

interface Place {
  readonly data: string;
  readonly store: Store;
  run(command: readonly string[], day: number, env?: Readonly<Record<string, string>>): Promise<Finished>;
}

/** A folder with the configuration, the zone, and a store with the reports of so many days; the ramp begins on day 0. */
async function place(t: TestContext, scenario: Scenario, days: number, settings = config): Promise<Place> {
  const files = await folder(t, { 'septet.yaml': settings, 'example.com.zone': zone });
  const begin = startOf(scenario.start);
  const data = files('data');
  const store = await openStore(
    { kind: 'sqlite', file: path.join(data, 'septet.sqlite') },
    { now: () => begin, randomBytes },
  );
  t.after(() => store.close());
  await store.sources.mark({ domain, sourceKey: sesKey, mark: 'mine', at: begin });
  for (const { day, reports } of simulate(scenario, days, 1)) await importReports(store, reports, begin + day * dayMs);
  for (const [ramp, stage] of [
    ['dmarc', 'none'],
    ['spf', '~all'],
  ] as const)
    await store.ramps.save({ domain, ramp, stage, since: begin, revision: 0 });
  const run: Place['run'] = async (command, day, env = {}) => {
    const at = new Date(begin + day * dayMs).toISOString().replace('.000', '');
    const args = [
      '--config',
      files('septet.yaml'),
      '--state',
      files('state'),
      '--zone',
      files('example.com.zone'),
      '--at',
      at,
    ];
    const finished = await within([...command, ...args, ...(env['SEPTET_DATA'] ? [] : ['--data', data])], { env });
    for (const line of finished.stdout.split('\n')) assert.ok(line.length <= 80 || command.includes('--json'), line);
    return finished;
  };
  return { data, store, run };
}

suite('ramp', () => {
  test('what the next step has, needs and would break', async (t) => {
    const stranger = { ...newcomer, perDay: 30 };
    const { run } = await place(t, clean({ sources: [own, ses, stranger] }), 18);
    const { code, stdout, stderr } = await run(['ramp', 'example.com'], 18);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^example\.com\n\nDMARC: none \(p=none\) since 5 January 00:00 UTC, for 18 days\n/);
    const text = flat(stdout);
    assert.match(text, /next sampled \(a tenth of p=quarantine\), not before 26 January 00:00 UTC/);
    assert.match(text, /needs 18 of 21 days unknown above 0\.1 % of your mail: mailer\.example: \d+ messages/);
    assert.match(
      text,
      /has reports for 16 of 16 days from 4 receivers; 15,\d{3} of 500 messages; 100 % of your mail passes;/,
    );
    assert.match(
      text,
      /breaks all \d{3} messages of mailer\.example \(unknown\) would be quarantined by RFC 7489 readers/,
    );
    assert.match(text, /SPF: ~all since 5 January 00:00 UTC, for 18 days next -all /);
    assert.match(
      text,
      /BIMI: closed since .* needs DMARC: dmarc\.quarantine comes first https:..example\.com.logo\.svg is not asked offline/,
    );
  });

  test('as JSON, with the findings', async (t) => {
    const { run } = await place(t, clean({ sources: [own, ses, newcomer] }), 10);
    const { stdout } = await run(['ramp', '--json'], 10);
    const value = JSON.parse(stdout) as {
      readonly version: number;
      readonly ramps: readonly {
        readonly ramp: string;
        readonly stage: string;
        readonly since: string;
        readonly earliest: string;
        readonly needs: readonly { readonly kind: string; readonly met: boolean }[];
        readonly wouldBreak: readonly { readonly title: string }[];
        readonly findings: readonly { readonly code: string }[];
      }[];
    };
    const [dmarc, spf] = value.ramps;
    assert.deepEqual(
      [value.version, dmarc?.ramp, dmarc?.stage, dmarc?.since, dmarc?.earliest],
      [1, 'dmarc', 'none', '2026-01-05T00:00:00.000Z', '2026-01-26T00:00:00.000Z'],
    );
    assert.deepEqual(
      dmarc?.needs.filter(({ met }) => !met).map(({ kind }) => kind),
      ['days', 'unclassified'],
    );
    assert.equal(dmarc?.wouldBreak[0]?.title, 'mailer.example');
    assert.deepEqual(dmarc?.findings.map(({ code }) => code).sort(), ['ramp.source.unclassified', 'rua.source.spoof']);
    assert.deepEqual(
      spf?.findings.map(({ code }) => code),
      ['spf.tighten.too_early'],
    );
  });

  test('without a store: what stands, and where reports come in; no file is made', async (t) => {
    const { run, data } = await place(t, clean({ receivers: [] }), 1);
    const nowhere = `${data}-none`;
    const { code, stdout } = await run(['ramp'], 1, { SEPTET_DATA: nowhere });
    assert.equal(code, 0);
    assert.match(stdout, /DMARC: none \(p=none\) since/);
    assert.match(flat(stdout), /needs 0 of 21 days reports for 0 of 0 days from 0 receivers/);
    assert.match(stdout, /\nNo reports are kept here yet\. They come in with: septet reports import PATH\n$/);
    await assert.rejects(access(nowhere));
    const named = await within(['ramp', '--config', 'x.yaml', '--data', nowhere]);
    assert.equal(named.code, 2);
  });

  test('plan and status show the positions of the gates', async (t) => {
    const { run } = await place(t, clean({ sources: [own, ses, newcomer] }), 18);
    const plan = flat((await run(['plan'], 18)).stdout);
    assert.match(
      plan,
      /waits 18 of 21 days, 15,\d{3} of 500 messages, 100 % of your mail passes; unknown above 0\.1 % of your mail: mailer\.example: \d+ messages/,
    );
    assert.match(
      plan,
      /dmarc\.quarantine.* waits needs 7 days of DMARC reports, 500 messages, 99\.5 % aligned, counted from dmarc\.sampled/,
    );
    assert.match(
      flat((await run(['status'], 18)).stdout),
      /dmarc\.sampled waits 21 days after dmarc\.none is seen everywhere.* 18 of 21 days/,
    );
  });
});

suite('ramp on PostgreSQL', { skip: await postgresMissing() }, () => {
  test('the ramps and the journal of the database, whatever stands in files', async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop());
    const url = await server.database();
    const begin = startOf('2026-01-05');
    const store = await openStore({ kind: 'postgres', url }, { now: () => begin, randomBytes });
    await store.ramps.save({ domain, ramp: 'dmarc', stage: 'none', since: begin, revision: 0 });
    await store.close();
    const sql = await openPostgres(url, { now: () => begin, randomBytes });
    const journal = await journalShelf(sql).open(domain);
    await journal.append({ kind: 'visible', at: '2026-01-02T00:00:00Z', step: 'spf' });
    await sql.close();
    const files = await folder(t, { 'septet.yaml': config, 'example.com.zone': zone });
    const args = ['--config', files('septet.yaml'), '--zone', files('example.com.zone'), '--at', '2026-01-09'];
    const { code, stdout, stderr } = await within(['ramp', ...args, '--store', url]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /DMARC: none \(p=none\) since 5 January 00:00 UTC, for 4 days\n/);
    const plan = await within(['plan', ...args], { env: { SEPTET_STORE: url } });
    assert.match(flat(plan.stdout), /spf\.tighten.* waits 7 of 14 days/);
    const away = await within(['plan', ...args, '--store', 'postgres://127.0.0.1:9/none']);
    assert.equal(away.code, 2);
    assert.doesNotMatch(away.stderr, /fault in Septet/);
  });
});

suite('approve', () => {
  const forwarded = clean({
    sources: [own],
    forwarders: [{ name: 'plain', address: '203.0.113.80', share: 0.02, keepsDkim: 1 }],
  });

  test('shows the step, asks for a person, and writes the yes down', async (t) => {
    const { run, store } = await place(t, forwarded, 20);
    const looked = flat((await run(['ramp'], 20)).stdout);
    assert.match(
      looked,
      /needs passed on under your envelope: .* or your approval needed\): own hosts .* do it waits for you: septet approve/,
    );
    assert.match(looked, /breaks .* would be refused where SPF is judged alone/);
    const silent = await run(['approve', 'example.com', 'spf'], 20);
    assert.equal(silent.code, 2);
    assert.match(silent.stdout, /- v=spf1 mx ~all\n.*\+ v=spf1 mx -all/);
    assert.match(silent.stderr, /nobody is here to ask\. To agree: septet approve example\.com spf --yes/);
    const yes = await run(['approve', '--yes'], 20);
    assert.deepEqual([yes.code, yes.stderr], [0, '']);
    assert.match(yes.stdout, /Approved: SPF to -all\. septet watch takes the step\.\n$/);
    const events = await store.ramps.events(domain, { since: 0, until: Infinity });
    assert.deepEqual(
      events.map(({ ramp, kind, to }) => [ramp, kind, to]),
      [['spf', 'approved', '-all']],
    );
    assert.match(
      flat((await run(['ramp'], 20)).stdout),
      /SPF: .* has .*, approved.* ready septet watch takes the step/,
    );
  });

  test('stops a ramp with a reason, and lets it go on', async (t) => {
    const { run, store } = await place(t, clean(), 5);
    const stopped = await run(['approve', 'example.com', 'dmarc', '--reject', 'the newsletter comes first'], 5);
    assert.match(flat(stopped.stdout), /^Stopped: DMARC stays at none\. To go on: septet approve example\.com dmarc $/);
    const looked = await run(['ramp'], 5);
    assert.equal(looked.code, 1);
    assert.match(looked.stdout, /paused {3}since today 00:00 UTC: the newsletter comes first/);
    assert.equal((await run(['approve', '--yes'], 6)).code, 0);
    const [dmarc] = await store.ramps.states(domain);
    assert.equal(dmarc?.paused, undefined);
    const events = await store.ramps.events(domain, { since: 0, until: Infinity });
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['paused', 'resumed', 'approved'],
    );
  });

  test('where each step waits for a person, the yes may come before the reports', async (t) => {
    const { run, store } = await place(t, clean(), 5, config.replace('watch: { automatic: true }\n', ''));
    assert.match(
      flat((await run(['ramp'], 5)).stdout),
      /DMARC: none .* needs 5 of 21 days .*your yes \(septet approve\) has/,
    );
    const { stdout } = await run(['approve', 'example.com', 'dmarc', '--yes'], 5);
    assert.match(flat(stdout), /Approved: DMARC to sampled\. It is taken when the rest is there\. $/);
    assert.match(flat((await run(['ramp'], 6)).stdout), /has reports .*; approved breaks/);
    const events = await store.ramps.events(domain, { since: 0, until: Infinity });
    assert.deepEqual(
      events.map(({ ramp, kind }) => [ramp, kind]),
      [['dmarc', 'approved']],
    );
  });

  test('says what it waits for where that is no yes', async (t) => {
    const { run, data } = await place(t, clean(), 5);
    assert.match(
      flat((await run(['approve'], 5)).stdout),
      /^Nothing of example\.com waits for your yes \(DMARC at none, SPF at ~all, BIMI at closed\)/,
    );
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['approve', 'example.com', 'dmarc'], /DMARC of example\.com does not wait for you, but for this: 5 of 21 days/],
      [['approve', 'example.com', 'mx'], /example\.com has no ramp mx\. It has: dmarc, spf, bimi\./],
      [['approve', 'example.com', 'dmarc', '--reject', ' '], /--reject takes a reason/],
      [['approve', 'example.org'], /example\.org is not in /],
    ];
    for (const [command, says] of cases) {
      const { code, stderr } = await run(command, 5);
      assert.equal(code, 2, command.join(' '));
      assert.match(flat(stderr), says);
    }
    const { code, stderr } = await run(['approve'], 5, { SEPTET_DATA: `${data}-none` });
    assert.equal(code, 2);
    assert.match(stderr, /no reports and no ramps are kept here yet/);
  });
});

suite('ramp simulate', () => {
  for (const [name, ends] of [
    ['clean', /quarantine {2}→ reject\n.*the last stage is reached/],
    ['newcomer', /waits for unclassified \(12 days\)\n[^]*→ sampled[^]*→ quarantine/],
    ['goes-back', /quarantine {2}← sampled: of the mail of Amazon SES[^]*→ reject/],
  ] as const) {
    test(`the example ramp-${name}.yaml`, async () => {
      const file = path.join(examples, `ramp-${name}.yaml`);
      const { code, stdout, stderr } = await within(['ramp', 'simulate', '--scenario', file]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, ends);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    });
  }

  test('as JSON, a morning a line', async () => {
    const file = path.join(examples, 'ramp-clean.yaml');
    const { stdout } = await within(['ramp', 'simulate', '--scenario', file, '--days', '30', '--json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { date: string; decision: string; to?: string });
    assert.equal(lines.length, 30);
    assert.deepEqual(
      lines.filter(({ decision }) => decision === 'advance').map(({ date, to }) => [date, to]),
      [
        ['2026-01-26', 'sampled'],
        ['2026-02-02', 'quarantine'],
      ],
    );
  });

  test('a file that is no scenario, each fault with its place', async (t) => {
    const files = await folder(t, {
      'bad.yaml': 'domain: example.com\nreceivers: [{ name: a, share: 2 }]\nsources: [{}]\n',
      'torn.yaml': 'domain: "example',
    });
    const bad = await within(['ramp', 'simulate', '--scenario', files('bad.yaml')]);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /cannot be played:\n {2}receivers\[0\]\.share: write a number from 0 to 1/);
    assert.match(
      (await within(['ramp', 'simulate', '--scenario', files('torn.yaml')])).stderr,
      /torn\.yaml is no YAML: /,
    );
    const days = await within(['ramp', 'simulate', '--scenario', files('bad.yaml'), '--days', 'many']);
    assert.match(days.stderr, /--days is a whole number from 1 to 1000, not many/);
  });
});

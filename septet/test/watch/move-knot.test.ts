/**
 * A whole DMARC ramp against a real Knot: simulated reports in SQLite, plans of what Knot serves, updates with TSIG, and
 * a clock that jumps from morning to morning.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openPlanSession } from '../../src/cli/plan/plan-session.ts';
import { textsOf } from '../../src/plan/drawing.ts';
import { processIo } from '../../src/process-io.ts';
import { dayMs, startOf } from '../../src/reports/evidence/days.ts';
import { undoable, unfinished } from '../../src/store/evidence.ts';
import { openStore } from '../../src/store/open-store.ts';
import { moveRamps } from '../../src/watch/move-ramps.ts';
import { publishSteps } from '../../src/watch/publish-steps.ts';
import { mailOf, type SimulatedReport } from '../../src/watch/simulate/simulate.ts';
import { folder } from '../cli/program.ts';
import { hostAt } from '../providers/own-servers.ts';
import { key } from '../publish/lab.ts';
import { startKnot } from '../servers/knot.ts';
import { missing } from '../servers/process.ts';
import { domain, importReports, stageOf } from './move-world.ts';
import { clean, own, ses } from './scenarios.ts';

const zone = `$ORIGIN example.com.
$TTL 60
@ SOA ns1 hostmaster 1 60 60 3600 60
@ NS ns1
ns1 A 127.0.0.1
mail A 198.51.100.10
@ MX 10 mail
@ TXT "v=spf1 mx ~all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
`;

test(
  'from none to reject, and back when a sender of yours breaks',
  { skip: await missing('knotd'), timeout: 120_000 },
  async (t) => {
    const knot = await startKnot([{ origin: 'example.com', text: zone }], { keys: [key], mayUpdate: [key.name] });
    t.after(() => knot.stop());
    const files = await folder(t, {});
    await writeFile(
      files('septet.yaml'),
      `resolvers: [ "${knot.server}" ]
watch: { automatic: true, goBack: true }
domains:
  example.com:
    dns: { host: rfc2136, server: "${knot.server}", key: septet., secret: "\${TSIG}", servers: [ "${knot.server}" ] }
    people: false
    ttl: 60
    mx: [ 10 mail.example.com ]
    dmarc: { reports: dmarc@example.com }
`,
    );
    const scenario = clean({ sources: [own, { ...ses, broken: { from: 43, until: 44, dkim: 0.7, spf: 1 } }] });
    const begin = startOf(scenario.start);
    let now = begin;
    const io = { ...processIo(), now: () => now, env: { TSIG: key.secret }, out: () => {}, err: () => {} };
    const store = await openStore(
      { kind: 'sqlite', file: path.join(files('data'), 'septet.sqlite') },
      { now: () => now, randomBytes },
    );
    t.after(() => store.close());
    // The services of the plan are none: the owner has marked what is his.
    const sourceKey = 'dkim=amazonses.com,example.com spf=amazonses.com';
    await store.sources.mark({ domain, sourceKey, mark: 'mine', at: now });
    const options = { config: files('septet.yaml'), state: files('state') };
    const session = await openPlanSession(['example.com'], options, io, { fresh: true, store });
    t.after(() => session.close());
    const domainSession = await session.of(domain);
    const { journal, settings } = domainSession;
    // TSIG goes by the clock of the server.
    const host = hostAt(knot.server, key);
    const plan = async () => (await domainSession.plan()).plan;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
      randomId: () => randomBytes(8).toString('hex'),
    };
    const published: string[] = [];
    const record = async (): Promise<string> => {
      const read = await host.read(domain, [settings.intent.domain, dmarcName]);
      assert.ok(read.kind === 'read');
      return textsOf(read.sets.find(({ name, type }) => name === dmarcName && type === 'TXT')).join(' ');
    };
    const dmarcName = `_dmarc.${domain}` as typeof domain;
    const post = new Map<number, SimulatedReport[]>();
    const moved: string[] = [];
    let live = await record();
    for (let day = 0; day < 48; day++) {
      now = begin + day * dayMs;
      await importReports(store, post.get(day) ?? [], now);
      const moves = await moveRamps({
        domain,
        store,
        now: () => now,
        plan,
        publish: (shown, steps) => {
          published.push(`${day} ${steps.join(' ')}`);
          return publishSteps({ domain, host, journal, clock, plan, waitMs: 60_000 }, shown, steps);
        },
        settings,
        owner: 'test',
      });
      for (const { outcome, from, to, why } of moves) {
        assert.notEqual(outcome, 'failed', why);
        if (outcome !== 'advanced' && outcome !== 'went back') continue;
        moved.push(`${day} ${from} ${outcome} ${to}`);
        live = await record();
        assert.equal(stageOf(live), to, live);
      }
      for (const { arrives, report } of mailOf(scenario, day, stageOf(live), 1))
        post.set(arrives, [...(post.get(arrives) ?? []), report]);
    }
    assert.deepEqual(moved, [
      '21 none advanced sampled',
      '28 sampled advanced quarantine',
      '42 quarantine advanced reject',
      '44 reject went back quarantine',
    ]);
    assert.deepEqual(published, [
      '21 dmarc.sampled',
      '28 dmarc.quarantine',
      '42 dmarc.reject',
      '44 dmarc.back.quarantine',
    ]);
    assert.match(live, /^v=DMARC1; p=quarantine; rua=mailto:dmarc@example\.com$/);
    // Each was written once, read back, and can be taken back.
    assert.deepEqual(
      undoable(journal.entries).map(({ step }) => step),
      ['dmarc.sampled', 'dmarc.quarantine', 'dmarc.reject', 'dmarc.back.quarantine'],
    );
    assert.deepEqual(unfinished(journal.entries), []);
    const events = await store.ramps.events(domain, { since: 0, until: now });
    assert.equal(events.length, 4);
    assert.match(events.at(-1)?.why ?? '', /of the mail of Amazon SES \S+ % passes; it was 100 % before this step/);
  },
);

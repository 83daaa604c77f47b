/** The ramps of SPF, MTA-STS and BIMI through publishing: each forward, back, and withdrawn in the right order. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { textsOf } from '../../src/plan/drawing.ts';
import { dayMs, dayOf } from '../../src/reports/evidence/days.ts';
import type { RampMove } from '../../src/watch/move-ramps.ts';
import type { FakePage } from '../zone-world.ts';
import { domain, moveWorld, type MoveWorld, type MoveWorldOptions } from './move-world.ts';
import { clean, own, ses } from './scenarios.ts';

const base =
  'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { reports: dmarc@example.com, ramp: [{ stage: none }] }\n';
const zone =
  'mail A 198.51.100.10\n@ MX 10 mail\n@ TXT "v=spf1 mx ~all"\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"\n';
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';

async function world(t: TestContext, more: Partial<MoveWorldOptions>): Promise<MoveWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-move-'));
  const made = await moveWorld({ scenario: clean(), settings: base, zone, folder, ...more });
  t.after(async () => {
    await made.close();
    await rm(folder, { recursive: true, force: true });
  });
  await made.store.sources.mark({ domain, sourceKey: sesKey, mark: 'mine', at: made.now });
  return made;
}

const of = (moves: readonly RampMove[], ramp: string): RampMove => {
  const move = moves.find((one) => one.ramp === ramp);
  assert.ok(move, JSON.stringify(moves));
  return move;
};
const textAt = (made: MoveWorld, name: string): string => textsOf(made.sets.get(`${name} TXT`)).join(' ');

test('SPF: -all after two clean weeks, and ~all again when a sender of yours fails', async (t) => {
  const scenario = clean({ sources: [own, { ...ses, broken: { from: 15, dkim: 1, spf: 0 } }] });
  const made = await world(t, { settings: `${base}spf: { all: ramp }`, scenario });
  assert.deepEqual(await made.run(16), ['14 spf: ~all advanced -all']);
  assert.equal(textAt(made, 'example.com'), 'v=spf1 mx -all');
  const state = (await made.store.ramps.states(domain)).find(({ ramp }) => ramp === 'spf');
  assert.ok(state);
  // DKIM still passes, so nothing got worse by DMARC; a person takes it back by what bounces tell.
  await made.store.ramps.save({
    ...state,
    moving: { to: '~all', startedAt: made.now, direction: 'back', why: 'bounces name SPF' },
  });
  const plan = await made.plan();
  assert.ok(!plan.steps.some(({ id }) => id === 'spf.tighten'));
  assert.equal(of(await made.move(), 'spf').outcome, 'went back');
  assert.equal(textAt(made, 'example.com'), 'v=spf1 mx ~all');
});

test('SPF: mail that others pass on needs a yes, and nothing else is waived by it', async (t) => {
  const forwarders = [{ name: 'plain', address: '203.0.113.80', share: 0.02, keepsDkim: 1 }];
  const made = await world(t, {
    settings: `${base}spf: { all: ramp }`,
    scenario: clean({ sources: [own], forwarders }),
  });
  assert.deepEqual(await made.run(20), []);
  const asks = of(await made.move(), 'spf');
  assert.deepEqual([asks.outcome, asks.to], ['waits for approval', '-all']);
  const state = (await made.store.ramps.states(domain)).find(({ ramp }) => ramp === 'spf');
  assert.ok(state);
  const yes = { domain, ramp: 'spf', at: made.now, kind: 'approved', to: '-all', why: 'yes' } as const;
  assert.ok(await made.store.ramps.save(state, yes));
  assert.equal(of(await made.move(), 'spf').outcome, 'advanced');
});

const url = 'https://mta-sts.example.com/.well-known/mta-sts.txt';
const policy = (mode: string, maxAge = 604_800): FakePage => ({
  body: `version: STSv1\nmode: ${mode}\n${mode === 'none' ? '' : 'mx: mail.example.com\n'}max_age: ${maxAge}\n`,
});

/** Testing is announced; every morning a TLS report of the day before comes. */
async function mtaSts(t: TestContext, settings = 'mtaSts: {}\n') {
  const pages: Record<string, FakePage> = { [url]: policy('testing') };
  const made = await world(t, { settings: `${base}tlsReports: tls@example.com\n${settings}`, pages });
  const ids = () => /id=([^;]*)/.exec(textAt(made, '_mta-sts.example.com'))?.[1] ?? '';
  let count = 0;
  const morning = async (failed = 0, maxAge = 604_800): Promise<RampMove> => {
    const begin = made.now / 1000 - 86_400;
    const failures = failed > 0 ? [{ resultType: 'certificate-expired', failedSessions: failed }] : [];
    const sts = { policyType: 'sts', policyDomain: 'example.com', mxHosts: [] } as const;
    const policyString = ['version: STSv1', `max_age: ${maxAge}`];
    await made.tls({
      reportId: `${count++}`,
      range: { begin, end: begin + 86_399 },
      policies: [{ ...sts, policyString, successful: 40, failed, failures }],
    });
    const moves = await made.move();
    made.later(dayMs);
    return of(moves, 'mta-sts');
  };
  return { made, pages, ids, morning };
}

test('MTA-STS: testing, enforce when the reports are clean and the file is up, then a longer max_age', async (t) => {
  const { made, pages, ids, morning } = await mtaSts(t);
  assert.match((await made.move())[1]?.why ?? '', /mtasts\.testing is not published yet/);
  assert.equal((await made.publish('mtasts.testing', 'tlsrpt')).kind, 'done');
  const first = ids();
  made.later(dayMs);
  const days: RampMove[] = [];
  for (let day = 0; day < 8; day++) days.push(await morning());
  assert.match(days[0]?.why ?? '', /1 of 7 days/);
  // The file comes first, and the id after it.
  assert.deepEqual([days[7]?.outcome, days[7]?.to], ['stays', 'enforce']);
  assert.match(
    days[7]?.why ?? '',
    /serves a policy with mode testing, not enforce; put up the file of this step first/,
  );
  assert.equal(ids(), first);
  pages[url] = policy('enforce');
  assert.equal((await morning()).outcome, 'advanced');
  assert.notEqual(ids(), first);
  const enforced = ids();
  let move = await morning();
  for (let day = 0; day < 31 && move.to !== 'long'; day++) move = await morning();
  assert.match(move.why, /max_age 604800, and 2592000 is wanted/);
  pages[url] = policy('enforce', 2_592_000);
  const long = await morning();
  assert.deepEqual([long.outcome, ids() === enforced], ['advanced', false], long.why);
  assert.match((await morning()).why, /last stage/);
});

test('MTA-STS: failed sessions after enforce take it back to testing, the file first', async (t) => {
  const { made, pages, ids, morning } = await mtaSts(t);
  await made.publish('mtasts.testing', 'tlsrpt');
  pages[url] = policy('testing');
  for (let day = 0; day < 9; day++) await morning();
  pages[url] = policy('enforce');
  assert.equal((await morning()).outcome, 'advanced');
  const enforced = ids();
  const hurts = await morning(10);
  assert.deepEqual([hurts.outcome, hurts.to], ['stays', 'testing']);
  assert.match(hurts.why, /mode enforce, not testing; put up the file/);
  // Nobody put it up for a day.
  assert.equal((await morning(10)).outcome, 'failed');
  assert.equal(ids(), enforced);
  pages[url] = policy('testing');
  const back = await morning();
  assert.deepEqual([back.outcome, back.to], ['went back', 'testing']);
  assert.match(back.why, /10 of 50 sessions failed: certificate-expired: 10 sessions/);
  assert.notEqual(ids(), enforced);
  // It does not go on at once.
  assert.match((await morning()).why, /1 of 7 days/);
});

test('MTA-STS withdrawn: mode none and a new id, and the record goes when no sender holds a policy any more', async (t) => {
  const { made, pages, ids, morning } = await mtaSts(t);
  await made.publish('mtasts.testing', 'tlsrpt');
  const announced = ids();
  for (let day = 0; day < 3; day++) await morning();
  Object.assign(made.config.intent, { mtaSts: { mode: 'none' } });
  assert.match(of(await made.move(), 'mta-sts').why, /records of testing are gone|mtasts\.none is not published yet/);
  pages[url] = policy('none', 86_400);
  made.later(60_000);
  assert.equal((await made.publish('mtasts.none')).kind, 'done');
  assert.notEqual(ids(), announced);
  made.later(2 * dayMs);
  // A week by the TLS reports; a month would be waited for where one of them told of it.
  const since = made.now;
  for (let day = 0; day < 7; day++) {
    const move = await morning();
    assert.equal(move.outcome, 'stays', `${dayOf(made.now)} ${move.why}`);
    assert.notEqual(textAt(made, '_mta-sts.example.com'), '');
  }
  const gone = await morning();
  assert.deepEqual([gone.outcome, gone.to, textAt(made, '_mta-sts.example.com')], ['advanced', 'gone', '']);
  assert.ok(made.now - since >= 7 * dayMs);
  // And it stays so: nothing is announced again.
  const plan = await made.plan();
  assert.deepEqual(
    plan.steps.filter(({ id }) => id.startsWith('mtasts.')).map(({ id, status }) => `${id} ${status.kind}`),
    ['mtasts.none done', 'mtasts.gone done'],
  );
  assert.match((await morning()).why, /last stage/);
});

test('BIMI opens by itself when DMARC is enforced and the logo is served', async (t) => {
  const logo = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 100 100"><title>Logo</title><rect width="100" height="100" fill="#fff"/></svg>`;
  const pages: Record<string, FakePage> = {};
  const settings = `${base.replace('[{ stage: none }]', '[{ stage: none, days: 1 }, { stage: quarantine }]')}bimi: { logo: "https://example.com/logo.svg" }\n`;
  const made = await world(t, { settings, pages });
  const closed = of(await made.move(), 'bimi');
  assert.match(closed.why, /DMARC: dmarc\.quarantine comes first/);
  const before = made.sets.get('_dmarc.example.com TXT');
  assert.ok(before?.type === 'TXT');
  made.put({
    name: before.name,
    type: 'TXT',
    before,
    after: { ...before, data: [{ strings: ['v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com'] }] },
  });
  made.later(2 * dayMs);
  assert.match(of(await made.move(), 'bimi').why, /this test has no such page/);
  pages['https://example.com/logo.svg'] = { headers: { 'content-type': 'image/svg+xml' }, body: logo };
  assert.equal(of(await made.move(), 'bimi').outcome, 'advanced');
  assert.match(textAt(made, 'default._bimi.example.com'), /^v=BIMI1; l=https:\/\/example\.com\/logo\.svg/);
});

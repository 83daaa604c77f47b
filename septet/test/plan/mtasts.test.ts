/** MTA-STS: the file before the record, the rehearsal before enforcement, and a change of MX that loses no mail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../src/change/change.ts';
import { zoneWorldNow } from '../zone-world.ts';
import { gateOf, planOf, statuses, stepOf, textsAfter, type Scene } from './plan-world.ts';

const url = 'https://mta-sts.example.com/.well-known/mta-sts.txt';
const file = (mode: string, ...names: readonly string[]) => ({
  [url]: { body: `version: STSv1\nmode: ${mode}\n${names.map((name) => `mx: ${name}\n`).join('')}max_age: 604800\n` },
});
const old = '@ MX 10 mail\n';
const ramp = 'mx: [ 10 mail.example.com ]\nmtaSts: {}\n';
const idOf = (text: string | undefined): string => /id=([^;]*);/.exec(text ?? '')?.[1] ?? '';
const minute = 60_000;

test('the record waits for the file, and the file is shown', async () => {
  const none = await planOf({ settings: ramp, zone: old, pages: {} });
  const step = stepOf(none, 'mtasts.testing');
  assert.equal(step.status.kind, 'waiting');
  assert.equal(gateOf(none, 'mtasts.testing', 'serves').state, 'closed');
  const [work] = step.outside ?? [];
  assert.ok(
    work?.kind === 'file' &&
      !work.done &&
      /^mode: testing\r?$/m.test(work.text) &&
      /mx: mail\.example\.com/.test(work.text),
  );
  const up = await planOf({ settings: ramp, zone: old, pages: file('testing', 'mail.example.com') });
  assert.equal(gateOf(up, 'mtasts.testing', 'serves').state, 'open');
  assert.equal(stepOf(up, 'mtasts.testing').status.kind, 'ready');
  assert.equal(stepOf(up, 'mtasts.testing').outside?.[0]?.done, true);
});

test('a page that is no policy, one of other hosts, and one that nobody asked for keep the gate shut', async () => {
  const gate = async (pages?: Scene['pages']) =>
    gateOf(await planOf({ settings: ramp, zone: old, ...(pages ? { pages } : {}) }), 'mtasts.testing', 'serves');
  assert.match((await gate({ [url]: { body: '<html>' } })).detail, /no usable policy/);
  assert.match((await gate({ [url]: { status: 301 } })).detail, /answers 301/);
  assert.match(
    (await gate(file('testing', 'other.example.net'))).detail,
    /serves a policy with no mx line for mail\.example\.com; put up the file/,
  );
  assert.deepEqual((await gate()).state, 'unknown');
});

test('a file that enforces too early is not announced by the rehearsal', async () => {
  const plan = await planOf({ settings: ramp, zone: old, pages: file('enforce', 'mail.example.com') });
  const gate = gateOf(plan, 'mtasts.testing', 'serves');
  assert.deepEqual([gate.state, /serves mode enforce already/.test(gate.detail)], ['closed', true]);
  assert.equal(stepOf(plan, 'mtasts.enforce').status.kind, 'waiting');
});

test('the ramp from testing to enforce: the new id stands behind the gates of enforce', async () => {
  const first = await planOf({ settings: ramp, zone: old, pages: file('testing', 'mail.example.com') });
  const [record] = textsAfter(first, 'mtasts.testing');
  const announced = `${old}_mta-sts TXT "${record}"`;
  const testing = await planOf({
    settings: ramp,
    zone: announced,
    pages: file('testing', 'mail.example.com'),
    later: minute,
  });
  assert.equal(stepOf(testing, 'mtasts.testing').status.kind, 'done');
  assert.equal(gateOf(testing, 'mtasts.enforce', 'serves').state, 'closed');
  // The file that enforces is up: the rehearsal stays done, and enforcement still waits for its week and the reports.
  const late = await planOf({
    settings: ramp,
    zone: announced,
    pages: file('enforce', 'mail.example.com'),
    later: minute,
  });
  assert.equal(stepOf(late, 'mtasts.testing').status.kind, 'done');
  const enforce = stepOf(late, 'mtasts.enforce');
  assert.equal(enforce.status.kind, 'waiting');
  assert.deepEqual(
    enforce.gates.filter(({ state }) => state !== 'open').map(({ gate }) => gate.kind),
    ['elapsed', 'aligned'],
  );
  assert.notEqual(idOf(textsAfter(late, 'mtasts.enforce')[0]), idOf(record));
  // What enforce publishes leaves both steps done.
  const done = await planOf({
    settings: ramp,
    zone: `${old}_mta-sts TXT "${textsAfter(late, 'mtasts.enforce')[0]}"`,
    pages: file('enforce', 'mail.example.com'),
    later: 2 * minute,
  });
  assert.deepEqual(
    statuses(done).filter((line) => line.startsWith('mtasts')),
    ['mtasts.testing done', 'mtasts.enforce done'],
  );
});

const moving = 'mx: [ 10 new.example.com ]\n';
const enforced = `${old}new A 198.51.100.20\n_mta-sts TXT "v=STSv1; id=1"\n`;

test('a change of MX under an enforced policy, in the order that loses no mail', async () => {
  const before = await planOf({ settings: moving, zone: enforced, pages: file('enforce', 'mail.example.com') });
  assert.deepEqual(
    before.steps.slice(0, 2).map((step) => [step.id, step.status.kind]),
    [
      ['mtasts.cover', 'waiting'],
      ['mx', 'waiting'],
    ],
  );
  const [work] = stepOf(before, 'mtasts.cover').outside ?? [];
  assert.ok(
    work?.kind === 'file' && /mx: new\.example\.com/.test(work.text) && /mx: mail\.example\.com/.test(work.text),
  );
  // 1. The file names both: the id may change.
  const pages = file('enforce', 'mail.example.com', 'new.example.com');
  const wide = await planOf({ settings: moving, zone: enforced, pages });
  assert.equal(stepOf(wide, 'mtasts.cover').status.kind, 'ready');
  assert.equal(gateOf(wide, 'mx', 'visible', 'mtasts.cover').state, 'closed');
  // 2. The id has changed: the MX waits until the old id has left the caches.
  const cover = stepOf(wide, 'mtasts.cover').changes as readonly Change[];
  const renewed = enforced.replace('v=STSv1; id=1', textsAfter(wide, 'mtasts.cover')[0] ?? '');
  const seenAt = zoneWorldNow + minute;
  const scene: Scene = {
    settings: moving,
    zone: renewed,
    pages,
    evidence: {
      published: new Map([['mtasts.cover', { at: zoneWorldNow, changes: cover }]]),
      visibleSince: new Map([['mtasts.cover', seenAt]]),
      approved: new Set(['mx']),
    },
  };
  const soon = await planOf({ ...scene, later: 2 * minute });
  assert.equal(stepOf(soon, 'mtasts.cover').status.kind, 'done');
  assert.equal(gateOf(soon, 'mx', 'elapsed', 'mtasts.cover').until, seenAt + 3_600_000);
  assert.deepEqual(stepOf(soon, 'mx').status, { kind: 'waiting', until: seenAt + 3_600_000 });
  // 3. Then the MX.
  assert.equal(stepOf(await planOf({ ...scene, later: 62 * minute }), 'mx').status.kind, 'ready');
  // 4. And the step is gone.
  const done = await planOf({ ...scene, zone: renewed.replace('10 mail', '10 new'), later: 63 * minute });
  assert.deepEqual(
    done.steps.slice(0, 1).map((step) => [step.id, step.status.kind]),
    [['mx', 'done']],
  );
});

test('a policy that nobody can read holds the MX back; a person may vouch', async () => {
  const zone = enforced;
  const approved = new Set(['mx']);
  for (const scene of [
    { pages: {} },
    { pages: { [url]: { body: 'nonsense' } } },
    {},
    { pages: {}, failures: [['_mta-sts.example.com', 'TXT', 'timeout']] },
  ] satisfies readonly Partial<Scene>[]) {
    const plan = await planOf({ settings: moving, zone, evidence: { approved }, ...scene });
    assert.ok(!plan.steps.some((step) => step.id === 'mtasts.cover'));
    assert.notEqual(gateOf(plan, 'mx', 'serves').state, 'open');
    assert.equal(stepOf(plan, 'mx').status.kind, 'waiting');
  }
  const vouched = await planOf({ settings: moving, zone, pages: {}, evidence: { approved, vouched: new Set(['mx']) } });
  assert.equal(stepOf(vouched, 'mx').status.kind, 'ready');
});

test('no policy in force, one in testing, and the same exchanges: the MX waits for nothing', async () => {
  const evidence = { approved: new Set(['mx']) };
  const plain = await planOf({ settings: moving, zone: `${old}new A 198.51.100.20`, pages: {}, evidence });
  assert.equal(stepOf(plain, 'mx').status.kind, 'ready');
  const testing = await planOf({
    settings: moving,
    zone: enforced,
    pages: file('testing', 'mail.example.com'),
    evidence,
  });
  assert.equal(stepOf(testing, 'mx').status.kind, 'ready');
  const same = await planOf({ settings: ramp, zone: enforced, pages: file('enforce', 'mail.example.com') });
  assert.ok(!same.steps.some((step) => step.id === 'mtasts.cover'));
});

test('MTA-STS takes the exchanges that stand where the configuration names none', async () => {
  const plan = await planOf({ settings: 'mtaSts: {}', zone: old });
  const [work] = stepOf(plan, 'mtasts.testing').outside ?? [];
  assert.ok(work?.kind === 'file' && /mx: mail\.example\.com/.test(work.text));
  const none = stepOf(await planOf({ settings: 'mtaSts: {}' }), 'mtasts.testing').status;
  assert.ok(none.kind === 'blocked' && none.unanswered === undefined);
  const silent = stepOf(
    await planOf({ settings: 'mtaSts: {}', zone: old, failures: [['example.com', 'MX', 'timeout']] }),
    'mtasts.testing',
  ).status;
  assert.ok(silent.kind === 'blocked' && silent.unanswered);
});

test('MTA-STS is taken back with a policy of mode none', async () => {
  const settings = 'mx: [ 10 mail.example.com ]\nmtaSts: { mode: none }';
  const plan = await planOf({ settings, zone: enforced, pages: file('enforce', 'mail.example.com') });
  const [work] = stepOf(plan, 'mtasts.none').outside ?? [];
  assert.ok(work?.kind === 'file' && /mode: none/.test(work.text));
  assert.equal(gateOf(plan, 'mtasts.none', 'serves').state, 'closed');
});

test('the host of the policy: an alias, or addresses of both families', async () => {
  const alias = await planOf({
    settings: `${ramp}mtaSts: { host: app.example.net }`.replace('mtaSts: {}\n', ''),
    zone: old,
  });
  assert.deepEqual(textsAfter(alias, 'mtasts.host'), ['app.example.net']);
  const settings = 'mx: [ 10 mail.example.com ]\nmtaSts: { host: [ 9.9.9.1, "2620:fe::fe" ] }';
  const both = stepOf(await planOf({ settings, zone: old }), 'mtasts.host');
  assert.deepEqual(
    both.changes.map((change) => change.type),
    ['A', 'AAAA'],
  );
});

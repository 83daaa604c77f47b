/** Ramps that move through publishing, with the evidence of a store: forward, back, held, approved, cut off. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { dayMs } from '../../src/reports/evidence/days.ts';
import { undoable } from '../../src/store/evidence.ts';
import type { Scenario } from '../../src/watch/simulate/scenario.ts';
import { domain, Killed, moveWorld, type MoveWorld, type MoveWorldOptions } from './move-world.ts';
import { clean, own, ses } from './scenarios.ts';

const settings = 'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { reports: dmarc@example.com }';
const zone =
  'mail A 198.51.100.10\n@ MX 10 mail\n@ TXT "v=spf1 mx ~all"\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"\n';
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';
const wayUp = [
  '21 dmarc: none advanced sampled',
  '28 dmarc: sampled advanced quarantine',
  '42 dmarc: quarantine advanced reject',
];

async function world(t: TestContext, scenario: Scenario, more: Partial<MoveWorldOptions> = {}): Promise<MoveWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-move-'));
  const made = await moveWorld({ scenario, settings, zone, folder, ...more });
  t.after(async () => {
    await made.close();
    await rm(folder, { recursive: true, force: true });
  });
  await made.store.sources.mark({ domain, sourceKey: sesKey, mark: 'mine', at: made.now });
  return made;
}

const stateOf = async (made: MoveWorld, ramp = 'dmarc') =>
  (await made.store.ramps.states(domain)).find((state) => state.ramp === ramp);
const eventsOf = async (made: MoveWorld): Promise<readonly string[]> =>
  (await made.store.ramps.events(domain, { since: 0, until: made.now + dayMs })).map(({ kind, to }) => `${kind} ${to}`);

test('from none to reject on the earliest days, every step once', async (t) => {
  const made = await world(t, clean());
  assert.deepEqual(await made.run(60), wayUp);
  assert.match(made.dmarc(), /p=reject/);
  assert.deepEqual(await eventsOf(made), ['advanced sampled', 'advanced quarantine', 'advanced reject']);
  assert.deepEqual(
    undoable(made.journal.entries).map(({ step }) => step),
    ['dmarc.sampled', 'dmarc.quarantine', 'dmarc.reject'],
  );
  assert.equal((await stateOf(made))?.moving, undefined);
});

test('a sender of yours breaks after a step: the ramp goes back, and up again when it is mended', async (t) => {
  const broken = { from: 29, until: 60, dkim: 0.7, spf: 0 };
  const made = await world(t, clean({ sources: [own, { ...ses, broken }] }));
  const steps = await made.run(31);
  assert.deepEqual(steps, [...wayUp.slice(0, 2), '30 dmarc: quarantine went back sampled']);
  assert.match(made.dmarc(), /p=quarantine; t=y; pct=10/);
  const back = (await made.store.ramps.events(domain, { since: 0, until: made.now })).at(-1);
  assert.match(back?.why ?? '', /of the mail of Amazon SES .* passes; it was 100 % before this step/);
  assert.equal(undoable(made.journal.entries).at(-1)?.step, 'dmarc.back.sampled');
  // Its mail goes on failing, and a tenth of that would still be quarantined.
  const up = await made.run(110);
  assert.deepEqual(
    up.map((line) => line.replace(/^\d+ /, '')),
    [
      'dmarc: sampled went back none',
      'dmarc: none advanced sampled',
      'dmarc: sampled advanced quarantine',
      'dmarc: quarantine advanced reject',
    ],
  );
  assert.ok(Number(up[1]?.split(' ')[0]) > 60, up.join());
});

test('going back is left to a person where the configuration says so', async (t) => {
  const made = await world(t, clean({ sources: [own, { ...ses, broken: { from: 29, dkim: 0.7, spf: 0 } }] }));
  Object.assign(made.config.intent, { moves: { automatic: true } });
  await made.until(34, 0, 21, 28, 30, 31);
  assert.match(made.dmarc(), /p=quarantine; rua/);
  const [move] = await made.move();
  assert.equal(move?.outcome, 'stays');
  assert.match((move?.alerts ?? []).join(), /Amazon SES/);
});

test('silence and reports that nobody vouches for open nothing, unless they are allowed', async (t) => {
  const silent = await world(t, clean({ receivers: [] }));
  await silent.until(50, 0, 30, 49);
  assert.match(silent.dmarc(), /p=none/);
  const forged = await world(t, clean(), { trust: 'unauthenticated' });
  await forged.until(30, 0, 29);
  assert.match(forged.dmarc(), /p=none/);
  const plan = await forged.plan();
  const gate = plan.steps.find(({ id }) => id === 'dmarc.sampled')?.gates.find((at) => at.gate.kind === 'aligned');
  assert.equal(gate?.state, 'closed');
  Object.assign(forged.config.intent, { moves: { automatic: true, unauthenticated: true } });
  assert.equal((await forged.move())[0]?.outcome, 'advanced');
});

test('the plan shows the real positions of the gates', async (t) => {
  const made = await world(t, clean());
  await made.until(19, 0);
  const gateAt = async () => {
    const plan = await made.plan();
    const step = plan.steps.find(({ id }) => id === 'dmarc.sampled');
    return step?.gates.find((at) => at.gate.kind === 'aligned');
  };
  assert.match(
    (await gateAt())?.detail ?? '',
    /^19 of 21 days, \d\d,\d{3} of 500 messages, 100 % of your mail passes$/,
  );
  assert.equal((await gateAt())?.until, made.now + 2 * dayMs);
  await made.store.sources.unmark(domain, sesKey);
  assert.match((await gateAt())?.detail ?? '', /; unknown above 0\.1 % of your mail: Amazon SES: \d+ messages/);
  assert.equal((await gateAt())?.until, undefined);
});

test('killed at every write of the step forward, before and after it: the step is made once', async (t) => {
  const ready = async (): Promise<MoveWorld> => {
    const made = await world(t, clean());
    await made.until(21, 0);
    made.death.writes = 0;
    return made;
  };
  const whole = await ready();
  await whole.move();
  const { writes } = whole.death;
  // Meant, plan, intent, write, result, seen, done.
  assert.ok(writes >= 6, `${writes} writes`);
  for (let at = 0; at < writes; at++) {
    for (const after of [false, true]) {
      const made = await ready();
      Object.assign(made.death, { at, after });
      await assert.rejects(made.move(), Killed);
      made.death.at = Infinity;
      await made.reopen();
      await made.move();
      const where = `write ${at}, ${after ? 'after' : 'before'} it`;
      assert.deepEqual(made.death.published, whole.death.published, where);
      assert.deepEqual(await eventsOf(made), ['advanced sampled'], where);
      const state = await stateOf(made);
      assert.deepEqual([state?.stage, state?.moving, state?.since], ['sampled', undefined, whole.now], where);
    }
  }
});

test('killed at every write of the way back: it goes back once', async (t) => {
  const scenario = clean({ sources: [own, { ...ses, broken: { from: 29, dkim: 0.7, spf: 0 } }] });
  const hurt = async (): Promise<MoveWorld> => {
    const made = await world(t, scenario);
    await made.until(30, 0, 21, 28);
    made.death.writes = 0;
    made.death.published = [];
    return made;
  };
  const whole = await hurt();
  assert.equal((await whole.morning())[0]?.outcome, 'went back');
  const { writes } = whole.death;
  assert.ok(writes >= 6, `${writes} writes`);
  // Every second one: the others were seen above.
  for (let at = 0; at < writes; at++) {
    const made = await hurt();
    Object.assign(made.death, { at, after: at % 2 === 0 });
    await assert.rejects(made.morning(), Killed);
    made.death.at = Infinity;
    await made.reopen();
    await made.move();
    assert.deepEqual(made.death.published, whole.death.published, `write ${at}`);
    assert.deepEqual((await eventsOf(made)).slice(2), ['went back sampled'], `write ${at}`);
    assert.equal((await stateOf(made))?.moving, undefined);
  }
});

test('approval: asked once, counts for the stage that stands', async (t) => {
  const made = await world(t, clean());
  Object.assign(made.config.intent, { moves: {} });
  await made.until(25, 0, 24);
  const [asks] = await made.move();
  assert.deepEqual([asks?.outcome, asks?.from, asks?.to], ['waits for approval', 'none', 'sampled']);
  assert.deepEqual(await eventsOf(made), ['waits for approval sampled']);
  const state = await stateOf(made);
  assert.ok(state);
  const yes = {
    domain,
    ramp: 'dmarc',
    at: made.now,
    kind: 'approved',
    from: 'none',
    to: 'sampled',
    why: 'yes',
  } as const;
  assert.ok(await made.store.ramps.save(state, yes));
  assert.equal((await made.move())[0]?.outcome, 'advanced');
  await made.until(45, 44);
  assert.equal((await made.move())[0]?.outcome, 'waits for approval');
});

test('paused, published by somebody else, overtaken by another machine, gone', async (t) => {
  const made = await world(t, clean());
  await made.until(22, 0, 21);
  const state = await stateOf(made);
  assert.ok(state && state.stage === 'sampled');
  await made.store.ramps.save({ ...state, paused: { why: 'holidays', at: made.now } });
  assert.deepEqual(await made.move(), [{ ramp: 'dmarc', outcome: 'paused', from: 'sampled', why: 'holidays' }]);
  const { paused: _over, ...rest } = state;
  await made.store.ramps.save({ ...rest, revision: state.revision + 1 });
  // Somebody else publishes reject.
  const before = made.sets.get('_dmarc.example.com TXT');
  assert.ok(before?.type === 'TXT');
  const after = { ...before, data: [{ strings: ['v=DMARC1; p=reject; rua=mailto:dmarc@example.com'] }] };
  made.put({ name: before.name, type: 'TXT', before, after });
  made.later(2 * dayMs);
  const [move] = await made.move();
  assert.deepEqual(
    [move?.outcome, move?.to, move?.why],
    ['advanced', 'reject', 'reject was published, and not by watch'],
  );
  // Another machine holds the domain.
  const none = await made.store.ramps.exclusively(domain, 'other', () => made.move());
  assert.deepEqual(none, []);
  made.put({ name: after.name, type: 'TXT', before: after });
  made.later(2 * dayMs);
  assert.match((await made.move())[0]?.why ?? '', /records of reject are gone/);
});

test('a host that refuses: told once for each reason, tried again, and the step is made when it is mended', async (t) => {
  const made = await world(t, clean());
  await made.until(21, 0);
  made.trouble.host = 'The token has expired.';
  for (let count = 0; count < 2; count++) {
    const [move] = await made.move();
    assert.deepEqual([move?.outcome, move?.from, move?.to], ['failed', 'none', 'sampled']);
    assert.match(move?.why ?? '', /The token has expired\. Mend it\./);
  }
  assert.deepEqual(await eventsOf(made), ['failed sampled']);
  assert.equal((await stateOf(made))?.moving?.to, 'sampled');
  assert.match(made.dmarc(), /p=none/);
  made.trouble.host = '';
  assert.equal((await made.move())[0]?.outcome, 'advanced');
  // What failed is no longer meant when the evidence has gone.
  made.trouble.host = 'No.';
  await made.until(28);
  const [again] = await made.move();
  assert.equal(again?.outcome, 'failed');
  await made.store.sources.unmark(domain, sesKey);
  made.trouble.host = '';
  const [given] = await made.move();
  assert.equal(given?.outcome, 'stays');
  assert.match(given?.why ?? '', /unknown above 0\.1 % of your mail: Amazon SES/);
  assert.equal((await stateOf(made))?.moving, undefined);
});

test('two at once: one moves, and what another has written first stands', async (t) => {
  const made = await world(t, clean());
  await made.until(21, 0);
  const both = await Promise.all([made.move(), made.move()]);
  assert.deepEqual(both.map((moves) => moves.map(({ outcome }) => outcome)).sort(), [[], ['advanced']]);
  await made.until(28);
  assert.equal((await stateOf(made))?.stage, 'sampled');
  made.trouble.overtaken = true;
  const [move] = await made.move();
  assert.deepEqual([move?.outcome, move?.why], ['stays', 'another machine has moved it meanwhile']);
  assert.match(made.dmarc(), /t=y/);
});

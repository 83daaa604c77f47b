import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeZone, txt, type FakeStep } from '../../test/publish/fake-zone.ts';
import { evidenceOf, unfinished } from '../store/evidence.ts';

const a = txt('a.example.com', 'a');
const b = txt('b.example.com', 'b');
const c = txt('c.example.com', 'c');
const chain: readonly FakeStep[] = [
  { id: 'mx', sets: [a] },
  { id: 'spf', sets: [b], after: ['mx'] },
  { id: 'dmarc.none', sets: [c], after: ['spf'], seconds: 300 },
];

test('steps follow each other as their gates open, and the clock is waited for exactly', async () => {
  const zone = new FakeZone(chain);
  const began = zone.now;
  const result = await zone.run();
  assert.equal(result.kind, 'finished');
  assert.deepEqual(zone.sets, [a, b, c]);
  assert.deepEqual(zone.lines, [
    'plan',
    'intent mx',
    'result applied',
    'visible mx',
    'intent spf',
    'result applied',
    'visible spf',
    'intent dmarc.none',
    'result applied',
    'visible dmarc.none',
  ]);
  assert.ok(zone.now - began >= 300_000 && zone.now - began < 302_000, `${zone.now - began} ms`);
  assert.ok(zone.plans < 12, `${zone.plans} looks`);
  const waits = zone.events.filter((event) => event.kind === 'waiting');
  assert.deepEqual(waits.at(-1), {
    ...waits.at(-1),
    until: evidenceOf(zone.journal.entries).visibleSince.get('spf')! + 300_000,
  });
});

test('a second run writes nothing, neither to the zone nor to the journal, and asks nobody', async () => {
  const zone = new FakeZone([
    ...chain,
    { id: 'dmarc.quarantine', sets: [txt('c.example.com', 'q')], after: ['dmarc.none'], reports: true },
  ]);
  await zone.run({ agree: async () => true });
  const lines = [...zone.lines];
  const result = await zone.run({ consent: async () => assert.fail('asked') });
  assert.equal(result.kind === 'finished' && result.wrote, 0);
  assert.deepEqual(zone.lines, lines);
});

test('a wait longer than the deadline ends the run; the next one goes on', async () => {
  const zone = new FakeZone(chain);
  const first = await zone.run({ waitMs: 60_000 });
  assert.ok(first.kind === 'finished' && first.wrote === 2 && first.unseen.length === 0);
  assert.ok(zone.now < Date.parse('2026-11-23T12:00:05Z'), 'nobody waits for what does not come in time');
  zone.now += 300_000;
  const second = await zone.run({ waitMs: 0 });
  assert.ok(second.kind === 'finished' && second.wrote === 1);
  assert.deepEqual(zone.sets, [a, b, c]);
});

test('no time to wait: what is ready is written, and nothing is slept', async () => {
  const zone = new FakeZone(chain);
  const result = await zone.run({ waitMs: 0 });
  assert.ok(result.kind === 'finished' && result.wrote === 2);
  assert.deepEqual(zone.sleeps, []);
});

test('a server that shows what stood before is waited for, and the step is not written again', async () => {
  const zone = new FakeZone(chain);
  zone.firstShowsMs = 40_000;
  zone.lastShowsMs = 90_000;
  const result = await zone.run();
  assert.equal(result.kind, 'finished');
  assert.deepEqual(
    zone.lines.filter((line) => line.startsWith('intent')),
    ['intent mx', 'intent spf', 'intent dmarc.none'],
  );
  assert.ok(zone.plans < 60, `${zone.plans} looks`);
  const pauses = zone.sleeps.slice(0, 6);
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15_000]);
});

test('what is not seen at the deadline is told; the last look is at the deadline itself', async () => {
  const zone = new FakeZone(chain);
  zone.lastShowsMs = 1e9;
  const began = zone.now;
  const result = await zone.run({ waitMs: 100_000 });
  assert.ok(result.kind === 'finished');
  assert.deepEqual(
    result.unseen.map((step) => step.id),
    ['mx'],
  );
  assert.equal(zone.now - began, 100_000);
  assert.ok(!zone.lines.includes('visible mx'));
  assert.equal(zone.events.filter((event) => event.kind === 'waiting').length, 1, 'a wait is told once');
});

test('gates that only people or reports open end the run at once', async () => {
  const zone = new FakeZone([
    { id: 'mx', sets: [a], serves: () => false },
    { id: 'spf', sets: [b], reports: true },
  ]);
  const result = await zone.run({ consent: async () => assert.fail('asked') });
  assert.ok(result.kind === 'finished' && result.wrote === 0);
  assert.deepEqual([zone.sleeps, zone.lines], [[], []]);
});

test('a person vouches for what cannot be seen, once', async () => {
  const steps: readonly FakeStep[] = [{ id: 'mtasts', sets: [a], serves: () => false }];
  const zone = new FakeZone(steps);
  const result = await zone.run({ vouched: new Set(['mtasts']) });
  assert.ok(result.kind === 'finished' && result.wrote === 1);
  await zone.run({ vouched: new Set(['mtasts']) });
  assert.equal(zone.lines.filter((line) => line === 'vouched mtasts').length, 1);
});

test('declined: nothing is written, not even a line', async () => {
  const zone = new FakeZone(chain);
  const result = await zone.run({ consent: async () => false });
  assert.deepEqual([result.kind, zone.sets, zone.lines], ['declined', [], []]);
});

test('a digest stands for what was shown: another plan is refused, a plan that was begun goes on', async () => {
  const zone = new FakeZone(chain);
  const { digest } = await zone.plan();
  const refused = await zone.run({ digest: 'ffffffffffff' });
  assert.deepEqual([refused.kind, zone.lines], ['other-plan', []]);
  assert.equal((await zone.run({ digest: digest.slice(0, 12), waitMs: 0 })).kind, 'finished');
  assert.notEqual((await zone.plan()).digest, digest);
  const on = await zone.run({ digest: digest.slice(0, 12) });
  assert.ok(on.kind === 'finished' && on.wrote === 1);
  assert.deepEqual(zone.sets, [a, b, c]);
});

test('somebody changes a record after the plan was approved: nothing more is written', async () => {
  const zone = new FakeZone(chain);
  const { digest } = await zone.plan();
  zone.put('b.example.com', txt('b.example.com', 'theirs'));
  const before = await zone.run({ digest });
  assert.deepEqual([before.kind, zone.lines], ['other-plan', []]);
  const during = new FakeZone(chain);
  during.onPlan = () => {
    if (during.applies === 1) during.put('b.example.com', txt('b.example.com', 'theirs'));
  };
  const result = await during.run({ agree: async () => assert.fail('nobody is asked about what was not shown') });
  assert.ok(result.kind === 'moved');
  assert.deepEqual([result.steps, result.wrote], [['spf'], 1]);
  assert.deepEqual(during.sets, [a, txt('b.example.com', 'theirs')]);
});

test('a change between the look and the write is the host’s to refuse', async () => {
  const zone = new FakeZone(chain);
  zone.put('a.example.com', undefined);
  const { apply } = zone.host;
  const host = {
    ...zone.host,
    apply: async (...args: Parameters<typeof apply>) => {
      zone.put('a.example.com', txt('a.example.com', 'theirs'));
      return apply(...args);
    },
  };
  const result = await zone.run({ host });
  assert.ok(result.kind === 'fault' && result.fault.reason === 'changed');
  assert.deepEqual(zone.lines, ['plan', 'intent mx', 'result nothing-written']);
  assert.deepEqual(zone.sets, [txt('a.example.com', 'theirs')]);
});

test('records of others go after a yes, which holds for its question and for one write', async () => {
  const theirs = txt('a.example.com', 'theirs');
  const zone = new FakeZone([
    { id: 'mx', sets: [a] },
    { id: 'spf', sets: [b] },
  ]);
  zone.put('a.example.com', theirs);
  const kept = await zone.run();
  assert.ok(kept.kind === 'finished' && kept.wrote === 1);
  assert.deepEqual(zone.sets, [theirs, b], 'the rest is published all the same');
  const asked: string[] = [];
  const agree = async (_: unknown, question: string): Promise<boolean> => asked.push(question) > 0;
  await zone.run({ agree });
  assert.equal(asked.length, 1);
  assert.equal(zone.lines.filter((line) => line === 'approved mx').length, 1);
  assert.ok(zone.sets.includes(a));
  // The same record again, put there by somebody: asked again.
  zone.put('a.example.com', theirs);
  await zone.run();
  assert.deepEqual(
    zone.sets.find((set) => set.name === a.name),
    theirs,
  );
});

test('a yes to another question is none', async () => {
  const zone = new FakeZone([{ id: 'mx', sets: [a] }]);
  zone.put('a.example.com', txt('a.example.com', 'theirs'));
  await zone.journal.append({
    kind: 'approved',
    at: '2026-11-01T00:00:00Z',
    step: 'mx',
    question: 'gives up less. Agree?',
  });
  const result = await zone.run();
  assert.ok(result.kind === 'finished' && result.wrote === 0);
  assert.deepEqual(zone.sets, [txt('a.example.com', 'theirs')]);
});

test('what came of a write without an answer is read at the host', async () => {
  const lost = new FakeZone(chain);
  lost.troubles.set(0, 'lost-reply');
  assert.equal((await lost.run()).kind, 'finished');
  assert.deepEqual(lost.lines.slice(0, 3), ['plan', 'intent mx', 'result applied']);

  const never = new FakeZone(chain);
  never.troubles.set(0, 'lost-request');
  const result = await never.run();
  assert.ok(result.kind === 'fault' && result.fault.reason === 'unreachable');
  assert.deepEqual(never.lines, ['plan', 'intent mx', 'result nothing-written']);

  const gone = new FakeZone(chain);
  gone.troubles.set(0, 'lost-reply');
  gone.host.read = async () => ({ kind: 'fault', reason: 'unreachable', detail: 'gone', cure: '' });
  assert.equal((await gone.run()).kind, 'fault');
  assert.equal(unfinished(gone.journal.entries).length, 1, 'the next run looks again');
});

test('a host that stops half-way: the part is told, and the next run does the rest, by the same digest', async () => {
  const zone = new FakeZone([{ id: 'dkim', sets: [a, b, c] }]);
  const { digest } = await zone.plan();
  zone.troubles.set(0, 'stops');
  const result = await zone.run({ digest });
  assert.ok(result.kind === 'fault');
  assert.deepEqual(zone.lines, ['plan', 'intent dkim', 'result stopped']);
  const next = await zone.run({ digest });
  assert.ok(next.kind === 'finished' && next.wrote === 1);
  assert.deepEqual(zone.sets, [a, b, c]);
  assert.equal(evidenceOf(zone.journal.entries).published.get('dkim')?.changes.length, 3);
});

test('a host that says yes and keeps something else is not believed', async () => {
  const zone = new FakeZone(chain);
  zone.troubles.set(0, 'lies');
  const result = await zone.run();
  assert.ok(result.kind === 'fault' && result.fault.reason === 'rejected');
  assert.match(result.fault.detail, /said yes, and what it holds at a\.example\.com TXT is something else/);
});

test('a signal ends the wait', async () => {
  const zone = new FakeZone(chain);
  const ends = new AbortController();
  const clock = {
    ...zone.clock,
    sleep: async (): Promise<void> => {
      ends.abort(new Error('enough'));
    },
  };
  await assert.rejects(zone.run({ clock, signal: ends.signal }), /enough/);
});

test('a question is asked before the wait and not after it', async () => {
  const zone = new FakeZone([
    { id: 'mx', sets: [a] },
    { id: 'spf', sets: [b], after: ['mx'], seconds: 300 },
  ]);
  zone.put('b.example.com', txt('b.example.com', 'theirs'));
  const asked: number[] = [];
  const began = zone.now;
  const agree = async (): Promise<boolean> => asked.push(zone.now - began) > 0;
  const result = await zone.run({ agree });
  assert.ok(result.kind === 'finished' && result.wrote === 2);
  assert.deepEqual([asked.length, (asked[0] ?? NaN) < 2000], [1, true], 'once, at the beginning');
  const declined = new FakeZone(zone.steps);
  declined.put('b.example.com', txt('b.example.com', 'theirs'));
  await declined.run();
  assert.ok(declined.now - began < 5000, 'nobody waits for what was declined');
});

test('a run right after another does not write again what a slow server does not show', async () => {
  const zone = new FakeZone(chain.slice(0, 1));
  zone.firstShowsMs = 40_000;
  await zone.run({ waitMs: 0 });
  const lines = [...zone.lines];
  const result = await zone.run();
  assert.ok(result.kind === 'finished' && result.wrote === 0);
  assert.deepEqual(zone.lines, [...lines, 'visible mx']);
  // Gone again, it is written again.
  zone.firstShowsMs = 0;
  zone.put('a.example.com', undefined);
  const mended = await zone.run();
  assert.ok(mended.kind === 'finished' && mended.wrote === 1);
});

test('what a cache holds longer than the run may wait is not waited for', async () => {
  const zone = new FakeZone(chain.slice(0, 1));
  zone.lastShowsMs = 3_600_000;
  const plan = async (): ReturnType<typeof zone.plan> => {
    const made = await zone.plan();
    const steps = made.steps.map((step) =>
      step.visibility?.state === 'closed'
        ? { ...step, visibility: { ...step.visibility, until: Date.parse('2026-11-23T13:00:00Z') } }
        : step,
    );
    return { ...made, steps };
  };
  const short = await zone.run({ plan });
  assert.ok(short.kind === 'finished' && short.unseen.length === 1);
  assert.deepEqual(zone.sleeps, []);
});

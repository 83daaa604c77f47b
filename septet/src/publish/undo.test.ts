import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeZone, txt, type FakeStep } from '../../test/publish/fake-zone.ts';
import { undo, type Undone, type UndoInput } from './undo.ts';

const a = txt('a.example.com', 'a');
const b = txt('b.example.com', 'b');
const steps: readonly FakeStep[] = [
  { id: 'mx', sets: [a] },
  { id: 'spf', sets: [b], after: ['mx'] },
  { id: 'spf.tighten', sets: [txt('b.example.com', 'b2')], after: ['spf'], serves: () => true },
];

const back = (zone: FakeZone, more: Partial<UndoInput> = {}): Promise<Undone> =>
  undo({
    domain: a.name,
    host: zone.host,
    journal: zone.journal,
    clock: zone.clock,
    zone: async () => a.name,
    force: false,
    consent: async () => true,
    ...more,
  });

test('what was published last goes first, and what stood there before comes back with its TTL', async () => {
  const before = { ...txt('a.example.com', 'old'), ttlSeconds: 7200 };
  const zone = new FakeZone(steps.slice(0, 2));
  zone.put('a.example.com', before);
  await zone.run({ agree: async () => true });
  const first = await back(zone);
  assert.ok(first.kind === 'undone' && first.intent.step === 'spf' && !first.more);
  const second = await back(zone);
  assert.ok(second.kind === 'undone' && second.intent.step === 'mx');
  assert.deepEqual(zone.sets, [before]);
  assert.deepEqual(await back(zone), { kind: 'nothing', steps: [] });
});

test('what was read out of a cache comes back with a TTL that the host takes', async () => {
  const zone = new FakeZone(steps.slice(0, 1));
  zone.put('a.example.com', { ...txt('a.example.com', 'old'), ttlSeconds: 3 });
  await zone.run({ agree: async () => true });
  assert.equal((await back(zone)).kind, 'undone');
  assert.equal(zone.sets[0]?.ttlSeconds, 30);
});

test('a step by name: not below later ones, unless they concern other records and force is used', async () => {
  const zone = new FakeZone(steps.slice(0, 2));
  await zone.run();
  const held = await back(zone, { step: 'mx' });
  assert.ok(held.kind === 'built-upon');
  assert.deepEqual(held.by, ['spf']);
  assert.equal((await back(zone, { step: 'mx', force: true })).kind, 'undone');
  assert.deepEqual(zone.sets, [b]);
  assert.deepEqual(await back(zone, { step: 'mx' }), { kind: 'nothing', steps: ['spf'] });
  assert.deepEqual(await back(zone, { step: 'bimi' }), { kind: 'nothing', steps: ['spf'] });
});

test('records that a later step changed again are never taken from below it', async () => {
  const later: readonly FakeStep[] = [{ id: 'spf.tighten', sets: [txt('b.example.com', 'b2')] }];
  const zone = new FakeZone(steps.slice(0, 2));
  await zone.run();
  const on = new FakeZone(later, zone.journal);
  for (const set of zone.sets) on.put(set.name, set);
  await on.run({ agree: async () => true });
  const held = await back(on, { step: 'spf', force: true });
  assert.ok(held.kind === 'built-upon');
  assert.deepEqual(held.by, ['spf.tighten']);
});

test('a record that somebody changed since is left alone', async () => {
  const zone = new FakeZone(steps.slice(0, 1));
  await zone.run();
  zone.put('a.example.com', txt('a.example.com', 'theirs'));
  const lines = zone.lines.length;
  const result = await back(zone);
  assert.ok(result.kind === 'fault' && result.fault.reason === 'changed');
  assert.deepEqual(zone.sets, [txt('a.example.com', 'theirs')]);
  assert.equal(zone.lines.length, lines);
});

test('of a write that stopped, the part that was carried out is taken back', async () => {
  const zone = new FakeZone([{ id: 'dkim', sets: [a, b] }]);
  zone.troubles.set(0, 'stops');
  await zone.run();
  assert.deepEqual(zone.sets, [a]);
  assert.equal((await back(zone)).kind, 'undone');
  assert.deepEqual(zone.sets, []);
  // Both parts of a step that was written in two goes.
  zone.troubles.set(zone.applies, 'stops');
  await zone.run();
  await zone.run();
  assert.equal(zone.sets.length, 2);
  const one = await back(zone);
  assert.ok(one.kind === 'undone' && one.more);
  const two = await back(zone);
  assert.ok(two.kind === 'undone' && !two.more);
  assert.deepEqual(zone.sets, []);
});

test('declined, or the host does not answer: nothing happens', async () => {
  const zone = new FakeZone(steps.slice(0, 1));
  await zone.run();
  const lines = zone.lines.length;
  assert.equal((await back(zone, { consent: async () => false })).kind, 'declined');
  zone.unreachable = true;
  assert.equal((await back(zone)).kind, 'fault');
  assert.equal(zone.lines.length, lines);
});

test('what was taken back is published again, and its gates count anew', async () => {
  const zone = new FakeZone([
    { id: 'mx', sets: [a] },
    { id: 'spf', sets: [b], after: ['mx'], seconds: 100 },
  ]);
  await zone.run();
  await back(zone);
  await back(zone);
  const began = zone.now;
  const result = await zone.run();
  assert.ok(result.kind === 'finished' && result.wrote === 2);
  assert.ok(zone.now - began >= 100_000);
});

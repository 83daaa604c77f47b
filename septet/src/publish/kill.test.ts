/** A run that dies at every line of its journal and around every write; the next one ends in the same zone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dyingJournal, FakeZone, Killed, txt, type FakeStep, type Trouble } from '../../test/publish/fake-zone.ts';
import { evidenceOf, undoable, unfinished } from '../store/evidence.ts';
import { memoryJournal, readJournal } from '../store/files/journal-file.ts';
import type { JournalEntry } from '../store/journal.ts';
import { undo, type UndoInput } from './undo.ts';

const steps: readonly FakeStep[] = [
  { id: 'mx', sets: [txt('a.example.com', 'mx')] },
  { id: 'dkim', sets: [txt('k1.example.com', 'k'), txt('k2.example.com', 'k')], after: ['mx'] },
  { id: 'dmarc.none', sets: [txt('d.example.com', 'd')], after: ['dkim'], seconds: 60 },
];

async function whole(): Promise<FakeZone> {
  const zone = new FakeZone(steps);
  await zone.run();
  return zone;
}

/** A zone with the state and the clock of another, and the journal as it is read from its text. */
function after(dead: FakeZone, entries: readonly JournalEntry[]): FakeZone {
  const zone = new FakeZone(steps, memoryJournal(entries));
  for (const set of dead.sets) zone.put(set.name, set);
  zone.now = dead.now + 1000;
  return zone;
}

const textOf = (entries: readonly JournalEntry[]): string =>
  entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

function undoing(zone: FakeZone, more: Partial<UndoInput> = {}): UndoInput {
  return {
    domain: zone.sets[0]?.name ?? txt('x.example.com').name,
    host: zone.host,
    journal: zone.journal,
    clock: zone.clock,
    zone: async () => (await zone.plan()).zone,
    force: false,
    consent: async () => true,
    ...more,
  };
}

async function assertGoesOn(dead: FakeZone, entries: readonly JournalEntry[], where: string): Promise<void> {
  const expected = await whole();
  const next = after(dead, entries);
  const result = await next.run();
  assert.equal(result.kind, 'finished', where);
  assert.deepEqual([...next.sets].sort(byName), [...expected.sets].sort(byName), where);
  assert.deepEqual(unfinished(next.journal.entries), [], where);
  assert.deepEqual([...evidenceOf(next.journal.entries).published.keys()].sort(), ['dkim', 'dmarc.none', 'mx'], where);
  // Gates that count from a write of ours are not taken for "it was there before".
  const at = (id: string): number => evidenceOf(next.journal.entries).published.get(id)?.at ?? NaN;
  assert.ok(at('dmarc.none') - at('dkim') >= 60_000, `${where}: ${at('dmarc.none') - at('dkim')} ms`);
  // And all of it can be taken back.
  for (let count = 0; undoable(next.journal.entries).length > 0; count++) {
    assert.ok(count < 10, where);
    assert.equal((await undo(undoing(next))).kind, 'undone', where);
  }
  assert.deepEqual(next.sets, [], where);
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

test('killed around every line of the journal', async () => {
  const lines = (await whole()).journal.entries.length;
  let points = 0;
  for (let at = 0; at < lines; at++) {
    for (const isWhole of [false, true]) {
      const zone = new FakeZone(steps, dyingJournal([], at, isWhole));
      await assert.rejects(zone.run(), Killed);
      await assertGoesOn(zone, zone.journal.entries, `line ${at}, ${isWhole ? 'after' : 'before'} it`);
      points++;
    }
  }
  assert.equal(points, 2 * lines);
});

test('killed before, in the middle of and after every write', async () => {
  const { applies } = await whole();
  assert.equal(applies, 3);
  for (const trouble of ['kill-before', 'kill-between', 'kill-after'] as const satisfies readonly Trouble[]) {
    for (let at = 0; at < applies; at++) {
      const zone = new FakeZone(steps);
      zone.troubles.set(at, trouble);
      const died = await zone.run().then(
        () => false,
        (error: unknown) => error instanceof Killed,
      );
      assert.equal(died, trouble !== 'kill-between' || at === 1);
      await assertGoesOn(zone, zone.journal.entries, `${trouble} ${at}`);
    }
  }
});

test('the last line cut off at every octet', async () => {
  // Of every moment of the run: what the zone held when the line was being written.
  const full = await whole();
  for (let at = 0; at < full.journal.entries.length; at++) {
    const zone = new FakeZone(steps, dyingJournal([], at, false));
    await assert.rejects(zone.run(), Killed);
    const before = textOf(zone.journal.entries);
    const line = textOf(full.journal.entries.slice(at, at + 1));
    for (let cut = 1; cut < line.length; cut += line.length > 400 ? 97 : 23) {
      const { entries, torn } = readJournal(before + line.slice(0, cut));
      assert.deepEqual([entries.length, torn.length], cut === line.length - 1 ? [at + 1, 0] : [at, 1]);
      if (torn.length === 1) await assertGoesOn(zone, entries, `line ${at}, octet ${cut}`);
    }
  }
});

test('killed while what a killed run left is taken up', async () => {
  const dead = new FakeZone(steps);
  dead.troubles.set(1, 'kill-between');
  await assert.rejects(dead.run(), Killed);
  for (const trouble of ['kill-before', 'kill-after'] as const) {
    const second = after(dead, dead.journal.entries);
    second.troubles.set(0, trouble);
    await assert.rejects(second.run(), Killed);
    await assertGoesOn(second, second.journal.entries, trouble);
  }
});

test('an undo that is killed is finished by the next run of anything', async () => {
  for (const trouble of ['kill-before', 'kill-between', 'kill-after'] as const) {
    const zone = await whole();
    await undo(undoing(zone));
    zone.troubles.set(zone.applies, trouble);
    await assert.rejects(undo(undoing(zone)), Killed);
    const result = await undo(undoing(zone));
    const left = zone.sets.map((set) => set.name);
    assert.equal(result.kind, 'undone', trouble);
    // Finished by taking it up, the next undo was the one before; else it was done now.
    assert.deepEqual(left, trouble === 'kill-before' ? ['a.example.com'] : [], trouble);
    await zone.run();
    assert.equal(zone.sets.length, 4, trouble);
  }
});

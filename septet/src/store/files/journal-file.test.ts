import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { journalPath, openJournal, readJournal, StateFileError } from './journal-file.ts';
import type { JournalEntry } from '../journal.ts';

const at = '2026-11-23T12:00:00.000Z';
const set = { name: dnsName('a.example'), type: 'TXT', ttlSeconds: 60, data: [{ strings: ['a'] }] } as const;
const change = { name: set.name, type: 'TXT', after: set } as const;
const entries: readonly JournalEntry[] = [
  { kind: 'plan', at, digest: 'd', steps: [{ id: 'mx', changes: [change] }] },
  { kind: 'intent', at, id: '1', step: 'mx', host: 'fake', changes: [change] },
  { kind: 'result', at, id: '1', outcome: 'stopped', done: [change], detail: 'no' },
  { kind: 'visible', at, step: 'mx' },
  { kind: 'vouched', at, step: 'mx' },
  { kind: 'approved', at, step: 'mx', question: 'Agree?' },
  { kind: 'intent', at, id: '2', step: 'mx', host: 'fake', changes: [], undoes: '1' },
];

async function folder(t: Pick<TestContext, 'after'>): Promise<string> {
  const place = await mkdtemp(path.join(tmpdir(), 'septet-journal-'));
  t.after(() => rm(place, { recursive: true, force: true }));
  return place;
}

test('what was appended is read again, by this journal and by another', async (t) => {
  const file = journalPath(path.join(await folder(t), 'a', 'b'), dnsName('example.com'));
  const one = await openJournal(file);
  await Promise.all(entries.slice(0, 5).map((entry) => one.append(entry)));
  const other = await openJournal(file);
  assert.deepEqual([one.entries, other.entries], [entries.slice(0, 5), entries.slice(0, 5)]);
  await other.append(entries[5] as JournalEntry);
  await one.refresh();
  await one.append(entries[6] as JournalEntry);
  await other.refresh();
  assert.deepEqual([one.entries, other.entries, one.torn], [entries, entries, []]);
  assert.deepEqual([(await stat(file)).mode & 0o777, (await stat(path.dirname(file))).mode & 0o777], [0o600, 0o700]);
});

test('a line that was cut off is left alone, and the next one stands by itself', async (t) => {
  const file = path.join(await folder(t), 'j');
  const whole = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  for (const cut of [1, 50, whole.length - 30]) {
    await writeFile(file, whole.slice(0, cut));
    const journal = await openJournal(file);
    const before = [...journal.entries];
    assert.equal(journal.torn.length, 1);
    await journal.append(entries[0] as JournalEntry);
    const again = await openJournal(file);
    assert.deepEqual(again.entries, [...before, entries[0]]);
    assert.deepEqual(again.torn, journal.torn);
  }
  // Cut off between the line and its end, it is whole.
  await writeFile(file, whole.slice(0, -1));
  const journal = await openJournal(file);
  await journal.append(entries[0] as JournalEntry);
  assert.deepEqual((await openJournal(file)).entries, [...entries, entries[0]]);
});

test('any octets are read without an exception, and what is read can be relied on', () => {
  const words = [
    'plan',
    'intent',
    'result',
    'visible',
    'approved',
    at,
    'applied',
    'mx',
    '1',
    0,
    null,
    [],
    {},
    [{}],
    [change],
  ];
  const value = fc.constantFrom<unknown>(...words);
  const keys = ['kind', 'at', 'id', 'step', 'host', 'changes', 'steps', 'digest', 'outcome', 'done', 'question'];
  const line = fc.oneof(
    fc.string(),
    fc.dictionary(fc.constantFrom(...keys), value).map((json) => JSON.stringify(json)),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const read = readJournal(lines.join('\n'));
      for (const entry of read.entries) {
        assert.ok(!Number.isNaN(Date.parse(entry.at)));
        if (entry.kind === 'intent') for (const one of entry.changes) assert.equal(typeof one.name, 'string');
        if (entry.kind === 'plan') for (const step of entry.steps) assert.ok(Array.isArray(step.changes));
      }
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(readJournal('{"kind":"intent","at":"2026-11-23","id":"1","step":"mx"}').torn.length, 1);
});

test('a place that cannot be read or written is named', async (t) => {
  const place = await folder(t);
  await mkdir(path.join(place, 'j'));
  await assert.rejects(openJournal(path.join(place, 'j')), (error: unknown) => {
    assert.ok(error instanceof StateFileError);
    assert.equal(error.message, `The journal ${path.join(place, 'j')} cannot be read: it is a folder.`);
    return true;
  });
  await writeFile(path.join(place, 'f'), '');
  const journal = await openJournal(path.join(place, 'gone', 'j'));
  await writeFile(path.join(place, 'gone'), '');
  await assert.rejects(journal.append(entries[0] as JournalEntry), /gone.* cannot be written: /);
  assert.deepEqual(journal.entries, [], 'what is not on the disk is not known');
  assert.equal(await readFile(path.join(place, 'gone'), 'utf8'), '');
});

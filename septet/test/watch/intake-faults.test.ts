/** The intake when the store goes away, or it is interrupted: each report once, and nothing half. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreFault } from '../../src/store/sql/sql-fault.ts';
import type { AggregateDraft, Store } from '../../src/store/store.ts';
import { openIntake } from '../../src/watch/intake/intake.ts';
import type { IntakeEvent } from '../../src/watch/intake/intake-event.ts';
import type { IntakeItem } from '../../src/watch/intake/intake-item.ts';
import { zoneWorld } from '../zone-world.ts';
import { example, item, open, query, wordsOf, zone } from './intake-desk.ts';
import { gz, mail, xml } from './intake-mail.ts';

/** A store that fails at times, as one whose server goes away. */
function failing(store: Store, fails: (verb: string) => boolean, lost = false): Pick<Store, 'reports'> {
  const fault = (): StoreFault => new StoreFault('The database is away.', true);
  return {
    reports: {
      ...store.reports,
      draft(): AggregateDraft {
        const draft = store.reports.draft();
        let broken = false;
        return {
          rows: (rows) => {
            broken ||= fails('rows');
            if (broken) return Promise.reject(fault());
            return draft.rows(rows);
          },
          finish: async (head, facts) => {
            if (broken) throw fault();
            const away = fails('finish');
            if (away && !lost) throw fault();
            const outcome = await draft.finish(head, facts).catch(async (error: unknown) => {
              // A draft is finished once; another of the same rows asks for what came of it.
              if (!lost || !(error instanceof Error) || error instanceof StoreFault) throw error;
              return { kind: 'duplicate', same: true, firstSeen: facts.importedAt } as const;
            });
            if (away) throw fault();
            return outcome;
          },
          discard: () => draft.discard(),
        };
      },
    },
  };
}

test('a store that goes away and comes back: everything counts once, and it is told once', async (t) => {
  for (const lost of [false, true]) {
    const base = await open(t);
    let faults = 0;
    const verb = lost ? 'finish' : 'rows';
    const store = failing(base.store, (one) => one === verb && [1, 5].includes(++faults), lost);
    const events: IntakeEvent[] = [];
    const intake = openIntake({
      store,
      world: zoneWorld(zone),
      domains: new Set([example]),
      keepFailures: 'no',
      allowUnauthenticated: false,
      signal: new AbortController().signal,
      patienceSeconds: 5,
      tell: (event) => void events.push(event),
    });
    const mbox = ['x', 'y', 'z']
      .map(
        (id) =>
          `From x Fri Nov 20 00:00:00 2026\n${mail({ signer: 'receiver.example', attachment: gz(xml({ id })) })
            .toString('latin1')
            .replaceAll('\r\n', '\n')}\n`,
      )
      .join('');
    await intake.take(item(mbox));
    await intake.settle();
    const words = events.map(wordsOf);
    assert.deepEqual(words.filter((word) => word.startsWith('stored')).sort(), [
      'stored x authenticated',
      'stored y authenticated',
      'stored z authenticated',
    ]);
    assert.ok(words.some((word) => word.startsWith('notice: The database is away. It is tried again for 5 seconds.')));
    assert.equal(words.filter((word) => word.startsWith('duplicate')).length, 0);
    assert.equal(intake.summary().rows, 30);
    assert.equal((await base.store.reports.list(query(example), 10)).length, 3);
  }
});

test('a store that stays away ends it, with its sentence', async (t) => {
  const base = await open(t);
  const intake = openIntake({
    store: failing(base.store, () => true),
    world: zoneWorld(zone),
    domains: new Set([example]),
    keepFailures: 'no',
    allowUnauthenticated: false,
    signal: new AbortController().signal,
    patienceSeconds: 0,
    tell: () => {},
  });
  await assert.rejects(async () => {
    await intake.take(item(xml({ id: 'x' })));
    await intake.settle();
  }, /The database is away/);
});

test('an interrupt within a large report leaves nothing of it', async (t) => {
  const ending = new AbortController();
  const opened = await open(t, { signal: ending.signal });
  const whole = xml({ id: 'large', rows: 6000 });
  const large: IntakeItem = {
    origin: 'large.xml',
    async *octets() {
      for (let at = 0; at < whole.length; at += 65_536) {
        if (at > whole.length / 2) ending.abort();
        yield await Promise.resolve(Buffer.from(whole.slice(at, at + 65_536)));
      }
    },
  };
  await assert.rejects(opened.intake.take(large), { name: 'Interrupted' });
  assert.deepEqual(await opened.store.reports.list(query(example), 10), []);
  let rows = 0;
  for await (const _ of opened.store.reports.rows(query(example))) rows++;
  assert.equal(rows, 0);
});

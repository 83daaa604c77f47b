import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, patiently, StoreFault } from './sql-fault.ts';

const coded = (code: string): Error => Object.assign(new Error('said by the server'), { code });
const sqlite = (errcode: number): Error => Object.assign(new Error('said by SQLite'), { errcode });

test('faults of the databases become sentences that name the place; bugs stay bugs', () => {
  const cases: readonly (readonly [Error, RegExp, boolean])[] = [
    [sqlite(5), /Another process is writing to p/, true],
    [sqlite(517), /Another process is writing to p/, true], // SQLITE_BUSY_SNAPSHOT
    [sqlite(13), /disk is full: p/, true],
    [sqlite(778), /p cannot be read or written/, true], // SQLITE_IOERR_WRITE
    [sqlite(11), /p is damaged/, false],
    [sqlite(26), /p is no SQLite database/, false],
    [sqlite(14), /p cannot be opened/, false],
    [coded('ECONNREFUSED'), /p does not answer \(ECONNREFUSED\)/, true],
    [coded('57P01'), /p does not answer/, true],
    [new Error('Connection terminated unexpectedly'), /p does not answer \(Connection terminated/, true],
    [new Error('Client has encountered a connection error and is not queryable'), /p does not answer/, true],
    [coded('53100'), /disk of p is full/, true],
    [coded('53300'), /no room for another connection/, true],
    [coded('40P01'), /could not do this now/, true],
    [coded('28P01'), /does not let this user in/, false],
    [coded('42501'), /does not allow this/, false],
  ];
  for (const [error, sentence, retryable] of cases) {
    const fault = faultOf(error, 'p');
    assert.ok(fault instanceof StoreFault, error.message);
    assert.match(fault.message, sentence);
    assert.equal(fault.retryable, retryable);
  }
  for (const error of [new Error('a bug'), sqlite(19), coded('23505'), coded('42703')]) {
    assert.equal(faultOf(error, 'p'), error);
  }
});

test('patiently: again after what may pass, with longer pauses, and not for ever', async () => {
  const pauses: number[] = [];
  const pause = async (milliseconds: number): Promise<void> => void pauses.push(milliseconds);
  let tries = 0;
  const third = async (): Promise<string> => {
    if (++tries < 3) throw new StoreFault('Not now.', true);
    return 'done';
  };
  assert.equal(await patiently(third, 60, pause), 'done');
  assert.deepEqual(pauses, [250, 500]);
  pauses.length = 0;
  await assert.rejects(
    patiently(() => Promise.reject(new StoreFault('Not now.', true)), 60, pause),
    /Not now/,
  );
  assert.equal(
    pauses.reduce((sum, some) => sum + some, 0),
    60_000,
  );
  assert.equal(Math.max(...pauses), 10_000);
  pauses.length = 0;
  await assert.rejects(
    patiently(() => Promise.reject(new StoreFault('Never.', false)), 60, pause),
    /Never/,
  );
  await assert.rejects(
    patiently(() => Promise.reject(new Error('bug')), 60, pause),
    /bug/,
  );
  assert.deepEqual(pauses, []);
});

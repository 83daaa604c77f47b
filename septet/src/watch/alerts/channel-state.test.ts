import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import type { StoredAlert } from '../../store/store.ts';
import { alertText } from './alert-text.ts';
import { afterFailure, afterSending, differenceOf, freshState, memoryChannels } from './channel-state.ts';

const alert = (
  key: string,
  title = 'wrong',
  more: { readonly from?: string; readonly todo?: string } = {},
): StoredAlert => ({
  domain: dnsName('example.com'),
  key,
  severity: 'warning',
  since: 0,
  text: alertText({
    title,
    what: ['It matters.'],
    seenFrom: [more.from ?? 'ns1.example.net'],
    todo: [more.todo ?? 'Mend it.'],
    commands: ['septet check example.com'],
  }),
});
const told = (...alerts: readonly StoredAlert[]) =>
  afterSending(freshState('mail'), { id: 'first', changed: alerts, settled: [], digest: false }, 1000);
const news = (before: StoredAlert, now: StoredAlert): number => differenceOf(told(before), [now], 2000).changed.length;

test('what makes a difference, and what does not', () => {
  assert.equal(news(alert('a'), alert('a')), 0);
  assert.equal(news(alert('a'), alert('a', 'worse')), 1);
  assert.equal(news(alert('a'), { ...alert('a'), severity: 'error' }), 1);
  assert.equal(news(alert('a'), alert('a', 'wrong', { todo: 'Wait.' })), 1, 'below the servers');
  assert.equal(news(alert('a'), alert('a', 'wrong', { from: 'ns2.example.net' })), 0, 'another server showed it');
  assert.equal(news(alert('a', 'it ends in 14 days'), alert('a', 'it ends in 13 days')), 0);
  assert.equal(news(alert('a', 'it takes 11 look-ups'), alert('a', 'it takes 12 look-ups')), 1);
});

test('since when something waits is kept, and begins anew when it has been told', () => {
  const first = differenceOf(freshState('mail'), [alert('a')], 1000);
  const second = differenceOf(first.state, [alert('a'), alert('b')], 2000);
  assert.deepEqual(
    second.changed.map(({ at }) => at),
    [1000, 2000],
  );
  const state = afterSending(second.state, { id: 'x', changed: [alert('a')], settled: [], digest: false }, 3000);
  assert.deepEqual(state.waiting, [{ id: 'example.com b', at: 2000 }]);
  const over = differenceOf(state, [alert('b')], 4000);
  assert.deepEqual(
    over.settled.map((one) => [one.alert.key, one.at]),
    [['a', 4000]],
  );
});

test('the thread is that of the first message, until the alert is over', () => {
  const once = told(alert('a'));
  const twice = afterSending(once, { id: 'second', changed: [alert('a', 'worse')], settled: [], digest: false }, 2000);
  assert.equal(twice.told[0]?.thread, 'first');
  const over = afterSending(twice, { id: 'third', changed: [], settled: [alert('a')], digest: false }, 3000);
  assert.deepEqual(over.told, []);
});

test('pauses double up to an hour; a plain no waits an hour; what is taken ends the trouble', () => {
  let state = freshState('mail');
  const pauses: number[] = [];
  for (let turn = 0; turn < 9; turn++) {
    state = afterFailure(state, { why: 'down', refused: false }, 0);
    pauses.push((state.trouble?.nextAt ?? 0) / 60_000);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(afterFailure(freshState('mail'), { why: 'no', refused: true }, 0).trouble?.nextAt, 3_600_000);
  assert.equal(
    afterFailure(freshState('mail'), { why: 'x', refused: false, afterMs: 90_000 }, 0).trouble?.nextAt,
    90_000,
  );
  assert.equal(afterSending(state, { id: 'x', changed: [], settled: [], digest: true }, 5).trouble, undefined);
});

test('property: whatever comes and goes, a channel that is told everything knows exactly what is open', () => {
  const look = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y')), {
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(look, fc.boolean())), (looks) => {
      let state = freshState('mail');
      let now = 0;
      for (const [open, taken] of [...looks, [looks.at(-1)?.[0] ?? [], true] as const]) {
        now += 1000;
        const alerts = open.map(([key, title]) => alert(key, title));
        const { changed, settled, state: next } = differenceOf(state, alerts, now);
        const message = {
          id: `m${now}`,
          changed: changed.map((one) => one.alert),
          settled: settled.map((one) => one.alert),
          digest: false,
        };
        state = taken ? afterSending(next, message, now) : afterFailure(next, { why: 'down', refused: false }, now);
        if (!taken) continue;
        assert.deepEqual(
          state.told.map((one) => one.alert.text + one.alert.key).toSorted(),
          alerts.map((one) => one.text + one.key).toSorted(),
        );
        assert.deepEqual(state.waiting, []);
      }
    }),
  );
});

test('compare and set', async () => {
  const shelf = memoryChannels();
  const state = freshState('mail');
  assert.equal(await shelf.save(state), false);
  assert.equal(await shelf.save({ ...state, revision: 1 }), true);
  assert.equal(await shelf.save({ ...state, revision: 1 }), false);
  assert.equal(await shelf.save({ ...state, revision: 3 }), false);
  assert.equal((await shelf.load('mail'))?.revision, 1);
});

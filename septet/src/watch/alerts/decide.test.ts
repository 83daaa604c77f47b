import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { StoredAlert } from '../../store/store.ts';
import type { ChannelRules } from './channel.ts';
import { decideSending, type SendingInput, type Waiting } from './decide.ts';

const zone = 'Europe/Vienna';
const rules: ChannelRules = { severity: 'warning', errorsAtOnce: false, mostPerHour: 12 };
const night = { from: { minutes: 22 * 60, zone }, until: { minutes: 7 * 60, zone } };
const morning = { minutes: 8 * 60, zone };
const time = (text: string): number => Date.parse(`${text}Z`);

const alert = (key: string, severity: StoredAlert['severity'] = 'warning'): StoredAlert => ({
  domain: dnsName('example.com'),
  key,
  severity,
  text: `${key} is wrong`,
  since: 0,
});
const waiting = (key: string, at: number, severity?: StoredAlert['severity']): Waiting => ({
  alert: alert(key, severity),
  at,
});

/** `alert a, over b; 2 until 2026-…`, with the keys inside of digests and summaries. */
function decided(input: Partial<SendingInput> & { readonly now: number }): string {
  const { send, later } = decideSending({
    open: [],
    changed: [],
    settled: [],
    channel: rules,
    sentAt: [],
    ...input,
  });
  const keys = (alerts: readonly StoredAlert[]): string => alerts.map(({ key }) => key).join(' ');
  const words = send.map((notice) =>
    'alert' in notice
      ? `${notice.kind} ${notice.alert.key}`
      : `${notice.kind}(${keys(notice.changed)}|${keys(notice.settled)}|${keys(notice.still)})`,
  );
  const rest = later ? [`${later.count} until ${new Date(later.until).toISOString().slice(0, 16)}`] : [];
  return [words.join(', '), ...rest].filter((part) => part !== '').join('; ');
}

test('nothing new: nothing is sent, whatever is open', () => {
  const now = time('2026-11-23T12:00');
  assert.equal(decided({ now, open: [alert('a', 'error')] }), '');
  assert.equal(decided({ now, channel: { ...rules, digest: morning }, open: [alert('a', 'error')] }), '');
});

test('at once, the severe first, what is over last; what is not severe enough neither goes nor waits', () => {
  const now = time('2026-11-23T12:00');
  const changed = [waiting('a', now), waiting('b', now, 'error'), waiting('c', now, 'info')];
  assert.equal(decided({ now, changed, settled: [waiting('z', now)] }), 'alert b, alert a, over z');
  assert.equal(decided({ now, changed, channel: { ...rules, severity: 'error' } }), 'alert b');
  assert.equal(decided({ now, changed, channel: { ...rules, severity: 'info' } }), 'alert b, alert a, alert c');
});

test('quiet hours hold back until their end; errors break through only where that is wanted', () => {
  const quiet = { ...rules, quiet: night };
  const urgent = { ...quiet, errorsAtOnce: true };
  const cases: readonly (readonly [now: string, channel: ChannelRules, wanted: string])[] = [
    ['2026-11-23T20:59', quiet, 'alert e, alert w, over z'],
    ['2026-11-23T21:00', quiet, '3 until 2026-11-24T06:00'],
    ['2026-11-24T05:59', quiet, '3 until 2026-11-24T06:00'],
    ['2026-11-24T06:00', quiet, 'alert e, alert w, over z'],
    ['2026-11-23T21:00', urgent, 'alert e; 2 until 2026-11-24T06:00'],
    // The nights in which the clock is changed.
    ['2026-03-29T00:30', quiet, '3 until 2026-03-29T05:00'],
    ['2026-10-25T00:30', quiet, '3 until 2026-10-25T06:00'],
    ['2026-10-25T05:59', urgent, 'alert e; 2 until 2026-10-25T06:00'],
  ];
  for (const [text, channel, wanted] of cases) {
    const now = time(text);
    const input = { changed: [waiting('w', now), waiting('e', now, 'error')], settled: [waiting('z', now, 'error')] };
    assert.equal(decided({ now, channel, ...input }), wanted, text);
  }
});

test('a digest: one message with all that changed since the last one, at its time of day', () => {
  const channel = { ...rules, digest: morning };
  const since = time('2026-11-23T09:00');
  const input = {
    channel,
    open: [alert('old'), alert('quiet', 'info')],
    changed: [waiting('a', since), waiting('b', since + 3_600_000, 'error')],
    settled: [waiting('z', since)],
  };
  assert.equal(decided({ now: time('2026-11-23T12:00'), ...input }), '3 until 2026-11-24T07:00');
  assert.equal(decided({ now: time('2026-11-24T06:59'), ...input }), '3 until 2026-11-24T07:00');
  assert.equal(decided({ now: time('2026-11-24T07:00'), ...input }), 'digest(b a|z|old)');
  assert.equal(decided({ now: time('2026-11-25T03:00'), ...input }), 'digest(b a|z|old)', 'a digest that was missed');
  // The digest of today has gone out; what waits since before is for tomorrow.
  const sent = { ...input, lastDigestAt: time('2026-11-24T07:00') };
  assert.equal(decided({ now: time('2026-11-24T07:01'), ...sent }), '3 until 2026-11-25T07:00');
  const urgent = { ...input, channel: { ...channel, errorsAtOnce: true } };
  assert.equal(decided({ now: time('2026-11-23T12:00'), ...urgent }), 'alert b; 2 until 2026-11-24T07:00');
});

test('a digest in the nights of the change: once, at the time of the clock', () => {
  const digest = { minutes: 150, zone };
  const channel = { ...rules, digest };
  const on = (now: string, since: string): string =>
    decided({ now: time(now), channel, changed: [waiting('a', time(since))] });
  assert.equal(on('2026-03-29T00:59', '2026-03-28T12:00'), '1 until 2026-03-29T01:00');
  assert.equal(on('2026-03-29T01:00', '2026-03-28T12:00'), 'digest(a||)');
  assert.equal(on('2026-10-25T00:30', '2026-10-24T12:00'), 'digest(a||)');
  assert.equal(on('2026-10-25T01:30', '2026-10-25T00:45'), '1 until 2026-10-26T01:30', 'not again an hour later');
});

test('a digest within quiet hours comes at their end', () => {
  const channel = { ...rules, quiet: night, digest: { minutes: 6 * 60, zone } };
  const changed = [waiting('a', time('2026-11-23T12:00'))];
  assert.equal(decided({ now: time('2026-11-24T05:00'), channel, changed }), '1 until 2026-11-24T06:00');
  assert.equal(decided({ now: time('2026-11-24T06:00'), channel, changed }), 'digest(a||)');
});

test('not more than so many in an hour: the last is a summary of all that is left', () => {
  const now = time('2026-11-23T12:00');
  const channel = { ...rules, mostPerHour: 3 };
  const changed = ['a', 'b', 'c', 'd', 'e'].map((key) => waiting(key, now));
  const minutesAgo = (...minutes: readonly number[]): readonly number[] => minutes.map((one) => now - one * 60_000);
  assert.equal(decided({ now, channel, changed: changed.slice(0, 3) }), 'alert a, alert b, alert c');
  assert.equal(decided({ now, channel, changed }), 'alert a, alert b, summary(c d e||)');
  assert.equal(decided({ now, channel, changed, sentAt: minutesAgo(61, 60, 59) }), 'alert a, summary(b c d e||)');
  assert.equal(
    decided({ now, channel, changed, settled: [waiting('z', now)], sentAt: minutesAgo(50, 1) }),
    'summary(a b c d e|z|)',
  );
  assert.equal(decided({ now, channel, changed, sentAt: minutesAgo(50, 40, 30) }), '5 until 2026-11-23T12:10');
  assert.equal(decided({ now, channel, changed, sentAt: minutesAgo(50, 40, 30, 20) }), '5 until 2026-11-23T12:20');
  const one = { ...rules, mostPerHour: 1 };
  assert.equal(decided({ now, channel: one, changed }), 'summary(a b c d e||)');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeText, type Place } from './problem.ts';
import { sourceOf } from './source.ts';
import { watchDefaults, watchOf, watchShape, type WatchConfig } from './watch-keys.ts';

const hour = 3_600_000;

function read(text: string): { readonly watch?: WatchConfig; readonly problems: readonly string[] } {
  const source = sourceOf(text);
  assert.ok(source.kind === 'good');
  const problems: string[] = [];
  const problem = (place: Place, message: string): void => void problems.push(`${placeText('f', place)}: ${message}`);
  const value = watchShape.read(source.source, { env: { PASSWORD: 'never shown' }, path: 'watch', problem });
  return { problems, ...(value ? { watch: watchOf(value, '/etc/septet') } : {}) };
}

test('nothing said is the usual', () => {
  assert.deepEqual(watchOf(undefined, '/'), watchDefaults);
});

test('times, places and days', () => {
  const { watch, problems } = read(`check: 6h
import: 90s
reports: [ in, /var/mail/dmarc, "imaps://dmarc:\${PASSWORD}@mail.example.com/INBOX" ]
automatic: true
failures: redacted
keep: { rows: 90 }
`);
  assert.deepEqual(problems, []);
  assert.deepEqual([watch?.every.check, watch?.every.import, watch?.every.ramps], [6 * hour, 90_000, hour]);
  assert.deepEqual(watch?.reports, [
    { kind: 'folder', path: '/etc/septet/in' },
    { kind: 'folder', path: '/var/mail/dmarc' },
    { kind: 'mailbox', url: 'imaps://dmarc:${PASSWORD}@mail.example.com/INBOX' },
  ]);
  assert.deepEqual([watch?.automatic, watch?.goBack, watch?.keepFailures], [true, false, 'redacted']);
  assert.deepEqual(watch?.keep, { ...watchDefaults.keep, rows: 90 });
});

test('what cannot be meant is told with its place; a password is never repeated', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['check: 1y', /^f:1:8: watch\.check is a time such as 90s, 15m, 1h or 1d, from 10s to 7d; "1y" is none\.$/],
    ['check: 5s', /"5s" is none\.$/],
    ['check: 8d', /"8d" is none\.$/],
    ['reports: [ "pop3://x" ]', /this is another kind of address\.$/],
    ['reports: []', /^f:1:10: watch\.reports is empty\./],
    ['reports: [ "imaps://u:open-secret@h/INBOX" ]', /holds a password, which is not written out\./],
    ['keep: { rows: 0 }', /a whole number of days from 1 to 36500/],
    ['chek: 1h', /"chek" is not a key in watch\. Did you mean check\?/],
  ];
  for (const [text, form] of cases) {
    const { watch, problems } = read(text);
    assert.equal(watch, undefined, text);
    assert.match(problems.join('\n'), form);
    assert.doesNotMatch(problems.join('\n'), /open-secret/);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { Observation, ObservedChange } from '../../store/store.ts';
import { alertsOf, changeTellsMs, settledOf } from './alerts-of.ts';
import { titleOf } from './alert-text.ts';

const domain = dnsName('example.com');
const now = Date.parse('2026-11-23T12:00:00Z');

const finding = (more: Partial<Finding> = {}): Finding => ({
  code: 'spf.limit.lookups',
  severity: 'error',
  state: 'fail',
  record: 'spf',
  subject: { name: domain, type: 'TXT' },
  message: 'SPF takes 12 look-ups. At most 10 are allowed.',
  consequence: 'Receivers answer permerror.',
  evidence: [{ kind: 'record', name: domain, type: 'TXT', text: 'v=spf1', server: 'ns1.example.net' }],
  fix: { text: 'Remove an include.', set: [{ name: domain, type: 'TXT', ttlSeconds: 300, data: ['v=spf1 -all'] }] },
  source: 'RFC 7208 §4.6.4',
  ...more,
});

const seen = (data: readonly string[], more: Partial<Observation> = {}): Observation => ({
  domain,
  name: domain,
  type: 'TXT',
  seenFrom: 'authoritative ns1.example.net',
  state: data.length > 0 ? 'present' : 'absent',
  data,
  at: now,
  ...more,
});
const change = (
  before: readonly string[],
  after: readonly string[],
  more: Partial<Observation> = {},
  by: ObservedChange['by'] = 'others',
): ObservedChange => ({ before: seen(before, { ...more, at: now - 1000 }), after: seen(after, more), by });

test('a finding as an alert: what, seen from where, what to do, the command; the same in the next look', () => {
  const [alert, ...others] = alertsOf({ domain, findings: [finding()] }, now);
  assert.equal(others.length, 0);
  assert.equal(
    alert?.text,
    [
      'SPF takes 12 look-ups',
      '',
      'At most 10 are allowed.',
      'Receivers answer permerror.',
      '',
      'Seen from:',
      '  ns1.example.net',
      '',
      'What to do:',
      '  Remove an include.',
      '  example.com 300 TXT v=spf1 -all',
      '',
      'Run:',
      '  septet check example.com',
      '  septet explain spf.limit.lookups',
    ].join('\n'),
  );
  assert.deepEqual(
    [alert?.severity, alert?.since, alert?.key],
    ['error', now, 'finding spf spf.limit.lookups example.com TXT'],
  );
  assert.equal(alertsOf({ domain, findings: [finding()] }, now + 999_999)[0]?.text, alert?.text);
});

test('what is no alert: passes, advice, what could not be told, what follows from another', () => {
  const none = [
    finding({ state: 'pass' }),
    finding({ severity: 'info' }),
    finding({ state: 'unknown' }),
    finding({ state: 'skip' }),
    finding({ follows: 'spf.other' }),
  ];
  assert.deepEqual(alertsOf({ domain, findings: none }, now), []);
});

test('two findings of one code and subject are one alert, in any order the same', () => {
  const two = [finding({ message: 'B is wrong.' }), finding({ message: 'A is wrong.', severity: 'warning' })];
  const [one, ...none] = alertsOf({ domain, findings: two }, now);
  assert.equal(none.length, 0);
  assert.equal(one?.severity, 'error');
  assert.equal(alertsOf({ domain, findings: two.toReversed() }, now)[0]?.text, one?.text);
});

test('a finding is over only when it was looked for and can be told', () => {
  const open = alertsOf({ domain, findings: [finding()] }, now);
  const over = (findings: readonly Finding[]): number => settledOf(open, { domain, findings }, now).length;
  assert.equal(over([finding()]), 0, 'it still holds');
  assert.equal(over([finding({ state: 'pass' })]), 1);
  assert.equal(over([finding({ code: 'spf.other', severity: 'info', state: 'pass' })]), 1);
  assert.equal(over([finding({ state: 'unknown' })]), 0, 'not seen is not gone');
  assert.equal(over([finding({ code: 'spf.lookup.failed', state: 'unknown' })]), 0, 'the look-up of the name failed');
  assert.equal(over([finding({ record: 'mx', state: 'pass' })]), 0, 'SPF was not looked at');
  assert.equal(over([]), 0);
  assert.deepEqual(settledOf(open, { domain: dnsName('other.example'), findings: [] }, now), []);
});

test('changes by somebody else: which record, how, from where; one alert for all servers', () => {
  const spf = change(['v=spf1 -all', 'token'], ['v=spf1 +all', 'token']);
  const [alert, ...none] = alertsOf(
    {
      domain,
      changes: [
        spf,
        change(['v=spf1 -all', 'token'], ['v=spf1 +all', 'token'], { seenFrom: 'authoritative ns2.example.net' }),
      ],
    },
    now,
  );
  assert.equal(none.length, 0);
  assert.ok(alert);
  assert.equal(titleOf(alert), 'SPF record changed by somebody else');
  assert.match(alert.text, /before: v=spf1 -all\n {2}now: {4}v=spf1 \+all/);
  assert.match(alert.text, /Seen from:\n {2}authoritative ns1\.example\.net\n {2}authoritative ns2\.example\.net\n/);
  assert.match(alert.text, /septet history example\.com/);
  assert.doesNotMatch(alert.text, /token|do not agree/);
  const cases: readonly (readonly [ObservedChange, string])[] = [
    [
      change(['v=DMARC1; p=none'], [], { name: dnsName('_dmarc.example.com') }),
      'DMARC record removed by somebody else',
    ],
    [
      change([], ['v=DMARC1; p=reject'], { name: dnsName('_dmarc.example.com') }),
      'DMARC record created by somebody else',
    ],
    [
      change(['v=DKIM1; p=x'], ['v=DKIM1; p='], { name: dnsName('s1._domainkey.example.com') }),
      'DKIM key changed by somebody else',
    ],
    [change(['10 a.'], ['10 b.'], { type: 'MX' }), 'MX records changed by somebody else'],
    [change(['a'], ['b'], {}, 'unknown'), 'TXT record without a part in mail changed by nobody knows whom'],
  ];
  for (const [one, title] of cases) {
    const [made] = alertsOf({ domain, changes: [one] }, now);
    assert.equal(made && titleOf(made), title);
  }
});

test('changes that are no alert', () => {
  const first = { after: seen(['v=spf1 -all']), by: 'others' as const };
  const none: readonly (readonly ObservedChange[])[] = [
    [change(['a'], ['b'], {}, 'us')],
    [first],
    [change(['a'], [], { state: 'unknown' })],
    [change(['v=spf1 -all'], ['v=spf1 ~all'], { at: 5 }), change(['v=spf1 ~all'], ['v=spf1 -all'], { at: 6 })],
  ];
  for (const changes of none) assert.deepEqual(alertsOf({ domain, changes }, now), []);
});

test('a change is over when we publish the record, or after a week', () => {
  const open = alertsOf({ domain, changes: [change(['v=spf1 -all'], ['v=spf1 ~all'])] }, now);
  const ours = change(['v=spf1 ~all'], ['v=spf1 -all'], {}, 'us');
  assert.equal(settledOf(open, { domain, changes: [ours] }, now).length, 1);
  assert.equal(settledOf(open, { domain, findings: [finding({ state: 'pass' })] }, now).length, 0);
  assert.equal(settledOf(open, { domain }, now + changeTellsMs + 1).length, 1);
});

test('foreign text in a record cannot steer a terminal or add lines', () => {
  const evil = 'v=spf1 \u001b[2J\u0007\r\nBcc: x@evil.example\u202e\u009b31m -all';
  const [alert] = alertsOf({ domain, changes: [change(['v=spf1 -all'], [evil])] }, now);
  // oxlint-disable-next-line no-control-regex -- that none of them is there is what is tested
  assert.doesNotMatch(alert?.text ?? '', /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  assert.doesNotMatch(alert?.text ?? '', /^Bcc/m);
  assert.match(alert?.text ?? '', /v=spf1 \\027\[2J\\007\\013\\010Bcc/);
});

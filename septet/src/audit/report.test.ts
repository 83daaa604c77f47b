import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import type { Finding, RecordKey, Severity, State } from '../finding/finding.ts';
import { exitCodeOf, recordOrder, stateOf, worstFirst } from './report.ts';

const name = dnsName('example.com');
const finding = (severity: Severity, state: State, record: RecordKey = 'spf', code = `${record}.x`): Finding => ({
  code,
  severity,
  state,
  record,
  subject: { name, type: 'TXT' },
  message: 'm',
  consequence: 'c',
  evidence: [],
  fix: { text: 'f' },
  source: 's',
});

test('the state of a record: what fails comes first, then what is unknown, then absence', () => {
  const cases: readonly (readonly [readonly Finding[], boolean, State])[] = [
    [[], false, 'pass'],
    [[], true, 'skip'],
    [[finding('info', 'pass')], false, 'pass'],
    [[finding('info', 'pass')], true, 'skip'],
    [[finding('error', 'fail')], false, 'fail'],
    [[finding('warning', 'fail')], true, 'fail'],
    [[finding('info', 'fail')], false, 'pass'],
    [[finding('error', 'unknown')], false, 'unknown'],
    [[finding('info', 'unknown')], true, 'unknown'],
    [[finding('info', 'unknown'), finding('error', 'fail')], false, 'fail'],
    [[finding('error', 'skip')], false, 'pass'],
  ];
  for (const [findings, absent, state] of cases) {
    const shown = findings.map((one) => `${one.severity} ${one.state}`).join(', ');
    assert.equal(stateOf(findings, absent), state, `${shown}${absent ? ', absent' : ''}`);
  }
});

test('exit codes: findings at the threshold, else what could not be told, else fine', () => {
  const cases: readonly (readonly [readonly Finding[], 'error' | 'warning', 0 | 1 | 3])[] = [
    [[], 'error', 0],
    [[finding('info', 'pass')], 'warning', 0],
    [[finding('error', 'fail')], 'error', 1],
    [[finding('warning', 'fail')], 'error', 0],
    [[finding('warning', 'fail')], 'warning', 1],
    [[finding('info', 'fail')], 'warning', 0],
    [[finding('error', 'unknown')], 'error', 3],
    [[finding('error', 'unknown'), finding('error', 'fail')], 'error', 1],
    [[finding('error', 'unknown'), finding('warning', 'fail')], 'error', 3],
    [[finding('error', 'skip')], 'error', 0],
  ];
  for (const [findings, failOn, code] of cases) {
    const shown = findings.map((one) => `${one.severity} ${one.state}`).join(', ');
    assert.equal(exitCodeOf(findings, failOn), code, `${shown}, --fail-on ${failOn}`);
  }
});

test('worst first: severity, then certainty, then the order of the records, then that of the checks', () => {
  const list = [
    finding('info', 'pass', 'mx'),
    finding('warning', 'fail', 'bimi'),
    finding('error', 'unknown', 'mx'),
    finding('error', 'fail', 'dmarc', 'dmarc.second'),
    finding('error', 'fail', 'spf', 'spf.first'),
    finding('error', 'fail', 'spf', 'spf.next'),
    finding('warning', 'fail', 'mx'),
  ];
  assert.deepEqual(
    worstFirst(list).map(({ severity, state, code }) => `${severity} ${state} ${code}`),
    [
      'error fail spf.first',
      'error fail spf.next',
      'error fail dmarc.second',
      'error unknown mx.x',
      'warning fail mx.x',
      'warning fail bimi.x',
      'info pass mx.x',
    ],
  );
  assert.equal(list[0]?.severity, 'info', 'the list itself stays as it is');
  assert.equal(new Set(recordOrder).size, recordOrder.length);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { titleOf } from '../alerts/alert-text.ts';
import type { RampMove } from '../move-ramps.ts';
import { namedAlert } from './ramp-alerts.ts';

const domain = dnsName('example.com');
const move = (over: Partial<RampMove>): RampMove => ({
  ramp: 'dmarc',
  outcome: 'stays',
  from: 'quarantine',
  why: 'why',
  ...over,
});
const told = (over: Partial<RampMove>) => {
  const { key, alert } = namedAlert(domain, move(over), 1000);
  assert.equal(key, 'ramp dmarc');
  return alert ? `${alert.severity}: ${titleOf(alert)}` : undefined;
};

test('a person is needed, or not', () => {
  const cases: readonly (readonly [Partial<RampMove>, string | undefined])[] = [
    [{}, undefined],
    [{ outcome: 'paused' }, undefined],
    [{ outcome: 'advanced', to: 'reject' }, undefined],
    [{ outcome: 'waits for approval', to: 'reject' }, 'warning: DMARC waits for your yes to go on to reject'],
    [{ outcome: 'failed', to: 'reject' }, 'error: DMARC could not go to reject'],
    [{ outcome: 'went back', to: 'sampled' }, 'error: DMARC went back from quarantine to sampled'],
    [{ alerts: ['of the mail of SES 80 % passes'] }, 'error: DMARC at quarantine hurts, and is left to you'],
  ];
  for (const [over, expected] of cases) assert.equal(told(over), expected);
});

test('what to do names the command', () => {
  const { alert } = namedAlert(domain, move({ outcome: 'waits for approval', to: 'reject' }), 1000);
  assert.match(alert?.text ?? '', /septet approve example\.com dmarc/);
});

test('what hurts and is left to a person is taken back with a command that does it', () => {
  const hurts = move({ alerts: ['of the mail of SES 80 % passes'] });
  const ours = namedAlert(domain, hurts, 1000, new Set(['dmarc.quarantine'])).alert?.text ?? '';
  assert.match(ours, /take the step back with: septet undo example\.com dmarc\.quarantine\./);
  const theirs = namedAlert(domain, hurts, 1000, new Set(['dmarc.sampled'])).alert?.text ?? '';
  assert.doesNotMatch(theirs, /septet undo/);
  assert.match(theirs, /publish the stage before it at your DNS host/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Need } from '../reports/evidence/needs.ts';
import { needsLine, needWords } from './gate-text.ts';

const need = (over: Partial<Need> & Pick<Need, 'kind'>): Need => ({
  met: false,
  what: 'what',
  has: '1',
  wants: '2',
  items: [],
  ...over,
});

test('progress first, then what is wrong, and nothing about shares of no mail', () => {
  const days = need({ kind: 'days', has: '18', wants: '21' });
  const volume = need({ kind: 'volume', met: true, has: '4210', wants: '1000' });
  const passes = need({ kind: 'pass-rate', what: 'of your mail passes', has: '99.4 %', wants: '99.5 %' });
  const unknown = need({ kind: 'unclassified', wants: 'none above 0.1 % of your mail', items: ['X: 40 messages'] });
  const fine = need({ kind: 'errors', met: true, has: '0 %' });
  assert.equal(
    needsLine([days, volume, passes, unknown, fine]),
    '18 of 21 days, 4,210 of 1,000 messages, 99.4 % of your mail passes (99.5 % needed); unknown above 0.1 % of your mail: X: 40 messages',
  );
  assert.equal(
    needsLine([days, { ...volume, met: false, has: '0' }, { ...passes, has: 'nothing reported' }]),
    '18 of 21 days, 0 of 1,000 messages',
  );
  assert.equal(
    needsLine([need({ kind: 'tls-clean', what: 'of the sessions are clean', has: 'nothing reported' })]),
    'of the sessions are clean: nothing reported',
  );
});

test('every kind of need has its words, met and not', () => {
  const items = ['one', 'two', 'three', 'four'];
  const cases: readonly (readonly [Partial<Need> & Pick<Need, 'kind'>, met: string, open: string])[] = [
    [
      { kind: 'coverage', has: '9 of 20 days, 2 receivers', wants: '90 % of the days' },
      'reports for 9 of 20 days from 2 receivers',
      'reports for 9 of 20 days from 2 receivers (needed: 90 % of the days)',
    ],
    [
      { kind: 'each-sender', has: '1 of 2', wants: 'each 98 %' },
      '1 of 2 senders pass',
      '1 of 2 senders pass (each 98 % needed): one, two, three and 1 more',
    ],
    [
      { kind: 'spf-rate', has: '1 of 2', wants: 'each 98 %' },
      'SPF passes for 1 of 2 senders',
      'SPF passes for 1 of 2 senders (each 98 % needed): one, two, three and 1 more',
    ],
    [{ kind: 'new-sender' }, 'no new sender', 'new: one, two, three and 1 more'],
    [
      { kind: 'forwarded', has: '2 %', wants: 'at most 1 %, or your approval' },
      'passed on under your envelope: 2 %',
      'passed on under your envelope: 2 % (at most 1 %, or your approval needed): one, two, three and 1 more',
    ],
    [
      { kind: 'tls-reports', has: 'none', wants: '1 clean session' },
      'TLS reports: none',
      'TLS reports: none (needed: 1 clean session)',
    ],
    [{ kind: 'enforced' }, 'DMARC is enforced', 'DMARC: one, two, three and 1 more'],
    [{ kind: 'logo' }, 'the logo is served', 'one, two, three and 1 more'],
    [{ kind: 'mx-covered' }, 'the policy names the mail servers', 'one, two, three and 1 more'],
    [{ kind: 'certificates' }, 'good certificates', 'certificates: one, two, three and 1 more'],
    [{ kind: 'policy-served' }, 'the policy is served', 'the policy of this stage is not served'],
    [{ kind: 'approval' }, 'approved', 'your yes (septet approve)'],
  ];
  assert.equal(
    needWords(need({ kind: 'coverage', what: 'DMARC reports', has: 'could not be told' })),
    'DMARC reports: could not be told',
  );
  for (const [of, met, open] of cases) {
    assert.equal(needWords(need({ ...of, items, met: true })), met);
    assert.equal(needWords(need({ ...of, items })), open);
  }
});

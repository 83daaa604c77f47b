import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { noCounts } from '../reports/evidence/counts.ts';
import { judgeSources, type Mark } from '../reports/evidence/sources.ts';
import { sourceHints } from './intake/source-hints.ts';
import { markedHints } from './marked-hints.ts';

const domain = dnsName('example.com');
const mine = (sourceKey: string): Mark => ({ sourceKey, mark: 'mine' });
const survey = 'dkim=survey.example spf=survey.example';

test('a source that is marked mine stands for its service, so that what fails of it is the owner’s too', () => {
  const day = { ...noCounts, day: '2026-11-01', messages: 10 };
  const days = ['dkim=amazonses.com', survey, 'ip=203.0.113.0/24'].map((source) => ({ ...day, source }));
  const standings = (marks: readonly Mark[]) => {
    const judged = judgeSources(days, marks, markedHints(sourceHints(domain, undefined), marks));
    return new Map(judged.map(({ key, standing }) => [key, standing]));
  };
  assert.deepEqual([...standings([]).values()], ['unknown', 'unknown', 'unknown']);
  const ses = standings([mine('dkim=amazonses.com,example.com spf=amazonses.com')]);
  assert.deepEqual([ses.get('dkim=amazonses.com'), ses.get(survey)], ['mine', 'unknown']);
  assert.equal(standings([mine('spf=survey.example')]).get(survey), 'mine');
  assert.equal(standings([{ sourceKey: 'spf=survey.example', mark: 'not mine' }]).get(survey), 'unknown');
  // A network proves nothing, and stands for itself.
  assert.deepEqual(
    [...standings([mine('ip=203.0.113.0/24')])].filter(([, standing]) => standing === 'mine'),
    [['ip=203.0.113.0/24', 'mine']],
  );
});

/** 26,681 verdicts of another implementation over real records: equal, or explained by one reason per class. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedData } from '../shared-data.ts';
import { compareWild } from './wild.ts';
import { explainDifference } from './wild-classes.ts';

test('wild/verdicts.json.gz: every verdict is equal or has its reason', { timeout: 60_000 }, (t) => {
  const zone = sharedData(t, 'wild/root.zone');
  const verdicts = sharedData(t, 'wild/verdicts.json.gz');
  if (zone === undefined || verdicts === undefined) return;
  const { total, equal, differences } = compareWild(zone, verdicts);
  const classes = new Map<string, number>();
  for (const difference of differences) {
    const reason = explainDifference(difference);
    assert.ok(
      reason,
      `${difference.domain} ${difference.ip}: ${difference.theirs} there, ${difference.ours.result} here, and nobody knows why`,
    );
    classes.set(reason, (classes.get(reason) ?? 0) + 1);
  }
  t.diagnostic(`${equal} of ${total} verdicts are equal`);
  for (const [reason, count] of classes) t.diagnostic(`${count}: ${reason}`);
  assert.ok(equal / total > 0.998);
});

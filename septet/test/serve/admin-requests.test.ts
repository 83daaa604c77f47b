/** What operators and proxies ask that is no address of ours: an answer, and no line in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLab } from './tracking-lab.ts';

test('a path that is no URL is not here, like every other one', async (t) => {
  const lab = await startLab();
  t.after(lab.close);
  const before = lab.log.length;
  for (const path of ['//', '//[', '/nowhere', '/ask?domain=%00', '/ask?domain='])
    assert.equal((await lab.admin(path)).status, 404, path); // oxlint-disable-line no-await-in-loop
  assert.deepEqual(lab.log.slice(before), []);
});

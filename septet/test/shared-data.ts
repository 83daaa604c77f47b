/**
 * Test data that lies beside the project (`../shared/data`) and is never copied into it. A clone elsewhere does not have
 * it: then the test is skipped and says why. Where `CI=true`, absence is a failure, so that no suite vanishes unseen.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';

const folder = path.resolve(import.meta.dirname, '../../../shared/data');

/**
 * The absolute path of a file or folder of the shared data; `undefined` after skipping the test because it is absent.
 *
 *     const file = sharedData(t, 'wild/root.zone');
 *     if (file === undefined) return;
 */
export function sharedData(t: Pick<TestContext, 'skip'>, place: string): string | undefined {
  const full = path.join(folder, place);
  if (existsSync(full)) return full;
  const reason = `the shared test data ${place} is not here (${full})`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return undefined;
}

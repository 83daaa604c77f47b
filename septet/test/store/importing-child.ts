/**
 * Imports numbered reports until it is killed, and says which are stored: a line a report, after `finish` has resolved.
 *
 *     node importing-child.ts PLACE-AS-JSON FIRST LAST TOGETHER [PATIENCE]
 *
 * Every twentieth report is a large one. What a fault stops is tried again for PATIENCE seconds; then it is told on stderr.
 */
import { writeSync } from 'node:fs';
import type { StorePlace } from '../../src/store/open-store.ts';
import { patiently, StoreFault } from '../../src/store/sql/sql-fault.ts';
import { reopen } from './databases.ts';
import { numbered, put } from './samples.ts';

const [place, first, last, together, patience = '30'] = process.argv.slice(2);
const seconds = Number(patience);
try {
  const store = await patiently(() => reopen(JSON.parse(place ?? '') as StorePlace), seconds);
  const numbers = Array.from({ length: Number(last) - Number(first) }, (_, i) => Number(first) + i);
  const next = numbers[Symbol.iterator]();
  const importing = async (): Promise<void> => {
    for (const n of next) {
      const outcome = await patiently(() => put(store, numbered(n, n % 20 === 19 ? 7000 : 10)), seconds);
      // Straight to the descriptor: what is said is said, whatever comes.
      writeSync(1, `${n} ${outcome.kind === 'duplicate' ? `duplicate ${outcome.same}` : 'stored'}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(together) }, importing));
  await store.close();
} catch (error) {
  if (!(error instanceof StoreFault)) throw error;
  process.stderr.write(error.message);
  process.exit(error.retryable ? 3 : 4);
}

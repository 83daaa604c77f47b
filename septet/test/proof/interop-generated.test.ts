/** Generated messages, signed and verified by Septet, python3-dkim and mailauth, whole and altered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPythonDkim, startPythonDkim } from '../servers/python-dkim.ts';
import { alterations } from './interop-alterations.ts';
import { generatedMessages } from './interop-generate.ts';
import { pythonKeys } from './interop-parties.ts';
import { deviations } from './interop-readings.ts';
import { compareCases } from './interop-table.ts';

const skip = await missingPythonDkim();

test('300 generated messages: every verdict of all three is as the readings say', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  const cases = generatedMessages(300, 20261123).map((octets, turn) => {
    // Every change comes to one message in nine.
    const some = alterations.filter((_, place) => (place + turn) % 9 === 0);
    return { name: `generated ${turn}`, octets, turn, alterations: some };
  });
  const tally = await compareCases(python, cases);
  assert.equal(tally.messages, 300);
  t.diagnostic(
    `${tally.messages} messages, ${tally.altered} altered copies, ${tally.verdicts} verdicts, ${tally.passes} of them pass`,
  );
  for (const { id, party, why } of deviations) {
    const count = tally.deviating.get(id) ?? 0;
    t.diagnostic(`${party} reads ${count} of 300 otherwise: ${why}`);
  }
  t.diagnostic(
    `dkimpy refuses ${tally.deviating.get('refused')} of 300 for a line of the header that it cannot read (RFC 6376 §3.8)`,
  );
  // Those that take another message to show themselves have a test of their own (interop-differences.test.ts).
  const met = deviations.filter(({ id }) => (tally.deviating.get(id) ?? 0) > 0).map(({ id }) => id);
  assert.deepEqual(met, ['value-ends', 'open-last-line', 'stray-lines', 'header-end']);
});

/** The messages of `html/mikel-mail`, signed and verified by Septet, python3-dkim and mailauth, whole and altered. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { missingPythonDkim, startPythonDkim } from '../servers/python-dkim.ts';
import { sharedData } from '../shared-data.ts';
import { alterations } from './interop-alterations.ts';
import { pythonKeys, signedByAll } from './interop-parties.ts';
import { compareCases } from './interop-table.ts';

const skip = await missingPythonDkim();

/** RFC 6376 §5.4: From must be signed. The first is no message, the last is empty. */
const withoutFrom = ['.gitattributes', 'error_emails/bad_encoded_subject.eml', 'sample_output_multipart'];

/** RFC 5321 §2.3.8: what is sent has CRLF. The files that a Unix system wrote have LF alone, none has both. */
function asSent(octets: Buffer): Buffer {
  const text = octets.toString('latin1');
  return text.includes('\r\n') ? octets : Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
}

test('html/mikel-mail: every verdict of all three is as the readings say', { skip }, async (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const python = startPythonDkim(t, pythonKeys);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  assert.equal(files.length, 105);
  const read = files.map((name, turn) => ({ name, turn, octets: asSent(readFileSync(path.join(folder, name))) }));
  for (const { name, octets, turn } of read.filter((one) => withoutFrom.includes(one.name))) {
    const { refusals } = await signedByAll(octets, python, turn); // oxlint-disable-line no-await-in-loop
    assert.deepEqual(Object.keys(refusals), ['septet', 'dkimpy', 'mailauth'], name);
    assert.match(refusals.septet ?? '', /no From field/);
  }
  const cases = read
    .filter(({ name }) => !withoutFrom.includes(name))
    .map((one) => ({ ...one, alterations: alterations.filter((_, place) => (place + one.turn) % 4 === 0) }));
  const tally = await compareCases(python, cases);
  assert.equal(tally.messages, 102);
  t.diagnostic(
    `${tally.messages} messages, ${tally.altered} altered copies, ${tally.verdicts} verdicts, ${tally.passes} of them pass`,
  );
  assert.deepEqual(Object.fromEntries(tally.deviating), {
    // references with a line that is no fold; `To    :` with `__` below it
    'stray-lines': 2,
    // `From  :`, where dkimpy refuses the message for its other fields
    'from-blank': 1,
    // the same two, and `quite Delivered-To:`
    refused: 3,
  });
});

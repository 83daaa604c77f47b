import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { makeKey, recordOf, revokedRecord } from '../records/dkim/make-key.ts';
import { markRevoked, saveKey } from '../store/files/keys.ts';
import { appendEvent, readEvents, readRotations, rotationPath, rotationWants } from './rotation-file.ts';
import { rotationsOf } from './rotate.ts';

const domain = dnsName('example.com');
const start = Date.parse('2026-11-23T12:00:00Z');
const at = (days: number): string => new Date(start + days * 86_400_000).toISOString();
const [one, two] = [await makeKey('ed25519'), await makeKey('ed25519')];

async function state(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-rotation-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('events are kept in order; a line that was cut off is passed over and does not spoil the next', async (t) => {
  const folder = await state(t);
  assert.deepEqual(await readRotations(folder, domain), []);
  await appendEvent(folder, domain, { kind: 'begun', at: at(0), from: 's1', to: 's2', type: 'rsa2048' });
  await appendFile(rotationPath(folder, domain), '{"kind":"visible","at":"2026-11-2');
  await appendEvent(folder, domain, { kind: 'visible', at: at(1), to: 's2', waitSeconds: 60 });
  const [rotation] = await readRotations(folder, domain);
  assert.deepEqual(rotation?.visible, { at: start + 86_400_000, waitSeconds: 60 });
  assert.equal((await stat(rotationPath(folder, domain))).mode & 0o777, 0o600);
});

test('any text is read without an exception, and only whole events count', () => {
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom(
      '{"kind":"begun","at":"2026-11-23T12:00:00Z","to":"s2"}',
      '{"kind":"visible","at":"2026-11-23T12:00:00Z","to":"s2","waitSeconds":-1}',
      '{"kind":"proved","at":"never","to":"s2"}',
      '{"kind":"proved","at":"2026-11-23T12:00:00Z"}',
      '{"kind":"other","at":"2026-11-23T12:00:00Z","to":"s2"}',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (all) => {
      assert.deepEqual(rotationsOf(readEvents(all.join('\n'))), []);
    }),
  );
});

test('what a plan has to publish: both keys, then the empty p=, then the new one alone', async (t) => {
  const folder = await state(t);
  const wants = (days: number) => rotationWants(folder, domain, start + days * 86_400_000);
  await saveKey(folder, domain, { selector: 's1', key: one, createdAt: start });
  assert.deepEqual(await wants(0), [], 'without a rotation the configuration decides alone');
  await appendEvent(folder, domain, { kind: 'begun', at: at(0), from: 's1', to: 's2', type: 'ed25519' });
  assert.deepEqual(await wants(0), [{ selector: 's1', record: recordOf(one) }]);
  await saveKey(folder, domain, { selector: 's2', key: two, createdAt: start });
  const both = [
    { selector: 's1', record: recordOf(one) },
    { selector: 's2', record: recordOf(two) },
  ];
  assert.deepEqual(await wants(0), both);
  for (const event of [
    { kind: 'visible', at: at(1), to: 's2', waitSeconds: 60 },
    { kind: 'proved', at: at(2), to: 's2' },
    { kind: 'switched', at: at(3), to: 's2' },
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await appendEvent(folder, domain, event);
    // oxlint-disable-next-line no-await-in-loop -- as above
    assert.deepEqual(await wants(20), both);
  }
  // Killed between the two: the mark on the key is enough for a plan.
  await markRevoked(folder, domain, 's1', start + 10 * 86_400_000);
  const revoked = [
    { selector: 's1', record: revokedRecord },
    { selector: 's2', record: recordOf(two) },
  ];
  assert.deepEqual(await wants(10), revoked);
  await appendEvent(folder, domain, { kind: 'revoked', at: at(10), to: 's2' });
  assert.deepEqual(await wants(39.9), revoked);
  assert.deepEqual(await wants(40), [{ selector: 's2', record: recordOf(two) }]);
  await appendEvent(folder, domain, { kind: 'finished', at: at(41), to: 's2' });
  assert.deepEqual(await wants(41), []);
});

test('a key that was made elsewhere is left as it stands, and can be revoked', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's2', key: two, createdAt: start });
  for (const event of [
    { kind: 'begun', at: at(0), from: 'old', to: 's2', type: 'ed25519' },
    { kind: 'visible', at: at(0), to: 's2', waitSeconds: 60 },
    { kind: 'proved', at: at(1), to: 's2' },
    { kind: 'switched', at: at(1), to: 's2' },
  ] as const)
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await appendEvent(folder, domain, event);
  assert.deepEqual(await rotationWants(folder, domain, start), [{ selector: 's2', record: recordOf(two) }]);
  await appendEvent(folder, domain, { kind: 'revoked', at: at(9), to: 's2' });
  assert.deepEqual((await rotationWants(folder, domain, start + 9 * 86_400_000))[0], {
    selector: 'old',
    record: revokedRecord,
  });
});

test('a second rotation on the heels of the first: each selector once, the revoked one as revoked', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key: one, createdAt: start });
  await saveKey(folder, domain, { selector: 's2', key: two, createdAt: start });
  for (const event of [
    { kind: 'begun', at: at(0), from: 's1', to: 's2', type: 'ed25519' },
    { kind: 'visible', at: at(0), to: 's2', waitSeconds: 60 },
    { kind: 'proved', at: at(1), to: 's2' },
    { kind: 'switched', at: at(1), to: 's2' },
    { kind: 'revoked', at: at(9), to: 's2' },
    { kind: 'begun', at: at(10), from: 's2', to: 's3', type: 'ed25519' },
  ] as const)
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await appendEvent(folder, domain, event);
  assert.deepEqual(await rotationWants(folder, domain, start + 10 * 86_400_000), [
    { selector: 's1', record: revokedRecord },
    { selector: 's2', record: recordOf(two) },
  ]);
});

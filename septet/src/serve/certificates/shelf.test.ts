import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StateFault } from '../../store/state-fault.ts';
import { folderShelf, kept, pemText, splitPem } from './shelf.ts';

const folder = await mkdtemp(join(tmpdir(), 'septet-shelf-'));
after(() => rm(folder, { recursive: true, force: true }));

test('what is put is there, for its owner alone, and goes again', async () => {
  const shelf = folderShelf(folder);
  assert.deepEqual(await shelf.names(), []);
  const names = [
    kept.certificate('mta-sts.example.com'),
    kept.state('mta-sts.example.com'),
    kept.account('00ff'),
    kept.challenge('A_-9'),
  ];
  for (const name of names) await shelf.put(name, `text of ${name}`); // oxlint-disable-line no-await-in-loop
  assert.deepEqual([...(await shelf.names())].sort(), [...names].sort());
  for (const name of names) assert.equal(await shelf.get(name), `text of ${name}`); // oxlint-disable-line no-await-in-loop
  const file = join(folder, 'certificates/mta-sts.example.com.pem');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'certificates'))).mode & 0o777, 0o700);
  assert.equal(await shelf.remove(names[0] ?? ''), true);
  assert.equal(await shelf.remove(names[0] ?? ''), false);
  assert.equal(await shelf.get(names[0] ?? ''), undefined);
});

test('no name leads out of the folder', async () => {
  const shelf = folderShelf(folder);
  for (const host of ['../x', '..', '.hidden', 'a/b', 'a\0b', '', 'a'.repeat(300)]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await assert.rejects(shelf.put(kept.certificate(host), 'x'), /not a name of this shelf/, host);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await assert.rejects(shelf.get(kept.challenge(host)), /not a name of this shelf/, host);
  }
});

test('a place that cannot be written is a sentence that names the file', async () => {
  const file = join(folder, 'in-the-way');
  await writeFile(file, '');
  await assert.rejects(folderShelf(file).put(kept.certificate('a.example'), 'x'), (error: unknown) => {
    assert.ok(error instanceof StateFault);
    assert.match(error.message, /in-the-way.* cannot be written: /);
    return true;
  });
  assert.deepEqual((await readdir(folder)).sort(), ['certificates', 'in-the-way']);
});

test('a key and its chain as one text, and back', () => {
  const [key, chain] = [
    '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n',
    '-----BEGIN CERTIFICATE-----\nBB\n-----END CERTIFICATE-----\n',
  ];
  assert.deepEqual(splitPem(pemText(key, `${chain}\n${chain}`)), { key, chain: `${chain}\n${chain}` });
  for (const text of ['', key, chain, 'x']) assert.equal(splitPem(text), undefined);
});

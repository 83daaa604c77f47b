/** Messages as files. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { prepareFolder, saveMessage } from './save-message.ts';

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-save-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const message = {
  octets: Buffer.from('Subject: ../../etc/passwd\r\n\r\n\x00\xff\n', 'latin1'),
  receivedAt: Date.parse('2026-11-23T12:00:00.123Z'),
  token: '../0123456789abcdef0123',
};

test('a message is written octet for octet, for the owner, under a name of our own', async (t) => {
  const folder = path.join(await place(t), 'a', 'b');
  await prepareFolder(folder);
  const file = await saveMessage(folder, message);
  assert.equal(path.relative(folder, file), '20261123T120000Z-0123456789abcdef.eml');
  assert.deepEqual(await readFile(file), message.octets);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), [path.basename(file)]);
});

test('a file that is there is never replaced, and no draft stays behind', async (t) => {
  const folder = await place(t);
  await saveMessage(folder, message);
  await assert.rejects(saveMessage(folder, { ...message, octets: Buffer.from('other') }), /EEXIST/);
  assert.equal((await readdir(folder)).length, 1);
  assert.deepEqual(await readFile(path.join(folder, '20261123T120000Z-0123456789abcdef.eml')), message.octets);
});

test('a folder that is a file, or has gone, is told', async (t) => {
  const folder = await place(t);
  await writeFile(path.join(folder, 'file'), '');
  await assert.rejects(prepareFolder(path.join(folder, 'file')));
  await assert.rejects(saveMessage(path.join(folder, 'gone'), message), /ENOENT/);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('all that is missing, for the owner alone; again does no harm', async (t) => {
  const base = await mkdtemp(path.join(tmpdir(), 'septet-folder-'));
  t.after(() => rm(base, { recursive: true }));
  const deep = path.join(base, 'a/b/c');
  await Promise.all([makeFolder(deep), makeFolder(deep)]);
  await makeFolder(deep);
  assert.equal((await stat(path.join(base, 'a'))).mode & 0o777, 0o700);
  assert.ok((await stat(deep)).isDirectory());
  await writeFile(path.join(base, 'file'), '');
  await assert.rejects(makeFolder(path.join(base, 'file/x')), { code: 'ENOTDIR' });
});

test('where no folder can be made it ends', { skip: process.platform !== 'linux' && 'no /proc', timeout: 5000 }, () =>
  assert.rejects(makeFolder('/proc/septet/x'), { code: 'ENOENT' }),
);

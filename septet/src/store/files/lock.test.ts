import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { StateFileError } from './journal-file.ts';
import { takeLock } from './lock.ts';

async function place(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-lock-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'state', 'example.com.lock');
}

test('one holds it, others are told who; released, it can be taken again', async (t) => {
  const file = await place(t);
  const first = await takeLock(file, { pid: 4711 });
  assert.equal(first.kind, 'held');
  assert.deepEqual(await takeLock(file, { pid: 4712 }), { kind: 'taken', pid: 4711 });
  assert.ok(first.kind === 'held');
  await first.release();
  const second = await takeLock(file, { pid: 4712 });
  assert.ok(second.kind === 'held');
  await second.release();
});

test('of many that come at once exactly one has it', async (t) => {
  const file = await place(t);
  const locks = await Promise.all(Array.from({ length: 12 }, (_, i) => takeLock(file, { pid: i + 1 })));
  const held = locks.filter((lock) => lock.kind === 'held');
  assert.equal(held.length, 1);
  for (const lock of held) await lock.release();
});

test('a process that is killed leaves no lock behind', async (t) => {
  const file = await place(t);
  const module = pathToFileURL(path.join(import.meta.dirname, 'lock.ts')).href;
  const code = `const { takeLock } = await import(${JSON.stringify(module)});
    console.log((await takeLock(${JSON.stringify(file)}, { pid: process.pid })).kind);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(said.toString().trim(), 'held');
  assert.deepEqual(await takeLock(file, { pid: 1 }), { kind: 'taken', pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await takeLock(file, { pid: 1 });
  assert.ok(lock.kind === 'held');
  await lock.release();
});

test('a file that is no lock is named', async (t) => {
  const file = await place(t);
  await (await takeLock(file, { pid: 1 }).then((lock) => (lock.kind === 'held' ? lock : assert.fail()))).release();
  await writeFile(file, 'what is this, a text that somebody wrote here?'.repeat(20));
  await assert.rejects(takeLock(file, { pid: 1 }), (error: unknown) => {
    assert.ok(error instanceof StateFileError);
    assert.match(
      error.message,
      /example\.com\.lock cannot be taken: file is not a database\. Remove the file if no septet/,
    );
    return true;
  });
});

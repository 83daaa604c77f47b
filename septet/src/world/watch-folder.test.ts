import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchFolder, type WatchOptions } from './watch-folder.ts';

interface Watching {
  /** Name and content of each file, in the order in which they came. */
  readonly files: readonly string[];
  readonly notices: readonly string[];
  until(ready: () => boolean): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'septet-watch-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function watching(
  t: TestContext,
  folder: string,
  more: Partial<WatchOptions> = {},
  before: (path: string) => Promise<void> = async () => {},
): Watching {
  const stop = new AbortController();
  const files: string[] = [];
  const notices: string[] = [];
  const items = watchFolder(folder, { signal: stop.signal, now: () => Date.now(), pollMs: 60, stillMs: 150, ...more });
  const running = (async () => {
    for await (const item of items) {
      if (item.kind !== 'file') {
        notices.push(item.text);
        continue;
      }
      await before(item.path);
      const opened = await item.open();
      if (opened.kind === 'failed') {
        notices.push(opened.why);
        continue;
      }
      const pieces: Uint8Array[] = [];
      for await (const piece of opened.octets) pieces.push(piece);
      files.push(`${basename(item.path)} ${Buffer.concat(pieces).toString()}`);
    }
  })();
  t.after(async () => {
    stop.abort();
    await running;
  });
  return {
    files,
    notices,
    async until(ready) {
      const limit = performance.now() + 5000;
      while (!ready()) {
        if (performance.now() > limit) assert.fail(JSON.stringify({ files, notices }));
        await pause(10);
      }
    },
  };
}

test('each file comes once, also those that were there', async (t) => {
  const folder = await temporary(t);
  await writeFile(join(folder, 'a.xml'), 'a');
  await mkdir(join(folder, 'deeper'));
  await writeFile(join(folder, 'deeper', 'x.xml'), 'x');
  for (const name of ['.hidden', 'b.xml.part', 'c.tmp', 'd~']) await writeFile(join(folder, name), 'no');
  const seen = watching(t, folder);
  await seen.until(() => seen.files.length === 1);
  await writeFile(join(folder, 'b.xml'), 'b');
  await rename(join(folder, 'c.tmp'), join(folder, 'c.xml'));
  await seen.until(() => seen.files.length === 3);
  await pause(300);
  assert.deepEqual(seen.files, ['a.xml a', 'b.xml b', 'c.xml no']);
  await writeFile(join(folder, 'a.xml'), 'again');
  await seen.until(() => seen.files.length === 4);
  assert.equal(seen.files[3], 'a.xml again');
  assert.deepEqual(seen.notices, []);
});

test('a file that grows is taken when it is whole', async (t) => {
  const folder = await temporary(t);
  const seen = watching(t, folder);
  for (let count = 0; count < 10; count++) {
    await appendFile(join(folder, 'slow.xml'), `${count}`);
    await pause(50);
  }
  assert.deepEqual(seen.files, []);
  await seen.until(() => seen.files.length === 1);
  await pause(300);
  assert.deepEqual(seen.files, ['slow.xml 0123456789']);
});

test('the system tells of a new file long before the next look', async (t) => {
  const folder = await temporary(t);
  const seen = watching(t, folder, { pollMs: 60_000, stillMs: 40 });
  await pause(150);
  const began = performance.now();
  await writeFile(join(folder, 'a.xml'), 'a');
  await seen.until(() => seen.files.length === 1);
  assert.ok(performance.now() - began < 2000);
});

test('a Maildir gives each message once, wherever its flags take it', async (t) => {
  const folder = await temporary(t);
  for (const name of ['new', 'cur', 'tmp']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'tmp', '0.host'), 'unfinished');
  await writeFile(join(folder, 'new', '1.host'), 'one');
  await writeFile(join(folder, 'cur', '2.host:2,S'), 'two');
  const seen = watching(t, folder, {}, async (path) => {
    // A mail program is faster than the reader.
    if (path.endsWith('3.host')) await rename(path, join(folder, 'cur', '3.host:2,'));
  });
  await seen.until(() => seen.files.length === 2);
  await rename(join(folder, 'new', '1.host'), join(folder, 'cur', '1.host:2,S'));
  await rename(join(folder, 'cur', '2.host:2,S'), join(folder, 'cur', '2.host:2,RS'));
  await writeFile(join(folder, 'tmp', '3.host'), 'three');
  await rename(join(folder, 'tmp', '3.host'), join(folder, 'new', '3.host'));
  await seen.until(() => seen.files.length === 3);
  await pause(300);
  assert.deepEqual(seen.files, ['1.host one', '2.host:2,S two', '3.host three']);
  assert.deepEqual(seen.notices, []);
});

test('a folder that goes away is told once, and read again when it is back', async (t) => {
  const parent = await temporary(t);
  const folder = join(parent, 'drop');
  await mkdir(folder);
  await writeFile(join(folder, 'a.xml'), 'a');
  const seen = watching(t, folder);
  await seen.until(() => seen.files.length === 1);
  await rename(folder, join(parent, 'aside'));
  await seen.until(() => seen.notices.length === 1);
  await pause(200);
  await writeFile(join(parent, 'aside', 'b.xml'), 'b');
  await rename(join(parent, 'aside'), folder);
  await seen.until(() => seen.files.length === 2);
  assert.deepEqual(seen.files, ['a.xml a', 'b.xml b']);
  assert.equal(seen.notices.length, 2);
  assert.match(seen.notices.join(' '), /cannot be read any more\. .* is back\./);
});

test('only what comes later, where that is wanted; and a folder that is not there', async (t) => {
  const folder = await temporary(t);
  await writeFile(join(folder, 'old.xml'), 'old');
  const seen = watching(t, folder, { onlyNew: true });
  await pause(250);
  await writeFile(join(folder, 'new.xml'), 'new');
  await seen.until(() => seen.files.length === 1);
  assert.deepEqual(seen.files, ['new.xml new']);
  const nowhere = watching(t, join(folder, 'nowhere'));
  await nowhere.until(() => nowhere.notices.length === 1);
  assert.match(nowhere.notices[0] ?? '', /^There is no folder .*nowhere that can be read\./);
});

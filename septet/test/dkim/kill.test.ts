/** A run that is killed between two writes leaves no half file: the next run finds the old keys, or the new pair. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { makeKey, pemOf, readPrivateKey } from '../../src/records/dkim/make-key.ts';
import { keysFolder, listKeys, readOwnKeys, saveKey } from '../../src/store/files/keys.ts';
import { domain, ownFolder } from './tools.ts';

const source = (file: string): string =>
  JSON.stringify(pathToFileURL(path.resolve(import.meta.dirname, '../../src', file)).href);

/** Keeps a key in a process of its own that kills itself at a moment. Answers the signal that ended it. */
async function keepAndDie(state: string, pem: string, moment: string, replace: boolean): Promise<string | null> {
  const script = `
    import { createPrivateKey } from 'node:crypto';
    import { saveKey } from ${source('store/files/keys.ts')};
    const key = createPrivateKey(${JSON.stringify(pem)});
    const tell = (moment) => { if (moment === ${JSON.stringify(moment)}) process.kill(process.pid, 'SIGKILL'); };
    await saveKey(${JSON.stringify(state)}, ${JSON.stringify(domain)}, { selector: 's1', key, createdAt: 0, replace: ${replace}, tell });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
}

const [old, fresh] = [await makeKey('ed25519'), await makeKey('ed25519')];

for (const moment of ['private', 'public'] as const) {
  test(`killed when the ${moment} half of a new key is on the disk`, async (t) => {
    const state = (await ownFolder(t, 'kill'))('state');
    assert.equal(await keepAndDie(state, pemOf(fresh), moment, false), 'SIGKILL');
    const [kept] = await listKeys(state, domain);
    assert.deepEqual([kept?.selector, kept?.type, kept?.warnings], ['s1', 'ed25519', []]);
    assert.equal((await saveKey(state, domain, { selector: 's1', key: old, createdAt: 0 })).kind, 'exists');
    await wholeFiles(state);
  });
}

for (const moment of ['set-aside', 'private', 'public'] as const) {
  test(`killed when a key is replaced: ${moment}`, async (t) => {
    const state = (await ownFolder(t, 'kill'))('state');
    await saveKey(state, domain, { selector: 's1', key: old, createdAt: 0 });
    assert.equal(await keepAndDie(state, pemOf(fresh), moment, true), 'SIGKILL');
    // The old pair is set aside whole, and what stands under the selector is nothing or the new pair.
    const aside = await readFile(path.join(keysFolder(state, domain), 'replaced', 's1-19700101T000000Z.pem'), 'utf8');
    assert.equal(aside, pemOf(old));
    assert.equal((await readOwnKeys(state, domain)).size, moment === 'set-aside' ? 0 : 1);
    await wholeFiles(state);
    const again = await saveKey(state, domain, { selector: 's1', key: fresh, createdAt: 1000, replace: true });
    assert.equal(again.kind, 'saved');
  });
}

async function wholeFiles(state: string): Promise<void> {
  const folder = keysFolder(state, domain);
  for (const name of await readdir(folder)) {
    if (name.endsWith('.pem')) {
      // oxlint-disable-next-line no-await-in-loop -- one or two files
      assert.equal(readPrivateKey(await readFile(path.join(folder, name), 'utf8')).kind, 'good');
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (name.endsWith('.json')) JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  }
}

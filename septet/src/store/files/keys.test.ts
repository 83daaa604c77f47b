import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { makeKey, pemOf, recordOf, revokedRecord } from '../../records/dkim/make-key.ts';
import { KeyFileError } from './key-files.ts';
import { keysFolder, listKeys, markRevoked, pemPath, readOwnKeys, readPrivateKey, saveKey } from './keys.ts';

const domain = dnsName('example.com');
const now = Date.parse('2026-11-23T12:00:00Z');
const key = await makeKey('ed25519');

async function state(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-keys-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'state');
}

const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

test('a key is kept and read back; its files are for their owner alone', async (t) => {
  const folder = await state(t);
  assert.equal((await readOwnKeys(folder, domain)).size, 0);
  const saved = await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  assert.equal(saved.kind, 'saved');
  assert.deepEqual([...(await readOwnKeys(folder, domain))], [['s1', recordOf(key)]]);
  const kept = await readPrivateKey(folder, domain, 's1');
  assert.ok(kept?.equals(key));
  assert.deepEqual(await listKeys(folder, domain), [
    {
      selector: 's1',
      type: 'ed25519',
      bits: 256,
      createdAt: '2026-11-23T12:00:00.000Z',
      record: recordOf(key),
      pemFile: pemPath(folder, domain, 's1'),
      warnings: [],
    },
  ]);
  const own = keysFolder(folder, domain);
  assert.deepEqual((await readdir(own)).sort(), ['s1.json', 's1.pem']);
  assert.equal(await modeOf(path.join(own, 's1.pem')), '600');
  assert.equal(await modeOf(path.join(own, 's1.json')), '600');
  for (const each of [own, path.dirname(own), folder]) assert.equal(await modeOf(each), '700', each);
  assert.equal(await readFile(path.join(folder, 'keys', '.gitignore'), 'utf8'), '*\n');
  assert.ok(!(await readFile(path.join(own, 's1.json'), 'utf8')).includes('PRIVATE'));
  assert.equal((await readOwnKeys(folder, dnsName('example.org'))).size, 0);
});

test('a key that is there is never written over', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  const other = await makeKey('ed25519');
  const again = await saveKey(folder, domain, { selector: 's1', key: other, createdAt: now });
  assert.deepEqual(again, { kind: 'exists', file: pemPath(folder, domain, 's1') });
  assert.ok((await readPrivateKey(folder, domain, 's1'))?.equals(key));
  // A public half alone counts too: its private half is kept elsewhere.
  await rm(pemPath(folder, domain, 's1'));
  assert.equal((await saveKey(folder, domain, { selector: 's1', key: other, createdAt: now })).kind, 'exists');
  assert.equal((await listKeys(folder, domain))[0]?.pemFile, undefined);
});

test('of two runs that keep a key at the same moment one wins, and the pair fits', async (t) => {
  const folder = await state(t);
  const keys = await Promise.all(Array.from({ length: 6 }, () => makeKey('ed25519')));
  const results = await Promise.all(
    keys.map((one) => saveKey(folder, domain, { selector: 's1', key: one, createdAt: now })),
  );
  assert.equal(results.filter((result) => result.kind === 'saved').length, 1);
  const [kept] = await listKeys(folder, domain);
  assert.deepEqual(kept?.warnings, []);
  assert.equal((await readdir(keysFolder(folder, domain))).length, 2);
});

test('replacing sets both halves of the old pair aside', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  const aside: string[] = [];
  for (let round = 0; round < 2; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, at the same time of the clock
    const saved = await saveKey(folder, domain, {
      selector: 's1',
      key: await makeKey('ed25519'),
      createdAt: now,
      replace: true,
    });
    if (saved.kind === 'saved') aside.push(saved.setAside ?? '');
  }
  const replaced = path.join(keysFolder(folder, domain), 'replaced');
  assert.deepEqual(aside, [
    path.join(replaced, 's1-20261123T120000Z.pem'),
    path.join(replaced, 's1-20261123T120000Z-2.pem'),
  ]);
  assert.equal(await readFile(aside[0] ?? '', 'utf8'), pemOf(key));
  assert.equal((await readdir(replaced)).length, 4);
  assert.deepEqual([...(await readOwnKeys(folder, domain)).keys()], ['s1']);
});

test('a private half alone is a key: its record is made of it', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  await rm(path.join(keysFolder(folder, domain), 's1.json'));
  assert.deepEqual([...(await readOwnKeys(folder, domain))], [['s1', recordOf(key)]]);
});

test('a plan reads no private half', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  await writeFile(pemPath(folder, domain, 's1'), 'damaged');
  assert.equal((await readOwnKeys(folder, domain)).get('s1'), recordOf(key));
  await assert.rejects(listKeys(folder, domain), KeyFileError);
});

test('damaged files are named, with what to do, and without their content', async (t) => {
  const folder = await state(t);
  const own = keysFolder(folder, domain);
  await mkdir(own, { recursive: true });
  const good = { selector: 's1', type: 'ed25519', bits: 256, createdAt: '2026-11-23T12:00:00Z', record: recordOf(key) };
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['{"selector": "s1"', /not JSON/],
    ['[]', /not a JSON object/],
    [{ ...good, selector: 's2' }, /"selector" is not s1/],
    [{ ...good, type: 'dsa' }, /"type"/],
    [{ ...good, bits: '256' }, /"bits"/],
    [{ ...good, createdAt: 'yesterday' }, /"createdAt"/],
    [{ ...good, record: 'v=spf1 -all' }, /"record"/],
    [{ ...good, record: 'v=DKIM1; p=secret secret!' }, /"record"/],
    [{ ...good, revokedAt: 1 }, /"revokedAt"/],
  ];
  for (const [content, what] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one file, one fault after the other
    await writeFile(path.join(own, 's1.json'), typeof content === 'string' ? content : JSON.stringify(content));
    // oxlint-disable-next-line no-await-in-loop -- as above
    await assert.rejects(readOwnKeys(folder, domain), (error) => {
      assert.ok(error instanceof KeyFileError);
      assert.match(error.message, what);
      assert.ok(error.message.startsWith(`${path.join(own, 's1.json')} is damaged`));
      assert.ok(!error.message.includes('secret'));
      return true;
    });
  }
  await rm(path.join(own, 's1.json'));
  await writeFile(path.join(own, 's1.pem'), pemOf(key).slice(0, 60));
  await assert.rejects(readOwnKeys(folder, domain), /s1\.pem cannot be read: the PEM is damaged/);
  await writeFile(path.join(own, 's1.pem'), 'x'.repeat(70_000));
  await assert.rejects(readOwnKeys(folder, domain), /more than 64 kB/);
});

test('what is no key file is left alone', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  for (const name of ['rotation.ndjson', 'notes.txt', '.s1.pem.0.part', 'No.pem', '-x.json'])
    // oxlint-disable-next-line no-await-in-loop -- five small files
    await writeFile(path.join(keysFolder(folder, domain), name), 'x');
  assert.deepEqual([...(await readOwnKeys(folder, domain)).keys()], ['s1']);
});

test('drafts of a killed run go after an hour, younger ones may be in use', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  const [old, young] = ['.s2.pem.0a.part', '.s3.pem.0b.part'].map((name) =>
    path.join(keysFolder(folder, domain), name),
  );
  const here = (await stat(keysFolder(folder, domain))).mtimeMs;
  for (const [file, at] of [
    [old, here - 3_700_000],
    [young, here - 10_000],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- two small files
    await writeFile(file ?? '', 'x');
    // oxlint-disable-next-line no-await-in-loop -- as above
    await utimes(file ?? '', at / 1000, at / 1000);
  }
  await saveKey(folder, domain, { selector: 's4', key, createdAt: now });
  const names = await readdir(keysFolder(folder, domain));
  assert.ok(!names.includes('.s2.pem.0a.part') && names.includes('.s3.pem.0b.part'));
});

test('a private key that others can read is told, with its mode', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  const file = pemPath(folder, domain, 's1');
  for (const [mode, who] of [
    [0o640, 'its group'],
    [0o604, 'other users'],
    [0o666, 'other users'],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one file
    await chmod(file, mode);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const [warning] = (await listKeys(folder, domain))[0]?.warnings ?? [];
    assert.equal(warning?.code, 'dkim.private.permissions');
    assert.match(warning?.text ?? '', new RegExp(`${who}.*mode 0${mode.toString(8)}.*chmod 600`));
  }
  await chmod(file, 0o400);
  assert.deepEqual((await listKeys(folder, domain))[0]?.warnings, []);
});

test('a private half that is not of the record is told', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  await writeFile(pemPath(folder, domain, 's1'), pemOf(await makeKey('ed25519')));
  assert.deepEqual(
    (await listKeys(folder, domain))[0]?.warnings.map((warning) => warning.code),
    ['dkim.private.mismatch'],
  );
});

test('a revoked key is published with an empty p=, once and for all', async (t) => {
  const folder = await state(t);
  await saveKey(folder, domain, { selector: 's1', key, createdAt: now });
  await markRevoked(folder, domain, 's1', now + 1000);
  await markRevoked(folder, domain, 's1', now + 9000);
  await markRevoked(folder, domain, 'unknown', now);
  assert.deepEqual([...(await readOwnKeys(folder, domain))], [['s1', revokedRecord]]);
  const [kept] = await listKeys(folder, domain);
  assert.equal(kept?.revokedAt, '2026-11-23T12:00:01.000Z');
  assert.deepEqual(kept?.warnings, []);
});

test('a folder that cannot be made is an error that names it', async (t) => {
  const folder = await state(t);
  await mkdir(path.dirname(folder), { recursive: true });
  await writeFile(folder, 'a file');
  await assert.rejects(saveKey(folder, domain, { selector: 's1', key, createdAt: now }), (error) => {
    assert.ok(error instanceof KeyFileError);
    assert.match(error.message, /state.*a file stands where a folder is needed/);
    return true;
  });
});

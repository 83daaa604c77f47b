/** OpenSSL agrees: what it signs with our private file verifies with the key in our record, and the other way round. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { makeKey, type KeyType } from '../../src/records/dkim/make-key.ts';
import { saveKey } from '../../src/store/files/keys.ts';
import { missing } from '../servers/process.ts';
import { domain, execute, ownFolder } from './tools.ts';

const skip = await missing('openssl');

test('openssl signs with the kept file and verifies with the published record', { skip }, async (t) => {
  const file = await ownFolder(t, 'openssl');
  await writeFile(file('data'), 'a message');
  await writeFile(file('other'), 'another message');
  for (const type of ['rsa2048', 'rsa3072', 'rsa4096', 'ed25519'] satisfies KeyType[]) {
    // oxlint-disable no-await-in-loop -- one type after the other
    const saved = await saveKey(file('state'), domain, { selector: type, key: await makeKey(type), createdAt: 0 });
    assert.ok(saved.kind === 'saved');
    const published = Buffer.from(saved.half.record.replace(/.*p=/, ''), 'base64');
    const spki =
      type === 'ed25519' ? Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), published]) : published;
    await writeFile(file('public.der'), spki);
    const digest = type === 'ed25519' ? ['-rawin'] : ['-rawin', '-digest', 'sha256'];
    const sign = await execute('openssl', [
      'pkeyutl',
      '-sign',
      '-inkey',
      saved.pemFile,
      ...digest,
      '-in',
      file('data'),
      '-out',
      file('sig'),
    ]);
    assert.equal(sign.code, 0, sign.stderr);
    const verify = (data: string) =>
      execute('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-keyform',
        'DER',
        '-inkey',
        file('public.der'),
        ...digest,
        '-in',
        data,
        '-sigfile',
        file('sig'),
      ]);
    assert.equal((await verify(file('data'))).code, 0, type);
    assert.notEqual((await verify(file('other'))).code, 0, type);
    // oxlint-enable no-await-in-loop
  }
});

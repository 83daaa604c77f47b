/** OpenDKIM: keys of opendkim-genkey are imported, and opendkim-testkey accepts what `export --for opendkim` prints. */
import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { fitsRecord, makeKey } from '../../src/records/dkim/make-key.ts';
import { recordIn } from '../../src/cli/dkim/dkim-generate.ts';
import { readOwnKeys, readPrivateKey, saveKey } from '../../src/store/files/keys.ts';
import { septet, within } from '../cli/program.ts';
import { missing } from '../servers/process.ts';
import { domain, execute, ownFolder, serveKeys } from './tools.ts';

const skip = await missing('opendkim-genkey', 'opendkim-testkey');

test('a key of opendkim-genkey is imported with its record', { skip }, async (t) => {
  const file = await ownFolder(t, 'genkey');
  await mkdir(file('in'));
  const made = await execute('opendkim-genkey', ['-b', '2048', '-d', domain, '-s', 'mail', '-D', file('in')]);
  assert.equal(made.code, 0, made.stderr);
  const done = await septet([
    'dkim',
    'import',
    file('in/mail.private'),
    domain,
    '--record',
    file('in/mail.txt'),
    '--state',
    file('state'),
  ]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^Imported the key mail of example\.com \(RSA, 2048 bits\)\.\n/);
  const record = (await readOwnKeys(file('state'), domain)).get('mail') ?? '';
  const theirs = recordIn(await readFile(file('in/mail.txt'), 'utf8'));
  assert.match(theirs, /^v=DKIM1; h=sha256; k=rsa; *p=MII/);
  assert.equal(record.replace(/.*p=/, ''), theirs.replace(/.*p=/, ''));
  const kept = await readPrivateKey(file('state'), domain, 'mail');
  assert.ok(kept && fitsRecord(kept, theirs));

  // The record of another key is refused, and nothing is kept.
  await execute('opendkim-genkey', ['-b', '2048', '-d', domain, '-s', 'other', '-D', file('in')]);
  const wrong = await within([
    'dkim',
    'import',
    file('in/other.private'),
    domain,
    '--record',
    file('in/mail.txt'),
    '--state',
    file('state'),
  ]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /is not the public half of .*other\.private.*dkim\.private\.mismatch/);
  assert.deepEqual([...(await readOwnKeys(file('state'), domain)).keys()], ['mail']);
});

/** The configuration as it is exported, its keys copied as the commands say, checked against DNS on loopback. */
async function testkey(t: TestContext, damage: (key: string) => Promise<void>): Promise<string> {
  const file = await ownFolder(t, 'testkey');
  for (const selector of ['s1', 's2']) {
    // oxlint-disable-next-line no-await-in-loop -- two keys
    await saveKey(file('state'), domain, { selector, key: await makeKey('rsa2048'), createdAt: 0 });
  }
  const done = await within([
    'dkim',
    'export',
    domain,
    '--for',
    'opendkim',
    '--state',
    file('state'),
    '--key-folder',
    file('keys'),
    '--etc',
    file('etc'),
    '--out',
    file('etc'),
  ]);
  assert.equal(done.code, 0, done.stderr);
  const install = await readFile(file('etc/install.sh'), 'utf8');
  for (const [, from, to] of install.matchAll(/^install -o opendkim -g opendkim -m 0600 (\S+) (\S+)$/gm)) {
    // oxlint-disable-next-line no-await-in-loop -- what the script does as root
    await mkdir(path.dirname(to ?? ''), { recursive: true, mode: 0o700 });
    // oxlint-disable-next-line no-await-in-loop -- as above
    await copyFile(from ?? '', to ?? '');
    // oxlint-disable-next-line no-await-in-loop -- as above
    await chmod(to ?? '', 0o600);
  }
  await damage(file('keys/example.com/s1.pem'));
  const server = await serveKeys(t, Object.fromEntries(await readOwnKeys(file('state'), domain)));
  await writeFile(
    file('unbound.conf'),
    `server:\n  do-not-query-localhost: no\n  module-config: "iterator"\nforward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${server.port}\n`,
  );
  const conf = await readFile(file('etc/opendkim.conf'), 'utf8');
  await writeFile(file('test.conf'), `${conf}ResolverConfiguration ${file('unbound.conf')}\n`);
  const checked = await execute('opendkim-testkey', ['-x', file('test.conf'), '-vvv']);
  return `${checked.stdout}\n${checked.stderr}`;
}

test('opendkim-testkey passes every key of the exported tables', { skip }, async (t) => {
  const said = await testkey(t, async () => {});
  assert.match(said, /2 keys checked; 2 pass, 0 fail/);
  assert.doesNotMatch(said, /unsafe/);
});

test('and it notices a private half of another key, and one that others can read', { skip }, async (t) => {
  const said = await testkey(t, async (key) => {
    await copyFile(key.replace('s1.pem', 's2.pem'), key);
    await chmod(key, 0o644);
  });
  assert.match(said, /2 keys checked; 1 pass, 1 fail/);
  assert.match(said, /unsafe permissions/);
});

test('OpenDKIM takes no Ed25519 keys, which is why the export leaves them out', { skip }, async (t) => {
  const file = await ownFolder(t, 'ed25519');
  await saveKey(file('state'), domain, { selector: 'e1', key: await makeKey('ed25519'), createdAt: 0 });
  const alone = await within(['dkim', 'export', domain, '--for', 'opendkim', '--state', file('state')]);
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /OpenDKIM cannot sign with Ed25519 keys/);
  await saveKey(file('state'), domain, { selector: 's1', key: await makeKey('rsa2048'), createdAt: 0 });
  const both = await within(['dkim', 'export', domain, '--for', 'opendkim', '--state', file('state')]);
  assert.doesNotMatch(both.stdout, /e1\._domainkey/);
  assert.match(both.stdout, /s1\._domainkey\.example\.com example\.com:s1:/);
  const server = await serveKeys(t, Object.fromEntries(await readOwnKeys(file('state'), domain)));
  await writeFile(file('test.conf'), `ResolverConfiguration ${file('unbound.conf')}\n`);
  await writeFile(
    file('unbound.conf'),
    `server:\n  do-not-query-localhost: no\n  module-config: "iterator"\nforward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${server.port}\n`,
  );
  const pem = file('state/keys/example.com/e1.pem');
  const checked = await execute('opendkim-testkey', [
    '-x',
    file('test.conf'),
    '-d',
    domain,
    '-s',
    'e1',
    '-k',
    pem,
    '-vvv',
  ]);
  assert.notEqual(checked.code, 0, 'this release signs with Ed25519: the export may offer it');
});

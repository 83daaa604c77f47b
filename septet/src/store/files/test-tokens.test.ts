/** The tokens of test messages on disk. */
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { readTests, rememberTest, testTokensPath, TestTokensError, type SentTest } from './test-tokens.ts';

const domain = dnsName('example.com');
const day = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const sent = (token: string, at: number): SentTest => ({
  token,
  sentAt: new Date(at).toISOString(),
  messageId: `<septet-${token}@example.com>`,
  from: 'septet-test@example.com',
  to: 'you@gmail.com',
  sender: 'postfix',
});

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-tokens-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('what is remembered is read again, for the owner alone', async (t) => {
  const state = await place(t);
  assert.deepEqual(await readTests(state, domain, now), []);
  await rememberTest(state, domain, sent('a', now), now);
  await rememberTest(state, domain, sent('b', now + 1), now + 1);
  assert.deepEqual(await readTests(state, domain, now + 2), [sent('a', now), sent('b', now + 1)]);
  const file = testTokensPath(state, domain);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(path.dirname(file)), ['example.com.json']);
});

test('after 30 days a token drops out, of the reading and of the file', async (t) => {
  const state = await place(t);
  await rememberTest(state, domain, sent('old', now), now);
  assert.equal((await readTests(state, domain, now + 30 * day - 1)).length, 1);
  assert.equal((await readTests(state, domain, now + 30 * day)).length, 0);
  await rememberTest(state, domain, sent('new', now + 31 * day), now + 31 * day);
  assert.doesNotMatch(await readFile(testTokensPath(state, domain), 'utf8'), /old/);
});

test('a damaged file is told with its name, and not overwritten', async (t) => {
  const state = await place(t);
  await mkdir(path.join(state, 'tests'));
  const file = testTokensPath(state, domain);
  for (const text of [
    '{',
    '[]',
    '{"tests":[{"token":1}]}',
    '{"tests":[{"token":"a","messageId":"","from":"","to":"","sentAt":"x"}]}',
  ]) {
    await writeFile(file, text);
    await assert.rejects(
      rememberTest(state, domain, sent('a', now), now),
      (error) => error instanceof TestTokensError && error.message.includes(file),
    );
    assert.equal(await readFile(file, 'utf8'), text);
  }
});

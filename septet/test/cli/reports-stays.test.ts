/** `reports import` that stays: with a folder, and with a mailbox on a real Dovecot; and one that is read once. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { after, before, test, type TestContext } from 'node:test';
import { mayStartDovecot, startDovecot, type Dovecot } from '../servers/dovecot.ts';
import { missing } from '../servers/process.ts';
import { mail, xml } from '../watch/intake-mail.ts';
import { folder, jsonLines, septet, start } from './program.ts';

const noDovecot = (await missing('dovecot', 'doveadm', 'openssl')) || mayStartDovecot();
const password = 'one secret word';
let dovecot: Dovecot;
before(async () => {
  if (noDovecot === false) dovecot = await startDovecot({ users: { once: password, idle: password, moves: password } });
});
after(async () => {
  if (noDovecot === false) await dovecot.stop();
});

const common = [
  '--domain',
  'example.com',
  '--json',
  '--allow-unauthenticated',
  '--resolver',
  '127.0.0.1:9',
  '--timeout',
  '1',
];
const message = (id: string): Buffer => mail({ attachment: xml({ id }), type: 'text/xml' });

interface Staying {
  readonly child: ChildProcess;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly err: () => string;
  /** Until so many reports are told as stored. */
  readonly stored: (count: number) => Promise<readonly unknown[]>;
  /** Until the words stand on standard error. */
  readonly says: (words: RegExp) => Promise<void>;
  /** Ctrl-C; answers the exit code. */
  readonly end: () => Promise<number | null>;
}

function staying(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Staying {
  const child = start(['reports', 'import', ...args, ...common], { env });
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.after(() => child.kill('SIGKILL'));
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const limit = performance.now() + 30_000;
    while (!holds()) {
      if (performance.now() > limit || child.exitCode !== null) assert.fail(`${what} did not come:\n${out}\n${err}`);
      // oxlint-disable-next-line no-await-in-loop -- until it holds
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const lines = (): readonly Record<string, unknown>[] => jsonLines(out.slice(0, out.lastIndexOf('\n') + 1));
  const ids = (): readonly unknown[] => lines().flatMap(({ kind, reportId }) => (kind === 'stored' ? [reportId] : []));
  return {
    child,
    lines,
    err: () => err,
    async stored(count) {
      await until(`${count} reports`, () => ids().length >= count);
      return ids();
    },
    says: (words) => until(String(words), () => words.test(err.replaceAll(/\s+/g, ' '))),
    end() {
      child.kill('SIGINT');
      return closed;
    },
  };
}

test('a folder: what is there, what comes, what is still written to; Ctrl-C ends it', async (t) => {
  const at = await folder(t, {});
  await mkdir(at('in'));
  await writeFile(at('in/1.xml'), xml({ id: '1' }));
  const run = staying(t, ['--follow', at('in'), '--data', at('data')]);
  assert.deepEqual(await run.stored(1), ['1']);
  const two = xml({ id: '2' });
  await writeFile(at('in/2.xml'), two.slice(0, 900));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await writeFile(at('in/2.xml'), two);
  await writeFile(at('3.xml'), xml({ id: '3' }));
  await rename(at('3.xml'), at('in/3.xml'));
  assert.deepEqual([...(await run.stored(3))].sort(), ['1', '2', '3']);
  assert.equal(await run.end(), 0, run.err());
  const summary = run.lines().at(-1);
  assert.deepEqual([summary?.['kind'], summary?.['files'], summary?.['refused']], ['summary', 3, 0]);
});

test('a mailbox, once: read, and read again without counting twice', { skip: noDovecot }, async (t) => {
  const at = await folder(t, { 'ca.pem': dovecot.ca });
  for (const id of ['1', '2', '3']) await dovecot.deliver('once', message(id), `100${id}.M1.test`);
  const url = `imaps://once@localhost:${dovecot.imaps}/INBOX`;
  const args = [
    'reports',
    'import',
    '--imap',
    url,
    '--ca',
    at('ca.pem'),
    '--data',
    at('data'),
    '--patience',
    '2',
    ...common,
  ];
  const run = (word: string) => septet(args, { env: { SEPTET_IMAP_PASSWORD: word } });
  const first = await run(password);
  assert.deepEqual([first.code, first.stderr], [0, '']);
  const events = jsonLines(first.stdout);
  assert.deepEqual(
    events.flatMap(({ kind, reportId, place }) => (kind === 'stored' ? [`${String(reportId)} ${String(place)}`] : [])),
    ['1', '2', '3'].map((id) => `${id} INBOX on localhost:${dovecot.imaps}, message ${id} > report`),
  );
  const again = jsonLines((await run(password)).stdout).at(-1);
  assert.deepEqual([again?.['duplicates'], again?.['rows']], [3, 0]);
  const wrong = await run('another word');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /refuses this user and\s+password/);
  assert.ok(!`${wrong.stdout}${wrong.stderr}`.includes('another word'));
});

test('a mailbox, once: what is stored is moved, what is not yet stays', { skip: noDovecot }, async (t) => {
  const at = await folder(t, { 'ca.pem': dovecot.ca });
  await dovecot.doveadm('mailbox', 'create', '-u', 'moves', 'Done');
  await dovecot.deliver('moves', message('1'), '1001.M1.test');
  await dovecot.deliver(
    'moves',
    mail({ signer: 'receiver.example', attachment: xml({ id: '2' }), type: 'text/xml' }),
    '1002.M1.test',
  );
  const url = `imaps://moves:\${WORD}@localhost:${dovecot.imaps}`;
  const args = [
    'reports',
    'import',
    '--imap',
    url,
    '--imap-done',
    'move:Done',
    '--ca',
    at('ca.pem'),
    '--data',
    at('data'),
  ];
  const ended = await septet(
    [...args, '--at', '2026-11-23T12:00:00Z', ...common.filter((one) => one !== '--allow-unauthenticated')],
    {
      env: { WORD: password },
    },
  );
  assert.match(ended.stderr, /it stays\s+where it is/);
  const count = async (mailbox: string): Promise<string> =>
    (await dovecot.doveadm('mailbox', 'status', '-u', 'moves', 'messages', mailbox)).trim();
  assert.equal(await count('INBOX'), 'INBOX messages=1');
  assert.equal(await count('Done'), 'Done messages=1');
});

test('a mailbox that is stayed with: IDLE, a server that goes away and comes back', { skip: noDovecot }, async (t) => {
  const at = await folder(t, { 'ca.pem': dovecot.ca });
  await dovecot.deliver('idle', message('1'), '1001.M1.test');
  const url = `imaps://idle@localhost:${dovecot.imaps}/INBOX`;
  const run = staying(t, ['--imap', url, '--idle', '--ca', at('ca.pem'), '--data', at('data')], {
    SEPTET_IMAP_PASSWORD: password,
  });
  assert.deepEqual(await run.stored(1), ['1']);
  await dovecot.deliver('idle', message('2'), '1002.M1.test');
  assert.deepEqual(await run.stored(2), ['1', '2']);
  await dovecot.kill();
  await run.says(/It is tried again/);
  await dovecot.start();
  await dovecot.deliver('idle', message('3'), '1003.M1.test');
  assert.deepEqual(await run.stored(3), ['1', '2', '3']);
  assert.equal(await run.end(), 0, run.err());
  assert.deepEqual((run.lines().at(-1) ?? {})['reports'], { aggregate: 3, tls: 0, failure: 0 });
});

/** `septet message listen`: from the message to the terminal, the URL and the folder. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { InputError } from '../../src/cli/io.ts';
import { listen, type ListenOptions } from '../../src/cli/message/listen.ts';
import { submit, type SubmissionOutcome } from '../../src/world/submission.ts';
import { folder, jsonLines, start } from '../cli/program.ts';
import { missing } from '../servers/process.ts';
import { zoneText } from '../plan/plan-world.ts';
import { certificate } from './clients.ts';
import { testIo } from './commands.ts';

const message = (subject: string): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nTo: b@example.com\r\nSubject: ${subject}\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n\xe9\r\n`,
    'latin1',
  );

async function listening(t: TestContext, more: Partial<ListenOptions> = {}) {
  const file = await folder(t, {
    'example.zone': zoneText('@ MX 10 mail\n@ TXT "v=spf1 ip4:127.0.0.1 -all"\n_dmarc TXT "v=DMARC1; p=reject"'),
  });
  const options: ListenOptions = {
    host: '127.0.0.1',
    port: '0',
    web: '127.0.0.1:0',
    keep: '1h',
    maxSize: '100k',
    maxMessages: '10',
    rate: '100',
    zone: [file('example.zone')],
    ...more,
  };
  const terminal = testIo();
  const ended = listen(options, terminal.io);
  ended.catch(() => {});
  t.after(async () => {
    terminal.interrupt();
    await ended.catch(() => {});
  });
  const port = async (): Promise<number> => Number((await terminal.shows(/SMTP at \S+:(\d+),/))[1]);
  const send = async (subject: string, to = 'test-x@anything.example', ca?: string): Promise<SubmissionOutcome> =>
    submit(
      message(subject),
      { from: 'a@example.com', to: [to] },
      {
        host: '127.0.0.1',
        port: await port(),
        tls: ca === undefined ? 'optional' : 'required',
        ...(ca ? { ca: [ca] } : {}),
      },
      { timeoutMs: 5000 },
    );
  return { terminal, ended, send, port, file };
}

interface Fetched {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const fetched = (url: string, method = 'GET'): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    const asking = request(url, { method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });

test('a message is told in the terminal and shown at its URL until the interrupt', async (t) => {
  const { terminal, ended, send } = await listening(t);
  await terminal.shows(/Send a message to test-[a-z]{10}@localhost \(any other test-…@ will do as well\)/);
  assert.equal((await send('First')).kind, 'accepted');
  const [url = ''] = await terminal.shows(/http:\/\/127\.0\.0\.1:\d+\/r\/[0-9a-f]{32}/);
  await terminal.shows(/First[\s\S]*SPF +pass[\s\S]*DMARC +pass/);
  const page = await fetched(url);
  assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
  assert.match(page.body.toString('utf8'), /First/);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  const json = JSON.parse((await fetched(`${url}.json`)).body.toString('utf8')) as { envelope: { ip: unknown } };
  assert.deepEqual(json.envelope.ip, { value: '127.0.0.1', from: 'listener' });
  assert.deepEqual((await fetched(`${url}.eml`)).body, message('First'));
  const head = await fetched(url, 'HEAD');
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal((await fetched(new URL('/', url).href)).status, 404);
  assert.equal((await fetched(url, 'DELETE')).status, 405);
  assert.deepEqual(await send('Stranger', 'root@localhost').then(({ kind }) => kind), 'refused');
  terminal.interrupt();
  assert.equal(await ended, 0);
  assert.match(terminal.err(), /Ended\. 1 message came\./);
  await assert.rejects(fetched(url));
});

test('--json and --count: one line a message, in the order in which they came, then the end', async (t) => {
  const { terminal, ended, send } = await listening(t, { json: true, count: '3', web: 'off' });
  for (const subject of ['one', 'two', 'three']) assert.equal((await send(subject)).kind, 'accepted');
  assert.equal(await ended, 0);
  const proofs = jsonLines(terminal.out()) as readonly { source: string; message: { subject: string } }[];
  assert.deepEqual(
    proofs.map(({ source, message: facts }) => [source, facts.subject]),
    [
      ['message 1', 'one'],
      ['message 2', 'two'],
      ['message 3', 'three'],
    ],
  );
});

test('--save keeps what came; where it cannot, the client is told to come again, and the rest goes on', async (t) => {
  const file = await folder(t, {});
  const saved = file('saved');
  const { terminal, ended, send } = await listening(t, { save: saved, count: '2', web: 'off' });
  assert.equal((await send('one')).kind, 'accepted');
  await rename(saved, file('moved'));
  await writeFile(saved, 'no folder any more');
  const refused = await send('two');
  assert.deepEqual(
    refused.kind === 'refused' && [refused.code, refused.stage],
    [451, 'message'],
    JSON.stringify(refused),
  );
  assert.match(terminal.err(), /cannot be saved in .*saved \(a file stands where a folder is needed\)/);
  await rename(saved, file('other'));
  await mkdir(saved);
  assert.equal((await send('three')).kind, 'accepted');
  assert.equal(await ended, 0);
  const [first = ''] = await readdir(file('moved'));
  assert.match(first, /^\d{8}T\d{6}Z-[0-9a-f]{16}\.eml$/);
  assert.deepEqual(await readFile(path.join(file('moved'), first)), message('one'));
  assert.equal((await readdir(saved)).length, 1);
});

test('STARTTLS with a key of ours is told in the proof', { skip: await missing('openssl') }, async (t) => {
  const { cert, file } = await certificate(t);
  const { terminal, ended, send } = await listening(t, {
    cert: file('cert.pem'),
    tlsKey: file('key.pem'),
    count: '1',
    web: 'off',
    json: true,
  });
  await terminal.shows(/with STARTTLS/);
  assert.equal((await send('tls', 'test-x@localhost', cert)).kind, 'accepted');
  await ended;
  const [proof] = jsonLines(terminal.out()) as readonly { envelope: { tls: unknown } }[];
  assert.deepEqual(proof?.envelope.tls, { value: true, from: 'listener' });
});

test('what cannot be opened is one sentence, and nothing stays open', async (t) => {
  const { port } = await listening(t);
  const taken = String(await port());
  const fails = async (more: Partial<ListenOptions>, words: RegExp): Promise<void> => {
    const other = await listening(t, more);
    // Where it listens after all, the test is to fail and not to wait.
    const opened = other.terminal.shows(/Listening/, 1000).then(() => 'it listens');
    await assert.rejects(
      Promise.race([other.ended, opened]),
      (error) => error instanceof InputError && words.test(error.message),
    );
  };
  await fails({ port: taken }, /Another program listens at port \d+ of 127\.0\.0\.1\. Choose another with --port/);
  await fails({ web: `127.0.0.1:${taken}` }, /Choose another with --web/);
  await fails({ cert: 'gone.pem', tlsKey: 'gone.pem' }, /gone\.pem cannot be read/);
  const file = await folder(t, { file: '' });
  await fails({ save: file('file') }, /--save .*no file can be written there/);
  await fails({ cert: file('file'), tlsKey: file('file') }, /Give both as PEM/);
});

test('the process ends cleanly with Ctrl-C', async (t) => {
  const file = await folder(t, { 'a.zone': zoneText('@ MX 10 mail') });
  await chmod(file('a.zone'), 0o644);
  const child = start(['message', 'listen', '--port', '0', '--web', 'off', '--zone', file('a.zone')]);
  t.after(() => child.kill('SIGKILL'));
  let err = '';
  let asked = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    // A second one would end it at once.
    if (err.includes('Ctrl-C') && !asked) asked = child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  assert.equal(code, 0, err);
  assert.match(err, /Ended\. 0 messages came\./);
});

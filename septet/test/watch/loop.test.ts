/** `septet watch` as people run it: once, in a loop, twice on one file, with a database that goes away. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { access, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { folder, jsonLines, septet, start } from '../cli/program.ts';
import { xml } from './intake-mail.ts';
import { postgresMissing, startPostgres } from '../servers/postgres.ts';

const config = `domains:
  example.com:
    people: false
    dmarc: { reports: dmarc@example.com }
  example.net:
    people: false
    dmarc: { reports: dmarc@example.net }
`;
const zone = (origin: string): string => `$ORIGIN ${origin}.
@ 60 SOA ns1 h 1 60 60 3600 60
@ NS ns1
ns1 A 20.61.97.53
@ MX 10 mail
mail A 20.61.97.25
@ TXT "v=spf1 ip4:20.61.97.25 -all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@${origin}"
`;

async function place(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const file = await folder(t, {
    'septet.yaml': config,
    com: zone('example.com').replace('ip4:20.61.97.25', 'ip4:192.0.2.1'),
    net: zone('example.net'),
    ...files,
  });
  const world = ['--config', file('septet.yaml'), '--zone', file('com'), file('net')];
  return { file, data: file('data'), args: ['watch', '--data', file('data'), ...world] };
}

/** The lines of a running watch; `until` waits for one. */
function following(child: ChildProcess) {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (said += String(text)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    said: () => said,
    ended,
    until: async (form: RegExp, from = 0, ms = 20_000): Promise<void> => {
      const limit = performance.now() + ms;
      while (!form.test(said.slice(from))) {
        assert.ok(performance.now() < limit && child.exitCode === null, `${form} did not come:\n${said}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
  };
}

test('a configuration that cannot be used makes no store', async (t) => {
  const { file, args, data } = await place(t, { 'septet.yaml': 'domains: [' });
  const { code, stderr } = await septet([...args, '--once']);
  assert.equal(code, 2);
  assert.match(stderr, /septet\.yaml/);
  await assert.rejects(access(data), { code: 'ENOENT' });
  await rm(file('septet.yaml'));
  assert.equal((await septet([...args, '--once'])).code, 2);
  await assert.rejects(access(data), { code: 'ENOENT' });
});

test('reports that came before their domain was configured count from the start of watch', async (t) => {
  const { file, args } = await place(t, { 'report.xml': xml({ id: 'early' }) });
  const data = ['--data', file('data')];
  const early = ['--config', file('early.yaml'), ...data];
  await writeFile(file('early.yaml'), 'domains: { example.net: }\n');
  const first = await septet(['reports', 'import', file('report.xml'), ...early, '--resolver', '127.0.0.1:9']);
  assert.match(first.stdout, /Kept apart +example\.com 1/);
  const watched = await septet([...args, '--once', '--json']);
  const adopted = jsonLines(watched.stdout).filter(({ event }) => event === 'imported');
  assert.match(String(adopted[0]?.['text']), /count from now on, as their domain is configured: example\.com 1\./);
  const shown = await septet(['reports', 'show', '--since', '2020-01-01', '--config', file('septet.yaml'), ...data]);
  assert.match(shown.stdout, / % pass DMARC/);
});

test('once: does what is due, says what came of it, and finds nothing more to do', async (t) => {
  const { args } = await place(t);
  const first = await septet([...args, '--once', '--json']);
  assert.equal(first.code, 1, first.stderr);
  const events = jsonLines(first.stdout);
  for (const { time, event, severity, text } of events) {
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.ok([event, severity, text].every((value) => typeof value === 'string' && value !== ''));
  }
  const checked = events.filter(({ event }) => event === 'checked').map(({ domain }) => domain);
  assert.deepEqual(checked.sort(), ['example.com', 'example.net']);
  assert.ok(events.some(({ event }) => event === 'alert'));
  assert.deepEqual(events.at(-1)?.['event'], 'ended');
  assert.match(String(events.at(-1)?.['text']), /^5 jobs done; a person is needed for: check example\.com/);
  const second = await septet([...args, '--once']);
  assert.equal(second.code, 0);
  assert.match(second.stdout, /^\S+Z ended +Nothing was due\.\n$/);
});

test('once, and nobody answers: the exit says that it could not tell', async (t) => {
  const { data, file } = await place(t);
  const args = ['watch', '--once', '--data', data, '--config', file('septet.yaml'), '--resolver', '127.0.0.1:1'];
  const { code, stdout } = await septet([...args, '--timeout', '1']);
  assert.equal(code, 3, stdout);
  assert.match(stdout, /ended +5 jobs done; could not tell: check example\.com, check example\.net\.\n$/);
});

test('in a loop until it is asked to end; a second one on the same file is told so', async (t) => {
  const { args, data } = await place(t);
  const child = start(args);
  t.after(() => child.kill('SIGKILL'));
  const first = following(child);
  await first.until(/ checked +example\.net /);
  const second = await septet(args);
  assert.equal(second.code, 2);
  assert.equal(
    second.stderr,
    `Another septet watch (process ${child.pid}) works on ${path.join(data, 'septet.sqlite')}, and one is enough. Stop it first, or share a PostgreSQL with --store to have several.\n`,
  );
  child.kill('SIGTERM');
  assert.equal(await first.ended, 0, first.said());
  assert.match(first.said(), /started +Watching 2 domains\.\n[^]*ended +Ended; what was under way is done\.\n$/);
  assert.equal((await septet([...args, '--once'])).code, 0, 'the lock went with it');
});

test('bad use is told', async (t) => {
  const { args, file } = await place(t, { broken: 'domains: [' });
  const at = await septet([...args, '--at', '2026-11-23']);
  assert.deepEqual([at.code, at.stderr], [2, '--at does not go with watch: what it keeps has the time of now.\n']);
  const unknown = await septet(['watch', 'other.example', ...args.slice(1), '--once']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^other\.example is not in /);
  const broken = await septet(['watch', '--once', '--config', file('broken'), '--data', file('data')]);
  assert.equal(broken.code, 2);
  const there = ['--store', 'postgres://septet:hidden-secret@127.0.0.1:1/septet'];
  const nowhere = await septet(['watch', '--once', '--config', file('septet.yaml'), ...there]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /^The database postgres:\/\/127\.0\.0\.1:1\/septet does not answer/);
  assert.doesNotMatch(nowhere.stderr, /hidden-secret/);
});

test('a PostgreSQL that goes away is waited for', { skip: await postgresMissing(), timeout: 120_000 }, async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.stop());
  const { args } = await place(t);
  const url = await postgres.database();
  const child = start([...args.filter((arg, at) => arg !== '--data' && args[at - 1] !== '--data'), '--store', url]);
  t.after(() => child.kill('SIGKILL'));
  const watch = following(child);
  await watch.until(/ checked +example\.net /);
  const gone = watch.said().length;
  await postgres.halt('crash');
  await watch.until(/ waiting +The database postgres:\/\/[^ ]+ does not answer/, gone);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const back = watch.said().length;
  await postgres.start();
  await watch.until(/ goes on +The database answers again\./, back, 30_000);
  assert.ok(watch.said().slice(gone).split(' waiting ').length <= 6, watch.said());
  // Also while it is away an end is an end.
  await postgres.halt();
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGTERM');
  assert.equal(await watch.ended, 0, watch.said());
  await postgres.start();
});

/** Jobs through pg-boss on a real PostgreSQL: none twice, and those of a machine that died are taken over. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { dnsName } from '../../src/dns/name.ts';
import { bossRunner } from '../../src/watch/jobs/boss.ts';
import { jobId, type DueJob } from '../../src/watch/jobs/job-kinds.ts';
import { runShelf } from '../../src/watch/jobs/run-shelf.ts';
import type { DoJob, JobRunner } from '../../src/watch/jobs/runner.ts';
import { openPostgres } from '../../src/store/sql/postgres-pool.ts';
import { storeChannels } from '../../src/watch/loop/store-channels.ts';
import { freshState } from '../../src/watch/alerts/channel-state.ts';
import { folder, within } from '../cli/program.ts';
import { postgresMissing, startPostgres, type Postgres } from '../servers/postgres.ts';
import { options } from '../store/databases.ts';

const skip = await postgresMissing();
const jobs = Array.from({ length: 40 }, (_, n): DueJob => ({
  kind: 'check',
  subject: dnsName(`d${n}.example`),
  turn: 1,
  since: 0,
}));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suite('jobs on PostgreSQL', { skip }, () => {
  let postgres: Postgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());

  const runner = (url: string, name: string, doJob: DoJob): Promise<JobRunner> =>
    bossRunner({ url, name, askSeconds: 0.5, trouble: () => {} }, doJob);

  async function until(what: () => boolean, ms: number): Promise<void> {
    const limit = performance.now() + ms;
    while (!what() && performance.now() < limit) await pause(50);
    assert.ok(what(), `not within ${ms} ms`);
  }

  test('two machines share them; each is done once, however often it is offered', { timeout: 60_000 }, async () => {
    const url = await postgres.database();
    const done: string[] = [];
    const doJob =
      (name: string): DoJob =>
      async (job) => {
        await pause(20);
        done.push(`${name} ${jobId(job)}`);
      };
    const [one, two] = await Promise.all([runner(url, 'one', doJob('one')), runner(url, 'two', doJob('two'))]);
    await Promise.all([one.offer(jobs), two.offer(jobs), one.offer(jobs)]);
    await until(() => done.length >= jobs.length, 20_000);
    await pause(1000);
    assert.deepEqual(done.map((line) => line.slice(4)).sort(), jobs.map(jobId).sort());
    for (const name of ['one', 'two'])
      assert.ok(
        done.some((line) => line.startsWith(name)),
        `${name} did nothing`,
      );
    // Done, it may be offered again.
    await two.offer(jobs.slice(0, 1));
    await until(() => done.length === jobs.length + 1, 10_000);
    await Promise.all([one.close(), two.close()]);
  });

  test('a machine that is killed in the middle is taken over', { timeout: 90_000 }, async (t) => {
    const url = await postgres.database();
    const boss = pathToFileURL(path.resolve(import.meta.dirname, '../../src/watch/jobs/boss.ts')).href;
    const code = `const { bossRunner } = await import(${JSON.stringify(boss)});
      const runner = await bossRunner({ url: ${JSON.stringify(url)}, name: 'dies', askSeconds: 0.5, trouble: () => {} }, async (job) => {
        console.log(job.subject);
        await new Promise(() => {});
      });
      await runner.offer([{ kind: 'check', subject: 'd0.example', turn: 1, since: 0 }]);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text: Buffer) => resolve(String(text))),
    );
    assert.equal(said.trim(), 'd0.example');
    const done: string[] = [];
    const living = await runner(url, 'lives', async (job) => void done.push(jobId(job)));
    // While its holder lives, nobody else gets it.
    await living.offer(jobs.slice(0, 1));
    await pause(3000);
    assert.deepEqual(done, []);
    child.kill('SIGKILL');
    const began = performance.now();
    await until(() => done.length > 0, 60_000);
    t.diagnostic(`taken over after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.deepEqual(done, ['check d0.example']);
    await living.close();
  });

  test('septet alerts show reads what the machines of a database have told', async (t) => {
    const url = await postgres.database();
    const sql = await openPostgres(url, options);
    const trouble = { since: 0, tries: 3, nextAt: 60_000, why: 'nobody is there' };
    await storeChannels(sql).save({ ...freshState('ntfy'), revision: 1, trouble });
    await sql.close();
    const file = await folder(t, {
      'septet.yaml': 'domains: { example.com: }\nalerts:\n  - ntfy: { url: "https://ntfy.test/own-topic" }\n',
    });
    const shown = await within(['alerts', 'show', '--config', file('septet.yaml'), '--store', url]);
    assert.deepEqual([shown.code, shown.stderr], [1, '']);
    assert.match(shown.stdout, /ntfy +in trouble/);
    const byVariable = ['alerts', 'show', '--config', file('septet.yaml'), '--json'];
    assert.match((await within(byVariable, { env: { SEPTET_STORE: url } })).stdout, /nobody is there/);
    assert.doesNotMatch((await within(byVariable, { env: {} })).stdout, /nobody is there/);
  });

  test('the later run of a job stays, and of two that tell a channel one does', async () => {
    const sql = await openPostgres(await postgres.database(), options);
    const runs = runShelf(sql);
    const run = { kind: 'check', subject: dnsName('a.example'), verdict: 'fine', failures: 0 } as const;
    await runs.note({ ...run, at: 2000, text: 'later' });
    await runs.note({ ...run, at: 1000, text: 'earlier' });
    assert.equal((await runs.one('check', run.subject))?.text, 'later');
    assert.deepEqual(
      (await runs.all()).map(({ at }) => at),
      [2000],
    );
    const channels = storeChannels(sql);
    const state = { ...freshState('mail'), revision: 1 };
    assert.deepEqual(await Promise.all([channels.save(state), channels.save(state)]).then((all) => all.sort()), [
      false,
      true,
    ]);
    assert.equal(await channels.save({ ...state, revision: 3 }), false);
    assert.equal(await channels.save({ ...state, turn: 7, revision: 2 }), true);
    assert.equal((await channels.load('mail'))?.turn, 7);
    assert.equal(await channels.load('ntfy'), undefined);
    await sql.close();
  });
});

/**
 * Two `septet watch` on one PostgreSQL move the ramps of 50 domains on a real Knot, from none to reject, through simulated
 * weeks, and are killed (SIGKILL) at random moments: every step is made exactly once, and the end is that of one that
 * nobody killed.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { run } from '../../src/cli/run.ts';
import { processIo } from '../../src/process-io.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import { txtText } from '../../src/dns/rrset.ts';
import { parseTsigKey } from '../../src/providers/tsig.ts';
import { sourceKeyOf } from '../../src/reports/source-key.ts';
import { undoable, unfinished } from '../../src/store/evidence.ts';
import { journalShelf } from '../../src/store/shelves/journal-shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPostgres } from '../../src/store/sql/postgres-pool.ts';
import type { Store } from '../../src/store/store.ts';
import { startKnot, type Knot, type TestKey } from '../servers/knot.ts';
import { postgresMissing, startPostgres, type Postgres } from '../servers/postgres.ts';
import { missing, temporaryFolder } from '../servers/process.ts';
import { headOf, row } from '../store/samples.ts';
import { startSigningProxy, type SigningProxy } from './signing-proxy.ts';

const skip = (await missing('knotd')) || (await postgresMissing());

const key: TestKey = {
  name: 'septet.',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('never-to-be-seen-in-any-output!!').toString('base64'),
};
const domains = Array.from({ length: 50 }, (_, i) => dnsName(`d${i}.net`));
const alone = dnsName('alone.net');
const dayMs = 86_400_000;
const steps = ['dmarc.sampled', 'dmarc.quarantine', 'dmarc.reject'];
const reporters = ['google.com', 'Yahoo', 'mail.example'];
const mail = row({ sourceIp: '198.51.100.10', count: 300 });

const zoneText = (origin: string): string => `$ORIGIN ${origin}.
$TTL 60
@ SOA ns hostmaster 1 60 60 3600 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mail
mail A 198.51.100.10
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@${origin}"
`;

/** Everything else does not exist. */
const rootText = `$ORIGIN .
$TTL 60
@ SOA ns.net. hostmaster.net. 1 60 60 3600 60
@ NS ns.net.
ns.net. A 127.0.0.1
`;

interface Watcher {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  said(): string;
}

suite('two watchers', { skip }, () => {
  let folder = '';
  let knot: Knot;
  let postgres: Postgres;
  let proxy: SigningProxy;
  const running = new Set<ChildProcess>();

  before(async () => {
    folder = await temporaryFolder('watchers');
    const zones = [...domains, alone].map((origin) => ({ origin, text: zoneText(origin) }));
    knot = await startKnot([{ origin: '.', text: rootText }, ...zones], { keys: [key], mayUpdate: [key.name] });
    const parsed = parseTsigKey(dnsName('septet.'), key.algorithm, key.secret);
    assert.ok(parsed.ok);
    proxy = await startSigningProxy(knot.server, parsed.key);
    postgres = await startPostgres({ max_connections: '150' });
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await proxy?.close();
    await postgres?.stop();
    await knot?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Milliseconds by which the clock of the watchers is ahead. */
  let ahead = 0;
  const clock = (): string => path.join(folder, 'clock');
  const now = (): number => Date.now() + ahead;
  const setClock = async (ms: number): Promise<void> => {
    ahead = ms;
    // Nobody reads half a number.
    await writeFile(`${clock()}.new`, String(ms));
    await rename(`${clock()}.new`, clock());
  };

  async function configure(name: string, names: readonly DnsName[]): Promise<string> {
    const file = path.join(folder, `${name}.yaml`);
    const own = names.map(
      (domain) => `  ${domain}:
    people: false
    mx: [ 10 mail.${domain} ]
    ttl: 60
    dmarc:
      reports: dmarc@${domain}
      ramp: [ { stage: none, days: 5 }, { stage: sampled, days: 4 }, { stage: quarantine, days: 4 }, { stage: reject, days: 0 } ]
    dns: { host: rfc2136, server: "${proxy.server}", servers: [ "${knot.server}" ] }`,
    );
    const state = path.join(folder, `${name}-state`);
    await writeFile(
      file,
      `resolvers: [ "${knot.server}" ]\nstate: ${state}\nwatch: { automatic: true, goBack: true }\ndomains:\n${own.join('\n')}\n`,
    );
    return file;
  }

  function startWatcher(config: string, url: string, more: readonly string[] = []): Watcher {
    const script = path.join(import.meta.dirname, 'watch-child.ts');
    const guard = pathToFileURL(path.resolve(import.meta.dirname, '../loopback-only.ts')).href;
    const args = ['--import', guard, script, clock(), 'watch', '--config', config, '--store', url, '--json'];
    const child = spawn(process.execPath, [...args, ...more], {
      env: { PATH: process.env['PATH'] ?? '', COLUMNS: '80' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
    running.add(child);
    const ended = new Promise<Awaited<Watcher['ended']>>((resolve) =>
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      }),
    );
    return { child, ended, said: () => said };
  }

  /** Of the days that have gone by since `from`. */
  async function report(store: Store, names: readonly DnsName[], from: number): Promise<void> {
    const range = { begin: Math.floor(from / 1000), end: Math.floor(now() / 1000) };
    await Promise.all(
      names.flatMap((domain) =>
        reporters.map(async (reporter) => {
          const own = { ...mail, headerFrom: domain, dkimAuth: [{ domain, selector: 's1', result: 'pass' as const }] };
          const draft = store.reports.draft();
          await draft.rows([own]);
          const head = headOf(`${domain} ${reporter} ${from}`, [own], {
            reporter,
            range,
            policy: { domain, p: 'none' },
          });
          const facts = {
            source: { origin: 'report.xml', inside: [] },
            trust: 'file',
            importedAt: now(),
            domain,
          } as const;
          assert.equal((await draft.finish(head, facts)).kind, 'stored');
          await store.sources.mark({ domain, sourceKey: sourceKeyOf(own), mark: 'mine', at: now() });
        }),
      ),
    );
  }

  const recordOf = async (domain: DnsName): Promise<string> => {
    const asking = networkResolver({ servers: [knot.server], timeoutMs: 1000, attempts: 2 });
    const answer = await asking.query(dnsName(`_dmarc.${domain}`), 'TXT');
    await asking.close();
    return answer.kind === 'found' ? answer.set.data.map(txtText).join(' | ').replaceAll(domain, 'd.net') : answer.kind;
  };

  test('killed at random moments: every step exactly once', { timeout: 400_000 }, async (t) => {
    await setClock(0);
    const began = performance.now();
    const openAt = (url: string): Promise<Store> => openStore({ kind: 'postgres', url }, { now, randomBytes });
    const [url, ownUrl] = [await postgres.database(), await postgres.database()];
    const [store, ownStore] = [await openAt(url), await openAt(ownUrl)];
    const [config, ownConfig] = [await configure('many', domains), await configure('one', [alone])];

    const all: Watcher[] = [];
    const watchers: Watcher[] = [];
    const start = (place: number): void => {
      const watcher = startWatcher(config, url);
      watchers[place] = watcher;
      all.push(watcher);
    };
    start(0);
    start(1);
    let kills = 0;
    const dead = new Set<number>();
    const strike = (place: number): void => {
      if (dead.has(place)) return;
      dead.add(place);
      watchers[place]?.child.kill('SIGKILL');
      kills++;
    };
    const rise = async (): Promise<void> => {
      for (const place of dead) {
        await watchers[place]?.ended;
        start(place);
        dead.delete(place);
      }
    };
    /** Both die while an update is under way: before the server has it, or after it was carried out. */
    const strikeAtUpdate = (when: 'request' | 'reply', after: number): void => {
      let left = after;
      const at = (here: 'request' | 'reply') => (): boolean => {
        if (here !== when || left-- > 0) return true;
        proxy.watch = undefined;
        strike(0);
        strike(1);
        return false;
      };
      proxy.watch = { request: at('request'), reply: at('reply') };
    };
    /** Until every ramp stands there; the clock goes on by an hour now and then, so that what failed is tried again. */
    const until = async (stage: string, killsWanted: number): Promise<void> => {
      let left = killsWanted;
      let looks = 0;
      for (;;) {
        const states = await store.ramps.states();
        const there = states.filter((state) => state.stage === stage && !state.moving).length;
        if (there === domains.length && left === 0 && dead.size === 0 && !proxy.watch) return;
        if (left > 0 && Math.random() < 0.3) {
          strike(randomInt(2));
          left--;
        }
        await rise();
        await new Promise((resolve) => setTimeout(resolve, 300 + randomInt(400)));
        for (const [at, { child, said }] of watchers.entries())
          assert.ok(dead.has(at) || child.exitCode === null, said());
        if (++looks % 20 === 0) await setClock(ahead + 3_600_000);
        assert.ok(
          performance.now() - began < 380_000,
          `${stage}: ${there} of ${domains.length}\n${all.at(-1)?.said()}`,
        );
      }
    };
    const once = async (): Promise<void> => {
      const watcher = startWatcher(ownConfig, ownUrl, ['--once']);
      const { code } = await watcher.ended;
      assert.ok(code === 0 || code === 1 || code === 3, watcher.said());
    };

    // Their mail is known for longer than the ramp.
    await Promise.all([report(store, domains, now() - 20 * dayMs), report(ownStore, [alone], now() - 20 * dayMs)]);
    await until('none', 1);
    await once();
    for (const stage of ['sampled', 'quarantine', 'reject']) {
      const from = now();
      await setClock(ahead + 7 * dayMs);
      await Promise.all([report(store, domains, from), report(ownStore, [alone], from)]);
      strikeAtUpdate(stage === 'quarantine' ? 'request' : 'reply', randomInt(20));
      await until(stage, 1);
      await once();
    }
    for (const { child } of watchers) child.kill('SIGTERM');
    for (const { ended, said } of watchers) assert.deepEqual(await ended, { code: 0, signal: null }, said());
    t.diagnostic(`${kills} kills, ${((performance.now() - began) / 1000).toFixed(1)} s`);

    const said = all.map((watcher) => watcher.said()).join('');
    assert.doesNotMatch(said, /fault in Septet/);
    assert.match(await recordOf(alone), /p=reject/);
    const sql = await openPostgres(url, { now, randomBytes });
    for (const domain of domains) {
      assert.equal(await recordOf(domain), await recordOf(alone), domain);
      const journal = await journalShelf(sql).open(domain);
      assert.deepEqual(unfinished(journal.entries), [], domain);
      assert.deepEqual(
        undoable(journal.entries).map(({ step }) => step),
        steps,
        domain,
      );
      assert.equal(proxy.applied.filter((zone) => zone === domain).length, steps.length, `updates of ${domain}`);
      const events = await store.ramps.events(domain, { since: 0, until: now() + dayMs });
      assert.deepEqual(
        events.filter(({ kind }) => kind === 'advanced').map(({ to }) => to),
        ['sampled', 'quarantine', 'reject'],
        domain,
      );
      const changes = await store.observations.history(domain, { since: 0, until: now() + dayMs });
      const foreign = changes.filter(({ before, by }) => before !== undefined && by !== 'us');
      assert.deepEqual(foreign, [], `${domain}: what the other machine wrote is ours`);
    }
    await sql.close();
    let history = '';
    const args = ['history', 'd0.net', '--config', config, '--store', url, '--since', '2026-01-01', '--json'];
    const io = { ...processIo(), now, out: (text: string | Uint8Array) => void (history += String(text)) };
    assert.equal(await run(args, io), 0);
    const { entries } = JSON.parse(history) as {
      readonly entries: readonly { readonly kind: string; step?: string }[];
    };
    assert.deepEqual(
      entries.flatMap(({ kind, step }) => (kind === 'published' ? [step] : [])),
      steps,
    );
    assert.deepEqual(new Set(entries.map(({ kind }) => kind)), new Set(['first-seen', 'published', 'change', 'ramp']));
    await store.close();
    await ownStore.close();
  });
});

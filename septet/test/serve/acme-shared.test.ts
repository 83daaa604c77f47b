/** Several machines on one PostgreSQL: one orders, all answer challenges and serve; nothing readable lies in the tables. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { shelfOf } from '../../src/cli/serve/open-certificates.ts';
import type { Certificates } from '../../src/serve/certificates/certificates.ts';
import { openCertificates } from '../../src/serve/certificates/keep-certificates.ts';
import type { ChallengeKind } from '../../src/serve/certificates/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { HttpsFetch } from '../../src/world/world.ts';
import { findBinary, missing } from '../servers/process.ts';
import { postgresMissing, startPostgres, type Postgres } from '../servers/postgres.ts';
import {
  handshake,
  startLaboratory,
  startSmallServer,
  stateOf,
  until,
  type Laboratory,
  type SmallServer,
} from './acme-laboratory.ts';

const skip = (await missing('pebble', 'knotd', 'psql')) || (await postgresMissing());
const names = ['mta-sts.example.test', 'click.example.test'];
let laboratory: Laboratory;
let postgres: Postgres;
let server: SmallServer;
const held = { certificates: undefined as unknown as Certificates };

before(async () => {
  if (skip !== false) return;
  server = await startSmallServer(held, { http: 0, https: 0 });
  [laboratory, postgres] = await Promise.all([startLaboratory(server), startPostgres()]);
});
after(async () => {
  await server?.stop();
  await Promise.all([laboratory?.stop(), postgres?.stop()]);
});

const secretKey = randomBytes(32);
const openAt = (url: string, key: Uint8Array | undefined = secretKey): Promise<Store> =>
  openStore(
    { kind: 'postgres', url },
    { now: Date.now, randomBytes: (length) => randomBytes(length), ...(key ? { secretKey: key } : {}) },
  );

interface Machine {
  readonly certificates: Certificates;
  readonly orders: () => number;
  stop(): Promise<void>;
}

/** A machine with connections of its own. `mayOrder` false: it is always another that has the lock. */
async function machine(url: string, challenge: ChallengeKind, mayOrder = true): Promise<Machine> {
  const store = await openAt(url);
  let orders = 0;
  const input = laboratory.input(names, '');
  const fetch: HttpsFetch = async (to, limits) => {
    const outcome = await input.fetch(to, limits);
    // Only the answer to a new order is 201 with `finalize` (RFC 8555 §7.4).
    if (
      limits.method === 'POST' &&
      outcome.kind === 'response' &&
      outcome.status === 201 &&
      Buffer.from(outcome.body).includes('"finalize"')
    )
      orders++;
    return outcome;
  };
  const acme = { directory: laboratory.pebble.directory, challenge, agree: true };
  const certificates = await openCertificates({
    ...input,
    acme,
    fetch,
    shared: true,
    refreshMs: 200,
    shelf: await shelfOf(store, '', { acme }),
    exclusively: async (name, work) => (mayOrder ? store.ramps.exclusively(name, 'test', work) : undefined),
  });
  const ending = new AbortController();
  const running = certificates.run(ending.signal);
  return {
    certificates,
    orders: () => orders,
    stop: async () => {
      ending.abort();
      await running;
      await store.close();
    },
  };
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const)
  test(
    `${challenge}: answered by a machine that did not order, which serves the certificate after`,
    { skip, timeout: 60_000 },
    async () => {
      const url = await postgres.database();
      const other = await machine(url, challenge, false);
      held.certificates = other.certificates;
      const ordering = await machine(url, challenge);
      try {
        const all = (one: Machine): boolean => names.every((name) => stateOf(one.certificates, name) === 'good');
        await until('an order each', laboratory.log, () => all(ordering));
        assert.deepEqual([ordering.orders(), other.orders()], [2, 0]);
        // The other one reads what is new once a minute; a reload makes it look at once.
        other.certificates.wanted([...other.certificates.facts()].map(({ name }) => name));
        await until('the other serves too', laboratory.log, () => all(other));
        assert.equal((await handshake(laboratory.tlsPort, names[1] ?? '', await laboratory.pebble.root())).error, '');
      } finally {
        await Promise.all([ordering.stop(), other.stop()]);
      }
      const dump = execFileSync(
        (await findBinary('psql')) ?? '',
        [url, '-Atc', 'select name, sealed from septet.secret'],
        { encoding: 'utf8' },
      );
      assert.match(dump, /^acme\/certificate\/mta-sts\.example\.test\|v1:/m);
      assert.doesNotMatch(dump, /BEGIN|acme\/(challenge|alpn)\//, 'nothing readable, and no challenge left');
    },
  );

test('two machines at once: each name is ordered once', { skip, timeout: 60_000 }, async () => {
  const url = await postgres.database();
  const both = await Promise.all([machine(url, 'http-01'), machine(url, 'http-01')]);
  held.certificates = both[0].certificates;
  try {
    const all = (one: Machine): boolean => names.every((name) => stateOf(one.certificates, name) === 'good');
    await until('both serve', laboratory.log, () => both.every(all));
    assert.equal(both[0].orders() + both[1].orders(), names.length);
  } finally {
    await Promise.all(both.map((one) => one.stop()));
  }
});

test('a machine that is killed in the middle of its order: another takes over', { skip, timeout: 60_000 }, async () => {
  const url = await postgres.database();
  const open = new URL('../../src/store/open-store.ts', import.meta.url).href;
  const script = `const { openStore } = await import(${JSON.stringify(open)});
    const store = await openStore({ kind: 'postgres', url: ${JSON.stringify(url)} }, { now: Date.now, randomBytes: (n) => new Uint8Array(n) });
    await store.ramps.exclusively(${JSON.stringify(names[0])}, 'dies', () => {
      process.stdout.write('at work');
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const dying = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => dying.stdout.once('data', resolve));
  const other = await machine(url, 'http-01');
  held.certificates = other.certificates;
  try {
    await until('the other name', laboratory.log, () => stateOf(other.certificates, names[1] ?? '') === 'good');
    assert.equal(stateOf(other.certificates, names[0] ?? ''), 'waiting');
    dying.kill('SIGKILL');
    await until('the name of the dead', laboratory.log, () => stateOf(other.certificates, names[0] ?? '') === 'good');
    assert.equal(other.orders(), 2);
  } finally {
    dying.kill('SIGKILL');
    await other.stop();
  }
});

test('without SEPTET_SECRET_KEY nothing is ordered into the store, and the sentence says so', { skip }, async () => {
  const store = await openStore(
    { kind: 'postgres', url: await postgres.database() },
    { now: Date.now, randomBytes: (length) => randomBytes(length) },
  );
  const acme = { directory: laboratory.pebble.directory, challenge: 'http-01', agree: true } as const;
  await assert.rejects(
    shelfOf(store, '', { acme }),
    /Certificates cannot be kept in the store\. .* no key for them\. .* SEPTET_SECRET_KEY/,
  );
  await store.close();
});

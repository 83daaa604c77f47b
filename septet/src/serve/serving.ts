/** `septet serve` put together: listeners, table of sites, store, webhooks, and a clock that looks at what may have changed. */
import type { DnsName } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import { tokenReader } from '../rewrite/tokens.ts';
import type { TrackingKeys } from '../rewrite/tracking-keys.ts';
import type { Store } from '../store/store.ts';
import { keptSince } from '../store/shelves/tracking-shelf.ts';
import type { HttpsFetch } from '../world/world.ts';
import type { Certificates } from './certificates/certificates.ts';
import { count, newCounters, type Counters, type Route } from './counters.ts';
import { hostState, type HostingConfig } from './host-state.ts';
import { hosting, type Rates } from './hosting.ts';
import { adminPages } from './metrics.ts';
import { startOutbox, type OutboxParts } from './tracking/outbox.ts';
import type { Proxies } from './proxies.ts';
import {
  startAdminListener,
  startPublicListener,
  type AdminListener,
  type PublicLimits,
  type PublicListener,
} from './public-listener.ts';
import { quietLog } from './quiet-log.ts';

export interface ServingSetup {
  readonly host: string;
  /** 0: any that is free; undefined: not at all. */
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly admin?: { readonly host: string; readonly port: number };
  /** The port that readers see, where another program passes it on; usual: the one it listens at. */
  readonly seenHttpsPort?: number;
  readonly proxies?: Proxies;
  readonly config: HostingConfig;
  readonly store: Store;
  /** Read again now and then: another program may have added one. */
  keys(): Promise<TrackingKeys>;
  readonly certificates: Certificates;
  readonly webhookOf: OutboxParts['webhookOf'];
  /** Days for which single hits of a domain are kept. */
  retentionDays(domain: DnsName): number;
  /** The configuration when it is another than the last one, a sentence where it cannot be used, undefined otherwise. */
  reread?(force: boolean): Promise<HostingConfig | string | undefined>;
  readonly fetch?: HttpsFetch;
  readonly resolver?: Resolver;
  readonly rates?: Partial<Rates>;
  readonly limits?: Partial<PublicLimits>;
  now(): number;
  randomBytes(count: number): Uint8Array;
  readonly log: ServeLog;
}

/** As much of pino as is used. Fields never hold an address, a recipient or a token. */
export interface ServeLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface Serving {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly adminPort: number | undefined;
  readonly counters: Counters;
  hosts(): readonly string[];
  /** Reads the configuration again, changed or not. Never rejects: what cannot be used is told, and the old one stays. */
  reload(): Promise<void>;
  /** Ends requests for so long, then whatever is left. */
  close(graceMs: number): Promise<void>;
}

const second = 1000;
/** How often each is looked at, in seconds. House. */
const every = { config: 2, state: 5, untracked: 10, keys: 30, exchanges: 600, retention: 3600 } as const;
/** A write that failed so long ago keeps the machine from being ready. House. */
const sickMs = 30_000;

/** Rejects with `ListenFault`, or the fault of the store. */
export async function startServing(setup: ServingSetup): Promise<Serving> {
  const { store, log, now, certificates } = setup;
  const warn = quietLog((line) => log.warn({}, line), now);
  const counters = newCounters();
  let config = setup.config;
  const state = hostState(config, {
    store,
    now,
    log: (line) => log.info({}, line),
    ...(setup.resolver ? { resolver: setup.resolver } : {}),
  });
  let reader = tokenReader(await setup.keys());
  let untracked = new Set(await store.suppressions.untracked());
  let untrackedState = await store.suppressions.state();
  await state.lookUp();
  await state.refresh();
  const hosts = (): readonly string[] => [...state.sites().keys()];
  const tellNames = (): void => certificates.wanted(hosts() as readonly DnsName[]);
  tellNames();

  let draining = false;
  let sickAt = -Infinity;
  let listener: PublicListener | undefined;
  let admin: AdminListener | undefined;
  const outbox = startOutbox({
    store,
    webhookOf: setup.webhookOf,
    fetch: setup.fetch,
    counters,
    now,
    log: warn,
  });
  const watched = watchedStore(store, () => (sickAt = now()));
  const handler = hosting({
    sites: state.sites,
    reader: { read: (host, path) => reader.read(host, path) },
    counters,
    store: watched,
    untracked: () => untracked,
    untrack: (domain, pseudonym) => void untracked.add(`${domain} ${pseudonym}`),
    posted: outbox.wake,
    now,
    newId: () => Buffer.from(setup.randomBytes(16)).toString('hex'),
    challengeAnswer: (token) => certificates.challengeAnswer(token),
    httpsPort: () => setup.seenHttpsPort ?? listener?.httpsPort,
    isDraining: () => draining,
    log: warn,
    ...(setup.proxies ? { proxies: setup.proxies } : {}),
    ...(setup.rates ? { rates: setup.rates } : {}),
    seen: (route: Route, status: number, host: string) => log.debug({ route, status, host }, 'answered'),
  });

  const reload = async (force: boolean): Promise<void> => {
    const next = await setup.reread?.(force);
    if (next === undefined) return;
    if (typeof next === 'string') {
      count(counters.reloads, 'refused');
      log.error({}, `The configuration is not taken, and the one before stays. ${next}`);
      return;
    }
    config = next;
    await state.refresh(next);
    await state.lookUp();
    await state.refresh();
    tellNames();
    count(counters.reloads, 'taken');
    log.info({ hosts: hosts().length }, 'The configuration was read again.');
  };
  const readUntracked = async (): Promise<void> => {
    const seen = await store.suppressions.state();
    if (seen === untrackedState) return;
    untracked = new Set(await store.suppressions.untracked());
    untrackedState = seen;
  };
  const jobs: readonly Job[] = [
    { every: every.config, work: () => reload(false) },
    { every: every.state, work: () => state.refresh().then(tellNames) },
    { every: every.untracked, work: readUntracked },
    { every: every.keys, work: async () => void (reader = tokenReader(await setup.keys())) },
    { every: every.exchanges, work: () => state.lookUp() },
    { every: every.retention, work: () => retain(setup) },
  ];
  const clock = startClock(jobs, warn);
  const ending = new AbortController();
  const renewing = certificates.run(ending.signal);
  const close = async (graceMs: number): Promise<void> => {
    draining = true;
    await clock.stop();
    await listener?.close(graceMs);
    await outbox.stop();
    ending.abort();
    await renewing.catch(() => {});
    await admin?.close();
  };
  try {
    listener = await startPublicListener({
      host: setup.host,
      http: setup.http,
      https: setup.https,
      handler,
      contextFor: (name) => certificates.contextFor(name),
      challengeContextFor: (name) => certificates.challengeContextFor(name),
      ...(setup.limits ? { limits: setup.limits } : {}),
      log: warn,
    });
    if (setup.admin) {
      admin = await startAdminListener({
        ...setup.admin,
        log: warn,
        handler: adminPages({
          counters,
          hosts: () => new Set(hosts()),
          connections: () => listener?.connections() ?? 0,
          certificates: () => certificates.facts(),
          policies: () =>
            new Map(
              [...state.policies()].flatMap(([domain, policy]) =>
                policy.kind === 'served' ? [[domain, policy.policy.mode] as const] : [],
              ),
            ),
          waitingWebhooks: () => store.outbox.waiting(),
          faults: () => faultsOf({ draining, sick: now() - sickAt < sickMs, store }),
        }),
      });
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  const { httpPort, httpsPort } = listener;
  return {
    httpPort,
    httpsPort,
    adminPort: admin?.port,
    counters,
    hosts,
    reload: () => reload(true).catch((error: unknown) => log.error({}, sentenceOf(error))),
    close,
  };
}

/** Tells when a write fails. */
function watchedStore({ tracking, suppressions }: Store, failed: () => void): Pick<Store, 'tracking' | 'suppressions'> {
  let last: Promise<unknown> | undefined;
  const watched = <T>(work: Promise<T>): Promise<T> => {
    // Clicks that are written together come with one promise.
    if (work !== last) work.catch(failed);
    last = work;
    return work;
  };
  return {
    tracking: {
      ...tracking,
      add: (hit) => watched(tracking.add(hit)),
      unsubscribe: (...all) => watched(tracking.unsubscribe(...all)),
    },
    suppressions: { ...suppressions, add: (entries) => watched(suppressions.add(entries)) },
  };
}

async function faultsOf(facts: {
  readonly draining: boolean;
  readonly sick: boolean;
  readonly store: Store;
}): Promise<readonly string[]> {
  const faults: string[] = [];
  if (facts.draining) faults.push('It is ending.');
  if (facts.sick) faults.push('The store did not take a write in the last half minute.');
  await facts.store.tracking.ping().catch((error: unknown) => void faults.push(sentenceOf(error)));
  return faults;
}

async function retain({ store, retentionDays, now }: ServingSetup): Promise<void> {
  for (const domain of await store.tracking.domains()) {
    // oxlint-disable-next-line no-await-in-loop -- short transactions, so that clicks get their turn
    await store.tracking.forget(domain, keptSince(now(), retentionDays(domain)));
  }
  // Policies are kept for a year at most by anybody (RFC 8461 §3.2), and files for three months.
  await store.hosted.forget(keptSince(now(), 400));
}

interface Job {
  /** Seconds. */
  readonly every: number;
  work(): Promise<void>;
}

/** One second after another; a job that takes long is not started twice. */
function startClock(jobs: readonly Job[], log: (line: string) => void): { stop(): Promise<void> } {
  const running = new Map<Job, Promise<void>>();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    for (const job of jobs) {
      if (ticks % job.every !== 0 || running.has(job)) continue;
      const done = job
        .work()
        .catch((error: unknown) => log(sentenceOf(error)))
        .finally(() => running.delete(job));
      running.set(job, done);
    }
  }, second);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

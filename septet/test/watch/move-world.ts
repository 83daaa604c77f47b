/**
 * A domain whose ramps move, in memory but for the store: a zone that is published to, real plans of it, a clock that
 * jumps a day at a time, and reports of a simulated world in SQLite. A run can be killed at any write.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { DomainConfig } from '../../src/config/domain.ts';
import { sameData, type Change } from '../../src/change/change.ts';
import { dnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import { linesOf } from '../../src/dns/zone-write.ts';
import type { PlanHost } from '../../src/plan/input.ts';
import { textsOf } from '../../src/plan/drawing.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { observe } from '../../src/plan/observe.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { wishesOf } from '../../src/plan/wishes.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import type { Clock } from '../../src/publish/clock.ts';
import { noteVisible } from '../../src/publish/publish.ts';
import { dayMs, startOf } from '../../src/reports/evidence/days.ts';
import type { TlsReport } from '../../src/reports/tls.ts';
import { needsOf } from '../../src/senders/needs-of.ts';
import { evidenceOf } from '../../src/store/evidence.ts';
import { memoryJournal } from '../../src/store/files/journal-file.ts';
import type { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store, Trust } from '../../src/store/store.ts';
import { storeEvidence } from '../../src/watch/aligned-gates.ts';
import { moveRamps, type RampHands, type RampMove } from '../../src/watch/move-ramps.ts';
import { publishSteps } from '../../src/watch/publish-steps.ts';
import type { Scenario, StageName } from '../../src/watch/simulate/scenario.ts';
import { mailOf, type SimulatedReport } from '../../src/watch/simulate/simulate.ts';
import { parse } from '../../src/records/dmarc/record.ts';
import { configOf, internet } from '../plan/plan-world.ts';
import { fakeFetch, zoneOf, zoneWorld, type FakePage } from '../zone-world.ts';

export const domain = dnsName('example.com');

/** Nothing catches it: the process is gone. */
export class Killed extends Error {}

export interface MoveWorldOptions {
  readonly scenario: Scenario;
  readonly settings: string;
  /** Records of example.com. */
  readonly zone: string;
  readonly folder: string;
  readonly trust?: Trust;
  /** A host that may be another: Knot. */
  readonly pages?: Record<string, FakePage>;
}

export type MoveWorld = Awaited<ReturnType<typeof moveWorld>>;

export async function moveWorld({ scenario, settings, zone, folder, trust = 'file', pages }: MoveWorldOptions) {
  let now = startOf(scenario.start);
  const config: DomainConfig = configOf(settings);
  Object.assign(config.intent, { moves: { automatic: true, goBack: true, ...config.intent.moves } });
  const place = { kind: 'sqlite', file: path.join(folder, 'septet.sqlite') } as const;
  const open = (): Promise<Store> => openStore(place, { now: () => now, randomBytes });
  let store = await open();
  const sets = new Map<string, RrSet>();
  for (const types of zoneOf(`$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 host 1 60 60 60 1\n${zone}`).records.values())
    for (const set of types.values()) sets.set(`${set.name} ${set.type}`, set);
  const journal: Journal = memoryJournal();
  /** Counts everything that is written, and dies at one of them. */
  const death = { at: Infinity, after: false, writes: 0, published: [] as string[] };
  /** What goes wrong without anybody dying. */
  const trouble = { host: '', overtaken: false };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = death.writes++;
    if (mine === death.at && !death.after) throw new Killed();
    const done = await work();
    if (mine === death.at) throw new Killed();
    return done;
  };
  const host: DnsHost = {
    id: 'fake',
    title: 'The fake host',
    limits: { minTtlSeconds: 30, maxTtlSeconds: 86_400 } as DnsHost['limits'],
    atomic: true,
    read: async (at, names) => ({
      kind: 'read',
      zone: at,
      nameServers: [],
      sets: [...sets.values()].filter(({ name }) => names.includes(name)),
      special: [],
    }),
    apply: async (_zone, changes) =>
      write(async () => {
        if (trouble.host !== '')
          return { kind: 'fault', reason: 'rejected', detail: trouble.host, cure: 'Mend it.' } as const;
        for (const change of changes) put(change);
        return { kind: 'applied' } as const;
      }),
  };
  const put = ({ name, type, before, after }: Change): void => {
    const key = `${name} ${type}`;
    if (!sameData(sets.get(key), before)) throw new Error(`the zone does not hold what was seen at ${key}`);
    if (after) sets.set(key, after);
    else sets.delete(key);
    death.published.push(`${type} ${textsOf(after).join(' ')}`);
  };
  const dying: Journal = { ...journal, append: (entry) => write(() => journal.append(entry)) };
  const dyingStore = (): Store => ({
    ...store,
    ramps: {
      ...store.ramps,
      save: (state, event) => write(async () => !trouble.overtaken && store.ramps.save(state, event)),
    },
  });
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => void (now += ms),
    randomId: () => randomBytes(4).toString('hex'),
  };
  const { needs } = needsOf(domain, config.intent.senders);
  const planHost: PlanHost = { title: 'Fake', nearestTtl: (seconds) => seconds, faultsOf: () => [] };
  const plan = async (): Promise<Plan> => {
    const text = `$ORIGIN example.com.\n${[...sets.values()].flatMap(linesOf).join('\n')}\n`;
    const resolver = zoneResolver([zoneOf(text), zoneOf(internet)]);
    const world = zoneWorld(internet, { resolver, now: () => now, ...(pages ? { fetch: fakeFetch(pages) } : {}) });
    const { evidence, ...ramps } = await storeEvidence(store, config.intent, evidenceOf(journal.entries), now);
    const wishes = wishesOf({ intent: config.intent, needs, ownKeys: new Map(), ...ramps });
    const seen = await observe(world, config.intent, wishes);
    const made = makePlan({ intent: config.intent, needs, wishes, seen, evidence, host: planHost });
    await noteVisible({ journal, clock, tell: () => {} }, made);
    return made;
  };
  const hands = (): RampHands => ({
    domain,
    store: dyingStore(),
    now: () => now,
    plan,
    publish: (shown, steps) =>
      publishSteps({ domain, host, journal: dying, clock, plan, waitMs: 60_000 }, shown, steps),
    settings: config,
    owner: 'test',
  });
  const post = new Map<number, SimulatedReport[]>();
  const world = {
    get now() {
      return now;
    },
    get store() {
      return store;
    },
    config,
    death,
    trouble,
    journal,
    host,
    plan,
    sets,
    day: 0,
    put,
    dmarc: (): string => textsOf(sets.get('_dmarc.example.com TXT')).join(' '),
    publish: async (...steps: readonly string[]) =>
      publishSteps({ domain, host, journal, clock, plan, waitMs: 60_000 }, await plan(), steps),
    later: (ms: number) => void (now += ms),
    move: (): Promise<readonly RampMove[]> => moveRamps(hands()),
    /** As after a crash: the store is closed and opened, whatever was going on. */
    reopen: async () => {
      await store.close();
      store = await open();
    },
    import: (reports: readonly SimulatedReport[]) => importReports(store, reports, now, trust),
    /** A morning: the reports that are due come in, the ramps may move, and the mail of the day meets what stands then. */
    morning: async (mayMove = true): Promise<readonly RampMove[]> => {
      await world.import(post.get(world.day) ?? []);
      const moves = mayMove ? await world.move() : [];
      for (const { arrives, report } of mailOf(scenario, world.day, stageOf(world.dmarc()), 1))
        post.set(arrives, [...(post.get(arrives) ?? []), report]);
      world.day++;
      now = startOf(scenario.start) + world.day * dayMs;
      return moves;
    },
    /** Goes to the day; the ramps may move on these days only, because looking takes most of the time. */
    until: async (last: number, ...days: readonly number[]): Promise<void> => {
      while (world.day < last) await world.morning(days.includes(world.day));
    },
    /** The steps that were taken, with their day. */
    run: async (days: number): Promise<readonly string[]> => {
      const steps: string[] = [];
      for (let count = 0; count < days; count++) {
        const day = world.day;
        for (const { ramp, outcome, from, to } of await world.morning()) {
          if (outcome === 'advanced' || outcome === 'went back') steps.push(`${day} ${ramp}: ${from} ${outcome} ${to}`);
        }
      }
      return steps;
    },
    tls: async (report: Partial<TlsReport> & Pick<TlsReport, 'reportId' | 'range' | 'policies'>) => {
      const whole: TlsReport = { kind: 'tls', reporter: 'Google', repairs: [], ...report };
      await store.reports.addTls(whole, facts(now, trust));
    },
    close: () => store.close(),
  };
  return world;
}

export function stageOf(text: string): StageName {
  const parsed = parse(text);
  if (parsed.kind !== 'good') return 'none';
  const { p, t } = parsed.value;
  return t === 'y' ? 'sampled' : (p as StageName);
}

const facts = (now: number, trust: Trust) => ({
  source: { origin: 'report.xml', inside: [] },
  trust,
  importedAt: now,
  domain,
});

export async function importReports(
  store: Store,
  reports: readonly SimulatedReport[],
  now: number,
  trust: Trust = 'file',
): Promise<void> {
  for (const { head, rows } of reports) {
    const draft = store.reports.draft();
    await draft.rows(rows);
    await draft.finish(head, facts(now, trust));
  }
}

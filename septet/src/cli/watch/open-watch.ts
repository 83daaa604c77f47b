/** Everything that `watch` works with: configuration, world, store, journals, channels; and its jobs made of them. */
import { resolveAlertChannels } from '../../config/alert-channels.ts';
import type { DomainConfig } from '../../config/domain.ts';
import { namedAuthority } from '../../dns/authoritative.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Authority } from '../../dns/resolver.ts';
import type { Plan } from '../../plan/plan.ts';
import type { SqlAccess } from '../../store/sql/sql-access.ts';
import { StoreFault } from '../../store/sql/sql-fault.ts';
import type { Store } from '../../store/store.ts';
import { fileChannels } from '../../watch/alerts/channel-files.ts';
import { adoptReports } from '../../watch/intake/adopt.ts';
import type { Channel } from '../../watch/alerts/channel.ts';
import type { JobName, Schedule } from '../../watch/jobs/job-kinds.ts';
import { runShelf, type RunShelf } from '../../watch/jobs/run-shelf.ts';
import { checkJob } from '../../watch/loop/check-job.ts';
import { retainJob, tellJob } from '../../watch/loop/store-jobs.ts';
import { storeChannels } from '../../watch/loop/store-channels.ts';
import type { LoopParts } from '../../watch/loop/watch-loop.ts';
import type { Tell } from '../../watch/loop/watch-event.ts';
import type { MailboxPosition } from '../../world/imap-messages.ts';
import type { Io } from '../io.ts';
import { openPlanSession, type PlanOptions, type PlanSession } from '../plan/plan-session.ts';
import { openStoreOf } from '../store-option.ts';
import { importJob } from './import-job.ts';
import { openSql } from './open-sql.ts';
import { rampsJob } from './ramps-job.ts';

export interface OpenWatch {
  readonly schedule: Schedule;
  readonly runs: RunShelf;
  readonly jobs: LoopParts['jobs'];
  readonly session: PlanSession;
  readonly store: Store;
  /** The own connection beside the store's, for what only `watch` keeps. */
  readonly sql: SqlAccess;
  close(): Promise<void>;
}

export interface OpenWatchInput {
  readonly names: readonly string[];
  readonly options: PlanOptions;
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly tell: Tell;
}

/** Throws `InputError`. */
export async function openWatch({ names, options, io, signal, tell }: OpenWatchInput): Promise<OpenWatch> {
  const store = await openStoreOf(options, io);
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const one of closers.toReversed()) await one();
  };
  try {
    const sql = await openSql(options, io);
    closers.push(() => sql.close());
    const session = await openPlanSession(names, options, io, { fresh: true, store });
    closers.push(() => session.close());
    const { config, world } = session;
    const { watch } = config;
    const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
    const resolved = await resolveAlertChannels(config.alerts, io, ca);
    const channels = resolved.flatMap((one): Channel[] => (one.kind === 'good' ? [one.channel] : []));
    const problems = resolved.flatMap((one) => (one.kind === 'good' ? [] : [one.problem]));
    const state = options.state ?? config.state;
    const shared = store.kind === 'postgres';
    const offline = options.zone !== undefined || options.replay !== undefined;
    const owner = `${io.pid}-${Buffer.from(io.randomBytes(6)).toString('hex')}`;
    const read = new Map<string, string>();
    const positions = new Map<string, MailboxPosition>();
    const said = new Map<DnsName, string>();
    const settingsOf = (domain: DnsName): DomainConfig => {
      const settings = config.domains.get(domain);
      if (!settings) throw new TypeError(`${domain} is not configured`);
      return settings;
    };
    await adopt(store, config.domains, tell);
    const jobs: OpenWatch['jobs'] = {
      import: () => importJob({ store, world, config, watch, ca, io, signal, tell, read, positions }),
      check: async (subject) => {
        const settings = settingsOf(subject as DnsName);
        const { intent } = settings;
        const authority = offline ? undefined : authorityOf(settings);
        const { journal } = await session.of(intent.domain);
        return checkJob({ world, store, intent, journal, signal, tell, ...(authority ? { authority } : {}) });
      },
      ramps: async (subject) => {
        const settings = settingsOf(subject as DnsName);
        const { journal, lockFile, openHost, plan: look } = await session.of(settings.intent.domain);
        const plan = async (): Promise<Plan> => (await look()).plan;
        return rampsJob({ settings, store, world, journal, lockFile, plan, openHost, owner, said, signal, tell, io });
      },
      retain: () => retainJob(store, watch.keep, world.now(), tell),
      tell: () =>
        tellJob({
          store,
          world,
          channels,
          problems,
          shelf: shared ? storeChannels(sql) : fileChannels(state),
          signal,
          tell,
        }),
    };
    const { check, import: fetching, ramps, retain, tell: telling } = watch.every;
    const without = new Set<JobName>([
      ...(watch.reports.length === 0 ? (['import'] as const) : []),
      ...(config.alerts.length === 0 ? (['tell'] as const) : []),
    ]);
    return {
      schedule: {
        domains: session.domains,
        pace: { checkMs: check, importMs: fetching, rampsMs: ramps, retainMs: retain, tellMs: telling },
        without,
      },
      runs: runShelf(sql),
      jobs,
      session,
      store,
      sql,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where the database is away just now, the next start does it. */
async function adopt(store: Store, domains: ReadonlyMap<DnsName, unknown>, tell: Tell): Promise<void> {
  try {
    const text = await adoptReports(store, new Set(domains.keys()));
    if (text !== undefined) tell({ event: 'imported', severity: 'info', text });
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
  }
}

/** The servers of the zone, where the configuration names them. */
const authorityOf = ({ host, intent }: DomainConfig): Authority | undefined =>
  host.servers.length === 0 ? undefined : namedAuthority(intent.zone ?? intent.domain, host.servers);

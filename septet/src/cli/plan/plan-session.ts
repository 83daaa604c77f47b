/**
 * What `plan`, `publish`, `status` and `undo` share: the configuration, the world, the journal and the keys of each
 * domain, and a plan made of them. Needs no token: hosts are opened only where something is read or written there.
 */
import type { Command } from 'commander';
import { loadConfig } from '../../config/find-config.ts';
import type { DomainConfig } from '../../config/domain.ts';
import type { Config } from '../../config/read-config.ts';
import { resolveHostValues } from '../../config/secrets.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Authority } from '../../dns/resolver.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { observe } from '../../plan/observe.ts';
import type { PlanSeen } from '../../plan/seen.ts';
import type { Plan } from '../../plan/plan.ts';
import { wishesOf } from '../../plan/wishes.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import type { DnsHost } from '../../providers/host.ts';
import { planHost } from '../../providers/plan-host.ts';
import { needsOf } from '../../senders/needs-of.ts';
import type { SenderNeeds } from '../../senders/needs.ts';
import { evidenceOf } from '../../store/evidence.ts';
import { journalPath, openJournal } from '../../store/files/journal-file.ts';
import type { Journal } from '../../store/journal.ts';
import { readOwnKeys } from '../../store/files/keys.ts';
import type { Store } from '../../store/store.ts';
import { rotationWants } from '../../publish/rotation-file.ts';
import { storeEvidence } from '../../watch/aligned-gates.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { clockOf } from './publish-outside.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { addWorldOptions, domainOf } from '../options.ts';
import { addStoreOptions, type StoreOptions } from '../store-option.ts';
import { storeIfAny } from './plan-store.ts';
import { sharedJournals, type SharedJournals } from './shared-journal.ts';

export interface PlanOptions extends WorldOptions, StoreOptions {
  readonly config?: string;
  readonly state?: string;
}

export interface PlanSession {
  readonly config: Config;
  readonly domains: readonly DnsName[];
  readonly world: World;
  /** Reports and ramps, where any are kept. */
  readonly store?: Store;
  of(domain: DnsName): Promise<DomainSession>;
  close(): Promise<void>;
}

export interface DomainSession {
  readonly domain: DnsName;
  readonly settings: DomainConfig;
  readonly journal: Journal;
  /** File that keeps a second run out. */
  readonly lockFile: string;
  /** Looks at the world again. `own`: who tells what the zone holds, instead of its servers. */
  plan(own?: Authority): Promise<{ readonly plan: Plan; readonly seen: PlanSeen }>;
  /** The host of the zone, with its secrets; an `InputError` says which are missing. */
  openHost(): Promise<DnsHost>;
  readonly hostTitle: string;
}

/** `--config`, `--state`, `--data`, `--store` and the world options. */
export function addPlanOptions(command: Command): Command {
  return addWorldOptions(
    addStoreOptions(
      command
        .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
        .option(
          '--state <folder>',
          'where journal and keys are kept (default: as the configuration says, .septet beside it)',
        ),
    ),
  );
}

/** Opens the configuration, the world and the store (one that is handed in stays open). `named`: only these domains; none: all of the configuration. */
export async function openPlanSession(
  named: readonly string[],
  options: PlanOptions,
  io: Io,
  open: { readonly fresh?: boolean; readonly store?: Store } = {},
): Promise<PlanSession> {
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const { config } = loaded;
  const domains = named.length > 0 ? named.map((text) => domainOf(text)) : [...config.domains.keys()];
  for (const domain of domains) {
    if (config.domains.has(domain)) continue;
    throw new InputError(
      `${domain} is not in ${config.file}. Add it with: septet init ${domain}${options.config ? ` --file ${config.file}` : ''}`,
    );
  }
  const asked: WorldOptions =
    options.resolver || options.zone || options.replay || config.resolvers.length === 0
      ? options
      : { ...options, resolver: config.resolvers, authoritative: true };
  const store = open.store ?? (await storeIfAny(options, io));
  const own = open.store ? undefined : store;
  let journals: SharedJournals | undefined;
  const closeStore = async (): Promise<void> => {
    await journals?.close();
    await own?.close();
  };
  try {
    if (store?.kind === 'postgres') journals = await sharedJournals(options, io);
    const { world, close } = await openWorld(asked, io, open.fresh ? { fresh: true } : {});
    return {
      config,
      domains,
      world,
      ...(store ? { store } : {}),
      of: (domain) => domainSession(domain, config, world, options, io, { store, journals }),
      close: async () => {
        await close();
        await closeStore();
      },
    };
  } catch (error) {
    await closeStore();
    throw error;
  }
}

async function domainSession(
  domain: DnsName,
  config: Config,
  world: World,
  options: PlanOptions,
  io: Io,
  { store, journals }: { readonly store: Store | undefined; readonly journals: SharedJournals | undefined },
): Promise<DomainSession> {
  const settings = config.domains.get(domain);
  if (!settings) throw new TypeError(`${domain} is not configured`);
  const state = options.state ?? config.state;
  const { needs, faults } = needsOf(domain, settings.intent.senders);
  if (faults.length > 0) {
    throw new InputError(faults.map((fault) => `${fault.place ?? settings.place}: ${fault.text}`).join('\n'));
  }
  const file = journalPath(state, domain);
  const [journal, ownKeys, turning] = await Promise.all([
    journals ? journals.open(domain) : openJournal(file),
    readOwnKeys(state, domain),
    rotationWants(state, domain, world.now()),
  ]);
  const rotations = new Map(turning.map(({ selector, record }) => [selector, record]));
  const offline = options.zone !== undefined || options.replay !== undefined;
  const authority = offline ? undefined : await namedServers(settings);
  const kind = hostKinds.find((other) => other.key === settings.host.kind);
  return {
    domain,
    settings,
    journal,
    lockFile: `${file}.lock`,
    hostTitle: kind?.title ?? settings.host.kind,
    plan: (own) =>
      planOnce({
        domain,
        settings,
        world,
        needs,
        ownKeys,
        rotations,
        journal,
        store,
        authority: own ?? authority,
        filesAnswer: own !== undefined,
      }),
    openHost: () => openHostOf(settings, io, options),
  };
}

interface PlanParts {
  readonly domain: DnsName;
  readonly settings: DomainConfig;
  readonly world: World;
  readonly needs: readonly SenderNeeds[];
  readonly ownKeys: ReadonlyMap<string, string>;
  readonly rotations: ReadonlyMap<string, string>;
  readonly journal: Journal;
  readonly store: Store | undefined;
  readonly authority: Authority | undefined;
  readonly filesAnswer: boolean;
}

async function planOnce(parts: PlanParts): Promise<{ readonly plan: Plan; readonly seen: PlanSeen }> {
  const { intent, host } = parts.settings;
  const { needs, world, store, ownKeys, rotations } = parts;
  const journal = evidenceOf(parts.journal.entries);
  const { evidence, ...ramps } = store
    ? await storeEvidence(store, intent, journal, world.now())
    : { evidence: journal };
  const wishes = wishesOf({ intent, needs, ownKeys, rotations, ...ramps });
  const seen = await observe(world, intent, wishes, {
    ...(parts.authority ? { authority: parts.authority } : {}),
    ...(parts.filesAnswer ? { filesAnswer: true } : {}),
  });
  const plan = makePlan({ intent, needs, wishes, seen, evidence, host: planHost(host.kind) });
  return { plan, seen };
}

async function namedServers({ host, intent }: DomainConfig): Promise<Authority | undefined> {
  if (host.servers.length === 0) return undefined;
  const { namedAuthority } = await import('../../dns/authoritative.ts');
  return namedAuthority(intent.zone ?? intent.domain, host.servers);
}

async function openHostOf({ host }: DomainConfig, io: Io, options: PlanOptions): Promise<DnsHost> {
  const kind = hostKinds.find((other) => other.key === host.kind);
  if (!kind?.publishes) {
    const form = kind?.form ?? 'markdown';
    throw new InputError(
      `Septet cannot write at ${kind?.title ?? 'an unknown host'}. Print the records with: septet plan --as ${form}`,
    );
  }
  const resolved = await resolveHostValues(host, io);
  if (resolved.kind === 'missing') throw new InputError(resolved.problems.join('\n'));
  const { openHost } = await import('../../providers/open-host.ts');
  const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
  const { now, randomBytes } = io;
  const opened = await openHost(host.kind, resolved.values, {
    now,
    randomBytes,
    sleep: clockOf(io).sleep,
    extraCa: ca,
  });
  if (opened === undefined || typeof opened === 'string') throw new InputError(opened ?? `${host.kind} is not known.`);
  return opened;
}

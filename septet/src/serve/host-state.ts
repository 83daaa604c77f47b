/**
 * What is served now, made of the configuration, the journal, the ramps and what was served before. Requests read a table;
 * DNS is asked in the background only, for the exchanges that a policy has to name.
 */
import { stat } from 'node:fs/promises';
import { dnsName, type DnsName } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { DomainIntent } from '../plan/intent.ts';
import { formatPolicy } from '../records/mtasts/policy.ts';
import { journalPath, openJournal } from '../store/files/journal-file.ts';
import type { RampState, Store } from '../store/store.ts';
import type { HostedFact } from '../store/tracking.ts';
import { journalStage, policyOf, readPolicyText, type HostedPolicy, type PolicyInput } from './policy.ts';
import { policyDigest, sitesOf, type HostedAsset, type Sites, type TrackingRules } from './sites.ts';

/** The configuration, as far as it is served. */
export interface HostingConfig {
  readonly domains: readonly HostingDomain[];
  /** Folder of the journals. */
  readonly state: string;
}

export interface HostingDomain {
  readonly domain: DnsName;
  readonly intent: Pick<DomainIntent, 'mtaSts' | 'takesMail' | 'mx'>;
  readonly tracking?: TrackingRules & { readonly host: DnsName };
  readonly assets: readonly HostedAsset[];
}

export interface HostStateParts {
  readonly store: Pick<Store, 'ramps' | 'hosted'>;
  readonly resolver?: Resolver;
  now(): number;
  log(line: string): void;
}

export interface HostState {
  sites(): Sites;
  policies(): ReadonlyMap<DnsName, HostedPolicy>;
  /** Looks at everything again; takes another configuration where one is given. Rejects with the fault of the store. */
  refresh(config?: HostingConfig): Promise<void>;
  /** Asks DNS for exchanges. Never rejects. */
  lookUp(): Promise<void>;
}

/** A record may point at an old file for as long as its TTL says, and mailbox providers keep it for longer. House. */
const assetKeptMs = 90 * 86_400_000;
/** What is served is written down again after so long; `policy.ts` counts an hour more. */
const rememberMs = 30 * 60_000;
const askedAtOnce = 20;

export function hostState(first: HostingConfig, parts: HostStateParts): HostState {
  const { store, now, log } = parts;
  let config = first;
  let sites: Sites = new Map();
  let policies: ReadonlyMap<DnsName, HostedPolicy> = new Map();
  let drawn = '';
  const journals = journalStages();
  /** When each fact was written down last. */
  const remembered = new Map<string, number>();

  const remember = async (kind: 'policy' | 'asset', facts: readonly HostedFact[], every: number): Promise<void> => {
    const due = facts.filter(
      ({ domain, name, at }) => at - (remembered.get(`${kind} ${domain} ${name}`) ?? -Infinity) > every,
    );
    await store.hosted.remember(kind, due);
    for (const { domain, name, at } of due) remembered.set(`${kind} ${domain} ${name}`, at);
  };

  const refresh = async (next: HostingConfig): Promise<void> => {
    const at = now();
    const [ramps, past, exchanges, assets] = await Promise.all([
      store.ramps.states(),
      store.hosted.facts('policy'),
      store.hosted.facts('exchange'),
      store.hosted.facts('asset'),
    ]);
    const inputs = inputsOf(next, { ramps, past, exchanges, now: at });
    const found = new Map<DnsName, HostedPolicy>();
    for (const [domain, input] of inputs) {
      const journal = input.intent?.mtaSts?.mode === 'ramp' ? await journals(next.state, domain) : undefined;
      found.set(domain, policyOf(journal ? { ...input, journal } : input));
    }
    const texts = [...found].flatMap(([domain, policy]) =>
      policy.kind === 'served' ? [{ domain, value: formatPolicy(policy.policy) }] : [],
    );
    // Written down before it is served: what senders may hold is known after a crash too.
    const served = texts.map(({ domain, value }) => ({ domain, name: policyDigest(value), value, at }));
    await remember('policy', served, rememberMs);
    const own = next.domains.flatMap((domain) => domain.assets);
    const ownFacts = own.map(({ domain, host, path, octets }) => ({
      domain,
      name: `${host}${path}`,
      value: Buffer.from(octets).toString('base64'),
      at,
    }));
    await remember('asset', ownFacts, 24 * rememberMs);
    const all = [...own, ...olderAssets(assets, next, at)];

    const drawing = JSON.stringify([
      next.domains.map(({ domain, tracking }) => [domain, tracking]),
      texts,
      all.map(({ host, path }) => `${host}${path}`),
    ]);
    config = next;
    if (drawing !== drawn) {
      tellChanges(policies, found, log);
      const domains = next.domains.map(({ domain, tracking }) => ({
        domain,
        policy: found.get(domain) ?? { kind: 'none' as const },
        ...(tracking ? { tracking } : {}),
      }));
      const gone = [...found].flatMap(([domain, policy]) =>
        next.domains.some((one) => one.domain === domain) ? [] : [{ domain, policy }],
      );
      sites = sitesOf([...domains, ...gone], all);
      drawn = drawing;
    }
    policies = found;
  };
  return {
    sites: () => sites,
    policies: () => policies,
    refresh: (next = config) => refresh(next),
    lookUp: async () => {
      const { resolver } = parts;
      if (!resolver) return;
      const asked = config.domains.filter(({ intent }) => intent.mtaSts && intent.takesMail);
      for (let from = 0; from < asked.length; from += askedAtOnce) {
        // oxlint-disable-next-line no-await-in-loop -- a thousand questions at once would crowd the resolver
        await Promise.all(
          asked.slice(from, from + askedAtOnce).map(({ domain }) => lookUp(domain, resolver, parts).catch(() => {})),
        );
      }
    },
  };
}

async function lookUp(domain: DnsName, resolver: Resolver, { store, now, log }: HostStateParts): Promise<void> {
  const answer = await resolver.query(domain, 'MX');
  if (answer.kind !== 'found') {
    if (answer.kind === 'failed') log(`The MX records of ${domain} could not be asked for: ${answer.reason}.`);
    return;
  }
  const at = now();
  const names = answer.set.data.flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
  await store.hosted.remember(
    'exchange',
    names.map((name) => ({ domain, name, value: '', at })),
  );
}

/** By domain: those of the configuration, and those that were in it and served a policy. */
function inputsOf(
  config: HostingConfig,
  seen: {
    readonly ramps: readonly RampState[];
    readonly past: readonly HostedFact[];
    readonly exchanges: readonly HostedFact[];
    readonly now: number;
  },
): ReadonlyMap<DnsName, PolicyInput> {
  type Draft = { -readonly [K in keyof PolicyInput]: PolicyInput[K] } & {
    past: PolicyInput['past'][number][];
    exchanges: PolicyInput['exchanges'][number][];
  };
  const inputs = new Map<DnsName, Draft>();
  const of = (domain: DnsName): Draft => {
    const known = inputs.get(domain);
    if (known) return known;
    const fresh: Draft = { past: [], exchanges: [], now: seen.now };
    inputs.set(domain, fresh);
    return fresh;
  };
  for (const { domain, intent } of config.domains) of(domain).intent = intent;
  for (const { domain, value, at } of seen.past) {
    const policy = readPolicyText(value);
    if (policy) of(domain).past.push({ policy, at });
  }
  for (const { domain, name, at } of seen.exchanges) of(domain).exchanges.push({ name: dnsName(name), at });
  for (const state of seen.ramps)
    if (state.ramp === 'mta-sts' && inputs.has(state.domain)) of(state.domain).ramp = state;
  return inputs;
}

/** Files that were in the configuration, and that a record may still point at. */
function olderAssets(facts: readonly HostedFact[], config: HostingConfig, now: number): readonly HostedAsset[] {
  const known = new Set(config.domains.map(({ domain }) => domain));
  const own = new Set(config.domains.flatMap(({ assets }) => assets.map(({ host, path }) => `${host}${path}`)));
  return facts.flatMap(({ domain, name, value, at }) => {
    const slash = name.indexOf('/');
    if (slash < 1 || own.has(name) || !known.has(domain) || at < now - assetKeptMs) return [];
    const host = dnsName(name.slice(0, slash));
    return [{ domain, host, path: name.slice(slash), octets: Buffer.from(value, 'base64') }];
  });
}

function tellChanges(
  before: ReadonlyMap<DnsName, HostedPolicy>,
  after: ReadonlyMap<DnsName, HostedPolicy>,
  log: (line: string) => void,
): void {
  const text = (policy: HostedPolicy | undefined): string =>
    policy?.kind === 'served' ? formatPolicy(policy.policy) : '';
  for (const [domain, policy] of after) {
    if (policy.kind === 'none') {
      if (policy.why !== undefined && before.get(domain)?.kind !== 'none')
        log(`No MTA-STS policy is served for ${domain}. ${policy.why}`);
    } else if (text(before.get(domain)) !== text(policy)) {
      const { mode, mx } = policy.policy;
      const names = mode === 'none' ? '' : ` for ${mx.map(({ name }) => name).join(', ')}`;
      log(`The MTA-STS policy of ${domain} is mode ${mode}${names}: ${policy.why}.`);
    }
  }
}

/** Reads a journal again when its file has changed. */
function journalStages(): (folder: string, domain: DnsName) => Promise<PolicyInput['journal']> {
  const kept = new Map<string, { readonly mark: string; readonly stage: PolicyInput['journal'] }>();
  return async (folder, domain) => {
    const file = journalPath(folder, domain);
    const facts = await stat(file).catch(() => undefined);
    if (!facts) return undefined;
    const mark = `${facts.mtimeMs} ${facts.size} ${facts.ino}`;
    const known = kept.get(file);
    if (known?.mark === mark) return known.stage;
    const stage = journalStage((await openJournal(file)).entries);
    kept.set(file, { mark, stage });
    return stage;
  };
}

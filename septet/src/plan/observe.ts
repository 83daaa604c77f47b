/**
 * Asks the world for everything that a plan compares: what stands at each name that is wanted, what every server and
 * resolver says of it, what the URLs serve to which records will point, the reverse names of the sending hosts.
 */
import { parseAddress } from '../dns/address.ts';
import { isAtOrBelow, under, type DnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import type { Answer } from '../dns/rrset.ts';
import { lookupHost, type HostObservation } from '../records/host/lookup.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { mostPolicyOctets } from '../records/mtasts/policy.ts';
import { lookupForPlan, type SpfPlanObservation } from '../records/spf/plan-lookup.ts';
import type { SpfNeed } from '../senders/needs.ts';
import type { FetchLimits, FetchOutcome, World } from '../world/world.ts';
import { Eyes } from './eyes.ts';
import { freshWorld } from './fresh.ts';
import { lookupInherited } from './inherited.ts';
import type { DomainIntent } from './intent.ts';
import type { Gate } from './plan.ts';
import type { PlanSeen } from './seen.ts';
import type { Want, Wish } from './wish.ts';

export type { PlanSeen };

export interface ObserveOptions {
  /** The servers of the zone, where they are known already; absent: found by the World if it can. */
  readonly authority?: Authority;
  /** The resolvers answer from files, which never show what is published: only the servers of the zone count. */
  readonly filesAnswer?: true;
}

type What = (Gate & { readonly kind: 'serves' })['what'];

/** Redirects of a policy are not followed (RFC 8461 §3.3); logos and certificates are asked as `check` does. */
const fetchLimits: Readonly<Record<What, FetchLimits>> = {
  policy: { maxOctets: mostPolicyOctets, timeoutMs: 20_000 },
  logo: { maxOctets: 1024 * 1024, timeoutMs: 10_000, maxRedirects: 3 },
  certificate: { maxOctets: 256 * 1024, timeoutMs: 10_000, maxRedirects: 3 },
  tracking: { maxOctets: 1024 * 1024, timeoutMs: 20_000 },
};

export async function observe(
  world: World,
  intent: DomainIntent,
  wishes: readonly Wish[],
  options: ObserveOptions = {},
): Promise<PlanSeen> {
  const { domain } = intent;
  const found = options.authority ? undefined : await world.authoritative?.(domain);
  const authority = options.authority ?? (found?.kind === 'found' ? found.authority : undefined);
  const fresh = freshWorld(world, authority);
  const soa = await fresh.world.resolver.query(authority?.zone ?? intent.zone ?? domain, 'SOA');
  const zone = intent.zone ?? authority?.zone ?? zoneOf(soa, domain);
  const eyes = new Eyes(world, fresh, zone, options.filesAnswer === true);
  const hosts = new Map<string, HostObservation>();
  const spf = new Map<DnsName, SpfPlanObservation>();
  const served = new Map<string, FetchOutcome>();
  const wants = wishes.flatMap((wish) => wish.wants);

  const visit = async (url: string, what: What): Promise<void> => {
    const via = what === 'tracking' ? { via: intent.tracking?.target ?? '' } : {};
    const outcome = await world.fetch?.(url, { ...fetchLimits[what], ...via });
    if (outcome) served.set(url, outcome);
  };
  const seeSpf = async (name: DnsName, needs: readonly SpfNeed[]): Promise<void> => {
    spf.set(name, await lookupForPlan(fresh.world, name, needs, await eyes.read(name, 'TXT')));
  };
  const seeHost = async (address: string, helo: DnsName | undefined): Promise<void> => {
    const parsed = parseAddress(address);
    if (parsed) hosts.set(address, await lookupHost(fresh.world, { addresses: [parsed], helo }));
  };
  const seePolicy = async (): Promise<void> => {
    const name = under('_mta-sts', domain);
    const live = name === undefined ? undefined : await eyes.read(name, 'TXT');
    const wanted = urls.has(policyUrl(domain));
    // A policy that nobody wishes for may still be in force, and then a change of MX has to heed it.
    if (!wanted && (live?.kind === 'present' || live?.kind === 'alias')) await visit(policyUrl(domain), 'policy');
  };

  const urls = new Map<string, What>();
  for (const gate of wishes.flatMap((wish) => wish.gates)) if (gate.kind === 'serves') urls.set(gate.url, gate.what);
  const [inherited] = await Promise.all([
    wants.some((want) => want.kind === 'dmarc') ? lookupInherited(fresh.world.resolver, domain) : undefined,
    eyes.read(domain, 'MX'),
    seePolicy(),
    ...wants.map(async (want): Promise<unknown> => {
      switch (want.kind) {
        case 'missing':
        case 'spf':
          return undefined;
        case 'ptr':
          return seeHost(want.address, want.helo);
        case 'alias':
          return eyes.readAlias(want.name);
        case 'mx':
          return eyes.read(want.name, 'MX');
        case 'addresses':
          return eyes.read(want.name, want.type);
        default:
          return eyes.read(want.name, 'TXT');
      }
    }),
    // Several steps may want something of one record: it is looked at once, with the needs of all.
    ...[...spfNeeds(wants)].map(([name, needs]) => seeSpf(name, needs)),
    ...[...urls].map(([url, what]) => visit(url, what)),
  ]);
  const negativeTtlSeconds = negativeTtlOf(soa);
  return {
    domain,
    zone,
    now: world.now(),
    offline: world.fetch === undefined,
    ...(negativeTtlSeconds === undefined ? {} : { negativeTtlSeconds }),
    live: eyes.live,
    wild: eyes.wild,
    cuts: eyes.cuts,
    beside: eyes.beside,
    places: eyes.places,
    ...(inherited ? { inherited } : {}),
    spf,
    served,
    hosts,
  };
}

function spfNeeds(wants: readonly Want[]): ReadonlyMap<DnsName, readonly SpfNeed[]> {
  const needs = new Map<DnsName, readonly SpfNeed[]>();
  for (const want of wants) {
    if (want.kind === 'spf') needs.set(want.name, [...(needs.get(want.name) ?? []), ...want.needs]);
  }
  return needs;
}

function zoneOf(soa: Answer<'SOA'>, domain: DnsName): DnsName {
  const zone = soa.kind === 'found' ? soa.set.name : soa.kind === 'failed' ? undefined : soa.zone;
  return zone !== undefined && isAtOrBelow(domain, zone) ? zone : domain;
}

/** The smaller of the SOA's TTL and its minimum (RFC 2308 §5). */
function negativeTtlOf(soa: Answer<'SOA'>): number | undefined {
  if (soa.kind === 'found') return Math.min(soa.set.ttlSeconds, soa.set.data[0]?.minimum ?? soa.set.ttlSeconds);
  return soa.kind === 'failed' || soa.negativeTtlSeconds === 0 ? undefined : soa.negativeTtlSeconds;
}

/**
 * Asks the world for everything that a plan compares: what stands at each name that is wanted, what every server and
 * resolver says of it, what the URLs serve to which records will point, the reverse names of the sending hosts.
 */
import { setAt, liveOf, sameData, type Live } from '../change/change.ts';
import { parseAddress } from '../dns/address.ts';
import { isAtOrBelow, parent, under, type DnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import type { Answer, RrSet, RrType } from '../dns/rrset.ts';
import { lookupHost, type HostObservation } from '../records/host/lookup.ts';
import { mostPolicyOctets } from '../records/mtasts/policy.ts';
import { lookupForPlan, type SpfPlanObservation } from '../records/spf/plan-lookup.ts';
import type { FetchOutcome, World } from '../world/world.ts';
import { freshWorld, type FreshWorld } from './fresh.ts';
import type { DomainIntent } from './intent.ts';
import type { Want, Wish } from './wish.ts';

export interface PlanSeen {
  readonly domain: DnsName;
  /** The zone that holds the domain; the domain itself where nobody could tell. */
  readonly zone: DnsName;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly offline: boolean;
  /** How long the absence of a name is remembered, in seconds (RFC 2308 §5); undefined when the SOA was not seen. */
  readonly negativeTtlSeconds?: number;
  /** By `placeKey`. */
  readonly live: ReadonlyMap<string, Live>;
  /** Other data at names that shall become aliases. */
  readonly beside: ReadonlyMap<DnsName, readonly RrSet[]>;
  /** Who says what about the RRsets that stand, by `placeKey`. */
  readonly places: ReadonlyMap<string, readonly PlaceAnswer[]>;
  readonly spf: ReadonlyMap<DnsName, SpfPlanObservation>;
  readonly served: ReadonlyMap<string, FetchOutcome>;
  readonly hosts: ReadonlyMap<string, HostObservation>;
}

/** What one server or resolver says. */
export interface PlaceAnswer {
  readonly role: 'authoritative' | 'resolver';
  /** `ns1.example.net (192.0.2.1)`. */
  readonly place: string;
  readonly answer: Answer;
}

export interface ObserveOptions {
  /** The servers of the zone, where they are known already; absent: found by the World if it can. */
  readonly authority?: Authority;
}

export const placeKey = (name: DnsName, type: RrType): string => `${type} ${name}`;

export async function observe(
  world: World,
  intent: DomainIntent,
  wishes: readonly Wish[],
  options: ObserveOptions = {},
): Promise<PlanSeen> {
  const found = options.authority ? undefined : await world.authoritative?.(intent.domain);
  const authority = options.authority ?? (found?.kind === 'found' ? found.authority : undefined);
  const fresh = freshWorld(world, authority);
  const soa = await fresh.world.resolver.query(authority?.zone ?? intent.zone ?? intent.domain, 'SOA');
  const zone = intent.zone ?? authority?.zone ?? zoneOf(soa, intent.domain);
  const eyes = new Eyes(world, fresh, zone);
  const wants = wishes.flatMap((wish) => wish.wants);
  const urls = wishes.flatMap((wish) => wish.gates.flatMap((gate) => (gate.kind === 'serves' ? [gate] : [])));
  await Promise.all([
    ...wants.map((want) => eyes.see(want)),
    ...urls.map((gate) => eyes.visit(gate.url, gate.what === 'tracking' ? intent.tracking?.target : undefined)),
  ]);
  const negativeTtlSeconds = negativeTtlOf(soa);
  return {
    domain: intent.domain,
    zone,
    now: world.now(),
    offline: world.fetch === undefined,
    ...(negativeTtlSeconds === undefined ? {} : { negativeTtlSeconds }),
    live: eyes.live,
    beside: eyes.beside,
    places: eyes.places,
    spf: eyes.spf,
    served: eyes.served,
    hosts: eyes.hosts,
  };
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

/** What may stand at a name and keep a CNAME from it (RFC 1034 §3.6.2). */
const besideTypes = ['A', 'AAAA', 'MX', 'TXT'] as const;

class Eyes {
  readonly live = new Map<string, Live>();
  readonly beside = new Map<DnsName, readonly RrSet[]>();
  readonly places = new Map<string, readonly PlaceAnswer[]>();
  readonly spf = new Map<DnsName, SpfPlanObservation>();
  readonly served = new Map<string, FetchOutcome>();
  readonly hosts = new Map<string, HostObservation>();
  readonly #world: World;
  readonly #fresh: FreshWorld;
  readonly #zone: DnsName;

  constructor(world: World, fresh: FreshWorld, zone: DnsName) {
    this.#world = world;
    this.#fresh = fresh;
    this.#zone = zone;
  }

  async see(want: Want): Promise<void> {
    switch (want.kind) {
      case 'missing':
        return;
      case 'ptr': {
        const address = parseAddress(want.address);
        if (!address) return;
        this.hosts.set(want.address, await lookupHost(this.#fresh.world, { addresses: [address], helo: want.helo }));
        return;
      }
      case 'alias': {
        const live = await this.#read(want.name, 'CNAME');
        if (live.kind !== 'present') await this.#readBeside(want.name);
        return;
      }
      case 'mx':
      case 'addresses':
        await this.#read(want.name, want.kind === 'mx' ? 'MX' : want.type);
        return;
      case 'dkim-key':
        await Promise.all([this.#read(want.name, 'TXT'), this.#read(want.name, 'CNAME')]);
        return;
      case 'spf': {
        const live = await this.#read(want.name, 'TXT');
        this.spf.set(want.name, await lookupForPlan(this.#fresh.world, want.name, want.needs, live as Live<'TXT'>));
        return;
      }
      default:
        await this.#read(want.name, 'TXT');
    }
  }

  async visit(url: string, via: DnsName | undefined): Promise<void> {
    if (!this.#world.fetch || this.served.has(url)) return;
    const limits = { maxOctets: mostPolicyOctets, timeoutMs: 20_000, ...(via ? { via, maxRedirects: 0 } : {}) };
    this.served.set(url, await this.#world.fetch(url, limits));
  }

  /** Reads one RRset, and where it stands also what everybody else sees of it. */
  async #read<T extends RrType>(name: DnsName, type: T): Promise<Live<T>> {
    const key = placeKey(name, type);
    const known = this.live.get(key);
    if (known) return known as Live<T>;
    const seen = liveOf(type, await this.#fresh.world.resolver.query(name, type));
    const set = setAt(seen);
    const live: Live<T> =
      set && (await this.#isWild(name, type, set)) ? { kind: 'absent', name, type, negativeTtlSeconds: 0 } : seen;
    this.live.set(key, live as Live);
    if (live.kind === 'present' || live.kind === 'alias') this.places.set(key, await this.#everywhere(name, type));
    return live;
  }

  async #everywhere(name: DnsName, type: RrType): Promise<readonly PlaceAnswer[]> {
    const resolvers = [this.#world.resolver, ...this.#world.otherResolvers];
    const [servers, answers] = await Promise.all([
      isAtOrBelow(name, this.#zone) ? this.#fresh.ask(name, type) : [],
      Promise.all(resolvers.map((resolver) => resolver.query(name, type))),
    ]);
    return [
      ...servers.map(({ server, address, answer }): PlaceAnswer => ({
        role: 'authoritative',
        place: server === '' ? address : `${server} (${address})`,
        answer,
      })),
      ...answers.map((answer): PlaceAnswer => ({ role: 'resolver', place: answer.server, answer })),
    ];
  }

  /** Whether the data is only a wildcard's (RFC 4592): then the name itself has none, and nothing is replaced. */
  async #isWild(name: DnsName, type: RrType, set: RrSet): Promise<boolean> {
    if (!isAtOrBelow(name, this.#zone)) return false;
    for (let above = name; above !== this.#zone && above !== '';) {
      above = parent(above);
      const wild = under('*', above);
      if (wild === undefined || wild === name) continue;
      // oxlint-disable-next-line no-await-in-loop -- two or three levels, the nearest decides
      const answer = await this.#fresh.world.resolver.query(wild, type);
      if (answer.kind === 'found' && answer.chain.length === 0) return sameData({ ...answer.set, name }, set);
    }
    return false;
  }

  async #readBeside(name: DnsName): Promise<void> {
    const answers = await Promise.all(besideTypes.map((type) => this.#fresh.world.resolver.query(name, type)));
    const sets: RrSet[] = [];
    for (const answer of answers as readonly Answer[]) {
      if (answer.kind !== 'found' || answer.chain.length > 0) continue;
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (!(await this.#isWild(name, answer.type, answer.set))) sets.push(answer.set);
    }
    this.beside.set(name, sets);
  }
}

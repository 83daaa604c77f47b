/**
 * A resolver over zone texts: the algorithm of RFC 1034 §4.3.2 with wildcards (RFC 4592), DNAME (RFC 6672), empty
 * non-terminals and negative TTLs (RFC 2308), without waiting and without the network.
 *
 * What no zone covers is `failed: unreachable`, never "does not exist": the text cannot know.
 */
import { isBelow, parent, parseName, relativeTo, type DnsName } from './name.ts';
import { isKnownType } from './rr-type.ts';
import type { Answer, CnameHop, KnownType, Opaque, Rdata, RrSet, RrType } from './rrset.ts';
import type { QueryOptions, Resolver } from './resolver.ts';
import type { Zone } from './zone.ts';

/** House limit on aliases followed for one question; resolvers in use stop between 8 and 17. */
export const maxChainHops = 16;

export interface ZoneResolver extends Resolver {
  /** Always answers. */
  peek<T extends RrType>(name: DnsName, type: T): Answer<T>;
}

interface ZoneFacts {
  readonly zone: Zone;
  readonly server: string;
  readonly negativeTtlSeconds: number;
}

interface Node {
  readonly facts: ZoneFacts;
  readonly sets: ReadonlyMap<RrType, RrSet>;
  readonly cname: RrSet<'CNAME'> | undefined;
  /** An NS set below the apex: from here on another zone answers. */
  readonly isCut: boolean;
  /** The topmost cut or DNAME above this node, which hides it. */
  readonly cover: Node | undefined;
  readonly name: DnsName;
  /** Found answers without aliases, made on first use. */
  readonly answers: Map<RrType, Answer>;
}

const noHops: readonly CnameHop[] = [];
const noSets: ReadonlyMap<RrType, RrSet> = new Map();

interface Index {
  /** Every name that exists, under the zone with the longest name that covers it. */
  readonly nodes: ReadonlyMap<DnsName, Node>;
  /** What the parent zone says at the apex of another of the zones: its DS set belongs there (RFC 4035 §3.1.4.1). */
  readonly delegations: ReadonlyMap<DnsName, Node>;
}

/** Answers questions from the zones. The zone with the longest name that covers the question is asked. */
export function zoneResolver(zones: readonly Zone[]): ZoneResolver {
  const index = indexOf(zones);
  const { nodes } = index;
  const peek = <T extends RrType>(name: DnsName, type: T): Answer<T> => {
    const node = nodes.get(name);
    if (node !== undefined && node.cover === undefined && (!node.isCut || type === 'DS')) {
      const ready = node.answers.get(type) ?? direct(node, type);
      if (ready !== undefined) return ready as Answer<T>;
    }
    return resolve(index, name, type);
  };
  return {
    peek,
    query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
      if (options?.signal?.aborted) return Promise.reject(options.signal.reason as Error);
      return Promise.resolve(peek(name, type));
    },
  };
}

function indexOf(zones: readonly Zone[]): Index {
  const apexes = new Set(zones.map((zone) => zone.origin));
  const nodes = new Map<DnsName, Node>();
  const delegations = new Map<DnsName, Node>();
  for (const zone of zones) {
    const facts = factsOf(zone);
    const covers = coversOf(zone);
    const coverOf = (name: DnsName): Node | undefined => {
      const top = covers.size > 0 ? topmostCover(name, zone.origin, covers) : undefined;
      return top === undefined ? undefined : makeNode(facts, top, covers.get(top) ?? noSets, undefined);
    };
    const add = (name: DnsName, sets: ReadonlyMap<RrType, RrSet>): void => {
      if (apexes.size > 1 && apexAbove(name, apexes) !== zone.origin) {
        if (apexes.has(name) && apexAbove(parent(name), apexes) === zone.origin) {
          delegations.set(name, makeNode(facts, name, sets, undefined));
        }
      } else if (!nodes.has(name)) nodes.set(name, makeNode(facts, name, sets, coverOf(name)));
    };
    add(zone.origin, zone.records.get(zone.origin) ?? noSets);
    for (const [name, sets] of zone.records) add(name, sets);
    for (const name of zone.emptyNonTerminals) add(name, noSets);
  }
  return { nodes, delegations };
}

function factsOf(zone: Zone): ZoneFacts {
  const { soa, origin } = zone;
  return {
    zone,
    server: `zone ${origin || '.'}`,
    // RFC 2308 §5
    negativeTtlSeconds: soa ? Math.min(soa.ttlSeconds, (soa.data[0] as Rdata<'SOA'>).minimum) : 0,
  };
}

function makeNode(facts: ZoneFacts, name: DnsName, sets: ReadonlyMap<RrType, RrSet>, cover: Node | undefined): Node {
  const isCut = name !== facts.zone.origin && sets.has('NS') && !isWildcard(name);
  return {
    facts,
    name,
    sets,
    cname: sets.get('CNAME') as RrSet<'CNAME'> | undefined,
    isCut,
    cover,
    answers: new Map(),
  };
}

const isWildcard = (name: DnsName): boolean => name === '*' || name.startsWith('*.');

/** The names at which another zone begins or whose lower names are renamed. */
function coversOf(zone: Zone): ReadonlyMap<DnsName, ReadonlyMap<RrType, RrSet>> {
  const covers = new Map<DnsName, ReadonlyMap<RrType, RrSet>>();
  for (const [name, sets] of zone.records) {
    if (sets.has('DNAME') || (name !== zone.origin && sets.has('NS') && !isWildcard(name))) covers.set(name, sets);
  }
  return covers;
}

function topmostCover(name: DnsName, origin: DnsName, covers: ReadonlyMap<DnsName, unknown>): DnsName | undefined {
  let found: DnsName | undefined;
  for (let at = name; at !== origin;) {
    at = parent(at);
    if (covers.has(at)) found = at;
  }
  return found;
}

function apexAbove(name: DnsName, apexes: ReadonlySet<DnsName>): DnsName | undefined {
  for (let at = name; ; at = parent(at)) {
    if (apexes.has(at)) return at;
    if (at === '') return undefined;
  }
}

/** A found answer straight from the node. */
function direct(node: Node, type: RrType): Answer | undefined {
  const set = node.sets.get(type);
  if (set === undefined) return undefined;
  const answer = foundAnswer(node.facts, node.name, set, noHops);
  node.answers.set(type, answer);
  return answer;
}

/** What one name holds, before aliases are followed. */
type Step =
  | { readonly kind: 'set'; readonly set: RrSet; readonly facts: ZoneFacts }
  | {
      readonly kind: 'alias';
      readonly target: DnsName | undefined;
      readonly ttlSeconds: number;
      readonly facts: ZoneFacts;
    }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly facts: ZoneFacts }
  | { readonly kind: 'uncovered' };

const uncovered: Step = { kind: 'uncovered' };

function resolve<T extends RrType>(index: Index, name: DnsName, type: T): Answer<T> {
  const chain: CnameHop[] = [];
  let current = name;
  let server = 'zone files';
  const failed = (reason: 'malformed' | 'unreachable', detail: string): Answer<T> => ({
    kind: 'failed',
    name,
    type,
    server,
    chain,
    dnssec: 'unknown',
    reason,
    detail,
  });
  for (;;) {
    const step = stepAt(index, current, type);
    if (step.kind === 'uncovered') return failed('unreachable', `no zone file covers ${current || '.'}`);
    const { facts } = step;
    server = facts.server;
    if (step.kind === 'set') return foundAnswer(facts, name, step.set as RrSet<T>, chain);
    if (step.kind !== 'alias') {
      const soa = facts.zone.soa;
      return {
        kind: step.kind,
        name,
        type,
        server,
        chain,
        dnssec: 'unknown',
        authoritative: true,
        negativeTtlSeconds: facts.negativeTtlSeconds,
        octets: headOctets(name) + hopOctets(chain) + (soa ? setOctets(soa) : 0),
        ...(soa ? { zone: facts.zone.origin } : {}),
      };
    }
    if (step.target === undefined)
      return failed('malformed', `the DNAME above ${current} makes a name over 255 octets`);
    if (chain.length >= maxChainHops) return failed('malformed', `more than ${maxChainHops} aliases in a row`);
    chain.push({ owner: current, target: step.target, ttlSeconds: step.ttlSeconds });
    current = step.target;
    for (const hop of chain) if (hop.owner === current) return failed('malformed', 'CNAME loop');
  }
}

function stepAt({ nodes, delegations }: Index, name: DnsName, type: RrType): Step {
  let encloser = nodes.get(name);
  if (encloser !== undefined) {
    if (type === 'DS' && name === encloser.facts.zone.origin) encloser = delegations.get(name) ?? encloser;
    if (encloser.cover !== undefined) return behind(encloser.cover, name, type);
    if (encloser.isCut && type !== 'DS') return uncovered;
    return stepIn(encloser, name, type);
  }
  for (let at = name; encloser === undefined;) {
    if (at === '') return uncovered;
    at = parent(at);
    encloser = nodes.get(at);
  }
  if (encloser.cover !== undefined) return behind(encloser.cover, name, type);
  if (encloser.isCut || encloser.sets.has('DNAME')) return behind(encloser, name, type);
  const star = parseName(encloser.name === '' ? '*' : `*.${encloser.name}`);
  const wildcard = star.ok ? nodes.get(star.name) : undefined;
  if (wildcard === undefined || wildcard.facts !== encloser.facts) return { kind: 'nxdomain', facts: encloser.facts };
  return stepIn(wildcard, name, type);
}

/** Below a cut or a DNAME. */
function behind(cover: Node, name: DnsName, type: RrType): Step {
  const dname = cover.isCut ? undefined : (cover.sets.get('DNAME') as RrSet<'DNAME'> | undefined);
  if (dname === undefined || !isBelow(name, cover.name)) return uncovered;
  const prefix = relativeTo(name, cover.name) ?? '';
  const end = dname.data[0] as DnsName;
  const target = parseName(end === '' ? `${prefix}.` : `${prefix}.${end}`);
  const { ttlSeconds } = dname;
  const { facts } = cover;
  // RFC 6672 §3.1: the CNAME that follows from a DNAME is data like any other.
  if (type === 'CNAME' && target.ok) {
    return { kind: 'set', set: { name, type, ttlSeconds, data: [target.name] }, facts };
  }
  return { kind: 'alias', target: target.ok ? target.name : undefined, ttlSeconds, facts };
}

/** The node's own data under `name`, which differs from the node's name when a wildcard matched. */
function stepIn(node: Node, name: DnsName, type: RrType): Step {
  const { facts } = node;
  const set = node.sets.get(type);
  if (set !== undefined) return { kind: 'set', set: set.name === name ? set : { ...set, name }, facts };
  const { cname } = node;
  if (cname !== undefined) {
    return { kind: 'alias', target: cname.data[0] as DnsName, ttlSeconds: cname.ttlSeconds, facts };
  }
  return { kind: 'nodata', facts };
}

function foundAnswer<T extends RrType>(
  facts: ZoneFacts,
  name: DnsName,
  set: RrSet<T>,
  chain: readonly CnameHop[],
): Answer<T> {
  return {
    kind: 'found',
    name,
    type: set.type,
    server: facts.server,
    chain,
    dnssec: 'unknown',
    authoritative: true,
    octets: headOctets(name) + hopOctets(chain) + setOctets(set),
    set,
  };
}

/** Header (12), question (name, type, class), OPT record (11). */
const headOctets = (name: DnsName): number => 12 + nameOctets(name) + 4 + 11;

/** Owner as a compression pointer (2), type, class, TTL and length (10). */
const recordHeadOctets = 12;

function hopOctets(chain: readonly CnameHop[]): number {
  let octets = 0;
  for (const hop of chain) octets += recordHeadOctets + nameOctets(hop.target);
  return octets;
}

/** A name on the wire without compression (RFC 1035 §3.1). */
function nameOctets(name: DnsName): number {
  if (name === '') return 1;
  if (!name.includes('\\')) return name.length + 2;
  return name.replaceAll(/\\(?:\d{3}|.)/g, 'x').length + 2;
}

function setOctets(set: RrSet): number {
  let octets = 0;
  for (const data of set.data) octets += recordHeadOctets + rdataOctets(set.type, data);
  return octets;
}

/** The length of the data on the wire, names not compressed. */
function rdataOctets(type: RrType, data: Rdata<RrType>): number {
  if (!isKnownType(type)) return (data as Opaque).hex.length / 2;
  const known = { type, data } as { [K in KnownType]: { type: K; data: Rdata<K> } }[KnownType];
  switch (known.type) {
    case 'A':
      return 4;
    case 'AAAA':
      return 16;
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return nameOctets(known.data);
    case 'MX':
      return 2 + nameOctets(known.data.exchange);
    case 'TXT':
    case 'SPF': {
      let octets = 0;
      for (const text of known.data.strings) octets += 1 + text.length;
      return octets;
    }
    case 'SOA':
      return 20 + nameOctets(known.data.mname) + nameOctets(known.data.rname);
    case 'SRV':
      return 6 + nameOctets(known.data.target);
    case 'CAA':
      return 2 + known.data.tag.length + known.data.value.length;
    case 'TLSA':
      return 3 + known.data.data.length / 2;
    case 'DS':
      return 4 + known.data.digest.length / 2;
    case 'DNSKEY':
      return 4 + base64Octets(known.data.publicKey);
    case 'RRSIG':
      return 18 + nameOctets(known.data.signer) + base64Octets(known.data.signature);
    case 'NSEC':
      return nameOctets(known.data.next) + 34;
  }
}

const base64Octets = (text: string): number => Math.floor((text.length * 3) / 4);

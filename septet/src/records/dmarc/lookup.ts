/**
 * Asks the world for everything that DNS knows about the DMARC of a domain. The usual case costs the walk alone: for
 * `example.com` one question, and one at `com` that a cache answers. More is asked only when the record gives cause.
 */
import { type DnsName, labels, under } from '../../dns/name.ts';
import { isPublicSuffix, registrableDomain } from '../../dns/public-suffix.ts';
import type { QueryOptions } from '../../dns/resolver.ts';
import { type Answer, type CnameHop, txtText } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { type Destination, lookupDestinations } from './destinations.ts';
import { discover, type Discovery, type Level, levelAt, recordName, type Source, walkTree } from './discover.ts';
import { type MisplacedCode, places } from './places.ts';
import { isDmarc } from './record.ts';

export interface DmarcOptions {
  readonly signal?: AbortSignal;
  /** `false`: ask neither in the wrong places nor for a sub-domain that cannot exist. */
  readonly probe?: boolean;
  /** Sub-domains known to exist, whose own records are looked at when the domain enforces. */
  readonly subdomains?: readonly DnsName[];
  /** MAIL FROM domains and DKIM `d=` domains, whose organisational domains decide alignment. */
  readonly identifiers?: readonly DnsName[];
}

/** A DMARC record where no reader looks. */
export interface Misplaced {
  readonly code: MisplacedCode;
  readonly name: DnsName;
  readonly text: string;
}

/** What the zone says of a label that nobody made: does it deny the name, and in which way? */
export interface GhostProbe {
  readonly name: DnsName;
  readonly outcome: 'nxdomain' | 'compact' | 'no-data' | 'exists' | 'unknown';
}

/** The organisational domain of a name, both ways; a member is absent when it is unknown or there is none. */
export interface Organisations {
  readonly name: DnsName;
  readonly walk?: DnsName;
  readonly list?: DnsName;
}

export interface DmarcObservation {
  readonly domain: DnsName;
  readonly discovery: Discovery;
  /** The aliases at the domain's own `_dmarc` name, in order; absent when there are none. */
  readonly alias?: { readonly chain: readonly CnameHop[]; readonly dangling: boolean };
  readonly destinations: readonly Destination[];
  readonly misplaced: readonly Misplaced[];
  /** Levels that the walk of a long name leaves out and that hold a record. */
  readonly hidden: readonly Level[];
  readonly ghost?: GhostProbe;
  readonly subdomains: readonly Level[];
  readonly identifiers: readonly Organisations[];
  readonly answers: readonly Answer[];
}

/** House limit on the levels of an absurdly long name that are looked at for hidden records. */
const maxHiddenLevels = 16;

/** Looks up the DMARC of a domain. Rejects only with the reason of `signal`. */
export async function lookupDmarc(
  world: World,
  domain: DnsName,
  options: DmarcOptions = {},
): Promise<DmarcObservation> {
  const { resolver } = world;
  const queryOptions: QueryOptions | undefined = options.signal ? { signal: options.signal } : undefined;
  const texts = new Map<DnsName, Answer<'TXT'>>();
  const known = (name: DnsName): Answer<'TXT'> | undefined => texts.get(name);
  const fetchAll = async (names: readonly DnsName[]): Promise<void> => {
    const got = await Promise.all(names.map((name) => resolver.query(name, 'TXT', queryOptions)));
    for (const [i, answer] of got.entries()) texts.set(names[i]!, answer);
  };
  let result = discover(domain, known);
  while (result.kind === 'needs') {
    // oxlint-disable-next-line no-await-in-loop -- each round asks all that is known to be needed
    await fetchAll(result.names);
    result = discover(domain, known);
  }
  const { discovery } = result;
  const extra: Answer[] = [];
  const own = discovery.walk.levels[0];
  const source = appliedSource(discovery);
  const probe = options.probe !== false;

  const tasks: Promise<void>[] = [];
  let destinations: readonly Destination[] = [];
  let misplaced: readonly Misplaced[] = [];
  let ghost: GhostProbe | undefined;
  if (source.kind !== 'none' && source.kind !== 'unknown') {
    const { record } = source.level;
    if (record?.rua?.length || record?.ruf?.length) {
      const ask = { world, policyDomain: source.level.domain, domain, options: queryOptions, known, answers: extra };
      tasks.push(lookupDestinations(ask, record).then((found) => void (destinations = found)));
    }
    if (probe && record?.np !== undefined) {
      tasks.push(probeGhost(world, source.level.domain, extra, options.signal).then((found) => void (ghost = found)));
    }
  }
  if (probe && own?.outcome === 'none' && own.others.length === 0) {
    tasks.push(findMisplaced(world, domain, extra, queryOptions).then((found) => void (misplaced = found)));
  }
  const wanted = new Set<DnsName>();
  const hiddenDomains = own?.record ? [] : discovery.walk.skipped.slice(0, maxHiddenLevels);
  const subdomains = (options.subdomains ?? []).filter((name) => name !== domain);
  for (const name of [...hiddenDomains, ...subdomains]) {
    const query = recordName(name);
    if (query !== undefined && !texts.has(query)) wanted.add(query);
  }
  if (wanted.size > 0) tasks.push(fetchAll([...wanted]));
  if (tasks.length > 0) await Promise.all(tasks);
  const identifiers: Organisations[] = [];
  for (const name of options.identifiers ?? []) {
    // oxlint-disable-next-line no-await-in-loop -- a handful of names that share most answers
    identifiers.push(await organisationsOf(world, name, texts, queryOptions));
  }

  const levelsOf = (domains: readonly DnsName[]): readonly Level[] =>
    domains.map((name) => levelAt(name, known)).filter((level) => level !== undefined);
  const first = own && texts.get(own.query);
  const alias =
    first && first.chain.length > 0
      ? { chain: first.chain, dangling: first.kind === 'nxdomain' || first.kind === 'nodata' }
      : undefined;
  return {
    domain,
    discovery,
    ...(alias ? { alias } : {}),
    destinations,
    misplaced,
    hidden: levelsOf(hiddenDomains).filter((level) => level.record !== undefined),
    ...(ghost ? { ghost } : {}),
    subdomains: levelsOf(subdomains),
    identifiers,
    answers: extra.length === 0 ? [...texts.values()] : [...texts.values(), ...extra],
  };
}

/**
 * The organisational domain of a name by tree walk (RFC 9989 §4.10.2) and by public suffix list (RFC 7489 §3.2), for
 * alignment: two names are aligned in relaxed mode when these are equal.
 */
export async function organisationalDomain(
  world: World,
  name: DnsName,
  options?: QueryOptions,
): Promise<Organisations> {
  return organisationsOf(world, name, new Map(), options);
}

/** The record that new readers apply, else the one that only old readers find. */
export function appliedSource({ walk, list }: Discovery): Source {
  return walk.source.kind === 'none' ? list.source : walk.source;
}

async function organisationsOf(
  world: World,
  name: DnsName,
  texts: Map<DnsName, Answer<'TXT'>>,
  options: QueryOptions | undefined,
): Promise<Organisations> {
  let result = walkTree(name, (query) => texts.get(query));
  while (result.kind === 'needs') {
    const { names } = result;
    // oxlint-disable-next-line no-await-in-loop -- a second round happens only when the first was incomplete
    const answers = await Promise.all(names.map((query) => world.resolver.query(query, 'TXT', options)));
    for (const [i, answer] of answers.entries()) texts.set(names[i]!, answer);
    result = walkTree(name, (query) => texts.get(query));
  }
  const { organisation } = result.walk;
  const list = registrableDomain(name);
  return {
    name,
    ...(organisation.kind === 'known' ? { walk: organisation.domain } : {}),
    ...(list === undefined ? {} : { list }),
  };
}

async function findMisplaced(
  world: World,
  domain: DnsName,
  answers: Answer[],
  options: QueryOptions | undefined,
): Promise<readonly Misplaced[]> {
  if (isPublicSuffix(domain) || labels(domain).length < 2) return [];
  const asked = places(domain);
  const got = await Promise.all(asked.map(({ name }) => world.resolver.query(name, 'TXT', options)));
  const found: Misplaced[] = [];
  for (const [i, answer] of got.entries()) {
    answers.push(answer);
    // A name that an alias leads away from says nothing about where the owner put a record.
    if (answer.kind !== 'found' || answer.chain.length > 0) continue;
    const text = answer.set.data.map(txtText).find(isDmarc);
    if (text !== undefined) found.push({ ...asked[i]!, text });
  }
  return found;
}

async function probeGhost(
  world: World,
  domain: DnsName,
  answers: Answer[],
  signal: AbortSignal | undefined,
): Promise<GhostProbe | undefined> {
  const name = under(`septet-${Buffer.from(world.randomBytes(6)).toString('hex')}`, domain);
  if (name === undefined) return undefined;
  const answer = await world.resolver.query(name, 'A', { dnssec: true, ...(signal ? { signal } : {}) });
  answers.push(answer);
  if (answer.kind === 'found') return { name, outcome: 'exists' };
  if (answer.kind === 'nodata') return { name, outcome: answer.nxname ? 'compact' : 'no-data' };
  return { name, outcome: answer.kind === 'nxdomain' ? 'nxdomain' : 'unknown' };
}

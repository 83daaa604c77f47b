/**
 * What the DNS itself says about a domain, apart from the records of any one standard.
 *
 * `bulk` asks two questions: the SOA record (does the domain exist, is it an alias, how long is absence remembered)
 * and a name that nobody made (does a wildcard answer). `full` asks the servers of the zone one by one, DNSSEC, CAA
 * and whatever else takes more questions than a check of thousands of domains can spend.
 */
import { ancestor, isBelow, labels, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { climbCaa, type CaaClimb } from './caa.ts';
import { askServers, type DelegationObservation, type RecordToCompare } from './delegation.ts';
import { askDnssec, type DnssecObservation } from './dnssec.ts';
import { askResolvers, type ComparedAnswers } from './resolvers.ts';
import { randomName } from './places.ts';

export type { RecordToCompare } from './delegation.ts';

export interface ZoneObservation {
  readonly domain: DnsName;
  readonly depth: 'bulk' | 'full';
  /** When the questions were asked, in milliseconds since 1970. */
  readonly seenAt: number;
  readonly soa: Answer<'SOA'>;
  /** The answer for a label that nobody made; absent when the domain does not exist or could not be asked about. */
  readonly random?: Answer<'TXT'>;
  readonly full?: FullObservation;
  readonly answers: readonly Answer[];
}

export interface FullObservation {
  /** The zone that holds the domain; absent when it cannot be told. */
  readonly zone?: DnsName;
  readonly delegation?: DelegationObservation;
  /** What each resolver says, where there are several and no server was asked by itself. */
  readonly resolvers: readonly ComparedAnswers[];
  readonly dnssec?: DnssecObservation;
  readonly caa: readonly CaaClimb[];
  readonly aliases: readonly AliasObservation[];
  /** Names between the domain and records that exist, which must exist themselves. */
  readonly between: readonly { readonly child: DnsName; readonly answer: Answer<'TXT'> }[];
  readonly spf99: Answer<'SPF'>;
}

/** A name that a sender's instructions want as CNAME, and what for. */
export interface ExpectedAlias {
  readonly name: DnsName;
  readonly use: 'dkim' | 'verification' | 'returnpath' | 'tracking';
}

export interface AliasObservation extends ExpectedAlias {
  readonly cname: Answer<'CNAME'>;
  readonly a: Answer<'A'>;
  readonly aaaa: Answer<'AAAA'>;
}

export type ZoneOptions =
  | { readonly depth: 'bulk' }
  | {
      readonly depth: 'full';
      readonly records?: readonly RecordToCompare[];
      /** Hosts for which certificates are issued: `track.example.com`, `mta-sts.example.com`. The domain is added. */
      readonly tlsHosts?: readonly DnsName[];
      readonly aliases?: readonly ExpectedAlias[];
    };

export async function lookupZone(world: World, domain: DnsName, options: ZoneOptions): Promise<ZoneObservation> {
  const { depth } = options;
  const { resolver } = world;
  const seenAt = world.now();
  const unmade = randomName(world, domain);
  const [soa, probe] = await Promise.all([
    resolver.query(domain, 'SOA'),
    unmade === undefined ? undefined : resolver.query(unmade, 'TXT'),
  ]);
  const isThere = soa.kind === 'found' || soa.kind === 'nodata';
  // NOERROR without data is a wildcard of other types or compact denial (RFC 9824); DNSSEC data tells them apart.
  const asksAgain = isThere && unmade !== undefined && probe?.kind === 'nodata' && probe.chain.length === 0;
  const random = asksAgain ? await resolver.query(unmade, 'TXT', { dnssec: true }) : isThere ? probe : undefined;
  const answers: Answer[] = [soa, ...(random === undefined ? [] : [random])];
  const base = { domain, depth, seenAt, soa, ...(random === undefined ? {} : { random }) };
  if (options.depth === 'bulk') return { ...base, answers };

  const { records = [], tlsHosts = [], aliases = [] } = options;
  const servers = askServers(world, domain, records);
  const zone =
    zoneOf(soa) ?? (soa.kind === 'failed' ? ((await servers)?.zone ?? registrableDomain(domain)) : undefined);
  const [delegation, resolvers, dnssec, caa, seenAliases, between, spf99] = await Promise.all([
    servers,
    world.authoritative ? [] : askResolvers(world, records),
    zone === undefined ? undefined : askDnssec(world, zone),
    climbCaa(world, [domain, ...tlsHosts]),
    Promise.all(aliases.map((alias) => askAlias(world, alias))),
    askBetween(world, domain, records),
    resolver.query(domain, 'SPF'),
  ]);
  answers.push(spf99, ...between.map(({ answer }) => answer));
  for (const { cname, a, aaaa } of seenAliases) answers.push(cname, a, aaaa);
  for (const { asked } of delegation?.records ?? []) answers.push(...asked);
  const full: FullObservation = {
    ...(zone === undefined ? {} : { zone }),
    ...(delegation === undefined ? {} : { delegation }),
    resolvers,
    ...(dnssec === undefined ? {} : { dnssec }),
    caa,
    aliases: seenAliases,
    between,
    spf99,
  };
  return { ...base, full, answers };
}

/** The zone that holds the name, as the answer to its SOA question tells it. */
export function zoneOf(soa: Answer<'SOA'>): DnsName | undefined {
  if (soa.chain.length > 0) return undefined;
  if (soa.kind === 'found') return soa.set.name;
  return soa.kind === 'failed' ? undefined : soa.zone;
}

async function askAlias(world: World, alias: ExpectedAlias): Promise<AliasObservation> {
  const { resolver } = world;
  const [cname, a, aaaa] = await Promise.all([
    resolver.query(alias.name, 'CNAME'),
    resolver.query(alias.name, 'A'),
    resolver.query(alias.name, 'AAAA'),
  ]);
  return { ...alias, cname, a, aaaa };
}

/** Asks for the names between the domain and each record that exists: `_domainkey.d` above `s1._domainkey.d`. */
async function askBetween(
  world: World,
  domain: DnsName,
  records: readonly RecordToCompare[],
): Promise<FullObservation['between']> {
  const children = new Map<DnsName, RecordToCompare>();
  for (const record of records) {
    if (!isBelow(record.name, domain)) continue;
    const depth = labels(domain).length;
    for (let count = depth + 1; count < labels(record.name).length; count++) {
      children.set(ancestor(record.name, count), record);
    }
  }
  const asked = await Promise.all(
    [...children].map(async ([above, { name, type }]) => {
      const [answer, below] = await Promise.all([world.resolver.query(above, 'TXT'), world.resolver.query(name, type)]);
      const exists = below.kind === 'found' || below.chain.length > 0;
      return exists ? [{ child: name, answer }] : [];
    }),
  );
  return asked.flat();
}

/**
 * Asks the world for everything about one domain: every record home's look-up, in as few rounds as their needs allow.
 * `bulk` leaves out what a check of thousands of domains cannot spend: neighbours, each server by itself, DNSSEC, CAA.
 */
import { addressClass, formatAddress, parseAddress, type IpAddress } from '../dns/address.ts';
import type { DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { dataOf, txtText, type Answer } from '../dns/rrset.ts';
import type { RecordKey } from '../finding/finding.ts';
import { bimiTexts, lookupBimi, type BimiObservation } from '../records/bimi/lookup.ts';
import { commonSelectors } from '../records/dkim/common-selectors.ts';
import { matchesPattern, type SelectorCandidate } from '../records/dkim/expectation.ts';
import { lookupDkim, type DkimObservation } from '../records/dkim/lookup.ts';
import { lookupDmarc, type DmarcObservation } from '../records/dmarc/lookup.ts';
import { lookupHost, type HostObservation } from '../records/host/lookup.ts';
import { lookup as lookupMtaSts, lookupTlsa, type MtaStsObservation } from '../records/mtasts/lookup.ts';
import { lookupMx, type MxObservation } from '../records/mx/lookup.ts';
import { spfOf } from '../records/spf/answers.ts';
import { lookup as lookupSpf, type SpfObservation } from '../records/spf/lookup.ts';
import { lookup as lookupTlsRpt, type TlsRptObservation } from '../records/tlsrpt/lookup.ts';
import { lookupTracking, probeTracking, type TrackingObservation } from '../records/tracking/lookup.ts';
import { lookupZone, type ExpectedAlias, type RecordToCompare, type ZoneObservation } from '../records/zone/lookup.ts';
import { lookupPlaces, type ExpectedRecord, type PlacesObservation } from '../records/zone/places.ts';
import { detectSenders, selectorsFor, type DetectedSender } from '../senders/detect.ts';
import { profiles } from '../senders/profiles.ts';
import { forOneOfMany } from '../world/own-names.ts';
import type { World } from '../world/world.ts';

export interface AuditOptions {
  readonly depth: 'full' | 'bulk';
  /** Only these records; absent: all. */
  readonly only?: ReadonlySet<RecordKey>;
  /** DKIM selectors known to sign. */
  readonly selectors?: readonly string[];
  /** Addresses that send. */
  readonly addresses?: readonly IpAddress[];
  /** What the sending host says after EHLO. */
  readonly helo?: string;
  /** Hosts that the links in the mail lead to. */
  readonly tracking?: readonly DnsName[];
  /** BIMI selector; `default` without. */
  readonly bimiSelector?: string;
  readonly signal?: AbortSignal;
}

/** What every home saw; a member is absent when the record was not asked for. */
export interface Seen {
  readonly domain: DnsName;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly offline: boolean;
  readonly mx?: MxObservation;
  readonly spf?: SpfObservation;
  readonly dkim?: DkimObservation;
  readonly dmarc?: DmarcObservation;
  readonly mtasts?: MtaStsObservation;
  readonly tlsa: readonly Answer<'TLSA'>[];
  readonly tlsrpt?: TlsRptObservation;
  readonly bimi?: BimiObservation;
  /** The DMARC of the organisational domain, where BIMI needs it and it is another domain. */
  readonly orgDmarc?: DmarcObservation;
  readonly host?: HostObservation;
  readonly tracking: readonly TrackingObservation[];
  /** What was asked to find tracking hosts. */
  readonly trackingProbe: readonly Answer[];
  readonly zone?: ZoneObservation;
  readonly places?: PlacesObservation;
  readonly senders: readonly DetectedSender[];
}

/** Single addresses of the SPF record whose names are looked up when none is given; more would be a whole network. */
const maxAddressesFromSpf = 8;

export async function gather(outside: World, domain: DnsName, options: AuditOptions): Promise<Seen> {
  const full = options.depth === 'full';
  const world = full ? outside : forOneOfMany(outside, domain);
  const wants = (key: RecordKey): boolean => options.only === undefined || options.only.has(key);
  const addresses = options.addresses ?? [];
  const [mx, spf, dmarc, mtasts, tlsrpt] = await Promise.all([
    wants('mx') || wants('mtasts') || wants('dkim') ? lookupMx(world, domain) : undefined,
    wants('spf') || wants('dkim') || (wants('host') && full)
      ? lookupSpf(world, domain, {
          neighbours: full,
          egress: addresses.map(formatAddress),
          ...(options.helo === undefined ? {} : { helo: options.helo }),
        })
      : undefined,
    wants('dmarc') || wants('bimi') ? lookupDmarc(world, domain, { probe: full }) : undefined,
    wants('mtasts') || wants('tlsrpt') ? lookupMtaSts(world, domain, { probe: full }) : undefined,
    wants('tlsrpt') || wants('mtasts') ? lookupTlsRpt(world, domain, { probe: full }) : undefined,
  ]);
  const senders = detectSenders({
    ...(spf
      ? {
          spfIncludes: spf.nodes.slice(1).map((node) => node.name),
          apexTxt: spf.nodes.slice(0, 1).flatMap((node) => dataOf(node).map(txtText)),
        }
      : {}),
    ...(mx ? { mxExchanges: dataOf(mx.mx).map((entry) => entry.exchange) } : {}),
  });
  const orgDomain =
    (dmarc?.discovery.walk.organisation.kind === 'known'
      ? dmarc.discovery.walk.organisation.domain
      : dmarc?.discovery.list.organisation) ??
    registrableDomain(domain) ??
    domain;
  const exchanges = mx ? dataOf(mx.mx).flatMap((entry) => (entry.exchange === '' ? [] : [entry.exchange])) : [];
  const [dkim, bimi, tlsa, host, tracked] = await Promise.all([
    wants('dkim')
      ? lookupDkim(world, domain, { selectors: candidatesOf(options.selectors ?? [], senders), canaries: full })
      : undefined,
    wants('bimi')
      ? lookupBimi(world, domain, {
          orgDomain,
          probe: full,
          ...(options.bimiSelector ? { selector: options.bimiSelector } : {}),
        })
      : undefined,
    wants('mtasts') && mtasts?.policy.kind === 'response' ? lookupTlsa(world, exchanges) : [],
    wants('host') ? hostOf(world, options, full ? singleAddresses(spf) : []) : undefined,
    wants('tracking') ? trackingOf(world, domain, options) : { tracking: [], trackingProbe: [] },
  ]);
  const orgDmarc =
    bimi && orgDomain !== domain && dmarc ? await lookupDmarc(world, orgDomain, { probe: false }) : undefined;
  const seen = {
    domain,
    now: world.now(),
    offline: world.fetch === undefined,
    ...(mx ? { mx } : {}),
    ...(spf ? { spf } : {}),
    ...(dkim ? { dkim } : {}),
    ...(dmarc ? { dmarc } : {}),
    ...(mtasts ? { mtasts } : {}),
    ...(tlsrpt ? { tlsrpt } : {}),
    ...(bimi ? { bimi } : {}),
    ...(orgDmarc ? { orgDmarc } : {}),
    ...(host ? { host } : {}),
    ...tracked,
    tlsa,
    senders,
  };
  const [zone, places] = await Promise.all([
    lookupZone(
      world,
      domain,
      full
        ? { depth: 'full', records: recordsToCompare(seen), tlsHosts: tlsHostsOf(seen), aliases: aliasesOf(seen) }
        : { depth: 'bulk' },
    ),
    lookupPlaces(world, domain, missingOf(seen, options), { depth: options.depth }),
  ]);
  return { ...seen, zone, places };
}

/** Given selectors first; then those of the senders that were recognised; then the common ones. */
function candidatesOf(given: readonly string[], senders: readonly DetectedSender[]): readonly SelectorCandidate[] {
  if (given.length === 0 && senders.length === 0) return commonCandidates;
  return [
    ...given.map((selector): SelectorCandidate => ({ selector, origin: 'given' })),
    ...selectorsFor(senders),
    ...(given.length === 0 ? commonCandidates : []),
  ];
}

const commonCandidates: readonly SelectorCandidate[] = commonSelectors.map((selector) => ({
  selector,
  origin: 'common',
}));

async function hostOf(
  world: World,
  options: AuditOptions,
  found: readonly IpAddress[],
): Promise<HostObservation | undefined> {
  const addresses = options.addresses && options.addresses.length > 0 ? options.addresses : found;
  if (addresses.length === 0 && options.helo === undefined) return undefined;
  return lookupHost(world, { addresses, ...(options.helo === undefined ? {} : { helo: options.helo }) });
}

/** `ip4:` and `ip6:` of the domain's own record that name one address and let it pass. */
function singleAddresses(spf: SpfObservation | undefined): readonly IpAddress[] {
  const own = spf?.nodes[0];
  const record = own ? spfOf(own).program?.record : undefined;
  const found: IpAddress[] = [];
  for (const term of record?.terms ?? []) {
    if ((term.kind !== 'ip4' || term.prefix !== 32) && (term.kind !== 'ip6' || term.prefix !== 128)) continue;
    const address = parseAddress(term.text.replace(/^[+~?-]?ip[46]:/i, '').replace(/\/\d+$/, ''));
    // Private and sample addresses are the business of SPF itself.
    const counts = address && term.qualifier === '+' && addressClass(address) === 'public';
    if (counts && found.length < maxAddressesFromSpf) found.push(address);
  }
  return found;
}

async function trackingOf(
  world: World,
  domain: DnsName,
  options: AuditOptions,
): Promise<Pick<Seen, 'tracking' | 'trackingProbe'>> {
  const given = options.tracking ?? [];
  if (given.length === 0 && options.depth === 'bulk') return { tracking: [], trackingProbe: [] };
  const probe = given.length > 0 ? { found: [], answers: [] } : await probeTracking(world, domain, trackingVendorOf);
  const hosts = given.length > 0 ? given : probe.found.map((entry) => entry.host);
  const tracking = await Promise.all(hosts.map((host) => lookupTracking(world, host, { domain })));
  return { tracking, trackingProbe: probe.answers };
}

/** The sending service whose tracking host a CNAME leads to. */
export function trackingVendorOf(target: DnsName): string | undefined {
  return profiles.find((profile) => profile.tracking?.some((pattern) => matchesPattern(pattern, target)))?.title;
}

type Parts = Pick<Seen, 'domain' | 'spf' | 'dmarc' | 'mtasts' | 'tlsrpt' | 'bimi' | 'dkim' | 'mx' | 'tracking'>;

/** The records that every server of the zone is asked for. */
function recordsToCompare(seen: Parts): readonly RecordToCompare[] {
  const records: RecordToCompare[] = [
    { name: seen.domain, type: 'MX' },
    { name: seen.domain, type: 'TXT' },
  ];
  const ownDmarc = seen.dmarc?.discovery.walk.levels[0];
  if (ownDmarc) records.push({ name: ownDmarc.query, type: 'TXT' });
  for (const answer of [seen.mtasts?.txt, seen.tlsrpt?.txt, seen.bimi?.author]) {
    if (answer?.kind === 'found' && answer.chain.length === 0) records.push({ name: answer.name, type: 'TXT' });
  }
  for (const { answer } of seen.dkim?.selectors ?? []) {
    if (answer.kind === 'found' && answer.chain.length === 0) records.push({ name: answer.name, type: 'TXT' });
  }
  return records;
}

/** Hosts that need certificates: the policy host and the tracking hosts. */
function tlsHostsOf(seen: Parts): readonly DnsName[] {
  const { host } = seen.mtasts ?? {};
  return [...(host?.a.kind === 'found' ? [host.name] : []), ...seen.tracking.map((entry) => entry.host)];
}

/** Selectors that exist and hold no TXT: a CNAME that the DNS provider flattens or proxies looks like that. */
function aliasesOf({ dkim }: Parts): readonly ExpectedAlias[] {
  const hidden = (dkim?.selectors ?? []).filter(({ answer }) => answer.kind === 'nodata' && answer.chain.length === 0);
  return hidden.map(({ name }) => ({ name, use: 'dkim' }));
}

/** Records that are not where they belong, whose wrong places are worth a look. */
function missingOf(seen: Parts, options: AuditOptions): readonly ExpectedRecord[] {
  const missing: ExpectedRecord[] = [];
  const { spf, dmarc, mtasts, tlsrpt, bimi, dkim } = seen;
  const own = spf?.nodes[0];
  if (own && own.kind !== 'failed' && spfOf(own).kind === 'none') missing.push({ kind: 'spf' });
  if (dmarc?.discovery.walk.levels[0]?.outcome === 'none') missing.push({ kind: 'dmarc' });
  if (mtasts?.txt && lacks(mtasts.txt, 'v=STSv1')) missing.push({ kind: 'mtasts' });
  if (tlsrpt?.txt && lacks(tlsrpt.txt, 'v=TLSRPTv1')) missing.push({ kind: 'tlsrpt' });
  if (bimi?.author && bimi.author.kind !== 'failed' && bimiTexts(bimi.author).length === 0)
    missing.push({ kind: 'bimi' });
  for (const { candidate, answer } of dkim?.selectors ?? []) {
    const absent = answer.kind === 'nxdomain' || answer.kind === 'nodata';
    if (absent && candidate.origin === 'given') missing.push({ kind: 'dkim', selector: candidate.selector });
  }
  const { only } = options;
  return only ? missing.filter((record) => only.has(record.kind)) : missing;
}

function lacks(answer: Answer<'TXT'>, version: string): boolean {
  return answer.kind !== 'failed' && !dataOf(answer).some((txt) => txtText(txt).startsWith(version));
}

/**
 * The wrong-place list: where a record lands when its name was entered wrongly, and whether it lies there.
 *
 * Control panels differ in what they want in the name field: some append the zone to whatever is typed, some strip a
 * leading underscore, some want only the first label. A record at the wrong name is invisible to every reader, and its
 * owner sees it in the panel and believes it is published.
 *
 * This table holds the slips that happen to every record. Names that only one record knows (an SPF record at `_spf.`, a
 * TLS-RPT record at `_smtp-tls.`) are probed by that record's own home; where both find the same stray, the audit tells
 * of it once.
 */
import { parent, under, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Answer } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { hasVersion, kindOfText, type Versioned } from './kinds.ts';

/** A record that should be there and is not. */
export type ExpectedRecord =
  | { readonly kind: Exclude<Versioned, 'dkim' | 'bimi'> }
  | { readonly kind: 'dkim'; readonly selector: string }
  /** Selector `default` unless given. */
  | { readonly kind: 'bimi'; readonly selector?: string };

export type PlaceCode =
  | 'dns.name.doubled_suffix'
  | 'dns.name.underscore_dropped'
  | 'dns.name.swapped_labels'
  | 'dns.name.at_parent'
  | 'dns.name.www';

/** A record found where it does no good. */
export interface Stray {
  readonly code: PlaceCode;
  readonly kind: Versioned;
  /** Where it lies. */
  readonly name: DnsName;
  /** Where its readers look. */
  readonly meant: DnsName;
  readonly text: string;
  readonly ttlSeconds: number;
}

export interface PlacesObservation {
  readonly domain: DnsName;
  readonly strays: readonly Stray[];
  readonly answers: readonly Answer[];
}

/** What stands in front of the domain: `right` where the record belongs, `wrong` where it may lie. `$` is the selector. */
interface Slips {
  readonly right: string;
  readonly wrong: readonly (readonly [PlaceCode, string])[];
}

const slips: Readonly<Record<Versioned, Slips>> = {
  spf: { right: '', wrong: [['dns.name.www', 'www']] },
  dmarc: {
    right: '_dmarc',
    wrong: [
      ['dns.name.underscore_dropped', 'dmarc'],
      ['dns.name.www', '_dmarc.www'],
    ],
  },
  dkim: {
    right: '$._domainkey',
    wrong: [
      ['dns.name.underscore_dropped', '$.domainkey'],
      ['dns.name.swapped_labels', '_domainkey.$'],
      ['dns.name.www', '$._domainkey.www'],
    ],
  },
  mtasts: {
    right: '_mta-sts',
    wrong: [
      ['dns.name.underscore_dropped', 'mta-sts'],
      ['dns.name.www', '_mta-sts.www'],
    ],
  },
  tlsrpt: {
    right: '_smtp._tls',
    wrong: [
      ['dns.name.underscore_dropped', '_smtp.tls'],
      ['dns.name.underscore_dropped', 'smtp._tls'],
      ['dns.name.underscore_dropped', 'smtp.tls'],
      ['dns.name.swapped_labels', '_tls._smtp'],
      ['dns.name.www', '_smtp._tls.www'],
    ],
  },
  bimi: {
    right: '$._bimi',
    wrong: [
      ['dns.name.underscore_dropped', '$.bimi'],
      ['dns.name.underscore_dropped', 'bimi'],
      ['dns.name.swapped_labels', '_bimi.$'],
      ['dns.name.www', '$._bimi.www'],
    ],
  },
};

export interface PlacesOptions {
  /** The apex of the zone that panels append; the registrable domain unless given. */
  readonly zone?: DnsName;
  /** `bulk` asks one question for all doubled names and nothing else; `full` asks every name of the table. */
  readonly depth: 'bulk' | 'full';
}

interface Probe {
  readonly code: PlaceCode;
  readonly kind: Versioned;
  readonly name: DnsName;
  readonly meant: DnsName;
}

/** Looks for the missing records at the names where slips put them. No question is asked when nothing is missing. */
export async function lookupPlaces(
  world: World,
  domain: DnsName,
  missing: readonly ExpectedRecord[],
  { depth, zone = registrableDomain(domain) ?? domain }: PlacesOptions,
): Promise<PlacesObservation> {
  if (missing.length === 0) return { domain, strays: [], answers: [] };
  const [doubled, single] = await Promise.all([
    lookupDoubled(world, domain, missing, zone),
    Promise.all(depth === 'full' ? probesOf(domain, missing).map((probe) => ask(world, probe)) : []),
  ]);
  const seen = [...doubled, ...single];
  const strays: Stray[] = [];
  for (const { probe, answer } of seen) {
    const stray = probe && strayIn(probe, answer);
    if (stray && !(await comesFromWildcard(world, stray))) strays.push(stray);
  }
  return { domain, strays, answers: seen.map(({ answer }) => answer) };
}

interface Asked {
  readonly probe: Probe | undefined;
  readonly answer: Answer<'TXT'>;
}

async function ask(world: World, probe: Probe): Promise<Asked> {
  return { probe, answer: await world.resolver.query(probe.name, 'TXT') };
}

/**
 * All doubled names stand below `<zone>.<zone>`. When that does not exist, nothing below it does (RFC 8020), so that
 * one question answers for every record.
 */
async function lookupDoubled(
  world: World,
  domain: DnsName,
  missing: readonly ExpectedRecord[],
  zone: DnsName,
): Promise<readonly Asked[]> {
  const top = under(zone, zone);
  if (zone === '' || top === undefined) return [];
  const answer = await world.resolver.query(top, 'TXT');
  const nothingBelow =
    answer.kind === 'nxdomain' || answer.kind === 'failed' || (answer.kind === 'nodata' && answer.nxname);
  if (nothingBelow) return [{ probe: undefined, answer }];
  const probes = missing.flatMap((record) => {
    const meant = properName(domain, record);
    const name = meant === undefined ? undefined : under(meant, zone);
    if (meant === undefined || name === undefined) return [];
    return [{ code: 'dns.name.doubled_suffix' as const, kind: record.kind, name, meant }];
  });
  const here = probes.find(({ name }) => name === top);
  const others = probes.filter(({ name }) => name !== top);
  return [{ probe: here, answer }, ...(await Promise.all(others.map((probe) => ask(world, probe))))];
}

function probesOf(domain: DnsName, missing: readonly ExpectedRecord[]): readonly Probe[] {
  const organisation = registrableDomain(domain) ?? domain;
  const probes: Probe[] = [];
  for (const record of missing) {
    const meant = properName(domain, record);
    if (meant === undefined) continue;
    for (const [code, pattern] of slips[record.kind].wrong) {
      const name = under(pattern.replace('$', selectorOf(record)), domain);
      if (name !== undefined) probes.push({ code, kind: record.kind, name, meant });
    }
    // Only a key is bound to one domain: the other records of the organisation have their own right to be at the top.
    if (record.kind === 'dkim' && domain !== organisation) {
      const name = properName(organisation, record);
      if (name !== undefined) probes.push({ code: 'dns.name.at_parent', kind: 'dkim', name, meant });
    }
  }
  return probes;
}

/** Where the record belongs; `undefined` when such a name cannot exist. */
export function properName(domain: DnsName, record: ExpectedRecord): DnsName | undefined {
  const { right } = slips[record.kind];
  return right === '' ? domain : under(right.replace('$', selectorOf(record)), domain);
}

function selectorOf(record: ExpectedRecord): string {
  return record.kind === 'dkim' ? record.selector : record.kind === 'bimi' ? (record.selector ?? 'default') : '';
}

/** Which record belongs at the name when `domain` or a parent of it is the mail domain; `undefined` for other names. */
export function kindOfName(name: DnsName): Versioned | undefined {
  if (!name.includes('_')) return undefined;
  if (name.startsWith('_dmarc.')) return 'dmarc';
  if (name.startsWith('_mta-sts.')) return 'mtasts';
  if (name.startsWith('_smtp._tls.')) return 'tlsrpt';
  if (name.includes('._domainkey.')) return 'dkim';
  if (name.includes('._bimi.')) return 'bimi';
  return undefined;
}

function strayIn(probe: Probe, answer: Answer<'TXT'>): Stray | undefined {
  if (answer.kind !== 'found') return undefined;
  for (const txt of answer.set.data) {
    const text = txtText(txt);
    const isIt = kindOfText(text) === probe.kind || (probe.kind === 'dkim' && hasVersion(text, 'dkim'));
    if (isIt) return { ...probe, text, ttlSeconds: answer.set.ttlSeconds };
  }
  return undefined;
}

/** Whether a name beside the stray that nobody made has the same text: then a wildcard answers, and nobody slipped. */
async function comesFromWildcard(world: World, stray: Stray): Promise<boolean> {
  const beside = randomName(world, parent(stray.name));
  if (beside === undefined) return false;
  const answer = await world.resolver.query(beside, 'TXT');
  return answer.kind === 'found' && answer.set.data.some((txt) => txtText(txt) === stray.text);
}

/** Begins the labels that are asked for because nobody made them; findings never name them. */
export const randomLabelStart = 'septet-probe-';

/** A name below `top` that nobody made; `undefined` when it would be too long. */
export function randomName(world: World, top: DnsName): DnsName | undefined {
  return under(randomLabelStart + Buffer.from(world.randomBytes(6)).toString('hex'), top);
}

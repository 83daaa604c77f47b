/** The settings that `septet init` writes: what is seen, and over it what flags and answers say. Pure. */
import { readConfig } from '../../config/read-config.ts';
import { writeConfig, type DomainSettings } from '../../config/write-config.ts';
import { noHost } from '../../config/dns-keys.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { ramps, type DomainIntent } from '../../plan/intent.ts';
import type { SenderSetting } from '../../senders/needs.ts';
import { hostOfServers, hostWithReferences } from './init-dns-host.ts';
import type { ReadFlags } from './init-flags.ts';
import type { SeenDomain, Untold } from './init-see.ts';

/** What is seen as settings that keep it; flags win over it. */
export function draftOf(seen: SeenDomain, flags: ReadFlags): DomainSettings {
  const { config, given } = flags;
  const { intent } = config;
  const kind = seen.zone && hostOfServers(seen.zone.servers);
  const people = given.has('people') ? intent.people : looksPeopled(seen);
  const zone = intent.zone ?? zoneBeyond(seen);
  const draft: DomainIntent = {
    ...intent,
    ...(zone === undefined ? {} : { zone }),
    people,
    ...(given.has('mx') || seen.mx === undefined ? {} : { mx: seen.mx, takesMail: seen.mx.length > 0 }),
    senders: mergedSenders(seen.senders.senders, intent.senders),
    dmarc: {
      ...intent.dmarc,
      reports: given.has('dmarc') ? intent.dmarc.reports : (seen.dmarc?.reports ?? []),
      failureReports: seen.dmarc?.failureReports ?? [],
      ramp: ramps[people ? 'standard' : 'dedicated'],
      ...subdomainPolicies(seen.dmarc),
      // Whoever rejects already has decided it.
      rejectConfirmed: people && seen.dmarc?.p === 'reject' && !seen.dmarc.testing,
    },
    tlsReports: given.has('tlsReports') ? intent.tlsReports : seen.tlsReports,
    ...(seen.mtaSts === undefined || seen.mtaSts === 'unknown' ? {} : { mtaSts: { mode: seen.mtaSts } }),
    ...(given.has('tracking') || !seen.tracking
      ? {}
      : { tracking: { host: seen.tracking.host, target: seen.tracking.target } }),
    ...(given.has('bimi') || !seen.bimi ? {} : bimiOf(seen.bimi)),
  };
  const host = given.has('dns') ? config.host : kind === undefined ? noHost : hostWithReferences(kind);
  return { intent: draft, host, remarks: remarksOn(draft, seen) };
}

/** What a person should know who reads the file. */
function remarksOn({ senders, mtaSts }: DomainIntent, seen: SeenDomain): NonNullable<DomainSettings['remarks']> {
  const spfUntold = seen.silent || isUntold(seen, 'spf');
  return {
    ...(senders.length > 0 || spfUntold || (seen.spf.length > 0 && !nobodySends(seen.spf))
      ? {}
      : {
          senders: [
            nobodySends(seen.spf)
              ? 'SPF says that nobody sends; that stays.'
              : 'If nothing ever sends for the domain: spf: { all: -all }',
          ],
        }),
    ...(seen.mtaSts === 'unknown' && !mtaSts
      ? {
          mtaSts: [
            'MTA-STS is announced, and its policy could not be fetched or read: it',
            'stays as it is. When you know its mode: mtaSts: { mode: enforce }',
          ],
        }
      : {}),
  };
}

/** What differs from the policy of the domain: repeated, it would stay behind when that is raised. */
function subdomainPolicies(dmarc: SeenDomain['dmarc']): Pick<DomainIntent['dmarc'], 'sp' | 'np'> {
  if (!dmarc) return {};
  const { p = 'none', sp, np } = dmarc;
  return {
    ...(sp === undefined || sp === p ? {} : { sp }),
    ...(np === undefined || np === (sp ?? p) ? {} : { np }),
  };
}

export interface Kept {
  readonly settings: DomainSettings;
  /** What the configuration cannot hold, one line each: it stays in DNS as it is. */
  readonly left: readonly string[];
}

/**
 * The draft without what the configuration would refuse: live records may hold names and URIs that nobody should write.
 * `base` is what the flags alone make, which has been read already.
 */
export function keepReadable(draft: DomainSettings, base: DomainSettings): Kept {
  const { intent } = draft;
  const left: string[] = [];
  const fits = (part: Partial<DomainIntent>, what: string): boolean => {
    const text = writeConfig({ domains: [{ ...base, intent: { ...base.intent, ...part } }] });
    if (readConfig(text, { file: 'septet.yaml', env: {} }).kind === 'good') return true;
    left.push(`${what} cannot be written into the configuration; it stays as it is.`);
    return false;
  };
  const uris = (list: readonly string[]): readonly string[] =>
    list.filter((uri) => fits({ tlsReports: [uri] }, `The report address ${uri}`));
  const { mx, tracking, bimi, zone, ...rest } = intent;
  const exchanges = (mx ?? []).map((one) => `${one.preference} ${one.exchange}`).join(', ');
  const kept: DomainIntent = {
    ...rest,
    ...(zone !== undefined && fits({ zone }, `The zone ${zone}`) ? { zone } : {}),
    ...(mx && fits({ mx, takesMail: intent.takesMail }, `MX ${exchanges}`) ? { mx } : {}),
    senders: intent.senders.filter((sender) => fits({ senders: [sender] }, `The sender ${sender.kind}`)),
    dmarc: {
      ...intent.dmarc,
      reports: uris(intent.dmarc.reports),
      failureReports: uris(intent.dmarc.failureReports),
    },
    tlsReports: uris(intent.tlsReports),
    ...(tracking && fits({ tracking }, `The tracking host ${tracking.host}`) ? { tracking } : {}),
    ...(bimi && fits({ bimi }, `The logo ${bimi.logo}`) ? { bimi } : {}),
  };
  return { settings: { ...draft, intent: kept }, left };
}

/**
 * Without mailboxes when the domain takes no mail; without MX also when it is a sub-domain, or nobody sends for it. What
 * could not be told counts as people. Private suffixes (`hackclub.app`) are domains like others: somebody registered them.
 */
function looksPeopled(seen: SeenDomain): boolean {
  const { domain, mx, spf, dmarc } = seen;
  if (mx !== undefined) return mx.length > 0;
  if (seen.silent || isUntold(seen, 'mx')) return true;
  // Parked: nobody passes SPF, or no sender is to be seen and DMARC refuses whatever comes.
  if (nobodySends(spf)) return false;
  if (seen.senders.senders.length === 0 && seen.untold.length === 0 && dmarc?.p === 'reject') return false;
  return registrableDomain(domain, { icannOnly: true }) === domain;
}

const isUntold = ({ untold }: SeenDomain, wanted: Untold['record']): boolean =>
  untold.some(({ record }) => record === wanted);

/** `v=spf1 -all` */
export const nobodySends = (spf: SeenDomain['spf']): boolean => /^-all$/i.test(spf[0] ?? '');

/** The zone is found by its SOA; it is written only where it is another name, for a person to see. */
const zoneBeyond = ({ domain, zone }: SeenDomain) => (zone && zone.name !== domain ? zone.name : undefined);

/**
 * A sender that is given replaces those that were seen of the same kind. Custom senders are each somebody else: a given one
 * takes from those that were seen no more than the selectors and MAIL FROM names that it says itself.
 */
function mergedSenders(seen: readonly SenderSetting[], given: readonly SenderSetting[]): readonly SenderSetting[] {
  const kinds = new Set(given.map(({ kind }) => kind));
  const custom = given.filter(({ kind }) => kind === 'custom');
  const kept = seen.flatMap((one) => {
    if (one.kind !== 'custom') return kinds.has(one.kind) ? [] : [one];
    return without(one, custom);
  });
  return [...kept, ...given];
}

function without(seen: SenderSetting, given: readonly SenderSetting[]): readonly SenderSetting[] {
  const taken = (key: string): ReadonlySet<unknown> =>
    new Set(given.flatMap(({ values }) => [values[key]].flat()).filter((value) => value !== undefined));
  const { spf, dkim, ...rest } = seen.values;
  const places = [...taken('mailFrom'), ...taken('returnPath')];
  if (places.some((place) => place === rest['mailFrom'] || place === rest['returnPath'])) return [];
  const selectorOf = (key: unknown): unknown =>
    typeof key === 'object' && key !== null && 'selector' in key ? key.selector : undefined;
  const selectors = new Set([...taken('dkim')].map(selectorOf));
  const terms = rest['mailFrom'] === undefined ? [spf].flat().filter((term) => !taken('spf').has(term)) : [spf].flat();
  const keys = [dkim].flat().filter((key) => !selectors.has(selectorOf(key)));
  const values = {
    ...rest,
    ...(spf !== undefined && terms.length > 0 ? { spf: terms } : {}),
    ...(dkim !== undefined && keys.length > 0 ? { dkim: keys } : {}),
  };
  return Object.keys(values).length > 0 ? [{ ...seen, values }] : [];
}

/** Only what the configuration can hold: an https URL. */
function bimiOf(bimi: NonNullable<SeenDomain['bimi']>): Pick<DomainIntent, 'bimi'> {
  const usable = (url: string | undefined): url is string =>
    url !== undefined && URL.canParse(url) && /^https:\/\/[^@]*$/.test(url);
  if (!usable(bimi.logo)) return {};
  return {
    bimi: {
      logo: bimi.logo,
      ...(usable(bimi.certificate) ? { certificate: bimi.certificate } : {}),
      selector: 'default',
    },
  };
}

/** The settings that `septet init` writes: what is seen, and over it what flags and answers say. Pure. */
import { readConfig } from '../config/read-config.ts';
import { writeConfig, type DomainSettings } from '../config/write-config.ts';
import { noHost } from '../config/dns-keys.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { ramps, type DomainIntent } from '../plan/intent.ts';
import type { SenderSetting } from '../senders/needs.ts';
import { hostOfServers, hostWithReferences } from './init-dns-host.ts';
import type { ReadFlags } from './init-flags.ts';
import type { SeenDomain } from './init-see.ts';

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
    ...(seen.mx === undefined ? {} : { mx: seen.mx, takesMail: seen.mx.length > 0 }),
    senders: mergedSenders(seen.senders.senders, intent.senders),
    dmarc: {
      ...intent.dmarc,
      reports: given.has('dmarc') ? intent.dmarc.reports : (seen.dmarc?.reports ?? []),
      failureReports: seen.dmarc?.failureReports ?? [],
      ramp: ramps[people ? 'standard' : 'dedicated'],
      ...(seen.dmarc?.sp === undefined ? {} : { sp: seen.dmarc.sp }),
      ...(seen.dmarc?.np === undefined ? {} : { np: seen.dmarc.np }),
      // Whoever rejects already has decided it.
      rejectConfirmed: people && seen.dmarc?.p === 'reject' && !seen.dmarc.testing,
    },
    tlsReports: given.has('tlsReports') ? intent.tlsReports : seen.tlsReports,
    ...(seen.mtaSts === undefined ? {} : { mtaSts: { mode: seen.mtaSts } }),
    ...(given.has('tracking') || !seen.tracking
      ? {}
      : { tracking: { host: seen.tracking.host, target: seen.tracking.target } }),
    ...(given.has('bimi') || !seen.bimi ? {} : bimiOf(seen.bimi)),
  };
  const host = given.has('dns') ? config.host : kind === undefined ? noHost : hostWithReferences(kind);
  return { intent: draft, host };
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

/** Without mailboxes when the domain takes no mail, or is a sub-domain without MX. What could not be told counts as people. */
function looksPeopled({ domain, mx, silent, untold }: SeenDomain): boolean {
  if (mx !== undefined) return mx.length > 0;
  return silent || untold.length > 0 || registrableDomain(domain) === domain;
}

/** The zone is found by its SOA; it is written only where it is another name, for a person to see. */
const zoneBeyond = ({ domain, zone }: SeenDomain) => (zone && zone.name !== domain ? zone.name : undefined);

/** A sender that is given replaces those that were seen of the same kind. */
function mergedSenders(seen: readonly SenderSetting[], given: readonly SenderSetting[]): readonly SenderSetting[] {
  const kinds = new Set(given.map(({ kind }) => kind));
  return [...seen.filter(({ kind }) => !kinds.has(kind)), ...given];
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

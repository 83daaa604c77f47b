/** One domain of the configuration: its settings as a plan wants them. */
import { parseDomain, type DnsName } from '../dns/name.ts';
import { isPublicSuffix } from '../dns/public-suffix.ts';
import { isAtOrBelow, under } from '../dns/name.ts';
import { ramps, type DomainIntent, type MtaStsIntent } from '../plan/intent.ts';
import { noHost, type HostConfig } from './dns-keys.ts';
import { defaultTtlSeconds, domainShape } from './domain-keys.ts';
import { placeText, repeatable, type Place } from './problem.ts';
import { hostedFilesOf, trackingOf, type HostedFile, type HostedFiles, type TrackingConfig } from './serve-keys.ts';
import { isNothing, map, type Source } from './source.ts';
import { below, placeIn, type Reading } from './shape.ts';

export interface DomainConfig {
  readonly intent: DomainIntent;
  readonly host: HostConfig;
  /** How links are counted. */
  readonly tracking?: TrackingConfig;
  /** Files of BIMI that are to be hosted. */
  readonly hosted?: HostedFiles;
  /** The same, read (`hosted-files.ts`). */
  readonly files?: readonly HostedFile[];
  /** Where the domain stands: `septet.yaml:2:3`. */
  readonly place: string;
}

/** Reads a domain as a key of the configuration; a wrong one is told. */
export function configuredName(key: string, place: Place, reading: Reading): DnsName | undefined {
  const parsed = parseDomain(key);
  const shown = key.length <= 80 ? `"${key}"` : 'This';
  const fault = (text: string): undefined => void reading.problem(place, text);
  if (parsed.ok) {
    // Owners of a private suffix (github.io) send from it; nobody sends from co.uk.
    if (!isPublicSuffix(parsed.name, { icannOnly: true })) return parsed.name;
    return fault(
      `${parsed.name} is a public suffix: people register domains below it. Write your own domain, such as yourcompany.${parsed.name}.`,
    );
  }
  const hint = parsed.meant !== undefined && parseDomain(parsed.meant).ok ? ` Did you mean ${parsed.meant}?` : '';
  if (parsed.fault === 'email-address') return fault(`${shown} is an e-mail address. A domain belongs here.${hint}`);
  if (parsed.fault === 'url') return fault(`${shown} is a URL. A domain belongs here.${hint}`);
  if (parsed.fault === 'ip-address') return fault(`${shown} is an IP address. A domain belongs here.`);
  return fault(`${repeatable(key) === undefined ? 'This' : shown} is not a domain name.`);
}

/** The settings below a domain; what is wrong is told and answers `undefined`. */
export function readDomain(
  domain: DnsName,
  source: Source,
  at: { readonly place: Place; readonly file: string; readonly reading: Reading },
): DomainConfig | undefined {
  const reading: Reading = { ...at.reading, domain, path: '' };
  const settings = isNothing(source) ? map([], at.place) : source;
  // Paths in messages begin below the domain: the line tells which one it is.
  const read = domainShape.read(settings, { ...reading, path: settings.kind === 'map' ? '' : domain });
  if (read === undefined || settings.kind !== 'map') return undefined;
  const { dns, tracking, mtaSts, bimi, dmarc } = read;
  const zone = dns?.zone;
  if (zone !== undefined && !isAtOrBelow(domain, zone)) {
    const dnsSource = settings.entries.find((entry) => entry.key === 'dns')?.value;
    const place = dnsSource?.kind === 'map' ? placeIn(dnsSource, 'zone') : at.place;
    return void reading.problem(
      place,
      `${below(reading, 'dns').path}.zone: ${domain} does not stand in the zone ${zone}.`,
    );
  }
  const usual = tracking?.host ?? (mtaSts ? under('mta-sts', domain) : undefined);
  const hosted = hostedFilesOf(bimi, usual);
  if (hosted === 'no host') {
    const text = `${below(reading, 'bimi').path}: Septet hosts files where a name leads to it. Name one with host, such as host: logo.`;
    return void reading.problem(placeIn(settings, 'bimi'), text);
  }
  const people = read.people ?? true;
  const takesMail = read.mx !== 'none';
  const intent: DomainIntent = {
    domain,
    ...(zone === undefined ? {} : { zone }),
    people,
    ...(read.mx === undefined ? {} : { mx: read.mx === 'none' ? [] : read.mx }),
    takesMail,
    senders: (read.senders ?? []).map(({ setting, place }) => ({ ...setting, place: placeText(at.file, place) })),
    spf: { all: read.spf?.all ?? 'keep' },
    dmarc: {
      reports: dmarc?.reports ?? [],
      failureReports: dmarc?.failureReports ?? [],
      ramp: dmarc?.ramp ?? ramps[people ? 'standard' : 'dedicated'],
      readers: dmarc?.readers ?? 'both',
      ...(dmarc?.sp === undefined ? {} : { sp: dmarc.sp }),
      ...(dmarc?.np === undefined ? {} : { np: dmarc.np }),
      rejectConfirmed: dmarc?.reject === 'confirmed',
    },
    ...(tracking?.host && tracking.target ? { tracking: { host: tracking.host, target: tracking.target } } : {}),
    ...(mtaSts ? { mtaSts: mtaStsOf(mtaSts) } : {}),
    tlsReports: read.tlsReports ?? [],
    ...(bimi?.logo === undefined
      ? {}
      : {
          bimi: {
            logo: bimi.logo,
            ...(bimi.certificate === undefined ? {} : { certificate: bimi.certificate }),
            selector: bimi.selector ?? 'default',
          },
        }),
    ttlSeconds: read.ttl ?? defaultTtlSeconds,
  };
  const counted = trackingOf(tracking);
  return {
    intent,
    host: dns?.host ?? noHost,
    place: placeText(at.file, at.place),
    ...(counted ? { tracking: counted } : {}),
    ...(hosted ? { hosted } : {}),
  };
}

const mtaStsOf = (read: {
  readonly mode?: MtaStsIntent['mode'] | undefined;
  readonly host?: MtaStsIntent['host'] | undefined;
}): MtaStsIntent => ({
  mode: read.mode ?? 'ramp',
  ...(read.host === undefined ? {} : { host: read.host }),
});

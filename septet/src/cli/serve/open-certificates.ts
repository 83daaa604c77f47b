/** Puts the certificates together: the store or the data folder, the DNS hosts of the domains, clock and network. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/read-config.ts';
import { readSecret, resolveHostValues } from '../../config/secrets.ts';
import { isAtOrBelow, parseName, under, type DnsName } from '../../dns/name.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import type { Certificates } from '../../serve/certificates/certificates.ts';
import type { DnsPlace } from '../../serve/certificates/dns-challenge.ts';
import {
  openCertificates,
  type ChangedSettings,
  type KeeperInput,
} from '../../serve/certificates/keep-certificates.ts';
import type { CertificateSettings, GivenCertificate } from '../../serve/certificates/settings.ts';
import { folderShelf, shelfReason, type CertificateShelf } from '../../serve/certificates/shelf.ts';
import type { Store } from '../../store/store.ts';
import { httpsFetch } from '../../world/https.ts';
import type { HttpsFetch, World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';

export interface CertificateParts {
  readonly config: Config;
  /** The configuration as it is now; `serve.acme` and `serve.certificates` are taken from it within a minute. */
  readonly current?: () => Config;
  readonly settings: CertificateSettings;
  readonly names: readonly DnsName[];
  /** Of the sandbox. */
  readonly given?: readonly GivenCertificate[];
  readonly store: Store;
  /** Where the store is a file: the folder it stands in. */
  readonly dataFolder: string;
  readonly world: World;
  /** Certificates (PEM) of `--ca`, trusted by the DNS hosts and the authority. */
  readonly ca?: readonly string[];
  log(line: string): void;
}

/** Throws `InputError` where certificates cannot be kept. The caller runs them. */
export async function certificatesOf(parts: CertificateParts, io: Io): Promise<Certificates> {
  const { settings, store, world, names, given = [], ca = [] } = parts;
  const shelf = await shelfOf(store, parts.dataFolder, settings);
  const owner = `septet ${io.pid}`;
  const waits = async (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    void (await sleep(milliseconds, undefined, signal ? { signal } : {}));
  const { now, randomBytes } = io;
  const fetchWith = ({ authorityCa = [] }: CertificateSettings): HttpsFetch =>
    httpsFetch({ resolver: world.resolver, extraCa: [...ca, ...authorityCa], now });
  let [seen, told] = [parts.config, ''];
  const reread = async (): Promise<ChangedSettings | undefined> => {
    const config = parts.current?.() ?? seen;
    if (config === seen) return undefined;
    try {
      const changed = await certificateSettings(config, io);
      [seen, told] = [config, ''];
      return { files: changed.files, fetch: fetchWith(changed), ...(changed.acme ? { acme: changed.acme } : {}) };
    } catch (error) {
      // Such as a secret that is not there: what held before holds on.
      if (!(error instanceof InputError)) throw error;
      if (error.message !== told) parts.log(error.message);
      told = error.message;
      return undefined;
    }
  };
  const input: KeeperInput = {
    names,
    ...(settings.acme ? { acme: settings.acme } : {}),
    files: settings.files,
    given,
    shelf,
    shared: store.kind === 'postgres',
    exclusively: (name, work) => store.ramps.exclusively(lockOf(name), owner, work),
    readFile: (path) => io.readFile(path),
    world,
    fetch: fetchWith(settings),
    reread,
    placeOf: (name) => placeOf(name, { ...parts, config: parts.current?.() ?? parts.config }, io),
    now,
    randomBytes,
    sleep: waits,
    log: parts.log,
  };
  try {
    return await openCertificates(input);
  } catch (error) {
    throw new InputError(`Certificates cannot be kept: ${shelfReason(error)}`);
  }
}

/** In the data folder, or encrypted in PostgreSQL for all machines. Throws `InputError` without a key for that. */
export async function shelfOf(
  store: Store,
  dataFolder: string,
  { acme }: Pick<CertificateSettings, 'acme'>,
): Promise<CertificateShelf> {
  if (store.kind === 'sqlite') return folderShelf(dataFolder);
  if (!acme) return store.secrets;
  const probe = 'acme/probe/key';
  try {
    await store.secrets.put(probe, '');
    await store.secrets.remove(probe);
  } catch (error) {
    throw new InputError(
      `Certificates cannot be kept in the store. ${shelfReason(error)} Its place is SEPTET_SECRET_KEY.`,
    );
  }
  return store.secrets;
}

/** The names that the configuration has hosted here. */
export function certificateNames(config: Config): readonly DnsName[] {
  const names = new Set<DnsName>();
  for (const [domain, { intent, tracking, hosted }] of config.domains) {
    const policy = intent.mtaSts && under('mta-sts', domain);
    if (policy) names.add(policy);
    if (tracking) names.add(tracking.host);
    if (hosted) names.add(hosted.host);
  }
  return [...names];
}

/** Beside the ramps' own locks, which are named by domain. */
function lockOf(name: DnsName): DnsName {
  const lock = parseName(`_certificate.${name}`);
  return lock.ok ? lock.name : name;
}

/** Where the records of a name are kept, by the configuration; a sentence where nobody could write there. */
async function placeOf(
  name: DnsName,
  { config, world, ca = [] }: CertificateParts,
  io: Io,
): Promise<DnsPlace | string> {
  const domain = [...config.domains.keys()]
    .filter((one) => isAtOrBelow(name, one))
    .sort((a, b) => b.length - a.length)[0];
  const settings = domain === undefined ? undefined : config.domains.get(domain);
  if (!settings)
    return `${name} is in no domain of the configuration, so that nobody knows where its records are kept.`;
  const { host, intent } = settings;
  const kind = hostKinds.find((one) => one.key === host.kind);
  if (!kind?.publishes)
    return `Septet cannot write at ${kind?.title ?? 'an unknown host'}, where ${domain} has its records. Use serve.acme.challenge: http-01.`;
  const resolved = await resolveHostValues(host, io);
  if (resolved.kind === 'missing') return resolved.problems.join(' ');
  const { openHost } = await import('../../providers/open-host.ts');
  const waits = async (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    void (await sleep(milliseconds, undefined, signal ? { signal } : {}));
  const { now, randomBytes } = io;
  const opened = await openHost(host.kind, resolved.values, { now, randomBytes, sleep: waits, extraCa: ca });
  if (opened === undefined || typeof opened === 'string') return opened ?? `${host.kind} is not known.`;
  const zone = intent.zone ?? (await zoneOf(name, world));
  if (zone === undefined) return `The zone that holds ${name} cannot be found. Name it in dns.zone of ${domain}.`;
  return { host: opened, zone, servers: host.servers };
}

/** By the SOA record that an answer carries (RFC 2308 §3). */
async function zoneOf(name: DnsName, world: Pick<World, 'resolver'>): Promise<DnsName | undefined> {
  const answer = await world.resolver.query(name, 'SOA');
  const zone = answer.kind === 'found' ? answer.set.name : answer.kind === 'failed' ? undefined : answer.zone;
  return zone !== undefined && isAtOrBelow(name, zone) ? zone : undefined;
}

/** `serve.acme` and `serve.certificates`, without what only an order needs: no secret and no file is read. */
export function plainSettings({ serve }: Config): CertificateSettings {
  if (!serve) return { files: [] };
  const { acme, certificates } = serve;
  if (!acme) return { files: certificates };
  const { directory, email, challenge, agree } = acme;
  return { files: certificates, acme: { directory, challenge, agree, ...(email === undefined ? {} : { email }) } };
}

/** All of it. Throws `InputError` where a secret or the file of `serve.acme.ca` is not there. */
export async function certificateSettings(config: Config, io: Io): Promise<CertificateSettings> {
  const plain = plainSettings(config);
  const { eab, ca } = config.serve?.acme ?? {};
  if (!plain.acme) return plain;
  const read = eab && (await readSecret('serve.acme.eab.hmacKey', eab.hmacKey, io));
  if (read && 'problem' in read) throw new InputError(read.problem);
  const trusted = ca === undefined ? undefined : (await io.readFile(ca)).toString('utf8');
  if (trusted !== undefined && !trusted.includes('-----BEGIN CERTIFICATE-----'))
    throw new InputError(`serve.acme.ca: ${ca} holds no certificate in PEM.`);
  return {
    ...plain,
    acme: { ...plain.acme, ...(eab && read ? { eab: { kid: eab.kid, hmacKey: read.value } } : {}) },
    ...(trusted === undefined ? {} : { authorityCa: [trusted] }),
  };
}

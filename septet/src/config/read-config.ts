/** Reads `septet.yaml`: text and environment in, settings or sentences with line and column out. */
import path from 'node:path';
import type { DnsName } from '../dns/name.ts';
import { serveOf, type ServeConfig } from './acme-keys.ts';
import { namedAlerts, type AlertConfig, type PlacedAlert } from './alerts-keys.ts';
import type { HostConfig } from './dns-keys.ts';
import { readDomain, configuredName, type DomainConfig } from './domain.ts';
import { withEnvironment } from './environment.ts';
import { placeText, problemAt, type ConfigProblem, type Place } from './problem.ts';
import type { SecretRef } from './references.ts';
import { map, maxProblems, sourceOf, type Source } from './source.ts';
import { relayOf, type RelayConfig } from './relay-keys.ts';
import type { Reading } from './shape.ts';
import { topKeys, topWords } from './top-keys.ts';
import { watchOf, type WatchConfig } from './watch-keys.ts';
import { readKeys } from './shape.ts';

export interface Config {
  readonly domains: ReadonlyMap<DnsName, DomainConfig>;
  /** As `--resolver` takes them; empty: those of the system. */
  readonly resolvers: readonly string[];
  /** Folder of the journal. */
  readonly state: string;
  /** Channels of alerts; empty: nobody is told. */
  readonly alerts: readonly AlertConfig[];
  /** How `septet watch` looks, where reports come from, what is kept. */
  readonly watch: WatchConfig;
  /** Certificates of the hosted names. */
  readonly serve?: ServeConfig;
  /** The SMTP proxy and milter. */
  readonly relay?: RelayConfig;
  /** The file the configuration was read from. */
  readonly file: string;
}

export interface ConfigOutside {
  /** Path of the file, for messages and for what stands beside it. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ConfigResult =
  | { readonly kind: 'good'; readonly config: Config }
  | {
      readonly kind: 'bad';
      readonly problems: readonly ConfigProblem[];
      /** How many more there are. */ readonly more: number;
    };

/** The folder of the journal where the configuration names none, beside the file. */
export const defaultState = '.septet';

/**
 * Reads a configuration. Environment variables that begin with `SEPTET_` override what the file says
 * (`environment.ts`). Never throws; at most `maxProblems` problems are told, those of the file in the order of its lines.
 */
export function readConfig(text: string, outside: ConfigOutside): ConfigResult {
  const { file, env } = outside;
  const problems: ConfigProblem[] = [];
  const bad = (): ConfigResult => ({
    kind: 'bad',
    problems: inOrder(problems).slice(0, maxProblems),
    more: Math.max(0, problems.length - maxProblems),
  });
  const read = sourceOf(text);
  if (read.kind === 'bad') return { ...read, more: 0 };
  const reading: Reading = {
    env,
    path: '',
    problem: (place, message) => void (problems.length < 1000 && problems.push(problemAt(place, message))),
  };
  const base = read.source.kind === 'scalar' && read.source.text === '' ? map([], read.source.place) : read.source;
  const source = withEnvironment(base, env, reading);
  const values = readKeys(source, topKeys, topWords, reading);
  const entries = source.kind === 'map' ? source.entries : [];
  const listed = entries.find((entry) => entry.key === 'domains')?.value;
  const domains = listed ? domainsOf(listed, file, reading) : new Map<DnsName, DomainConfig>();
  if (problems.length > 0 || values === undefined) return bad();
  const folder = path.dirname(file);
  const state = values.get('state') as string | undefined;
  const serve = serveOf(values.get('serve'), folder, (ref) => anchoredRef(ref, folder));
  const relay = relayOf(values.get('relay'), folder, (ref) => anchoredRef(ref, folder));
  const watch = watchOf(values.get('watch') as Parameters<typeof watchOf>[0], folder);
  const config: Config = {
    domains: new Map([...domains].map(([name, domain]) => [name, withMoves(anchoredDomain(domain, folder), watch)])),
    resolvers: (values.get('resolvers') ?? []) as readonly string[],
    state: beside(folder, state ?? defaultState),
    alerts: namedAlerts((values.get('alerts') ?? []) as readonly PlacedAlert[], file, (ref) =>
      anchoredRef(ref, folder),
    ),
    watch,
    ...(serve ? { serve } : {}),
    ...(relay ? { relay } : {}),
    file,
  };
  return { kind: 'good', config };
}

function domainsOf(listed: Source, file: string, reading: Reading): Map<DnsName, DomainConfig> {
  const domains = new Map<DnsName, DomainConfig>();
  // The shape of the key has told already when it is no mapping.
  if (listed.kind !== 'map') return domains;
  const places = new Map<DnsName, Place>();
  for (const { key, place, value } of listed.entries) {
    const name = configuredName(key, place, reading);
    if (name === undefined) continue;
    const before = places.get(name);
    if (before !== undefined) {
      reading.problem(
        place,
        `${name} stands here for the second time, in another spelling; the first is ${placeText(file, before)}.`,
      );
      continue;
    }
    places.set(name, place);
    const domain = readDomain(name, value, { place, file, reading });
    if (domain) domains.set(name, domain);
  }
  return domains;
}

/** Paths of a configuration are meant from the folder it stands in. */
const beside = (folder: string, name: string): string => (path.isAbsolute(name) ? name : path.join(folder, name));

function anchoredDomain(domain: DomainConfig, folder: string): DomainConfig {
  const { tracking } = domain;
  const host = anchored(domain.host, folder);
  if (!tracking?.webhook) return { ...domain, host };
  const webhook = { ...tracking.webhook, secret: anchoredRef(tracking.webhook.secret, folder) };
  return { ...domain, host, tracking: { ...tracking, webhook } };
}

/** What `watch:` allows the ramps of all domains, where a domain says nothing of its own. */
function withMoves(domain: DomainConfig, { automatic, goBack, unauthenticated }: WatchConfig): DomainConfig {
  const { intent } = domain;
  const moves = {
    ...(automatic ? { automatic } : {}),
    ...(goBack ? { goBack } : {}),
    ...(unauthenticated ? { unauthenticated } : {}),
    ...intent.moves,
  };
  return Object.keys(moves).length === 0 ? domain : { ...domain, intent: { ...intent, moves } };
}

function anchored(host: HostConfig, folder: string): HostConfig {
  const secrets = Object.entries(host.secrets).map(([key, ref]) => [key, anchoredRef(ref, folder)] as const);
  return { ...host, secrets: Object.fromEntries(secrets) };
}

const anchoredRef = (ref: SecretRef, folder: string): SecretRef =>
  ref.kind === 'file' ? { kind: 'file', name: beside(folder, ref.name) } : ref;

const inOrder = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  [...problems].sort((a, b) => a.line - b.line || a.column - b.column);

/**
 * Turns the options that say where answers come from (`--resolver`, `--zone`, `--replay`, `--at`…) into a World.
 * Heavy parts are loaded when an option asks for them.
 */
import { root } from '../dns/name.ts';
import type { networkResolver as NetworkResolverMaker } from '../dns/network-resolver.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { Recording } from '../world/recording.ts';
import type { World } from '../world/world.ts';
import { InputError, type Io } from './io.ts';
import { instantOf } from './options.ts';

export interface WorldOptions {
  readonly resolver?: readonly string[];
  readonly zone?: readonly string[];
  readonly replay?: string;
  readonly record?: string;
  readonly at?: string;
  /** Seconds for one DNS question. */
  readonly timeout?: string;
  readonly transport?: string;
  /** False: no web server is asked. */
  readonly https?: boolean;
  /** True: every name server of the zone is asked by itself; false: never. */
  readonly authoritative?: boolean;
  /** Files with certificates (PEM) that are trusted besides the system's. */
  readonly ca?: readonly string[];
}

export interface OpenWorld {
  readonly world: World;
  /** Writes the case file of `--record`, and closes sockets. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Many domains follow: only answers that several domains share are kept. */
  readonly many?: boolean;
  /** Nothing is remembered between questions: for runs that watch records spread. */
  readonly fresh?: boolean;
}

export async function openWorld(options: WorldOptions, io: Io, open: OpenOptions = {}): Promise<OpenWorld> {
  const sources = [options.resolver && '--resolver', options.zone && '--zone', options.replay && '--replay'].filter(
    Boolean,
  );
  if (sources.length > 1)
    throw new InputError(`${sources.join(' and ')} cannot be used together: each says where the answers come from.`);
  const at = options.at === undefined ? undefined : instantOf(options.at);
  const base = await baseWorld(options, io, open);
  const world: World = at === undefined ? base.world : { ...base.world, now: () => at };
  if (options.record === undefined) return { world, close: base.close };
  const { recordingWorld } = await import('../world/recording.ts');
  const path = options.record;
  const recorder = recordingWorld(world);
  return {
    world: recorder.world,
    close: async () => {
      await base.close();
      await io.writeFile(path, `${JSON.stringify(recorder.recording(), undefined, 1)}\n`);
    },
  };
}

async function baseWorld(options: WorldOptions, io: Io, open: OpenOptions): Promise<OpenWorld> {
  if (options.replay !== undefined) return { world: await replayed(options.replay, io), close: async () => {} };
  if (options.zone !== undefined) return { world: await fromZones(options.zone, io), close: async () => {} };
  return fromNetwork(options, io, open);
}

async function replayed(path: string, io: Io): Promise<World> {
  const { readRecording, replayWorld } = await import('../world/recording.ts');
  let json: unknown;
  try {
    json = JSON.parse((await io.readFile(path)).toString('utf8'));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const recording: Recording | string = readRecording(json);
  if (typeof recording === 'string') throw new InputError(`${path} cannot be replayed: ${recording}.`);
  return replayWorld(recording);
}

/** `--zone` takes all words that follow, so a domain behind it is taken for a file: the sentence says so. */
async function zoneBytes(path: string, paths: readonly string[], io: Io): ReturnType<Io['readFile']> {
  try {
    return await io.readFile(path);
  } catch (error) {
    if (!(error instanceof InputError) || path === paths[0] || path.includes('/')) throw error;
    throw new InputError(`${error.message} --zone takes every word that follows it: put domains in front of it.`);
  }
}

async function fromZones(paths: readonly string[], io: Io): Promise<World> {
  const [{ readZone }, { zoneResolver }] = await Promise.all([
    import('../dns/zone-read.ts'),
    import('../dns/zone-resolver.ts'),
  ]);
  const zones = [];
  const faults: string[] = [];
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- in the order of the arguments, one file in memory at a time
    const result = readZone(await zoneBytes(path, paths, io), { file: path });
    if (result.kind === 'good') zones.push(result.zone);
    else faults.push(...result.errors.map((error) => `${error.file}:${error.line}:${error.column}: ${error.message}`));
  }
  if (faults.length > 0) {
    const title = faults.length === 1 ? 'The zone file cannot be read.' : 'The zone files cannot be read.';
    throw new InputError(`${title}\n${faults.join('\n')}`);
  }
  return { resolver: zoneResolver(zones), otherResolvers: [], now: io.now, randomBytes: io.randomBytes };
}

async function fromNetwork(options: WorldOptions, io: Io, open: OpenOptions): Promise<OpenWorld> {
  const [network, { cachingResolver }] = await Promise.all([
    import('../dns/network-resolver.ts'),
    import('../dns/cache.ts'),
  ]);
  const servers = options.resolver ?? network.systemServers();
  if (servers.length === 0) throw new InputError('This machine names no DNS resolver. Give one with --resolver.');
  const timeoutMs = options.timeout === undefined ? 5000 : secondsOf(options.timeout) * 1000;
  const wanted = options.transport;
  if (wanted !== undefined && wanted !== 'udp' && wanted !== 'tcp')
    throw new InputError(`--transport is udp or tcp, not ${wanted}.`);
  const addresses = servers.filter((server) => !server.startsWith('https://'));
  for (const server of addresses) {
    if (network.parseServer(server) === undefined) {
      throw new InputError(
        `${server} is not the address of a resolver. Write 192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:53 or https://host/dns-query.`,
      );
    }
  }
  // Many questions cost less over TCP, where one write carries a dozen of them; resolvers need not take it, though.
  const transport =
    wanted ??
    (open.many && addresses.length > 0 && (await takesTcp(addresses, network.networkResolver)) ? 'tcp' : 'udp');
  const closers: (() => Promise<void>)[] = [];
  const cached = (resolver: Resolver): Resolver => {
    if (open.fresh) {
      closers.push(async () => resolver.close?.());
      return resolver;
    }
    const cache = cachingResolver(resolver, { now: io.now, ...(open.many ? { maxEntries: 20_000 } : {}) });
    closers.push(async () => cache.close?.());
    return cache;
  };
  const make = (asked: readonly string[]): Resolver =>
    network.networkResolver({
      servers: asked,
      timeoutMs,
      transport,
      ...(open.many ? { concurrency: 2000, sockets: 2 } : {}),
    });
  let main: Resolver;
  let others: Resolver[] = [];
  let forgetful: Resolver | undefined;
  if (addresses.length === servers.length) {
    const network = make(servers);
    main = cached(network);
    if (open.many) forgetful = network;
    // Several resolvers of the user's choice are compared; the system's own are only there for each other's failure.
    if (options.resolver && servers.length > 1 && !open.many)
      others.push(...servers.slice(1).map((server) => cached(make([server]))));
  } else {
    const { dohResolver } = await import('../dns/transport-doh.ts');
    const one = (server: string): Resolver =>
      cached(server.startsWith('https://') ? dohResolver({ url: server, timeoutMs }) : make([server]));
    [main, ...others] = servers.map(one) as [Resolver, ...Resolver[]];
  }
  const direct = options.authoritative ?? (options.resolver === undefined && !open.many);
  const fetch = options.https === false ? undefined : await webOf(main, options, io);
  const finder = direct ? await finderOf(main) : undefined;
  return {
    world: {
      resolver: main,
      otherResolvers: others,
      now: io.now,
      randomBytes: io.randomBytes,
      ...(forgetful ? { forgetful } : {}),
      ...(fetch ? { fetch } : {}),
      ...(finder ? { authoritative: finder } : {}),
    },
    close: async () => {
      await Promise.all(closers.map((close) => close()));
    },
  };
}

/** Whether every one of the resolvers answers over TCP (RFC 7766 §5). */
async function takesTcp(servers: readonly string[], networkResolver: typeof NetworkResolverMaker): Promise<boolean> {
  const answers = await Promise.all(
    servers.map(async (server) => {
      const probe = networkResolver({ servers: [server], transport: 'tcp', timeoutMs: 1000, attempts: 1 });
      try {
        return await probe.query(root, 'NS');
      } finally {
        await probe.close();
      }
    }),
  );
  return answers.every(
    (answer) => answer.kind !== 'failed' || answer.reason === 'refused' || answer.reason === 'servfail',
  );
}

async function webOf(resolver: Resolver, options: WorldOptions, io: Io): Promise<World['fetch']> {
  const { httpsFetch } = await import('../world/https.ts');
  const extraCa = await Promise.all((options.ca ?? []).map(async (path) => (await io.readFile(path)).toString('utf8')));
  const ports = portsOf(io.env['SEPTET_HTTPS_PORT'], io.env['SEPTET_HTTP_PORT']);
  return httpsFetch({ resolver, now: io.now, ...(extraCa.length > 0 ? { extraCa } : {}), ...(ports ? { ports } : {}) });
}

async function finderOf(resolver: Resolver): Promise<World['authoritative']> {
  const { authorityFinder } = await import('../dns/authoritative.ts');
  return authorityFinder({ resolver });
}

/** Laboratories serve HTTPS on other ports; documented in `docs/cli.md`. */
function portsOf(https: string | undefined, http: string | undefined): Record<number, number> | undefined {
  const ports: Record<number, number> = {};
  if (https) ports[443] = portOf(https, 'SEPTET_HTTPS_PORT');
  if (http) ports[80] = portOf(http, 'SEPTET_HTTP_PORT');
  return Object.keys(ports).length > 0 ? ports : undefined;
}

function portOf(text: string, variable: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InputError(`${variable} is a port from 1 to 65535, not ${text}.`);
  return port;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 120))
    throw new InputError(`--timeout is a number of seconds up to 120, not ${text}.`);
  return seconds;
}

/** Runs the relay until it is told to end, and tells what happens in lines without personal data. */
import path from 'node:path';
import { loadConfig } from '../../config/find-config.ts';
import type { Config } from '../../config/read-config.ts';
import { directRoute } from '../../relay/direct-route.ts';
import { fixedRoute } from '../../relay/fixed-route.ts';
import { startMilterListener } from '../../relay/milter-listener.ts';
import { RelayFault } from '../../relay/relay-fault.ts';
import type { RelayEvent } from '../../relay/relay-log.ts';
import { rewritingBy, type RewritingParts } from '../../relay/rewriting.ts';
import { room } from '../../relay/room.ts';
import { startRelayListener, type RelayListener } from '../../relay/smtp-listener.ts';
import { tokenWriter } from '../../rewrite/tokens.ts';
import { openTrackingKeys, TrackingKeysFault } from '../../rewrite/tracking-keys.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type OpenWorld } from '../open-world.ts';
import { dataFolder } from '../store-option.ts';
import { visible, visibleLines } from '../visible.ts';
import { relayedDomains } from './relay-domains.ts';
import { eventText } from './relay-event.ts';
import { openMarks, type Marks } from '../../relay/marks.ts';
import { startCarrier, type Carrier } from '../../world/next-carrier.ts';
import { relaySettings, type RelayOptions, type RelaySettings } from './relay-options.ts';

/** Messages on their way may take so many times the largest one together, and at least `leastRoom`. */
const roomTimes = 8; // house
const leastRoom = 128 * 1024 * 1024; // house
/** How often keys are read again, so that a rotation needs no restart. */
const refreshMs = 60_000; // house

/** Exit code 0 when it was told to end. */
export async function relay(options: RelayOptions, io: Io): Promise<number> {
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const { config } = loaded;
  const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
  const settings = await relaySettings(options, config.relay ?? {}, io, ca);
  const say = (line: string): void => io.err(`${visibleLines(line)}\n`);
  const log = (event: RelayEvent): void => {
    const time = new Date(io.now()).toISOString();
    if (options.json) void io.out(`${JSON.stringify({ time, ...event })}\n`);
    else say(`${time} ${eventText(event)}`);
  };
  const closers: (() => Promise<void>)[] = [];
  try {
    const parts = await partsOf(config, options, io, say);
    closers.push(parts.close);
    const rewriting = rewritingBy({ parts: parts.now, now: io.now, log });
    const { maxOctets, maxConnections, onFault } = settings;
    const memory = room(Math.max(leastRoom, maxOctets * roomTimes));
    const lines: string[] = [];
    const started: RelayListener[] = [];
    closers.push(async () => void (await Promise.all(started.map((each) => each.close()))));
    if (settings.smtp) {
      const { smtp } = settings;
      const world = smtp.target.kind === 'direct' ? await openWorld(directWorld(options, config), io) : undefined;
      if (world) closers.unshift(world.close);
      const carrier = startCarrier();
      closers.unshift(async () => carrier.close());
      const marks = marksIn(dataFolder(options, io), io);
      const listener = await startRelayListener({
        host: smtp.host,
        port: smtp.port,
        name: settings.name,
        route: routeOf(settings, smtp.target, world, carrier, ca, io, log),
        admission: settings,
        rewriting,
        maxOctets,
        room: memory,
        ...(smtp.tls ? { tls: await pairOf(smtp.tls, io) } : {}),
        maxConnections,
        marks,
        log,
      });
      started.push(listener);
      lines.push(`Taking mail at ${hostText(smtp.host)}:${listener.port}, ${wayText(smtp.target)}.`);
    }
    if (settings.milter) {
      const { milter } = settings;
      const listener = await startMilterListener({
        place: milter,
        rewriting,
        maxOctets,
        room: memory,
        onFault,
        maxConnections,
        log,
      });
      started.push(listener);
      const where = milter.kind === 'unix' ? `unix:${milter.path}` : `inet:${hostText(milter.host)}:${listener.port}`;
      lines.push(`Listening as a milter at ${where}.`);
    }
    for (const line of [...lines, domainsText(parts.now()), 'End with Ctrl-C.', '']) say(line);
    await (io.untilInterrupted?.() ?? new Promise<void>(() => {}));
    return 0;
  } catch (error) {
    if (error instanceof RelayFault || error instanceof TrackingKeysFault) throw new InputError(error.message);
    throw error;
  } finally {
    for (const closer of closers.reverse()) {
      // oxlint-disable-next-line no-await-in-loop -- in the reverse of the order in which they were opened
      await closer();
    }
  }
}

/** Keys and wishes, read now and again. What cannot be read leaves what was read before. */
async function partsOf(config: Config, options: RelayOptions, io: Io, say: (line: string) => void) {
  const state = options.state ?? config.state;
  const read = async (): Promise<RewritingParts> => ({
    domains: await relayedDomains(config, state, say, options),
    writer: tokenWriter(await openTrackingKeys(dataFolder(options, io), io)),
  });
  let parts = await read();
  const timer = setInterval(() => {
    read().then(
      (fresh) => void (parts = fresh),
      (error: unknown) => say(error instanceof Error ? error.message : String(error)),
    );
  }, refreshMs);
  return { now: () => parts, close: async () => clearInterval(timer) };
}

type SmtpSettings = NonNullable<RelaySettings['smtp']>;

function routeOf(
  { name }: RelaySettings,
  target: SmtpSettings['target'],
  open: OpenWorld | undefined,
  carrier: Carrier,
  ca: readonly string[],
  io: Io,
  log: (event: RelayEvent) => void,
) {
  if (target.kind === 'next') return fixedRoute({ place: target.place, name, openNext: carrier.open });
  if (!open) throw new Error('direct delivery asks a world');
  // Laboratories have their mail servers at other ports.
  const port = io.env['SEPTET_SMTP_PORT'];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535))
    throw new InputError(`SEPTET_SMTP_PORT is a port from 1 to 65535, not ${visible(port)}.`);
  return directRoute({
    world: open.world,
    name,
    log,
    internal: target.internal,
    ca,
    openNext: carrier.open,
    ...(port === undefined ? {} : { port: Number(port) }),
  });
}

function marksIn(folder: string, io: Io): Marks {
  try {
    const marks = openMarks(path.join(folder, 'relay'), io.now);
    marks.sweep();
    return marks;
  } catch (error) {
    throw new InputError(
      `${visible(folder)}: the relay cannot write there (${error instanceof Error ? error.message : String(error)}). Name a folder with --data.`,
    );
  }
}

/** `--resolver` and the like go before the resolvers of the configuration. */
const directWorld = (options: RelayOptions, { resolvers }: Config): RelayOptions =>
  options.resolver || options.zone || options.replay || resolvers.length === 0
    ? options
    : { ...options, resolver: resolvers };

async function pairOf({ cert, key }: NonNullable<SmtpSettings['tls']>, io: Io) {
  return { cert: (await io.readFile(cert)).toString('latin1'), key: (await io.readFile(key)).toString('latin1') };
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function wayText(target: SmtpSettings['target']): string {
  if (target.kind === 'direct') return 'and delivering it to the mail servers of its recipients';
  return `and handing it on to ${hostText(target.place.host)}:${target.place.port}`;
}

function domainsText({ domains }: RewritingParts): string {
  if (domains.size === 0)
    return 'No domain of the configuration has a tracking host, so every message passes through as it is.';
  const signed = [...domains.values()].filter(({ sign }) => sign).length;
  const all = domains.size === 1 ? '1 domain is' : `${domains.size} domains are`;
  return `Mail of ${all} rewritten, ${signed === domains.size ? 'and signed' : `${signed} of them signed here`}.`;
}

/** `septet serve` with the configuration: runs until it is interrupted, and then lets requests end. */
import { pino } from 'pino';
import { openTrackingKeys, TrackingKeysFault } from '../../rewrite/tracking-keys.ts';
import { onHangup } from '../../serve/hangup-listener.ts';
import { ListenFault } from '../../serve/listen-fault.ts';
import { startServing, type ServeLog, type Serving } from '../../serve/serving.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import { dataFolder, openStoreOf } from '../store-option.ts';
import { certificateNames, certificateSettings, certificatesOf } from './open-certificates.ts';
import { configWatch, hostingOf, retentionDaysOf, webhookOf } from './serve-config.ts';
import { serveSettings, usualPlaces, type ServeOptions, type ServeSettings } from './serve-options.ts';

/** Exit code 0 when it was asked to end. Throws `InputError`. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const settings = serveSettings(options, usualPlaces);
  const watch = await configWatch(options.config, io);
  const config = watch.config();
  const log = logTo(io, settings.level);
  const folder = dataFolder(options, io);
  const closers: (() => Promise<void>)[] = [];
  try {
    const store = await openStoreOf(options, io);
    closers.push(() => store.close());
    const resolver = options.resolver ?? (config.resolvers.length > 0 ? config.resolvers : undefined);
    const { world, close } = await openWorld(
      { ...(resolver ? { resolver } : {}), ...(options.ca ? { ca: options.ca } : {}) },
      io,
      { fresh: true },
    );
    closers.push(close);
    const keys = () => openTrackingKeys(folder, io);
    const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
    const certificates = await certificatesOf(
      {
        config,
        current: () => watch.config(),
        settings: await certificateSettings(config, io),
        names: certificateNames(config),
        store,
        dataFolder: folder,
        world,
        ca,
        log: (line) => log.info({}, line),
      },
      io,
    );
    const serving = await startServing({
      host: settings.host,
      http: settings.http,
      https: settings.https,
      ...(settings.admin ? { admin: settings.admin } : {}),
      ...(settings.proxies ? { proxies: settings.proxies } : {}),
      ...(settings.perMinute === undefined ? {} : { rates: { all: settings.perMinute } }),
      config: hostingOf(config),
      store,
      keys,
      certificates,
      webhookOf: (domain) => webhookOf(watch.config(), domain, io),
      retentionDays: (domain) => retentionDaysOf(watch.config(), domain),
      reread: (force) => watch.reread(force),
      ...(world.fetch ? { fetch: world.fetch } : {}),
      resolver: world.resolver,
      now: io.now,
      randomBytes: io.randomBytes,
      log,
    });
    closers.push(() => serving.close(settings.drainMs));
    const { httpPort, httpsPort, adminPort } = serving;
    log.info({ http: httpPort, https: httpsPort, admin: adminPort, hosts: serving.hosts().length }, 'Serving.');
    await untilEnd(serving, io, log);
    return 0;
  } catch (error) {
    if (error instanceof ListenFault || error instanceof TrackingKeysFault) throw new InputError(error.message);
    throw error;
  } finally {
    for (const closer of closers.reverse()) {
      // oxlint-disable-next-line no-await-in-loop -- in the reverse of the order in which they were opened
      await closer();
    }
  }
}

/** SIGHUP reads the configuration again; SIGINT and SIGTERM end the wait. */
export async function untilEnd(serving: Serving, io: Io, log: ServeLog): Promise<void> {
  const noMore = onHangup(() => void serving.reload());
  await (io.untilInterrupted?.() ?? new Promise<void>(() => {}));
  noMore();
  log.info({}, 'Ending: requests on their way are answered.');
}

/** JSON lines on standard error, without host names and process ids of the machine. */
export function logTo(io: Io, level: ServeSettings['level']): ServeLog {
  const options = { level, base: null, timestamp: () => `,"time":"${new Date(io.now()).toISOString()}"` };
  return pino(options, { write: (line: string) => io.err(line) });
}

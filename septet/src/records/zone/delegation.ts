/**
 * The servers of a zone, each asked directly: whether they know the zone (RFC 1912 §2.8), whether the parent names the
 * same ones (RFC 1034 §4.2.2), and whether they and the resolvers tell the same story about the records of the audit.
 */
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import type { NameServer, ServerAnswer } from '../../dns/resolver.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import { evidenceOf, listOf, outcomeOf, storyOf, timeOf, ttlOf } from './evidence.ts';
import { found } from './findings.ts';

/** A record of the audit that every server is asked for. */
export interface RecordToCompare {
  readonly name: DnsName;
  readonly type: RrType;
  /** When it was last changed, in milliseconds since 1970, where that is known. */
  readonly changedAt?: number;
  /** TTL in seconds that the record had before the change. */
  readonly oldTtlSeconds?: number;
}

export interface DelegationObservation {
  readonly zone: DnsName;
  readonly delegated: readonly NameServer[];
  readonly apex: readonly DnsName[];
  /** One answer per address of every server. */
  readonly soa: readonly ServerAnswer<'SOA'>[];
  readonly records: readonly ComparedRecord[];
}

export interface ComparedRecord extends RecordToCompare {
  readonly servers: readonly ServerAnswer[];
  /** The answers of the resolvers, the world's own first. */
  readonly asked: readonly Answer[];
}

/** Absent where nobody can be asked directly, or the servers could not be found. */
export async function askServers(
  world: World,
  domain: DnsName,
  records: readonly RecordToCompare[],
): Promise<DelegationObservation | undefined> {
  const result = await world.authoritative?.(domain);
  if (result?.kind !== 'found') return undefined;
  const { authority } = result;
  const { zone, delegated, apex } = authority;
  const resolvers = [world.resolver, ...world.otherResolvers];
  const inside = records.filter(({ name }) => isAtOrBelow(name, zone));
  const [soa, compared] = await Promise.all([
    authority.ask(zone, 'SOA'),
    Promise.all(
      inside.map(async (record) => {
        const [servers, ...asked] = await Promise.all([
          authority.ask(record.name, record.type),
          ...resolvers.map((resolver) => resolver.query(record.name, record.type)),
        ]);
        return { ...record, servers, asked };
      }),
    ),
  ]);
  return { zone, delegated, apex, soa, records: compared };
}

export function checkDelegation(seen: DelegationObservation, seenAt: number): readonly Finding[] {
  return [
    ...checkServers(seen),
    ...checkNames(seen),
    ...seen.records.flatMap((record) => [
      ...checkAgreement(seen, record),
      ...checkPropagation(record, seenAt, negativeTtl(seen)),
      ...checkTcp(seen, record),
    ]),
  ];
}

function checkServers({ zone, soa }: DelegationObservation): readonly Finding[] {
  if (soa.length === 0) return [];
  const silentOverIpv6 = soa.every(({ address, answer }) => !address.includes(':') || answer.kind === 'failed');
  const reached = soa.filter(({ address }) => !silentOverIpv6 || !address.includes(':'));
  const bad = reached.filter(({ answer }) => standing(answer, zone) === 'lame');
  const silent = reached.filter(({ answer }) => standing(answer, zone) === 'silent');
  const faulty = bad.length > 0 ? bad : silent;
  if (faulty.length === 0) return [];
  const all = faulty.length === reached.length;
  return [
    found('dns.delegation.lame', {
      subject: { name: zone, type: 'NS' },
      args: { servers: listOf(faulty.map(({ server }) => server)), zone },
      severity: all ? 'error' : 'warning',
      ...(bad.length > 0 ? {} : { state: 'unknown' as const }),
      evidence: faulty.map(({ server, address, answer }) => ({
        kind: 'answer',
        name: zone,
        type: 'SOA',
        outcome: outcomeOf(answer),
        server: `${server} (${address})`,
      })),
    }),
  ];
}

function standing(answer: Answer<'SOA'>, zone: DnsName): 'good' | 'lame' | 'silent' {
  if (answer.kind === 'found') return answer.authoritative === false || answer.set.name !== zone ? 'lame' : 'good';
  if (answer.kind !== 'failed') return 'lame';
  return answer.reason === 'refused' || answer.reason === 'servfail' ? 'lame' : 'silent';
}

function checkNames({ zone, delegated, apex }: DelegationObservation): readonly Finding[] {
  if (delegated.length === 0) return [];
  const findings: Finding[] = [];
  const subject = { name: zone, type: 'NS' };
  const above = delegated.map(({ name }) => name);
  const onlyAbove = above.filter((name) => !apex.includes(name));
  const onlyBelow = apex.filter((name) => !above.includes(name));
  if (apex.length > 0 && (onlyAbove.length > 0 || onlyBelow.length > 0)) {
    const evidence: Evidence[] = [
      { kind: 'fact', label: 'name servers at the registry', value: listOf(above) },
      { kind: 'fact', label: 'name servers in the zone', value: listOf(apex) },
    ];
    findings.push(found('dns.delegation.mismatch', { subject, args: { zone }, evidence }));
  }
  const addresses = new Set(delegated.flatMap((server) => server.addresses));
  if (addresses.size === 1) {
    const value = `${listOf(above)} (${[...addresses].join(', ')})`;
    const evidence: Evidence[] = [{ kind: 'fact', label: 'name servers', value }];
    findings.push(found('dns.ns.single', { subject, args: { zone }, evidence }));
  }
  return findings;
}

function checkAgreement({ soa }: DelegationObservation, record: ComparedRecord): readonly Finding[] {
  const { name, type, servers } = record;
  const stories = new Set(servers.flatMap(({ answer }) => storyOf(answer) ?? []));
  if (stories.size < 2) return [];
  return [
    found('dns.auth.inconsistent', {
      subject: { name, type },
      args: { name, type },
      evidence: servers.map(({ server, address, answer }) => {
        const serial = soa.find((one) => one.server === server && one.address === address)?.answer;
        const version = serial?.kind === 'found' ? `, serial ${serial.set.data[0]?.serial ?? 'unknown'}` : '';
        return evidenceOf(answer, `${server} (${address}${version})`);
      }),
    }),
  ];
}

/** Resolvers that still hold what the servers no longer say. */
function checkPropagation(record: ComparedRecord, seenAt: number, negativeTtlSeconds: number): readonly Finding[] {
  const { name, type, servers, asked, changedAt, oldTtlSeconds } = record;
  const stories = new Set(servers.flatMap(({ answer }) => storyOf(answer) ?? []));
  const [published] = stories;
  if (published === undefined || stories.size > 1) return [];
  const behind = asked.filter((answer) => ![undefined, published].includes(storyOf(answer)));
  if (behind.length === 0) return [];
  const remaining = Math.max(...behind.map(ttlOf));
  const longest = Math.max(oldTtlSeconds ?? remaining, negativeTtlSeconds);
  const latest = changedAt === undefined ? seenAt + remaining * 1000 : changedAt + longest * 1000;
  const details = {
    subject: { name, type },
    args: { name, type, until: timeOf(latest), behind: behind.length, resolvers: asked.length },
    evidence: behind.map((answer) => evidenceOf(answer, answer.server)),
  };
  return changedAt !== undefined && seenAt > latest
    ? [found('dns.propagation.overdue', details)]
    : [found('dns.propagation.pending', details)];
}

/** What passes every path without fragments (DNS flag day 2020, RFC 9715 §3); larger answers need TCP. */
export const maxUdpOctets = 1232;

/**
 * A server that answers small questions, but cannot be reached for a record whose answer needs TCP: the transport does
 * not tell the two apart, so the size comes from whoever did answer.
 */
function checkTcp({ soa, zone }: DelegationObservation, record: ComparedRecord): readonly Finding[] {
  const { name, type, servers, asked } = record;
  const sizes = [...servers.map(({ answer }) => answer), ...asked].map(({ octets = 0 }) => octets);
  const octets = Math.max(0, ...sizes);
  if (octets <= maxUdpOctets) return [];
  const closed = servers.filter(({ address, answer }) => {
    const small = soa.find((one) => one.address === address)?.answer;
    return answer.kind === 'failed' && answer.reason === 'unreachable' && small?.kind === 'found';
  });
  if (closed.length === 0) return [];
  return [
    found('dns.size.tcp_refused', {
      subject: { name, type },
      args: { servers: listOf(closed.map(({ server }) => server)), octets, zone },
      evidence: closed.map(({ server, address, answer }) => evidenceOf(answer, `${server} (${address})`)),
    }),
  ];
}

function negativeTtl({ soa }: DelegationObservation): number {
  for (const { answer } of soa) {
    const data = answer.kind === 'found' ? answer.set.data[0] : undefined;
    if (data && answer.kind === 'found') return Math.min(answer.set.ttlSeconds, data.minimum);
  }
  return 0;
}

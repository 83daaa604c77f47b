/** Asks for the MX of a domain and for the addresses of its exchanges. */
import { isBelow, type DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { addressInExchange, fusedPreference } from './record.ts';

/** More exchanges than this are not looked up; 30 is three times what SPF's `mx` may have (RFC 7208 §4.6.4). */
export const maxExchanges = 30;

/** The addresses of one host, with the aliases in front of them in `chain` of each answer. */
export interface HostSeen {
  readonly host: DnsName;
  readonly a: Answer<'A'>;
  /** Absent when A said that the name does not exist. */
  readonly aaaa?: Answer<'AAAA'>;
}

export interface MxObservation {
  readonly domain: DnsName;
  readonly mx: Answer<'MX'>;
  /** Each exchange once, in the order of the answer; without those that are no host names. */
  readonly hosts: readonly HostSeen[];
  /** The domain's own addresses, asked only when it has no MX (the implicit MX, RFC 5321 §5.1). */
  readonly fallback?: HostSeen;
  /** How many exchanges were left out because there are more than `maxExchanges`. */
  readonly notAsked: number;
  readonly answers: readonly Answer[];
}

/** One question for the MX, then two for each exchange (or for the domain itself when there is no MX). */
export async function lookupMx(
  world: World,
  domain: DnsName,
  options: { signal?: AbortSignal } = {},
): Promise<MxObservation> {
  const mx = await world.resolver.query(domain, 'MX', options);
  const answers: Answer[] = [mx];
  if (mx.kind === 'failed') return { domain, mx, hosts: [], notAsked: 0, answers };
  if (mx.kind !== 'found') {
    // A name that does not exist has no addresses either (RFC 8020).
    if (mx.kind === 'nxdomain') return { domain, mx, hosts: [], notAsked: 0, answers };
    const fallback = await hostSeen(world, domain, options);
    addAnswers(answers, fallback);
    return { domain, mx, hosts: [], fallback, notAsked: 0, answers };
  }
  const names: DnsName[] = [];
  let notAsked = 0;
  for (const { exchange } of mx.set.data) {
    if (exchange === '' || names.includes(exchange)) continue;
    if (fusedPreference(exchange) || (addressInExchange(exchange, domain) !== undefined && !isBelow(exchange, domain)))
      continue;
    if (names.length < maxExchanges) names.push(exchange);
    else notAsked++;
  }
  const hosts = await Promise.all(names.map((name) => hostSeen(world, name, options)));
  for (const host of hosts) addAnswers(answers, host);
  return { domain, mx, hosts, notAsked, answers };
}

/** A and AAAA of a host; AAAA only when A does not say that the name is missing. */
export async function hostSeen(world: World, host: DnsName, options: { signal?: AbortSignal } = {}): Promise<HostSeen> {
  const a = await world.resolver.query(host, 'A', options);
  if (a.kind === 'nxdomain' || (a.kind === 'nodata' && a.nxname)) return { host, a };
  return { host, a, aaaa: await world.resolver.query(host, 'AAAA', options) };
}

function addAnswers(answers: Answer[], host: HostSeen): void {
  answers.push(host.a);
  if (host.aaaa) answers.push(host.aaaa);
}

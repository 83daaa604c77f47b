/** The names of the address that gave the message to the receiver: PTR, the way back, and HELO. */
import { addressClass, parseAddress } from '../../dns/address.ts';
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Finding } from '../../finding/finding.ts';
import { check } from '../../records/host/check.ts';
import { lookupHost, type HostObservation } from '../../records/host/lookup.ts';
import type { World } from '../../world/world.ts';
import type { Envelope } from './envelope.ts';
import { onlySubmitted } from '../spf-of.ts';

export interface HostInput {
  readonly envelope: Envelope;
  /** The author domain. */
  readonly domain?: DnsName | undefined;
  /** Then the host is the forwarder's, and nothing that the sender could mend. */
  readonly forwarded: boolean;
}

export type HostOutcome =
  | { readonly kind: 'checked'; readonly findings: readonly Finding[]; readonly seen: HostObservation }
  /** `why` is a sentence. */
  | { readonly kind: 'skipped'; readonly why: string };

/** Codes about a host that somebody else runs, which the sender can neither mend nor needs to know. */
const ownHostsOnly: ReadonlySet<string> = new Set(['host.helo.no_spf', 'host.ptr.foreign']);

/** Asks for the names of the client at the boundary. Rejects only with the reason of `signal`. */
export async function hostOf(
  world: World,
  { envelope, domain, forwarded }: HostInput,
  options: { readonly signal?: AbortSignal } = {},
): Promise<HostOutcome> {
  if (forwarded) return skipped('The message was forwarded, so its last hop is not a host of the sender.');
  const ip = envelope.ip?.value;
  if (ip === undefined) return skipped('The address of the client is not known; give it with --ip.');
  const address = parseAddress(ip);
  if (!address) return skipped(`${ip} is not an IP address.`);
  const kind = addressClass(address);
  if (kind !== 'public') return skipped(`${ip} is not a public address (${kind}), so nobody can ask for its name.`);
  if (onlySubmitted(envelope)) {
    return skipped(`${ip} is the author's own connection (a submission), which needs no name.`);
  }
  const helo = envelope.helo?.value;
  const seen = await lookupHost(world, { addresses: [address], helo }, options);
  const ptr = seen.addresses[0]?.ptr;
  if (ptr?.kind === 'failed') {
    return skipped(`The name of ${ip} could not be asked for (${ptr.detail ?? ptr.reason}).`);
  }
  const orgDomainOf = (name: DnsName): DnsName => registrableDomain(name) ?? name;
  const findings = check(seen, { domain, orgDomainOf });
  const names = [...(ptr?.kind === 'found' ? ptr.set.data : []), ...(seen.helo?.seen ? [seen.helo.seen.name] : [])];
  const own = domain !== undefined && names.some((name) => isAtOrBelow(name, orgDomainOf(domain)));
  const nullSender = envelope.mailFrom?.value === '';
  const kept = findings.filter(
    ({ code }) => own || !ownHostsOnly.has(code) || (nullSender && code === 'host.helo.no_spf'),
  );
  return { kind: 'checked', findings: kept, seen };
}

const skipped = (why: string): HostOutcome => ({ kind: 'skipped', why });

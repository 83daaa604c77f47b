/** The tracking CNAME: a label of its own below the domain, never the domain itself. */
import { absolute, type DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { Live, Proposal } from '../../change/change.ts';
import { describeSets, proposeAlias } from '../../change/propose.ts';

export interface TrackingWant {
  readonly name: DnsName;
  readonly target: DnsName;
  /** The mail domain (From); a CNAME there would take its MX, SPF and everything else away. */
  readonly domain: DnsName;
  readonly ttlSeconds: number;
}

/** `others` is other data at the name, as for `proposeAlias`. */
export function proposeTracking(want: TrackingWant, live: Live<'CNAME'>, others: readonly RrSet[]): Proposal {
  const { name, domain, target, ttlSeconds } = want;
  if (name !== domain) return proposeAlias({ name, target, ttlSeconds }, live, others);
  const there = others.filter((set) => set.name === name && set.type !== 'CNAME' && set.data.length > 0);
  const stands = there.length > 0 ? ` There stands ${describeSets(there)}.` : '';
  return {
    kind: 'blocked',
    why: `${absolute(name)} is the mail domain itself, and a CNAME there takes its MX and SPF away (RFC 1034 §3.6.2).${stands}`,
    cure: `Give tracking a label of its own, such as track.${domain}.`,
  };
}

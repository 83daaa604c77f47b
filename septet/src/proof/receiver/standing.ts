/**
 * Where a field stands among the trace of the message, and what that says of its writer (RFC 8601 §1.6, §5, §7.1).
 *
 * A server puts its Received line on top of what it was given. So whatever stands above that line is the receiver's;
 * what stands below it came with the message, unless the receiver is one of those that write below their own line.
 */
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { addressClass, parseAddress } from '../../dns/address.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { AuthenticationResults } from '../../mail/authres.ts';
import type { Header } from '../../mail/header.ts';
import type { Received } from '../../mail/received.ts';
import { isInner, nameOf, type Dialect } from './dialects.ts';

/** Who a field says that it speaks for. */
export interface Claim {
  readonly line: number;
  readonly value: AuthenticationResults;
  readonly dialect?: Dialect;
  /** The authserv-id in lower case, or what stands for it: `(microsoft)`, `(none)`. */
  readonly id: string;
}

/** The lines between which the claimed receiver may have written. */
export interface Zone {
  /** The line of its Received that took the message from outside. */
  readonly boundary: number;
  /** The line of the next Received below that, or `Infinity`. */
  readonly end: number;
}

/** Whether a host of the trace belongs to the organisation that the claim names. */
export function isHostOf(claim: Claim, host: string | undefined): boolean {
  const name = host === undefined ? undefined : nameOf(host);
  if (name === undefined) return false;
  if (claim.dialect) return claim.dialect.hosts.some((suffix) => isAtOrBelow(name, suffix));
  const own = nameOf(claim.id);
  return own !== undefined && (name === own || sharesDomain(own, name));
}

function sharesDomain(a: DnsName, b: DnsName): boolean {
  const domain = registrableDomain(a);
  return domain !== undefined && domain === registrableDomain(b);
}

/**
 * The zone of the claimed receiver. `leading`: its hops are the newest ones, with nothing above them but hand-overs inside
 * one machine or network; else they may begin anywhere. `undefined` where it has no hop.
 */
export function zoneOf(claim: Claim, hops: readonly Received[], leading: boolean): Zone | undefined {
  let at = 0;
  while (at < hops.length && !isHostOf(claim, hops[at]?.by)) {
    if (leading && !isInside(hops[at])) return undefined;
    at++;
  }
  let boundary: number | undefined;
  for (; at < hops.length; at++) {
    const hop = hops[at];
    if (hop === undefined) break;
    if (isHostOf(claim, hop.by)) {
      boundary = at;
      if (isPublic(hop.ip) && !isHostOf(claim, hop.reverseName ?? hop.helo)) break;
    } else if (!isInside(hop)) break;
  }
  const hop = boundary === undefined ? undefined : hops[boundary];
  if (boundary === undefined || hop === undefined) return undefined;
  return { boundary: hop.line, end: hops[boundary + 1]?.line ?? Infinity };
}

/** A hand-over inside one machine or network: no name that says who, and no client from outside. */
const isInside = (hop: Received | undefined): boolean => hop !== undefined && isInner(hop.by) && !isPublic(hop.ip);

function isPublic(ip: string | undefined): boolean {
  const address = ip === undefined ? undefined : parseAddress(ip);
  // Addresses for documentation stand for public ones wherever an example is shown.
  return address !== undefined && ['public', 'documentation'].includes(addressClass(address));
}

const receiversOwn =
  /^(?:authentication-results.*|received-spf|arc-.*|x-.*|return-path|delivered-to|original-recipient|envelope-to|delivery-date|dkim-filter|dmarc-filter)$/;

export type Position = 'above' | 'below' | 'outside';

/**
 * `above`: above the Received line of the boundary. `below`: right below it, with nothing of the sender between. `outside`:
 * where the receiver cannot have written.
 */
export function positionIn(zone: Zone, line: number, header: Header): Position {
  if (line < zone.boundary) return 'above';
  if (line >= zone.end) return 'outside';
  return onlyReceivers(header, zone.boundary, line) ? 'below' : 'outside';
}

/** Whether nothing stands between two lines but what receivers write: no field of the sender. */
export function onlyReceivers(header: Header, from: number, to: number): boolean {
  return header.fields.every((field) => field.line <= from || field.line >= to || receiversOwn.test(field.key));
}

/**
 * Which hop of the trace is the boundary between the sender's side and the receiver's (RFC 7208 §2.4 wants the client
 * that connected to the receiver, and nobody behind it).
 *
 * Received fields stand with the newest on top. From there down, hops inside the receiver are passed over; the first
 * client from outside is the one whose address SPF judges. What stands below was written by the sender's side.
 */
import { addressClass, parseAddress } from '../../dns/address.ts';
import type { Received } from '../../mail/received.ts';
import { organisationOf } from './organisation.ts';

export interface Boundary {
  readonly hop?: Received;
  /** One sentence. */
  readonly why: string;
  /** Nobody but the author's own program or web mail gave the message in. */
  readonly submission: boolean;
  /** A newer hop that came from outside too: what stands above it tells of another envelope. */
  readonly newer?: Received;
}

/** What the receiver says of its client in Received-SPF or Authentication-Results, with the line of the field. */
export interface ClientWord {
  readonly ip: string;
  readonly line: number;
}

type Kind = 'outside' | 'same' | 'inner' | 'unknown' | 'submission';

/** `with` words of hand-overs inside one system (RFC 2033; Cyrus, Dovecot, Exim; web mail). */
const localProtocol = /^(?:LMTP|LOCAL|LDA|DLVR|MAPI|HTTP)/;

/**
 * Finds the boundary. `trusted` are host names of `--trust`: only hops that these organisations wrote count. `words`
 * settle it where client and server belong to one organisation.
 */
export function boundaryOf(
  hops: readonly Received[],
  trusted: readonly string[],
  words: readonly ClientWord[],
): Boundary {
  const organisations = trusted.map((host) => organisationOf(host) ?? host.toLowerCase());
  const isTrusted = ({ by }: Received): boolean =>
    organisations.length === 0 || organisations.includes(organisationOf(by) ?? by?.toLowerCase() ?? '');
  if (hops.length === 0) {
    return {
      why: 'There is no Received field, so nobody tells who gave the message to the receiver.',
      submission: false,
    };
  }
  const kinds = hops.map(kindOf);
  const at = hops.findIndex((hop, i) => kinds[i] === 'outside' && isTrusted(hop));
  const hop = hops[at];
  if (hop) {
    const newer = hops.slice(0, at).findLast((_, i) => kinds[i] === 'outside');
    return { hop, submission: false, why: whyOutside(hop, at, trusted), ...(newer ? { newer } : {}) };
  }
  if (trusted.length > 0 && !hops.some(isTrusted)) {
    const why = `No Received field was written by ${trusted.join(' or ')}, so no hop can be trusted.`;
    return { why, submission: false };
  }
  return fallback(hops, kinds, isTrusted, words);
}

/** No client from outside: one inside, one that the receiver's words confirm, or a submission. */
function fallback(
  hops: readonly Received[],
  kinds: readonly Kind[],
  isTrusted: (hop: Received) => boolean,
  words: readonly ClientWord[],
): Boundary {
  const same = hops.filter((hop, i) => kinds[i] === 'same' && isTrusted(hop));
  const confirmed = same.find((hop) => words.some(({ ip, line }) => ip === hop.ip && line < below(hops, hop)));
  const inside = confirmed ?? same[0];
  if (inside) {
    const organisation = organisationOf(inside.by) ?? inside.by ?? 'one organisation';
    const because = confirmed ? 'whose address the receiver names in its results' : 'nearest to the mailbox';
    const why = `Sender and receiver both belong to ${organisation}; taken is the hop of ${clientText(inside)}, ${because}.`;
    return { hop: inside, submission: false, why };
  }
  const submitted = hops.find((hop, i) => kinds[i] === 'submission' && isTrusted(hop));
  if (submitted) {
    const why = `Only a submission was seen (${clientText(submitted)} to ${submitted.by ?? 'its server'}): this copy may never have left the sender.`;
    return { hop: submitted, submission: true, why };
  }
  const nameless = hops.some(({ ip, helo, reverseName }) => ip === undefined && (helo ?? reverseName) !== undefined);
  const why = nameless
    ? 'No Received field shows a public address of a client; the message stayed inside one system, or the receiver hides it.'
    : 'All hops are inside one system, so no client from outside was seen.';
  return { why, submission: false };
}

/** The line at which the next older hop begins: what stands above it may be the receiver's. */
export function below(hops: readonly Received[], hop: Received): number {
  return hops[hops.indexOf(hop) + 1]?.line ?? Number.POSITIVE_INFINITY;
}

/** Whether the client is the author's own program or browser, not a server: SPF has nothing to say of it. */
export const isSubmission = (hop: Received): boolean => kindOf(hop) === 'submission';

function kindOf(hop: Received): Kind {
  const protocol = hop.protocol?.toUpperCase() ?? '';
  const address = hop.ip === undefined ? undefined : parseAddress(hop.ip);
  if (hop.authenticated && !localProtocol.test(protocol)) return 'submission';
  if (protocol.startsWith('HTTP') && address && !isInner(hop.ip)) return 'submission';
  if (localProtocol.test(protocol)) return 'inner';
  if (address === undefined) return 'unknown';
  if (isInner(hop.ip)) return 'inner';
  const receiver = organisationOf(hop.by);
  // What the server found for the address counts before what the client calls itself.
  const client = organisationOf(hop.reverseName) ?? organisationOf(hop.helo);
  return receiver !== undefined && client === receiver ? 'same' : 'outside';
}

/** Addresses that only a network of one's own has. Those of documentation stand for public ones. */
function isInner(ip: string | undefined): boolean {
  const address = ip === undefined ? undefined : parseAddress(ip);
  if (!address) return false;
  switch (addressClass(address)) {
    case 'private':
    case 'loopback':
    case 'link-local':
    case 'cgnat':
    case 'ula':
    case 'unspecified':
      return true;
    default:
      return false;
  }
}

function clientText({ ip, helo, reverseName }: Received): string {
  const name = reverseName ?? helo;
  if (ip === undefined) return name ?? 'an unnamed client';
  return name === undefined || name === ip ? ip : `${ip} (${name})`;
}

function whyOutside(hop: Received, passed: number, trusted: readonly string[]): string {
  const by = hop.by ?? 'the receiver';
  const first =
    trusted.length > 0 ? `the newest that ${trusted.join(' or ')} wrote for a client from outside` : undefined;
  const over =
    passed === 0
      ? 'the newest hop'
      : `the newest below ${passed === 1 ? 'the hop' : `the ${passed} hops`} inside the receiver`;
  return `${by} took the message from ${clientText(hop)}, a client outside its organisation: ${first ?? over}.`;
}

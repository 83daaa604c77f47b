/**
 * The tracking CNAME: the host in the links and pixels of a mailing (RFC 1034 §3.6.2; no RFC of its own).
 *
 *     track.example.com.  CNAME  track.postal.example.net.
 *
 * A sending service rewrites links so that clicks pass through it. With this record they pass through a name of the
 * sender's own domain, so that the link, the From address and the reputation belong together. Readers are the browsers
 * and mail programs of the recipients, link scanners, and the sending service, which wants to see the CNAME before it
 * uses the host. A CNAME tolerates no other record at its name, and the target must hold a certificate for the host.
 */
import { absolute, parseDomain, type DnsName, type NameFault } from '../../dns/name.ts';
import type { Parsed } from '../../text/parsed.ts';

/** Presentation text of the CNAME's data: `track.postal.example.net.` */
export function format(target: DnsName): string {
  return absolute(target);
}

/** Reads the target as a person types it; a pasted URL, an address or a path is bad. */
export function parse(text: string): Parsed<DnsName, NameFault> {
  const typed = text.trim();
  if (typed === '') return { kind: 'other' };
  const parsed = parseDomain(typed);
  if (parsed.ok) return { kind: 'good', value: parsed.name, problems: [] };
  const at = text.indexOf(parsed.part);
  const span =
    at < 0 ? { offset: text.indexOf(typed), length: typed.length } : { offset: at, length: parsed.part.length };
  const args = parsed.meant === undefined ? {} : { args: { meant: parsed.meant } };
  return { kind: 'bad', problems: [{ code: parsed.fault, ...span, ...args }] };
}

/** Labels that people and sending services give to tracking hosts, the commonest first. At most eight are asked. */
export const commonTrackingLabels: readonly string[] = [
  'track',
  'click',
  'links',
  'email',
  'url',
  'go',
  'link',
  'clicks',
];

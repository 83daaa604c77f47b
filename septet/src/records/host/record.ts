/**
 * The sending host: the names behind an address that sends mail (RFC 1912 §2.1, RFC 5321 §4.1.1.1, RFC 8601 §3).
 *
 *     10.2.0.192.in-addr.arpa.  PTR  mail.example.com.      the reverse name, set by the owner of the address
 *     mail.example.com.         A    192.0.2.10             and the way back: together, forward-confirmed reverse DNS
 *     EHLO mail.example.com                                 what the host calls itself when it connects
 *
 * None of them is one of the seven records, yet receivers look at them before any of the seven: Gmail, Yahoo, GMX and
 * Orange refuse addresses without a PTR that leads back, and many want the HELO name to be the same.
 */
import { labels, parseName, type DnsName } from '../../dns/name.ts';
import { parseAddress } from '../../dns/address.ts';
import type { Parsed } from '../../text/parsed.ts';

export interface Helo {
  readonly name: DnsName;
}

export type HeloProblem = 'host.helo.not_fqdn';

/** Tops that exist only inside a network (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`) or by an installer's default. */
const localTops: readonly string[] = [
  'localhost',
  'localdomain',
  'local',
  'lan',
  'home',
  'internal',
  'intranet',
  'private',
  'invalid',
  'home.arpa',
];

/** What a host says after EHLO. */
export function format(helo: Helo): string {
  return helo.name;
}

/** Reads a HELO argument. Bad when it is an address, a single label, or a name that exists only inside a network. */
export function parse(text: string): Parsed<Helo, HeloProblem> {
  const typed = text.trim();
  if (typed === '') return { kind: 'other' };
  const bad: Parsed<Helo, HeloProblem> = {
    kind: 'bad',
    problems: [{ code: 'host.helo.not_fqdn', offset: text.indexOf(typed), length: typed.length }],
  };
  const bare = typed.endsWith('.') ? typed.slice(0, -1) : typed;
  if (typed.startsWith('[') || parseAddress(bare)) return bad;
  const parsed = parseName(typed);
  if (!parsed.ok || !/^[a-z0-9._-]+$/.test(parsed.name)) return bad;
  const parts = labels(parsed.name);
  const top = parts.at(-1) ?? '';
  if (parts.length < 2 || /^\d+$/.test(top)) return bad;
  if (localTops.includes(top) || localTops.includes(parts.slice(-2).join('.'))) return bad;
  return { kind: 'good', value: { name: parsed.name }, problems: [] };
}

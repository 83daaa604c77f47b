/**
 * Which source a row of an aggregate report belongs to: mail that proves itself in the same way comes from the same
 * sender, whatever address it uses. Rollups count by this key, and people mark keys as theirs.
 */
import { formatNetwork, parseAddress } from '../dns/address.ts';
import { parseName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import type { AggregateRow } from './aggregate.ts';

/**
 * `dkim=amazonses.com,example.com spf=amazonses.com`: the organisations whose signatures pass (sorted, at most four) and
 * the one whose SPF passes. Mail that proves nothing is told apart by its network: `ip=192.0.2.0/24`, `ip=2001:db8::/48`.
 */
export function sourceKeyOf(row: Pick<AggregateRow, 'sourceIp' | 'dkimAuth' | 'spfAuth'>): string {
  const signed = row.dkimAuth.filter(({ result }) => result === 'pass').flatMap(({ domain }) => organisation(domain));
  const sent = row.spfAuth.filter(({ result }) => result === 'pass').flatMap(({ domain }) => organisation(domain));
  const parts = [
    ...(signed.length > 0 ? [`dkim=${[...new Set(signed)].sort().slice(0, maxSigners).join(',')}`] : []),
    ...(sent[0] === undefined ? [] : [`spf=${sent[0]}`]),
  ];
  return parts.length > 0 ? parts.join(' ') : `ip=${networkOf(row.sourceIp)}`;
}

const maxSigners = 4; // house

function organisation(domain: string): readonly string[] {
  const parsed = parseName(domain);
  if (!parsed.ok || parsed.name === '') return [];
  return [registrableDomain(parsed.name) ?? parsed.name];
}

/** IPv4 by 24 bits, IPv6 by 48 bits: what one owner usually has at least. */
function networkOf(ip: string): string {
  const base = parseAddress(ip);
  return base ? formatNetwork({ base, prefixLength: base.family === 4 ? 24 : 48 }) : ip;
}

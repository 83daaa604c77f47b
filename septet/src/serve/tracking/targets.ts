/**
 * Whether a link may lead to its target: http and https only, and into no private network unless the domain allows it.
 * Names are not looked up: it is the reader's browser that goes there.
 */
import { addressClass, parseAddress } from '../../dns/address.ts';

/** What an ordinary target looks like: nothing in it has to be read more closely. */
const ordinary =
  /^https?:\/\/(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+([a-z]{2,24})(?:[/?#][\x21\x23-\x3b\x3d\x3f-\x7e]*)?$/i;

/** Names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375, and `.internal`, which ICANN reserved). */
const inside: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'localdomain',
  'arpa',
]);

/** The target as it goes into `Location` (ASCII), or why it is none. */
export function targetOf(text: string, allowPrivate: boolean): { readonly location: string } | 'not http' | 'private' {
  const last = ordinary.exec(text)?.[1];
  if (last !== undefined && (allowPrivate || !inside.has(last.toLowerCase()))) return { location: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    return 'not http';
  if (!allowPrivate && isInside(url.hostname)) return 'private';
  return { location: url.href };
}

function isInside(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const address = parseAddress(bare);
  if (address) return addressClass(address) !== 'public';
  const labels = bare.toLowerCase().split('.');
  return labels.length < 2 || inside.has(labels.at(-1) ?? '');
}

/** Targets inside a private network: nobody outside can follow such a link, and a public host must not lead there. */
import { addressClass, parseAddress } from '../dns/address.ts';

/** Names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375; `.internal`: ICANN, 2024). */
const insideNames: ReadonlySet<string> = new Set(
  'localhost local internal intranet lan home corp private localdomain arpa'.split(' '),
);

/** Names with a dot and letters at the end, which nearly all targets have. */
const ordinary = /^https?:\/\/(?:[a-z0-9_-]+\.)+([a-z]{2,63})(?:[/?#:]|$)/i;

/** `target` is an http(s) URL. Names are not looked up: it is the reader's browser that goes there. */
export function leadsInside(target: string): boolean {
  const last = ordinary.exec(target)?.[1];
  if (last !== undefined) return insideNames.has(last.toLowerCase());
  const hostname = URL.parse(target)
    ?.hostname.replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (hostname === undefined || hostname === '') return false;
  const address = parseAddress(hostname);
  if (address) return addressClass(address) !== 'public';
  const dot = hostname.lastIndexOf('.');
  return dot < 0 || insideNames.has(hostname.slice(dot + 1));
}

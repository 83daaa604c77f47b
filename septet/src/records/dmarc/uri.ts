/**
 * The addresses in `rua` and `ruf` (RFC 9989 §4.6, RFC 3986, RFC 6068): a list of URIs separated by commas. A comma or
 * an exclamation mark inside a URI is written `%2C` and `%21`. RFC 7489 §6.2 let a size limit follow, as in
 * `mailto:reports@example.com!10m`; RFC 9989 §4.8 keeps that only as obsolete syntax that reporters ignore.
 */
import { type DnsName, parseName } from '../../dns/name.ts';

export interface ReportUri {
  /** The URI as written, without the size limit. */
  readonly uri: string;
  /** Lower case, without the colon: `mailto`. */
  readonly scheme: string;
  /** For `mailto`: the mailbox, percent-decoded. */
  readonly address?: string;
  /** The domain that gets the report; absent for a scheme without a host. */
  readonly host?: DnsName;
  /** The obsolete size limit without its `!`: `10m`. */
  readonly size?: string;
}

export type UriFault = 'empty' | 'no-scheme' | 'blank' | 'exclamation' | 'character' | 'address' | 'host';

export type UriResult =
  | { readonly ok: true; readonly uri: ReportUri }
  | { readonly ok: false; readonly fault: UriFault };

const schemePattern = /^[a-z][a-z0-9+.-]*:/i;
const sizePattern = /!\d+[kmgt]?$/i;
/** Characters that RFC 3986 §2 allows nowhere in a URI. */
// oxlint-disable-next-line no-control-regex
const foreign = /[\u0000-\u0020<>"{}|\\^`\u007f-\uffff]/;

/** Reads one URI of the list, white space around it already removed. Never throws. */
export function parseReportUri(text: string): UriResult {
  if (text === '') return { ok: false, fault: 'empty' };
  const suffix = sizePattern.exec(text);
  const uri = suffix ? text.slice(0, suffix.index) : text;
  const size = suffix ? { size: suffix[0].slice(1) } : {};
  if (/\s/.test(uri)) return { ok: false, fault: 'blank' };
  if (uri.includes('!')) return { ok: false, fault: 'exclamation' };
  if (foreign.test(uri)) return { ok: false, fault: 'character' };
  const schemeText = schemePattern.exec(uri)?.[0];
  if (schemeText === undefined) return { ok: false, fault: 'no-scheme' };
  const scheme = schemeText.slice(0, -1).toLowerCase();
  const rest = uri.slice(schemeText.length);
  if (scheme === 'mailto') {
    const address = decodePercent(rest.split('?', 1)[0] ?? '');
    const at = address.lastIndexOf('@');
    const local = address.slice(0, Math.max(at, 0));
    if (at < 1 || local.includes('@') || local.startsWith('//') || /^mailto:/i.test(local)) {
      return { ok: false, fault: 'address' };
    }
    const host = parseName(address.slice(at + 1));
    if (!host.ok || host.name === '') return { ok: false, fault: 'address' };
    return { ok: true, uri: { uri, scheme, address, host: host.name, ...size } };
  }
  if (rest === '') return { ok: false, fault: 'host' };
  if (!rest.startsWith('//')) return { ok: true, uri: { uri, scheme, ...size } };
  const authority = rest.slice(2).split(/[/?#]/, 1)[0] ?? '';
  const host = parseName(authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, ''));
  if (!host.ok || host.name === '') return { ok: false, fault: 'host' };
  return { ok: true, uri: { uri, scheme, host: host.name, ...size } };
}

/** The URI with its size limit, as it stands in the record. */
export function formatReportUri(uri: ReportUri): string {
  return uri.size === undefined ? uri.uri : `${uri.uri}!${uri.size}`;
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

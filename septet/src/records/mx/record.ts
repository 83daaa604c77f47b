/**
 * MX: mail exchange (RFC 1035 §3.3.9, RFC 5321 §5.1, RFC 7505).
 *
 *     example.com.  MX  10 mail.example.com.
 *
 * Says which hosts take mail for a domain. It stands at the domain itself, one record for each host. Every server that
 * has mail to deliver reads it: it tries the lowest preference first, asks for A and AAAA of the exchange, and connects
 * to port 25. Without an MX, the domain's own A and AAAA are tried (the implicit MX, RFC 5321 §5.1).
 * The single record `0 .` is the null MX: this domain takes no mail (RFC 7505).
 */
import { absolute, labels, parseName, root, type DnsName, type NameFault } from '../../dns/name.ts';
import { parseAddress } from '../../dns/address.ts';
import type { Mx } from '../../dns/rrset.ts';
import type { Parsed, Problem } from '../../text/parsed.ts';

export type { Mx };

/** RFC 1035 §3.3.9: the preference is 16 bits. */
export const maxPreference = 65_535;

/** The record of a domain that takes no mail (RFC 7505 §3). */
export const nullMx: Mx = { preference: 0, exchange: root };

export const isNullMx = (mx: Mx): boolean => mx.exchange === root;

/** The two that are rows of the catalogue, or what is wrong with the name of the exchange. */
export type MxProblem = 'mx.preference.missing' | 'mx.target.ip' | NameFault;

/** Presentation text: `10 mail.example.com.` */
export function format(mx: Mx): string {
  return `${mx.preference} ${absolute(mx.exchange)}`;
}

/**
 * Reads the data of one MX record as a zone file or a person writes it: `10 mail.example.com.`; the dot may be missing.
 * A name without a number in front is bad with `mx.preference.missing`, an address as exchange with `mx.target.ip`.
 */
export function parse(text: string): Parsed<Mx, MxProblem> {
  const start = text.length - text.trimStart().length;
  const typed = text.trim();
  if (typed === '') return { kind: 'other' };
  const gap = typed.search(/\s/);
  const preference = preferenceOf(gap < 0 ? typed : typed.slice(0, gap));
  if (preference === undefined || gap < 0) {
    return bad('mx.preference.missing', start, gap < 0 ? typed.length : gap);
  }
  const name = typed.slice(gap).trim();
  const offset = start + typed.length - name.length;
  if (isAddressLiteral(name)) return bad('mx.target.ip', offset, name.length);
  if (/\s/.test(name)) return bad('illegal-character', offset, name.length);
  const exchange = parseName(name);
  if (!exchange.ok) return bad(exchange.fault, offset, name.length);
  return { kind: 'good', value: { preference, exchange: exchange.name }, problems: [] };
}

/** The number, when the text is nothing but a preference. */
function preferenceOf(text: string): number | undefined {
  if (text.length > 5 || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= maxPreference ? value : undefined;
}

/** An address with or without the brackets of SMTP (RFC 5321 §4.1.3). */
function isAddressLiteral(text: string): boolean {
  const inner = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1).replace(/^IPv6:/i, '') : text;
  return parseAddress(inner.endsWith('.') ? inner.slice(0, -1) : inner) !== undefined;
}

/**
 * The address, when the exchange is one instead of a name: `192.0.2.1`, also with the zone appended behind it
 * (`192.0.2.1.example.com`), as zone editors do. The second form is a legal name; only a look-up tells whether it exists.
 */
export function addressInExchange(exchange: DnsName, zone: DnsName): string | undefined {
  const first = exchange.charCodeAt(0);
  if (first === 91 || exchange.includes(':')) {
    const text = (exchange.endsWith(`.${zone}`) ? exchange.slice(0, -zone.length - 1) : exchange).replace(
      /^\[(?:ipv6:)?|\]$/g,
      '',
    );
    return parseAddress(text) ? text : undefined;
  }
  if (first < 48 || first > 57) return undefined;
  const parts = labels(exchange);
  if (parts.length !== 4 && parts.slice(4).join('.') !== zone) return undefined;
  const quad = parts.slice(0, 4).join('.');
  return parseAddress(quad) ? quad : undefined;
}

/**
 * The record that was meant, when the preference was typed into the field of the name, so that the exchange begins with
 * a number and a blank (`\032` in DNS text): `10 mail.example.com`.
 */
export function fusedPreference(exchange: DnsName): Mx | undefined {
  const blank = exchange.indexOf('\\032');
  if (blank < 1) return undefined;
  const preference = preferenceOf(exchange.slice(0, blank));
  const name = parseName(exchange.slice(blank).replace(/^(?:\\032)+/, ''));
  return preference !== undefined && name.ok ? { preference, exchange: name.name } : undefined;
}

function bad(code: MxProblem, offset: number, length: number): Parsed<Mx, MxProblem> {
  const problem: Problem<MxProblem> = { code, offset, length };
  return { kind: 'bad', problems: [problem] };
}

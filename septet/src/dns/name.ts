/**
 * Domain names (RFC 1034 §3.1, RFC 1035 §2.3, RFC 5890).
 *
 * A `DnsName` is absolute, lower case, in A-labels, without the trailing dot; the root is the empty string.
 * Octets that are not printable ASCII, and dots inside a label, stand as `\DDD` and `\.` (RFC 1035 §5.1).
 * Only this file makes a `DnsName`; after that names are compared with `===` and never split elsewhere.
 */
import { domainToASCII } from 'node:url';

declare const brand: unique symbol;
export type DnsName = string & { readonly [brand]: 'DnsName' };

/** The root of the name space. */
export const root = '' as DnsName;

/** RFC 1035 §2.3.4: a label has at most 63 octets, a name 255 octets on the wire (253 characters as text). */
export const maxLabelOctets = 63;
export const maxNameOctets = 255;

export type NameFault =
  | 'empty'
  | 'email-address'
  | 'url'
  | 'empty-label'
  | 'label-too-long'
  | 'name-too-long'
  | 'illegal-character'
  | 'bad-escape'
  | 'not-idna'
  | 'ip-address';

export type NameResult =
  | { readonly ok: true; readonly name: DnsName }
  | {
      readonly ok: false;
      readonly fault: NameFault;
      /** The piece of the input that is wrong. */
      readonly part: string;
      /** The name that was probably meant, where one can be seen in the input (`https://example.com/` → `example.com`). */
      readonly meant?: string;
    };

/**
 * Reads a name as it stands in DNS data or configuration: any octets are legal in a label, a trailing dot is allowed,
 * U-labels become A-labels.
 */
export function parseName(text: string): NameResult {
  if (text === '') return { ok: false, fault: 'empty', part: '' };
  if (text === '.') return { ok: true, name: root };
  if (isPlain(text)) {
    const bare = text.endsWith('.') ? text.slice(0, -1) : text;
    return finish(bare.toLowerCase());
  }
  let bare = text;
  if (bare.endsWith('.') && !endsWithEscapedDot(bare)) bare = bare.slice(0, -1);
  if (!bare.includes('\\') && hasNonAscii(bare)) {
    const ascii = domainToASCII(bare.replaceAll(/[。．｡]/g, '.'));
    if (ascii === '') return { ok: false, fault: 'not-idna', part: bare };
    return finish(ascii.toLowerCase());
  }
  const canonical = canonicalEscapes(bare);
  if (canonical === undefined) return { ok: false, fault: 'bad-escape', part: bare };
  return finish(canonical);
}

/**
 * Reads a domain that a person typed. Stricter than `parseName`: letters, digits, hyphens and underscores only,
 * and pasted URLs and e-mail addresses are recognised so that the message can name the domain inside.
 */
export function parseDomain(text: string): NameResult {
  const typed = text.trim();
  if (typed === '' || typed === '.') return { ok: false, fault: 'empty', part: typed };
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(typed);
  if (scheme || typed.includes('/')) {
    const host = typed.slice(scheme ? scheme[0].length : 0).split(/[/?#]/)[0] ?? '';
    const meant = host.replace(/^[^@]*@/, '').replace(/:\d+$/, '');
    return { ok: false, fault: 'url', part: typed, ...(meant ? { meant } : {}) };
  }
  const at = typed.lastIndexOf('@');
  if (at >= 0) {
    const meant = typed.slice(at + 1).replace(/[>\s].*$/, '');
    return { ok: false, fault: 'email-address', part: typed, ...(meant ? { meant } : {}) };
  }
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(typed) || typed.includes(':')) {
    const port = /^([^:]+):\d+$/.exec(typed);
    if (port?.[1]) return { ok: false, fault: 'url', part: typed, meant: port[1] };
    return { ok: false, fault: 'ip-address', part: typed };
  }
  const parsed = parseName(typed);
  if (!parsed.ok) return parsed;
  const illegal = /[^a-z0-9._-]/.exec(parsed.name);
  if (illegal) return { ok: false, fault: 'illegal-character', part: illegal[0] };
  for (const label of labels(parsed.name)) {
    if (label.startsWith('-') || label.endsWith('-')) return { ok: false, fault: 'illegal-character', part: label };
  }
  return parsed;
}

/** For names written in the program itself. Throws on a bad one, because that is a bug. */
export function dnsName(text: string): DnsName {
  const parsed = parseName(text);
  if (!parsed.ok) throw new TypeError(`not a domain name: ${JSON.stringify(text)} (${parsed.fault})`);
  return parsed.name;
}

/** The labels from left to right; none for the root. */
export function labels(name: DnsName): readonly string[] {
  if (name === '') return [];
  if (!name.includes('\\')) return name.split('.');
  return name.match(/(?:\\\d{3}|\\.|[^.\\])+/g) ?? [];
}

/** The name without its leftmost label; the root is its own parent. */
export function parent(name: DnsName): DnsName {
  if (!name.includes('\\')) {
    const dot = name.indexOf('.');
    return (dot < 0 ? '' : name.slice(dot + 1)) as DnsName;
  }
  return labels(name).slice(1).join('.') as DnsName;
}

/** The last `count` labels of the name. */
export function ancestor(name: DnsName, count: number): DnsName {
  const all = labels(name);
  return (count >= all.length ? name : all.slice(all.length - count).join('.')) as DnsName;
}

/**
 * Puts labels in front of a name: `under('_dmarc', d)`, `under('default._bimi', d)`.
 * Answers `undefined` when the result would be too long to exist (RFC 1035 §2.3.4).
 */
export function under(prefix: string, name: DnsName): DnsName | undefined {
  // Thousands of times a second a plain label is put in front of a plain name: there only the length can be wrong.
  if (/^[a-z0-9_-]{1,63}$/.test(prefix) && name !== '' && !name.includes('\\')) {
    const octets = prefix.length + 1 + name.length + 2;
    return octets > maxNameOctets ? undefined : (`${prefix}.${name}` as DnsName);
  }
  const parsed = parseName(name === '' ? prefix : `${prefix}.${name}`);
  return parsed.ok ? parsed.name : undefined;
}

/** Whether `name` is `top` or stands below it. */
export function isAtOrBelow(name: DnsName, top: DnsName): boolean {
  return name === top || isBelow(name, top);
}

/** Whether `name` stands strictly below `top`. */
export function isBelow(name: DnsName, top: DnsName): boolean {
  if (top === '') return name !== '';
  if (!(name.length > top.length && name.endsWith(top) && name.charCodeAt(name.length - top.length - 1) === 46)) {
    return false;
  }
  return !name.includes('\\') || !endsWithEscapedDot(name.slice(0, name.length - top.length));
}

/** The labels of `name` in front of `top`, or `undefined` when it does not stand below. */
export function relativeTo(name: DnsName, top: DnsName): string | undefined {
  if (name === top) return '';
  if (!isBelow(name, top)) return undefined;
  return top === '' ? name : name.slice(0, name.length - top.length - 1);
}

/** The name as text with its trailing dot, as zone files want it. */
export function absolute(name: DnsName): string {
  return `${name}.`;
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127 || code === 92) return false;
  }
  return true;
}

function hasNonAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return true;
  return false;
}

function endsWithEscapedDot(text: string): boolean {
  let slashes = 0;
  for (let i = text.length - 2; i >= 0 && text[i] === '\\'; i--) slashes++;
  return slashes % 2 === 1 && !/\\\d\d\d\.$/.test(text);
}

/** Rewrites escapes and raw octets into one canonical spelling, so that equal names are equal strings. */
function canonicalEscapes(text: string): string | undefined {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === 46) {
      out += '.';
      continue;
    }
    if (code === 92) {
      const digits = /^\d{3}/.exec(text.slice(i + 1, i + 4));
      if (digits) {
        code = Number(digits[0]);
        if (code > 255) return undefined;
        i += 3;
      } else if (i + 1 < text.length) {
        code = text.charCodeAt(++i);
      } else return undefined;
    }
    if (code > 255) return undefined;
    out += octetText(code);
  }
  return out;
}

/** One octet of a label in canonical text form: lower case, with `.`, `\` and unprintable octets escaped. */
export function octetText(octet: number): string {
  if (octet >= 65 && octet <= 90) return String.fromCharCode(octet + 32);
  if (octet === 46 || octet === 92) return `\\${String.fromCharCode(octet)}`;
  if (octet > 32 && octet < 127) return String.fromCharCode(octet);
  return `\\${String(octet).padStart(3, '0')}`;
}

function finish(text: string): NameResult {
  const escaped = text.includes('\\');
  let octets = 1;
  for (const label of escaped ? splitEscaped(text) : text.split('.')) {
    const length = escaped ? label.replaceAll(/\\(\d{3}|.)/g, 'x').length : label.length;
    if (length === 0) return { ok: false, fault: 'empty-label', part: text };
    if (length > maxLabelOctets) return { ok: false, fault: 'label-too-long', part: label };
    octets += length + 1;
  }
  if (octets > maxNameOctets) return { ok: false, fault: 'name-too-long', part: text };
  return { ok: true, name: text as DnsName };
}

function splitEscaped(text: string): readonly string[] {
  const out: string[] = [];
  let label = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\\') {
      label += char + (text[i + 1] ?? '');
      i++;
    } else if (char === '.') {
      out.push(label);
      label = '';
    } else label += char;
  }
  out.push(label);
  return out;
}

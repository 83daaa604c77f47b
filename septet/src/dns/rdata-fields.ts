/** The fields of one record in a zone file: names, numbers, times, text, hexadecimal and base64 (RFC 1035 §5.1). */
import { parseName, type DnsName } from './name.ts';

/** One field of a record: the characters between blanks or quotes, with `\` escapes as written. */
export interface Field {
  readonly text: string;
  readonly quoted: boolean;
  /** Where the field starts in the file, in octets; the opening quote when quoted. */
  readonly offset: number;
}

export interface RdataFault {
  /** What is wrong and what to do, in a sentence or two. */
  readonly message: string;
  /** The field that is wrong, counted from 0; the count of fields when something is missing at the end. */
  readonly field: number;
  readonly code?: string;
}

export type NameInFile =
  | { readonly ok: true; readonly name: DnsName }
  | { readonly ok: false; readonly message: string };

/** Reads a name in a zone file: `@` is the origin, a name without a trailing dot is below it. Octets over 126 are kept as they are. */
export function nameInFile(text: string, origin: DnsName | undefined): NameInFile {
  if (text === '@') {
    if (origin === undefined) return { ok: false, message: noOrigin('@') };
    return { ok: true, name: origin };
  }
  let raw = text;
  let plain = true;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code > 126 || code <= 32) {
      raw = escapeOctets(raw);
      plain = false;
      break;
    }
    if (code === 92) plain = false;
  }
  const isAbsolute = plain ? raw.charCodeAt(raw.length - 1) === 46 : endsWithPlainDot(raw);
  if (!isAbsolute) {
    if (origin === undefined) return { ok: false, message: noOrigin(text) };
    raw = origin === '' ? `${raw}.` : `${raw}.${origin}.`;
  }
  const parsed = parseName(raw);
  if (parsed.ok) return parsed;
  const shown = show(text);
  switch (parsed.fault) {
    case 'empty':
      return { ok: false, message: 'a name is missing here.' };
    case 'empty-label':
      return { ok: false, message: `the name ${shown} has an empty label: two dots in a row, or a dot at the start.` };
    case 'label-too-long':
      return { ok: false, message: `the name ${shown} has a label over 63 octets (RFC 1035 §2.3.4).` };
    case 'name-too-long':
      return {
        ok: false,
        message: `the name ${shown} is over 255 octets with its origin (RFC 1035 §2.3.4). Is the dot at its end missing?`,
      };
    default:
      return { ok: false, message: `the name ${shown} has a bad escape: write \\DDD with three digits up to 255.` };
  }
}

const noOrigin = (text: string): string =>
  `the name ${show(text)} has no dot at its end and no origin is known. Write the whole name with a dot, or put $ORIGIN example.com. above.`;

const escapeOctets = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\0-\x20\x7f-\uffff]/g, (char) => `\\${String(char.charCodeAt(0) & 0xff).padStart(3, '0')}`);

function endsWithPlainDot(text: string): boolean {
  if (!text.endsWith('.')) return false;
  let slashes = 0;
  for (let i = text.length - 2; i >= 0 && text.charCodeAt(i) === 92; i--) slashes++;
  return slashes % 2 === 0;
}

/** A piece of the file for a message: short, printable, in quotes. */
export function show(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text
    .slice(0, 61)
    .replaceAll(/[^\x20-\x7e]/g, (char) => `\\${String(char.charCodeAt(0) & 0xff).padStart(3, '0')}`);
  return `"${clean.length > 60 ? `${clean.slice(0, 57)}...` : clean}"`;
}

/** A field that cannot be used; readers of fields answer it in place of a value. */
export class Fault {
  readonly fault: RdataFault;
  constructor(field: number, message: string, code?: string) {
    this.fault = code === undefined ? { field, message } : { field, message, code };
  }
}

export const bad = (field: number, message: string, code?: string): Fault => new Fault(field, message, code);

export function nameField(
  fields: readonly Field[],
  at: number,
  origin: DnsName | undefined,
  what: string,
): DnsName | Fault {
  const field = fields[at];
  if (!field) return bad(at, `${what} is missing.`);
  const read = nameInFile(field.text, origin);
  return read.ok ? read.name : bad(at, read.message);
}

export function numberField(fields: readonly Field[], at: number, max: number, what: string): number | Fault {
  const field = fields[at];
  if (!field) return bad(at, `${what} is missing.`);
  if (!/^\d{1,10}$/.test(field.text))
    return bad(at, `${what} must be a number from 0 to ${max}, not ${show(field.text)}.`);
  const value = Number(field.text);
  return value <= max ? value : bad(at, `${what} must be a number from 0 to ${max}, not ${field.text}.`);
}

/** `3600` or `1h30m` in seconds (RFC 1035 §5.1 and the units that BIND introduced); `undefined` when it is neither. */
export function parseSeconds(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  if (text.length > 40 || !/^(?:\d{1,10}[wdhms])+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)([wdhms])/gi)) {
    total += Number(digits) * (secondsIn[(unit ?? '').toLowerCase()] ?? 0);
  }
  return total;
}

const secondsIn: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };

export function secondsField(fields: readonly Field[], at: number, what: string): number | Fault {
  const field = fields[at];
  if (!field) return bad(at, `${what} is missing.`);
  const value = parseSeconds(field.text);
  if (value === undefined || value > 0xffffffff) {
    return bad(at, `${what} must be seconds or a span like 1h30m, not ${show(field.text)}.`);
  }
  return value;
}

/** The octets that a field stands for, one character each; `undefined` when an escape is bad. */
export function unescapeField(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char !== '\\') {
      out += char;
      continue;
    }
    const next = text.charCodeAt(i + 1);
    if (next >= 48 && next <= 57) {
      const digits = text.slice(i + 1, i + 4);
      if (!/^\d{3}$/.test(digits) || Number(digits) > 255) return undefined;
      out += String.fromCharCode(Number(digits));
      i += 3;
    } else if (i + 1 < text.length) {
      out += text.charAt(++i);
    } else return undefined;
  }
  return out;
}

export const badEscape =
  'this text has a bad escape: write \\DDD with three digits from 000 to 255, and \\\\ for a backslash.';

export function hexFields(fields: readonly Field[], at: number, what: string): string | Fault {
  if (fields.length <= at) return bad(at, `${what} is missing.`);
  let hex = '';
  for (let i = at; i < fields.length; i++) {
    const text = (fields[i] as Field).text;
    if (!/^[0-9a-fA-F]*$/.test(text)) return bad(i, `${what} must be hexadecimal digits, not ${show(text)}.`);
    hex += text;
  }
  return hex.length % 2 === 0
    ? hex.toLowerCase()
    : bad(at, `${what} has an odd number of hexadecimal digits; one is missing.`);
}

export function base64Fields(fields: readonly Field[], at: number, what: string): string | Fault {
  if (fields.length <= at) return bad(at, `${what} is missing.`);
  let text = '';
  for (let i = at; i < fields.length; i++) text += (fields[i] as Field).text;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return bad(at, `${what} must be base64.`);
  return Buffer.from(text, 'base64').toString('base64');
}

/** `20261123120000` (RFC 4034 §3.2) or seconds since 1970. */
export function timeField(fields: readonly Field[], at: number, what: string): number | Fault {
  const text = fields[at]?.text ?? '';
  const date = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (date) {
    const [, year, month, day, hour, minute, second] = date.map(Number);
    return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) / 1000;
  }
  return numberField(fields, at, 0xffffffff, what);
}

export function extra(fields: readonly Field[], count: number): Fault | undefined {
  return fields.length > count ? tooMany(fields, count) : undefined;
}

export function tooMany(fields: readonly Field[], count: number): Fault {
  const field = fields[count] as Field;
  return bad(
    count,
    `${show(field.text)} is one field too many for this record. Is a ";" missing in front of a comment?`,
  );
}

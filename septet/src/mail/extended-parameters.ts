/**
 * Parameter values that are split over several parameters or carry a character set (RFC 2231 §3, §4):
 * `filename*0*=utf-8'de'na%C3%AF; filename*1="ve.pdf"`.
 */
import type { Span } from '../text/parsed.ts';
import { decodeCharset, decodeOctets, decodeWords } from './words.ts';

export interface RawParameter {
  /** Lower case, stars included. */
  readonly name: string;
  /** One character per octet. */
  readonly value: string;
  readonly at: Span;
}

export type ExtendedCode =
  /** A section is missing; what comes after it is passed over. */
  | 'extended.gap'
  /** A `%` that two hexadecimal digits do not follow. */
  | 'extended.escape'
  /** `name*=` without `charset'language'`. */
  | 'extended.charset_missing'
  | 'extended.charset_unknown'
  | 'extended.charset_faulty';

export type NoteExtended = (code: ExtendedCode, at: Span) => void;

interface Section {
  readonly index: number;
  readonly encoded: boolean;
  readonly parameter: RawParameter;
}

/** The parameters by their names without stars; an extended one wins over a plain one of the same name. */
export function joinExtended(parameters: readonly RawParameter[], note: NoteExtended): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  const sections = new Map<string, Section[]>();
  for (const parameter of parameters) {
    const star = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(parameter.name);
    if (star === null) {
      joined.set(parameter.name, plainText(parameter.name, parameter.value));
      continue;
    }
    const name = star[1] ?? '';
    const section: Section = {
      index: Number(star[2] ?? 0),
      encoded: star[2] === undefined || star[3] !== undefined,
      parameter,
    };
    const known = sections.get(name);
    if (known === undefined) sections.set(name, [section]);
    else known.push(section);
  }
  for (const [name, found] of sections) {
    const value = joinSections(name, found, note);
    if (value !== undefined) joined.set(name, value);
  }
  return joined;
}

function joinSections(name: string, found: readonly Section[], told: NoteExtended): string | undefined {
  const ordered = [...found].sort((a, b) => a.index - b.index);
  const first = ordered[0];
  if (first === undefined) return undefined;
  const note = (code: ExtendedCode, section: Section): void => {
    told(code, section.parameter.at);
  };
  if (first.index !== 0) {
    note('extended.gap', first);
    return undefined;
  }
  let charset = '';
  let octets = '';
  let expected = 0;
  for (const section of ordered) {
    if (section.index !== expected) {
      // A section twice (`name*` beside `name*0`) is passed over; a missing one ends the value.
      if (section.index < expected) continue;
      note('extended.gap', section);
      break;
    }
    expected++;
    let value = section.parameter.value;
    if (section.encoded) {
      if (section.index === 0) {
        const quotes = /^([^']*)'[^']*'/.exec(value);
        if (quotes === null) note('extended.charset_missing', section);
        else {
          charset = (quotes[1] ?? '').toLowerCase();
          value = value.slice(quotes[0].length);
        }
      }
      if (/%(?![0-9A-Fa-f]{2})/.test(value)) note('extended.escape', section);
      value = value.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    }
    octets += value;
  }
  if (charset === '') return plainText(name, octets);
  const decoded = decodeCharset(Buffer.from(octets, 'latin1'), charset);
  if (!decoded.known) note('extended.charset_unknown', first);
  else if (decoded.faulty) note('extended.charset_faulty', first);
  return decoded.text;
}

/**
 * A value without a charset. Octets above 127 are read as UTF-8 (RFC 6532) where they are that. Many programs write file
 * names as encoded words, which RFC 2047 §5 forbids. A boundary is compared with octets, so it stays as it is.
 */
function plainText(name: string, value: string): string {
  if (name === 'boundary') return value;
  return name === 'filename' || name === 'name' ? decodeWords(value) : decodeOctets(value);
}

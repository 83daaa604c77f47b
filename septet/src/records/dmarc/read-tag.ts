/** One tag of a DMARC record: its value, checked against RFC 9989 §4.7 and §4.8. */
import type { Problem } from '../../text/parsed.ts';
import type { Tag } from '../../text/tag-list.ts';
import type { DmarcRecord, FailureOption, Policy, ProblemCode } from './record-types.ts';
import { nearestTag } from './tag-names.ts';
import { parseReportUri, type ReportUri, type UriFault } from './uri.ts';

const policies: readonly string[] = ['none', 'quarantine', 'reject'];
/** A tag that begins inside the value of another. */
const gluedPattern = /(?<![ \t,])[ \t,]+(?:v|p|sp|np|t|psd|adkim|aspf|fo|rua|ruf|pct|rf|ri)[ \t]*=/;
/** House limit: a text with more faults than this is not worth a longer list. */
export const maxProblems = 50;

/** The record while its tags are read. */
export type Draft = { -readonly [K in keyof DmarcRecord]: DmarcRecord[K] } & {
  unknown?: { name: string; value: string }[];
};
type Problems = Problem<ProblemCode>[];

/** Reads the tag into the draft and notes what is wrong with it. */
export function readTag(tag: Tag, value: Draft, problems: Problems): void {
  const { name } = tag;
  const odd = firstOdd(tag.value) ?? firstOdd(name);
  if (odd !== undefined) {
    const inName = firstOdd(tag.value) === undefined;
    const span = inName ? tag.nameAt : oddRun(tag.value, tag.valueAt.offset);
    problems.push({ code: 'dmarc.value.charset', ...span, args: { codes: codePoints(inName ? name : tag.value) } });
    if (inName) return;
  }
  let glued = false;
  if (tag.value.includes('=')) {
    const match = gluedPattern.exec(tag.value);
    if (match) {
      glued = true;
      const comma = match[0].includes(',');
      const offset = tag.valueAt.offset + match.index;
      const mark = comma ? (/^[ \t,]+/.exec(match[0])?.[0] ?? match[0]) : match[0];
      problems.push({
        code: comma ? 'dmarc.syntax.separator' : 'dmarc.syntax.glued',
        offset,
        length: mark.length,
        args: comma ? { part: mark.trim() } : { first: name, second: match[0].trim().replace(/[ \t]*=$/, '') },
      });
    }
  }
  /** A fault of the value, unless a wrong separator or character already explains it. */
  const fault = (code: ProblemCode, args: Record<string, string | number> = {}): void => {
    if (glued || odd !== undefined) return;
    if (tag.value === '' && code !== 'dmarc.p.invalid' && code !== 'dmarc.sp.invalid' && code !== 'dmarc.np.invalid') {
      problems.push({ code: 'dmarc.tag.empty_value', ...tag.at, args: { tag: name } });
    } else {
      const span = tag.valueAt.length > 0 ? tag.valueAt : tag.at;
      problems.push({ code, ...span, args: { tag: name, value: shorten(tag.value), ...args } });
    }
  };
  const word = tag.value.toLowerCase();
  const noteCase = (): void => {
    if (word !== tag.value)
      problems.push({ code: 'dmarc.tag.case', ...tag.valueAt, args: { tag: name, value: tag.value, lower: word } });
  };
  switch (name) {
    case 'p':
    case 'sp':
    case 'np':
      if (policies.includes(word)) {
        value[name] = word as Policy;
        noteCase();
      } else {
        value[name] = { invalid: tag.value };
        fault(`dmarc.${name}.invalid`);
      }
      break;
    case 't':
      if (word === 'y' || word === 'n') {
        value.t = word;
        noteCase();
      } else fault('dmarc.t.invalid');
      break;
    case 'psd':
      if (word === 'y' || word === 'n' || word === 'u') {
        value.psd = word;
        noteCase();
      } else fault('dmarc.psd.invalid');
      break;
    case 'adkim':
    case 'aspf':
      if (word === 'r' || word === 's') {
        value[name] = word;
        noteCase();
      } else fault('dmarc.adkim_aspf.invalid');
      break;
    case 'fo': {
      const options = readFailureOptions(word);
      if (options) {
        value.fo = options;
        noteCase();
      } else fault('dmarc.fo.invalid');
      break;
    }
    case 'pct':
      if (/^\d{1,3}$/.test(word) && Number(word) <= 100) value.pct = Number(word);
      else fault('dmarc.pct.invalid');
      break;
    case 'rf':
    case 'ri':
      value[name] = tag.value;
      problems.push({ code: 'dmarc.rf_ri.removed', ...tag.at, args: { tag: name } });
      break;
    case 'rua':
    case 'ruf':
      if (tag.value === '') fault('dmarc.rua.syntax');
      value[name] = readUris(tag, glued || odd !== undefined, problems);
      break;
    default: {
      (value.unknown ??= []).push({ name, value: tag.value });
      const nearest = nearestTag(name);
      const hint = nearest ? `Did you mean \`${nearest}\`?` : 'No tag of DMARC has a similar name.';
      problems.push({ code: 'dmarc.tag.unknown', ...tag.nameAt, args: { tag: shorten(name), hint } });
      break;
    }
  }
}

const uriReasons: Record<UriFault, string> = {
  empty: 'nothing stands between two commas',
  'no-scheme': 'an address needs `mailto:` in front',
  blank: 'a comma, not a blank, stands between two addresses',
  exclamation: 'an exclamation mark inside an address is written `%21`',
  character: 'a character stands there that no URI may hold',
  address: 'what follows `mailto:` is not a mail address',
  host: 'it names no host',
};

function readUris(tag: Tag, explained: boolean, problems: Problems): readonly ReportUri[] {
  const uris: ReportUri[] = [];
  const text = tag.value;
  if (text === '') return uris;
  for (let from = 0; ;) {
    const comma = text.indexOf(',', from);
    const end = comma < 0 ? text.length : comma;
    const raw = text.slice(from, end);
    const part = raw.trim();
    // For an empty piece the comma beside it is marked.
    const start = part === '' ? Math.max(from - 1, 0) : from + raw.indexOf(part);
    const span = { offset: tag.valueAt.offset + start, length: part.length || 1 };
    const result = parseReportUri(part);
    if (result.ok) {
      uris.push(result.uri);
      const size = result.uri.size;
      if (size !== undefined) {
        const length = size.length + 1;
        const args = { tag: tag.name, size: `!${size}` };
        problems.push({ code: 'dmarc.rua.size_suffix', offset: span.offset + span.length - length, length, args });
      }
    } else if (!explained && problems.length < maxProblems) {
      const args = { tag: tag.name, part: shorten(part), reason: uriReasons[result.fault] };
      problems.push({ code: 'dmarc.rua.syntax', ...span, args });
    }
    if (comma < 0) break;
    from = comma + 1;
  }
  return uris;
}

/** RFC 9989 §4.8: `0` or `1`, `d` and `s` in any order, each at most once and never `0` with `1`. */
function readFailureOptions(text: string): readonly FailureOption[] | undefined {
  if (text.length > 32) return undefined;
  const options: FailureOption[] = [];
  for (const piece of text.split(':')) {
    const option = piece.trim();
    if (option !== '0' && option !== '1' && option !== 'd' && option !== 's') return undefined;
    if (options.includes(option)) return undefined;
    options.push(option);
  }
  return options.includes('0') && options.includes('1') ? undefined : options;
}

/** Index of the first character that RFC 9989 §4.8 does not allow in a value, if there is one. */
function firstOdd(text: string): number | undefined {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code > 126) return i;
  }
  return undefined;
}

function oddRun(text: string, base: number): { offset: number; length: number } {
  const start = firstOdd(text) ?? 0;
  let end = start;
  while (end < text.length && (text.charCodeAt(end) < 32 || text.charCodeAt(end) > 126)) end++;
  return { offset: base + start, length: end - start };
}

/** The foreign characters as `U+2013`; the text has one character per octet, so UTF-8 is read where it is UTF-8. */
function codePoints(text: string): string {
  const decoded = Buffer.from(text.slice(0, 1000), 'latin1').toString('utf8');
  const odd = new Set<string>();
  for (const char of decoded) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 32 || code > 126) odd.add(`U+${code.toString(16).toUpperCase().padStart(4, '0')}`);
    if (odd.size === 5) break;
  }
  return [...odd].join(', ');
}

/** At most 60 characters, for messages. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

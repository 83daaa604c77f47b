/**
 * DMARC: Domain-based Message Authentication, Reporting and Conformance (RFC 9989, 2026; before it RFC 7489).
 *
 * The record says what a receiver should do with mail that carries the domain in its From header and that neither SPF
 * nor DKIM proves with an aligned domain, and where reports about the domain go. It is one TXT record at
 * `_dmarc.<domain>`. Every receiver of the mail reads it: the record of the From domain, else the one of its
 * organisational domain, else that of its registry (`discover.ts`).
 *
 *     _dmarc.example.com.  TXT  "v=DMARC1; p=quarantine; np=reject; rua=mailto:dmarc-reports@example.com"
 *
 * `v` comes first and is exactly `DMARC1`. `p` is the policy for the domain, `sp` for its sub-domains, `np` for
 * sub-domains that do not exist; `t=y` asks for one level less; `psd` marks registries and organisational boundaries;
 * `adkim` and `aspf` choose how closely names must match; `rua`, `ruf` and `fo` order reports. RFC 9989 dropped `pct`,
 * `rf` and `ri`; readers of RFC 7489 still obey them, so the value keeps them. Unknown tags are ignored.
 */
import type { Parsed, Problem } from '../../text/parsed.ts';
import { scanTagList, type Tag } from '../../text/tag-list.ts';
import { formatReportUri, parseReportUri, type ReportUri, type UriFault } from './uri.ts';

export type Policy = 'none' | 'quarantine' | 'reject';
/** A policy as written: one of the three words, or text that is none of them and spoils the whole record. */
export type PolicyTag = Policy | { readonly invalid: string };
export type Alignment = 'r' | 's';
export type FailureOption = '0' | '1' | 'd' | 's';

export interface DmarcRecord {
  readonly p?: PolicyTag;
  /** Present when another tag stands between `v` and `p`, which RFC 7489 §6.4 forbids. */
  readonly pLate?: true;
  readonly sp?: PolicyTag;
  readonly np?: PolicyTag;
  readonly t?: 'y' | 'n';
  readonly psd?: 'y' | 'n' | 'u';
  readonly adkim?: Alignment;
  readonly aspf?: Alignment;
  readonly fo?: readonly FailureOption[];
  /** Usable URIs only: absent without the tag, empty when the tag holds none. */
  readonly rua?: readonly ReportUri[];
  readonly ruf?: readonly ReportUri[];
  /** Per cent, 0 to 100 (RFC 7489 §6.3). */
  readonly pct?: number;
  readonly rf?: string;
  readonly ri?: string;
  /** Tags that no RFC knows, in order. */
  readonly unknown?: readonly { readonly name: string; readonly value: string }[];
}

/** What can be wrong with the text of a record. Each is a row of the catalogue. */
export type ProblemCode =
  | 'dmarc.v.bad'
  | 'dmarc.syntax.separator'
  | 'dmarc.syntax.glued'
  | 'dmarc.syntax.duplicate_tag'
  | 'dmarc.tag.unknown'
  | 'dmarc.tag.empty_value'
  | 'dmarc.tag.case'
  | 'dmarc.value.charset'
  | 'dmarc.p.missing'
  | 'dmarc.p.invalid'
  | 'dmarc.p.not_second'
  | 'dmarc.sp.invalid'
  | 'dmarc.np.invalid'
  | 'dmarc.t.invalid'
  | 'dmarc.psd.invalid'
  | 'dmarc.adkim_aspf.invalid'
  | 'dmarc.fo.invalid'
  | 'dmarc.pct.invalid'
  | 'dmarc.rf_ri.removed'
  | 'dmarc.rua.syntax'
  | 'dmarc.rua.size_suffix';

/** The tags of RFC 9989 §9.4 and the three that it removed from RFC 7489 §6.3. */
export const knownTags = ['v', 'p', 'sp', 'np', 't', 'psd', 'adkim', 'aspf', 'fo', 'rua', 'ruf', 'pct', 'rf', 'ri'];

const policies: readonly string[] = ['none', 'quarantine', 'reject'];
const versionPattern = /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;
/** A tag that begins inside the value of another. */
const gluedPattern = /(?<![ \t,])[ \t,]+(?:v|p|sp|np|t|psd|adkim|aspf|fo|rua|ruf|pct|rf|ri)[ \t]*=/;
/** House limit: a text with more faults than this is not worth a longer list. */
const maxProblems = 50;

/** Whether a TXT value is a DMARC record, which is all that discovery asks (RFC 9989 §4.10 step 2). */
export function isDmarc(text: string): boolean {
  if (text.startsWith('v=DMARC1') && (text.length === 8 || text.charCodeAt(8) === 59)) return true;
  return versionPattern.test(text);
}

export function isPolicy(tag: PolicyTag | undefined): tag is Policy {
  return typeof tag === 'string';
}

/** Reads the value of a TXT record. Linear in its length; never throws. */
export function parse(text: string): Parsed<DmarcRecord, ProblemCode> {
  if (!isDmarc(text)) {
    return looksMeant(text) ? { kind: 'bad', problems: [versionProblem(text)] } : { kind: 'other' };
  }
  const problems: Problem<ProblemCode>[] = [];
  const list = scanTagList(text);
  const value: Draft = {};
  const seen = new Set<string>(['v']);
  for (let i = 1; i < list.tags.length; i++) {
    const tag = list.tags[i]!;
    if (seen.has(tag.name)) {
      problems.push({ code: 'dmarc.syntax.duplicate_tag', ...tag.at, args: { tag: tag.name } });
      continue;
    }
    seen.add(tag.name);
    readTag(tag, value, problems);
    if (tag.name === 'p' && i > 1) {
      value.pLate = true;
      problems.push({ code: 'dmarc.p.not_second', ...tag.at });
    }
  }
  for (const piece of list.broken) {
    if (problems.length > maxProblems) break;
    const before = list.tags.findLast(
      (tag) => tag.at.offset < piece.offset && (tag.name === 'rua' || tag.name === 'ruf'),
    );
    if (before && piece.text.includes('@')) {
      problems.push({
        code: 'dmarc.rua.syntax',
        offset: piece.offset,
        length: piece.length,
        args: { tag: before.name, part: piece.text, reason: 'a comma, not a semicolon, stands between two addresses' },
      });
    } else {
      problems.push({
        code: 'dmarc.syntax.separator',
        offset: piece.offset,
        length: piece.length,
        args: { part: piece.text },
      });
    }
  }
  if (!seen.has('p')) {
    const at = list.tags[0]?.at ?? { offset: 0, length: 8 };
    if (!problems.some((problem) => problem.code === 'dmarc.syntax.separator'))
      problems.push({ code: 'dmarc.p.missing', ...at });
  }
  if (problems.length > 1) problems.sort((a, b) => a.offset - b.offset);
  return { kind: 'good', value, problems: problems.slice(0, maxProblems) };
}

/** The record's text, tags in the order in which people expect them. `parse(format(v))` gives `v`. */
export function format(record: DmarcRecord): string {
  let text = 'v=DMARC1';
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) text += `; ${name}=${value}`;
  };
  if (!record.pLate) add('p', policyText(record.p));
  add('sp', policyText(record.sp));
  add('np', policyText(record.np));
  add('t', record.t);
  add('pct', record.pct === undefined ? undefined : String(record.pct));
  add('psd', record.psd);
  add('adkim', record.adkim);
  add('aspf', record.aspf);
  add('fo', record.fo?.join(':'));
  add('rua', record.rua?.map(formatReportUri).join(','));
  add('ruf', record.ruf?.map(formatReportUri).join(','));
  add('rf', record.rf);
  add('ri', record.ri);
  for (const { name, value } of record.unknown ?? []) add(name, value);
  if (record.pLate) add('p', policyText(record.p));
  return text;
}

const spelledOut: ReadonlyMap<string, string> = new Map([
  ['policy', 'p'],
  ['percent', 'pct'],
  ['version', 'v'],
  ['test', 't'],
]);

/** The known tag that a misspelt name most likely means: `ruas` → `rua`, `policy` → `p`. */
export function nearestTag(name: string): string | undefined {
  const lower = name.toLowerCase();
  const spelled = spelledOut.get(lower);
  if (spelled) return spelled;
  if (lower.length > 7) return undefined;
  return knownTags.find((tag) => tag === lower) ?? knownTags.find((tag) => tag.length > 1 && isOneEditAway(lower, tag));
}

type Draft = { -readonly [K in keyof DmarcRecord]: DmarcRecord[K] } & { unknown?: { name: string; value: string }[] };
type Problems = Problem<ProblemCode>[];

function readTag(tag: Tag, value: Draft, problems: Problems): void {
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

/** Whether text that is not a DMARC record was meant to be one. */
function looksMeant(text: string): boolean {
  const head = text.slice(0, 200);
  if (/^\s*"?v\s*=\s*spf1/i.test(head)) return false;
  return /\bv\s*[=:]?\s*"?DMARC/i.test(head) || /(?:^|;)\s*s?p\s*=\s*(?:none|quarantine|reject)\s*(?:;|$)/i.test(head);
}

function versionProblem(text: string): Problem<ProblemCode> {
  const separator = /^v[ \t]*=[ \t]*DMARC1((?:[ \t]*,[ \t]*|[ \t]+)(?=[a-z]))/.exec(text);
  if (separator) {
    const mark = separator[1] ?? '';
    const offset = separator[0].length - mark.length;
    return { code: 'dmarc.syntax.separator', offset, length: mark.length, args: { part: mark.trim() || 'a blank' } };
  }
  const colon = /^v[ \t]*([: ])[ \t]*DMARC1/.exec(text);
  if (colon) return { code: 'dmarc.syntax.separator', offset: 0, length: colon[0].length, args: { part: colon[0] } };
  const tag = scanTagList(text.slice(0, 4096)).tags.find((tag) => tag.name.toLowerCase() === 'v');
  if (!tag) {
    const semicolon = text.indexOf(';');
    const length = Math.min(semicolon < 0 ? text.length : semicolon, 40);
    return {
      code: 'dmarc.v.bad',
      offset: 0,
      length,
      args: { reason: `It begins with \`${shorten(text.slice(0, length))}\`.` },
    };
  }
  const first = tag.at.offset === 0;
  const reason =
    tag.value !== 'DMARC1'
      ? `It says \`${shorten(tag.value)}\`.`
      : tag.name !== 'v'
        ? `It says \`${tag.name}\`; names of tags are lower case.`
        : first
          ? 'Something follows it before the semicolon.'
          : 'Something stands before it.';
  const span = first ? tag.at : { offset: 0, length: tag.at.offset + tag.at.length };
  return { code: 'dmarc.v.bad', ...span, args: { reason } };
}

function policyText(tag: PolicyTag | undefined): string | undefined {
  return tag === undefined || typeof tag === 'string' ? tag : tag.invalid;
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

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Whether one insertion, deletion, replacement or swap of neighbours turns `a` into `b`. */
export function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  const restA = a.slice(i);
  const restB = b.slice(i);
  if (a.length > b.length) return restA.slice(1) === restB;
  if (a.length < b.length) return restA === restB.slice(1);
  if (restA.slice(1) === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
}

/**
 * What the value of a header field may have been before a list, a gateway or a server altered it. A value is what stands
 * behind the colon as written, folds as CRLF. The first ones are the likeliest; all are guesses until a hash proves one.
 */
import type { Header } from '../../mail/header.ts';
import { encodings } from './explain-transfer.ts';

/** Tokens of a value of which every run is taken out. */
const maxTokens = 24; // house
const maxValueOctets = 4000; // house

/** The few values that are worth trying together with changes of other fields; without the value itself. */
export function likelyValues(key: string, value: string, header: Header, parts: readonly string[]): readonly string[] {
  if (value.length > maxValueOctets) return [];
  const values: string[] = [...parts, ...keptCopies(key, header)];
  if (key === 'subject') values.push(...plainSubjects(value));
  if (key === 'from') values.push(...plainAuthors(value, header));
  if (key === 'content-transfer-encoding')
    values.push(...encodings.flatMap((name) => [` ${name}`, ` ${name.toUpperCase()}`]));
  return distinct(value, values);
}

/** Everything that is tried for one field alone. */
export function possibleValues(
  key: string,
  value: string,
  header: Header,
  parts: readonly string[],
): readonly string[] {
  if (value.length > maxValueOctets) return [];
  const flat = value.replaceAll(/\r\n(?=[ \t])/g, '');
  const values = [
    ...likelyValues(key, value, header, parts),
    ...spacings(value),
    ...singleFolds(flat),
    flat.replaceAll('"', ''),
    flat.replaceAll(/[<>]/g, ''),
    ` <${flat.trim()}>`,
    flat.replaceAll(/\s*\([^()]*\)/g, ''),
    flat.replaceAll(/;\s*([\w*-]+)=([^\s";]+)/g, '; $1="$2"'),
    flat.replaceAll(/,\s*/g, ', '),
    flat.replaceAll(/,\s*/g, ','),
    flat.replaceAll(/;\s*/g, '; '),
    flat.toLowerCase(),
    ...(key === 'subject' ? ['Re:', 'RE:', 'Fwd:', 'FW:', 'AW:', 'WG:'].map((prefix) => ` ${prefix}${flat}`) : []),
    ...(key === 'date' ? otherDates(flat) : []),
    ...withoutRuns(flat),
  ];
  return distinct(value, values);
}

/** Values that a field may have had which is not there any more. */
export function lostValues(key: string, header: Header, parts: readonly string[]): readonly string[] {
  const from = header.fields.find((field) => field.key === 'from');
  const copies = [...parts, ...keptCopies(key, header)];
  const usual = usualValues.get(key) ?? [];
  const likeFrom =
    from && (key === 'reply-to' || key === 'sender')
      ? [from.raw.slice(from.colon + 1), ` ${addressOf(from.raw.slice(from.colon + 1))}`]
      : [];
  return [...new Set([...copies, ...usual, ...likeFrom, ''])];
}

const usualValues: ReadonlyMap<string, readonly string[]> = new Map([
  ['mime-version', [' 1.0']],
  ['content-transfer-encoding', encodings.map((name) => ` ${name}`)],
  [
    'content-type',
    [
      ' text/plain',
      ' text/plain; charset=utf-8',
      ' text/plain; charset="utf-8"',
      ' text/plain; charset=us-ascii',
      ' text/plain; charset=UTF-8',
      ' text/html; charset=utf-8',
      ' text/html; charset="utf-8"',
    ],
  ],
  ['content-disposition', [' inline']],
  ['to', [' undisclosed-recipients:;']],
  ['precedence', [' bulk', ' list', ' junk']],
  ['auto-submitted', [' auto-generated', ' auto-replied', ' no']],
  ['list-unsubscribe-post', [' List-Unsubscribe=One-Click']],
  ['importance', [' normal', ' high']],
  ['x-priority', [' 3', ' 1']],
]);

function distinct(value: string, values: readonly string[]): readonly string[] {
  return [...new Set(values)].filter((other) => other !== value);
}

/** What others kept of the field: `X-Original-From`, `X-Mailman-Original-Subject`, `Old-Content-Type`. */
function keptCopies(key: string, header: Header): readonly string[] {
  const copies = header.fields.filter(
    (other) => other.key.endsWith(`original-${key}`) || other.key.endsWith(`old-${key}`) || other.key === `x-${key}`,
  );
  return copies.slice(0, 4).map((copy) => copy.raw.slice(copy.colon + 1));
}

/** Marks that lists and gateways put in front of a subject. */
const marks = /^\s*(?:\[[^\]]{1,60}\]|\*{2,}[^*]{1,40}\*{2,}|\{[^}]{1,40}\}|\([^)]{1,40}\)|[A-Z]{3,20}:)\s*/;

function plainSubjects(value: string): readonly string[] {
  const values: string[] = [];
  const unfolded = value.replaceAll(/\r\n(?=[ \t])/g, '');
  for (const start of [value, unfolded]) {
    const reply = /^\s*((?:re|fwd?|aw|wg|sv|antw):\s*)+/i.exec(start)?.[0] ?? '';
    const rest = start.slice(reply.length);
    const bare = rest.replace(marks, '');
    if (bare !== rest) values.push(reply === '' ? ` ${bare}` : reply + bare, ` ${bare}`);
    const twice = bare.replace(marks, '');
    if (twice !== bare) values.push(reply === '' ? ` ${twice}` : reply + twice);
    if (reply !== '') values.push(` ${rest}`);
  }
  return values;
}

/** A From that a list rewrote: the author's own stands in Reply-To, or in Cc, where some lists put it. */
function plainAuthors(value: string, header: Header): readonly string[] {
  const name = /^\s*"?([^"<]*?)"?\s*(?:<|$)/.exec(value)?.[1] ?? '';
  const person = name.replace(/\s+(?:via|on behalf of|über)\s+.*$/i, '').trim();
  const values: string[] = [];
  for (const other of header.fields) {
    if ((other.key !== 'reply-to' && other.key !== 'cc') || other.raw.length > maxValueOctets) continue;
    const written = other.raw.slice(other.colon + 1);
    const address = addressOf(written);
    values.push(written, ` ${address}`, ` <${address}>`);
    if (person !== '') values.push(` ${person} <${address}>`, ` "${person}" <${address}>`);
    if (values.length > 10) break;
  }
  return values;
}

const addressOf = (value: string): string => /<([^<>]*)>/.exec(value)?.[1] ?? value.replaceAll(/\r\n/g, '').trim();

/** The same words with other blanks and folds. */
export const spacings = (value: string): readonly string[] => distinct(value, everySpacing(value));

/** As `spacings`, each way at its place in the list, also where it changes nothing. */
export function everySpacing(value: string): readonly string[] {
  if (value.length > maxValueOctets) return [];
  const flat = value.replaceAll(/\r\n(?=[ \t])/g, '');
  const trimmed = flat.trim();
  return [
    flat,
    ` ${trimmed}`,
    trimmed,
    `\r\n ${trimmed}`,
    `\r\n\t${trimmed}`,
    `${flat} `,
    `  ${trimmed}`,
    `\t${trimmed}`,
    value.replaceAll(/\r\n[ \t]+/g, ''),
    value.replaceAll(/\r\n[ \t]+/g, ' '),
    value.replaceAll(/\r\n[ \t]+/g, '\r\n '),
    value.replaceAll(/\r\n[ \t]+/g, '\r\n\t'),
    value.replaceAll(/\r\n[ \t]+/g, '\r\n        '),
    flat.replaceAll(/([,;])[ \t]+/g, '$1\r\n '),
    flat.replaceAll(/([,;])[ \t]+/g, '$1\r\n\t'),
    flat.replaceAll(/[ \t]+/g, ' '),
    value.trimEnd(),
  ];
}

/** One fold, at each of the first blanks. */
function singleFolds(flat: string): readonly string[] {
  const folds: string[] = [];
  for (let at = flat.indexOf(' ', 1); at >= 0 && folds.length < 40; at = flat.indexOf(' ', at + 1)) {
    for (const blank of [' ', '\t']) folds.push(`${flat.slice(0, at)}\r\n${blank}${flat.slice(at + 1)}`);
  }
  return folds;
}

/** Semicolons of a tag list at which every set of folds is tried. */
const maxFoldedTags = 8; // house

/** A tag list folded behind any of its semicolons. */
export function foldedTags(value: string): readonly string[] {
  const pieces = value.replaceAll(/\r\n(?=[ \t])/g, '').split(/;[ \t]*/);
  const joints = pieces.length - 1;
  if (joints > maxFoldedTags) return [];
  return ['\r\n ', '\r\n\t'].flatMap((fold) =>
    Array.from({ length: 2 ** joints }, (_, set) =>
      pieces.reduce((text, piece, at) => `${text};${(set >> (at - 1)) & 1 ? fold : ' '}${piece}`),
    ),
  );
}

function otherDates(flat: string): readonly string[] {
  const zones = ['+0000', '-0000', 'GMT', 'UTC', 'UT', 'Z', '+0000 (UTC)', '+0000 (GMT)'];
  const bare = flat.replace(/\s+\([^()]*\)\s*$/, '');
  return [
    bare,
    flat.replace(/^(\s*\w{3},) 0(\d )/, '$1 $2'),
    flat.replace(/^(\s*\w{3},) (\d )/, '$1 0$2'),
    flat.replace(/^\s*\w{3},/, ''),
    ...zones.map((zone) => bare.replace(/\s(?:[+-]0000|GMT|UTC?|Z)\s*$/, ` ${zone}`)),
  ];
}

/** The value with one run of words taken out: prefixes, suffixes, anything that was put in. */
function withoutRuns(flat: string): readonly string[] {
  const tokens = flat.match(/\s*[^\s,;]+[,;]?/g) ?? [];
  const out: string[] = [];
  const count = Math.min(tokens.length, maxTokens);
  const rest = tokens.slice(count).join('');
  for (let length = 1; length < count; length++) {
    for (let at = 0; at + length <= count; at++) {
      const kept = tokens.slice(0, at).join('') + tokens.slice(at + length, count).join('') + rest;
      out.push(kept, ...(kept.endsWith(',') || kept.endsWith(';') ? [kept.slice(0, -1)] : []));
    }
  }
  return out;
}

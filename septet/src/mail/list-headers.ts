/**
 * The fields of lists: List-Unsubscribe (RFC 2369 §2, §3.2), List-Unsubscribe-Post (RFC 8058 §3.1) and List-Id (RFC 2919).
 *
 *     List-Unsubscribe: <https://news.example.com/u/opaque-token>, <mailto:unsubscribe@example.com?subject=token>
 *     List-Unsubscribe-Post: List-Unsubscribe=One-Click
 *     List-Id: Our weekly letter <weekly.news.example.com>
 */
import type { Parsed, Problem, Span } from '../text/parsed.ts';
import { decodeWords, readComment } from './words.ts';

export interface ListUri {
  /** Blanks and folds inside are taken out (RFC 2369 §2). */
  readonly uri: string;
  /** `https`, `mailto`…, lower case; empty where there is none. */
  readonly scheme: string;
  /** What stands between the angle brackets. */
  readonly at: Span;
}

export type ListCode =
  /** Text without angle brackets: readers ignore it and all that follows (RFC 2369 §2). */
  | 'bracket.missing'
  | 'bracket.unclosed'
  /** Text behind an angle bracket that no comma begins: readers ignore it (RFC 2369 §2). */
  | 'comma.missing'
  /** Nothing between two commas, or in front of the first. */
  | 'item.empty'
  | 'uri.empty'
  /** A blank inside the angle brackets. */
  | 'uri.blank'
  /** A line break inside the angle brackets. */
  | 'uri.folded'
  /** A character that must be percent-encoded (RFC 3986 §2). */
  | 'uri.character'
  | 'uri.scheme_missing'
  | 'comment.unclosed'
  | 'limit.uris';

export interface ListUris {
  /** Those that a reader counts, in the sender's order of preference. */
  readonly uris: readonly ListUri[];
  readonly problems: readonly Problem<ListCode>[];
}

/** Of one field. */
export const maxListUris = 50; // house

/** Reads List-Unsubscribe and its kin: what follows the colon, one character per octet, folds or not. Linear. */
export function parseListUnsubscribe(value: string): ListUris {
  const uris: ListUri[] = [];
  const problems: Problem<ListCode>[] = [];
  const note = (code: ListCode, offset: number, end: number): void => {
    problems.push({ code, offset, length: Math.max(1, end - offset) });
  };
  let at = 0;
  const pass = (): void => {
    for (; at < value.length; at++) {
      if (value[at] === '(') {
        const comment = readComment(value, at);
        if (!comment.closed) note('comment.unclosed', at, value.length);
        at = comment.end - 1;
      } else if (!isBlank(value.charCodeAt(at))) return;
    }
  };
  for (;;) {
    pass();
    if (at >= value.length) {
      note('item.empty', Math.max(0, value.length - 1), value.length);
      break;
    }
    if (value[at] === ',') {
      note('item.empty', at, at + 1);
      at++;
      continue;
    }
    if (value[at] !== '<') {
      note('bracket.missing', at, value.length);
      break;
    }
    if (uris.length === maxListUris) {
      note('limit.uris', at, value.length);
      break;
    }
    const start = at + 1;
    const close = value.indexOf('>', start);
    const end = close < 0 ? value.length : close;
    if (close < 0) note('bracket.unclosed', at, end);
    const uri = readUri(value.slice(start, end), (code) => note(code, start, end));
    if (uri !== '') uris.push({ uri, scheme: schemeOf(uri), at: { offset: start, length: end - start } });
    at = end + 1;
    pass();
    if (at >= value.length) break;
    if (value[at] !== ',') {
      const comma = value.indexOf(',', at);
      const next = comma < 0 ? value.length : comma;
      note('comma.missing', at, next);
      if (comma < 0) break;
      at = comma;
    }
    at++;
  }
  return { uris, problems };
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;
const schemeOf = (uri: string): string => (/^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1] ?? '').toLowerCase();

function readUri(text: string, note: (code: ListCode) => void): string {
  const trimmed = text.trim();
  const uri = trimmed.replaceAll(/\s+/g, '');
  if (uri === '') {
    note('uri.empty');
    return '';
  }
  if (/[\r\n]/.test(text)) note('uri.folded');
  else if (text !== uri) note('uri.blank');
  if (/[^!#$%&'()*+,./0-9:;=?@A-Z[\]_a-z~-]|%(?![0-9A-Fa-f]{2})/.test(uri)) note('uri.character');
  if (schemeOf(uri) === '') note('uri.scheme_missing');
  return uri;
}

/** The one value of List-Unsubscribe-Post (RFC 8058 §3.1). */
export const oneClick = 'List-Unsubscribe=One-Click';

/** Whether a List-Unsubscribe-Post is exactly what receivers look for; blanks around it are allowed (RFC 5322 §2.2). */
export const isOneClick = (value: string): boolean => value.replaceAll(/\r\n(?=[ \t])/g, '').trim() === oneClick;

export interface ListId {
  /** Lower case, because case does not count (RFC 2919 §6). */
  readonly id: string;
  /** The words in front of it, decoded. */
  readonly description?: string;
  readonly at: Span;
}

export type ListIdCode =
  /** The identifier stands without angle brackets, or the closing one is missing. */
  | 'bracket.missing'
  | 'id.empty'
  /** No `label.namespace` of letters, digits and the marks of an atom (RFC 2919 §2). */
  | 'id.syntax'
  /** More than 255 octets (RFC 2919). */
  | 'id.too_long'
  /** Text behind the angle brackets that is no comment. */
  | 'text.stray';

export const maxListIdOctets = 255; // RFC 2919

/** Reads a List-Id: what follows the colon, one character per octet, folds or not. Linear; never throws. */
export function parseListId(value: string): Parsed<ListId, ListIdCode> {
  const problems: Problem<ListIdCode>[] = [];
  const open = lastOutside(value, '<');
  const close = open < 0 ? -1 : value.indexOf('>', open);
  const start = open < 0 ? 0 : open + 1;
  const end = close < 0 ? value.length : close;
  const inside = value.slice(start, end);
  const id = inside.trim().toLowerCase();
  const offset = start + (inside.length - inside.trimStart().length);
  const at: Span = { offset, length: id.length };
  const note = (code: ListIdCode, span: Span = at): void => {
    problems.push({ code, offset: span.offset, length: Math.max(1, span.length) });
  };
  if (id === '') {
    note('id.empty');
    return { kind: 'bad', problems };
  }
  if (open < 0 || close < 0) note('bracket.missing');
  // Without brackets only a bare identifier can be told from a description.
  if (open < 0 && /\s/.test(id)) return { kind: 'bad', problems };
  if (!/^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)+$/.test(id)) note('id.syntax');
  if (id.length > maxListIdOctets) note('id.too_long');
  const behind = close < 0 ? '' : value.slice(close + 1);
  if (behind.trim() !== '' && !behind.trim().startsWith('('))
    note('text.stray', { offset: close + 1, length: behind.length });
  const description = open < 0 ? '' : phrase(value.slice(0, open));
  return { kind: 'good', value: { id, ...(description === '' ? {} : { description }), at }, problems };
}

/** The last place of a character outside quotes. */
function lastOutside(text: string, wanted: string): number {
  let found = -1;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === wanted) found = i;
  }
  return found;
}

/** Quotes and folds undone, encoded words decoded. */
function phrase(text: string): string {
  const plain = text.replaceAll(/\r\n(?=[ \t])/g, '').trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(plain);
  return decodeWords(quoted === null ? plain : (quoted[1] ?? '').replaceAll(/\\(.)/gs, '$1')).trim();
}

/**
 * Finds the parts of a message that a person reads (RFC 2046), with their places, so that they can be spliced. Attachments,
 * files, messages inside, reports, and what is signed or encrypted are not entered. The root alone of a multipart/related
 * is (RFC 2387): what it shows lies beside it.
 */
import type { Buffer } from 'node:buffer';
import type { Header } from '../mail/header.ts';
import { endOfEmptyLine, parseHeader } from '../mail/parse-header.ts';
import { readPartHeader, type PartHeader } from '../mail/part-header.ts';

export interface TextPart {
  readonly kind: 'html' | 'plain';
  readonly reading: PartHeader['reading'];
  /** As the part names it, lower case; empty where it does not. */
  readonly charset: string;
  /** The content in the message. */
  readonly from: number;
  readonly to: number;
}

export interface TextParts {
  readonly parts: readonly TextPart[];
  /** Something is signed or encrypted. */
  readonly sealed: boolean;
  /** More parts, or deeper ones, than are looked at. */
  readonly cut: boolean;
  /** A multipart without a boundary that can be looked for. */
  readonly unreadable: boolean;
}

const maxDepth = 20; // house, as mail/mime.ts
const maxParts = 1000; // house
const maxBoundaryOctets = 500; // house
const lf = 10;
const cr = 13;
const hyphen = 45;

/** `octets`: the whole message. Never throws; time is linear in it for each level of parts. */
export function findTextParts(octets: Buffer, header: Header): TextParts {
  const parts: TextPart[] = [];
  let seen = 0;
  let sealed = false;
  let cut = false;
  let unreadable = false;

  const enter = (own: Header, from: number, to: number, depth: number, fallback: string): void => {
    if (depth > maxDepth || ++seen > maxParts) {
      cut = true;
      return;
    }
    const facts = readPartHeader(own, fallback);
    const { type, parameters, disposition, fileName, reading } = facts;
    if (isSealed(type)) sealed = true;
    if (disposition === 'attachment' || isSealed(type)) return;
    if (type.startsWith('multipart/')) {
      if (type === 'multipart/report' || reading !== 'plain') return;
      const boundary = parameters.get('boundary')?.replace(/[ \t]+$/, '') ?? '';
      if (boundary === '' || boundary.length > maxBoundaryOctets) {
        unreadable = true;
        return;
      }
      enterParts(boundary, from, to, depth, type === 'multipart/related' ? (parameters.get('start') ?? '') : undefined);
      return;
    }
    const kind = type === 'text/html' ? 'html' : type === 'text/plain' ? 'plain' : undefined;
    if (kind === undefined || fileName !== undefined) return;
    parts.push({ kind, reading, charset: (parameters.get('charset') ?? '').trim().toLowerCase(), from, to });
  };

  /** `start`: of a multipart/related, the Content-ID of its root; empty: the first part. */
  const enterParts = (boundary: string, from: number, to: number, depth: number, start: string | undefined): void => {
    const delimiter = `--${boundary}`;
    let entered = false;
    let at = nextDelimiter(octets, delimiter, from, to);
    while (at !== undefined && !at.closes) {
      const next = nextDelimiter(octets, delimiter, at.behind, to);
      const end = next?.from ?? to;
      const headerEnd = endOfHeader(octets, at.behind, end);
      const own = parseHeader(octets.subarray(at.behind, headerEnd));
      const isRoot = start === undefined || (start === '' ? !entered : contentId(own) === bare(start));
      if (isRoot) enter(own, headerEnd, Math.max(headerEnd, end), depth + 1, 'text/plain');
      entered = true;
      if (cut) return;
      at = next;
    }
  };

  enter(header, header.octets, octets.length, 0, 'text/plain');
  return { parts, sealed, cut, unreadable };
}

const isSealed = (type: string): boolean =>
  /^(?:multipart\/(?:signed|encrypted)|application\/(?:x-)?pkcs7-(?:mime|signature)|application\/pgp-(?:encrypted|signature|keys))$/.test(
    type,
  );

const bare = (id: string): string => id.trim().replaceAll(/^<|>$/g, '');
const contentId = (header: Header): string => {
  const field = header.fields.find(({ key }) => key === 'content-id');
  return field === undefined ? '' : bare(field.raw.slice(field.colon + 1).replaceAll(/\s+/g, ''));
};

interface DelimiterLine {
  /** Where the line end in front of it begins, which belongs to it (RFC 2046 §5.1.1). */
  readonly from: number;
  readonly behind: number;
  readonly closes: boolean;
}

function nextDelimiter(octets: Buffer, delimiter: string, from: number, to: number): DelimiterLine | undefined {
  const within = octets.subarray(0, to);
  for (let at = within.indexOf(delimiter, from, 'latin1'); at >= 0;) {
    if (at === from || octets[at - 1] === lf) {
      let end = at + delimiter.length;
      const closes = octets[end] === hyphen && octets[end + 1] === hyphen;
      if (closes) end += 2;
      while (octets[end] === 32 || octets[end] === 9) end++;
      if (octets[end] === cr) end++;
      if (end >= to || octets[end] === lf) {
        const before = at > from ? (at - 1 > from && octets[at - 2] === cr ? at - 2 : at - 1) : at;
        return { from: before, behind: Math.min(to, end + 1), closes };
      }
    }
    at = within.indexOf(delimiter, at + delimiter.length, 'latin1');
  }
  return undefined;
}

/** Behind the empty line of a part's header, or where the part ends; a part may begin with the empty line. */
function endOfHeader(octets: Buffer, from: number, to: number): number {
  if (octets[from] === lf) return Math.min(to, from + 1);
  if (octets[from] === cr && octets[from + 1] === lf) return Math.min(to, from + 2);
  // An empty line of either kind ends it: mail programs read parts so.
  const end = endOfEmptyLine(octets.subarray(from, to), 'lf', 0);
  return end < 0 ? to : from + end;
}

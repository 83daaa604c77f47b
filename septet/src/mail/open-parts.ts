/**
 * The parts that are open while a body goes by: the message, the multipart in it, the part in that. Delimiter lines and
 * ends of headers open and close them; what is closed becomes a part of the tree.
 */
import { parseHeader } from './parse-header.ts';
import type { Header, HeaderCode } from './header.ts';
import type { MimeCode, MimePart, MimeProblem } from './mime.ts';
import { readPartHeader } from './part-header.ts';
import type { PartHeader } from './part-header.ts';
import { growingOctets, textKeeper } from './part-text.ts';
import type { TextKeeper } from './part-text.ts';
import { base64Decoder, quotedPrintableDecoder } from './transfer.ts';
import type { TransferCode } from './transfer.ts';

export interface MimeLimits {
  readonly maxDepth: number;
  readonly maxParts: number;
  readonly maxTextOctets: number;
  /** Octets of the headers of all parts together, the message's own not counted. */
  readonly maxHeaderOctets: number;
}

/** A part whose content begins; not those that hold parts. */
export type PartBegun = Pick<
  MimePart,
  'path' | 'type' | 'parameters' | 'disposition' | 'fileName' | 'transferEncoding' | 'header'
>;

/**
 * Answers what takes the content of the part, its transfer encoding undone, or `undefined` for one that nobody wants. The
 * octets are used again for the next piece. A part has ended when the next one begins, or the message.
 */
export type OnPart = (part: PartBegun) => ((piece: Uint8Array) => void) | undefined;

export interface Delimiter {
  /** Which of the open parts it belongs to. */
  readonly part: number;
  readonly closes: boolean;
}

export interface OpenParts {
  /** Where the octets that come now belong: `header`, `text` that is kept, `none`. */
  phase(): 'header' | 'text' | 'none';
  /** Whether a line of the content can be a delimiter. */
  hasBoundary(): boolean;
  take(bytes: Uint8Array): void;
  /** Whether a line is the delimiter of an open multipart; without its line end. */
  delimiter(bytes: Uint8Array, from: number, to: number): Delimiter | undefined;
  /** `endAt`: where the content ends that it closes, in octets of the body; `line`: of the delimiter, and of what follows. */
  delimit(delimiter: Delimiter, endAt: number, line: number, nextLine: number): void;
  /** The empty line came; `contentAt` and `line` are those of what follows it. */
  endHeader(contentAt: number, line: number): void;
  end(
    endAt: number,
    line: number,
  ): {
    readonly root: MimePart;
    readonly parts: number;
    readonly problems: readonly MimeProblem[];
  };
}

interface Open {
  path: string;
  /** In front of the numbers of the parts in it. */
  prefix: string;
  readonly depth: number;
  readonly fallbackType: string;
  /** The message inside a message/rfc822 part. */
  readonly nested: boolean;
  attached: boolean;
  headerLine: number;
  headerOctets: ReturnType<typeof growingOctets> | undefined;
  header: Header | undefined;
  facts: PartHeader | undefined;
  /** One character per octet; undefined: none, or its closing delimiter came. */
  boundary: string | undefined;
  /** A delimiter line of it came. */
  delimited: boolean;
  keeper: TextKeeper | undefined;
  taker: PartTaker | undefined;
  contentAt: number;
  line: number;
  readonly children: MimePart[];
}

/** Octets of one header of a part. */
const maxPartHeaderOctets = 128 * 1024; // house
/** A boundary above this is not looked for; RFC 2046 §5.1.1 allows 70. */
export const maxBoundaryOctets = 500; // house
const hyphen = 45;

/** `line`: the line on which the body begins, from 1. */
export function openParts(rootHeader: Header, limits: MimeLimits, line: number, onPart?: OnPart): OpenParts {
  const stack: Open[] = [];
  const problems: MimeProblem[] = [];
  let parts = 0;
  let boundaries = 0;
  let textLeft = limits.maxTextOctets;
  let headerLeft = limits.maxHeaderOctets;
  let phase: 'header' | 'text' | 'none' = 'none';
  let root: MimePart | undefined;

  const note = (code: MimeCode, path: string, at: number, detail: string): void => {
    problems.push({ code, path, line: at, detail });
  };
  const top = (): Open | undefined => stack[stack.length - 1];

  const push = (part: Pick<Open, 'path' | 'prefix' | 'depth' | 'fallbackType' | 'nested' | 'attached'>, at: number) => {
    parts++;
    stack.push({
      ...part,
      headerLine: at,
      headerOctets: growingOctets(Math.min(maxPartHeaderOctets, headerLeft)),
      header: undefined,
      facts: undefined,
      boundary: undefined,
      delimited: false,
      keeper: undefined,
      taker: undefined,
      contentAt: 0,
      line: at,
      children: [],
    });
    phase = 'header';
  };

  /** No more parts: the rest is only counted. */
  const giveUp = (): void => {
    for (const open of stack) open.boundary = undefined;
    boundaries = 0;
    phase = 'none';
  };

  const roomFor = (path: string, at: number): boolean => {
    if (parts < limits.maxParts) return true;
    note('limit.parts', path, at, `more than ${limits.maxParts} parts; what follows is not read`);
    giveUp();
    return false;
  };

  const openContent = (open: Open, header: Header, contentAt: number, at: number): void => {
    const facts = readPartHeader(header, open.fallbackType);
    open.header = header;
    open.facts = facts;
    open.contentAt = contentAt;
    open.line = at;
    phase = 'none';
    const multipart = facts.type.startsWith('multipart/');
    if (open.nested) {
      open.path = `${open.prefix}${multipart ? 'TEXT' : '1'}`;
      if (!multipart) open.prefix = `${open.path}.`;
    } else if (open.path === '' && !multipart) open.prefix = '1.';
    if (facts.disposition === 'attachment') open.attached = true;
    for (const problem of facts.problems) note(problem.code, open.path, problem.line, problem.detail);
    const contained = multipart || (isMessage(facts.type) && facts.reading === 'plain');
    if (contained && open.depth >= limits.maxDepth)
      note('limit.depth', open.path, at, `parts more than ${limits.maxDepth} deep; what it holds is not read`);
    else if (multipart) openMultipart(open, facts, at);
    else if (contained) {
      if (roomFor(open.path, at))
        push(
          {
            path: open.path,
            prefix: open.prefix,
            depth: open.depth + 1,
            fallbackType: 'text/plain',
            nested: true,
            attached: open.attached,
          },
          at,
        );
    } else {
      if ((facts.type === 'text/plain' || facts.type === 'text/html') && !open.attached)
        open.keeper = textKeeper(facts.reading, facts.parameters.get('charset'), textLeft);
      const take = onPart?.({ ...described(facts), path: open.path, header });
      if (take !== undefined) open.taker = partTaker(facts.reading, take);
      if (open.keeper !== undefined || open.taker !== undefined) phase = 'text';
    }
  };

  const openMultipart = (open: Open, facts: PartHeader, at: number): void => {
    const boundary = facts.parameters.get('boundary')?.replace(/[ \t]+$/, '') ?? '';
    if (boundary === '') {
      note('boundary.missing', open.path, at, facts.type);
      return;
    }
    if (!/^[0-9A-Za-z'()+_,./:=? -]{1,70}$/.test(boundary))
      note('boundary.invalid', open.path, at, boundary.length > 70 ? `${boundary.length} octets` : boundary);
    if (boundary.length > maxBoundaryOctets) return;
    open.boundary = boundary;
    boundaries++;
  };

  const endHeader = (contentAt: number, at: number): void => {
    const open = top();
    if (open?.headerOctets === undefined) return;
    const collected = open.headerOctets.octets();
    const cut = open.headerOctets.full();
    open.headerOctets = undefined;
    headerLeft -= collected.length;
    const header = parseHeader(cut ? toLastLine(collected) : withEmptyLine(collected), { firstLine: open.headerLine });
    openContent(open, header, contentAt, at);
    const first = header.problems.find((problem) => seriousCodes.has(problem.code));
    if (cut) note('header.faulty', open.path, open.headerLine, 'too long; its end is not read');
    else if (first !== undefined) note('header.faulty', open.path, first.line, first.code);
  };

  const close = (endAt: number, at: number): void => {
    if (phase === 'header') endHeader(endAt, at);
    const open = stack.pop();
    if (open?.header === undefined || open.facts === undefined) return;
    const { header, facts } = open;
    if (open.boundary !== undefined) {
      boundaries--;
      note(
        'boundary.unclosed',
        open.path,
        at,
        open.delimited ? open.boundary : `${open.boundary} (no delimiter at all)`,
      );
    }
    const kept = open.keeper?.end();
    open.taker?.end();
    phase = 'none';
    if (kept !== undefined) {
      textLeft -= kept.octets;
      for (const fault of kept.faults)
        note('encoding.faulty', open.path, open.line, `${faultWords[fault.code]} (${fault.count})`);
      const charset = facts.parameters.get('charset');
      if (kept.charset === 'unknown') note('charset.unknown', open.path, open.line, charset ?? '');
      if (kept.charset === 'faulty')
        note('charset.faulty', open.path, open.line, charset ?? 'no charset, and octets above 127');
    }
    const part: MimePart = {
      path: open.path,
      depth: open.depth,
      type: facts.type,
      parameters: facts.parameters,
      transferEncoding: facts.transferEncoding,
      ...(facts.disposition === undefined ? {} : { disposition: facts.disposition }),
      ...(facts.fileName === undefined ? {} : { fileName: facts.fileName }),
      header,
      line: open.line,
      octets: Math.max(0, endAt - open.contentAt),
      ...(kept === undefined ? {} : { text: kept.text }),
      ...(kept?.cut === true ? { cut: true } : {}),
      children: open.children,
    };
    const parent = top();
    if (parent === undefined) root = part;
    else parent.children.push(part);
  };

  push({ path: '', prefix: '', depth: 0, fallbackType: 'text/plain', nested: false, attached: false }, 1);
  const first = top();
  if (first !== undefined) {
    first.headerOctets = undefined;
    openContent(first, rootHeader, 0, line);
  }

  return {
    phase: () => phase,
    hasBoundary: () => boundaries > 0,
    take(bytes) {
      const open = top();
      if (phase === 'header') open?.headerOctets?.add(bytes);
      else {
        open?.keeper?.write(bytes);
        open?.taker?.write(bytes);
      }
    },
    delimiter(bytes, from, to) {
      const octets = to - from;
      for (let part = stack.length - 1; part >= 0; part--) {
        const boundary = stack[part]?.boundary;
        if (boundary === undefined) continue;
        const beyond = octets - 2 - boundary.length;
        if (beyond !== 0 && beyond !== 2) continue;
        if (beyond === 2 && (bytes[to - 1] !== hyphen || bytes[to - 2] !== hyphen)) continue;
        if (isAt(bytes, from + 2, boundary)) return { part, closes: beyond === 2 };
      }
      return undefined;
    },
    delimit({ part, closes }, endAt, at, nextLine) {
      while (stack.length > part + 1) close(endAt, at);
      const open = stack[part];
      if (open?.facts === undefined) return;
      open.delimited = true;
      phase = 'none';
      if (closes) {
        open.boundary = undefined;
        boundaries--;
      } else if (roomFor(open.path, at))
        push(
          {
            path: `${open.prefix}${open.children.length + 1}`,
            prefix: `${open.prefix}${open.children.length + 1}.`,
            depth: open.depth + 1,
            fallbackType: open.facts.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
            nested: false,
            attached: open.attached,
          },
          nextLine,
        );
    },
    endHeader,
    end(endAt, at) {
      while (stack.length > 0) close(endAt, at);
      if (root === undefined) throw new Error('the message itself was never opened');
      return { root, parts, problems };
    },
  };
}

type PartTaker = Pick<TextKeeper, 'write'> & { end(): void };

function partTaker(reading: PartHeader['reading'], take: (piece: Uint8Array) => void): PartTaker {
  if (reading === 'plain') return { write: take, end: () => undefined };
  const decoder = (reading === 'base64' ? base64Decoder : quotedPrintableDecoder)(take);
  return { write: decoder.write, end: () => void decoder.end() };
}

const described = ({ type, parameters, transferEncoding, disposition, fileName }: PartHeader) => ({
  type,
  parameters,
  transferEncoding,
  ...(disposition === undefined ? {} : { disposition }),
  ...(fileName === undefined ? {} : { fileName }),
});

/** What makes the header of a part say something else than its writer meant. */
const seriousCodes: ReadonlySet<HeaderCode> = new Set([
  'line.not_field',
  'name.character',
  'octets.nul',
  'octets.not_utf8',
  'limit.fields',
  'limit.octets',
]);

const isMessage = (type: string): boolean => type === 'message/rfc822' || type === 'message/global';

function isAt(bytes: Uint8Array, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** A header that a delimiter ends has no empty line; the line end in front of it is the delimiter's. */
function withEmptyLine(octets: Buffer): Buffer {
  const feed = octets.indexOf(10);
  const lineEnd = feed > 0 && octets[feed - 1] !== 13 ? '\n' : feed === 0 ? '\n' : '\r\n';
  if (octets.length === 0) return Buffer.from(lineEnd);
  const text = octets.subarray(-4).toString('latin1');
  if (/\n\r?\n$/.test(text) || /^\r?\n$/.test(octets.subarray(0, 3).toString('latin1'))) return octets;
  return Buffer.concat([octets, Buffer.from(text.endsWith('\n') ? lineEnd : lineEnd + lineEnd)]);
}

/** Whole lines only, and an empty one behind them. */
function toLastLine(octets: Buffer): Buffer {
  return withEmptyLine(octets.subarray(0, octets.lastIndexOf(10) + 1));
}

const faultWords: Readonly<Record<TransferCode, string>> = {
  'qp.escape': 'an = that two hexadecimal digits do not follow',
  'qp.octet': 'octets that quoted-printable must encode',
  'base64.character': 'characters that base64 does not have',
  'base64.after_end': 'text behind the end of the base64 data',
  'base64.incomplete': 'base64 data that end too early',
};

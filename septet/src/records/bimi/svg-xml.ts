/**
 * Reads the bytes of a logo into a plain tree with the place of every element and attribute. Built for foreign files:
 * nothing is fetched, no entity is expanded, and size, depth and the number of elements are bounded before memory is.
 */
import { gunzipSync } from 'node:zlib';
import { SaxesParser } from 'saxes';
import type { Span } from '../../text/parsed.ts';

/** House limits. A logo has at most 32 KB (BIMI Group); these only keep a hostile file from costing anything. */
export const maxReadOctets = 1024 * 1024;
const maxElements = 50_000;
/** libxml2 refuses deeper documents, so every reader that stands on it does. */
const maxDepth = 257;

export interface SvgAttribute extends Span {
  /** As written, with prefix. */
  readonly name: string;
  readonly local: string;
  /** The namespace, `''` for none, `undefined` for a prefix that is not declared. */
  readonly namespace: string | undefined;
  readonly value: string;
}

export interface SvgElement extends Span {
  readonly name: string;
  readonly local: string;
  readonly namespace: string | undefined;
  readonly attributes: readonly SvgAttribute[];
  readonly children: readonly SvgElement[];
  readonly parent: SvgElement | undefined;
  /** Character data directly inside, joined. */
  readonly text: string;
  /** Where character data other than white space begins. */
  readonly textAt?: number;
  /** Namespace declarations that stand on this element: prefix to URI. */
  readonly declared: ReadonlyMap<string, string>;
}

export type XmlFault = 'gzip' | 'too-large' | 'encoding' | 'not-xml' | 'malformed' | 'entity' | 'too-deep' | 'too-many';

export interface SvgDocument {
  /** The text that offsets count in; empty when the bytes could not be read as text. */
  readonly text: string;
  /** Octets after decompression; for `too-large` what is known of them. */
  readonly octets: number;
  /** The bytes after decompression. */
  readonly plain: Uint8Array;
  readonly gzipped: boolean;
  /** Lower case; `utf-8` unless a byte order mark or the XML declaration says otherwise. */
  readonly encoding: string;
  readonly root: SvgElement | undefined;
  /** In document order. */
  readonly elements: readonly SvgElement[];
  readonly doctype: Span | undefined;
  readonly stylesheets: readonly Span[];
  /** Why reading stopped before the end. */
  readonly fault?: { readonly kind: XmlFault; readonly offset: number; readonly detail: string };
}

interface Open {
  name: string;
  local: string;
  namespace: string | undefined;
  attributes: SvgAttribute[];
  children: SvgElement[];
  parent: SvgElement | undefined;
  text: string;
  textAt?: number;
  declared: ReadonlyMap<string, string>;
  offset: number;
  length: number;
}

/** Thrown by the handlers below and caught in the same file: the parser has no other way to be stopped. */
class Stop extends Error {
  readonly kind: XmlFault;
  readonly offset: number;
  constructor(kind: XmlFault, offset: number, detail: string) {
    super(detail);
    this.kind = kind;
    this.offset = offset;
  }
}

const nothing = new Uint8Array();

/** Reads a logo. Never throws; linear in the size of the input. */
export function readSvg(bytes: Uint8Array): SvgDocument {
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const unread = {
    text: '',
    octets: bytes.length,
    plain: nothing,
    gzipped,
    encoding: 'utf-8',
    root: undefined,
    elements: [],
    doctype: undefined,
    stylesheets: [],
  };
  const tooLarge = { kind: 'too-large' as const, offset: 0, detail: `more than ${maxReadOctets} octets` };
  if (bytes.length > maxReadOctets) return { ...unread, fault: tooLarge };
  let plain = bytes;
  if (gzipped) {
    try {
      plain = gunzipSync(bytes, { maxOutputLength: maxReadOctets });
    } catch (error) {
      if (error instanceof RangeError) return { ...unread, octets: maxReadOctets + 1, fault: tooLarge };
      const detail = 'the gzip data is damaged';
      return { ...unread, fault: { kind: 'gzip', offset: 0, detail } };
    }
  }
  const decoded = decode(plain);
  const known = { ...unread, octets: plain.length, plain, encoding: decoded.encoding };
  if (decoded.text === undefined) {
    return { ...known, fault: { kind: 'encoding', offset: 0, detail: decoded.detail } };
  }
  return { ...known, ...parse(decoded.text) };
}

type Decoded =
  | { readonly text: string; readonly encoding: string }
  | { readonly text: undefined; readonly encoding: string; readonly detail: string };

function decode(bytes: Uint8Array): Decoded {
  const encoding = encodingOf(bytes);
  // TextDecoder takes ASCII for Windows-1252.
  if (/^(us-)?ascii$/.test(encoding) && bytes.some((octet) => octet > 127)) {
    return { text: undefined, encoding, detail: `the bytes are not ${encoding}` };
  }
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    return { text: undefined, encoding, detail: `the encoding \`${encoding}\` is not known` };
  }
  try {
    return { text: decoder.decode(bytes), encoding };
  } catch {
    return { text: undefined, encoding, detail: `the bytes are not ${encoding}` };
  }
}

/** XML 1.0 appendix F: byte order mark first, then the declaration, then UTF-8. */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0x00 && bytes[1] === 0x3c) return 'utf-16be';
  if (bytes[0] === 0x3c && bytes[1] === 0x00) return 'utf-16le';
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/.exec(head)?.[1];
  return (declared ?? 'utf-8').toLowerCase();
}

/** What may stand between `<!DOCTYPE` and `>` (XML 1.0 §2.8); the parser takes anything. */
const doctypeForm =
  /^\s+[^\s"'<>[\]/]+(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"<>]*"|'[^'<>]*'))\s+(?:"[^"]*"|'[^']*'))?\s*(?:\[[\s\S]*\]\s*)?$/;

type Parsed = Pick<SvgDocument, 'text' | 'root' | 'elements' | 'doctype' | 'stylesheets' | 'fault'>;

function parse(text: string): Parsed {
  const parser = new SaxesParser({ xmlns: true, position: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const elements: SvgElement[] = [];
  const stylesheets: Span[] = [];
  const stack: Open[] = [];
  let root: SvgElement | undefined;
  let doctype: Span | undefined;
  let attributes: SvgAttribute[] = [];
  let tagAt = 0;
  let attributeAt = 0;

  parser.on('error', (error) => {
    const detail = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
    // Not declared: kept as `namespace: undefined`. Declared empty: harmless as long as nothing uses it.
    if (detail.startsWith('unbound namespace prefix') || detail.startsWith('invalid attempt to undefine')) return;
    if (detail.startsWith('undefined entity')) throw new Stop('entity', parser.position, detail);
    throw new Stop(elements.length === 0 ? 'not-xml' : 'malformed', parser.position, detail);
  });
  parser.on('doctype', (body) => {
    if (!doctypeForm.test(body)) throw new Stop('malformed', parser.position, 'the DOCTYPE is not well formed');
    const offset = text.lastIndexOf('<!DOCTYPE', parser.position);
    doctype = { offset, length: Math.min(body.length + 10, parser.position - offset) };
  });
  parser.on('processinginstruction', ({ target, body }) => {
    if (target !== 'xml-stylesheet') return;
    const length = target.length + body.length + 5;
    stylesheets.push({ offset: Math.max(0, parser.position - length), length });
  });
  parser.on('opentagstart', (tag) => {
    attributes = [];
    tagAt = text.lastIndexOf('<', parser.position - 1);
    attributeAt = tagAt + 1 + tag.name.length;
  });
  parser.on('attribute', ({ name, prefix, local, value }) => {
    const end = parser.position;
    while (attributeAt < end && isBlank(text.charCodeAt(attributeAt))) attributeAt++;
    attributes.push({ name, local, namespace: prefix, value, offset: attributeAt, length: end - attributeAt });
    attributeAt = end;
  });
  parser.on('opentag', (tag) => {
    if (stack.length >= maxDepth)
      throw new Stop('too-deep', tagAt, `more than ${maxDepth} elements inside one another`);
    if (elements.length >= maxElements) throw new Stop('too-many', tagAt, `more than ${maxElements} elements`);
    const parent = stack.at(-1);
    const made: Open = {
      name: tag.name,
      local: tag.local,
      namespace: tag.prefix === '' ? (parser.resolve('') ?? '') : parser.resolve(tag.prefix),
      attributes: attributes
        .filter(({ name }) => name !== 'xmlns' && !name.startsWith('xmlns:'))
        .map((at) => ({ ...at, namespace: at.namespace === '' ? '' : parser.resolve(at.namespace ?? '') })),
      children: [],
      parent,
      text: '',
      declared: new Map(
        attributes
          .filter(({ name }) => name === 'xmlns' || name.startsWith('xmlns:'))
          .map(({ name, value }) => [name.slice(6), value]),
      ),
      offset: tagAt,
      length: parser.position - tagAt,
    };
    elements.push(made);
    if (parent) parent.children.push(made);
    else root = made;
    stack.push(made);
  });
  parser.on('closetag', () => void stack.pop());
  const characters = (data: string): void => {
    const inside = stack.at(-1);
    if (!inside) return;
    inside.text = inside.text === '' ? data : inside.text + data;
    if (inside.textAt !== undefined || isBlankText(data)) return;
    let at = Math.max(0, parser.position - 1 - data.length);
    while (isBlank(text.charCodeAt(at))) at++;
    inside.textAt = at;
  };
  parser.on('text', characters);
  parser.on('cdata', characters);

  let fault: SvgDocument['fault'];
  try {
    parser.write(text).close();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    fault = { kind: error.kind, offset: Math.min(error.offset, text.length), detail: error.message };
  }
  return { text, root, elements, doctype, stylesheets, ...(fault ? { fault } : {}) };
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

/** Whether the text holds only what XML calls white space. */
export function isBlankText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isBlank(text.charCodeAt(i))) return false;
  return true;
}

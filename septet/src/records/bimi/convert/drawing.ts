/**
 * The drawing while it is being converted: a tree of SVG elements without namespaces, that the steps change in place.
 * Nobody outside this folder sees it.
 */
import type { Span } from '../../../text/parsed.ts';
import { svgNamespace, xlinkNamespace, xmlNamespace } from '../svg-schema.ts';
import { isBlankText } from '../svg-xml.ts';
import type { SvgDocument, SvgElement } from '../svg-xml.ts';
import type { ChangeLog } from './changes.ts';

export interface Node {
  local: string;
  /** By local name; `xlink:href` stands as `href`, the XML namespace as `xml:lang`. */
  readonly attributes: Map<string, string>;
  children: Node[];
  /** Character data directly inside, joined. */
  text: string;
  /** Where the element stands in the file. */
  readonly at: Span;
}

/** The elements of SVG as a tree; other vocabularies are left out and told. */
export function readDrawing(document: SvgDocument, root: SvgElement, log: ChangeLog): Node {
  if (document.doctype) log.changed('The DOCTYPE is deleted: careful readers refuse it.', document.doctype);
  for (const at of document.stylesheets) {
    log.look('The reference to an external style sheet is deleted: a logo may not load anything.', at);
  }
  if (document.gzipped) log.changed('The file was compressed with gzip; the result is plain text.');
  if (document.encoding !== 'utf-8' && document.encoding !== 'utf8') {
    log.changed(`The encoding was ${document.encoding}; the result is UTF-8.`);
  }
  const bare = root.namespace === '';
  if (bare) log.changed('`xmlns="http://www.w3.org/2000/svg"` is added.', root);
  const foreign = document.elements.flatMap(({ declared }) =>
    [...declared].flatMap(([prefix, uri]) => (prefix === '' || ownNamespaces.has(uri) ? [] : [`\`${prefix}\``])),
  );
  if (foreign.length > 0) {
    const names = [...new Set(foreign)].slice(0, maxPrefixes).join(', ');
    log.changed(`Data of programs, which is no part of the picture, is deleted: ${names}.`, root);
  }
  return nodeOf(root, bare ? '' : svgNamespace, log);
}

const ownNamespaces = new Set([svgNamespace, xlinkNamespace, xmlNamespace]);
const maxPrefixes = 10;

function nodeOf(element: SvgElement, namespace: string, log: ChangeLog): Node {
  const node: Node = {
    local: element.local,
    attributes: attributesOf(element, log),
    children: [],
    text: element.text,
    at: element,
  };
  for (const child of element.children) {
    if (child.namespace === namespace) node.children.push(nodeOf(child, namespace, log));
    else log.changed('Elements of other vocabularies than SVG are deleted.', child);
  }
  return node;
}

function attributesOf(element: SvgElement, log: ChangeLog): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const attribute of element.attributes) {
    const { local, namespace, name, value } = attribute;
    if (namespace === '') {
      if (/^on/i.test(local))
        log.changed(`The event handler \`${local}\` is deleted: a logo has no behaviour.`, attribute);
      else attributes.set(local, value);
    } else if (namespace === xmlNamespace) attributes.set(`xml:${local}`, value);
    else if (local === 'href' && (namespace === xlinkNamespace || (namespace === undefined && name === 'xlink:href'))) {
      if (!element.attributes.some((other) => other.namespace === '' && other.local === 'href')) {
        attributes.set('href', value);
      }
    }
  }
  return attributes;
}

/** Elements inside which white space is part of the words. */
const wordElements = new Set(['title', 'desc', 'text', 'textArea', 'tspan', 'style', 'metadata']);

/** Writes the tree as XML: one element a line, indented; or all of it in one line. Ends with a line end. */
export function writeDrawing(root: Node, form: 'lines' | 'compact'): string {
  const pieces: string[] = [];
  const write = (node: Node, indent: string): void => {
    const attributes = [...node.attributes].map(([name, value]) => ` ${name}="${escapedValue(value)}"`).join('');
    const words = wordElements.has(node.local) && !isBlankText(node.text) ? escaped(node.text) : '';
    const open = `${indent}<${node.local}${attributes}`;
    const end = form === 'lines' ? '\n' : '';
    if (node.children.length === 0) {
      pieces.push(words === '' ? `${open}/>${end}` : `${open}>${words}</${node.local}>${end}`);
      return;
    }
    pieces.push(`${open}>${words}${end}`);
    for (const child of node.children) write(child, form === 'lines' ? `${indent}  ` : '');
    pieces.push(`${indent}</${node.local}>${end}`);
  };
  write(root, '');
  return `${pieces.join('').trimEnd()}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');

const escapedValue = (text: string): string =>
  escaped(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');

/** A copy of the whole branch; it keeps its place in the file. */
export function copyOf(node: Node): Node {
  return { ...node, attributes: new Map(node.attributes), children: node.children.map(copyOf) };
}

export function makeNode(
  local: string,
  attributes: Readonly<Record<string, string>>,
  at: Span,
  children: Node[] = [],
): Node {
  return { local, attributes: new Map(Object.entries(attributes)), children, text: '', at };
}

/** Every element of the branch, the top first. */
export function* everyNode(top: Node): Generator<Node> {
  yield top;
  for (const child of top.children) yield* everyNode(child);
}

export function countNodes(top: Node): number {
  return top.children.reduce((sum, child) => sum + countNodes(child), 1);
}

export const shapes: ReadonlySet<string> = new Set([
  'path',
  'rect',
  'circle',
  'ellipse',
  'line',
  'polyline',
  'polygon',
]);
export const gradients: ReadonlySet<string> = new Set(['linearGradient', 'radialGradient']);

/** Characters; patterns over foreign text stay short. */
const maxReference = 500;

/** The name in `url(#name)`; `''` for a reference that leaves the file; `undefined` when it is none. */
export function referenceOf(value: string | undefined): string | undefined {
  const match = /^\s*url\(\s*(?:"([^"]*)"|'([^']*)'|([^)]*?))\s*\)/.exec((value ?? '').slice(0, maxReference));
  if (!match) return undefined;
  const target = (match[1] ?? match[2] ?? match[3] ?? '').trim();
  return target.startsWith('#') ? target.slice(1) : '';
}

/** A number as the result writes it: eight significant digits, no negative zero. */
export function numberText(value: number): string {
  const rounded = Number(value.toPrecision(8));
  return String(Math.abs(rounded) < 1e-9 ? 0 : rounded);
}

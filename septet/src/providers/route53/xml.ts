/** The XML that Route 53 speaks, as a tree and back. Read with saxes; depth and count of elements are bounded. */
import { SaxesParser } from 'saxes';

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

/** House limits; an answer of Route 53 has 300 RRsets and six levels at most. */
const maxDepth = 12;
const maxElements = 200_000;

interface Open {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** The root element; `undefined` when the text is not well-formed XML or exceeds the bounds. */
export function parseXml(text: string): Element | undefined {
  const stack: Open[] = [];
  let root: Element | undefined;
  let count = 0;
  let broken = false;
  const parser = new SaxesParser();
  parser.on('error', () => (broken = true));
  parser.on('doctype', () => (broken = true));
  parser.on('opentag', ({ name }) => {
    if (++count > maxElements || stack.length >= maxDepth) broken = true;
    if (!broken) stack.push({ name: name.replace(/^.*:/, ''), children: [], text: '' });
  });
  parser.on('text', (piece) => {
    const top = stack.at(-1);
    if (top && !broken) top.text += piece;
  });
  parser.on('closetag', () => {
    if (broken) return;
    const done = stack.pop();
    if (done === undefined) return;
    const parent = stack.at(-1);
    if (parent) parent.children.push(done);
    else root = done;
  });
  parser.write(text).close();
  return broken ? undefined : root;
}

/** The first element at the end of the path. */
export function find(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  let here = element;
  for (const name of path) here = here?.children.find((child) => child.name === name);
  return here;
}

export function textOf(element: Element | undefined, ...path: readonly string[]): string | undefined {
  return find(element, ...path)?.text;
}

/** An element with what is in it, already escaped. */
export const tag = (name: string, ...content: readonly string[]): string => `<${name}>${content.join('')}</${name}>`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export const escapeXml = (text: string): string => text.replaceAll(/[&<>]/g, (char) => escapes[char] ?? char);

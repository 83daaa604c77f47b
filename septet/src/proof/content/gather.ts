/** Links, images and readable text of a message, from all its parts that are for reading. */
import type { MimePart, MimeTree } from '../../mail/mime.ts';
import { readHtml } from '../../mail/html-links.ts';
import { linksInText } from '../../mail/text-links.ts';
import type { ContentLink } from './links.ts';

export interface HtmlPart {
  readonly path: string;
  /** Of the decoded text in UTF-8; at least, where it was cut. */
  readonly octets: number;
  readonly visibleText: boolean;
  readonly images: number;
}

export interface ContentSeen {
  /** Of HTML and plain text, in order of the parts. */
  readonly links: readonly ContentLink[];
  readonly html: readonly HtmlPart[];
  /** Paths of the text/plain parts, and whether there is something to read in them. */
  readonly plain: readonly { readonly path: string; readonly empty: boolean }[];
  /** Parts of multipart/alternative in which the HTML stands before the plain text. */
  readonly reversed: readonly string[];
  /** What a person reads of all parts, tags taken out roughly; at most `maxTextCharacters`. */
  readonly text: string;
  /** Links or text were left out. */
  readonly cut: boolean;
}

/** All parts together. */
const maxContentLinks = 10_000; // house
const maxTextCharacters = 1024 * 1024; // house

/** Reads every part of the tree once. Linear in its texts. */
export function gatherContent({ root }: MimeTree): ContentSeen {
  const links: ContentLink[] = [];
  const html: HtmlPart[] = [];
  const plain: { path: string; empty: boolean }[] = [];
  const reversed: string[] = [];
  const texts: string[] = [];
  let characters = 0;
  let cut = false;
  const addText = (text: string): void => {
    const room = maxTextCharacters - characters;
    if (text.length > room) cut = true;
    if (room <= 0) return;
    texts.push(text.slice(0, room));
    characters += Math.min(text.length, room);
  };
  const addLinks = (part: MimePart, found: readonly { href: string; text: string; kind: string }[]): void => {
    for (const { href, text, kind } of found) {
      if (kind !== 'link' && kind !== 'image' && kind !== 'style') continue;
      if (links.length === maxContentLinks) {
        cut = true;
        return;
      }
      links.push({ href, text, kind, part: part.path });
    }
  };
  for (const part of partsOf(root)) {
    if (part.type === 'multipart/alternative' && isReversed(part)) reversed.push(part.path);
    if (part.text === undefined) continue;
    if (part.cut) cut = true;
    if (part.type === 'text/html') {
      const facts = readHtml(part.text);
      if (facts.cut) cut = true;
      addLinks(part, facts.links);
      html.push({
        path: part.path,
        octets: Buffer.byteLength(part.text),
        visibleText: facts.visibleText,
        images: facts.images,
      });
      addText(withoutTags(part.text));
    } else if (part.type === 'text/plain') {
      const found = linksInText(part.text);
      if (found.cut) cut = true;
      addLinks(part, found.links);
      plain.push({ path: part.path, empty: part.text.trim() === '' });
      addText(part.text);
    }
  }
  return { links, html, plain, reversed, text: texts.join('\n'), cut };
}

/** Every part, the outermost first; the text of an attached message is that message's, not this one's. */
function partsOf(root: MimePart): readonly MimePart[] {
  const out: MimePart[] = [];
  const waiting = [root];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    out.push(part);
    if (!part.type.startsWith('message/')) waiting.push(...part.children.toReversed());
  }
  return out;
}

function isReversed({ children }: MimePart): boolean {
  const html = children.findIndex((child) => holds(child, 'text/html'));
  const plain = children.findIndex((child) => child.type === 'text/plain');
  return html >= 0 && plain > html;
}

/** The part itself, or the first one in a multipart/related around it. */
const holds = ({ type, children }: MimePart, wanted: string): boolean =>
  type === wanted || (type === 'multipart/related' && children[0]?.type === wanted);

const withoutTags = (html: string): string =>
  html
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/&([a-z])(?:acute|grave|uml|circ|cedil|tilde);/gi, '$1')
    .replaceAll(/&(?:nbsp|#160|#xa0);/gi, ' ');

/**
 * What an HTML part shows and where it leads: links, images, style sheets, and whether there is text to read.
 *
 * Only the tokens of the text are looked at; no tree is built, so tags nested a million deep cost no more than others. The
 * one file that knows htmlparser2.
 */
import { QuoteType, Tokenizer } from 'htmlparser2';
import type { TokenizerCallbacks } from 'htmlparser2';
import { cssAddresses } from './css-links.ts';

export interface Link {
  /** As a reader's program follows it: entities decoded, blanks at both ends and line ends removed, `<base>` applied. */
  readonly href: string;
  /** What a person sees of an `<a>`, blanks squeezed, at most `maxLinkText` characters; else empty. */
  readonly text: string;
  /** `link`: followed by a click. `image`, `style`: loaded to show the message. `other`: forms, frames, sound, scripts. */
  readonly kind: 'link' | 'image' | 'style' | 'other';
  /** Where its tag (in a text: its address) begins, in UTF-16 units. */
  readonly at: number;
}

export interface HtmlFacts {
  /** In the order in which they stand. */
  readonly links: readonly Link[];
  /** There are more links than are kept. */
  readonly cut: boolean;
  /** There is text for a person; blanks and what fills the preview line with nothing do not count. */
  readonly visibleText: boolean;
  /** `<img>` elements, also those without an address. */
  readonly images: number;
  /** The address of `<base>`, where there is one. */
  readonly base?: string;
}

/** Links of one part that are kept. */
export const maxLinks = 5000; // house
/** Characters of a link's text. */
export const maxLinkText = 300; // house
/** Characters of an address; `data:` images are longer. */
const maxHref = 8192; // house

/** Elements whose text nobody sees. */
const unseen = new Set(['script', 'style', 'title', 'iframe', 'noembed', 'noframes']);
/** Elements that do not part words. */
const inline = new Set(
  'a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
);
/** Where an element holds an address, and what it is for; `background` of any element is an image. */
const addresses: ReadonlyMap<string, readonly (readonly [attribute: string, kind: Link['kind']])[]> = new Map([
  ['a', [['href', 'link']]],
  ['area', [['href', 'link']]],
  ['v:roundrect', [['href', 'link']]],
  ['v:rect', [['href', 'link']]],
  ['img', [['src', 'image']]],
  ['input', [['src', 'image']]],
  ['image', [['href', 'image']]],
  ['v:fill', [['src', 'image']]],
  ['v:image', [['src', 'image']]],
  ['form', [['action', 'other']]],
  ['button', [['formaction', 'other']]],
  ['iframe', [['src', 'other']]],
  ['frame', [['src', 'other']]],
  ['embed', [['src', 'other']]],
  ['object', [['data', 'other']]],
  ['script', [['src', 'other']]],
  ['audio', [['src', 'other']]],
  ['source', [['src', 'other']]],
  [
    'video',
    [
      ['poster', 'image'],
      ['src', 'other'],
    ],
  ],
]);
const wanted = new Set('href src srcset action formaction data poster background style rel'.split(' '));

/** Blanks, and characters without width that senders put behind the preview text. */
const nothingToSee =
  /^(?:\s|\u00ad|\u034f|\u061c|\u115f|\u1160|\u17b4|\u17b5|\u180e|[\u200b-\u200f]|[\u2060-\u2064]|\u2800|\ufeff)*$/u;

interface Found {
  href: string;
  text: string;
  readonly kind: Link['kind'];
  readonly at: number;
}

/** Reads the text of a text/html part. Never throws; linear in the text. */
export function readHtml(html: string): HtmlFacts {
  const links: Found[] = [];
  let cut = false;
  let visibleText = false;
  let images = 0;
  let base: string | undefined;

  let tag = '';
  let tagAt = 0;
  let attributes: Map<string, string> | undefined;
  let attribute = '';
  let value = '';
  /** The element whose text nobody sees. */
  let unseenTag = '';
  let templates = 0;
  let anchor: Found | undefined;
  let styleText: { text: string; readonly at: number } | undefined;

  const add = (href: string, kind: Link['kind'], at: number): Found | undefined => {
    const address = href.replaceAll(/[\t\r\n]/g, '').trim();
    if (address === '') return undefined;
    if (links.length === maxLinks) {
      cut = true;
      return undefined;
    }
    const link: Found = { href: address.slice(0, maxHref), text: '', kind, at };
    links.push(link);
    return link;
  };
  const addStyle = (css: string, at: number): void => {
    for (const address of cssAddresses(css, maxLinks + 1 - links.length)) add(address, 'style', at);
  };
  const closeAnchor = (): void => {
    if (anchor !== undefined) anchor.text = squeeze(anchor.text).trim().slice(0, maxLinkText);
    anchor = undefined;
  };
  const addText = (text: string): void => {
    if (templates > 0) return;
    if (unseenTag !== '') {
      if (styleText !== undefined) styleText.text += text;
      return;
    }
    if (!visibleText && !nothingToSee.test(text)) visibleText = true;
    // Entities come one by one: what is kept is squeezed only when it has become long.
    if (anchor === undefined || anchor.text.length >= 3 * maxLinkText) return;
    anchor.text += text.length > 3 * maxLinkText ? squeeze(text).slice(0, 3 * maxLinkText) : text;
    if (anchor.text.length >= 3 * maxLinkText) anchor.text = squeeze(anchor.text).slice(0, 3 * maxLinkText);
  };

  const openTag = (): void => {
    if (tag === 'template') templates++;
    if (unseen.has(tag)) unseenTag = tag;
    if (templates > 0) return;
    const of = (name: string): string => attributes?.get(name) ?? '';
    if (tag === 'a') closeAnchor();
    if (tag === 'img') images++;
    if (tag === 'style') styleText = { text: '', at: tagAt };
    if (tag === 'base' && base === undefined && of('href').trim() !== '') base = of('href').trim().slice(0, maxHref);
    if (anchor !== undefined && !inline.has(tag)) addText(' ');
    if (attributes === undefined) return;
    for (const [name, kind] of addresses.get(tag) ?? []) {
      const link = add(of(name), kind, tagAt);
      if (tag === 'a') anchor = link;
    }
    if (tag === 'link') {
      const sheet = /\bstylesheet\b/i.test(of('rel'));
      add(of('href'), sheet ? 'style' : /\bicon\b/i.test(of('rel')) ? 'image' : 'other', tagAt);
    }
    if (tag === 'img' || tag === 'source') for (const address of sourceSet(of('srcset'))) add(address, 'image', tagAt);
    if (attributes.has('background')) add(of('background'), 'image', tagAt);
    if (attributes.has('style')) addStyle(of('style'), tagAt);
  };
  const endTag = (): void => {
    openTag();
    tag = '';
    attributes = undefined;
  };

  const callbacks: TokenizerCallbacks = {
    onopentagname(start, end) {
      tag = html.slice(start, end).toLowerCase();
      tagAt = start - 1;
      attributes = undefined;
    },
    onattribname(start, end) {
      attribute = html.slice(start, end).toLowerCase();
      value = '';
    },
    onattribdata(start, end) {
      if (wanted.has(attribute)) value += html.slice(start, end);
    },
    onattribentity(codepoint) {
      if (wanted.has(attribute)) value += String.fromCodePoint(codepoint);
    },
    onattribend(quote) {
      if (!wanted.has(attribute) || quote === QuoteType.NoValue) return;
      attributes ??= new Map();
      // Of two attributes of one name the first counts.
      if (!attributes.has(attribute)) attributes.set(attribute, value);
    },
    onopentagend: endTag,
    onselfclosingtag: endTag,
    onclosetag(start, end) {
      const name = html.slice(start, end).toLowerCase();
      if (name === unseenTag) {
        unseenTag = '';
        if (styleText !== undefined) addStyle(styleText.text, styleText.at);
        styleText = undefined;
      }
      if (name === 'template' && templates > 0) templates--;
      if (templates > 0) return;
      if (name === 'a') closeAnchor();
      else if (anchor !== undefined && !inline.has(name)) addText(' ');
    },
    ontext: (start, end) => addText(html.slice(start, end)),
    ontextentity: (codepoint) => addText(String.fromCodePoint(codepoint)),
    oncdata: () => undefined,
    oncomment: () => undefined,
    ondeclaration: () => undefined,
    onprocessinginstruction: () => undefined,
    onend: () => undefined,
  };
  const tokenizer = new Tokenizer({ decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
  closeAnchor();
  if (base !== undefined) for (const link of links) link.href = resolve(link.href, base);
  return { links, cut, visibleText, images, ...(base === undefined ? {} : { base }) };
}

const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** An address against that of `<base>`; one that is no URL stays as it is. */
function resolve(href: string, base: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href;
  return URL.parse(href, base)?.href ?? href;
}

/** The addresses of `srcset`: `a.png 1x, b.png 2x`. */
function sourceSet(text: string): readonly string[] {
  if (text === '') return [];
  return text
    .split(/,\s/, maxLinks)
    .map((candidate) => candidate.trim().split(/\s/, 1)[0] ?? '')
    .map((address) => address.replace(/,$/, ''));
}
